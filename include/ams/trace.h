/* Recall and time of an order of models on an item: the one place where they are computed. */
#ifndef AMS_TRACE_H
#define AMS_TRACE_H

#include "ams/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What executing order[0..n) on an item gives, after execution k (k = 0: before the first). */
typedef struct ams_trace {
    uint32_t n;                         /* runs */
    double time_ms[AMS_MAX_MODELS + 1]; /* summed time of the first k executions */
    double recall[AMS_MAX_MODELS + 1];  /* recall of the first k; 1 where f(M,d) = 0 */
} ams_trace;

/* time_ms: (M) time of each model on this item (env->time_ms or a row of recorded times). The
 * order may stop early; a model twice is a caller's error (checked by assertion in tests). */
void ams_trace_run(ams_trace *trace, const ams_env *env, uint32_t item, const uint8_t *order,
                   uint32_t n, const float *time_ms);
/* First k with f(S) >= required * f(M) - 1e-6 (the tolerance is in units of value,
 * definitions.md), or n + 1 if the order never gets there. */
uint32_t ams_trace_reached(const ams_trace *trace, double full, double required);
/* The same where no k below `from` is asked about. */
uint32_t ams_trace_reached_from(const ams_trace *trace, double full, double required,
                                uint32_t from);
/* Area under recall/time over [0, total_ms], divided by total_ms: recall is a step function
 * that rises when an execution ends. */
double ams_trace_area(const ams_trace *trace, double total_ms);

#ifdef __cplusplus
}
#endif
#endif
