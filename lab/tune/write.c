#include "lab/tune/write.h"

#include "base/text.h"

#include "ams/run.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/version.h"
#include "lab/jobs/folder.h"
#include "rl/run/config.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- search.ini -- */

static void print_search(const ams_tune *tune, FILE *stream)
{
    fprintf(stream,
            "; What a trial of this search is made of; tune.tsv has what was drawn.\n"
            "; data: %s\n; --seed %llu\n[base]\n",
            tune->data_hash, (unsigned long long)tune->options->draw_seed);
    ams_config_write(&tune->train, ams_train_keys, ams_n_train_keys, stream);
    fputs("[space]\n", stream);
    for (size_t d = 0; d < tune->space.n; d++) {
        fprintf(stream, "%s = %s\n", tune->space.dimension[d].key->name,
                tune->space.dimension[d].text);
    }
}

static ams_status search_text(const ams_tune *tune, char **text, ams_error *err)
{
    size_t size = 0;
    *text = NULL;
    FILE *stream = open_memstream(text, &size);
    if (stream == NULL) {
        return ams_no_memory(err, 0, "search.ini");
    }
    print_search(tune, stream);
    return fclose(stream) == 0 ? AMS_OK : ams_no_memory(err, size, "search.ini");
}

static ams_status print_text(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    fputs(context, stream);
    return AMS_OK;
}

/* Whether any run of the folder, of whichever search, holds something that was trained. */
static ams_status anything_trained(const char *directory, bool *trained, ams_error *err)
{
    char *runs = NULL;
    DIR *folder = NULL;
    ams_status status = AMS_OK;
    *trained = false;
    AMS_TRY(ams_join_path(&runs, directory, "runs", err));
    folder = opendir(runs);
    if (folder == NULL) {
        status = errno == ENOENT
                     ? AMS_OK
                     : ams_fail(err, AMS_IO, "cannot read %s: %s", runs, strerror(errno));
        goto out;
    }
    for (const struct dirent *entry; !*trained && (entry = readdir(folder)) != NULL;) {
        char *run = NULL;
        AMS_TRY(ams_join_path(&run, runs, entry->d_name, err));
        status = ams_run_has_begun(run, trained, err);
        free(run);
        AMS_TRY(status);
    }
out:
    if (folder != NULL) {
        closedir(folder);
    }
    free(runs);
    return status;
}

/* A search that failed before anything was trained leaves its folder to others. */
ams_status ams_tune_claim(const ams_tune *tune, ams_error *err)
{
    static const char name[] = "search.ini";
    char *path = NULL;
    char *wanted = NULL;
    char *held = NULL;
    char line[128];
    size_t size = 0;
    bool trained = false;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, tune->options->directory, name, err));
    AMS_TRY(search_text(tune, &wanted, err));
    AMS_TRY(anything_trained(tune->options->directory, &trained, err));
    /* Of many processes one writes it, before any trains. */
    if ((trained || tune->claims != NULL) && ams_exists(path)) {
        AMS_TRY(ams_read_file(path, 1 << 20, &held, &size, err));
        if (ams_run_settings_differ(held, wanted, line)) {
            status = ams_fail(err, AMS_USAGE,
                              "%s holds another search ('%s'); choose another folder or remove "
                              "this one",
                              tune->options->directory, line);
        }
    } else {
        status = ams_file_write(tune->options->directory, name, print_text, wanted, err);
    }
out:
    free(path);
    free(wanted);
    free(held);
    return status;
}

/* -- tune.tsv -- */

static ams_status print_trials(FILE *stream, const void *context, ams_error *err)
{
    const ams_tune *tune = context;
    const size_t columns = ams_tune_columns(tune);
    char text[AMS_TUNE_CELL];
    (void)err;
    for (size_t column = 0; column < columns; column++) {
        ams_tune_head(tune, column, text);
        fprintf(stream, "%s%c", text, column + 1 < columns ? '\t' : '\n');
    }
    for (size_t i = 0; i < tune->n_trials; i++) {
        for (size_t column = 0; column < columns; column++) {
            ams_tune_cell(tune, &tune->trial[i], column, text);
            fprintf(stream, "%s%c", text, column + 1 < columns ? '\t' : '\n');
        }
    }
    return AMS_OK;
}

ams_status ams_tune_write_trials(const ams_tune *tune, ams_error *err)
{
    return ams_file_write(tune->options->directory, "tune.tsv", print_trials, tune, err);
}

/* -- best.ini -- */

/* A comment that stays one line. */
static void print_comment(FILE *stream, const char *before, const char *text)
{
    fprintf(stream, "; %s", before);
    for (; *text != '\0'; text++) {
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, stream);
    }
    fputc('\n', stream);
}

static void print_origin(const ams_tune *tune, const ams_trial *best, FILE *stream)
{
    const ams_tune_options *o = tune->options;
    const bool by_area = ams_tune_by_area(tune);
    fprintf(stream, "; Trial %s, the best of %zu of a random search with successive halving:\n",
            best->name, tune->n_trials);
    print_comment(stream, "", o->command == NULL ? "" : o->command);
    print_comment(stream, "Made by ams ", ams_version_commit);
    print_comment(stream, "Data: content hash ", tune->data_hash);
    const double metric = best->metric[tune->n_rungs - 1];
    const int digits = by_area ? 5 : ams_amount_decimals(metric, 2);
    fprintf(stream, "; On the validation split: %.*f ", digits, metric);
    if (by_area) {
        fputs("area under recall/time", stream);
    } else {
        fprintf(stream, "%s to the required recalls", tune->cost_unit);
    }
    if (o->n_seeds > 1) {
        fprintf(stream, ", mean of %zu seeds, standard deviation %.*f", o->n_seeds, digits,
                best->deviation);
    }
    fputs(".\n; The test split was not looked at.\n[train]\n", stream);
}

/* The settings of a trial on top of all others; seed and label stay those of the search. */
static ams_status trial_options(const ams_tune *tune, const ams_trial *trial,
                                ams_train_options *options, ams_error *err)
{
    ams_status status = AMS_OK;
    *options = tune->train;
    for (size_t d = 0; d < tune->space.n && status == AMS_OK; d++) {
        const ams_dimension *dimension = &tune->space.dimension[d];
        status = ams_config_set(options, ams_train_keys, ams_n_train_keys, dimension->key->name,
                                trial->value[d], dimension->where, err);
    }
    return status;
}

static ams_status print_best(FILE *stream, const void *context, ams_error *err)
{
    const ams_tune *tune = context;
    const ams_trial *best = ams_tune_best(tune);
    ams_train_options options;
    ams_status status = trial_options(tune, best, &options, err);
    if (status == AMS_OK) {
        print_origin(tune, best, stream);
        ams_config_write(&options, ams_train_keys, ams_n_train_keys, stream);
    }
    return status;
}

ams_status ams_tune_write_best(const ams_tune *tune, ams_error *err)
{
    return ams_file_write(tune->options->directory, "best.ini", print_best, tune, err);
}

/* -- tune.json -- */

static json_t *rungs_json(const ams_tune *tune)
{
    json_t *rungs = json_array();
    for (uint32_t i = 0; i < tune->n_rungs; i++) {
        json_array_append_new(rungs, json_pack("{s:I, s:I}", "updates",
                                               (json_int_t)tune->rung[i].updates, "trials",
                                               (json_int_t)tune->rung[i].trials));
    }
    return rungs;
}

static json_t *manifest_json(const ams_tune *tune, const char *state)
{
    const ams_tune_options *o = tune->options;
    const ams_trial *best = ams_tune_best(tune);
    json_t *seeds = json_array();
    for (size_t k = 0; k < o->n_seeds; k++) {
        json_array_append_new(seeds, json_integer((json_int_t)o->training_seed[k]));
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:I, s:o, s:I, s:I, s:I, s:f, s:s, s:o, "
        "s:I}",
        "program", "ams", "version", ams_version_commit, "command", o->command, "data",
        o->data_path, "data_hash", tune->data_hash, "cost_unit", tune->cost_unit, "config",
        o->config_path, "space", o->space_path, "seed", (json_int_t)o->draw_seed, "seeds",
        seeds, "trials", (json_int_t)tune->n_trials, "eta", (json_int_t)tune->halving.eta,
        "finalists", (json_int_t)tune->halving.finalists, "min_fraction",
        tune->halving.min_fraction, "metric",
        ams_tune_by_area(tune) ? "validation_area" : "validation_time_ms", "rungs",
        rungs_json(tune), "jobs", (json_int_t)o->side_by_side);
    if (json != NULL) {
        char now[AMS_STAMP];
        json_object_set_new(json, "start", json_string(tune->start));
        if (strcmp(state, "running") != 0) {
            ams_utc_stamp(now);
            json_object_set_new(json, "end", json_string(now));
        }
        json_object_set_new(json, "status", json_string(state));
        json_object_set_new(json, "best", best == NULL ? json_null() : json_string(best->name));
    }
    return json;
}

ams_status ams_tune_write_manifest(const ams_tune *tune, const char *state, ams_error *err)
{
    return ams_jobs_write_json(tune->options->directory, "tune.json",
                               manifest_json(tune, state), err);
}
