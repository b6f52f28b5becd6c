/* The trainings whose checkpoints are fuzzed: one per kind of state that a checkpoint holds. */
#ifndef AMS_TESTS_FUZZ_CHECKPOINTS_H
#define AMS_TESTS_FUZZ_CHECKPOINTS_H

#include "ams/env.h"
#include "ams/options.h"
#include "ams/train.h"
#include "tests/env/random_table.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

enum { CHECKPOINT_KINDS = 3 };

static inline void checkpoint_set(ams_train_options *o, const char *setting)
{
    ams_error err;
    need(ams_config_argument(o, ams_train_keys, ams_n_train_keys, setting, &err) == AMS_OK);
}

/* 0: as it comes. 1: Deep SARSA with several steps and priorities. 2: all actions as targets,
 * with dropout. */
static inline ams_train_options checkpoint_options(unsigned kind)
{
    static const char *const settings[] = {"steps=300", "batch=8", "replay=60",
                                           "warmup=20", "envs=3",  "target_every=5",
                                           "hidden=6"};
    static const char *const sarsa[] = {"agent=sarsa",       "loss=huber", "decide=q-greedy",
                                        "reward=gain",       "gamma=0.9",  "nstep=3",
                                        "priority_alpha=0.6"};
    static const char *const all[] = {"targets=all", "dropout=0.2"};
    ams_train_options o;
    need(ams_train_defaults(&o, NULL) == AMS_OK);
    for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
        checkpoint_set(&o, settings[k]);
    }
    for (size_t k = 0; kind == 1 && k < sizeof sarsa / sizeof *sarsa; k++) {
        checkpoint_set(&o, sarsa[k]);
    }
    for (size_t k = 0; kind == 2 && k < sizeof all / sizeof *all; k++) {
        checkpoint_set(&o, all[k]);
    }
    return o;
}

/* Made once; the table lives as long as the environments. */
static inline const ams_env *checkpoint_env(unsigned kind)
{
    static ams_table table;
    static ams_env *env[CHECKPOINT_KINDS];
    ams_error err;
    if (table.n_items == 0) {
        const random_table_options t = random_table_defaults(8);
        random_table(&table, &t);
    }
    if (env[kind] == NULL) {
        const ams_train_options o = checkpoint_options(kind);
        const ams_env_options e = ams_train_env_options(&o);
        need(ams_env_create(&env[kind], &table, &e, &err) == AMS_OK);
    }
    return env[kind];
}

#endif
