/* The tables of a reproduction: numbers with verdicts, figures, options that were tried.
 * docs/reproduce.md has the columns. */
#include "lab/reproduce/notes.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/figures/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The step and all that it needs, marked in `in` (n_steps). */
static void mark_chain(const ams_recipe *recipe, size_t step, bool *in)
{
    in[step] = true;
    for (size_t s = step + 1; s-- > 0;) { /* needs have smaller indices */
        for (size_t k = 0; in[s] && k < recipe->step[s].n_needs; k++) {
            in[recipe->step[s].need[k]] = true;
        }
    }
}

/* -- steps.tsv -- */

static ams_status print_steps(FILE *stream, const void *context, ams_error *err)
{
    const ams_reproduction *r = context;
    (void)err; /* what cannot be written shows when the file is committed */
    fputs(AMS_STEPS_HEADER, stream);
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (ams_reproduction_has(r, s)) {
            fprintf(stream, "%s\t%.3f\t%.3f\t%.1f\t%s\n", r->recipe.step[s].name,
                    r->step[s].seconds, r->step[s].cpu_seconds, r->step[s].peak_mb,
                    r->step[s].text);
        }
    }
    return AMS_OK;
}

/* -- rows.tsv -- */

static void put_bound(FILE *stream, double value)
{
    if (isinf(value)) {
        fputs("\t-", stream);
    } else {
        fprintf(stream, "\t%.6g", value);
    }
}

static void put_interval(FILE *stream, bool there, const ams_interval *value)
{
    if (there) {
        fprintf(stream, "\t%.6g\t%.6g", value->low, value->high);
    } else {
        fputs("\t-\t-", stream);
    }
}

/* Where why.tsv has no sentence: what the two numbers say by themselves. */
static void put_why(FILE *stream, const ams_reproduction *r, size_t n)
{
    const ams_recipe_row *row = &r->recipe.row[n];
    const ams_reproduced *number = &r->number[n];
    const char *why = ams_recipe_why(&r->recipe, row, number->verdict);
    bool above = number->value.mean > row->paper.high;
    double nearest = above ? row->paper.high : row->paper.low;
    if (why != NULL) {
        fprintf(stream, "\t%s", why);
    } else if (number->verdict == AMS_VERDICT_NO_FIGURE) {
        fputs("\tThe papers give no number of this.", stream);
    } else if (number->verdict == AMS_VERDICT_AGREES) {
        fputs("\tOurs meets theirs within the tolerance.", stream);
    } else {
        fprintf(stream, "\tOurs is %.3g %s %s theirs.", fabs(number->value.mean - nearest),
                row->unit, above ? "above" : "below");
    }
}

static ams_status put_chain(FILE *stream, const ams_reproduction *r, size_t step,
                            ams_error *err)
{
    const ams_recipe *recipe = &r->recipe;
    bool *in = NULL;
    double seconds = 0;
    bool first = true;
    ams_status status = ams_alloc(&in, recipe->n_steps, sizeof *in, "steps", err);
    if (status != AMS_OK) {
        return status;
    }
    mark_chain(recipe, step, in);
    fputc('\t', stream);
    for (size_t s = 0; s < recipe->n_steps; s++) {
        if (in[s]) {
            fprintf(stream, "%s%s", first ? "" : "; ", r->step[s].text);
            seconds += r->step[s].seconds;
            first = false;
        }
    }
    fprintf(stream, "\t%.1f\n", seconds);
    free(in);
    return AMS_OK;
}

static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    const ams_reproduction *r = context;
    const ams_tsv *experiments = &r->recipe.table[AMS_RECIPE_EXPERIMENTS];
    fputs(AMS_ROWS_HEADER, stream);
    for (size_t e = 0; e < experiments->n_rows; e++) {
        const char *name = ams_recipe_text(&r->recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
        for (size_t n = 0; n < r->recipe.n_rows; n++) {
            const ams_recipe_row *row = &r->recipe.row[n];
            const ams_reproduced *number = &r->number[n];
            if (strcmp(row->experiment, name) != 0 || !number->known) {
                continue;
            }
            fprintf(stream, "%s\t%s\t%s\t%s", name, row->quantity, row->set, row->unit);
            put_bound(stream, row->paper.low);
            put_bound(stream, row->paper.high);
            fprintf(stream, "\t%.6g", number->value.mean);
            put_interval(stream, number->interval, &number->value);
            fprintf(stream, "\t%s", ams_verdict_names[number->verdict]);
            put_why(stream, r, n);
            ams_status status = put_chain(stream, r, row->cell.step, err);
            if (status != AMS_OK) {
                return status;
            }
        }
    }
    return AMS_OK;
}

/* -- experiments.tsv, choices.tsv -- */

static ams_status print_experiments(FILE *stream, const void *context, ams_error *err)
{
    const ams_reproduction *r = context;
    const ams_recipe *recipe = &r->recipe;
    (void)err;
    fputs(AMS_EXPERIMENTS_HEADER, stream);
    for (size_t e = 0; e < recipe->table[AMS_RECIPE_EXPERIMENTS].n_rows; e++) {
        const char *name = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
        if (!ams_recipe_wants(recipe, name)) {
            continue;
        }
        fprintf(stream, "%s\t%s\t%s\t", name,
                ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "title"),
                ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "question"));
        bool any = false;
        for (size_t f = 0; f < recipe->n_figures; f++) {
            const ams_recipe_figure *figure = &recipe->figure[f];
            if (strcmp(figure->experiment, name) == 0 &&
                ams_reproduction_has(r, figure->step)) {
                fprintf(stream, "%s%s", any ? "," : "", figure->file);
                any = true;
            }
        }
        fputs(any ? "\n" : "-\n", stream);
    }
    return AMS_OK;
}

static ams_status print_choices(FILE *stream, const void *context, ams_error *err)
{
    const ams_reproduction *r = context;
    fputs(AMS_CHOICES_HEADER, stream);
    for (size_t c = 0; c < r->recipe.n_choices; c++) {
        const ams_recipe_choice *choice = &r->recipe.choice[c];
        ams_interval value;
        bool interval = false;
        if (!ams_reproduction_has(r, choice->cell.step)) {
            continue;
        }
        ams_status status = ams_recipe_number(&choice->cell, &value, &interval, err);
        if (status != AMS_OK) {
            return status;
        }
        fprintf(stream, "%s\t%s\t%s\t%s\t%s\t%s\t%.6g", choice->choice, choice->option,
                choice->set, choice->measure, choice->unit, choice->better, value.mean);
        put_interval(stream, interval, &value);
        fprintf(stream, "\t%s\n", choice->how);
    }
    return AMS_OK;
}

/* -- all -- */

static ams_status read_numbers(ams_reproduction *r, ams_error *err)
{
    for (size_t n = 0; n < r->recipe.n_rows; n++) {
        const ams_recipe_row *row = &r->recipe.row[n];
        ams_reproduced *number = &r->number[n];
        if (!ams_reproduction_has(r, row->cell.step)) {
            continue;
        }
        ams_status status =
            ams_recipe_number(&row->cell, &number->value, &number->interval, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s, %s", row->id, row->quantity);
            return status;
        }
        number->known = true;
        number->verdict = ams_verdict_of(&row->paper, &number->value);
    }
    return AMS_OK;
}

ams_status ams_reproduction_write(ams_reproduction *r, ams_error *err)
{
    const char *directory = r->directory;
    ams_status status = AMS_OK;
    /* The first, since some numbers are cells of it. */
    AMS_TRY(ams_file_write(directory, AMS_STEPS_TSV, print_steps, r, err));
    AMS_TRY(read_numbers(r, err));
    AMS_TRY(ams_file_write(directory, AMS_ROWS_TSV, print_rows, r, err));
    AMS_TRY(ams_file_write(directory, AMS_EXPERIMENTS_TSV, print_experiments, r, err));
    AMS_TRY(ams_file_write(directory, AMS_CHOICES_TSV, print_choices, r, err));
    AMS_TRY(ams_file_write(directory, AMS_NOTES_TSV, ams_notes_print, r, err));
out:
    return status;
}
