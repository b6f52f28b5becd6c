/* Jobs that have not come: whether they can be foreseen, and whether to wait for one. */
#include "stream/dispatch_private.h"

#include <math.h>

double ams_dispatch_tolerance(const ams_dispatcher *d)
{
    return 0.1 * ams_dispatch_time(d, d->all) / d->o.n_models;
}

bool ams_dispatch_foresees(const ams_dispatcher *d)
{
    return d->foreseen >= 0.9 && d->n_clients <= DISPATCH_FORESEEN;
}

double ams_dispatch_expected_late(const ams_dispatcher *d, double now_ms, double ms,
                                  double *first_ms)
{
    const double part_ms = ams_dispatch_time(d, ams_dispatch_first(d, d->o.mandatory));
    const double tolerance_ms = ams_dispatch_tolerance(d);
    double free_ms = now_ms + ms; /* when a worker is free for them */
    uint32_t idle = 0;
    uint32_t late = 0;
    for (uint32_t w = 0; w < d->n_workers; w++) {
        idle += d->worker[w].busy ? 0 : 1;
        free_ms = d->worker[w].busy ? fmin(free_ms, d->worker[w].end_ms) : free_ms;
    }
    *first_ms = INFINITY;
    if (idle > 1) {
        return 0;
    }
    for (uint32_t c = 0; c < d->n_clients; c++) {
        const double comes_ms = fmax(d->client[c].due_ms, now_ms);
        if (d->client[c].due_ms + tolerance_ms <= now_ms || comes_ms >= free_ms) {
            continue; /* it did not come, or not so soon */
        }
        *first_ms = fmin(*first_ms, comes_ms);
        for (uint32_t k = 0; k < d->n_recent; k++) {
            late += comes_ms + d->recent_ms[k] < free_ms + part_ms ? 1 : 0;
        }
    }
    return d->n_recent == 0 ? 0 : (double)late / d->n_recent;
}

/* What waiting costs for each mean time of a model, in prices of time: a plan's time is worth
 * more than its price, which is what the last of it brings. Chosen on validation items. */
static const double waiting = 4;

bool ams_dispatch_better_waits(ams_dispatcher *d, const dispatch_entry *e, double now_ms,
                               uint32_t model)
{
    const uint64_t had = e->job.done | e->job.running;
    const double mean_ms = ams_dispatch_time(d, d->all) / d->o.n_models;
    double first_ms = 0;
    if (d->o.workers == 0 || !ams_dispatch_foresees(d)) {
        return false;
    }
    const double late =
        ams_dispatch_expected_late(d, now_ms, (double)d->o.time_ms[model], &first_ms);
    const double until_ms = first_ms + ams_dispatch_tolerance(d);
    if (late <= waiting * d->o.parameter * (first_ms - now_ms) / mean_ms ||
        until_ms + ams_dispatch_time(d, e->job.target & ~had) > e->job.deadline_ms) {
        return false;
    }
    d->waits_ms = fmin(d->waits_ms, until_ms);
    return true;
}
