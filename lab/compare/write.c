/* What a comparison writes: the table as TSV, Markdown and JSON, and the data of figures. What
 * cannot be written shows when a file is committed, so the functions that print need not look.
 */
#include "base/file.h"

#include "base/text.h"
#include "base/version.h"
#include "lab/compare/parts.h"
#include "lab/figures/columns.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* -- the table -- */

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

/* A column: from which row of the group, times `scale`, with how many digits and which form. */
typedef struct compare_column {
    const char *recall, *metric;
    double scale;
    int digits;
    bool range; /* with the interval */
} compare_column;

enum { LAST_TIME = 4 }; /* the columns up to it are costs */
static const compare_column columns[] = {
    {"0.5", AMS_CELL_TIME_MS, 1, 1, false},
    {"0.8", AMS_CELL_TIME_MS, 1, 1, false},
    {"0.9", AMS_CELL_TIME_MS, 1, 1, false},
    {"1.0", AMS_CELL_TIME_MS, 1, 1, true},
    {"1.0", AMS_CELL_TIME_MS_DIFF_FIXED, 1, 1, true},
    {"1.0", AMS_COL_SAVED_VS_ALL, 100, 1, false},
    {"1.0", AMS_COL_SAVED_VS_RANDOM, 100, 1, false},
    {"1.0", "gap_closed", 100, 1, false},
    {"-", "auc", 1, 4, false},
};

void ams_compare_print_table(const ams_compare *c, FILE *stream)
{
    const double total = c->score.env->total_time_ms;
    int width = 6;
    for (uint32_t g = 0; g < c->score.n_groups; g++) {
        const int length = (int)strlen(c->score.group[g].label);
        width = length > width ? length : width;
    }
    char head[4][AMS_COST_UNIT_MAX + 16];
    for (int k = 0; k < 4; k++) {
        snprintf(head[k], sizeof head[k], "%s %s%s", ams_table_cost_unit(&c->score.table),
                 columns[k].recall, columns[k].range ? " [95 %]" : "");
    }
    fprintf(stream,
            "| %-*s | seeds | %7s | %7s | %7s | %23s | %23s | %7s | %7s | %7s | %7s |\n", width,
            "agent", head[0], head[1], head[2], head[3], "diff. to fixed [95 %]", "% all",
            "% rand", "gap %", "auc");
    fprintf(stream,
            "|:%.*s-|------:|--------:|--------:|--------:|------------------------:|"
            "------------------------:|--------:|--------:|--------:|--------:|\n",
            width, "----------------------------------------------------------------");
    for (uint32_t k = 0; k < c->score.n_groups; k++) {
        const uint32_t g = c->score.rank[k];
        fprintf(stream, "| %-*s | %5u |", width, c->score.group[g].label,
                c->score.group[g].n_runs);
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
            const compare_column *column = &columns[i];
            print_cell(
                stream, ams_compare_find(c, g, column->recall, column->metric), column->scale,
                i <= LAST_TIME ? ams_amount_decimals(total, column->digits) : column->digits,
                column->range);
        }
        fputc('\n', stream);
    }
}

static void print_notes(const ams_compare *c, FILE *stream)
{
    const char *unit = ams_table_cost_unit(&c->score.table);
    const char *cost = ams_cost_word(unit);
    fprintf(stream,
            "\nMean %s (%s) until a required recall on the %u %s items, lowest first. At "
            "recall 1.0: the paired\ndifference to `fixed`, the %s saved against `all` and "
            "`random`, and the share of the gap between\n`random` and `oracle` that is "
            "closed. 95 %% intervals of %llu draws of seeds and items.\n",
            cost, unit, c->score.n_items, ams_split_name(c->score.options.split), cost,
            (unsigned long long)c->score.options.bootstrap_draws);
    if (c->n_unfinished > 0) {
        fprintf(stream, "%zu runs were not finished and are left out.\n", c->n_unfinished);
    }
}

static ams_status print_markdown(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    ams_compare_print_table(context, stream);
    print_notes(context, stream);
    return AMS_OK;
}

/* -- the rows -- */

static ams_status print_tsv(FILE *stream, const void *context, ams_error *err)
{
    const ams_compare *c = context;
    (void)err;
    const int n = ams_amount_decimals(c->score.env->total_time_ms, 6);
    fputs(AMS_COMPARE_HEADER, stream);
    for (size_t r = 0; r < c->n_rows; r++) {
        const ams_compare_row *row = &c->row[r];
        fprintf(stream, "%s\t%u\t%s\t%s\t%.*f\t%.*f\t%.*f\n", row->agent, row->seeds,
                row->required_recall, row->metric, n, row->interval.mean, n, row->interval.low,
                n, row->interval.high);
    }
    return AMS_OK;
}

static json_t *row_json(const ams_compare_row *row)
{
    json_t *recall = row->required_recall[0] == '-'
                         ? json_null()
                         : json_real(strtod(row->required_recall, NULL));
    return json_pack("{s:s, s:i, s:o, s:s, s:f, s:f, s:f}", AMS_COL_AGENT, row->agent,
                     AMS_COL_SEEDS, (int)row->seeds, AMS_COL_REQUIRED_RECALL, recall,
                     AMS_COL_METRIC, row->metric, AMS_COL_MEAN, row->interval.mean,
                     AMS_COL_CI_LOW, row->interval.low, AMS_COL_CI_HIGH, row->interval.high);
}

ams_status ams_compare_write_json(const ams_compare *c, FILE *stream, ams_error *err)
{
    const ams_score_options *o = &c->score.options;
    json_t *rows = json_array();
    for (size_t r = 0; r < c->n_rows; r++) {
        json_array_append_new(rows, row_json(&c->row[r]));
    }
    json_t *json = json_pack(
        "{s:s?, s:s, s:s, s:s?, s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:o}", "command",
        o->command, "version", ams_version_commit, "data", o->data_path, "fit", o->fit_path,
        "data_hash", c->score.data_hash, "cost_unit", ams_table_cost_unit(&c->score.table),
        "split", ams_split_name(o->split), "items", (int)c->score.n_items, "runs",
        (int)c->n_runs, "unfinished", (int)c->n_unfinished, "seed", (json_int_t)o->seed,
        "bootstrap_draws", (json_int_t)o->bootstrap_draws, "rows", rows);
    ams_status status = AMS_OK;
    if (json == NULL || json_dumpf(json, stream, JSON_INDENT(2)) != 0 ||
        fputc('\n', stream) == EOF) {
        status = ams_fail(err, AMS_IO, "cannot write the comparison as JSON: %s",
                          json == NULL ? "no memory" : strerror(errno));
    }
    json_decref(json);
    return status;
}

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    return ams_compare_write_json(context, stream, err);
}

/* -- all of it -- */

/* One of an earlier comparison would be drawn as if it were of this one. */
static ams_status remove_file(const char *directory, const char *name, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, directory, name, err);
    if (status == AMS_OK && ams_exists(path) && remove(path) != 0) {
        status = ams_fail(err, AMS_IO, "cannot remove %s", path);
    }
    free(path);
    return status;
}

ams_status ams_compare_write(const ams_compare *c, ams_error *err)
{
    const char *directory = c->options.directory;
    const char *eval = c->eval_directory;
    ams_status status = AMS_OK;
    AMS_TRY(ams_score_write(&c->score, eval, err));
    AMS_TRY(ams_file_write(directory, AMS_COMPARE_TSV, print_tsv, c, err));
    AMS_TRY(ams_file_write(directory, "compare.md", print_markdown, c, err));
    AMS_TRY(ams_file_write(directory, "compare.json", print_json, c, err));
    AMS_TRY(ams_file_write(eval, AMS_LEARNING_TSV, ams_compare_print_learning, c, err));
    AMS_TRY(ams_compare_varies_items(c)
                ? ams_file_write(eval, AMS_TRAINING_ITEMS_TSV, ams_compare_print_items, c, err)
                : remove_file(eval, AMS_TRAINING_ITEMS_TSV, err));
out:
    return status;
}
