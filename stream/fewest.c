/* The fewest jobs that any schedule misses, with all arrivals known and idle time allowed: an
 * exact search over which jobs in flight were served and when the worker is free. Mandatory
 * parts are equally long, so that of two jobs the one with the earlier deadline goes first. */
#include "ams/stream_sim.h"

#include "base/memory.h"
#include "stream/arrivals.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LIVE = 64, MOST_STATES = 1 << 20 };

typedef struct fewest_state {
    uint64_t served; /* of the jobs in flight, by slot */
    double free_ms;
    uint64_t met;
} fewest_state;

typedef struct fewest_list {
    fewest_state *state;
    size_t n, capacity;
} fewest_list;

typedef struct fewest_search {
    const ams_stream_job *live[MOST_LIVE]; /* NULL: free slot */
    double part_ms;
    fewest_list now, more, later;
    ams_error *err;
} fewest_search;

static int by_state(const void *a, const void *b)
{
    const fewest_state *x = a;
    const fewest_state *y = b;
    if (x->served != y->served) {
        return x->served < y->served ? -1 : 1;
    }
    if (x->free_ms != y->free_ms) {
        return x->free_ms < y->free_ms ? -1 : 1;
    }
    return (x->met < y->met) - (x->met > y->met);
}

static ams_status push(fewest_search *s, fewest_list *list, fewest_state state)
{
    ams_status status = AMS_OK;
    if (list->n >= MOST_STATES) {
        return ams_fail(s->err, AMS_BACKEND,
                        "the fewest missed jobs: more than %d states; too many jobs in flight",
                        MOST_STATES);
    }
    AMS_TRY(
        ams_grow(&list->state, &list->capacity, list->n + 1, sizeof state, "a bound", s->err));
    list->state[list->n++] = state;
out:
    return status;
}

/* Of states in which the same jobs were served: those that are free earlier than all with as
 * many met. */
static void prune(fewest_list *list)
{
    size_t kept = 0;
    if (list->n > 1) {
        qsort(list->state, list->n, sizeof *list->state, by_state);
    }
    for (size_t k = 0; k < list->n; k++) {
        const fewest_state *last = kept == 0 ? NULL : &list->state[kept - 1];
        if (last == NULL || last->served != list->state[k].served ||
            list->state[k].met > last->met) {
            list->state[kept++] = list->state[k];
        }
    }
    list->n = kept;
}

/* The job in flight that can still be met and is due first. */
static uint32_t due_first(const fewest_search *s, const fewest_state *state)
{
    uint32_t first = MOST_LIVE;
    for (uint32_t k = 0; k < MOST_LIVE; k++) {
        const ams_stream_job *job = s->live[k];
        if (job != NULL && (state->served >> k & 1) == 0 &&
            state->free_ms + s->part_ms <= job->deadline_ms &&
            (first == MOST_LIVE || job->deadline_ms < s->live[first]->deadline_ms)) {
            first = k;
        }
    }
    return first;
}

/* All that can be done until the next arrival: serve by deadline, or wait for it. */
static ams_status run_until(fewest_search *s, double next_ms)
{
    ams_status status = AMS_OK;
    s->later.n = 0;
    while (s->now.n > 0) {
        prune(&s->now);
        s->more.n = 0;
        for (size_t k = 0; k < s->now.n; k++) {
            fewest_state state = s->now.state[k];
            const uint32_t first = state.free_ms < next_ms ? due_first(s, &state) : MOST_LIVE;
            if (first < MOST_LIVE) {
                AMS_TRY(push(s, &s->more,
                             (fewest_state){.served = state.served | UINT64_C(1) << first,
                                            .free_ms = state.free_ms + s->part_ms,
                                            .met = state.met + 1}));
            }
            state.free_ms = fmax(state.free_ms, next_ms);
            AMS_TRY(push(s, &s->later, state));
        }
        const fewest_list swap = s->now;
        s->now = s->more;
        s->more = swap;
    }
    prune(&s->later);
    const fewest_list swap = s->now;
    s->now = s->later;
    s->later = swap;
out:
    return status;
}

/* Whoever can be met no more makes room. */
static ams_status arrive(fewest_search *s, const ams_stream_job *job)
{
    uint32_t slot = MOST_LIVE;
    uint64_t gone = 0;
    for (uint32_t k = MOST_LIVE; k-- > 0;) {
        if (s->live[k] != NULL && job->arrival_ms + s->part_ms > s->live[k]->deadline_ms) {
            s->live[k] = NULL;
        }
        gone |= s->live[k] == NULL ? UINT64_C(1) << k : 0;
        slot = s->live[k] == NULL ? k : slot;
    }
    if (slot == MOST_LIVE) {
        return ams_fail(s->err, AMS_USAGE,
                        "the fewest missed jobs: more than %d jobs in flight", MOST_LIVE);
    }
    for (size_t k = 0; k < s->now.n; k++) {
        s->now.state[k].served &= ~gone;
    }
    s->live[slot] = job;
    return AMS_OK;
}

static ams_status search(fewest_search *s, const ams_stream_job *const *job, uint64_t n,
                         uint64_t *met)
{
    ams_status status = AMS_OK;
    AMS_TRY(push(s, &s->now, (fewest_state){.free_ms = n == 0 ? 0 : job[0]->arrival_ms}));
    for (uint64_t k = 0; k < n; k++) {
        AMS_TRY(arrive(s, job[k]));
        AMS_TRY(run_until(s, k + 1 < n ? job[k + 1]->arrival_ms : (double)INFINITY));
    }
    *met = 0;
    for (size_t k = 0; k < s->now.n; k++) {
        *met = s->now.state[k].met > *met ? s->now.state[k].met : *met;
    }
out:
    return status;
}

ams_status ams_stream_fewest_missed(const ams_sim_result *result,
                                    const ams_sim_options *options, double *missed,
                                    ams_error *err)
{
    const ams_stream_job **job = NULL;
    fewest_search s = {.part_ms = (double)options->workload->time_ms[0], .err = err};
    uint64_t n = 0;
    uint64_t met = 0;
    ams_status status = AMS_OK;
    *missed = 0;
    if (options->workload->sets || options->dispatch.workers != 1 ||
        options->dispatch.mandatory != 1 || options->noise != AMS_NOISE_NONE ||
        options->workload->item_time_ms != NULL ||
        (result->n_jobs > 0 && result->job == NULL)) {
        return ams_fail(err, AMS_USAGE,
                        "the fewest missed jobs: expected recorded jobs of stages, one of them "
                        "mandatory, on one worker that takes the expected times, which are the "
                        "same for all items");
    }
    AMS_TRY(ams_stream_arrivals(&job, &n, result, options->warmup, err));
    AMS_TRY(search(&s, job, n, &met));
    *missed = n == 0 ? 0 : 1 - (double)met / (double)n;
out:
    free(job);
    free(s.now.state);
    free(s.more.state);
    free(s.later.state);
    return status;
}
