/* Random items with random limits, and a policy whose values are noise: for tests that every
 * scheduler has to pass whatever values it is given. */
#ifndef AMS_TESTS_SCHED_LIMITS_LIMITS_FIXTURE_H
#define AMS_TESTS_SCHED_LIMITS_LIMITS_FIXTURE_H

#include "ams/schedule.h"
#include "base/rng.h"
#include "sched/policy_private.h"

typedef struct limits_fixture {
    ams_table table;
    ams_env *env;
    float expected_ms[AMS_MAX_MODELS], mem_mb[AMS_MAX_MODELS];
    float time_ms[AMS_MAX_MODELS]; /* of the runs: as expected, or not */
    float overlap[AMS_MAX_MODELS * AMS_MAX_MODELS];
    double deadline_ms, memory_mb;
    ams_limit_options options;
    ams_policy noise;  /* values of both signs that change with the state */
    ams_policy *order; /* `random` */
} limits_fixture;

/* n_models from 1 on; a few items. Deadlines from under the shortest run to over the sum of all
 * times, budgets from under the smallest model to over all together. */
void limits_make(limits_fixture *f, uint64_t seed, uint32_t n_models);
void limits_drop(limits_fixture *f);
ams_schedule_task limits_task(const limits_fixture *f, const ams_scheduler *scheduler);

#endif
