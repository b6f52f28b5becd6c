/* What `ams reproduce` prints, and a trace in words. */
#include "cli/reproduce.h"

#include "base/file.h"
#include "base/number.h"
#include "cli/jobs.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- the table -- */

static void print_paper(char *text, size_t size, const ams_claim *paper)
{
    if (isinf(paper->low) && isinf(paper->high)) {
        snprintf(text, size, "-");
    } else if (isinf(paper->high)) {
        snprintf(text, size, ">= %.4g", paper->low);
    } else if (isinf(paper->low)) {
        snprintf(text, size, "<= %.4g", paper->high);
    } else if (paper->low < paper->high) {
        snprintf(text, size, "%.4g..%.4g", paper->low, paper->high);
    } else {
        snprintf(text, size, "%.4g", paper->low);
    }
}

static void print_row(const ams_recipe_row *row, const reproduce_number *number, int width)
{
    char paper[64];
    char ours[96];
    print_paper(paper, sizeof paper, &row->paper);
    snprintf(ours, sizeof ours, "%.4g", number->value.mean);
    if (number->interval) {
        snprintf(ours, sizeof ours, "%.4g [%.4g, %.4g]", number->value.mean, number->value.low,
                 number->value.high);
    }
    printf("  %-9s  %-*s  %12s  %26s  %s\n", row->set, width, row->quantity, paper, ours,
           ams_verdict_names[number->verdict]);
}

void reproduce_print(const reproduce *r)
{
    const ams_recipe *recipe = &r->recipe;
    size_t count[AMS_VERDICTS] = {0};
    size_t missing = 0;
    int width = 0;
    for (size_t n = 0; n < recipe->n_rows; n++) {
        int length = (int)strlen(recipe->row[n].quantity);
        width = length > width ? length : width;
    }
    for (size_t e = 0; e < recipe->table[AMS_RECIPE_EXPERIMENTS].n_rows; e++) {
        const char *name = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
        bool begun = false;
        for (size_t n = 0; n < recipe->n_rows; n++) {
            if (strcmp(recipe->row[n].experiment, name) != 0) {
                continue;
            }
            if (!r->number[n].known) {
                missing++;
                continue;
            }
            if (!begun) {
                printf("\n%s (%s)\n",
                       ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "title"), name);
                begun = true;
            }
            print_row(&recipe->row[n], &r->number[n], width);
            count[r->number[n].verdict]++;
        }
    }
    printf("\n%zu numbers of the papers agree, %zu have the same direction, %zu differ; %zu of "
           "ours beside them.\n",
           count[AMS_VERDICT_AGREES], count[AMS_VERDICT_DIRECTION], count[AMS_VERDICT_DIFFERS],
           count[AMS_VERDICT_NO_FIGURE]);
    if (missing > 0) {
        printf("%zu numbers are missing, since their steps are not done.\n", missing);
    }
    printf("%s/rows.tsv has them with why, command and time.\n", r->directory);
}

/* -- drift -- */

typedef struct expected_row {
    double ours, low, high;
    const char *verdict;
} expected_row;

static ams_status read_cell(const ams_tsv *tsv, size_t row, const char *name, double otherwise,
                            double *value, ams_error *err)
{
    size_t column;
    ams_status status = ams_tsv_require(tsv, name, &column, err);
    *value = otherwise;
    if (status != AMS_OK || strcmp(ams_tsv_cell(tsv, row, column), "-") == 0) {
        return status;
    }
    return ams_tsv_number(tsv, row, column, value, err);
}

/* *found: whether the number is among the expected ones. */
static ams_status find_expected(const ams_tsv *tsv, const ams_recipe_row *row, bool *found,
                                expected_row *expected, ams_error *err)
{
    size_t key[3];
    size_t verdict;
    ams_status status = AMS_OK;
    *found = false;
    AMS_TRY(ams_tsv_require(tsv, "experiment", &key[0], err));
    AMS_TRY(ams_tsv_require(tsv, "quantity", &key[1], err));
    AMS_TRY(ams_tsv_require(tsv, "set", &key[2], err));
    AMS_TRY(ams_tsv_require(tsv, "verdict", &verdict, err));
    for (size_t k = 0; k < tsv->n_rows && !*found; k++) {
        if (strcmp(ams_tsv_cell(tsv, k, key[0]), row->experiment) == 0 &&
            strcmp(ams_tsv_cell(tsv, k, key[1]), row->quantity) == 0 &&
            strcmp(ams_tsv_cell(tsv, k, key[2]), row->set) == 0) {
            *found = true;
            expected->verdict = ams_tsv_cell(tsv, k, verdict);
            AMS_TRY(read_cell(tsv, k, "ours", 0, &expected->ours, err));
            AMS_TRY(read_cell(tsv, k, "ci_low", expected->ours, &expected->low, err));
            AMS_TRY(read_cell(tsv, k, "ci_high", expected->ours, &expected->high, err));
        }
    }
out:
    return status;
}

/* Outside the interval that the committed number had, widened as verdicts widen theirs. */
static bool has_moved(const reproduce_number *number, const expected_row *expected)
{
    double more = AMS_VERDICT_TOLERANCE * fabs(expected->ours);
    return number->value.mean < expected->low - more ||
           number->value.mean > expected->high + more ||
           strcmp(ams_verdict_names[number->verdict], expected->verdict) != 0;
}

ams_status reproduce_print_drift(const reproduce *r, ams_error *err)
{
    char *path = NULL;
    ams_tsv tsv = {0};
    size_t moved = 0;
    size_t compared = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_format(&path, err, "%s/expected/%s.tsv", r->recipe.options.folder,
                       r->recipe.options.scale));
    if (!ams_exists(path)) {
        printf("Nothing to compare with: there is no %s.\n", path);
        goto out;
    }
    AMS_TRY(ams_tsv_read(&tsv, path, err));
    for (size_t n = 0; n < r->recipe.n_rows; n++) {
        expected_row expected = {0};
        bool found = false;
        AMS_TRY(find_expected(&tsv, &r->recipe.row[n], &found, &expected, err));
        if (!found || !r->number[n].known) {
            continue;
        }
        compared++;
        if (has_moved(&r->number[n], &expected)) {
            moved++;
            printf("  moved: %s, %s, %s: %.6g (%s), was %.6g (%s)\n",
                   r->recipe.row[n].experiment, r->recipe.row[n].quantity, r->recipe.row[n].set,
                   r->number[n].value.mean, ams_verdict_names[r->number[n].verdict],
                   expected.ours, expected.verdict);
        }
    }
    printf("%zu of %zu numbers moved outside the tolerance against %s.\n", moved, compared,
           path);
out:
    ams_tsv_fini(&tsv);
    free(path);
    return status;
}

/* -- a trace in words -- */

enum { NAMED = 3 };

static void put_found(FILE *stream, const json_t *found)
{
    size_t n = json_array_size(found);
    if (n == 0) {
        fputs(" finds nothing new", stream);
        return;
    }
    for (size_t k = 0; k < n && k < NAMED; k++) {
        const json_t *label = json_array_get(found, k);
        fprintf(stream, "%s%s (%.2f)", k == 0 ? " finds " : ", ",
                json_string_value(json_array_get(label, 0)),
                json_number_value(json_array_get(label, 1)));
    }
    if (n > NAMED) {
        fprintf(stream, " and %zu more", n - NAMED);
    }
}

ams_status reproduce_words(const char *path, char **words, ams_error *err)
{
    json_error_t where;
    size_t size = 0;
    ams_status status = AMS_OK;
    json_t *trace = json_load_file(path, 0, &where);
    const json_t *runs = json_object_get(trace, "runs");
    *words = NULL;
    if (!json_is_array(runs)) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected a trace with runs: %s", path,
                          trace == NULL ? where.text : "there are none");
        json_decref(trace);
        return status;
    }
    FILE *stream = open_memstream(words, &size);
    if (stream == NULL) {
        json_decref(trace);
        return ams_no_memory(err, 0, "a sentence");
    }
    fprintf(stream,
            "Item %s, by %s with %s:", json_string_value(json_object_get(trace, "item")),
            json_string_value(json_object_get(trace, "scheduler")),
            json_string_value(json_object_get(trace, "policy")));
    for (size_t k = 0; k < json_array_size(runs); k++) {
        const json_t *run = json_array_get(runs, k);
        double begun = json_number_value(json_object_get(run, "start_ms"));
        double ended = json_number_value(json_object_get(run, "end_ms"));
        fprintf(stream, "%s %s (%.0f ms)", k == 0 ? "" : ";",
                json_string_value(json_object_get(run, "model")), ended - begun);
        put_found(stream, json_object_get(run, "found"));
    }
    fprintf(stream, ". Recall %.3f of the item's value after %.0f ms.",
            json_number_value(json_object_get(trace, "recall")),
            json_number_value(json_object_get(trace, "done_ms")));
    if (fclose(stream) != 0) {
        status = ams_no_memory(err, size, "a sentence");
    }
    json_decref(trace);
    return status;
}
