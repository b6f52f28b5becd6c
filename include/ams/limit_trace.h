/* One item under limits: which models ran when, why, what they found, and what was left out.
 *
 * M models. */
#ifndef AMS_LIMIT_TRACE_H
#define AMS_LIMIT_TRACE_H

#include "ams/limit_setup.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_limit_trace {
    const ams_limit_setup *setup; /* borrowed */
    const ams_policy *policy;     /* of the setup */
    const ams_scheduler *scheduler;
    const float *time_ms; /* (M) how long each model's execution on the item takes */
    ams_schedule_task task;
    ams_schedule schedule;
    float rest[AMS_MAX_MODELS + 1]; /* (M + 1) predicted values at the end, of models and END;
                                       of a policy that predicts values */
} ams_limit_trace;

/* Schedules the setup's item with its only policy at its first point, and checks the schedule.
 * scheduler: of a policy that predicts values; an order goes by first fit.
 * @return AMS_USAGE: no item, no point, or not one policy; AMS_BAD_DATA: no recorded times;
 * what the policy's worker returns. */
ams_status ams_limit_trace_run(ams_limit_trace *trace, const ams_limit_setup *setup,
                               const ams_scheduler *scheduler, ams_error *err);

/* Predicted value per unit of what the scheduler divides by: second or, where models run in
 * parallel, second and GB. */
double ams_limit_rate(const ams_limit_trace *trace, uint32_t model, float value);
/* Models, as a mask, whose outputs were known before execution k ended. */
uint64_t ams_limit_known(const ams_schedule *schedule, uint32_t k);

/* A table for people. */
void ams_limit_trace_print(const ams_limit_trace *trace, FILE *stream);
/* @return AMS_IO. */
ams_status ams_limit_trace_print_json(const ams_limit_trace *trace, FILE *stream,
                                      ams_error *err);
/* trace.txt, trace.json and trace.tsv (one row per execution, for the figure `gantt`) in the
 * directory, which is created. @return AMS_IO. */
ams_status ams_limit_trace_write(const ams_limit_trace *trace, const char *directory,
                                 ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
