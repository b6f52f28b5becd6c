/* notes.tsv: facts about a reproduction. */
#include "lab/reproduce/notes.h"

#include "ams/table.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/figures/columns.h"
#include "lab/reproduce/recipe_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Content hashes of the data files that are there. */
static ams_status put_hashes(const ams_reproduction *r, FILE *stream, ams_error *err)
{
    const ams_recipe *recipe = &r->recipe;
    for (size_t set = 0; set < recipe->table[AMS_RECIPE_SETS].n_rows; set++) {
        const ams_recipe_scope scope = {.recipe = recipe, .set = set};
        char hash[AMS_HASH_TEXT];
        char *path = NULL;
        ams_status status = ams_recipe_expand(
            &scope, ams_recipe_text(recipe, AMS_RECIPE_SETS, set, "data"), &path, err);
        if (status == AMS_OK && ams_exists(path)) {
            status = ams_table_stored_hash(path, hash, err);
            if (status == AMS_OK) {
                fprintf(stream, "data_%s\t%s\n",
                        ams_recipe_text(recipe, AMS_RECIPE_SETS, set, "name"), hash);
            }
        }
        free(path);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

/* The trace of every step that wrote one, in words. */
static ams_status put_words(const ams_reproduction *r, FILE *stream, ams_error *err)
{
    ams_status status = AMS_OK;
    char *path = NULL;
    for (size_t s = 0; s < r->recipe.n_steps && status == AMS_OK; s++) {
        const char *name = r->recipe.step[s].name;
        char *words = NULL;
        if (!ams_reproduction_has(r, s) || strcmp(r->recipe.step[s].word[0], "trace") != 0) {
            continue;
        }
        if (asprintf(&path, "%s/work/%s/trace.json", r->directory, name) < 0) {
            path = NULL;
            return ams_no_memory(err, 0, "a path");
        }
        AMS_TRY(ams_trace_words(path, &words, err));
        fprintf(stream, "%s\t%s\n", name, words);
        free(words);
        free(path);
        path = NULL;
    }
out:
    free(path);
    return status;
}

/* The commits of the programs that did the steps: "abc (28 steps), def (72 steps)". */
static void put_commits(const ams_reproduction *r, FILE *stream)
{
    bool any = false;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        size_t same = 0;
        size_t first = r->recipe.n_steps;
        for (size_t k = 0; k < r->recipe.n_steps && ams_reproduction_has(r, s); k++) {
            if (ams_reproduction_has(r, k) &&
                strcmp(r->step[k].commit, r->step[s].commit) == 0) {
                first = k < first ? k : first;
                same++;
            }
        }
        if (first == s) {
            fprintf(stream, "%s%s (%zu steps)", any ? ", " : "commit_of_steps\t",
                    r->step[s].commit, same);
            any = true;
        }
    }
    fputs(any ? "\n" : "", stream);
}

ams_status ams_notes_print(FILE *stream, const void *context, ams_error *err)
{
    const ams_reproduction *r = context;
    double seconds = 0;
    double cpu = 0;
    ams_status status = AMS_OK;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        seconds += ams_reproduction_has(r, s) ? r->step[s].seconds : 0;
        cpu += ams_reproduction_has(r, s) ? r->step[s].cpu_seconds : 0;
    }
    fprintf(stream, AMS_NOTES_HEADER "commit\t%s\nversion\t%s\nscale\t%s\ncommand\t%s\n",
            r->options.commit, r->options.version, r->recipe.options.scale, r->options.command);
    put_commits(r, stream);
    fprintf(stream, "rule\t%s\n", ams_verdict_rule);
    fprintf(stream,
            "seconds\t%.0f\ncpu_seconds\t%.0f\nprocessors\t%ld\nside_by_side\t%llu\n"
            "device\t%s\n",
            seconds, cpu, sysconf(_SC_NPROCESSORS_ONLN),
            (unsigned long long)r->options.side_by_side, r->recipe.options.device);
    fprintf(stream, "steps\t%zu\nsteps_failed\t%zu\nsteps_not_run\t%zu\n",
            r->recipe.n_steps - ams_reproduction_count(r, AMS_STEP_UNWANTED),
            ams_reproduction_count(r, AMS_STEP_FAILED),
            ams_reproduction_count(r, AMS_STEP_SKIPPED) +
                ams_reproduction_count(r, AMS_STEP_STOPPED) +
                ams_reproduction_count(r, AMS_STEP_WAITING));
    AMS_TRY(put_hashes(r, stream, err));
    AMS_TRY(put_words(r, stream, err));
out:
    return status;
}
