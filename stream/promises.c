/* What jobs in flight are promised, and whether a start leaves time for it. */
#include "stream/dispatch_private.h"

#include <math.h>
#include <string.h>

/* The machine of a model, as plans see machines. */
static uint32_t machine_of(const ams_dispatcher *d, uint32_t model)
{
    return d->o.workers > 0 ? 0 : model;
}

/* When the machines, one or one per model, would be free after these models too; false: not all
 * by the deadline. */
static bool add_models(const ams_dispatcher *d, const dispatch_entry *e, uint64_t mask,
                       double *free_ms)
{
    const double deadline_ms = e->job.deadline_ms;
    bool in_time = true;
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t m = (uint32_t)__builtin_ctzll(mask);
        free_ms[machine_of(d, m)] += ams_dispatch_ms(d, e, m);
        in_time = in_time && free_ms[machine_of(d, m)] <= deadline_ms;
    }
    return in_time;
}

/* The job of least weight before the place, of those that are promised something, gives it up:
 * clients of jobs that always come last would starve else. */
static void give_up_for(ams_dispatcher *d, uint32_t place, const double *free_ms)
{
    dispatch_entry *least = NULL;
    for (uint32_t i = 0; i < place; i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        if ((least == NULL || e->weight < least->weight) &&
            ams_dispatch_promise_to(d, e, free_ms) != 0) {
            least = e;
        }
    }
    if (least != NULL) {
        least->given_up = true;
    }
}

/* slack (n, machines): how much later each machine may be free for the jobs before a place,
 * such that what is promised and can be met still is; least (machines): over all jobs. Returns
 * the place of a job that cannot be met, though one of less weight before it is; n: none. */
static uint32_t add_promises(ams_dispatcher *d, double *at, uint32_t machines,
                             double least[AMS_STREAM_SETS])
{
    for (uint32_t v = 0; v < AMS_STREAM_SETS; v++) {
        least[v] = INFINITY;
    }
    float lightest = INFINITY; /* of those that are promised something */
    for (uint32_t i = 0; i < d->n; i++) {
        const dispatch_entry *e = ams_dispatch_at(d, i);
        const uint64_t mask = ams_dispatch_promise_to(d, e, at);
        double with[AMS_STREAM_SETS];
        memcpy(with, at, sizeof with);
        memcpy(d->slack + (size_t)i * machines, least, machines * sizeof *least);
        if (mask == 0) {
            continue;
        }
        if (!add_models(d, e, mask, with)) {
            if (e->weight > lightest && !ams_dispatch_keeps_plans(d)) {
                return i;
            }
            continue;
        }
        lightest = fminf(lightest, e->weight);
        for (uint32_t v = 0; v < machines; v++) {
            if (with[v] > at[v]) {
                least[v] = fmin(least[v], e->job.deadline_ms - with[v]);
                at[v] = with[v];
            }
        }
    }
    return d->n;
}

void ams_dispatch_promise(ams_dispatcher *d, double now_ms, double least[AMS_STREAM_SETS])
{
    uint32_t missed = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        ams_dispatch_at(d, i)->given_up = false;
    }
    for (uint32_t round = 0; round <= d->n && missed < d->n; round++) {
        double at[AMS_STREAM_SETS] = {0};
        const uint32_t machines = ams_dispatch_free(d, now_ms, at);
        missed = d->o.workers > 1 ? ams_dispatch_list_promises(d, now_ms, least)
                                  : add_promises(d, at, machines, least);
        if (missed < d->n) {
            give_up_for(d, missed, at);
        }
    }
}

bool ams_dispatch_leaves_time(const ams_dispatcher *d, uint32_t place, uint32_t model,
                              bool first, const double least[AMS_STREAM_SETS], double now_ms)
{
    const uint32_t machines = d->o.workers > 0 ? 1 : d->n_workers;
    const uint32_t v = machine_of(d, model);
    if (d->o.workers > 1) {
        return ams_dispatch_list_holds(d, place, model, now_ms);
    }
    const double slack = first ? d->slack[(size_t)place * machines + v] : least[v];
    return ams_dispatch_ms(d, ams_dispatch_at(d, place), model) <= slack;
}

double ams_dispatch_bears(const ams_dispatcher *d, const dispatch_entry *e, uint32_t model,
                          bool is_promised, const double least[AMS_STREAM_SETS], double now_ms)
{
    static const double none[AMS_STREAM_SETS];
    const double ms = ams_dispatch_ms(d, e, model);
    const uint64_t promised = ams_dispatch_promise_to(d, e, none) | UINT64_C(1) << model;
    return fmin(least[0] - (is_promised ? 0 : ms),
                e->job.deadline_ms - ams_dispatch_time(d, e, promised) - now_ms);
}
