/* Jobs in flight: arrivals, starts, ends, departures. The kind's rule is in rules.c, its plans
 * in planning.c. */
#include "stream/dispatch_private.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WINDOW = 256, MOST_CLIENTS = 1 << 20, MOST_WEIGHT = 8 };

ams_dispatch_options ams_dispatch_defaults(void)
{
    return (ams_dispatch_options){.workers = 1,
                                  .memory_mb = INFINITY,
                                  .mandatory = 1,
                                  .kind = ams_stream_kind_named("edf-full"),
                                  .delta = 0.01,
                                  .miss_cost = 1,
                                  .window = 64,
                                  .cell = 64};
}

static ams_status check_kind(const ams_dispatch_options *o, ams_error *err)
{
    const ams_stream_target target = o->kind->target;
    const double most =
        o->sets ? (double)(ams_stream_states(true, o->n_models) - 1) : (double)o->n_models;
    if (o->kind->needs_predictor && o->predictor.predict == NULL) {
        return ams_fail(err, AMS_USAGE, "scheduler %s needs a predictor", o->kind->name);
    }
    if (target == AMS_TARGET_DEPTHS && (o->sets || o->workers == 0)) {
        return ams_fail(err, AMS_USAGE,
                        "scheduler %s plans stages on equal workers; subset-dp plans sets and "
                        "one worker per model",
                        o->kind->name);
    }
    if (o->kind->priced && !(o->parameter >= 0 && o->parameter <= 1)) {
        return ams_fail(err, AMS_USAGE, "scheduler %s: expected a price from 0 to 1, found %g",
                        o->kind->name, o->parameter);
    }
    if (target == AMS_TARGET_FIXED && !(o->parameter >= 1 && o->parameter <= most)) {
        return ams_fail(err, AMS_USAGE,
                        "scheduler %s: expected a parameter from 1 to %g, found %g",
                        o->kind->name, most, o->parameter);
    }
    return AMS_OK;
}

static ams_status check_options(const ams_dispatch_options *o, ams_error *err)
{
    const uint32_t most = o->sets || o->workers == 0 ? AMS_STREAM_SETS : AMS_STREAM_STAGES;
    if (o->n_models == 0 || o->n_models > most) {
        return ams_fail(err, AMS_USAGE, "expected 1 to %u models, found %u", most, o->n_models);
    }
    if (o->workers > AMS_STREAM_WORKERS) {
        return ams_fail(err, AMS_USAGE, "expected at most %d workers, found %u",
                        AMS_STREAM_WORKERS, o->workers);
    }
    if (o->mandatory == 0 || o->mandatory > o->n_models) {
        return ams_fail(err, AMS_USAGE, "expected 1 to %u mandatory models, found %u",
                        o->n_models, o->mandatory);
    }
    if (!(o->delta >= 1e-4 && o->delta <= 1) || !(o->miss_cost >= 0 && o->miss_cost <= 100) ||
        !(o->ageing >= 0 && o->ageing <= 100)) {
        return ams_fail(err, AMS_USAGE,
                        "expected delta from 0.0001 to 1, miss cost and ageing from 0 to 100, "
                        "found %g, %g, %g",
                        o->delta, o->miss_cost, o->ageing);
    }
    if (o->window == 0 || o->window > MOST_WINDOW || o->cell == 0) {
        return ams_fail(err, AMS_USAGE,
                        "expected a window of 1 to %d jobs and cells of at least "
                        "1, found %u and %u",
                        MOST_WINDOW, o->window, o->cell);
    }
    for (uint32_t m = 0; o->mem_mb != NULL && m < o->n_models; m++) {
        if ((double)o->mem_mb[m] > o->memory_mb) {
            return ams_fail(err, AMS_USAGE, "model %u needs %g MB, of %g MB that there are", m,
                            (double)o->mem_mb[m], o->memory_mb);
        }
    }
    if (o->item_time_ms != NULL && (o->sets || o->workers == 0 || isfinite(o->memory_mb))) {
        return ams_fail(err, AMS_USAGE,
                        "stages whose models differ from item to item: expected equal workers "
                        "without a limit of memory, found %s",
                        o->sets           ? "sets"
                        : o->workers == 0 ? "a worker per model"
                                          : "a limit");
    }
    return check_kind(o, err);
}

static void list_cheapest(ams_dispatcher *d)
{
    for (uint32_t m = 0; m < d->o.n_models; m++) {
        uint32_t k = m;
        while (d->o.sets && k > 0 && d->o.time_ms[d->cheapest[k - 1]] > d->o.time_ms[m]) {
            d->cheapest[k] = d->cheapest[k - 1];
            k--;
        }
        d->cheapest[k] = (uint8_t)m;
    }
}

ams_status ams_dispatcher_create(ams_dispatcher **dispatcher,
                                 const ams_dispatch_options *options, ams_error *err)
{
    ams_dispatcher *d = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(check_options(options, err));
    AMS_TRY(ams_alloc(&d, 1, sizeof *d, "a dispatcher", err));
    d->o = *options;
    d->n_states = ams_stream_states(options->sets, options->n_models);
    d->n_workers = options->workers > 0 ? options->workers : options->n_models;
    d->all = options->n_models == 64 ? ~UINT64_C(0) : (UINT64_C(1) << options->n_models) - 1;
    d->o.greedy_update = options->greedy_update || options->kind->greedy_update;
    d->waits_ms = INFINITY;
    list_cheapest(d);
    AMS_TRY(ams_planner_create(&d->planner, options->cell, err));
    AMS_TRY(ams_grow(&d->plan_job, &d->plan_capacity, options->window, sizeof *d->plan_job,
                     "plans", err));
    AMS_TRY(ams_grow(&d->plan_slot, &d->plan_slot_capacity, options->window,
                     sizeof *d->plan_slot, "plans", err));
    AMS_TRY(ams_grow(&d->choice, &d->choice_capacity, options->window, sizeof *d->choice,
                     "plans", err));
out:
    if (status != AMS_OK) {
        ams_dispatcher_destroy(d);
        d = NULL;
    }
    *dispatcher = d;
    return status;
}

void ams_dispatcher_destroy(ams_dispatcher *d)
{
    if (d == NULL) {
        return;
    }
    for (uint32_t k = 0; k < d->n_slots; k++) {
        free(d->entry[k].u);
        free(d->entry[k].option);
    }
    free(d->entry);
    free(d->free_slot);
    free(d->order);
    free(d->client);
    free(d->plan_job);
    free(d->plan_slot);
    free(d->choice);
    free(d->slack);
    ams_planner_destroy(d->planner);
    free(d);
}

static ams_status new_slot(ams_dispatcher *d, uint32_t *slot, ams_error *err)
{
    ams_status status = AMS_OK;
    if (d->n_free > 0) {
        *slot = d->free_slot[--d->n_free];
        return AMS_OK;
    }
    AMS_TRY(
        ams_grow(&d->entry, &d->entry_capacity, d->n_slots + 1, sizeof *d->entry, "jobs", err));
    AMS_TRY(ams_grow(&d->free_slot, &d->free_capacity, d->n_slots + 1, sizeof *d->free_slot,
                     "jobs", err));
    AMS_TRY(
        ams_grow(&d->order, &d->order_capacity, d->n_slots + 1, sizeof *d->order, "jobs", err));
    AMS_TRY(ams_grow(&d->slack, &d->slack_capacity,
                     (size_t)(d->n_slots + 1) * (d->o.workers > 0 ? 1 : d->n_workers),
                     sizeof *d->slack, "jobs", err));
    dispatch_entry made = {.used = false};
    if (d->o.predictor.predict != NULL) {
        AMS_TRY(ams_alloc(&made.u, d->n_states, sizeof *made.u, "utilities", err));
        status = ams_alloc(&made.option, d->n_states, sizeof *made.option, "options", err);
        if (status != AMS_OK) {
            free(made.u);
            goto out;
        }
    }
    d->entry[d->n_slots] = made;
    *slot = d->n_slots++;
out:
    return status;
}

/* Whether a goes before b. */
static bool is_before(const ams_stream_job *a, const ams_stream_job *b)
{
    if (a->deadline_ms != b->deadline_ms) {
        return a->deadline_ms < b->deadline_ms;
    }
    if (a->arrival_ms != b->arrival_ms) {
        return a->arrival_ms < b->arrival_ms;
    }
    return a->id < b->id;
}

static void insert(ams_dispatcher *d, uint32_t slot)
{
    uint32_t low = 0;
    uint32_t high = d->n;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (is_before(&d->entry[slot].job, &ams_dispatch_at(d, middle)->job)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    memmove(d->order + low + 1, d->order + low, (d->n - low) * sizeof *d->order);
    d->order[low] = slot;
    d->n++;
}

/* What the arrival says of its client, and the weight that the client's misses give the job. */
static ams_status note_client(ams_dispatcher *d, const ams_stream_job *job, float *weight,
                              ams_error *err)
{
    const double recent = 1.0 / 32;
    double grown = 1;
    bool foreseen = false;
    ams_status status = AMS_OK;
    if (job->client < MOST_CLIENTS) {
        AMS_TRY(ams_grow(&d->client, &d->client_capacity, (size_t)job->client + 1,
                         sizeof *d->client, "clients", err));
        for (; d->n_clients <= job->client; d->n_clients++) {
            d->client[d->n_clients] = (dispatch_client){.due_ms = -INFINITY};
        }
        dispatch_client *client = &d->client[job->client];
        grown += d->o.ageing * client->misses;
        foreseen = fabs(job->arrival_ms - client->due_ms) <= ams_dispatch_tolerance(d);
        client->due_ms = job->deadline_ms;
    }
    d->foreseen += recent * ((foreseen ? 1 : 0) - d->foreseen);
    ams_dispatch_remember(d, job->deadline_ms - job->arrival_ms);
    *weight = (float)fmin((double)job->priority * grown, MOST_WEIGHT);
out:
    return status;
}

ams_status ams_dispatcher_arrive(ams_dispatcher *d, const ams_stream_job *job, uint32_t *slot,
                                 ams_error *err)
{
    float weight = 1;
    ams_status status = AMS_OK;
    if (!(job->deadline_ms >= job->arrival_ms) || !(job->priority > 0)) {
        return ams_fail(err, AMS_USAGE,
                        "a job that arrives at %g %s: expected a later deadline and a priority "
                        "above 0, found %g %s and %g",
                        job->arrival_ms, ams_stream_unit(d->o.unit), job->deadline_ms,
                        ams_stream_unit(d->o.unit), (double)job->priority);
    }
    AMS_TRY(note_client(d, job, &weight, err));
    AMS_TRY(new_slot(d, slot, err));
    dispatch_entry *e = &d->entry[*slot];
    *e = (dispatch_entry){
        .job = *job, .weight = weight, .used = true, .u = e->u, .option = e->option};
    e->job.done = e->job.running = e->job.in_time = e->job.target = 0;
    e->job.observed = e->job.previous = 0;
    e->job.ready_ms = job->arrival_ms;
    e->job.mandatory_ms = INFINITY;
    e->job.served = ++d->served;
    e->job.slot = *slot;
    insert(d, *slot);
    d->dirty = true;
out:
    return status;
}

static bool is_planned(const ams_dispatcher *d)
{
    return d->o.kind->target >= AMS_TARGET_FIT;
}

static bool any_idle(const ams_dispatcher *d)
{
    for (uint32_t w = 0; w < d->n_workers; w++) {
        if (!d->worker[w].busy) {
            return true;
        }
    }
    return false;
}

bool ams_dispatcher_next(ams_dispatcher *d, double now_ms, ams_stream_start *start)
{
    uint32_t place = 0;
    d->waits_ms = INFINITY;
    if (d->n == 0 || !any_idle(d)) {
        return false;
    }
    if (d->dirty && is_planned(d)) {
        ams_dispatch_plan(d, now_ms);
        d->may_have_left = d->may_have_left || d->o.early_answer;
    }
    if (!ams_dispatch_pick(d, now_ms, &place, &start->model, &start->worker)) {
        return false;
    }
    d->waits_ms = INFINITY; /* one waits, another starts */
    dispatch_entry *e = ams_dispatch_at(d, place);
    start->slot = d->order[place];
    start->id = e->job.id;
    start->item = e->job.item;
    e->job.running |= UINT64_C(1) << start->model;
    e->job.target |= UINT64_C(1) << start->model;
    e->built = false;
    d->worker[start->worker] =
        (dispatch_worker){.busy = true,
                          .slot = start->slot,
                          .model = start->model,
                          .end_ms = now_ms + ams_dispatch_ms(d, e, start->model)};
    d->used_mb += d->o.mem_mb == NULL ? 0 : (double)d->o.mem_mb[start->model];
    return true;
}

/* The worker is free again. What running models take is summed anew, so that no rounding
 * gathers. */
static void release(ams_dispatcher *d, uint32_t slot, uint32_t model)
{
    d->used_mb = 0;
    for (uint32_t w = 0; w < d->n_workers; w++) {
        dispatch_worker *worker = &d->worker[w];
        if (worker->busy && worker->slot == slot && worker->model == model) {
            worker->busy = false;
        }
        if (worker->busy && d->o.mem_mb != NULL) {
            d->used_mb += (double)d->o.mem_mb[worker->model];
        }
    }
    d->entry[slot].job.running &= ~(UINT64_C(1) << model);
    d->entry[slot].built = false;
    d->may_have_left = true;
}

void ams_dispatcher_ended(ams_dispatcher *d, uint32_t slot, uint32_t model, double now_ms,
                          float observed)
{
    dispatch_entry *e = &d->entry[slot];
    ams_stream_job *job = &e->job;
    release(d, slot, model);
    job->done |= UINT64_C(1) << model;
    job->served = ++d->served; /* it waits behind whoever arrived in between */
    job->previous = job->observed;
    job->observed = observed;
    if (now_ms <= job->deadline_ms) {
        job->in_time |= UINT64_C(1) << model;
        job->ready_ms = now_ms;
    }
    if (ams_dispatch_size(job->done) == d->o.mandatory) {
        job->mandatory_ms = now_ms;
    }
    e->predicted = false;
    if (d->o.greedy_update && is_planned(d) && !d->dirty) {
        ams_dispatch_update(d, e, now_ms);
    } else {
        d->dirty = true;
    }
}

void ams_dispatcher_failed(ams_dispatcher *d, uint32_t slot, uint32_t model)
{
    release(d, slot, model);
    d->entry[slot].failed |= UINT64_C(1) << model;
    d->dirty = true;
}

static void remove_at(ams_dispatcher *d, uint32_t place)
{
    const uint32_t slot = d->order[place];
    d->entry[slot].used = false;
    memmove(d->order + place, d->order + place + 1, (d->n - place - 1) * sizeof *d->order);
    d->n--;
    d->free_slot[d->n_free++] = slot;
    if (d->n == 0) {
        d->waits_ms = INFINITY; /* who waited has left */
    }
}

void ams_dispatcher_cancel(ams_dispatcher *d, uint32_t slot)
{
    for (uint64_t bits = d->entry[slot].job.running; bits != 0; bits &= bits - 1) {
        release(d, slot, (uint32_t)__builtin_ctzll(bits));
    }
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->order[i] == slot) {
            remove_at(d, i);
            break;
        }
    }
    d->dirty = true;
}

static bool is_met(const ams_dispatcher *d, const ams_stream_job *job)
{
    return ams_dispatch_size(job->done) >= d->o.mandatory;
}

/* Whether the job may leave at its deadline, whenever that is. */
static bool leaves_at_deadline(const ams_dispatcher *d, const dispatch_entry *e)
{
    return e->job.running == 0 && (d->o.late == AMS_STREAM_DROP || is_met(d, &e->job));
}

static bool is_over(ams_dispatcher *d, dispatch_entry *e, double now_ms)
{
    const ams_stream_job *job = &e->job;
    if (job->running != 0) {
        return false;
    }
    if (ams_dispatch_open(d, e) == 0 || (!d->o.sets && e->failed != 0) ||
        (job->deadline_ms <= now_ms && leaves_at_deadline(d, e))) {
        return true;
    }
    return d->o.early_answer && is_met(d, job) && !(is_planned(d) && d->dirty) &&
           d->o.kind->order != AMS_ORDER_DENSITY &&
           (ams_dispatch_target(d, e) & ams_dispatch_open(d, e)) == 0;
}

bool ams_dispatcher_left(ams_dispatcher *d, double now_ms, ams_stream_job *job)
{
    uint32_t i = 0;
    if (!d->may_have_left && ams_dispatcher_wake(d) > now_ms) {
        return false;
    }
    while (i < d->n && !is_over(d, ams_dispatch_at(d, i), now_ms)) {
        i++;
    }
    if (i == d->n) {
        d->may_have_left = false;
        return false;
    }
    *job = ams_dispatch_at(d, i)->job;
    if (job->client < d->n_clients) {
        const bool missed = ams_dispatch_size(job->in_time) < d->o.mandatory;
        d->client[job->client].misses = missed ? d->client[job->client].misses + 1 : 0;
    }
    remove_at(d, i);
    return true;
}

double ams_dispatcher_waits(const ams_dispatcher *d)
{
    return d->waits_ms;
}

double ams_dispatcher_wake(const ams_dispatcher *d)
{
    for (uint32_t i = 0; i < d->n; i++) {
        const dispatch_entry *e = &d->entry[d->order[i]];
        if (leaves_at_deadline(d, e)) {
            return fmin(e->job.deadline_ms, d->waits_ms);
        }
    }
    return d->waits_ms;
}

const ams_stream_job *ams_dispatcher_job(const ams_dispatcher *d, uint32_t slot)
{
    return &d->entry[slot].job;
}

uint32_t ams_dispatcher_count(const ams_dispatcher *d)
{
    return d->n;
}

ams_dispatch_counts ams_dispatcher_counts(const ams_dispatcher *d)
{
    ams_dispatch_counts counts = d->counts;
    ams_planner_counts(d->planner, &counts.rows, &counts.cell_hits);
    return counts;
}
