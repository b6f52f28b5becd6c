/* What is promised on several equal workers: a list of jobs by deadline, each of which runs on
 * the worker that is free first ("list scheduling"). One machine that is W times as fast, as
 * plans see them, would end a chain of stages W times as soon as any worker can. */
#include "stream/dispatch_private.h"

#include <math.h>
#include <string.h>

/* When each worker is free, the first one first. */
typedef struct free_list {
    double ms[AMS_STREAM_WORKERS];
    uint32_t n;
} free_list;

/* One worker is free from then on. */
static void put_back(free_list *list, double ms)
{
    uint32_t at = list->n++;
    for (; at > 0 && list->ms[at - 1] > ms; at--) {
        list->ms[at] = list->ms[at - 1];
    }
    list->ms[at] = ms;
}

/* When so long a part ends that may begin at ready_ms. It takes the worker that is free last
 * among those that it need not wait for, else the first. */
static double place_part(free_list *list, double ready_ms, double ms)
{
    uint32_t w = 0;
    while (w + 1 < list->n && list->ms[w + 1] <= ready_ms) {
        w++;
    }
    const double end_ms = fmax(list->ms[w], ready_ms) + ms;
    list->n--;
    memmove(list->ms + w, list->ms + w + 1, (list->n - w) * sizeof *list->ms);
    put_back(list, end_ms);
    return end_ms;
}

/* A start that is looked at: a model of that job runs until end_ms. */
typedef struct listed_start {
    const dispatch_entry *job;
    double end_ms;
} listed_start;

/* start: NULL for none. */
static free_list begin_list(const ams_dispatcher *d, double now_ms, const listed_start *start)
{
    free_list list = {.n = 0};
    bool starts = start != NULL;
    for (uint32_t w = 0; w < d->o.workers; w++) {
        const dispatch_worker *worker = &d->worker[w];
        double free_ms = worker->busy ? fmax(worker->end_ms, now_ms) : now_ms;
        if (!worker->busy && starts) {
            free_ms = start->end_ms;
            starts = false;
        }
        put_back(&list, free_ms);
    }
    return list;
}

/* When the job's running stage ends, which the next one waits for. */
static double ready_at(const ams_dispatcher *d, const dispatch_entry *e, double now_ms,
                       const listed_start *start)
{
    double ready_ms = now_ms;
    if (d->o.sets) {
        return now_ms;
    }
    for (uint32_t w = 0; w < d->o.workers && e->job.running != 0; w++) {
        const dispatch_worker *worker = &d->worker[w];
        if (worker->busy && &d->entry[worker->slot] == e) {
            ready_ms = fmax(ready_ms, worker->end_ms);
        }
    }
    return start != NULL && start->job == e ? fmax(ready_ms, start->end_ms) : ready_ms;
}

/* When the models of a job have all ended: stages in a row, of sets each by itself. */
static double place_models(const ams_dispatcher *d, const dispatch_entry *e, free_list *list,
                           uint64_t mask, double ready_ms)
{
    double end_ms = ready_ms;
    if (!d->o.sets) {
        return place_part(list, ready_ms, ams_dispatch_time(d, e, mask));
    }
    for (; mask != 0; mask &= mask - 1) {
        const double ms = (double)d->o.time_ms[__builtin_ctzll(mask)];
        end_ms = fmax(end_ms, place_part(list, ready_ms, ms));
    }
    return end_ms;
}

/* Promises the job those models if they end by its deadline; the list then has them. */
static bool promise(const ams_dispatcher *d, dispatch_entry *e, uint64_t mask, double now_ms,
                    free_list *list, double *least_ms)
{
    free_list with = *list;
    const double end_ms = place_models(d, e, &with, mask, ready_at(d, e, now_ms, NULL));
    if (mask == 0 || end_ms > e->job.deadline_ms) {
        return false;
    }
    e->promised = mask;
    *least_ms = fmin(*least_ms, e->job.deadline_ms - end_ms);
    *list = with;
    return true;
}

uint32_t ams_dispatch_list_promises(ams_dispatcher *d, double now_ms, double *least_ms)
{
    free_list list = begin_list(d, now_ms, NULL);
    float lightest = INFINITY; /* of those that are promised something */
    *least_ms = INFINITY;
    for (uint32_t i = 0; i < d->n; i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        const uint64_t planned = ams_dispatch_promise_to(d, e, list.ms);
        const uint64_t needed = ams_dispatch_needed_part(d, e, list.ms);
        e->promised = 0;
        /* Who cannot have all of its plan, which is one of a faster machine, has the
         * mandatory part. */
        if (planned == 0 || promise(d, e, planned, now_ms, &list, least_ms) ||
            (needed != planned && promise(d, e, needed, now_ms, &list, least_ms))) {
            lightest = e->promised != 0 ? fminf(lightest, e->weight) : lightest;
        } else if (e->weight > lightest && !ams_dispatch_keeps_plans(d)) {
            return i;
        }
    }
    return d->n;
}

bool ams_dispatch_list_holds(const ams_dispatcher *d, uint32_t place, uint32_t model,
                             double now_ms)
{
    const dispatch_entry *of = ams_dispatch_at(d, place);
    const listed_start start = {of, now_ms + ams_dispatch_ms(d, of, model)};
    free_list list = begin_list(d, now_ms, &start);
    for (uint32_t i = 0; i < d->n; i++) {
        const dispatch_entry *e = ams_dispatch_at(d, i);
        uint64_t mask = e->promised;
        if (i == place) { /* who has no promise needs all of its mandatory part */
            mask |= ams_dispatch_needed_part(d, e, list.ms);
            mask &= ~(UINT64_C(1) << model);
        }
        if (mask != 0 && place_models(d, e, &list, mask, ready_at(d, e, now_ms, &start)) >
                             e->job.deadline_ms) {
            return false;
        }
    }
    return true;
}
