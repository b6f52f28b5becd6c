/* Recall by time of one order, at AMS_CURVE times. Private to sched/. */
#ifndef AMS_SCHED_CURVE_H
#define AMS_SCHED_CURVE_H

#include "ams/evaluate.h"

/* Times of a curve: at point k, executions that end by moment[k] are over. */
typedef struct ams_curve_times {
    double total_ms;
    double moment[AMS_CURVE]; /* ascending */
} ams_curve_times;

/* Up to the time of all models. */
ams_curve_times ams_curve_times_of(const float *time_ms, uint32_t n_models);
/* recall (AMS_CURVE) by the order of the trace. */
void ams_curve_fill(const ams_curve_times *times, const ams_trace *trace,
                    float recall[AMS_CURVE]);

#endif
