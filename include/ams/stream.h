/* Streams of jobs with deadlines: which model runs next, for which of the jobs in flight.
 *
 * A job is an item that arrived at some time and wants an answer by its deadline. Its first
 * `mandatory` models make an answer; further ones make it better ("imprecise computations").
 * The dispatcher holds the jobs in flight and decides for a caller's clock: a simulation
 * (ams/stream_sim.h) or a server. A model that was started is not stopped.
 *
 *     ams_dispatcher *d;
 *     ams_dispatcher_create(&d, &options, &err);
 *     ams_dispatcher_arrive(d, &job, &err);              a request
 *     while (ams_dispatcher_next(d, now_ms, &start)) ... run start.model for start.job
 *     ams_dispatcher_ended(d, slot, model, now_ms, observed);
 *     while (ams_dispatcher_left(d, now_ms, &job)) ...   answer job.in_time
 *
 * M models; S states: a job's state says which models have ended. Where models run in order
 * (stages), state s is the first s of them and S = M + 1; else it is the mask and S = 2^M.
 *
 * Sources: Yao et al., "Scheduling real-time deep learning services as imprecise computations"
 * (RTCSA 2020), for stages; Li et al., "Schemble" (ICDE 2023), for sets. docs/streams.md. */
#ifndef AMS_STREAM_H
#define AMS_STREAM_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_STREAM_STAGES = 64, AMS_STREAM_SETS = 8, AMS_STREAM_WORKERS = 64 };

/* What recorded items offer to jobs; all pointers are borrowed. */
typedef struct ams_workload {
    uint32_t n_items, n_models;
    bool sets;                /* models in any order, at most AMS_STREAM_SETS; else stages */
    const float *time_ms;     /* (M) expected, > 0 */
    const float *mem_mb;      /* (M), or NULL: 0 */
    const float *run_time_ms; /* (N, M) recorded, or NULL */
    /* (N, M) of stages whose models differ from item to item: what each takes. The next one of
     * a job is known by it; of later ones time_ms is expected. NULL: time_ms, of all. */
    const float *item_time_ms;
    const float *observed; /* (N, S) what is seen in a state, such as a confidence */
    const float *utility;  /* (N, S) in [0, 1]: what schedulers try to maximise */
    const float *score;    /* (N, S) what the answer is worth; schedulers never see it */
    const char *unit;      /* of all times, for messages; NULL: "ms". Times may be any cost */
} ams_workload;

static inline const char *ams_stream_unit(const char *unit)
{
    return unit == NULL ? "ms" : unit;
}
static inline uint32_t ams_stream_states(bool sets, uint32_t n_models)
{
    return sets ? UINT32_C(1) << n_models : n_models + 1;
}
/* The state in which these models have ended; of stages, the first ones. */
static inline uint32_t ams_stream_state(bool sets, uint64_t done)
{
    return sets ? (uint32_t)done : (uint32_t)__builtin_popcountll(done);
}
/* The models that have ended in a state. */
static inline uint64_t ams_stream_mask(bool sets, uint32_t state)
{
    return sets ? state : state >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << state) - 1;
}

/* A job in flight. The caller sets the first block; the dispatcher keeps the others. */
typedef struct ams_stream_job {
    uint64_t id; /* of the caller; breaks ties after the arrival */
    uint32_t item, client;
    double arrival_ms, deadline_ms;
    float priority; /* > 0: utilities count so many times */

    uint64_t done, running; /* models that have ended, that run */
    uint64_t in_time;       /* of `done`: those that ended by the deadline: the answer */
    uint64_t target;        /* models that are to run, a superset of done and running */
    float observed;         /* in state `done`; 0 at first */
    float previous;         /* in the state before it */
    double ready_ms;        /* when the last model ended that counts; arrival_ms at first */
    double mandatory_ms;    /* when the mandatory part was complete; INFINITY: not yet */
    uint64_t served;        /* its place in the round: arrivals and ends are numbered */
    uint32_t slot;          /* names it in calls */
} ams_stream_job;

/* Expected utilities. `predict` writes u (S) for every state that contains job->done, its own
 * included; others may stay as they are. Deterministic in the job. */
typedef struct ams_predictor {
    const char *name;
    const void *state;
    void (*predict)(const void *state, const ams_stream_job *job, float *u);
} ams_predictor;

typedef enum ams_stream_late {
    AMS_STREAM_DROP, /* a model that is expected to end too late is not started */
    AMS_STREAM_RUN   /* the mandatory part runs all the same; its answer counts as late */
} ams_stream_late;

struct ams_stream_kind;

typedef struct ams_dispatch_options {
    uint32_t n_models;
    bool sets;
    const float *time_ms;      /* (M) borrowed */
    const float *item_time_ms; /* (items, M) borrowed, or NULL; as in ams_workload */
    const float *mem_mb;       /* (M) borrowed, or NULL */
    uint32_t workers;   /* equal ones, 1 to AMS_STREAM_WORKERS; 0: one worker per model */
    double memory_mb;   /* what models that run may take together; INFINITY: no limit */
    uint32_t mandatory; /* models, 1 to M */
    ams_stream_late late;
    bool early_answer; /* a job leaves once its target is reached, not at its deadline */
    const struct ams_stream_kind *kind;
    double parameter;        /* of the kind: depth, set, threshold */
    ams_predictor predictor; /* where the kind needs one */
    double delta;            /* step of quantised utilities, > 0 (default 0.01) */
    double miss_cost;        /* a job that meets its mandatory part counts so much more */
    double ageing;           /* a client's weight grows so much per miss in a row */
    bool greedy_update;      /* the dynamic program at arrivals only; else at ends, too */
    uint32_t window;         /* jobs that are planned at once, by deadline (default 64) */
    uint32_t cell;           /* end times kept per cell of the subset program (default 64) */
    const char *unit;        /* of times, for messages; NULL: "ms" */
} ams_dispatch_options;
/* One worker, no memory limit, mandatory 1, delta 0.01, miss_cost 1; kind "edf-full". */
ams_dispatch_options ams_dispatch_defaults(void);

typedef struct ams_dispatcher ams_dispatcher;

/* @return AMS_USAGE: options out of range, a kind without its predictor, or one that cannot
 * serve such workers; AMS_BACKEND. */
ams_status ams_dispatcher_create(ams_dispatcher **dispatcher,
                                 const ams_dispatch_options *options, ams_error *err);
void ams_dispatcher_destroy(ams_dispatcher *dispatcher);

/* A job arrives; *slot names it until it has left. Times never decrease from call to call.
 * @return AMS_USAGE: a deadline before its arrival; AMS_BACKEND. */
ams_status ams_dispatcher_arrive(ams_dispatcher *dispatcher, const ams_stream_job *job,
                                 uint32_t *slot, ams_error *err);

typedef struct ams_stream_start {
    uint32_t slot, model, worker;
    uint64_t id;
    uint32_t item;
} ams_stream_start;
/* What is to start now, one after the other until false. What it returns counts as started. */
bool ams_dispatcher_next(ams_dispatcher *dispatcher, double now_ms, ams_stream_start *start);
/* The model of the job ended; `observed` is what is now seen of the job. */
void ams_dispatcher_ended(ams_dispatcher *dispatcher, uint32_t slot, uint32_t model,
                          double now_ms, float observed);
/* It ended without an output: the job goes on as if it had not run, and does not run it again.
 */
void ams_dispatcher_failed(ams_dispatcher *dispatcher, uint32_t slot, uint32_t model);
/* The job goes, with what it runs: its workers are free. */
void ams_dispatcher_cancel(ams_dispatcher *dispatcher, uint32_t slot);
/* A job whose time is over, or that is done, one after the other until false. */
bool ams_dispatcher_left(ams_dispatcher *dispatcher, double now_ms, ams_stream_job *job);
/* Until when a worker is left idle for a job that is expected: what is to start is asked for
 * again then at the latest; INFINITY: none waits. */
double ams_dispatcher_waits(const ams_dispatcher *dispatcher);
/* When the next deadline passes at which a job may leave, or the wait is over; INFINITY:
 * neither. */
double ams_dispatcher_wake(const ams_dispatcher *dispatcher);
/* The job in that slot. */
const ams_stream_job *ams_dispatcher_job(const ams_dispatcher *dispatcher, uint32_t slot);
uint32_t ams_dispatcher_count(const ams_dispatcher *dispatcher);

typedef struct ams_dispatch_counts {
    uint64_t plans;     /* dynamic programs solved */
    uint64_t rows;      /* of them, rows computed; those kept are not counted */
    uint64_t cell_hits; /* end times that a full cell of the subset program dropped */
    uint64_t beyond;    /* jobs that waited outside the window of a plan */
} ams_dispatch_counts;
ams_dispatch_counts ams_dispatcher_counts(const ams_dispatcher *dispatcher);

/* Which of a kind's jobs goes first. */
typedef enum ams_stream_order {
    AMS_ORDER_DEADLINE,   /* earliest deadline */
    AMS_ORDER_CONFIDENCE, /* least observed */
    AMS_ORDER_ROUND,      /* longest not served */
    AMS_ORDER_SHORT,      /* least time left to the target */
    AMS_ORDER_ARRIVAL,    /* first come */
    AMS_ORDER_LAXITY,     /* least time to spare */
    AMS_ORDER_GAIN,       /* most expected gain per time that leaves time for the whole plan */
    AMS_ORDER_DENSITY     /* most expected gain per time that endangers no mandatory part */
} ams_stream_order;
/* How far a kind runs a job. */
typedef enum ams_stream_target {
    AMS_TARGET_FULL,
    AMS_TARGET_MANDATORY,
    AMS_TARGET_FIXED,     /* parameter: depth, or the mask of a set */
    AMS_TARGET_THRESHOLD, /* parameter: until so much is observed */
    AMS_TARGET_GATED,     /* parameter: the cheapest of so much of the best expected utility */
    AMS_TARGET_FIT,       /* the best expected utility that fits into what is free */
    AMS_TARGET_DEPTHS,    /* dynamic program over depths, Yao et al. */
    AMS_TARGET_SETS       /* dynamic program over sets, Schemble */
} ams_stream_target;

typedef struct ams_stream_kind {
    const char *name;
    const char *help; /* one line */
    ams_stream_order order;
    ams_stream_target target;
    bool needs_predictor, needs_parameter;
    bool priced; /* parameter: utility that the mean time of a model costs in plans */
    bool greedy_update;
} ams_stream_kind;
extern const ams_stream_kind ams_stream_kinds[];
extern const uint32_t ams_n_stream_kinds;
/* NULL if there is none. */
const ams_stream_kind *ams_stream_kind_named(const char *name);

/* A scheduler as it is asked for: KIND[:PARAMETER][@PREDICTOR]. */
typedef struct ams_stream_spec {
    const ams_stream_kind *kind;
    bool has_parameter;
    double parameter;
    const char *predictor; /* into the text; NULL: none is named */
} ams_stream_spec;
/* @return AMS_USAGE: no such kind (nearest), no number, or a parameter or predictor that the
 * kind does not take. */
ams_status ams_stream_spec_parse(ams_stream_spec *spec, const char *text, ams_error *err);

/* ---- Predictors fitted to the items of a workload, for stages and for sets. ---- */

typedef struct ams_fitted ams_fitted;
extern const char *const ams_predictor_names[]; /* "exp" ...; NULL at the end */
/* The formulas are in docs/streams.md. `oracle` looks at `of`, whose items the jobs are;
 * the others at the training items alone. `floor`: what is observed before any model, 1 /
 * classes or 0, for `lin`. Both workloads are borrowed.
 * @return AMS_USAGE: no such name (nearest), or none for sets; AMS_BACKEND. */
ams_status ams_fitted_create(ams_fitted **fitted, const char *name,
                             const ams_workload *training, const ams_workload *of, float floor,
                             ams_error *err);
void ams_fitted_destroy(ams_fitted *fitted); /* in files: ams/stream_predict.h */
/* Borrowed from it. */
ams_predictor ams_fitted_predictor(const ams_fitted *fitted);

/* ---- The dynamic programs by themselves: for tests, measurements and other programs. ---- */

/* What may be chosen for a job of a plan. */
typedef struct ams_plan_option {
    uint64_t mask;   /* models that the choice holds, with those that ended or run */
    uint32_t reward; /* quantised */
    float time_ms[AMS_STREAM_SETS]; /* (machines) that it adds, or of parts that any machine
                                     * takes the longest one first; all 0: nothing is added */
    float chain_ms; /* of depths: what must run by the deadline on one worker, where the machine
                     * stands for several; 0 on one */
} ams_plan_option;
typedef struct ams_plan_job {
    double deadline_ms;
    const ams_plan_option *option; /* (n) */
    uint32_t n;
    uint64_t key; /* equal keys at equal places of two plans: the same job and options */
} ams_plan_job;

typedef struct ams_planner ams_planner; /* memory that plans share */
ams_status ams_planner_create(ams_planner **planner, uint32_t cell, ams_error *err);
void ams_planner_destroy(ams_planner *planner);

/* Depths on one machine: jobs (n) by deadline; choice (n) becomes the index of each one's
 * option, and *value the largest sum of rewards such that every job that adds time ends by its
 * deadline, in order, from t0_ms on. A machine that stands for several workers is free from
 * t0_ms on, their mean, and its first worker from first_ms on: where the plan starts a job
 * after other work, a worker is expected to be free as much earlier, and the option's chain
 * must end by the deadline from there on. Rows of jobs that were first in the last plan, too,
 * with the same key, t0_ms and first_ms, are kept. O(n x options x sum of largest rewards).
 * @param first_ms at most t0_ms; the same on one machine. @return AMS_BACKEND. */
ams_status ams_plan_depths(ams_planner *planner, const ams_plan_job *job, uint32_t n,
                           double t0_ms, double first_ms, uint32_t *choice, uint64_t *value,
                           ams_error *err);
/* Sets on several machines, each free from t0_ms (machines) on: lists of end times, pruned
 * where another has no less reward and no later end. The same answer as above on one machine.
 */
ams_status ams_plan_sets(ams_planner *planner, const ams_plan_job *job, uint32_t n,
                         uint32_t machines, const double *t0_ms, uint32_t *choice,
                         uint64_t *value, ams_error *err);
/* Sets on several equal machines (at most AMS_STREAM_SETS): each part of a choice goes to the
 * machine that is free first. An optimum of such lists, not of all schedules. */
ams_status ams_plan_lists(ams_planner *planner, const ams_plan_job *job, uint32_t n,
                          uint32_t machines, const double *t0_ms, uint32_t *choice,
                          uint64_t *value, ams_error *err);
/* Rows computed, and end times dropped by full cells, since the planner was created. */
void ams_planner_counts(const ams_planner *planner, uint64_t *rows, uint64_t *dropped);

#ifdef __cplusplus
}
#endif
#endif
