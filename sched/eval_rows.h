/* An evaluation in pieces: rows that are scored in turn, or in other processes, with the result
 * of ams_evaluate. Private to sched/ and lab/. */
#ifndef AMS_SCHED_EVAL_ROWS_H
#define AMS_SCHED_EVAL_ROWS_H

#include "ams/evaluate.h"
#include "base/team.h"
#include "sched/curve.h"

typedef struct ams_eval {
    ams_scores scores; /* n rows, filled in as they are scored */
    double *variance;  /* (n) over draws, of the time at recall 1.0 */
    const ams_policy *policy;
    const float *run_time_ms; /* (N, M) recorded times, or NULL */
    ams_curve_times times;    /* by the models' mean times */
    ams_pool *pool;
    bool without_orders;
} ams_eval;

/* All borrowed until the end. @return as ams_evaluate; all zero after a failure. */
ams_status ams_eval_begin(ams_eval *eval, const ams_policy *policy, const ams_table *table,
                          const ams_eval_options *options, ams_error *err);
/* Rows first .. first + n - 1; `first` is a multiple of 64, so that shards are the same. */
ams_status ams_eval_score(ams_eval *eval, uint32_t first, uint32_t n, ams_error *err);
/* When all rows are there: the scores are the caller's to fini. */
void ams_eval_finish(ams_eval *eval, ams_scores *scores);
void ams_eval_fini(ams_eval *eval);

/* Some of the rows as a message, and put in their places. @return as ams_scores_get. */
ams_status ams_eval_put(const ams_eval *eval, uint32_t first, uint32_t rows, ams_bytes *bytes,
                        ams_error *err);
ams_status ams_eval_get(ams_eval *eval, ams_bytes *bytes, ams_error *err);

/* -- scores alone -- */

/* The rows of all but the items, of which there are n. Only orders, which may end early, are
 * zeroed: everything else of a row is written with it. */
ams_status ams_scores_alloc(ams_scores *scores, ams_error *err);
/* Everything about the policy's scores but their rows. */
void ams_eval_describe(ams_scores *scores, const ams_policy *policy);
/* Appends some of the rows, with counts. */
ams_status ams_scores_put(const ams_scores *scores, uint32_t first, uint32_t rows,
                          ams_bytes *bytes, ams_error *err);
/* Puts them in their places; where there are no rows yet (n is 0), makes all of them.
 * @return AMS_BACKEND: they are of other data. */
ams_status ams_scores_get(ams_scores *scores, ams_bytes *bytes, ams_error *err);

#endif
