/* From the arguments of `ams tune` to its trials. */
#include "cli/tune.h"

#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIALS = 1000, MOST_ETA = 1000, MOST_RUNS = 10000 };

/* -- settings of all trials -- */

static const ams_dimension *in_space(const tune *t, const char *key)
{
    for (size_t d = 0; d < t->space.n; d++) {
        if (strcmp(t->space.dimension[d].key->name, key) == 0) {
            return &t->space.dimension[d];
        }
    }
    return NULL;
}

static ams_status not_twice(const tune *t, const char *key, ams_error *err)
{
    const ams_dimension *dimension = in_space(t, key);
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

static ams_status set(tune *t, const char *key, const char *value, const char *where,
                      ams_error *err)
{
    return ams_config_set(&t->train, ams_train_keys, ams_n_train_keys, key, value, where, err);
}

/* The agent or key=value of an argument. */
static ams_status set_argument(tune *t, const char *argument, ams_error *err)
{
    ams_status status =
        ams_config_argument(&t->train, ams_train_keys, ams_n_train_keys, argument, err);
    char key[AMS_TEXT_MAX];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(argument, "="), argument);
    if (status == AMS_OK && (strcmp(key, "seed") == 0 || strcmp(key, "label") == 0)) {
        return ams_fail(err, AMS_USAGE,
                        "'%s': training seeds are given as --seeds, and a trial's label is its "
                        "number",
                        argument);
    }
    return status == AMS_OK ? not_twice(t, key, err) : status;
}

/* Defaults <- --config <- fixed lines of the space and arguments, which cannot overlap. */
static ams_status settle_options(tune *t, ams_error *err)
{
    const cli_args *args = t->args;
    const char *agent = cli_get(args, "--agent", NULL);
    ams_train_options scratch;
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_defaults(&scratch, err));
    AMS_TRY(ams_space_read(&t->space, t->space_path, ams_train_keys, ams_n_train_keys, &scratch,
                           err));
    AMS_TRY(ams_train_defaults(&t->train, err));
    if (t->config != NULL) {
        AMS_TRY(ams_config_file(&t->train, ams_train_keys, ams_n_train_keys, t->config, err));
    }
    for (size_t d = 0; d < t->space.n; d++) {
        const ams_dimension *dimension = &t->space.dimension[d];
        AMS_TRY(check_dimension(dimension, err));
        if (dimension->kind == AMS_SPACE_FIXED) {
            AMS_TRY(set(t, dimension->key->name, dimension->value[0], dimension->where, err));
        }
    }
    if (agent != NULL) {
        AMS_TRY(set(t, "agent", agent, "option --agent", err));
        AMS_TRY(not_twice(t, "agent", err));
    }
    for (int i = 0; i < args->n_operands; i++) {
        AMS_TRY(set_argument(t, args->operand[i], err));
    }
out:
    return status;
}

/* -- the halving -- */

static ams_status get_count(const cli_args *args, const char *option, uint32_t least,
                            uint32_t most, uint32_t *value, ams_error *err)
{
    uint64_t given = *value;
    ams_status status = cli_get_u64(args, option, &given, err);
    if (status == AMS_OK && (given < least || given > most)) {
        status = ams_fail(err, AMS_USAGE, "option %s: expected %u to %u, found %llu", option,
                          least, most, (unsigned long long)given);
    }
    *value = (uint32_t)given;
    return status;
}

static ams_status settle_halving(tune *t, ams_error *err)
{
    ams_halving *h = &t->halving;
    *h = (ams_halving){.steps = t->train.steps,
                       .multiple = t->train.validate_every,
                       .trials = 27,
                       .eta = 3,
                       .finalists = 3,
                       .min_fraction = 0.1};
    const char *fraction = cli_get(t->args, "--min-fraction", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(get_count(t->args, "--trials", 1, MOST_TRIALS, &h->trials, err));
    AMS_TRY(get_count(t->args, "--eta", 2, MOST_ETA, &h->eta, err));
    AMS_TRY(get_count(t->args, "--finalists", 1, MOST_TRIALS, &h->finalists, err));
    if (fraction != NULL && (!ams_parse_double(fraction, &h->min_fraction) ||
                             !(h->min_fraction > 0 && h->min_fraction <= 1))) {
        status = ams_fail(err, AMS_USAGE,
                          "option --min-fraction: expected a number above 0, at most 1; found "
                          "%s",
                          fraction);
        goto out;
    }
    t->n_rungs = ams_halving_rungs(h, t->rung);
out:
    return status;
}

/* -- trials -- */

static ams_status make_run(const tune *t, const trial *of, uint64_t seed, job *run,
                           ams_error *err)
{
    ams_status status = AMS_OK;
    run->seed = seed;
    snprintf(run->label, sizeof run->label, "%s", of->name);
    AMS_TRY(cli_format(&run->name, err, "%s-%llu", of->name, (unsigned long long)seed));
    AMS_TRY(cli_format(&run->directory, err, "%s/runs/%s", t->directory, run->name));
    AMS_TRY(cli_format(&run->log, err, "%s/logs/%s.log", t->directory, run->name));
out:
    return status;
}

static ams_status make_trial(const tune *t, size_t number, trial *of, ams_error *err)
{
    ams_status status = AMS_OK;
    snprintf(of->name, sizeof of->name, "t%03zu", number + 1);
    AMS_TRY(ams_alloc(&of->value, t->space.n, sizeof *of->value, "a trial", err));
    AMS_TRY(ams_alloc(&of->run, t->n_seeds, sizeof *of->run, "a trial", err));
    for (size_t d = 0; d < t->space.n; d++) {
        ams_space_sample(&t->space.dimension[d], t->draw_seed, number, of->value[d]);
    }
    for (size_t k = 0; k < t->n_seeds; k++) {
        AMS_TRY(make_run(t, of, t->seed[k], &of->run[k], err));
    }
out:
    return status;
}

ams_status tune_options(const tune *t, const trial *of, ams_train_options *options,
                        ams_error *err)
{
    *options = t->train;
    ams_status status = AMS_OK;
    for (size_t d = 0; d < t->space.n && status == AMS_OK; d++) {
        status = ams_config_set(options, ams_train_keys, ams_n_train_keys,
                                t->space.dimension[d].key->name, of->value[d],
                                t->space.dimension[d].where, err);
    }
    return status;
}

ams_status tune_plan(tune *t, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    t->args = args;
    t->config = cli_get(args, "--config", NULL);
    AMS_TRY(cli_require(args, "--data", &t->data_path, err));
    AMS_TRY(cli_require(args, "--space", &t->space_path, err));
    AMS_TRY(cli_require(args, "-o", &t->directory, err));
    AMS_TRY(cli_get_u64(args, "--seed", &t->draw_seed, err));
    AMS_TRY(cli_get_seeds(args, "1-3", &t->seed, &t->n_seeds, err));
    AMS_TRY(settle_options(t, err));
    AMS_TRY(settle_halving(t, err));
    if (t->halving.trials * t->n_seeds > MOST_RUNS) {
        status = ams_fail(err, AMS_USAGE, "more than %d trials times seeds in one search",
                          MOST_RUNS);
        goto out;
    }
    AMS_TRY(ams_alloc(&t->trial, t->halving.trials, sizeof *t->trial, "trials", err));
    for (size_t i = 0; i < t->halving.trials; i++) {
        AMS_TRY(make_trial(t, t->n_trials++, &t->trial[i], err));
    }
out:
    return status;
}

void tune_fini(tune *t)
{
    for (size_t i = 0; i < t->n_trials; i++) {
        for (size_t k = 0; t->trial[i].run != NULL && k < t->n_seeds; k++) {
            job_fini(&t->trial[i].run[k]);
        }
        free(t->trial[i].run);
        free(t->trial[i].value);
    }
    free(t->trial);
    free(t->seed);
    free(t->command);
    ams_space_fini(&t->space);
}
