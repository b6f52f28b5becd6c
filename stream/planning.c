/* Plans: which models each job in flight is to run. */
#include "stream/dispatch_private.h"

#include "base/memory.h"

#include <math.h>

uint32_t ams_dispatch_free(const ams_dispatcher *d, double now_ms,
                           double t0_ms[AMS_STREAM_SETS])
{
    double left = 0;
    for (uint32_t w = 0; w < d->n_workers; w++) {
        const dispatch_worker *worker = &d->worker[w];
        const double rest =
            worker->busy && worker->end_ms > now_ms ? worker->end_ms - now_ms : 0;
        left += rest;
        if (d->o.workers == 0) {
            t0_ms[w] = now_ms + rest;
        }
    }
    if (d->o.workers == 0) {
        return d->n_workers;
    }
    if (d->o.workers == 1) { /* the sum above would round */
        t0_ms[0] = left > 0 ? d->worker[0].end_ms : now_ms;
    } else {
        t0_ms[0] = now_ms + left / d->o.workers;
    }
    return 1;
}

static double first_free(const ams_dispatcher *d, double now_ms)
{
    double first_ms = INFINITY;
    for (uint32_t w = 0; w < d->n_workers; w++) {
        first_ms = fmin(first_ms, d->worker[w].busy ? d->worker[w].end_ms : now_ms);
    }
    return fmax(first_ms, now_ms);
}

/* Jobs with a choice, by deadline, as many as the window takes; the others add nothing. */
static uint32_t list_jobs(ams_dispatcher *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        ams_dispatch_options_of(d, e);
        if (e->n_options < 2 || n == d->o.window) {
            e->job.target = e->job.done | e->job.running;
            d->counts.beyond += e->n_options >= 2;
            continue;
        }
        d->plan_slot[n] = d->order[i];
        d->plan_job[n++] = (ams_plan_job){.deadline_ms = e->job.deadline_ms,
                                          .option = e->option,
                                          .n = e->n_options,
                                          .key = e->version};
    }
    return n;
}

static bool fits(const ams_plan_option *option, uint32_t machines,
                 const double free_ms[AMS_STREAM_SETS], double deadline_ms)
{
    for (uint32_t v = 0; v < machines; v++) {
        const double more = (double)option->time_ms[v];
        if (more > 0 && free_ms[v] + more > deadline_ms) {
            return false;
        }
    }
    return true;
}

/* Place in the plan of the job that the kind's order puts first among those not taken. */
static uint32_t first_of(const ams_dispatcher *d, const bool *taken, uint32_t n)
{
    uint32_t best = UINT32_MAX;
    double least = INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        const dispatch_entry *e = &d->entry[d->plan_slot[i]];
        const ams_stream_job *job = &e->job;
        const uint64_t left = d->all & ~(job->done | job->running);
        const double key = d->o.kind->order == AMS_ORDER_ARRIVAL ? job->arrival_ms
                           : d->o.kind->order == AMS_ORDER_SHORT ? ams_dispatch_time(d, e, left)
                                                                 : job->deadline_ms;
        if (!taken[i] && (best == UINT32_MAX || key < least)) {
            best = i;
            least = key;
        }
    }
    return best;
}

/* One job after the other takes the best option that fits into what is free. */
static void fit_greedily(ams_dispatcher *d, uint32_t n, uint32_t machines,
                         const double t0_ms[AMS_STREAM_SETS])
{
    enum { MOST = 256 };
    double free_ms[AMS_STREAM_SETS];
    bool taken[MOST] = {false};
    for (uint32_t v = 0; v < machines; v++) {
        free_ms[v] = t0_ms[v];
    }
    for (uint32_t round = 0; round < n; round++) {
        const uint32_t i = first_of(d, taken, n);
        const ams_plan_job *job = &d->plan_job[i];
        uint32_t best = 0; /* adds nothing */
        for (uint32_t k = 1; k < job->n; k++) {
            if (job->option[k].reward > job->option[best].reward &&
                fits(&job->option[k], machines, free_ms, job->deadline_ms)) {
                best = k;
            }
        }
        for (uint32_t v = 0; v < machines; v++) {
            free_ms[v] += (double)job->option[best].time_ms[v];
        }
        d->choice[i] = best;
        taken[i] = true;
    }
}

void ams_dispatch_plan(ams_dispatcher *d, double now_ms)
{
    double t0_ms[AMS_STREAM_SETS];
    const uint32_t machines = ams_dispatch_free(d, now_ms, t0_ms);
    const uint32_t n = list_jobs(d);
    ams_status status = AMS_OK;
    uint64_t value = 0;
    d->dirty = false;
    if (n == 0) {
        return;
    }
    d->counts.plans++;
    if (d->o.kind->target == AMS_TARGET_DEPTHS) {
        const double first_ms = d->o.workers > 1 ? first_free(d, now_ms) : t0_ms[0];
        status = ams_plan_depths(d->planner, d->plan_job, n, t0_ms[0], first_ms, d->choice,
                                 &value, NULL);
    } else if (ams_dispatch_plans_lists(d)) {
        for (uint32_t w = 0; w < d->o.workers; w++) {
            t0_ms[w] = d->worker[w].busy ? fmax(d->worker[w].end_ms, now_ms) : now_ms;
        }
        status = ams_plan_lists(d->planner, d->plan_job, n, d->o.workers, t0_ms, d->choice,
                                &value, NULL);
    } else if (d->o.kind->target == AMS_TARGET_SETS) {
        status =
            ams_plan_sets(d->planner, d->plan_job, n, machines, t0_ms, d->choice, &value, NULL);
    } else {
        fit_greedily(d, n, machines, t0_ms);
    }
    for (uint32_t i = 0; status == AMS_OK && i < n; i++) {
        dispatch_entry *e = &d->entry[d->plan_slot[i]];
        e->job.target = e->option[d->choice[i]].mask;
    }
}

/* From this price on, time is so short that mandatory parts of jobs that arrived, and of those
 * that will, count for more than the plan of the others. Measured: docs/streams.md. */
static const double dear = 0.4;

bool ams_dispatch_keeps_plans(const ams_dispatcher *d)
{
    return d->o.kind->order == AMS_ORDER_GAIN && d->o.parameter < dear;
}

uint64_t ams_dispatch_promise_to(const ams_dispatcher *d, const dispatch_entry *e,
                                 const double *free_ms)
{
    return ams_dispatch_keeps_plans(d)
               ? e->job.target & ~(e->job.done | e->job.running | e->failed)
           : e->given_up ? 0
                         : ams_dispatch_needed_part(d, e, free_ms);
}

/* Whether every job still ends by its deadline, in order, if that one runs `more` on top of its
 * target. */
static bool is_feasible(const ams_dispatcher *d, double t0_ms, const dispatch_entry *extended,
                        double more)
{
    double at = t0_ms;
    for (uint32_t i = 0; i < d->n; i++) {
        const dispatch_entry *e = ams_dispatch_at(d, i);
        const double adds =
            ams_dispatch_time(d, e, e->job.target & ~(e->job.done | e->job.running)) +
            (e == extended ? more : 0);
        at += adds / d->o.workers;
        if (adds > 0 && at > e->job.deadline_ms) {
            return false;
        }
    }
    return true;
}

/* The one-stage extension with the largest gain per time that all can bear; false: none. */
static bool extend_best(ams_dispatcher *d, double t0_ms)
{
    dispatch_entry *best = NULL;
    double best_rate = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        const uint32_t l = ams_dispatch_size(e->job.target);
        if (e->failed != 0 || l >= d->o.n_models || l < d->o.mandatory) {
            continue;
        }
        const float *u = ams_dispatch_utility(d, e);
        const double more = ams_dispatch_ms(d, e, l);
        const double rate = (double)((u[l + 1] - u[l]) * e->weight) / more;
        if (rate > best_rate && is_feasible(d, t0_ms, e, more)) {
            best = e;
            best_rate = rate;
        }
    }
    if (best != NULL) {
        best->job.target = ams_stream_mask(false, ams_dispatch_size(best->job.target) + 1);
    }
    return best != NULL;
}

void ams_dispatch_update(ams_dispatcher *d, dispatch_entry *e, double now_ms)
{
    double t0_ms[AMS_STREAM_SETS] = {now_ms};
    const uint64_t had = e->job.done | e->job.running;
    const double within = ams_dispatch_time(d, e, e->job.target & ~had) / d->o.workers;
    uint32_t best = 0;
    ams_dispatch_options_of(d, e);
    for (uint32_t k = 1; k < e->n_options; k++) {
        if ((double)e->option[k].time_ms[0] <= within &&
            e->option[k].reward > e->option[best].reward) {
            best = k;
        }
    }
    e->job.target = e->option[best].mask;
    (void)ams_dispatch_free(d, now_ms, t0_ms);
    while (extend_best(d, t0_ms[0])) {
    }
}
