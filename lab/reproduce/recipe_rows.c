/* The numbers, figures and options of a recipe, and how a number is read. */
#include "lab/reproduce/recipe_text.h"

#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- what was written where -- */

static ams_status bad_line(const ams_recipe *recipe, ams_recipe_table table, size_t line,
                           const char *expected, const char *found, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA, "%s: row %zu: expected %s, found '%s'",
                    recipe->table[table].path, line + 1, expected, found);
}

static void want(ams_recipe *recipe, size_t step)
{
    recipe->step[step].wanted = true;
    for (size_t s = step + 1; s-- > 0;) { /* needs have smaller indices */
        const ams_recipe_step *one = &recipe->step[s];
        for (size_t k = 0; one->wanted && k < one->n_needs; k++) {
            recipe->step[one->need[k]].wanted = true;
        }
    }
}

/* The step that a line's `step` names, with all that it needs wanted. */
static ams_status use_step(ams_recipe *recipe, ams_recipe_table table, size_t line,
                           const ams_recipe_scope *scope, size_t *found, ams_error *err)
{
    char *name = NULL;
    ams_status status =
        ams_recipe_expand(scope, ams_recipe_text(recipe, table, line, "step"), &name, err);
    if (status != AMS_OK) {
        return status;
    }
    *found = 0;
    while (*found < recipe->n_steps && strcmp(recipe->step[*found].name, name) != 0) {
        ++*found;
    }
    if (*found == recipe->n_steps) {
        status = bad_line(recipe, table, line, "a step of steps.tsv", name, err);
    } else {
        want(recipe, *found);
    }
    free(name);
    return status;
}

/* "-", "x100" (times 100) or "1000/x" (1000 divided by it). False: something else. */
static bool parse_convert(const char *rule, double *factor, bool *reciprocal)
{
    char number[32];
    size_t length = strlen(rule);
    *factor = 1;
    *reciprocal = length > 2 && strcmp(rule + length - 2, "/x") == 0;
    if (*reciprocal) {
        snprintf(number, sizeof number, "%.*s", (int)(length - 2), rule);
        return ams_parse_double(number, factor);
    }
    return strcmp(rule, "-") == 0 || (rule[0] == 'x' && ams_parse_double(rule + 1, factor));
}

static ams_status read_cell(ams_recipe *recipe, ams_recipe_table table, size_t line,
                            const ams_recipe_scope *scope, ams_recipe_cell *cell,
                            ams_error *err)
{
    const char *nth = ams_recipe_text(recipe, table, line, "nth");
    double factor;
    bool reciprocal;
    ams_status status = AMS_OK;
    cell->columns = ams_recipe_text(recipe, table, line, "columns");
    cell->convert = ams_recipe_text(recipe, table, line, "convert");
    AMS_TRY(use_step(recipe, table, line, scope, &cell->step, err));
    AMS_TRY(ams_recipe_expand(scope, ams_recipe_text(recipe, table, line, "file"), &cell->file,
                              err));
    AMS_TRY(ams_recipe_expand(scope, ams_recipe_text(recipe, table, line, "where"),
                              &cell->where, err));
    AMS_TRY(ams_recipe_expand(scope, ams_recipe_text(recipe, table, line, "other"),
                              &cell->other, err));
    if (!ams_parse_u64(nth, &cell->nth) || cell->nth == 0) {
        status = bad_line(recipe, table, line, "a number from 1 as nth", nth, err);
    } else if (!parse_convert(cell->convert, &factor, &reciprocal)) {
        status =
            bad_line(recipe, table, line, "-, x100 or 1000/x as convert", cell->convert, err);
    }
out:
    return status;
}

/* -- the papers' side -- */

static ams_status read_bound(const ams_recipe *recipe, size_t paper, const char *column,
                             double open, double *value, ams_error *err)
{
    const char *text = ams_recipe_text(recipe, AMS_RECIPE_PAPERS, paper, column);
    *value = open;
    if (strcmp(text, "-") == 0 || ams_parse_double(text, value)) {
        return AMS_OK;
    }
    return bad_line(recipe, AMS_RECIPE_PAPERS, paper, "a number or -", text, err);
}

static ams_status find_paper(const ams_recipe *recipe, const char *id, size_t *paper,
                             ams_error *err)
{
    const ams_tsv *papers = &recipe->table[AMS_RECIPE_PAPERS];
    for (*paper = 0; *paper < papers->n_rows; ++*paper) {
        if (strcmp(ams_recipe_text(recipe, AMS_RECIPE_PAPERS, *paper, "id"), id) == 0) {
            return AMS_OK;
        }
    }
    return ams_fail(err, AMS_BAD_DATA, "%s: no id '%s', which rows.tsv asks for", papers->path,
                    id);
}

static ams_status fill_row(ams_recipe *recipe, ams_recipe_row *row, size_t line,
                           const ams_recipe_scope *scope, size_t paper, ams_error *err)
{
    const char *name = ams_recipe_text(recipe, AMS_RECIPE_SETS, scope->set, "name");
    const char *quantity = ams_recipe_text(recipe, AMS_RECIPE_PAPERS, paper, "quantity");
    row->id = ams_recipe_text(recipe, AMS_RECIPE_PAPERS, paper, "id");
    row->experiment = ams_recipe_text(recipe, AMS_RECIPE_PAPERS, paper, "experiment");
    row->unit = ams_recipe_text(recipe, AMS_RECIPE_PAPERS, paper, "unit");
    row->set = ams_recipe_text(recipe, AMS_RECIPE_SETS, scope->set, "set");
    bool whole = strcmp(name, row->set) == 0;
    ams_status status = AMS_OK;
    AMS_TRY(read_bound(recipe, paper, "low", -INFINITY, &row->paper.low, err));
    AMS_TRY(read_bound(recipe, paper, "high", INFINITY, &row->paper.high, err));
    AMS_TRY(read_bound(recipe, paper, "neutral", NAN, &row->paper.neutral, err));
    if (asprintf(&row->quantity, "%s%s%s", quantity, whole ? "" : ", ", whole ? "" : name) <
        0) {
        row->quantity = NULL;
        status = ams_no_memory(err, 0, "a row");
        goto out;
    }
    status = read_cell(recipe, AMS_RECIPE_ROWS, line, scope, &row->cell, err);
out:
    return status;
}

static ams_status add_row(ams_recipe *recipe, size_t line, const ams_recipe_scope *scope,
                          ams_error *err)
{
    char *id = NULL;
    size_t paper = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_recipe_expand(scope, ams_recipe_text(recipe, AMS_RECIPE_ROWS, line, "id"), &id,
                              err));
    AMS_TRY(find_paper(recipe, id, &paper, err));
    if (!ams_recipe_wants(recipe,
                          ams_recipe_text(recipe, AMS_RECIPE_PAPERS, paper, "experiment"))) {
        goto out;
    }
    AMS_TRY(ams_grow(&recipe->row, &recipe->room[1], recipe->n_rows + 1, sizeof *recipe->row,
                     "rows", err));
    recipe->row[recipe->n_rows] = (ams_recipe_row){0};
    status = fill_row(recipe, &recipe->row[recipe->n_rows++], line, scope, paper, err);
out:
    free(id);
    return status;
}

static ams_status add_figure(ams_recipe *recipe, size_t line, const ams_recipe_scope *scope,
                             ams_error *err)
{
    const char *experiment = ams_recipe_text(recipe, AMS_RECIPE_FIGURES, line, "experiment");
    if (!ams_recipe_wants(recipe, experiment)) {
        return AMS_OK;
    }
    ams_status status = ams_grow(&recipe->figure, &recipe->room[2], recipe->n_figures + 1,
                                 sizeof *recipe->figure, "figures", err);
    if (status != AMS_OK) {
        return status;
    }
    ams_recipe_figure *figure = &recipe->figure[recipe->n_figures++];
    *figure = (ams_recipe_figure){.experiment = experiment};
    AMS_TRY(use_step(recipe, AMS_RECIPE_FIGURES, line, scope, &figure->step, err));
    status = ams_recipe_expand(scope, ams_recipe_text(recipe, AMS_RECIPE_FIGURES, line, "file"),
                               &figure->file, err);
out:
    return status;
}

/* Options are part of the report when all experiments are asked for. */
static ams_status add_choice(ams_recipe *recipe, size_t line, const ams_recipe_scope *scope,
                             ams_error *err)
{
    if (recipe->options.n_wanted > 0) {
        return AMS_OK;
    }
    ams_status status = ams_grow(&recipe->choice, &recipe->room[3], recipe->n_choices + 1,
                                 sizeof *recipe->choice, "options", err);
    if (status != AMS_OK) {
        return status;
    }
    ams_recipe_choice *choice = &recipe->choice[recipe->n_choices++];
    *choice = (ams_recipe_choice){
        .choice = ams_recipe_text(recipe, AMS_RECIPE_CHOICES, line, "choice"),
        .option = ams_recipe_text(recipe, AMS_RECIPE_CHOICES, line, "option"),
        .measure = ams_recipe_text(recipe, AMS_RECIPE_CHOICES, line, "measure"),
        .unit = ams_recipe_text(recipe, AMS_RECIPE_CHOICES, line, "unit"),
        .better = ams_recipe_text(recipe, AMS_RECIPE_CHOICES, line, "better"),
        .how = ams_recipe_text(recipe, AMS_RECIPE_CHOICES, line, "how")};
    AMS_TRY(ams_recipe_expand(scope, "{name}", &choice->set, err));
    status = read_cell(recipe, AMS_RECIPE_CHOICES, line, scope, &choice->cell, err);
out:
    return status;
}

typedef ams_status add_fn(ams_recipe *recipe, size_t line, const ams_recipe_scope *scope,
                          ams_error *err);

/* Each line of the table once for each data set of the wanted sets that it names. */
static ams_status add_lines(ams_recipe *recipe, ams_recipe_table table, add_fn *add,
                            ams_error *err)
{
    const ams_tsv *sets = &recipe->table[AMS_RECIPE_SETS];
    for (size_t line = 0; line < recipe->table[table].n_rows; line++) {
        const char *names = ams_recipe_text(recipe, table, line, "for");
        char name[64];
        for (size_t k = 0; ams_recipe_list(names, k, name); k++) {
            ams_recipe_scope scope = {.recipe = recipe, .set = 0};
            while (scope.set < sets->n_rows &&
                   strcmp(ams_recipe_text(recipe, AMS_RECIPE_SETS, scope.set, "name"), name) !=
                       0) {
                scope.set++;
            }
            if (scope.set == sets->n_rows) {
                return bad_line(recipe, table, line, "names of sets.tsv", name, err);
            }
            bool photos = strcmp(ams_recipe_text(recipe, AMS_RECIPE_SETS, scope.set, "set"),
                                 "photos") == 0;
            ams_status status = AMS_OK;
            if (photos ? recipe->options.photos : recipe->options.synthetic) {
                status = add(recipe, line, &scope, err);
            }
            if (status != AMS_OK) {
                return status;
            }
        }
    }
    return AMS_OK;
}

ams_status ams_recipe_numbers(ams_recipe *recipe, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(add_lines(recipe, AMS_RECIPE_ROWS, add_row, err));
    AMS_TRY(add_lines(recipe, AMS_RECIPE_FIGURES, add_figure, err));
    AMS_TRY(add_lines(recipe, AMS_RECIPE_CHOICES, add_choice, err));
out:
    return status;
}

const char *ams_recipe_why(const ams_recipe *recipe, const ams_recipe_row *row,
                           ams_verdict verdict)
{
    const ams_tsv *why = &recipe->table[AMS_RECIPE_WHY];
    for (size_t k = 0; k < why->n_rows; k++) {
        const char *set = ams_recipe_text(recipe, AMS_RECIPE_WHY, k, "set");
        if (strcmp(ams_recipe_text(recipe, AMS_RECIPE_WHY, k, "id"), row->id) == 0 &&
            (strcmp(set, row->set) == 0 || strcmp(set, "-") == 0) &&
            strcmp(ams_recipe_text(recipe, AMS_RECIPE_WHY, k, "verdict"),
                   ams_verdict_names[verdict]) == 0) {
            return ams_recipe_text(recipe, AMS_RECIPE_WHY, k, "why");
        }
    }
    return NULL;
}

/* -- a number -- */

/* Whether the row has the cells of "column=value;column=value". */
static ams_status matches(const ams_tsv *tsv, size_t row, const char *where, bool *match,
                          ams_error *err)
{
    *match = true;
    while (*where != '\0' && strcmp(where, "-") != 0) {
        char pair[256];
        size_t column;
        size_t length = strcspn(where, ";");
        snprintf(pair, sizeof pair, "%.*s", (int)length, where);
        char *equals = strchr(pair, '=');
        if (equals == NULL) {
            return ams_fail(err, AMS_BAD_DATA, "expected column=value of %s, found '%s'",
                            tsv->path, pair);
        }
        *equals = '\0';
        ams_status status = ams_tsv_require(tsv, pair, &column, err);
        if (status != AMS_OK) {
            return status;
        }
        *match = *match && strcmp(ams_tsv_cell(tsv, row, column), equals + 1) == 0;
        where += length + (where[length] == ';');
    }
    return AMS_OK;
}

static ams_status find_row(const ams_tsv *tsv, const char *where, uint64_t nth, size_t *row,
                           ams_error *err)
{
    uint64_t seen = 0;
    for (*row = 0; *row < tsv->n_rows; ++*row) {
        bool match = false;
        ams_status status = matches(tsv, *row, where, &match, err);
        if (status != AMS_OK) {
            return status;
        }
        seen += match;
        if (match && seen == nth) {
            return AMS_OK;
        }
    }
    return ams_fail(err, AMS_BAD_DATA, "%s: expected %llu rows with %s, found %llu", tsv->path,
                    (unsigned long long)nth, where, (unsigned long long)seen);
}

/* "a" or "a,b,c": one value, or three. */
static ams_status read_columns(const ams_tsv *tsv, size_t row, const char *columns,
                               double value[3], size_t *n, ams_error *err)
{
    *n = 0;
    for (const char *at = columns; *n < 3; (*n)++) {
        char name[64];
        size_t column;
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        ams_status status = ams_tsv_require(tsv, name, &column, err);
        if (status == AMS_OK) {
            status = ams_tsv_number(tsv, row, column, &value[*n], err);
        }
        if (status != AMS_OK) {
            return status;
        }
        at += length;
        if (*at == '\0') {
            ++*n;
            break;
        }
        at++;
    }
    return *n == 2 ? ams_fail(err, AMS_BAD_DATA, "expected one or three columns, found '%s'",
                              columns)
                   : AMS_OK;
}

ams_status ams_recipe_number(const ams_recipe_cell *cell, ams_interval *number, bool *interval,
                             ams_error *err)
{
    ams_tsv tsv = {0};
    double value[3];
    double divisor[3] = {1, 1, 1};
    size_t row = 0;
    size_t n = 0;
    size_t others = 0;
    double factor = 1;
    bool reciprocal = false;
    ams_status status = AMS_OK;
    (void)parse_convert(cell->convert, &factor, &reciprocal); /* checked when it was read */
    AMS_TRY(ams_tsv_read(&tsv, cell->file, err));
    AMS_TRY(find_row(&tsv, cell->where, cell->nth, &row, err));
    AMS_TRY(read_columns(&tsv, row, cell->columns, value, &n, err));
    if (strcmp(cell->other, "-") != 0) {
        AMS_TRY(find_row(&tsv, cell->other, cell->nth, &row, err));
        AMS_TRY(read_columns(&tsv, row, cell->columns, divisor, &others, err));
    }
    *interval = n == 3;
    for (size_t k = 3; k-- > 0;) {
        double one = value[n == 3 ? k : 0] / divisor[0];
        value[k] = reciprocal ? factor / one : factor * one;
    }
    *number = (ams_interval){
        .mean = value[0], .low = fmin(value[1], value[2]), .high = fmax(value[1], value[2])};
    if (!isfinite(value[0]) || !isfinite(value[1]) || !isfinite(value[2])) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: no finite number of %s", cell->file, cell->where);
    }
out:
    ams_tsv_fini(&tsv);
    return status;
}
