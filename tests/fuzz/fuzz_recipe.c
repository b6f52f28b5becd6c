/* The tables of a recipe: whatever comes, nothing breaks; steps of a recipe that is taken need
 * only steps before them, and its numbers are read from the recipe's own folder. */
#include "lab/reproduce/recipe.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

static const char *const names[] = {
    "reproduce/experiments.tsv", "reproduce/sets.tsv",    "reproduce/scales.tsv",
    "reproduce/steps.tsv",       "reproduce/rows.tsv",    "reproduce/figures.tsv",
    "reproduce/choices.tsv",     "reproduce/why.tsv",     "reproduce/seconds.tsv",
    "expected/papers.tsv",       "expected/measured.tsv",
};

static void check_recipe(const ams_recipe *recipe)
{
    bool *done = calloc(recipe->n_steps + 1, sizeof *done);
    size_t unknown = 0;
    need(done != NULL);
    for (size_t s = 0; s < recipe->n_steps; s++) {
        need(recipe->step[s].n_words > 0);
        for (size_t k = 0; k < recipe->step[s].n_needs; k++) {
            need(recipe->step[s].need[k] < s);
        }
    }
    need(ams_recipe_seconds(recipe, done, 2, &unknown) >= 0);
    need(unknown <= recipe->n_steps);
    free(done);
}

/* Every number is looked for in one and the same file. */
static void check_numbers(const ams_recipe *recipe)
{
    ams_error err = {.text = ""};
    for (size_t r = 0; r < recipe->n_rows; r++) {
        char file[512];
        ams_recipe_cell cell = recipe->row[r].cell;
        ams_interval number;
        bool interval = false;
        need(cell.step < recipe->n_steps);
        snprintf(file, sizeof file, "%s", fuzz_path("expected/measured.tsv"));
        cell.file = file;
        fuzz_check(ams_recipe_number(&cell, &number, &interval, &err), &err);
        (void)ams_recipe_why(recipe, &recipe->row[r], (ams_verdict)0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ams_error err = {.text = ""};
    ams_recipe recipe = {.n_steps = 0};
    ams_recipe_options options = {
        .folder = fuzz_folder(names, sizeof names / sizeof *names, data, size),
        .out = "o ut",
        .device = "cpu",
        .scale = "small",
        .photos = true,
        .synthetic = true};
    ams_status status = ams_recipe_read(&recipe, &options, &err);
    fuzz_check(status, &err);
    if (status == AMS_OK) {
        check_recipe(&recipe);
        check_numbers(&recipe);
        ams_recipe_fini(&recipe);
    }
    return 0;
}
