#include "lab/report/html.h"

#include "base/file.h"
#include "lab/report/svg.h"

#include <stdlib.h>
#include <string.h>

static const char *const set_titles[REPORT_SETS] = {"Photos", "Synthetic"};

typedef struct page {
    FILE *out;
    const report_data *data;
    size_t n_figures; /* so far */
} page;

static void write_head(const page *p)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<title>The papers' evaluation, reproduced</title>\n<style>\n",
          p->out);
    fputs(report_css, p->out);
    fputs("</style>\n</head>\n<body>\n<main>\n"
          "<h1>The papers&#39; evaluation, reproduced</h1>\n"
          "<p>Adaptive model scheduling: every number that the papers&#39; experiments print, "
          "beside ours with 95&nbsp;% intervals.</p>\n",
          p->out);
}

static void write_contents(const page *p, bool drift)
{
    fputs("<nav aria-labelledby=\"contents\"><h2 id=\"contents\">Contents</h2>\n<ol>\n"
          "<li><a href=\"#summary\">Summary</a></li>\n",
          p->out);
    if (p->data->choices.n > 0) {
        fputs("<li><a href=\"#what-to-use\">What to use</a></li>\n", p->out);
    }
    fputs("<li><a href=\"#all-numbers\">All numbers</a></li>\n", p->out);
    for (size_t i = 0; i < p->data->n; i++) {
        fprintf(p->out, "<li><a href=\"#e%zu-", i + 1);
        report_html_id(p->out, p->data->experiment[i].name);
        fputs("\">", p->out);
        report_html(p->out, p->data->experiment[i].title);
        fputs("</a></li>\n", p->out);
    }
    if (drift) {
        fputs("<li><a href=\"#drift\">What moved</a></li>\n", p->out);
    }
    fputs("<li><a href=\"#run\">The run</a></li>\n</ol></nav>\n", p->out);
}

/* A set's numbers with their intervals and verdicts. */
static void write_measured(const page *p, const report_row *row, report_set set)
{
    fprintf(p->out, "<td role=\"cell\" data-label=\"%s\">", set_titles[set]);
    fputs(row == NULL ? "<span class=\"quiet\">-</span>" : "", p->out);
    for (; row != NULL; row = row->next) {
        char mean[REPORT_PHRASE];
        char interval[REPORT_PHRASE];
        report_measured_parts(mean, interval, &row->ours);
        fputs("<div>", p->out);
        if (row->data[0] != '\0') {
            fputs("<span class=\"data\">", p->out);
            report_html(p->out, row->data);
            fputs("</span> ", p->out);
        }
        fprintf(p->out, row->ours.mean.given ? "<b>%s</b>" : "<span class=\"quiet\">%s</span>",
                mean);
        if (interval[0] != '\0') {
            fprintf(p->out, " <span class=\"ci\">%s</span>", interval);
        }
        fprintf(p->out, " <span class=\"verdict %s\">%s</span></div>",
                report_verdict_classes[row->verdict], report_verdict_names[row->verdict]);
    }
    fputs("</td>", p->out);
}

static void write_why(const page *p, const report_pair *pair, size_t n_columns)
{
    char names[REPORT_PHRASE_LONG];
    bool any = false;
    for (const report_row *row = NULL; (row = report_pair_next(pair, row)) != NULL;) {
        if (!report_pair_why(pair, row, names)) {
            continue;
        }
        if (!any) {
            fprintf(p->out, "<tr role=\"row\" class=\"why\"><td role=\"cell\" colspan=\"%zu\">",
                    n_columns);
        }
        any = true;
        fputs("<p><i>", p->out);
        report_html(p->out, names);
        fputs(":</i> ", p->out);
        report_html(p->out, row->why);
        fputs("</p>", p->out);
    }
    fputs(any ? "</td></tr>\n" : "", p->out);
}

static void write_pair(const page *p, const report_pair *pair, bool why)
{
    const report_row *row = report_pair_row(pair);
    char paper[REPORT_PHRASE];
    size_t n_columns = 2;
    fputs("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">", p->out);
    report_html(p->out, report_pair_quantity(p->data, pair));
    if (row->unit[0] != '\0') {
        fputs(" <span class=\"unit\">(", p->out);
        report_html(p->out, row->unit);
        fputs(")</span>", p->out);
    }
    report_paper_phrase(paper, row);
    fprintf(p->out, "</th><td role=\"cell\" data-label=\"Papers\">%s</td>", paper);
    for (size_t s = 0; s < REPORT_SETS; s++) {
        if (p->data->has_set[s]) {
            write_measured(p, pair->of[s], (report_set)s);
            n_columns++;
        }
    }
    fputs("</tr>\n", p->out);
    if (why) {
        write_why(p, pair, n_columns);
    }
}

static void open_table(const page *p, const char *caption)
{
    fputs("<table role=\"table\" class=\"numbers\"><caption>", p->out);
    report_html(p->out, caption);
    fputs("</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">"
          "<th role=\"columnheader\" scope=\"col\">Quantity</th>"
          "<th role=\"columnheader\" scope=\"col\">Papers</th>",
          p->out);
    for (size_t s = 0; s < REPORT_SETS; s++) {
        if (p->data->has_set[s]) {
            fprintf(p->out, "<th role=\"columnheader\" scope=\"col\">%s</th>", set_titles[s]);
        }
    }
    fputs("</tr></thead>\n", p->out);
}

static void write_all_numbers(const page *p)
{
    fputs("<h2 id=\"all-numbers\">All numbers</h2>\n", p->out);
    open_table(p, "Ours with 95 % intervals; details follow by experiment");
    for (size_t i = 0; i < p->data->n; i++) {
        const report_experiment *e = &p->data->experiment[i];
        if (e->n_pairs == 0) {
            continue;
        }
        size_t n_columns = 2U + p->data->has_set[0] + p->data->has_set[1];
        fprintf(p->out,
                "<tbody role=\"rowgroup\"><tr role=\"row\" class=\"group\">"
                "<th role=\"rowheader\" scope=\"rowgroup\" colspan=\"%zu\"><a href=\"#e%zu-",
                n_columns, i + 1);
        report_html_id(p->out, e->name);
        fputs("\">", p->out);
        report_html(p->out, e->title);
        fputs("</a></th></tr>\n", p->out);
        for (size_t k = 0; k < e->n_pairs; k++) {
            write_pair(p, &e->pair[k], false);
        }
        fputs("</tbody>\n", p->out);
    }
    fputs("</table>\n", p->out);
}

static ams_status write_figure(page *p, const report_experiment *e, const char *figure,
                               ams_error *err)
{
    char prefix[32];
    char title[256];
    char label[640];
    char *path = NULL;
    ams_status status = ams_join_path(&path, p->data->dir, figure, err);
    if (status != AMS_OK) {
        return status;
    }
    snprintf(prefix, sizeof prefix, "f%zu", ++p->n_figures);
    report_figure_title(title, figure);
    snprintf(label, sizeof label, "Figure %zu: %s (%.300s)", p->n_figures, title, e->title);
    fputs("<figure>\n", p->out);
    if (ams_exists(path)) {
        fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", p->out);
        report_html(p->out, label);
        fputs("\">", p->out);
        status = report_svg(p->out, path, prefix, label, err);
        fputs("</div>\n", p->out);
    } else {
        fputs("<p class=\"missing\">This figure is not there.</p>\n", p->out);
    }
    fprintf(p->out, "<figcaption>Figure %zu: ", p->n_figures);
    report_html(p->out, title);
    fputs(" <span class=\"quiet\">", p->out);
    report_html(p->out, figure);
    fputs("</span></figcaption>\n</figure>\n", p->out);
    free(path);
    return status;
}

static void write_commands(const page *p, const report_experiment *e)
{
    char duration[REPORT_PHRASE];
    double seconds = 0;
    const char *commit = report_note(p->data, "commit");
    fputs("<p class=\"quiet\">", p->out);
    if (commit != NULL) {
        fputs("Commit ", p->out);
        report_html(p->out, commit);
        fputs(". ", p->out);
    }
    if (report_seconds(p->data, e, &seconds)) {
        report_duration(duration, seconds);
        fprintf(p->out, "Time of its commands, some of them shared with others: %s.", duration);
    }
    fputs("</p>\n", p->out);
    if (e->commands.count == 0) {
        return;
    }
    fprintf(p->out, "<details><summary>Commands (%u)</summary>\n<ul class=\"commands\">\n",
            e->commands.count);
    for (uint32_t i = 0; i < e->commands.count; i++) {
        const char *command = ams_names_get(&e->commands, i);
        fputs("<li><code>", p->out);
        report_html(p->out, command);
        fputs("</code>", p->out);
        if (report_command_seconds(p->data, command, &seconds)) {
            report_duration(duration, seconds);
            fprintf(p->out, " <span class=\"quiet\">%s</span>", duration);
        }
        fputs("</li>\n", p->out);
    }
    fputs("</ul></details>\n", p->out);
}

/* Notes of the experiment: what its numbers do not say. */
static void write_notes(const page *p, const report_experiment *e)
{
    bool any = false;
    for (size_t i = 0; i < report_n_notes(p->data); i++) {
        if (report_note_experiment(p->data, i) != e) {
            continue;
        }
        fputs(any ? "" : "<dl class=\"wide\">\n", p->out);
        fputs("<dt>", p->out);
        report_html(p->out, report_note_key(p->data, i));
        fputs("</dt><dd>", p->out);
        report_html(p->out, report_note_value(p->data, i));
        fputs("</dd>\n", p->out);
        any = true;
    }
    fputs(any ? "</dl>\n" : "", p->out);
}

static ams_status write_experiment(page *p, size_t i, ams_error *err)
{
    const report_experiment *e = &p->data->experiment[i];
    const char *figures = e->figures;
    char figure[256];
    ams_status status = AMS_OK;
    fprintf(p->out, "<section aria-labelledby=\"e%zu-", i + 1);
    report_html_id(p->out, e->name);
    fprintf(p->out, "\">\n<h2 id=\"e%zu-", i + 1);
    report_html_id(p->out, e->name);
    fputs("\">", p->out);
    report_html(p->out, e->title);
    fputs("</h2>\n<p>", p->out);
    report_html(p->out, e->question);
    fputs("</p>\n", p->out);
    if (e->n_pairs > 0) {
        fputs("<p class=\"tally\">", p->out);
        for (size_t v = 0; v < REPORT_VERDICTS; v++) {
            if (e->count[v] > 0) {
                fprintf(p->out, "<span class=\"verdict %s\">%s: %zu</span> ",
                        report_verdict_classes[v], report_verdict_names[v], e->count[v]);
            }
        }
        fputs("</p>\n", p->out);
        open_table(p, "The papers' numbers and ours");
        fputs("<tbody role=\"rowgroup\">\n", p->out);
        for (size_t k = 0; k < e->n_pairs; k++) {
            write_pair(p, &e->pair[k], true);
        }
        fputs("</tbody></table>\n", p->out);
    } else {
        fputs("<p class=\"missing\">This run has no number of this experiment.</p>\n", p->out);
    }
    write_notes(p, e);
    while (status == AMS_OK && report_next_figure(&figures, figure)) {
        status = write_figure(p, e, figure, err);
    }
    write_commands(p, e);
    fputs("</section>\n", p->out);
    return status;
}

ams_status report_html_page(FILE *out, const report_data *data, const report_drift *drift,
                            ams_error *err)
{
    page p = {.out = out, .data = data};
    write_head(&p);
    report_html_summary(out, data);
    write_contents(&p, drift != NULL);
    report_html_choices(out, data);
    write_all_numbers(&p);
    for (size_t i = 0; i < data->n; i++) {
        ams_status status = write_experiment(&p, i, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    report_html_drift(out, drift);
    report_html_run(out, data);
    fputs("</main>\n</body>\n</html>\n", out);
    return AMS_OK;
}
