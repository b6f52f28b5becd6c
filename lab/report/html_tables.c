/* The tables of report.html. */
#include "lab/report/html.h"

#include "lab/report/phrases.h"

#include <string.h>

/* Of report.css, by verdict. */
static const char *const classes[AMS_REPORT_VERDICTS] = {"agrees", "direction", "differs",
                                                         "none"};
static const char *const set_titles[AMS_REPORT_SETS] = {"Photos", "Synthetic"};

static void write_cells(FILE *out, const ams_report_data *data,
                        const size_t count[AMS_REPORT_SETS])
{
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        if (data->has_set[s]) {
            fprintf(out, "<td>%zu</td>", count[s]);
        }
    }
    fprintf(out, "<td>%zu</td></tr>\n", count[AMS_REPORT_PHOTOS] + count[AMS_REPORT_SYNTHETIC]);
}

void ams_html_counts_table(FILE *out, const ams_report_data *data)
{
    static const char *const names[AMS_REPORT_SETS] = {"photos", "synthetic"};
    size_t all[AMS_REPORT_SETS] = {0};
    fputs("<table class=\"counts\"><caption>How many numbers, by verdict</caption>\n"
          "<thead><tr><th scope=\"col\">verdict</th>",
          out);
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        if (data->has_set[s]) {
            fprintf(out, "<th scope=\"col\">%s</th>", names[s]);
        }
    }
    fputs("<th scope=\"col\">all</th></tr></thead>\n<tbody>\n", out);
    for (size_t v = 0; v < AMS_REPORT_VERDICTS; v++) {
        size_t count[AMS_REPORT_SETS];
        for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
            count[s] = data->count[s][v];
            all[s] += count[s];
        }
        fprintf(out, "<tr><th scope=\"row\"><span class=\"verdict %s\">%s</span></th>",
                classes[v], ams_report_verdict_names[v]);
        write_cells(out, data, count);
    }
    fputs("<tr><th scope=\"row\">all</th>", out);
    write_cells(out, data, all);
    fputs("</tbody></table>\n", out);
}

void ams_html_options_table(FILE *out, const ams_report_contest *contest)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"All options\"><table class=\"options\"><thead><tr><th scope=\"col\">"
          "Option</th><th scope=\"col\">",
          out);
    ams_html_text(out, contest->option->measure);
    if (contest->option->unit[0] != '\0') {
        fputs(" (", out);
        ams_html_text(out, contest->option->unit);
        putc(')', out);
    }
    fputs("</th><th scope=\"col\">How</th></tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < contest->n; i++) {
        const ams_report_option *option = &contest->option[i];
        char phrase[AMS_REPORT_PHRASE];
        fputs("<tr><th scope=\"row\">", out);
        ams_html_text(out, option->option);
        fputs("</th><td>", out);
        ams_report_measured_phrase(phrase, &option->ours);
        ams_html_text(out, phrase);
        fputs("</td><td><code>", out);
        ams_html_text(out, option->how);
        fputs("</code></td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* A set's numbers with their intervals and verdicts. */
static void write_measured(const ams_report_page *p, const ams_report_row *row,
                           ams_report_set set)
{
    fprintf(p->markup.out, "<td role=\"cell\" data-label=\"%s\">", set_titles[set]);
    fputs(row == NULL ? "<span class=\"quiet\">-</span>" : "", p->markup.out);
    for (; row != NULL; row = row->next) {
        char mean[AMS_REPORT_PHRASE];
        char interval[AMS_REPORT_PHRASE];
        ams_report_measured_parts(mean, interval, &row->ours);
        fputs("<div>", p->markup.out);
        if (row->data[0] != '\0') {
            fputs("<span class=\"data\">", p->markup.out);
            ams_html_text(p->markup.out, row->data);
            fputs("</span> ", p->markup.out);
        }
        fprintf(p->markup.out,
                row->ours.mean.given ? "<b>%s</b>" : "<span class=\"quiet\">%s</span>", mean);
        if (interval[0] != '\0') {
            fprintf(p->markup.out, " <span class=\"ci\">%s</span>", interval);
        }
        fprintf(p->markup.out, " <span class=\"verdict %s\">%s</span></div>",
                classes[row->verdict], ams_report_verdict_names[row->verdict]);
    }
    fputs("</td>", p->markup.out);
}

static void write_why(const ams_report_page *p, const ams_report_pair *pair, size_t n_columns)
{
    char names[AMS_REPORT_PHRASE_LONG];
    bool any = false;
    for (const ams_report_row *row = NULL; (row = ams_report_pair_next(pair, row)) != NULL;) {
        if (!ams_report_pair_why(pair, row, names)) {
            continue;
        }
        if (!any) {
            fprintf(p->markup.out,
                    "<tr role=\"row\" class=\"why\"><td role=\"cell\" colspan=\"%zu\">",
                    n_columns);
        }
        any = true;
        fputs("<p><i>", p->markup.out);
        ams_html_text(p->markup.out, names);
        fputs(":</i> ", p->markup.out);
        ams_html_text(p->markup.out, row->why);
        fputs("</p>", p->markup.out);
    }
    fputs(any ? "</td></tr>\n" : "", p->markup.out);
}

static void write_pair(const ams_report_page *p, const ams_report_pair *pair, bool why)
{
    const ams_report_row *row = ams_report_pair_row(pair);
    char paper[AMS_REPORT_PHRASE];
    size_t n_columns = 2;
    fputs("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">", p->markup.out);
    ams_html_text(p->markup.out, ams_report_pair_quantity(p->data, pair));
    if (row->unit[0] != '\0') {
        fputs(" <span class=\"unit\">(", p->markup.out);
        ams_html_text(p->markup.out, row->unit);
        fputs(")</span>", p->markup.out);
    }
    ams_report_paper_phrase(paper, row);
    fprintf(p->markup.out, "</th><td role=\"cell\" data-label=\"Papers\">%s</td>", paper);
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        if (p->data->has_set[s]) {
            write_measured(p, pair->of[s], (ams_report_set)s);
            n_columns++;
        }
    }
    fputs("</tr>\n", p->markup.out);
    if (why) {
        write_why(p, pair, n_columns);
    }
}

static void open_table(const ams_report_page *p, const char *caption)
{
    fputs("<table role=\"table\" class=\"numbers\"><caption>", p->markup.out);
    ams_html_text(p->markup.out, caption);
    fputs("</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">"
          "<th role=\"columnheader\" scope=\"col\">Quantity</th>"
          "<th role=\"columnheader\" scope=\"col\">Papers</th>",
          p->markup.out);
    for (size_t s = 0; s < AMS_REPORT_SETS; s++) {
        if (p->data->has_set[s]) {
            fprintf(p->markup.out, "<th role=\"columnheader\" scope=\"col\">%s</th>",
                    set_titles[s]);
        }
    }
    fputs("</tr></thead>\n", p->markup.out);
}

void ams_html_all_numbers(const ams_report_page *p)
{
    fputs("<h2 id=\"all-numbers\">All numbers</h2>\n", p->markup.out);
    open_table(p, "Ours with 95 % intervals; details follow by experiment");
    for (size_t i = 0; i < p->data->n; i++) {
        const ams_report_experiment *e = &p->data->experiment[i];
        if (e->n_pairs == 0) {
            continue;
        }
        size_t n_columns = 2U + p->data->has_set[0] + p->data->has_set[1];
        fprintf(p->markup.out,
                "<tbody role=\"rowgroup\"><tr role=\"row\" class=\"group\">"
                "<th role=\"rowheader\" scope=\"rowgroup\" colspan=\"%zu\"><a href=\"#e%zu-",
                n_columns, i + 1);
        ams_html_id(p->markup.out, e->name);
        fputs("\">", p->markup.out);
        ams_html_text(p->markup.out, e->title);
        fputs("</a></th></tr>\n", p->markup.out);
        for (size_t k = 0; k < e->n_pairs; k++) {
            write_pair(p, &e->pair[k], false);
        }
        fputs("</tbody>\n", p->markup.out);
    }
    fputs("</table>\n", p->markup.out);
}

void ams_html_experiment_table(const ams_report_page *p, const ams_report_experiment *e)
{
    FILE *out = p->markup.out;
    fputs("<p class=\"tally\">", out);
    for (size_t v = 0; v < AMS_REPORT_VERDICTS; v++) {
        if (e->count[v] > 0) {
            fprintf(out, "<span class=\"verdict %s\">%s: %zu</span> ", classes[v],
                    ams_report_verdict_names[v], e->count[v]);
        }
    }
    fputs("</p>\n", out);
    open_table(p, "The papers' numbers and ours");
    fputs("<tbody role=\"rowgroup\">\n", out);
    for (size_t k = 0; k < e->n_pairs; k++) {
        write_pair(p, &e->pair[k], true);
    }
    fputs("</tbody></table>\n", out);
}
