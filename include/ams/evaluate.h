/* Scoring policies on the items of a split: recall, time, models run.
 *
 * n items of the split, M models, Q = AMS_RECALLS required recalls 0.1, 0.2, ..., 1.0. */
#ifndef AMS_EVALUATE_H
#define AMS_EVALUATE_H

#include "ams/policy.h"
#include "ams/pool.h"
#include "ams/trace.h"
#include "ams/validation.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_RECALLS = 10, AMS_CURVE = 101, AMS_KEPT_DRAWS = 100 };
/* Places of the required recalls that are reported, among the AMS_RECALLS. */
enum { AMS_AT_50 = 4, AMS_AT_80 = 7, AMS_AT_90 = 8, AMS_AT_100 = 9 };
static inline double ams_required_recall(uint32_t q)
{
    return (double)(q + 1) / AMS_RECALLS;
}

typedef struct ams_eval_options {
    ams_split split;
    bool recorded_times; /* each execution's recorded time (needs table->run_time_ms) instead of
                            the mean */
    ams_pool *pool;      /* may be NULL */
    bool without_orders; /* nobody asks for `order`: it is right until required recall 1.0 is
                            reached, and the models after that are not decided about */
} ams_eval_options;

/* One policy's scores; arrays hold one row per item of the split, in table order, averaged over
 * the policy's draws. */
typedef struct ams_scores {
    char label[64];
    uint64_t seed;
    uint32_t n;        /* items */
    uint32_t n_models; /* M */
    uint32_t *item;    /* (n) index in the table */
    double *time_ms;   /* (n, Q) until each required recall */
    double *models;    /* (n, Q) models run until then */
    double *area;      /* (n) under recall/time, in [0, 1] */
    float *
        recall_time; /* (n, AMS_CURVE) recall reached by t = total time x k / (AMS_CURVE - 1) */
    float *recall_models; /* (n, M + 1) recall after k models */
    uint8_t *order;       /* (n, M) of draw 0 */
    uint8_t *order_n;     /* (n) */
    uint8_t *final_n;     /* (n) models that draw 0 runs until required recall 1.0 */
    uint32_t kept;        /* draws whose own times are kept: the first AMS_KEPT_DRAWS */
    double *final_ms;     /* (n, kept) time of each until required recall 1.0 */
    bool per_goal;    /* time_ms and models of each required recall are those of an order that
                         was decided for it; everything else is of that for 1.0 */
    uint32_t n_empty; /* items with f(M,d) = 0: every recall reached at 0 ms */
    double
        stderr_ms; /* standard error over draws of the mean time at recall 1.0; 0 for 1 draw */
} ams_scores;

/* An order that stops before a required recall (only `valuable` could) counts its whole time,
 * and so does every order of a policy that is `whole`. `recall_time` and `area` follow the
 * order of its runs. Equal bits for any number of threads. */
ams_status ams_evaluate(ams_scores *scores, const ams_policy *policy, const ams_table *table,
                        const ams_eval_options *options, ams_error *err);
/* What a training is validated by: mean area, and mean time to required recall 0.8, 0.9
 * and 1.0; where they are per goal, to 0.5, too. */
ams_validation ams_scores_validation(const ams_scores *scores);
/* The same of a policy whose scores nobody needs. @return what ams_evaluate returns. */
ams_status ams_validate(ams_validation *result, const ams_policy *policy,
                        const ams_table *table, const ams_eval_options *options,
                        ams_error *err);
void ams_scores_fini(ams_scores *scores);

#ifdef __cplusplus
}
#endif
#endif
