/* The numbers with their verdicts, for a terminal. */
#include "ams/frame.h"
#include "lab/reproduce/reproduce.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void paper_phrase(char *text, size_t size, const ams_claim *paper)
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

static void put_row(FILE *out, const ams_recipe_row *row, const ams_reproduced *number,
                    int width)
{
    char paper[64];
    char ours[96];
    paper_phrase(paper, sizeof paper, &row->paper);
    snprintf(ours, sizeof ours, "%.4g", number->value.mean);
    if (number->interval) {
        snprintf(ours, sizeof ours, "%.4g [%.4g, %.4g]", number->value.mean, number->value.low,
                 number->value.high);
    }
    fprintf(out, "  %-9s  %-*s  %12s  %26s  %s\n", row->set, width, row->quantity, paper, ours,
            ams_verdict_names[number->verdict]);
}

void ams_reproduction_summary(FILE *out, const ams_reproduction *r)
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
                fprintf(out, "\n%s (%s)\n",
                        ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "title"), name);
                begun = true;
            }
            put_row(out, &recipe->row[n], &r->number[n], width);
            count[r->number[n].verdict]++;
        }
    }
    fprintf(
        out,
        "\n%zu numbers of the papers agree, %zu have the same direction, %zu differ; %zu of "
        "ours have no number of theirs.\n",
        count[AMS_VERDICT_AGREES], count[AMS_VERDICT_DIRECTION], count[AMS_VERDICT_DIFFERS],
        count[AMS_VERDICT_NO_FIGURE]);
    if (missing > 0) {
        fprintf(out, "%zu numbers are missing, since their steps are not done.\n", missing);
    }
    fprintf(out, "%s/rows.tsv has them with reason, command and time.\n", r->directory);
}

ams_status ams_reproduction_estimate(FILE *out, const ams_reproduction *r, ams_error *err)
{
    double seconds = 0;
    size_t unknown = 0;
    ams_status status = ams_reproduction_seconds(r, &seconds, &unknown, err);
    if (status != AMS_OK) {
        return status;
    }
    fprintf(
        out,
        "%zu steps, %zu of them done before; the rest takes about %.1f minutes with %llu side "
        "by side",
        r->recipe.n_steps - ams_reproduction_count(r, AMS_STEP_UNWANTED),
        ams_reproduction_count(r, AMS_STEP_BEFORE), seconds / 60,
        (unsigned long long)r->options.side_by_side);
    if (unknown > 0) {
        fprintf(out, ", without %zu steps of no recorded time", unknown);
    }
    fputc('\n', out);
    return fflush(out) == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write to stdout");
}

void ams_reproduction_plan(FILE *out, const ams_reproduction *r)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == AMS_STEP_WAITING) {
            fprintf(out, "%s (about %.0f s)\n  %s\n", r->recipe.step[s].name,
                    r->recipe.step[s].seconds, r->step[s].text);
        }
    }
}

ams_status ams_reproduction_list(FILE *out, const ams_reproduction *r, bool json,
                                 ams_error *err)
{
    static const ams_column columns[] = {
        {.name = "experiment", .meaning = "its name"},
        {.name = "question", .meaning = "what it answers"},
    };
    const ams_recipe *recipe = &r->recipe;
    ams_result result = {.n = 0};
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_result_add_frame(&result, "rows", columns, 2, &rows, err));
    for (size_t e = 0; e < recipe->table[AMS_RECIPE_EXPERIMENTS].n_rows; e++) {
        const char *name = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
        const char *question = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "question");
        AMS_TRY(AMS_FRAME_ADD(rows, err, ams_cell_text(name), ams_cell_text(question)));
        if (!json) {
            fprintf(out, "  %-18s  %s\n", name, question);
        }
    }
    status = json ? ams_result_print_json(&result, out, err) : AMS_OK;
out:
    ams_result_fini(&result);
    return status;
}
