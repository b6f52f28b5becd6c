/* Which model of which job starts next on an idle worker. */
#include "stream/dispatch_private.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static uint64_t gated_target(ams_dispatcher *d, dispatch_entry *e)
{
    const float *u = ams_dispatch_utility(d, e);
    uint64_t best = d->all;
    double least = INFINITY;
    float highest = 0;
    for (uint32_t s = 0; s < d->n_states; s++) {
        const uint64_t mask = ams_stream_mask(d->o.sets, s);
        if ((e->job.done & ~mask) == 0) {
            highest = u[s] > highest ? u[s] : highest;
        }
    }
    for (uint32_t s = 0; s < d->n_states; s++) {
        const uint64_t mask = ams_stream_mask(d->o.sets, s);
        const double ms = ams_dispatch_time(d, e, mask);
        if ((e->job.done & ~mask) == 0 && ams_dispatch_size(mask) >= d->o.mandatory &&
            (double)u[s] >= d->o.parameter * (double)highest && ms < least) {
            best = mask;
            least = ms;
        }
    }
    return best;
}

static uint64_t threshold_target(const ams_dispatcher *d, const dispatch_entry *e)
{
    const uint64_t had = e->job.done | e->job.running;
    const uint64_t mandatory = ams_dispatch_first(d, d->o.mandatory);
    if ((mandatory & ~e->job.done) != 0 || e->job.running != 0) {
        return had | mandatory;
    }
    if ((double)e->job.observed >= d->o.parameter) {
        return had;
    }
    return had | ams_dispatch_first(d, ams_dispatch_size(had) + 1);
}

uint64_t ams_dispatch_target(ams_dispatcher *d, dispatch_entry *e)
{
    const uint64_t had = e->job.done | e->job.running;
    switch (d->o.kind->target) {
    case AMS_TARGET_FULL:
        return d->all;
    case AMS_TARGET_MANDATORY:
        return had | ams_dispatch_first(d, d->o.mandatory);
    case AMS_TARGET_FIXED:
        return had | ams_stream_mask(d->o.sets, (uint32_t)d->o.parameter);
    case AMS_TARGET_THRESHOLD:
        return threshold_target(d, e);
    case AMS_TARGET_GATED: /* chosen once, before anything is seen */
        return had != 0 ? e->job.target | had : gated_target(d, e);
    default:
        return e->job.target; /* planned */
    }
}

/* Whether the model may start now: in time, in memory, on some worker, which *worker becomes.
 */
static bool can_start(const ams_dispatcher *d, const dispatch_entry *e, uint32_t m,
                      double now_ms, uint32_t *worker)
{
    const bool needed = ams_dispatch_size(e->job.done | e->job.running) < d->o.mandatory;
    if (now_ms + ams_dispatch_ms(d, e, m) > e->job.deadline_ms &&
        !(needed && d->o.late == AMS_STREAM_RUN)) {
        return false;
    }
    if (d->o.mem_mb != NULL && d->used_mb + (double)d->o.mem_mb[m] > d->o.memory_mb) {
        return false;
    }
    if (d->o.workers == 0) {
        *worker = m;
        return !d->worker[m].busy;
    }
    for (uint32_t w = 0; w < d->n_workers; w++) {
        if (!d->worker[w].busy) {
            *worker = w;
            return true;
        }
    }
    return false;
}

/* The next model of the job's target that can start; AMS_STREAM_STAGES: none. */
static uint32_t next_model(ams_dispatcher *d, dispatch_entry *e, double now_ms,
                           uint32_t *worker)
{
    const uint64_t open = ams_dispatch_open(d, e);
    if (!d->o.sets && (e->job.running != 0 || e->failed != 0)) {
        return AMS_STREAM_STAGES;
    }
    const uint64_t wanted = ams_dispatch_target(d, e) & open;
    e->job.target = wanted | e->job.done | e->job.running;
    for (uint32_t k = 0; k < d->o.n_models; k++) {
        const uint32_t m = d->cheapest[k];
        if ((wanted >> m & 1) != 0) {
            if (can_start(d, e, m, now_ms, worker)) {
                return m;
            }
            if (!d->o.sets) {
                break;
            }
        }
    }
    return AMS_STREAM_STAGES;
}

/* Smaller goes first. */
static double key_of(const ams_dispatcher *d, const dispatch_entry *e)
{
    const ams_stream_job *job = &e->job;
    const double left = ams_dispatch_time(d, e, job->target & ~(job->done | job->running));
    switch (d->o.kind->order) {
    case AMS_ORDER_CONFIDENCE:
        return (double)job->observed;
    case AMS_ORDER_ROUND:
        return (double)job->served;
    case AMS_ORDER_SHORT:
        return left;
    case AMS_ORDER_ARRIVAL:
        return job->arrival_ms;
    case AMS_ORDER_LAXITY:
        return job->deadline_ms - left;
    default:
        return 0; /* the list is by deadline */
    }
}

/* The most gain per time that the rest of the job's plan promises on its way; of sets, with the
 * model first. */
static double planned_rate(const ams_dispatcher *d, const dispatch_entry *e, uint32_t model)
{
    const uint64_t had = e->job.done | e->job.running;
    const bool met = ams_dispatch_size(had) >= d->o.mandatory;
    const float now_u = met ? e->u[ams_stream_state(d->o.sets, had)] : 0;
    uint64_t with = had | UINT64_C(1) << model;
    double ms = ams_dispatch_ms(d, e, model);
    double best = 0;
    while (true) {
        const bool meets = !met && ams_dispatch_size(with) >= d->o.mandatory;
        const double gain = (double)(e->u[ams_stream_state(d->o.sets, with)] - now_u) +
                            (meets ? d->o.miss_cost : 0);
        best = fmax(best, gain / ms);
        const uint64_t left = e->job.target & ~with;
        if (left == 0) {
            return best * (double)e->weight;
        }
        const uint32_t next = (uint32_t)__builtin_ctzll(left);
        with |= UINT64_C(1) << next;
        ms += ams_dispatch_ms(d, e, next);
    }
}

/* Of the plan the model with the most gain per time that leaves time for all that is promised.
 */
static bool pick_planned(ams_dispatcher *d, double now_ms, uint32_t *place, uint32_t *model,
                         uint32_t *worker)
{
    const bool foresees = d->o.workers > 0 && ams_dispatch_foresees(d);
    double least[AMS_STREAM_SETS];
    double best = -1;
    ams_dispatch_promise(d, now_ms, least);
    for (uint32_t i = 0; i < d->n; i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        const uint64_t had = e->job.done | e->job.running;
        const bool unmet = ams_dispatch_size(had) < d->o.mandatory;
        const bool is_promised = (unmet && !e->given_up) || ams_dispatch_keeps_plans(d);
        uint64_t wanted = e->job.target & ~(had | e->failed);
        if (wanted == 0 || (!d->o.sets && e->job.running != 0)) {
            continue;
        }
        (void)ams_dispatch_utility(d, e);
        for (; wanted != 0; wanted &= d->o.sets ? wanted - 1 : 0) {
            const uint32_t m = (uint32_t)__builtin_ctzll(wanted);
            const double rate = planned_rate(d, e, m);
            uint32_t on = 0;
            if (rate > best && ams_dispatch_leaves_time(d, i, m, is_promised, least, now_ms) &&
                can_start(d, e, m, now_ms, &on) &&
                !(foresees && ams_dispatch_better_waits(
                                  d, e, now_ms, m,
                                  ams_dispatch_bears(d, e, m, is_promised, least, now_ms)))) {
                best = rate;
                *place = i;
                *model = m;
                *worker = on;
            }
        }
    }
    return best >= 0;
}

/* Which models pick_densest looks at. */
typedef enum densest_of {
    OF_ALL,
    OF_UNHURRIED, /* that make no expected job late */
    OF_UNMET      /* of mandatory parts */
} densest_of;

/* The most expected gain per time of all models that endanger no mandatory part. */
static bool pick_densest(ams_dispatcher *d, double now_ms, densest_of of, uint32_t *place,
                         uint32_t *model, uint32_t *worker)
{
    double least[AMS_STREAM_SETS];
    double best = 0;
    ams_dispatch_promise(d, now_ms, least);
    for (uint32_t i = 0; i < d->n; i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        const uint64_t had = e->job.done | e->job.running;
        const bool met = ams_dispatch_size(had) >= d->o.mandatory;
        const bool meets = ams_dispatch_size(had) + 1 == d->o.mandatory;
        if ((!d->o.sets && (e->job.running != 0 || e->failed != 0)) ||
            (of == OF_UNMET && met)) {
            continue;
        }
        const float *u = ams_dispatch_utility(d, e);
        const float now_u = met ? u[ams_stream_state(d->o.sets, had)] : 0;
        for (uint64_t open = ams_dispatch_open(d, e); open != 0; open &= open - 1) {
            const uint32_t m = (uint32_t)__builtin_ctzll(open);
            const uint64_t with = had | UINT64_C(1) << m;
            const double ms = ams_dispatch_ms(d, e, m);
            const double gain =
                (double)e->weight * ((double)(u[ams_stream_state(d->o.sets, with)] - now_u) +
                                     (meets ? d->o.miss_cost : 0));
            uint32_t on = 0;
            if (gain / ms > best &&
                ams_dispatch_leaves_time(d, i, m, !met && !e->given_up, least, now_ms) &&
                can_start(d, e, m, now_ms, &on) &&
                !(of == OF_UNHURRIED && ams_dispatch_expected_late(d, now_ms, ms) > 0)) {
                best = gain / ms;
                *place = i;
                *model = m;
                *worker = on;
            }
            if (!d->o.sets) {
                break; /* stages in order */
            }
        }
    }
    return best > 0;
}

/* What the plan kept out, where time costs nothing: on a model's own worker, and on an equal
 * one while clients send as expected and none of them is about to. Of several equal workers the
 * plan knows their total time alone, so one may be free for a mandatory part that it left out.
 */
static bool pick_unplanned(ams_dispatcher *d, double now_ms, uint32_t *place, uint32_t *model,
                           uint32_t *worker)
{
    const bool own = d->o.sets && d->o.workers == 0;
    if (own || ams_dispatch_foresees(d)) {
        return pick_densest(d, now_ms, own ? OF_ALL : OF_UNHURRIED, place, model, worker);
    }
    return d->o.workers > 1 && pick_densest(d, now_ms, OF_UNMET, place, model, worker);
}

/* An overdue mandatory part, which no plan has room for, where nothing else can start. */
static bool pick_overdue(const ams_dispatcher *d, double now_ms, uint32_t *place,
                         uint32_t *model, uint32_t *worker)
{
    for (uint32_t i = 0; i < d->n; i++) {
        const dispatch_entry *e = ams_dispatch_at(d, i);
        const uint64_t had = e->job.done | e->job.running;
        const uint64_t open = ams_dispatch_open(d, e);
        if (ams_dispatch_size(had) >= d->o.mandatory ||
            (!d->o.sets && (e->job.running != 0 || e->failed != 0))) {
            continue;
        }
        for (uint32_t k = 0; k < d->o.n_models; k++) {
            const uint32_t m = d->cheapest[k];
            if ((open >> m & 1) != 0 && can_start(d, e, m, now_ms, worker)) {
                *place = i;
                *model = m;
                return true;
            }
        }
    }
    return false;
}

/* By the order and the targets of the kind. */
static bool pick_by_order(ams_dispatcher *d, double now_ms, uint32_t *place, uint32_t *model,
                          uint32_t *worker)
{
    const bool by_deadline = d->o.kind->order == AMS_ORDER_DEADLINE;
    bool found = false;
    double least = INFINITY;
    for (uint32_t i = 0; i < d->n && !(found && by_deadline); i++) {
        dispatch_entry *e = ams_dispatch_at(d, i);
        uint32_t on = 0;
        const uint32_t m = next_model(d, e, now_ms, &on);
        if (m == AMS_STREAM_STAGES) {
            continue;
        }
        const double key = key_of(d, e);
        if (!found || key < least) {
            found = true;
            least = key;
            *place = i;
            *model = m;
            *worker = on;
        }
    }
    return found;
}

bool ams_dispatch_pick(ams_dispatcher *d, double now_ms, uint32_t *place, uint32_t *model,
                       uint32_t *worker)
{
    bool found = false;
    if (d->o.kind->order == AMS_ORDER_DENSITY) {
        found = pick_densest(d, now_ms, OF_ALL, place, model, worker);
    } else if (d->o.kind->order == AMS_ORDER_GAIN) {
        found = pick_planned(d, now_ms, place, model, worker) ||
                pick_unplanned(d, now_ms, place, model, worker);
    } else {
        found = pick_by_order(d, now_ms, place, model, worker);
    }
    return found ||
           (d->o.late == AMS_STREAM_RUN && isinf(d->waits_ms) && /* else idle on purpose */
            pick_overdue(d, now_ms, place, model, worker));
}
