/* A study of right answers for money, as a page. */
#include "lab/report/money.h"

#include "ams/names.h"
#include "base/file.h"
#include "base/number.h"
#include "base/tsv.h"
#include "lab/figures/columns.h"
#include "lab/report/html.h"
#include "lab/report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIGURE "plots/score-cost.svg"
enum { CURVE_COLUMNS = 4, AREA_COLUMNS = 7 };
enum { POLICY, BUDGET, COST, SCORE };
enum { AREA_POLICY, AREA, AT_COST, SINGLE, SINGLE_COST, SINGLE_SCORE, AREA_SEED };

typedef struct money_data {
    const char *dir;
    ams_tsv curve, area;
    size_t curve_at[CURVE_COLUMNS], area_at[AREA_COLUMNS];
    ams_names policy, budget; /* of rows with a budget, in their order */
} money_data;

static void data_fini(money_data *d)
{
    ams_tsv_fini(&d->curve);
    ams_tsv_fini(&d->area);
    ams_names_fini(&d->policy);
    ams_names_fini(&d->budget);
}

static const char *cell(const ams_tsv *tsv, size_t row, size_t column)
{
    return ams_tsv_cell(tsv, row, column);
}

static ams_status read_table(ams_tsv *tsv, const char *dir, const char *name,
                             const char *const *columns, size_t n, size_t *at, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, dir, name, err));
    AMS_TRY(ams_tsv_read(tsv, path, err));
    for (size_t k = 0; k < n; k++) {
        AMS_TRY(ams_tsv_require(tsv, columns[k], &at[k], err));
    }
    for (size_t row = 0; row < tsv->n_rows; row++) {
        for (size_t k = 0; k < n; k++) {
            if (!ams_report_is_text(cell(tsv, row, at[k]))) {
                status = ams_fail(err, AMS_BAD_DATA,
                                  "%s:%zu: column '%s': expected UTF-8 text without control "
                                  "characters; save the file as UTF-8",
                                  tsv->path, ams_tsv_line(tsv, row), columns[k]);
                goto out;
            }
        }
    }
out:
    free(path);
    return status;
}

/* NAN where it is none. */
static double number(const ams_tsv *tsv, size_t row, size_t column)
{
    double value = 0;
    return ams_parse_double(cell(tsv, row, column), &value) ? value : (double)NAN;
}

static bool given(const char *text)
{
    return strcmp(text, "-") != 0;
}

static ams_status data_read(money_data *d, const char *dir, ams_error *err)
{
    static const char *const curve[] = {AMS_COL_POLICY, AMS_COL_BUDGET, AMS_COL_COST,
                                        AMS_COL_SCORE};
    static const char *const area[] = {AMS_COL_POLICY, "area",        "cost_of_single",
                                       "single",       "single_cost", "single_score",
                                       AMS_COL_SEED};
    double number = 0;
    uint32_t index = 0;
    ams_status status = AMS_OK;
    d->dir = dir;
    AMS_TRY(read_table(&d->curve, dir, AMS_BUDGET_CURVE_TSV, curve, CURVE_COLUMNS, d->curve_at,
                       err));
    AMS_TRY(
        read_table(&d->area, dir, AMS_BUDGET_SUMMARY_TSV, area, AREA_COLUMNS, d->area_at, err));
    for (size_t row = 0; row < d->curve.n_rows; row++) {
        const char *budget = cell(&d->curve, row, d->curve_at[BUDGET]);
        const char *policy = cell(&d->curve, row, d->curve_at[POLICY]);
        AMS_TRY(ams_tsv_number(&d->curve, row, d->curve_at[COST], &number, err));
        AMS_TRY(ams_tsv_number(&d->curve, row, d->curve_at[SCORE], &number, err));
        if (given(budget)) {
            AMS_TRY(ams_tsv_number(&d->curve, row, d->curve_at[BUDGET], &number, err));
            AMS_TRY(ams_names_add(&d->budget, budget, strlen(budget), &index, err));
            AMS_TRY(ams_names_add(&d->policy, policy, strlen(policy), &index, err));
        }
    }
    for (size_t row = 0; row < d->area.n_rows; row++) {
        AMS_TRY(ams_tsv_number(&d->area, row, d->area_at[AREA], &number, err));
    }
out:
    return status;
}

/* ---- tables, in either form ---- */

static bool is_html(const ams_markup *m)
{
    return m->form == &ams_markup_html;
}

static void put_cell(const ams_markup *m, bool head, const char *text)
{
    fputs(!is_html(m) ? " " : head ? "<th scope=\"col\">" : "<td>", m->out);
    ams_markup_text(m, text);
    fputs(!is_html(m) ? " |" : head ? "</th>" : "</td>", m->out);
}

/* Numbers and words without a character that any form escapes. */
static void put_plain(const ams_markup *m, const char *text)
{
    fprintf(m->out, is_html(m) ? "<td>%s</td>" : " %s |", text);
}

static void open_row(const ams_markup *m)
{
    fputs(is_html(m) ? "<tr>" : "|", m->out);
}

static void close_row(const ams_markup *m)
{
    fputs(is_html(m) ? "</tr>\n" : "\n", m->out);
}

static void open_table(const ams_markup *m)
{
    if (is_html(m)) {
        fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"A table\">"
              "<table class=\"counts\"><thead>\n",
              m->out);
    }
    open_row(m);
}

/* After the heads of n columns. */
static void close_head(const ams_markup *m, size_t n)
{
    close_row(m);
    if (is_html(m)) {
        fputs("</thead><tbody>\n", m->out);
        return;
    }
    open_row(m);
    for (size_t k = 0; k < n; k++) {
        fputs("---|", m->out);
    }
    close_row(m);
}

static void close_table(const ams_markup *m)
{
    fputs(is_html(m) ? "</tbody></table></div>\n" : "\n", m->out);
}

/* ---- sections ---- */

static size_t find_row(const money_data *d, const char *policy, const char *budget)
{
    for (size_t row = 0; row < d->curve.n_rows; row++) {
        if (strcmp(cell(&d->curve, row, d->curve_at[POLICY]), policy) == 0 &&
            strcmp(cell(&d->curve, row, d->curve_at[BUDGET]), budget) == 0) {
            return row;
        }
    }
    return d->curve.n_rows;
}

static void write_budgets(const money_data *d, const ams_markup *m)
{
    char text[64];
    ams_markup_heading(m, 2, "", "budgets", "Right answers at each budget");
    ams_markup_open(m, AMS_PARAGRAPH);
    ams_markup_plain(m, "The score of the scored items, and the mean cost per item that was "
                        "really paid.");
    ams_markup_close(m, AMS_PARAGRAPH);
    open_table(m);
    put_cell(m, true, "budget");
    for (uint32_t p = 0; p < d->policy.count; p++) {
        put_cell(m, true, ams_names_get(&d->policy, p));
    }
    close_head(m, (size_t)d->policy.count + 1);
    for (uint32_t b = 0; b < d->budget.count; b++) {
        const char *budget = ams_names_get(&d->budget, b);
        open_row(m);
        put_cell(m, false, budget);
        for (uint32_t p = 0; p < d->policy.count; p++) {
            const size_t row = find_row(d, ams_names_get(&d->policy, p), budget);
            snprintf(text, sizeof text, "-");
            if (row < d->curve.n_rows) {
                snprintf(text, sizeof text, "%.4f for %.4g",
                         number(&d->curve, row, d->curve_at[SCORE]),
                         number(&d->curve, row, d->curve_at[COST]));
            }
            put_plain(m, text);
        }
        close_row(m);
    }
    close_table(m);
}

/* Policies without a budget: one model each. Those at one price are in the figure. */
static void write_singles(const money_data *d, const ams_markup *m)
{
    static const char prefix[] = "single:";
    char text[64];
    ams_markup_heading(m, 2, "", "singles", "Single models");
    open_table(m);
    put_cell(m, true, "model");
    put_cell(m, true, "score");
    put_cell(m, true, "cost");
    close_head(m, 3);
    for (size_t row = 0; row < d->curve.n_rows; row++) {
        const char *policy = cell(&d->curve, row, d->curve_at[POLICY]);
        if (strncmp(policy, prefix, sizeof prefix - 1) == 0) {
            open_row(m);
            put_cell(m, false, policy + sizeof prefix - 1);
            snprintf(text, sizeof text, "%.4f", number(&d->curve, row, d->curve_at[SCORE]));
            put_plain(m, text);
            snprintf(text, sizeof text, "%.4g", number(&d->curve, row, d->curve_at[COST]));
            put_plain(m, text);
            close_row(m);
        }
    }
    close_table(m);
}

static void write_areas(const money_data *d, const ams_markup *m)
{
    const ams_tsv *t = &d->area;
    const size_t *at = d->area_at;
    char text[64];
    ams_markup_heading(m, 2, "", "area", "Over all budgets");
    ams_markup_open(m, AMS_PARAGRAPH);
    ams_markup_plain(m,
                     "Area is the mean score over all budgets up to the cost of all models.");
    if (t->n_rows > 0) {
        ams_markup_plain(m, " The best single model on training items is ");
        ams_markup_text(m, cell(t, 0, at[SINGLE]));
        ams_markup_plain(m, ", score %.4f at %.4g; met at is the least cost with that score.",
                         number(t, 0, at[SINGLE_SCORE]), number(t, 0, at[SINGLE_COST]));
    }
    ams_markup_close(m, AMS_PARAGRAPH);
    open_table(m);
    put_cell(m, true, "policy");
    put_cell(m, true, "area");
    put_cell(m, true, "met at");
    close_head(m, 3);
    for (size_t row = 0; row < t->n_rows; row++) {
        open_row(m);
        put_cell(m, false, cell(t, row, at[AREA_POLICY]));
        snprintf(text, sizeof text, "%.4f", number(t, row, at[AREA]));
        put_plain(m, text);
        snprintf(text, sizeof text, "no cost");
        if (given(cell(t, row, at[AT_COST]))) {
            snprintf(text, sizeof text, "%.4g", number(t, row, at[AT_COST]));
        }
        put_plain(m, text);
        close_row(m);
    }
    close_table(m);
}

static ams_status write_figure(const money_data *d, const ams_markup *m, ams_error *err)
{
    static const char label[] = "Score against mean cost of an item";
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, d->dir, FIGURE, err));
    if (!ams_exists(path)) {
        ams_markup_open(m, AMS_MISSING);
        ams_markup_plain(m, "The figure is missing. This draws it: ");
        ams_markup_code(m, "ams plot DIR");
        ams_markup_close(m, AMS_MISSING);
    } else if (is_html(m)) {
        fputs("<figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"A figure\">",
              m->out);
        status = ams_report_svg(m->out, path, "f1", label, err);
        fprintf(m->out, "</div>\n<figcaption>%s</figcaption>\n</figure>\n", label);
    } else {
        fprintf(m->out, "![%s](%s)\n\n", label, FIGURE);
    }
out:
    free(path);
    return status;
}

static ams_status write_page(const money_data *d, const ams_markup *m, ams_error *err)
{
    if (is_html(m)) {
        ams_html_begin(m->out, "Right answers for money");
    } else {
        fputs("# Right answers for money\n\n", m->out);
    }
    const ams_status status = write_figure(d, m, err);
    write_budgets(d, m);
    write_areas(d, m);
    write_singles(d, m);
    if (is_html(m)) {
        fputs("</main>\n</body>\n</html>\n", m->out);
    }
    return status;
}

bool ams_report_is_money(const char *dir)
{
    static const char *const names[] = {AMS_BUDGET_CURVE_TSV, AMS_BUDGET_SUMMARY_TSV};
    bool all = true;
    for (size_t k = 0; k < 2; k++) {
        ams_error ignored;
        char *path = NULL;
        all =
            all && ams_join_path(&path, dir, names[k], &ignored) == AMS_OK && ams_exists(path);
        free(path);
    }
    return all;
}

ams_status ams_report_money_write(const char *dir, ams_error *err)
{
    static const char *const names[] = {"report.html", "report.md"};
    const ams_markup_form *const forms[] = {&ams_markup_html, &ams_markup_markdown};
    money_data data = {.dir = NULL};
    ams_file file[2] = {0};
    char *path[2] = {NULL, NULL};
    ams_status status = AMS_OK;
    AMS_TRY(data_read(&data, dir, err));
    for (int k = 0; k < 2; k++) { /* what may fail comes before anything takes its name */
        AMS_TRY(ams_join_path(&path[k], dir, names[k], err));
        AMS_TRY(ams_file_create(&file[k], path[k], err));
        const ams_markup m = {.out = file[k].stream, .form = forms[k]};
        AMS_TRY(write_page(&data, &m, err));
    }
    AMS_TRY(ams_file_commit(&file[0], err));
    status = ams_file_commit(&file[1], err);
out:
    for (int k = 0; k < 2; k++) {
        ams_file_abort(&file[k]);
        free(path[k]);
    }
    data_fini(&data);
    return status;
}
