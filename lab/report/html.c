/* report.html. */
#include "lab/report/html.h"

#include "lab/report/phrases.h"
#include "lab/report/svg.h"

#include <string.h>

void ams_html_begin(FILE *out, const char *title)
{
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<title>%s</title>\n<style>\n",
            title);
    fputs(ams_report_css, out);
    fprintf(out, "</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n", title);
}

static void write_head(const ams_report_page *p)
{
    ams_html_begin(p->markup.out, "The papers&#39; evaluation, reproduced");
    fputs("<p>Adaptive model scheduling: every number that the papers&#39; experiments print, "
          "next to ours with 95&nbsp;% intervals.</p>\n",
          p->markup.out);
}

static void write_provenance(FILE *out, const ams_report_data *data)
{
    static const char *const keys[] = {"scale", "commit", "date"};
    const char *comma = "";
    fputs("<p class=\"quiet\">", out);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = ams_report_note(data, keys[i]);
        if (value != NULL) {
            fprintf(out, "%s%s <b>", comma, keys[i]);
            ams_html_text(out, value);
            fputs("</b>", out);
            comma = " · ";
        }
    }
    fputs("</p>\n", out);
}

/* "a: ...; b: ..." as a list. */
static void write_rule(FILE *out, const char *rule)
{
    fputs("<p><b>The rule</b>, written down before the numbers:</p>\n<ul>\n", out);
    while (rule[0] != '\0') {
        char part[AMS_REPORT_PHRASE_LONG];
        const char *end = strstr(rule, "; ");
        size_t length = end == NULL ? strlen(rule) : (size_t)(end - rule);
        fputs("<li>", out);
        while (length > 0) {
            size_t piece = length < sizeof part ? length : sizeof part - 1;
            snprintf(part, sizeof part, "%.*s", (int)piece, rule);
            ams_html_text(out, part);
            rule += piece;
            length -= piece;
        }
        fputs("</li>\n", out);
        rule += end == NULL ? 0 : 2;
    }
    fputs("</ul>\n", out);
}

static void write_contents(const ams_report_page *p, bool drift)
{
    fputs("<nav aria-labelledby=\"contents\"><h2 id=\"contents\">Contents</h2>\n<ol>\n"
          "<li><a href=\"#summary\">Summary</a></li>\n",
          p->markup.out);
    if (p->data->choices.n > 0) {
        fputs("<li><a href=\"#what-to-use\">What to use</a></li>\n", p->markup.out);
    }
    fputs("<li><a href=\"#all-numbers\">All numbers</a></li>\n", p->markup.out);
    for (size_t i = 0; i < p->data->n; i++) {
        fprintf(p->markup.out, "<li><a href=\"#e%zu-", i + 1);
        ams_html_id(p->markup.out, p->data->experiment[i].name);
        fputs("\">", p->markup.out);
        ams_html_text(p->markup.out, p->data->experiment[i].title);
        fputs("</a></li>\n", p->markup.out);
    }
    if (drift) {
        fputs("<li><a href=\"#drift\">What moved</a></li>\n", p->markup.out);
    }
    fputs("<li><a href=\"#run\">About this reproduction</a></li>\n</ol></nav>\n",
          p->markup.out);
}

static ams_status write_figure(const ams_report_page *p, const ams_report_experiment *e,
                               const char *title, const char *figure, const char *path,
                               ams_error *err)
{
    FILE *out = p->markup.out;
    char prefix[32];
    char label[640];
    ams_status status = AMS_OK;
    snprintf(prefix, sizeof prefix, "f%zu", p->n_figures);
    snprintf(label, sizeof label, "Figure %zu: %s (%.300s)", p->n_figures, title, e->title);
    fputs("<figure>\n", out);
    if (path != NULL) {
        fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
        ams_html_text(out, label);
        fputs("\">", out);
        status = ams_report_svg(out, path, prefix, label, err);
        fputs("</div>\n", out);
    } else {
        fputs("<p class=\"missing\">This figure is missing.</p>\n", out);
    }
    fprintf(out, "<figcaption>Figure %zu: ", p->n_figures);
    ams_html_text(out, title);
    fputs(" <span class=\"quiet\">", out);
    ams_html_text(out, figure);
    fputs("</span></figcaption>\n</figure>\n", out);
    return status;
}

static void write_commands(const ams_report_page *p, const ams_report_experiment *e)
{
    FILE *out = p->markup.out;
    fprintf(out, "<details><summary>Commands (%u)</summary>\n<ul class=\"commands\">\n",
            e->commands.count);
    for (uint32_t i = 0; i < e->commands.count; i++) {
        const char *command = ams_names_get(&e->commands, i);
        char duration[AMS_REPORT_PHRASE];
        double seconds = 0;
        fputs("<li>", out);
        ams_markup_code(&p->markup, command);
        if (ams_report_command_seconds(p->data, command, &seconds)) {
            ams_report_duration(duration, seconds);
            fprintf(out, " <span class=\"quiet\">%s</span>", duration);
        }
        fputs("</li>\n", out);
    }
    fputs("</ul></details>\n", out);
}

/* -- what the sections leave to the format -- */

static void within_point(const ams_report_page *p, const ams_report_contest *contest)
{
    (void)p;
    (void)contest;
}

static void after_point(const ams_report_page *p, const ams_report_contest *contest)
{
    fputs("<details><summary>All options, the best first</summary>\n", p->markup.out);
    ams_html_options_table(p->markup.out, contest);
    fputs("</details>\n", p->markup.out);
}

/* The rule is part of the summary. */
static bool shows_note(const char *key)
{
    return strcmp(key, "rule") != 0;
}

static void after_note(const ams_report_page *p, const char *key)
{
    char phrase[AMS_REPORT_PHRASE];
    double seconds = 0;
    if (strcmp(key, "seconds") == 0 && ams_report_note_seconds(p->data, &seconds)) {
        ams_report_duration(phrase, seconds);
        fprintf(p->markup.out, " (%s)", phrase);
    }
}

static void open_experiment(const ams_report_page *p, size_t i)
{
    fprintf(p->markup.out, "<section aria-labelledby=\"e%zu-", i + 1);
    ams_html_id(p->markup.out, p->data->experiment[i].name);
    fputs("\">\n", p->markup.out);
}

static void close_experiment(const ams_report_page *p, size_t i)
{
    (void)i;
    fputs("</section>\n", p->markup.out);
}

static const ams_report_form html_form = {
    .within_point = within_point,
    .after_point = after_point,
    .numbers = ams_html_experiment_table,
    .figure = write_figure,
    .commands = write_commands,
    .shows_note = shows_note,
    .after_note = after_note,
    .open = open_experiment,
    .close = close_experiment,
};

/* -- the page -- */

ams_status ams_report_html_page(FILE *out, const ams_report_data *data,
                                const ams_report_changes *changes, ams_error *err)
{
    ams_report_page p = {
        .markup = {.out = out, .form = &ams_markup_html}, .form = &html_form, .data = data};
    write_head(&p);
    write_provenance(out, data);
    fputs("<h2 id=\"summary\">Summary</h2>\n", out);
    ams_html_counts_table(out, data);
    write_rule(out, ams_report_rule(data));
    ams_report_command_section(&p);
    write_contents(&p, changes != NULL);
    ams_report_choices_section(&p);
    ams_html_all_numbers(&p);
    for (size_t i = 0; i < data->n; i++) {
        ams_status status = ams_report_experiment_section(&p, i, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    ams_report_drift_section(&p, changes);
    ams_report_run_section(&p);
    fputs("</main>\n</body>\n</html>\n", out);
    return AMS_OK;
}
