/* What `ams reproduce` writes: numbers with verdicts, figures, facts. docs/reproduce.md has the
 * columns. */
#include "cli/reproduce.h"

#include "ams_commit.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/jobs.h"
#include "env/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef ams_status print_fn(const reproduce *r, FILE *stream, ams_error *err);

static ams_status write_file(const reproduce *r, const char *name, print_fn *print,
                             ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, r->directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    AMS_TRY(print(r, file.stream, err));
    status = ams_file_commit(&file, err);
out:
    ams_file_abort(&file);
    free(path);
    return status;
}

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

static ams_status print_steps(const reproduce *r, FILE *stream, ams_error *err)
{
    (void)err; /* what cannot be written shows when the file is committed */
    fputs("step\tseconds\tcpu_seconds\tpeak_mb\tcommand\n", stream);
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (reproduce_has(r, s)) {
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
static void put_why(FILE *stream, const reproduce *r, size_t n)
{
    const ams_recipe_row *row = &r->recipe.row[n];
    const reproduce_number *number = &r->number[n];
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

static ams_status put_chain(FILE *stream, const reproduce *r, size_t step, ams_error *err)
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

static ams_status print_rows(const reproduce *r, FILE *stream, ams_error *err)
{
    const ams_tsv *experiments = &r->recipe.table[AMS_RECIPE_EXPERIMENTS];
    fputs("experiment\tquantity\tset\tunit\tpaper_low\tpaper_high\tours\tci_low\tci_high\t"
          "verdict\twhy\tcommand\tseconds\n",
          stream);
    for (size_t e = 0; e < experiments->n_rows; e++) {
        const char *name = ams_recipe_text(&r->recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
        for (size_t n = 0; n < r->recipe.n_rows; n++) {
            const ams_recipe_row *row = &r->recipe.row[n];
            const reproduce_number *number = &r->number[n];
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

static ams_status print_experiments(const reproduce *r, FILE *stream, ams_error *err)
{
    const ams_recipe *recipe = &r->recipe;
    (void)err;
    fputs("experiment\ttitle\tquestion\tfigures\n", stream);
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
            if (strcmp(figure->experiment, name) == 0 && reproduce_has(r, figure->step)) {
                fprintf(stream, "%s%s", any ? "," : "", figure->file);
                any = true;
            }
        }
        fputs(any ? "\n" : "-\n", stream);
    }
    return AMS_OK;
}

static ams_status print_choices(const reproduce *r, FILE *stream, ams_error *err)
{
    fputs("choice\toption\tset\tmeasure\tunit\tbetter\tours\tci_low\tci_high\thow\n", stream);
    for (size_t c = 0; c < r->recipe.n_choices; c++) {
        const ams_recipe_choice *choice = &r->recipe.choice[c];
        ams_interval value;
        bool interval = false;
        if (!reproduce_has(r, choice->cell.step)) {
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

/* -- notes.tsv -- */

/* Content hashes of the data that there are. */
static ams_status put_hashes(const reproduce *r, FILE *stream, ams_error *err)
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

/* Every step that wrote a trace: what it says in words. */
static ams_status put_words(const reproduce *r, FILE *stream, ams_error *err)
{
    ams_status status = AMS_OK;
    char *path = NULL;
    for (size_t s = 0; s < r->recipe.n_steps && status == AMS_OK; s++) {
        const char *name = r->recipe.step[s].name;
        char *words = NULL;
        if (!reproduce_has(r, s) || strcmp(r->recipe.step[s].word[0], "trace") != 0) {
            continue;
        }
        AMS_TRY(cli_format(&path, err, "%s/work/%s/trace.json", r->directory, name));
        AMS_TRY(reproduce_words(path, &words, err));
        fprintf(stream, "%s\t%s\n", name, words);
        free(words);
        free(path);
        path = NULL;
    }
out:
    free(path);
    return status;
}

/* Which programs did the steps, where it was not all this one: "abc (28 steps), def (72)". */
static void put_commits(const reproduce *r, FILE *stream)
{
    bool any = false;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        size_t same = 0;
        size_t first = r->recipe.n_steps;
        for (size_t k = 0; k < r->recipe.n_steps && reproduce_has(r, s); k++) {
            if (reproduce_has(r, k) && strcmp(r->step[k].commit, r->step[s].commit) == 0) {
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

static ams_status print_notes(const reproduce *r, FILE *stream, ams_error *err)
{
    double seconds = 0;
    double cpu = 0;
    ams_status status = AMS_OK;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        seconds += reproduce_has(r, s) ? r->step[s].seconds : 0;
        cpu += reproduce_has(r, s) ? r->step[s].cpu_seconds : 0;
    }
    fprintf(stream, "key\tvalue\ncommit\t%s\nversion\t%s\nscale\t%s\ncommand\t%s\n", AMS_COMMIT,
            AMS_VERSION, r->recipe.options.scale, r->command);
    put_commits(r, stream);
    fprintf(stream, "rule\t%s\n", ams_verdict_rule);
    fprintf(stream,
            "seconds\t%.0f\ncpu_seconds\t%.0f\nprocessors\t%ld\nside_by_side\t%llu\n"
            "device\t%s\n",
            seconds, cpu, sysconf(_SC_NPROCESSORS_ONLN), (unsigned long long)r->side_by_side,
            r->recipe.options.device);
    fprintf(stream, "steps\t%zu\nsteps_failed\t%zu\nsteps_not_run\t%zu\n",
            r->recipe.n_steps - reproduce_count(r, STEP_UNWANTED),
            reproduce_count(r, STEP_FAILED),
            reproduce_count(r, STEP_SKIPPED) + reproduce_count(r, STEP_STOPPED) +
                reproduce_count(r, STEP_WAITING));
    AMS_TRY(put_hashes(r, stream, err));
    AMS_TRY(put_words(r, stream, err));
out:
    return status;
}

/* -- all -- */

static ams_status read_numbers(reproduce *r, ams_error *err)
{
    for (size_t n = 0; n < r->recipe.n_rows; n++) {
        const ams_recipe_row *row = &r->recipe.row[n];
        reproduce_number *number = &r->number[n];
        if (!reproduce_has(r, row->cell.step)) {
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

ams_status reproduce_write(reproduce *r, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(write_file(r, "steps.tsv", print_steps, err)); /* some numbers are cells of it */
    AMS_TRY(read_numbers(r, err));
    AMS_TRY(write_file(r, "rows.tsv", print_rows, err));
    AMS_TRY(write_file(r, "experiments.tsv", print_experiments, err));
    AMS_TRY(write_file(r, "choices.tsv", print_choices, err));
    AMS_TRY(write_file(r, "notes.tsv", print_notes, err));
out:
    return status;
}
