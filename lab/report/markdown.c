#include "lab/report/markdown.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

static const char *const set_titles[REPORT_SETS] = {"photos", "synthetic"};

static void write_counts(FILE *out, const report_data *data)
{
    size_t total[REPORT_VERDICTS] = {0};
    bool both = data->has_set[REPORT_PHOTOS] && data->has_set[REPORT_SYNTHETIC];
    fputs("| numbers |", out);
    for (size_t v = 0; v < REPORT_VERDICTS; v++) {
        fprintf(out, " %s |", report_verdict_names[v]);
    }
    fputs("\n|---|--:|--:|--:|--:|\n", out);
    for (size_t s = 0; s < REPORT_SETS; s++) {
        fprintf(out, data->has_set[s] ? "| %s |" : "",
                s == REPORT_PHOTOS ? "photos" : "synthetic data");
        for (size_t v = 0; v < REPORT_VERDICTS && data->has_set[s]; v++) {
            fprintf(out, " %zu |", data->count[s][v]);
            total[v] += data->count[s][v];
        }
        fputs(data->has_set[s] ? "\n" : "", out);
    }
    if (both) {
        fputs("| both |", out);
        for (size_t v = 0; v < REPORT_VERDICTS; v++) {
            fprintf(out, " %zu |", total[v]);
        }
        putc('\n', out);
    }
    fputs("\n**The rule**, written down before the numbers: ", out);
    report_markdown(out, report_rule(data));
    fputs("\n\n", out);
}

static void write_unit(FILE *out, const char *unit)
{
    if (unit[0] != '\0') {
        fputs(" (", out);
        report_markdown(out, unit);
        putc(')', out);
    }
}

static void write_pair(FILE *out, const report_data *data, const report_pair *pair)
{
    const report_row *row = report_pair_row(pair);
    char phrase[REPORT_PHRASE];
    report_markdown(out, report_pair_quantity(data, pair));
    write_unit(out, row->unit);
    report_paper_phrase(phrase, row);
    fprintf(out, " | %s |", phrase);
    for (size_t s = 0; s < REPORT_SETS; s++) {
        if (!data->has_set[s]) {
            continue;
        }
        if (pair->of[s] == NULL) {
            fputs(" - | |", out);
            continue;
        }
        for (const report_row *r = pair->of[s]; r != NULL; r = r->next) {
            fputs(r == pair->of[s] ? " " : "<br>", out);
            report_markdown(out, r->data);
            report_measured_phrase(phrase, &r->ours);
            fprintf(out, "%s%s", r->data[0] == '\0' ? "" : " ", phrase);
        }
        fputs(" | ", out);
        for (const report_row *r = pair->of[s]; r != NULL; r = r->next) {
            fprintf(out, "%s%s", r == pair->of[s] ? "" : "<br>",
                    report_verdict_names[r->verdict]);
        }
        fputs(" |", out);
    }
    putc('\n', out);
}

static void open_table(FILE *out, const report_data *data, const char *first)
{
    fprintf(out, "|%s quantity | papers |", first);
    for (size_t s = 0; s < REPORT_SETS; s++) {
        fprintf(out, data->has_set[s] ? " %s | verdict |" : "", set_titles[s]);
    }
    fprintf(out, "\n|%s---|---|", first[0] == '\0' ? "" : "---|");
    for (size_t s = 0; s < REPORT_SETS; s++) {
        fputs(data->has_set[s] ? "---|---|" : "", out);
    }
    putc('\n', out);
}

static void write_all_numbers(FILE *out, const report_data *data)
{
    open_table(out, data, " experiment |");
    for (size_t i = 0; i < data->n; i++) {
        const report_experiment *e = &data->experiment[i];
        for (size_t k = 0; k < e->n_pairs; k++) {
            fputs("| ", out);
            report_markdown(out, e->title);
            fputs(" | ", out);
            write_pair(out, data, &e->pair[k]);
        }
    }
    putc('\n', out);
}

static void write_contest(FILE *out, const report_contest *contest)
{
    char number[REPORT_PHRASE];
    char phrase[REPORT_PHRASE_LONG];
    const report_option *best = contest->option;
    report_measured_phrase(number, &best->ours);
    report_contest_phrase(phrase, contest);
    fputs("- On ", out);
    report_markdown(out, best->set);
    fputs(": **", out);
    report_markdown(out, best->option);
    fprintf(out, "**: %s%s", number, best->unit[0] == '\0' ? "" : " ");
    report_markdown(out, best->unit);
    fputs(", ", out);
    report_markdown(out, best->measure);
    if (phrase[0] != '\0') {
        fputs("; ", out);
        report_markdown(out, phrase);
    }
    putc('.', out);
    if (best->how[0] != '\0') {
        fputs(" To get it: ", out);
        report_markdown_code(out, best->how);
    }
    putc('\n', out);
}

static void write_choices(FILE *out, const report_data *data)
{
    if (data->choices.n == 0) {
        return;
    }
    fputs("## What to use\n\n", out);
    for (size_t first = 0; first < data->choices.n;) {
        size_t n = report_same_choice(&data->choices, first);
        fputs("### ", out);
        report_markdown(out, data->choices.contest[first].option->choice);
        fputs("\n\n", out);
        for (size_t i = first; i < first + n; i++) {
            write_contest(out, &data->choices.contest[i]);
        }
        putc('\n', out);
        first += n;
    }
}

static void write_run_command(FILE *out, const report_data *data)
{
    fputs("How to run it: ", out);
    report_markdown_code(out, report_run_command(data));
    fputs("\n\n", out);
}

/* "Scale small, commit abc." */
static void write_provenance(FILE *out, const report_data *data)
{
    static const char *const keys[] = {"scale", "commit", "date"};
    const char *comma = "";
    double seconds;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = report_note(data, keys[i]);
        if (value != NULL) {
            fprintf(out, "%s%s ", comma, keys[i]);
            report_markdown(out, value);
            comma = ", ";
        }
    }
    if (report_note_seconds(data, &seconds)) {
        char duration[REPORT_PHRASE];
        report_duration(duration, seconds);
        /* Steps run at the same time, so their sum is more than the clock saw. */
        fprintf(out, "%sits steps took %s in all", comma, duration);
        comma = ", ";
    }
    fputs(comma[0] == '\0' ? "" : ".\n\n", out);
}

void report_markdown_results(FILE *out, const report_data *data)
{
    fputs("# Results: the papers' evaluation, reproduced\n\n"
          "Every number that the papers' experiments print, beside ours with 95 % intervals. "
          "Written by `ams report DIR --results FILE`\nfrom a run of `ams reproduce`; not by "
          "hand. Of the run: ",
          out);
    write_provenance(out, data);
    write_choices(out, data);
    fputs("## How many agree\n\n", out);
    write_counts(out, data);
    write_run_command(out, data);
    fputs("## All numbers\n\n", out);
    write_all_numbers(out, data);
}

static void write_whys(FILE *out, const report_data *data, const report_experiment *e)
{
    char names[REPORT_PHRASE_LONG];
    for (size_t k = 0; k < e->n_pairs; k++) {
        const report_pair *pair = &e->pair[k];
        for (const report_row *row = NULL; (row = report_pair_next(pair, row)) != NULL;) {
            if (report_pair_why(pair, row, names)) {
                fputs("- ", out);
                report_markdown(out, report_pair_quantity(data, pair));
                fputs("; ", out);
                report_markdown(out, names);
                fputs(": ", out);
                report_markdown(out, row->why);
                putc('\n', out);
            }
        }
    }
    putc('\n', out);
}

static void write_commands(FILE *out, const report_data *data, const report_experiment *e)
{
    const char *commit = report_note(data, "commit");
    char duration[REPORT_PHRASE];
    double seconds = 0;
    if (commit != NULL) {
        fputs("Commit ", out);
        report_markdown(out, commit);
        fputs(". ", out);
    }
    if (report_seconds(data, e, &seconds)) {
        report_duration(duration, seconds);
        fprintf(out, "Time of its commands, some of them shared with others: %s.", duration);
    }
    fputs("\n\n", out);
    if (e->commands.count > 0) {
        report_markdown_block(out, &e->commands);
        putc('\n', out);
    }
}

/* What is a note of this experiment, or of none. */
static void write_notes(FILE *out, const report_data *data, const report_experiment *e)
{
    bool any = false;
    for (size_t i = 0; i < report_n_notes(data); i++) {
        if (report_note_experiment(data, i) == e) {
            fputs("- ", out);
            report_markdown(out, report_note_key(data, i));
            fputs(": ", out);
            report_markdown(out, report_note_value(data, i));
            putc('\n', out);
            any = true;
        }
    }
    fputs(any ? "\n" : "", out);
}

static void write_figures(FILE *out, const report_data *data, const char *figures)
{
    char figure[256];
    char title[256];
    while (report_next_figure(&figures, figure)) {
        char *path = NULL;
        report_figure_title(title, figure);
        if (ams_join_path(&path, data->dir, figure, NULL) == AMS_OK && ams_exists(path)) {
            fputs("![", out);
            report_markdown(out, title);
            fputs("](", out);
            report_markdown_path(out, figure);
            fputs(")\n\n", out);
        } else {
            fputs("The figure ", out);
            report_markdown_code(out, figure);
            fputs(" is not there.\n\n", out);
        }
        free(path);
    }
}

static void write_experiment(FILE *out, const report_data *data, const report_experiment *e)
{
    fputs("## ", out);
    report_markdown(out, e->title);
    fputs("\n\n", out);
    report_markdown(out, e->question);
    fputs("\n\n", out);
    if (e->n_pairs == 0) {
        fputs("This run has no number of this experiment.\n\n", out);
    } else {
        open_table(out, data, "");
        for (size_t k = 0; k < e->n_pairs; k++) {
            fputs("| ", out);
            write_pair(out, data, &e->pair[k]);
        }
        putc('\n', out);
        write_whys(out, data, e);
    }
    write_notes(out, data, e);
    write_figures(out, data, e->figures);
    write_commands(out, data, e);
}

static void write_drift(FILE *out, const report_drift *drift)
{
    char phrase[REPORT_PHRASE_LONG];
    if (drift == NULL) {
        return;
    }
    report_drift_phrase(phrase, drift);
    fprintf(out, "## What moved\n\nAgainst the numbers that are kept: %s\n\n", phrase);
    for (size_t i = 0; i < drift->n_moved; i++) {
        const report_change *change = &drift->moved[i];
        report_change_phrase(phrase, change);
        fputs("- **", out);
        report_markdown(out, change->now->quantity);
        fputs("**", out);
        write_unit(out, change->now->unit);
        fputs(" of ", out);
        report_markdown(out, change->now->experiment);
        fprintf(out, ", %s: ", report_set_names[change->now->set]);
        report_markdown(out, phrase);
        putc('\n', out);
    }
    fputs(drift->n_moved > 0 ? "\n" : "", out);
}

void report_markdown_page(FILE *out, const report_data *data, const report_drift *drift)
{
    fputs("# The papers' evaluation, reproduced\n\n"
          "Every number that the papers' experiments print, beside ours with 95 % intervals. "
          "Of the run: ",
          out);
    write_provenance(out, data);
    write_counts(out, data);
    write_run_command(out, data);
    write_choices(out, data);
    fputs("## All numbers\n\n", out);
    write_all_numbers(out, data);
    for (size_t i = 0; i < data->n; i++) {
        write_experiment(out, data, &data->experiment[i]);
    }
    write_drift(out, drift);
    fputs("## The run\n\n", out);
    write_notes(out, data, NULL);
}
