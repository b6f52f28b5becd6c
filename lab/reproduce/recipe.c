/* The tables of a recipe, and what is asked of it. */
#include "lab/reproduce/recipe.h"

#include "ams/names.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/reproduce/recipe_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 14 };

typedef struct recipe_table_kind {
    const char *path;
    const char *column[MOST_COLUMNS]; /* those there must be */
} recipe_table_kind;

static const recipe_table_kind kinds[AMS_RECIPE_TABLES] = {
    [AMS_RECIPE_EXPERIMENTS] = {"reproduce/experiments.tsv",
                                {"experiment", "title", "question"}},
    [AMS_RECIPE_SETS] = {"reproduce/sets.tsv", {"name", "set", "data"}},
    [AMS_RECIPE_SCALES] = {"reproduce/scales.tsv", {"key", "small"}},
    [AMS_RECIPE_STEPS] = {"reproduce/steps.tsv", {"step", "for", "needs", "work", "command"}},
    [AMS_RECIPE_ROWS] = {"reproduce/rows.tsv",
                         {"id", "for", "step", "file", "where", "other", "columns", "nth",
                          "convert"}},
    [AMS_RECIPE_FIGURES] = {"reproduce/figures.tsv", {"experiment", "for", "step", "file"}},
    [AMS_RECIPE_CHOICES] = {"reproduce/choices.tsv",
                            {"choice", "option", "for", "measure", "unit", "better", "how",
                             "step", "file", "where", "other", "columns", "nth", "convert"}},
    [AMS_RECIPE_WHY] = {"reproduce/why.tsv", {"id", "set", "verdict", "why"}},
    [AMS_RECIPE_SECONDS] = {"reproduce/seconds.tsv", {"step", "seconds"}},
    [AMS_RECIPE_PAPERS] = {"expected/papers.tsv",
                           {"id", "experiment", "quantity", "unit", "low", "high", "neutral",
                            "source"}},
};

/* -- where it is -- */

static ams_status has_recipe(const char *folder, bool *there, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, folder, kinds[AMS_RECIPE_STEPS].path, err);
    *there = status == AMS_OK && ams_exists(path);
    free(path);
    return status;
}

ams_status ams_recipe_find(char **folder, const char *given, const char *share, ams_error *err)
{
    static const char here[] = "experiments";
    char *installed = NULL;
    bool there = false;
    ams_status status = AMS_OK;
    *folder = NULL;
    if (given != NULL) {
        return ams_copy_text(folder, given, err);
    }
    AMS_TRY(has_recipe(here, &there, err));
    if (there) {
        status = ams_copy_text(folder, here, err);
        goto out;
    }
    if (share != NULL) {
        AMS_TRY(ams_join_path(&installed, share, here, err));
        AMS_TRY(has_recipe(installed, &there, err));
    }
    if (there) {
        *folder = installed;
        installed = NULL;
        goto out;
    }
    status =
        ams_fail(err, AMS_IO,
                 "no recipe tables: found neither %s/%s in the working directory nor %s%s; "
                 "run this in the root of the repository, or give --recipe FOLDER",
                 here, kinds[AMS_RECIPE_STEPS].path,
                 installed == NULL ? "an installed one" : "those installed in ",
                 installed == NULL ? "" : installed);
out:
    free(installed);
    return status;
}

/* -- reading -- */

static ams_status read_tables(ams_recipe *recipe, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t t = 0; t < AMS_RECIPE_TABLES; t++) {
        size_t column;
        AMS_TRY(ams_join_path(&path, recipe->options.folder, kinds[t].path, err));
        if (!ams_exists(path)) {
            status = ams_fail(err, AMS_IO,
                              "no such file: %s; run this in the root of the repository, whose "
                              "folder experiments/ has the recipe, or give --recipe FOLDER",
                              path);
            goto out;
        }
        AMS_TRY(ams_tsv_read(&recipe->table[t], path, err));
        for (size_t c = 0; c < MOST_COLUMNS && kinds[t].column[c] != NULL; c++) {
            AMS_TRY(ams_tsv_require(&recipe->table[t], kinds[t].column[c], &column, err));
        }
        free(path);
        path = NULL;
    }
out:
    free(path);
    return status;
}

/* -- what was asked for -- */

static ams_status no_experiment(const char *name, const char *const *known, size_t n,
                                ams_error *err)
{
    const char *nearest = ams_nearest(name, known, n);
    return ams_fail(err, AMS_USAGE,
                    "no experiment is named '%s'; %s%s%s `ams reproduce --list` shows them",
                    name, nearest == NULL ? "" : "did you mean ",
                    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

static ams_status check_wanted(const ams_recipe *recipe, ams_error *err)
{
    const char **known = NULL;
    size_t n = recipe->table[AMS_RECIPE_EXPERIMENTS].n_rows;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&known, n, sizeof *known, "experiments", err));
    for (size_t e = 0; e < n; e++) {
        known[e] = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
    }
    for (size_t k = 0; k < recipe->options.n_wanted; k++) {
        const char *name = recipe->options.wanted[k];
        size_t e = 0;
        while (e < n && strcmp(known[e], name) != 0) {
            e++;
        }
        if (e == n) {
            status = no_experiment(name, known, n, err);
            goto out;
        }
    }
out:
    free(known);
    return status;
}

/* The shipped data are in data/ of the working directory, or next to the recipe's folder, where
 * they are installed. */
static ams_status find_shipped(ams_recipe *recipe, ams_error *err)
{
    static const char here[] = "data";
    const char *folder = recipe->options.folder;
    const char *slash = strrchr(folder, '/');
    char *parent = NULL;
    char *installed = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&parent, slash == NULL ? "." : folder, err));
    if (slash != NULL) {
        parent[slash - folder] = '\0';
    }
    AMS_TRY(ams_join_path(&installed, parent, here, err));
    bool there = !ams_is_directory(here) && ams_is_directory(installed);
    status = ams_copy_text(&recipe->shipped, there ? installed : here, err);
out:
    free(parent);
    free(installed);
    return status;
}

static ams_status find_scale(ams_recipe *recipe, ams_error *err)
{
    const ams_tsv *scales = &recipe->table[AMS_RECIPE_SCALES];
    const char *name = recipe->options.scale;
    recipe->scale = ams_tsv_column(scales, name);
    if (recipe->scale != AMS_NO_COLUMN && strcmp(name, "key") != 0 &&
        strcmp(name, "meaning") != 0) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE,
                    "option --scale: %s has no column '%s'; expected small or "
                    "paper",
                    scales->path, name);
}

/* -- the whole -- */

ams_status ams_recipe_read(ams_recipe *recipe, const ams_recipe_options *options,
                           ams_error *err)
{
    *recipe = (ams_recipe){.options = *options};
    ams_status status = AMS_OK;
    AMS_TRY(read_tables(recipe, err));
    AMS_TRY(check_wanted(recipe, err));
    AMS_TRY(find_scale(recipe, err));
    AMS_TRY(find_shipped(recipe, err));
    AMS_TRY(ams_recipe_steps(recipe, err));
    AMS_TRY(ams_recipe_numbers(recipe, err));
out:
    if (status != AMS_OK) {
        ams_recipe_fini(recipe);
    }
    return status;
}

static void fini_cell(ams_recipe_cell *cell)
{
    free(cell->file);
    free(cell->where);
    free(cell->other);
}

void ams_recipe_fini(ams_recipe *recipe)
{
    for (size_t s = 0; s < recipe->n_steps; s++) {
        for (size_t w = 0; w < recipe->step[s].n_words; w++) {
            free(recipe->step[s].word[w]);
        }
        free(recipe->step[s].word);
        free(recipe->step[s].need);
        free(recipe->step[s].name);
    }
    for (size_t r = 0; r < recipe->n_rows; r++) {
        fini_cell(&recipe->row[r].cell);
        free(recipe->row[r].quantity);
    }
    for (size_t f = 0; f < recipe->n_figures; f++) {
        free(recipe->figure[f].file);
    }
    for (size_t c = 0; c < recipe->n_choices; c++) {
        fini_cell(&recipe->choice[c].cell);
        free(recipe->choice[c].set);
    }
    free(recipe->step);
    free(recipe->row);
    free(recipe->figure);
    free(recipe->choice);
    free(recipe->shipped);
    for (size_t t = 0; t < AMS_RECIPE_TABLES; t++) {
        ams_tsv_fini(&recipe->table[t]);
    }
    *recipe = (ams_recipe){0};
}
