/* What `ams compare` writes: the table as TSV, Markdown and JSON. */
#include "cli/compare.h"

#include "ams_commit.h"

#include "base/file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL where the table has no such row. */
static const ams_interval *find(const compare *c, uint32_t group, const char *recall,
                                const char *metric)
{
    for (size_t r = 0; r < c->n_rows; r++) {
        const compare_row *row = &c->row[r];
        if (strcmp(row->agent, c->eval.group[group].label) == 0 &&
            strcmp(row->required_recall, recall) == 0 && strcmp(row->metric, metric) == 0) {
            return &row->interval;
        }
    }
    return NULL;
}

static void print_cell(FILE *stream, const ams_interval *i, double scale, int digits,
                       bool range)
{
    char text[64] = "-";
    if (i != NULL && range) {
        snprintf(text, sizeof text, "%.*f [%.*f, %.*f]", digits, scale * i->mean, digits,
                 scale * i->low, digits, scale * i->high);
    } else if (i != NULL) {
        snprintf(text, sizeof text, "%.*f", digits, scale * i->mean);
    }
    fprintf(stream, " %*s |", range ? 23 : 7, text);
}

void compare_print_table(const compare *c, FILE *stream)
{
    int width = 6;
    for (uint32_t g = 0; g < c->eval.n_groups; g++) {
        int length = (int)strlen(c->eval.group[g].label);
        width = length > width ? length : width;
    }
    fprintf(stream,
            "| %-*s | seeds | %7s | %7s | %7s | %23s | %23s | %7s | %7s | %7s | %7s |\n", width,
            "agent", "ms 0.5", "ms 0.8", "ms 0.9", "ms 1.0 [95 %]", "less fixed [95 %]",
            "% all", "% rand", "gap %", "auc");
    fprintf(stream,
            "|:%.*s-|------:|--------:|--------:|--------:|------------------------:|"
            "------------------------:|--------:|--------:|--------:|--------:|\n",
            width, "----------------------------------------------------------------");
    for (uint32_t k = 0; k < c->eval.n_groups; k++) {
        uint32_t g = c->eval.rank[k];
        fprintf(stream, "| %-*s | %5u |", width, c->eval.group[g].label,
                c->eval.group[g].n_runs);
        print_cell(stream, find(c, g, "0.5", "time_ms"), 1, 1, false);
        print_cell(stream, find(c, g, "0.8", "time_ms"), 1, 1, false);
        print_cell(stream, find(c, g, "0.9", "time_ms"), 1, 1, false);
        print_cell(stream, find(c, g, "1.0", "time_ms"), 1, 1, true);
        print_cell(stream, find(c, g, "1.0", "time_ms_diff_fixed"), 1, 1, true);
        print_cell(stream, find(c, g, "1.0", "saved_vs_all"), 100, 1, false);
        print_cell(stream, find(c, g, "1.0", "saved_vs_random"), 100, 1, false);
        print_cell(stream, find(c, g, "1.0", "gap_closed"), 100, 1, false);
        print_cell(stream, find(c, g, "-", "auc"), 1, 4, false);
        fputc('\n', stream);
    }
}

static void print_notes(const compare *c, FILE *stream)
{
    fprintf(stream,
            "\nMean time (ms) until a required recall on the %u %s items, lowest first. At "
            "recall 1.0: the paired\ndifference to `fixed`, the time saved against `all` and "
            "`random`, and the share of the gap between\n`random` and `oracle` that is "
            "closed. 95 %% intervals of %llu draws of seeds and items.\n",
            c->eval.n_items, c->eval.split_name, (unsigned long long)c->eval.bootstrap_draws);
    if (c->n_unfinished > 0) {
        fprintf(stream, "%zu runs were not finished and are left out.\n", c->n_unfinished);
    }
}

static ams_status print_tsv(const compare *c, FILE *stream, ams_error *err)
{
    (void)err; /* what cannot be written shows when the file is committed */
    fputs("agent\tseeds\trequired_recall\tmetric\tmean\tci_low\tci_high\n", stream);
    for (size_t r = 0; r < c->n_rows; r++) {
        const compare_row *row = &c->row[r];
        fprintf(stream, "%s\t%u\t%s\t%s\t%.6f\t%.6f\t%.6f\n", row->agent, row->seeds,
                row->required_recall, row->metric, row->interval.mean, row->interval.low,
                row->interval.high);
    }
    return AMS_OK;
}

static ams_status print_markdown(const compare *c, FILE *stream, ams_error *err)
{
    (void)err; /* likewise */
    compare_print_table(c, stream);
    print_notes(c, stream);
    return AMS_OK;
}

ams_status compare_print_json(const compare *c, FILE *stream, ams_error *err)
{
    json_t *rows = json_array();
    for (size_t r = 0; r < c->n_rows; r++) {
        const compare_row *row = &c->row[r];
        json_t *json = json_pack("{s:s, s:i, s:o, s:s, s:f, s:f, s:f}", "agent", row->agent,
                                 "seeds", (int)row->seeds, "required_recall",
                                 row->required_recall[0] == '-'
                                     ? json_null()
                                     : json_real(strtod(row->required_recall, NULL)),
                                 "metric", row->metric, "mean", row->interval.mean, "ci_low",
                                 row->interval.low, "ci_high", row->interval.high);
        json_array_append_new(rows, json);
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:o}", "command", c->eval.command,
        "version", AMS_VERSION ", commit " AMS_COMMIT, "data", c->eval.data_path, "data_hash",
        c->eval.data_hash, "split", c->eval.split_name, "items", (int)c->eval.n_items, "runs",
        (int)c->n_runs, "unfinished", (int)c->n_unfinished, "seed", (json_int_t)c->eval.seed,
        "bootstrap_draws", (json_int_t)c->eval.bootstrap_draws, "rows", rows);
    ams_status status = AMS_OK;
    if (json == NULL || json_dumpf(json, stream, JSON_INDENT(2)) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write the comparison as JSON");
    }
    fputc('\n', stream);
    json_decref(json);
    return status;
}

typedef ams_status print_fn(const compare *c, FILE *stream, ams_error *err);

static ams_status write_file(const compare *c, const char *name, print_fn *print,
                             ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, c->directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    AMS_TRY(print(c, file.stream, err));
    status = ams_file_commit(&file, err);
out:
    ams_file_abort(&file);
    free(path);
    return status;
}

ams_status compare_write(const compare *c, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(write_file(c, "compare.tsv", print_tsv, err));
    AMS_TRY(write_file(c, "compare.md", print_markdown, err));
    AMS_TRY(write_file(c, "compare.json", compare_print_json, err));
out:
    return status;
}
