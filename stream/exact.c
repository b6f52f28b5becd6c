/* Every choice and every order, for tests: nothing of the dynamic programs is used. A branch is
 * left where even the best options of all jobs that remain add too little. */
#include "ams/stream_sim.h"

enum { MOST_JOBS = 8 };

typedef struct brute_search {
    const ams_plan_job *job;
    uint32_t n;
    uint64_t best;
} brute_search;

/* The jobs of `rest` add nothing: what that is worth; *most: their best options, in time or
 * not.
 */
static uint64_t worth_of(const brute_search *s, uint32_t rest, uint64_t *most)
{
    uint64_t idle = 0;
    *most = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        uint64_t idle_i = 0;
        uint64_t most_i = 0;
        for (uint32_t k = 0; (rest >> i & 1) != 0 && k < s->job[i].n; k++) {
            const ams_plan_option *o = &s->job[i].option[k];
            most_i = o->reward > most_i ? o->reward : most_i;
            idle_i = o->time_ms[0] == 0 && o->reward > idle_i ? o->reward : idle_i;
        }
        idle += idle_i;
        *most += most_i;
    }
    return idle;
}

/* Any job of the rest is next, with any of its options; or none adds anything any more. */
/* NOLINTNEXTLINE(misc-no-recursion): at most one call per job */
static void search(brute_search *s, uint32_t rest, double at_ms, uint64_t value)
{
    uint64_t most = 0;
    const uint64_t idle = worth_of(s, rest, &most);
    s->best = value + idle > s->best ? value + idle : s->best;
    if (value + most <= s->best) {
        return;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t k = 0; (rest >> i & 1) != 0 && k < s->job[i].n; k++) {
            const ams_plan_option *o = &s->job[i].option[k];
            const double end = at_ms + (double)o->time_ms[0];
            if (o->time_ms[0] > 0 && end <= s->job[i].deadline_ms) {
                search(s, rest & ~(UINT32_C(1) << i), end, value + o->reward);
            }
        }
    }
}

uint64_t ams_stream_brute_force(const ams_plan_job *job, uint32_t n, double t0_ms)
{
    brute_search s = {.job = job, .n = n < MOST_JOBS ? n : MOST_JOBS};
    search(&s, (UINT32_C(1) << s.n) - 1, t0_ms, 0);
    return s.best;
}
