/* What is trained in the tests of the device's steps and of the device: every agent and option
 * somewhere, at sizes that fit nothing. */
#ifndef AMS_TESTS_CUDA_SETTINGS_H
#define AMS_TESTS_CUDA_SETTINGS_H

#include "rl/train/state.h"
#include "tests/env/random_table.h"

typedef struct cuda_setting {
    const char *name, *agent, *hidden;
    int features, reward, value, targets, loss, end, until, regular, schedule, decide;
    uint64_t nstep, replay, envs, batch;
    double gamma, priority;
} cuda_setting;

extern const cuda_setting cuda_settings[];
extern const int cuda_n_settings;
/* Large enough for the wide path by its own rule. */
extern const cuda_setting cuda_wide_settings[];
extern const int cuda_n_wide_settings;

/* These stop the test on failure. */
void cuda_choose(const cuda_setting *setting, ams_train_options *options);
void cuda_open_table(ams_table *table, ams_env **env, const ams_train_options *options);
/* Another environment on the same table. */
ams_env *cuda_open_env(const ams_table *table, const ams_train_options *options);
ams_trainer *cuda_fresh(const ams_env *env, const ams_train_options *options);
/* Largest difference, in units of 1 for what is below 1. */
double cuda_farthest(const float *a, const float *b, size_t n);
/* Length of a - b by that of b. */
double cuda_distance(const float *a, const float *b, size_t n);
/* How far the gradient of an update may be, by cuda_distance, from that in fp32: four roundings
 * of a factor, 2^-11 or 2^-8; with those of host_run.c it is 0.2 to 1.2 of them. */
double cuda_precision_limit(int precision);
/* Counters, replay and running episodes, to the last bit. */
void cuda_assert_same_episodes(const ams_trainer *a, const ams_trainer *b);

#endif
