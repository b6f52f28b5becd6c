/* The sections of the page that are about the whole run. */
#include "lab/report/html.h"

#include <string.h>

const char *const report_verdict_classes[REPORT_VERDICTS] = {"agrees", "direction", "differs",
                                                             "none"};

static void write_cells(FILE *out, const report_data *data, const size_t count[REPORT_SETS])
{
    for (size_t s = 0; s < REPORT_SETS; s++) {
        if (data->has_set[s]) {
            fprintf(out, "<td>%zu</td>", count[s]);
        }
    }
    fprintf(out, "<td>%zu</td></tr>\n", count[REPORT_PHOTOS] + count[REPORT_SYNTHETIC]);
}

static void write_counts(FILE *out, const report_data *data)
{
    static const char *const names[REPORT_SETS] = {"photos", "synthetic"};
    size_t all[REPORT_SETS] = {0};
    fputs("<table class=\"counts\"><caption>How many numbers, by verdict</caption>\n"
          "<thead><tr><th scope=\"col\">verdict</th>",
          out);
    for (size_t s = 0; s < REPORT_SETS; s++) {
        if (data->has_set[s]) {
            fprintf(out, "<th scope=\"col\">%s</th>", names[s]);
        }
    }
    fputs("<th scope=\"col\">all</th></tr></thead>\n<tbody>\n", out);
    for (size_t v = 0; v < REPORT_VERDICTS; v++) {
        size_t count[REPORT_SETS];
        for (size_t s = 0; s < REPORT_SETS; s++) {
            count[s] = data->count[s][v];
            all[s] += count[s];
        }
        fprintf(out, "<tr><th scope=\"row\"><span class=\"verdict %s\">%s</span></th>",
                report_verdict_classes[v], report_verdict_names[v]);
        write_cells(out, data, count);
    }
    fputs("<tr><th scope=\"row\">all</th>", out);
    write_cells(out, data, all);
    fputs("</tbody></table>\n", out);
}

/* "a: ...; b: ..." as a list. */
static void write_rule(FILE *out, const char *rule)
{
    fputs("<p><b>The rule</b>, written down before the numbers:</p>\n<ul>\n", out);
    while (rule[0] != '\0') {
        char part[REPORT_PHRASE_LONG];
        const char *end = strstr(rule, "; ");
        size_t length = end == NULL ? strlen(rule) : (size_t)(end - rule);
        fputs("<li>", out);
        while (length > 0) {
            size_t piece = length < sizeof part ? length : sizeof part - 1;
            snprintf(part, sizeof part, "%.*s", (int)piece, rule);
            report_html(out, part);
            rule += piece;
            length -= piece;
        }
        fputs("</li>\n", out);
        rule += end == NULL ? 0 : 2;
    }
    fputs("</ul>\n", out);
}

static void write_provenance(FILE *out, const report_data *data)
{
    static const char *const keys[] = {"scale", "commit", "date"};
    const char *comma = "";
    fputs("<p class=\"quiet\">", out);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = report_note(data, keys[i]);
        if (value != NULL) {
            fprintf(out, "%s%s <b>", comma, keys[i]);
            report_html(out, value);
            fputs("</b>", out);
            comma = " · ";
        }
    }
    fputs("</p>\n", out);
}

void report_html_summary(FILE *out, const report_data *data)
{
    write_provenance(out, data);
    fputs("<h2 id=\"summary\">Summary</h2>\n", out);
    write_counts(out, data);
    write_rule(out, report_rule(data));
    fputs("<p><b>How to run it</b>:</p>\n<pre><code>", out);
    report_html(out, report_run_command(data));
    fputs("</code></pre>\n", out);
}

static void write_options(FILE *out, const report_contest *contest)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"All options\"><table class=\"options\"><thead><tr><th scope=\"col\">"
          "Option</th><th scope=\"col\">",
          out);
    report_html(out, contest->option->measure);
    if (contest->option->unit[0] != '\0') {
        fputs(" (", out);
        report_html(out, contest->option->unit);
        putc(')', out);
    }
    fputs("</th><th scope=\"col\">How</th></tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < contest->n; i++) {
        const report_option *option = &contest->option[i];
        char phrase[REPORT_PHRASE];
        fputs("<tr><th scope=\"row\">", out);
        report_html(out, option->option);
        fputs("</th><td>", out);
        report_measured_phrase(phrase, &option->ours);
        report_html(out, phrase);
        fputs("</td><td><code>", out);
        report_html(out, option->how);
        fputs("</code></td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void write_contest(FILE *out, const report_contest *contest)
{
    char number[REPORT_PHRASE];
    char phrase[REPORT_PHRASE_LONG];
    const report_option *best = contest->option;
    report_measured_phrase(number, &best->ours);
    report_contest_phrase(phrase, contest);
    fputs("<p>On ", out);
    report_html(out, best->set);
    fputs(": <b>", out);
    report_html(out, best->option);
    fprintf(out, "</b>: %s%s", number, best->unit[0] == '\0' ? "" : " ");
    report_html(out, best->unit);
    fputs(", ", out);
    report_html(out, best->measure);
    if (phrase[0] != '\0') {
        fputs(" (", out);
        report_html(out, phrase);
        putc(')', out);
    }
    fputs(".</p>\n<details><summary>All options, the best first</summary>\n", out);
    write_options(out, contest);
    fputs("</details>\n", out);
}

void report_html_choices(FILE *out, const report_data *data)
{
    if (data->choices.n == 0) {
        return;
    }
    fputs("<h2 id=\"what-to-use\">What to use</h2>\n", out);
    for (size_t first = 0; first < data->choices.n;) {
        size_t n = report_same_choice(&data->choices, first);
        fputs("<h3 class=\"choice\">", out);
        report_html(out, data->choices.contest[first].option->choice);
        fputs("</h3>\n", out);
        for (size_t i = first; i < first + n; i++) {
            write_contest(out, &data->choices.contest[i]);
        }
        first += n;
    }
}

void report_html_drift(FILE *out, const report_drift *drift)
{
    char phrase[REPORT_PHRASE_LONG];
    if (drift == NULL) {
        return;
    }
    report_drift_phrase(phrase, drift);
    fputs("<h2 id=\"drift\">What moved</h2>\n<p>Against the numbers that are kept: ", out);
    report_html(out, phrase);
    fputs("</p>\n", out);
    if (drift->n_moved > 0) {
        fputs("<ul>\n", out);
        for (size_t i = 0; i < drift->n_moved; i++) {
            const report_change *change = &drift->moved[i];
            report_change_phrase(phrase, change);
            fputs("<li><b>", out);
            report_html(out, change->now->quantity);
            fputs("</b>", out);
            if (change->now->unit[0] != '\0') {
                fputs(" (", out);
                report_html(out, change->now->unit);
                putc(')', out);
            }
            fputs(" of ", out);
            report_html(out, change->now->experiment);
            fprintf(out, ", %s: ", report_set_names[change->now->set]);
            report_html(out, phrase);
            fputs("</li>\n", out);
        }
        fputs("</ul>\n", out);
    }
}

void report_html_run(FILE *out, const report_data *data)
{
    fputs("<h2 id=\"run\">The run</h2>\n<dl>\n", out);
    for (size_t i = 0; i < report_n_notes(data); i++) {
        const char *key = report_note_key(data, i);
        double seconds;
        /* The rule stands at the top, what is of an experiment with it. */
        if (strcmp(key, "rule") == 0 || report_note_experiment(data, i) != NULL) {
            continue;
        }
        fputs("<dt>", out);
        report_html(out, key);
        fputs("</dt><dd>", out);
        report_html(out, report_note_value(data, i));
        if (strcmp(key, "seconds") == 0 && report_note_seconds(data, &seconds)) {
            char phrase[REPORT_PHRASE];
            report_duration(phrase, seconds);
            fprintf(out, " (%s)", phrase);
        }
        fputs("</dd>\n", out);
    }
    fputs("</dl>\n", out);
}
