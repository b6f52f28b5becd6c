/* The steps of a recipe: each line of steps.tsv once for each data set that it names. */
#include "lab/reproduce/recipe_text.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

static size_t find_step(const ams_recipe *recipe, const char *name)
{
    for (size_t s = 0; s < recipe->n_steps; s++) {
        if (strcmp(recipe->step[s].name, name) == 0) {
            return s;
        }
    }
    return AMS_NO_STEP;
}

static ams_status add_needs(ams_recipe *recipe, const ams_recipe_scope *scope, size_t line,
                            ams_recipe_step *step, ams_error *err)
{
    char **name = NULL;
    size_t n = 0;
    const char *needs = ams_recipe_text(recipe, AMS_RECIPE_STEPS, line, "needs");
    ams_status status = AMS_OK;
    if (strcmp(needs, "-") == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_recipe_words(scope, needs, &name, &n, err));
    AMS_TRY(ams_alloc(&step->need, n, sizeof *step->need, "steps", err));
    for (size_t k = 0; k < n; k++) {
        size_t need = find_step(recipe, name[k]);
        if (need == AMS_NO_STEP) {
            status =
                ams_fail(err, AMS_BAD_DATA,
                         "%s: row %zu: expected steps of earlier rows as needs, found '%s'",
                         recipe->table[AMS_RECIPE_STEPS].path, line + 1, name[k]);
            goto out;
        }
        step->need[step->n_needs++] = need;
    }
out:
    for (size_t k = 0; k < n; k++) {
        free(name[k]);
    }
    free(name);
    return status;
}

/* Seconds at the small scale, times what the scale multiplies the work by. */
static double expected_seconds(const ams_recipe *recipe, const char *name, size_t line)
{
    const ams_tsv *seconds = &recipe->table[AMS_RECIPE_SECONDS];
    const size_t small = ams_tsv_column(&recipe->table[AMS_RECIPE_SCALES], "small");
    const char *work = ams_recipe_text(recipe, AMS_RECIPE_STEPS, line, "work");
    double value = 0;
    char key[64];
    for (size_t k = 0; k < seconds->n_rows; k++) {
        if (strcmp(ams_recipe_text(recipe, AMS_RECIPE_SECONDS, k, "step"), name) == 0) {
            (void)ams_parse_double(ams_recipe_text(recipe, AMS_RECIPE_SECONDS, k, "seconds"),
                                   &value);
        }
    }
    for (size_t k = 0; ams_recipe_list(work, k, key); k++) {
        double then = ams_recipe_scale(recipe, key, small);
        value *= then > 0 ? ams_recipe_scale(recipe, key, recipe->scale) / then : 1;
    }
    return value;
}

static ams_status add_step(ams_recipe *recipe, size_t line, size_t set, ams_error *err)
{
    const ams_recipe_scope scope = {.recipe = recipe, .set = set};
    ams_status status = ams_grow(&recipe->step, &recipe->room[0], recipe->n_steps + 1,
                                 sizeof *recipe->step, "steps", err);
    if (status != AMS_OK) {
        return status;
    }
    ams_recipe_step *step = &recipe->step[recipe->n_steps];
    *step = (ams_recipe_step){0};
    status = ams_recipe_expand(&scope, ams_recipe_text(recipe, AMS_RECIPE_STEPS, line, "step"),
                               &step->name, err);
    if (status != AMS_OK) {
        return status;
    }
    size_t same = find_step(recipe, step->name);
    recipe->n_steps++; /* from here on ams_recipe_fini frees it */
    if (same != AMS_NO_STEP) {
        return ams_fail(err, AMS_BAD_DATA, "%s: row %zu: there is a step '%s' already",
                        recipe->table[AMS_RECIPE_STEPS].path, line + 1, step->name);
    }
    step->seconds = expected_seconds(recipe, step->name, line);
    AMS_TRY(add_needs(recipe, &scope, line, step, err));
    status =
        ams_recipe_words(&scope, ams_recipe_text(recipe, AMS_RECIPE_STEPS, line, "command"),
                         &step->word, &step->n_words, err);
out:
    return status;
}

ams_status ams_recipe_steps(ams_recipe *recipe, ams_error *err)
{
    const ams_tsv *sets = &recipe->table[AMS_RECIPE_SETS];
    for (size_t line = 0; line < recipe->table[AMS_RECIPE_STEPS].n_rows; line++) {
        const char *names = ams_recipe_text(recipe, AMS_RECIPE_STEPS, line, "for");
        char name[64];
        for (size_t k = 0; ams_recipe_list(names, k, name); k++) {
            size_t set = 0;
            while (set < sets->n_rows &&
                   strcmp(ams_recipe_text(recipe, AMS_RECIPE_SETS, set, "name"), name) != 0) {
                set++;
            }
            if (set == sets->n_rows) {
                return ams_fail(err, AMS_BAD_DATA, "%s: row %zu: %s has no set '%s'",
                                recipe->table[AMS_RECIPE_STEPS].path, line + 1, sets->path,
                                name);
            }
            ams_status status = add_step(recipe, line, set, err);
            if (status != AMS_OK) {
                return status;
            }
        }
    }
    return AMS_OK;
}

double ams_recipe_seconds(const ams_recipe *recipe, const bool *done, uint64_t side_by_side,
                          size_t *unknown)
{
    double *ends = NULL;
    double sum = 0;
    double longest = 0;
    *unknown = 0;
    /* An estimate is all that is lost where memory is short. */
    if (ams_alloc(&ends, recipe->n_steps, sizeof *ends, "steps", NULL) != AMS_OK) {
        return 0;
    }
    for (size_t s = 0; s < recipe->n_steps; s++) {
        const ams_recipe_step *step = &recipe->step[s];
        bool to_do = step->wanted && !done[s];
        for (size_t k = 0; k < step->n_needs; k++) {
            ends[s] = ends[step->need[k]] > ends[s] ? ends[step->need[k]] : ends[s];
        }
        ends[s] += to_do ? step->seconds : 0;
        sum += to_do ? step->seconds : 0;
        longest = to_do && ends[s] > longest ? ends[s] : longest;
        *unknown += to_do && step->seconds <= 0;
    }
    free(ends);
    sum /= (double)side_by_side;
    return sum > longest ? sum : longest;
}
