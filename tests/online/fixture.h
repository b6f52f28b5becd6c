/* A random table with a policy of random weights, as the framework and as the embedded
 * scheduler have it. */
#ifndef AMS_TESTS_ONLINE_FIXTURE_H
#define AMS_TESTS_ONLINE_FIXTURE_H

#include "ams/online.h"
#include "ams/policy_file.h"
#include "ams/schedule.h"

#include <check.h>

/* Check writes a line to a file at every assertion that holds; millions of them take their
 * time.
 */
#define online_need(condition)                                                                 \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            ck_abort_msg("%s", #condition);                                                    \
        }                                                                                      \
    } while (0)

typedef struct online_shape {
    uint64_t seed;
    uint32_t n_items, n_models, n_labels;
    ams_feature_mode features;
    ams_decide decide;
    ams_reward_mode reward;
    const char *hidden;
    bool dueling;
    ams_stored stored; /* how policy.ams holds the weights */
    bool thresholds;   /* each model has its own */
    bool goals;        /* with goal inputs: 0.5, 0.8 and 1, from 0, 300 and 700 ms on */
    bool heads;        /* in place of those an output head per goal */
} online_shape;

typedef struct online_fixture {
    ams_table table;
    ams_env *env;
    ams_policy *policy;
    void *bytes; /* of its policy.ams */
    size_t n_bytes;
    ams_online *online;
    void *memory, *room; /* of the policy; of one item */
    size_t room_size;
} online_fixture;

/* 300 items, 12 models, 90 labels, `labels`, q-greedy, `gain`, hidden 24. */
online_shape online_defaults(uint64_t seed);
/* All scratch is malloc'ed to the byte and not aligned, so that a sanitizer sees every step
 * outside of it. Stops the test on failure. */
void online_make(online_fixture *f, const online_shape *shape);
/* The same with a table from a file; of the shape only seed, features, decide and net count. */
void online_make_from(online_fixture *f, const online_shape *shape, const char *path);
void online_drop(online_fixture *f);

/* The outputs of an execution in the table. */
typedef struct online_output {
    const uint32_t *label;
    const float *conf;
    size_t n;
} online_output;
online_output online_output_of(const online_fixture *f, uint32_t item, uint32_t model);

#endif
