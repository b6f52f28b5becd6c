/* What a dispatcher holds. Private to stream/. */
#ifndef AMS_STREAM_DISPATCH_PRIVATE_H
#define AMS_STREAM_DISPATCH_PRIVATE_H

#include "ams/stream.h"

#include <stddef.h>

/* A job in flight with what is known of it. */
typedef struct dispatch_entry {
    ams_stream_job job;
    uint64_t failed;         /* models that ended without an output */
    float weight;            /* priority, grown by ageing */
    bool used;               /* the slot has a job */
    bool predicted;          /* u is of the present state */
    bool given_up;           /* its mandatory part is not promised, for jobs of more weight */
    uint64_t promised;       /* models, on several equal workers */
    bool built;              /* option is of the present state */
    float *u;                /* (S) */
    ams_plan_option *option; /* (n_options) room for S */
    uint32_t n_options;
    uint64_t version; /* changes with the options; never repeated */
} dispatch_entry;

/* Who runs what. */
typedef struct dispatch_worker {
    bool busy;
    uint32_t slot, model;
    double end_ms; /* expected */
} dispatch_worker;

/* Jobs whose times until their deadlines are remembered, and the most clients that are looked
 * at one by one when arrivals are expected. */
enum { DISPATCH_RECENT = 256, DISPATCH_FORESEEN = 64 };

/* What is known of a client. */
typedef struct dispatch_client {
    uint32_t misses; /* in a row */
    double due_ms;   /* deadline of its last job; -INFINITY: none yet */
} dispatch_client;

struct ams_dispatcher {
    ams_dispatch_options o;
    uint32_t n_states, n_workers;
    uint64_t all;
    uint8_t cheapest[AMS_STREAM_STAGES]; /* (M) stages in order; sets by time */
    dispatch_entry *entry;               /* (slots) */
    size_t entry_capacity;
    uint32_t n_slots;
    uint32_t *free_slot; /* (n_free) */
    size_t free_capacity;
    uint32_t n_free;
    uint32_t *order; /* (n) slots by deadline, then arrival, then id */
    size_t order_capacity;
    uint32_t n;
    dispatch_worker worker[AMS_STREAM_WORKERS];
    double used_mb;
    bool dirty;         /* the plan is not of the present jobs */
    bool may_have_left; /* a job may be done since the last look */
    uint64_t served, versions;
    dispatch_client *client; /* (n_clients) */
    size_t client_capacity;
    uint32_t n_clients;
    double foreseen; /* recent share of arrivals at the deadline of the client's last job */
    double recent_ms[DISPATCH_RECENT]; /* (n_recent) what the last jobs had until their
                                          deadlines */
    double sorted_ms[DISPATCH_RECENT]; /* the same, from the least on */
    uint32_t n_recent, next_recent;
    double
        waits_ms; /* until then a worker waits for a job that may come; INFINITY: none does */
    ams_planner *planner;
    ams_plan_job *plan_job;
    size_t plan_capacity;
    uint32_t *plan_slot, *choice;
    size_t plan_slot_capacity, choice_capacity;
    double *slack; /* (n, machines) */
    size_t slack_capacity;
    ams_dispatch_counts counts;
};

static inline dispatch_entry *ams_dispatch_at(const ams_dispatcher *d, uint32_t place)
{
    return &d->entry[d->order[place]];
}
/* Whether plans put each model of a set on one of several equal workers; else those are one
 * machine that is so many times as fast. */
static inline bool ams_dispatch_plans_lists(const ams_dispatcher *d)
{
    return d->o.sets && d->o.kind->target == AMS_TARGET_SETS && d->o.workers > 1 &&
           d->o.workers <= AMS_STREAM_SETS;
}
/* Models that a job may still run. */
static inline uint64_t ams_dispatch_open(const ams_dispatcher *d, const dispatch_entry *e)
{
    return d->all & ~(e->job.done | e->job.running | e->failed);
}
static inline uint32_t ams_dispatch_size(uint64_t mask)
{
    return (uint32_t)__builtin_popcountll(mask);
}

/* predictions.c: u of the job, computed where its state has changed. */
const float *ams_dispatch_utility(const ams_dispatcher *d, dispatch_entry *e);
/* The options of a job's plan, computed where its state has changed. */
void ams_dispatch_options_of(ams_dispatcher *d, dispatch_entry *e);
/* What the model is expected to take for the job: where items have times of their own, that of
 * the stage that runs or is next is known. e NULL: for any job. */
static inline double ams_dispatch_ms(const ams_dispatcher *d, const dispatch_entry *e,
                                     uint32_t model)
{
    if (d->o.item_time_ms != NULL && e != NULL && model == ams_dispatch_size(e->job.done)) {
        return (double)d->o.item_time_ms[(size_t)e->job.item * d->o.n_models + model];
    }
    return (double)d->o.time_ms[model];
}
/* The same, summed over models. */
double ams_dispatch_time(const ams_dispatcher *d, const dispatch_entry *e, uint64_t mask);

/* The first `n` models: stages in order, of sets the cheapest. */
uint64_t ams_dispatch_first(const ams_dispatcher *d, uint32_t n);

/* The mandatory part that the job still needs: of sets on equal workers the cheapest; where
 * each model has its own, the models that would end first, after what is promised to others:
 * free_ms (machines) is when those are free. */
uint64_t ams_dispatch_needed_part(const ams_dispatcher *d, const dispatch_entry *e,
                                  const double *free_ms);

/* foresee.c: how much later than foreseen a job may come. */
double ams_dispatch_tolerance(const ams_dispatcher *d);
/* Whether clients send as expected: when their last job is due. */
bool ams_dispatch_foresees(const ams_dispatcher *d);
/* Takes note of the time that a job had until its deadline. */
void ams_dispatch_remember(ams_dispatcher *d, double ms);
/* How many jobs are expected to come too late for their mandatory parts if a model that runs so
 * long starts now on an equal worker. A job has as long until its deadline as recent ones had.
 */
double ams_dispatch_expected_late(const ams_dispatcher *d, double now_ms, double ms);
/* On equal workers, while clients send as expected: whether a job's model had better not start
 * now: fewer jobs are expected to come too late if it starts when a foreseen one has come, all
 * promises can bear the wait (bears_ms), and that is worth the time; or, of an optional model,
 * it brings less than those jobs would lose. A job that comes too late loses its utility and
 * miss_cost. Sets waits_ms. */
bool ams_dispatch_better_waits(ams_dispatcher *d, const dispatch_entry *e, double now_ms,
                               uint32_t model, double bears_ms);

/* planning.c: sets job.target of every job by the kind's plan. Jobs keep their targets where
 * memory is short. */
void ams_dispatch_plan(ams_dispatcher *d, double now_ms);
/* Whether plans hold, or mandatory parts alone. */
bool ams_dispatch_keeps_plans(const ams_dispatcher *d);
/* What the job is promised, if there is time: its plan, or the mandatory part that it needs. */
uint64_t ams_dispatch_promise_to(const ams_dispatcher *d, const dispatch_entry *e,
                                 const double *free_ms);
/* The greedy update after an end of that job. */
void ams_dispatch_update(ams_dispatcher *d, dispatch_entry *e, double now_ms);
/* When the workers are free, as a plan sees it; returns how many machines it has. */
uint32_t ams_dispatch_free(const ams_dispatcher *d, double now_ms,
                           double t0_ms[AMS_STREAM_SETS]);

/* promises.c: promises time to jobs by deadline, where that can be kept. least (machines): how
 * much later each machine may be free such that all of that still can. Several equal workers
 * are one machine here. */
void ams_dispatch_promise(ams_dispatcher *d, double now_ms, double least[AMS_STREAM_SETS]);
/* Whether what is promised still holds if the model starts now: `first` means that it belongs
 * to what its job is promised. */
bool ams_dispatch_leaves_time(const ams_dispatcher *d, uint32_t place, uint32_t model,
                              bool first, const double least[AMS_STREAM_SETS], double now_ms);
/* How long the job's model may wait until what is promised, to it and to others, cannot be
 * kept. A job's stages run one after the other, however many workers there are. */
double ams_dispatch_bears(const ams_dispatcher *d, const dispatch_entry *e, uint32_t model,
                          bool is_promised, const double least[AMS_STREAM_SETS], double now_ms);

/* lists.c, of several equal workers: sets `promised` of the jobs, and *least_ms as above.
 * Returns the place of a job that cannot be met, though one of less weight before it is; n:
 * none. */
uint32_t ams_dispatch_list_promises(ams_dispatcher *d, double now_ms, double *least_ms);
/* Whether all of it still holds if that model of the job at the place starts on an idle worker.
 */
bool ams_dispatch_list_holds(const ams_dispatcher *d, uint32_t place, uint32_t model,
                             double now_ms);

/* rules.c: the next start on some idle worker; false: none. */
bool ams_dispatch_pick(ams_dispatcher *d, double now_ms, uint32_t *place, uint32_t *model,
                       uint32_t *worker);
/* The models a job is to run by a kind that does not plan. */
uint64_t ams_dispatch_target(ams_dispatcher *d, dispatch_entry *e);

#endif
