/* What `ams reproduce` prints, and a trace in words. */
#include "cli/reproduce.h"

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
