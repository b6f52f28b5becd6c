/* From the options of a search to its trials. */
#include "ams/tune.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "lab/jobs/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ams_tune_options ams_tune_defaults(void)
{
    return (ams_tune_options){.trials = 27,
                              .eta = 3,
                              .finalists = 3,
                              .min_fraction = 0.1,
                              .side_by_side = 1,
                              .together = 1};
}

/* -- settings of all trials -- */

static const ams_dimension *in_space(const ams_tune *tune, const char *key)
{
    for (size_t d = 0; d < tune->space.n; d++) {
        if (strcmp(tune->space.dimension[d].key->name, key) == 0) {
            return &tune->space.dimension[d];
        }
    }
    return NULL;
}

static ams_status not_twice(const ams_tune *tune, const char *key, ams_error *err)
{
    const ams_dimension *dimension = in_space(tune, key);
    return dimension == NULL ? AMS_OK
                             : ams_fail(err, AMS_USAGE,
                                        "'%s' is an argument, and stands at %s, too; take one "
                                        "of them away",
                                        key, dimension->where);
}

/* What decides how trials are compared cannot differ between them. */
static ams_status check_dimension(const ams_dimension *d, ams_error *err)
{
    static const char *const same[] = {"steps",     "validate_every",   "best_by",
                                       "log_every", "checkpoint_every", "threads",
                                       "device"};
    const char *key = d->key->name;
    if (strcmp(key, "seed") == 0 || strcmp(key, "label") == 0) {
        return ams_fail(err, AMS_USAGE,
                        "%s: '%s' belongs to the search: training seeds are given as --seeds, "
                        "and a trial's label is its number",
                        d->where, key);
    }
    for (size_t i = 0; i < sizeof same / sizeof(char *); i++) {
        if (d->kind != AMS_SPACE_FIXED && strcmp(key, same[i]) == 0) {
            return ams_fail(err, AMS_USAGE,
                            "%s: '%s' has to be the same in all trials: give it one value",
                            d->where, key);
        }
    }
    return AMS_OK;
}

static ams_status set(ams_tune *tune, const char *key, const char *value, const char *where,
                      ams_error *err)
{
    return ams_config_set(&tune->train, ams_train_keys, ams_n_train_keys, key, value, where,
                          err);
}

/* The "key=value" of an argument. */
static ams_status set_argument(ams_tune *tune, const char *argument, ams_error *err)
{
    ams_status status =
        ams_config_argument(&tune->train, ams_train_keys, ams_n_train_keys, argument, err);
    char key[AMS_TEXT_MAX];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(argument, "="), argument);
    if (status == AMS_OK && (strcmp(key, "seed") == 0 || strcmp(key, "label") == 0)) {
        return ams_fail(err, AMS_USAGE,
                        "'%s': training seeds are given as --seeds, and a trial's label is its "
                        "number",
                        argument);
    }
    return status == AMS_OK ? not_twice(tune, key, err) : status;
}

/* Defaults <- configuration <- fixed lines of the space and arguments, which cannot overlap. */
static ams_status resolve_settings(ams_tune *tune, ams_error *err)
{
    const ams_tune_options *o = tune->options;
    ams_train_options scratch;
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_defaults(&scratch, err));
    AMS_TRY(ams_space_read(&tune->space, o->space_path, ams_train_keys, ams_n_train_keys,
                           &scratch, err));
    AMS_TRY(ams_train_defaults(&tune->train, err));
    if (o->config_path != NULL) {
        AMS_TRY(ams_config_file(&tune->train, ams_train_keys, ams_n_train_keys, o->config_path,
                                err));
    }
    for (size_t d = 0; d < tune->space.n; d++) {
        const ams_dimension *dimension = &tune->space.dimension[d];
        AMS_TRY(check_dimension(dimension, err));
        if (dimension->kind == AMS_SPACE_FIXED) {
            AMS_TRY(
                set(tune, dimension->key->name, dimension->value[0], dimension->where, err));
        }
    }
    if (o->agent != NULL) {
        AMS_TRY(set(tune, "agent", o->agent, "option --agent", err));
        AMS_TRY(not_twice(tune, "agent", err));
    }
    for (size_t i = 0; i < o->n_settings; i++) {
        AMS_TRY(set_argument(tune, o->setting[i], err));
    }
out:
    return status;
}

/* -- the halving -- */

static ams_status check_count(const char *option, uint64_t value, uint32_t least, uint32_t most,
                              ams_error *err)
{
    return value >= least && value <= most
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "option %s: expected %u to %u, found %llu", option,
                          least, most, (unsigned long long)value);
}

static ams_status plan_rungs(ams_tune *tune, ams_error *err)
{
    const ams_tune_options *o = tune->options;
    ams_status status = AMS_OK;
    AMS_TRY(check_count("--trials", o->trials, 1, AMS_TUNE_MOST_TRIALS, err));
    AMS_TRY(check_count("--eta", o->eta, 2, AMS_TUNE_MOST_ETA, err));
    AMS_TRY(check_count("--finalists", o->finalists, 1, AMS_TUNE_MOST_TRIALS, err));
    if (!(o->min_fraction > 0 && o->min_fraction <= 1)) {
        status = ams_fail(err, AMS_USAGE,
                          "option --min-fraction: expected a number above 0, at most 1; found "
                          "%g",
                          o->min_fraction);
        goto out;
    }
    if (o->n_seeds == 0) {
        status = ams_fail(err, AMS_USAGE,
                          "a search: expected at least one training seed, found none");
        goto out;
    }
    if (o->trials > AMS_TUNE_MOST_RUNS / o->n_seeds) {
        status = ams_fail(err, AMS_USAGE, "more than %d trials times seeds in one search",
                          AMS_TUNE_MOST_RUNS);
        goto out;
    }
    tune->halving = (ams_halving){.steps = tune->train.steps,
                                  .multiple = tune->train.validate_every,
                                  .trials = (uint32_t)o->trials,
                                  .eta = (uint32_t)o->eta,
                                  .finalists = (uint32_t)o->finalists,
                                  .min_fraction = o->min_fraction};
    tune->n_rungs = ams_halving_rungs(&tune->halving, tune->rung);
out:
    return status;
}

/* -- trials -- */

static ams_status make_request(const ams_tune *tune, const ams_trial *trial, const ams_job *job,
                               ams_training_request *request, ams_error *err)
{
    const ams_tune_options *o = tune->options;
    char seed[32];
    ams_status status = AMS_OK;
    request->train = tune->train;
    request->memory_mb =
        ams_jobs_memory_share(o->memory_mb, o->side_by_side, (size_t)o->trials * o->n_seeds);
    AMS_TRY(ams_copy_text(&request->data_path, o->data_path, err));
    if (o->config_path != NULL) {
        AMS_TRY(ams_copy_text(&request->config_path, o->config_path, err));
    }
    if (o->agent != NULL) {
        AMS_TRY(ams_training_request_put(request, "agent", o->agent, err));
    }
    for (size_t i = 0; i < o->n_settings; i++) {
        AMS_TRY(ams_training_request_set(request, o->setting[i], err));
    }
    for (size_t d = 0; d < tune->space.n; d++) {
        AMS_TRY(ams_training_request_put(request, tune->space.dimension[d].key->name,
                                         trial->value[d], err));
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)job->seed);
    AMS_TRY(ams_training_request_put(request, "seed", seed, err));
    AMS_TRY(ams_training_request_put(request, "label", trial->name, err));
out:
    return status;
}

static ams_status make_trial(const ams_tune *tune, size_t number, ams_trial *trial,
                             ams_error *err)
{
    const ams_tune_options *o = tune->options;
    ams_status status = AMS_OK;
    snprintf(trial->name, sizeof trial->name, "t%03zu", number + 1);
    AMS_TRY(ams_alloc(&trial->value, tune->space.n, sizeof *trial->value, "a trial", err));
    AMS_TRY(ams_alloc(&trial->job, o->n_seeds, sizeof *trial->job, "a trial", err));
    for (size_t d = 0; d < tune->space.n; d++) {
        ams_space_sample(&tune->space.dimension[d], o->draw_seed, number, trial->value[d]);
    }
    for (size_t k = 0; k < o->n_seeds; k++) {
        ams_job *job = &trial->job[k];
        AMS_TRY(ams_job_name(job, o->directory, trial->name, o->training_seed[k], err));
        AMS_TRY(make_request(tune, trial, job, &job->request, err));
    }
out:
    return status;
}

ams_status ams_tune_plan(ams_tune *tune, const ams_tune_options *options, ams_error *err)
{
    ams_status status = AMS_OK;
    *tune = (ams_tune){.options = options, .lock = -1};
    ams_utc_stamp(tune->start);
    AMS_TRY(resolve_settings(tune, err));
    AMS_TRY(plan_rungs(tune, err));
    AMS_TRY(ams_alloc(&tune->trial, options->trials, sizeof *tune->trial, "trials", err));
    for (size_t i = 0; i < options->trials; i++) {
        AMS_TRY(make_trial(tune, tune->n_trials++, &tune->trial[i], err));
    }
out:
    return status;
}

void ams_tune_fini(ams_tune *tune)
{
    for (size_t i = 0; i < tune->n_trials; i++) {
        ams_trial *trial = &tune->trial[i];
        for (size_t k = 0; trial->job != NULL && k < tune->options->n_seeds; k++) {
            ams_job_fini(&trial->job[k]);
        }
        free(trial->job);
        free(trial->value);
    }
    free(tune->trial);
    ams_space_fini(&tune->space);
    ams_claims_close(tune->claims);
    if (tune->lock >= 0) {
        ams_jobs_close_folder(tune->options->directory, &tune->lock);
    }
    *tune = (ams_tune){.lock = -1};
}
