/* Schedulers and bounds scored on the items of a split, at many deadlines and memory budgets.
 *
 * n items of the split, P points, M models. */
#ifndef AMS_LIMITS_H
#define AMS_LIMITS_H

#include "ams/bounds.h"
#include "ams/pool.h"
#include "ams/schedule.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_limit_point {
    double deadline_ms;
    double memory_mb; /* INFINITY where models run one at a time */
} ams_limit_point;

/* What all schedulers of an evaluation share. */
typedef struct ams_limit_evaluation {
    const ams_env *env;     /* the truth */
    const ams_table *table; /* memory, recorded times */
    ams_split split;
    bool recorded_times; /* executions take their recorded time, else the model's mean */
    bool parallel;
    const ams_limit_point *point; /* (P) */
    uint32_t n_points;
    ams_limit_options options;
    const float *expected_ms; /* (M) what rules assume */
    const float *overlap;     /* (M, M), or NULL */
    uint64_t exact_nodes;     /* of ams_exact_value, per item and point */
    bool check;               /* every schedule goes through ams_schedule_check */
    ams_pool *pool;           /* may be NULL */
} ams_limit_evaluation;

/* (n, P) each, means over the policy's draws, in table order of the items. */
typedef struct ams_limit_scores {
    uint32_t n, n_points;
    uint32_t *item;  /* (n) index in the table */
    double *recall;  /* of value; bounds: bound / f(M,d), at most 1 */
    double *done_ms; /* when the item was done; bounds: 0 */
    double *models;  /* executions started; branch and bound: nodes */
    double *cut;     /* executions cut off at the deadline; branch and bound: 1 if given up */
    double decision_us; /* wall-clock time of all schedules / their decisions */
} ams_limit_scores;

/* policy as in ams_schedule_task. Equal bits (but decision_us) for any number of threads.
 * @return AMS_BAD_DATA where the split is empty or a schedule fails the check. */
ams_status ams_limits_schedule(ams_limit_scores *scores, const ams_limit_evaluation *evaluation,
                               const ams_scheduler *scheduler, const ams_policy *policy,
                               ams_error *err);

typedef enum ams_limit_bound {
    AMS_BOUND_STAR,
    AMS_BOUND_VALUE,
    AMS_BOUND_EXACT
} ams_limit_bound;

ams_status ams_limits_bound(ams_limit_scores *scores, const ams_limit_evaluation *evaluation,
                            ams_limit_bound bound, ams_error *err);
void ams_limit_scores_fini(ams_limit_scores *scores);

/* overlap (M, M): the share of b's value on training items that is gone once a has run, 1 -
 * mean of f(a+b) - f(a) / mean of f(b), each over f(M,d). */
ams_status ams_overlap(float **overlap, const ams_env *env, ams_error *err);

/* expected (M): the q-quantile of each model's recorded times on training items (the smallest
 * with at least that share of the executions at or under it). AMS_BAD_DATA without recorded
 * times. */
ams_status ams_time_quantile(float *expected_ms, const ams_table *table, double q,
                             ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
