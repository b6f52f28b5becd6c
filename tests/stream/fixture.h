/* Recorded items made up for the tests of streams. */
#ifndef AMS_TESTS_STREAM_FIXTURE_H
#define AMS_TESTS_STREAM_FIXTURE_H

#include "ams/stream_sim.h"

enum { FIXTURE_ITEMS = 200, FIXTURE_MODELS = 4, FIXTURE_STATES = 1 << FIXTURE_MODELS };

typedef struct fixture {
    ams_workload workload;
    float time_ms[FIXTURE_MODELS], mem_mb[FIXTURE_MODELS];
    float run_time_ms[FIXTURE_ITEMS * FIXTURE_MODELS];
    float observed[FIXTURE_ITEMS * FIXTURE_STATES];
    float utility[FIXTURE_ITEMS * FIXTURE_STATES];
    float score[FIXTURE_ITEMS * FIXTURE_STATES];
} fixture;

/* Stages (n_models of them), or sets, whose utilities rise with the models; the score is right
 * or wrong with the utility as its probability. What is observed is the utility. Stages of 1,
 * 2, 3, 4 ms, with 100, 200, ... MB. */
void fixture_init(fixture *f, bool sets, uint32_t n_models);

/* One worker and 8 clients with deadlines of 1.2 x the first stage to twice all of them. */
ams_sim_options fixture_options(const fixture *f, const char *kind);

#endif
