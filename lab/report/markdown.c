/* report.md and RESULTS.md. */
#include "lab/report/markdown.h"

#include "lab/report/phrases.h"
#include "lab/report/sections.h"

#include <string.h>

static const char *const set_titles[AMS_REPORT_SETS] = {"photos", "synthetic"};

static void write_counts(FILE *out, const ams_report_data *data)
{
    size_t total[AMS_REPORT_VERDICTS] = {0};
    bool both = data->has_set[AMS_REPORT_PHOTOS] && data->has_set[AMS_REPORT_SYNTHETIC];
    fputs("| numbers |", out);
    for (size_t v = 0; v < AMS_REPORT_VERDICTS; v++) {
        fprintf(out, " %s |", ams_report_verdict_names[v]);
    }
    fputs("\n|---|--:|--:|--:|--:|\n", out);
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        fprintf(out, data->has_set[s] ? "| %s |" : "",
                s == AMS_REPORT_PHOTOS ? "photos" : "synthetic data");
        for (size_t v = 0; v < AMS_REPORT_VERDICTS && data->has_set[s]; v++) {
            fprintf(out, " %zu |", data->count[s][v]);
            total[v] += data->count[s][v];
        }
        fputs(data->has_set[s] ? "\n" : "", out);
    }
    if (both) {
        fputs("| both |", out);
        for (size_t v = 0; v < AMS_REPORT_VERDICTS; v++) {
            fprintf(out, " %zu |", total[v]);
        }
        putc('\n', out);
    }
    fputs("\n**The rule**, written down before the numbers: ", out);
    ams_markdown_text(out, ams_report_rule(data));
    fputs("\n\n", out);
}

static void write_unit(FILE *out, const char *unit)
{
    if (unit[0] != '\0') {
        fputs(" (", out);
        ams_markdown_text(out, unit);
        putc(')', out);
    }
}

static void write_pair(FILE *out, const ams_report_data *data, const ams_report_pair *pair)
{
    const ams_report_row *row = ams_report_pair_row(pair);
    char phrase[AMS_REPORT_PHRASE];
    ams_markdown_text(out, ams_report_pair_quantity(data, pair));
    write_unit(out, row->unit);
    ams_report_paper_phrase(phrase, row);
    fprintf(out, " | %s |", phrase);
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        if (!data->has_set[s]) {
            continue;
        }
        if (pair->of[s] == NULL) {
            fputs(" - | |", out);
            continue;
        }
        for (const ams_report_row *r = pair->of[s]; r != NULL; r = r->next) {
            fputs(r == pair->of[s] ? " " : "<br>", out);
            ams_markdown_text(out, r->data);
            ams_report_measured_phrase(phrase, &r->ours);
            fprintf(out, "%s%s", r->data[0] == '\0' ? "" : " ", phrase);
        }
        fputs(" | ", out);
        for (const ams_report_row *r = pair->of[s]; r != NULL; r = r->next) {
            fprintf(out, "%s%s", r == pair->of[s] ? "" : "<br>",
                    ams_report_verdict_names[r->verdict]);
        }
        fputs(" |", out);
    }
    putc('\n', out);
}

static void open_table(FILE *out, const ams_report_data *data, const char *first)
{
    fprintf(out, "|%s quantity | papers |", first);
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        fprintf(out, data->has_set[s] ? " %s | verdict |" : "", set_titles[s]);
    }
    fprintf(out, "\n|%s---|---|", first[0] == '\0' ? "" : "---|");
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        fputs(data->has_set[s] ? "---|---|" : "", out);
    }
    putc('\n', out);
}

static void write_all_numbers(FILE *out, const ams_report_data *data)
{
    fputs("## All numbers\n\n", out);
    open_table(out, data, " experiment |");
    for (size_t i = 0; i < data->n; i++) {
        const ams_report_experiment *e = &data->experiment[i];
        for (size_t k = 0; k < e->n_pairs; k++) {
            fputs("| ", out);
            ams_markdown_text(out, e->title);
            fputs(" | ", out);
            write_pair(out, data, &e->pair[k]);
        }
    }
    putc('\n', out);
}

/* "Scale small, commit abc." */
static void write_provenance(FILE *out, const ams_report_data *data)
{
    static const char *const keys[] = {"scale", "commit", "date"};
    const char *comma = "";
    double seconds;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = ams_report_note(data, keys[i]);
        if (value != NULL) {
            fprintf(out, "%s%s ", comma, keys[i]);
            ams_markdown_text(out, value);
            comma = ", ";
        }
    }
    if (ams_report_note_seconds(data, &seconds)) {
        char duration[AMS_REPORT_PHRASE];
        ams_report_duration(duration, seconds);
        /* Steps run at the same time, so their sum is more than the clock saw. */
        fprintf(out, "%sits steps took %s together", comma, duration);
        comma = ", ";
    }
    fputs(comma[0] == '\0' ? "" : ".\n\n", out);
}

static void write_whys(FILE *out, const ams_report_data *data, const ams_report_experiment *e)
{
    char names[AMS_REPORT_PHRASE_LONG];
    for (size_t k = 0; k < e->n_pairs; k++) {
        const ams_report_pair *pair = &e->pair[k];
        for (const ams_report_row *row = NULL;
             (row = ams_report_pair_next(pair, row)) != NULL;) {
            if (ams_report_pair_why(pair, row, names)) {
                fputs("- ", out);
                ams_markdown_text(out, ams_report_pair_quantity(data, pair));
                fputs("; ", out);
                ams_markdown_text(out, names);
                fputs(": ", out);
                ams_markdown_text(out, row->why);
                putc('\n', out);
            }
        }
    }
    putc('\n', out);
}

/* -- what the sections leave to the format -- */

static void within_point(const ams_report_page *p, const ams_report_contest *contest)
{
    if (contest->option->how[0] != '\0') {
        ams_markup_plain(&p->markup, " To get it: ");
        ams_markup_code(&p->markup, contest->option->how);
    }
}

static void after_point(const ams_report_page *p, const ams_report_contest *contest)
{
    (void)p;
    (void)contest;
}

static void write_numbers(const ams_report_page *p, const ams_report_experiment *e)
{
    FILE *out = p->markup.out;
    open_table(out, p->data, "");
    for (size_t k = 0; k < e->n_pairs; k++) {
        fputs("| ", out);
        write_pair(out, p->data, &e->pair[k]);
    }
    putc('\n', out);
    write_whys(out, p->data, e);
}

static ams_status write_figure(const ams_report_page *p, const ams_report_experiment *e,
                               const char *title, const char *figure, const char *path,
                               ams_error *err)
{
    FILE *out = p->markup.out;
    (void)e;
    (void)err;
    if (path != NULL) {
        fputs("![", out);
        ams_markdown_text(out, title);
        fputs("](", out);
        ams_markdown_path(out, figure);
        fputs(")\n\n", out);
    } else {
        fputs("The figure ", out);
        ams_markdown_code(out, figure);
        fputs(" is missing.\n\n", out);
    }
    return AMS_OK;
}

static void write_commands(const ams_report_page *p, const ams_report_experiment *e)
{
    ams_markdown_block(p->markup.out, &e->commands);
    putc('\n', p->markup.out);
}

static bool shows_note(const char *key)
{
    (void)key;
    return true;
}

static void after_note(const ams_report_page *p, const char *key)
{
    (void)p;
    (void)key;
}

static void around_experiment(const ams_report_page *p, size_t i)
{
    (void)p;
    (void)i;
}

static const ams_report_form markdown_form = {
    .within_point = within_point,
    .after_point = after_point,
    .numbers = write_numbers,
    .figure = write_figure,
    .commands = write_commands,
    .shows_note = shows_note,
    .after_note = after_note,
    .open = around_experiment,
    .close = around_experiment,
};

static ams_report_page begin(FILE *out, const ams_report_data *data)
{
    return (ams_report_page){.markup = {.out = out, .form = &ams_markup_markdown},
                             .form = &markdown_form,
                             .data = data};
}

/* -- the files -- */

void ams_report_markdown_results(FILE *out, const ams_report_data *data)
{
    const ams_report_page p = begin(out, data);
    fputs("# Results: the papers' evaluation, reproduced\n\n"
          "Every number that the papers' experiments print, next to ours with 95 % intervals. "
          "Written by `ams report DIR --results FILE`\nfrom the folder of `ams "
          "reproduce`. About this reproduction: ",
          out);
    write_provenance(out, data);
    ams_report_choices_section(&p);
    fputs("## How many agree\n\n", out);
    write_counts(out, data);
    ams_report_command_section(&p);
    write_all_numbers(out, data);
}

ams_status ams_report_markdown_page(FILE *out, const ams_report_data *data,
                                    const ams_report_changes *changes, ams_error *err)
{
    ams_report_page p = begin(out, data);
    fputs("# The papers' evaluation, reproduced\n\n"
          "Every number that the papers' experiments print, next to ours with 95 % intervals. "
          "About this reproduction: ",
          out);
    write_provenance(out, data);
    write_counts(out, data);
    ams_report_command_section(&p);
    ams_report_choices_section(&p);
    write_all_numbers(out, data);
    for (size_t i = 0; i < data->n; i++) {
        ams_status status = ams_report_experiment_section(&p, i, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    ams_report_drift_section(&p, changes);
    ams_report_run_section(&p);
    return AMS_OK;
}
