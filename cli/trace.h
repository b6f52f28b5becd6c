/* What `ams trace` holds while it runs. Private to cli/trace*.c. */
#ifndef AMS_CLI_TRACE_H
#define AMS_CLI_TRACE_H

#include "cli/schedule.h"

#include <stdio.h>

typedef struct trace_session {
    schedule_setup setup;
    const char *directory; /* NULL: nothing is written */
    uint32_t item;
    const ams_policy *policy;
    const ams_scheduler *scheduler;
    const float *time_ms; /* (M) of the item's runs */
    ams_schedule_task task;
    ams_schedule schedule;
    float left[AMS_MAX_MODELS + 1]; /* (M + 1) values at the end, of a policy that has some */
} trace_session;

/* Value per second, or, side by side, per second and GB. */
double trace_rate(const trace_session *s, uint32_t model, float value);
/* Models whose outputs were known before run k ended. */
uint64_t trace_known(const ams_schedule *schedule, uint32_t k);

void trace_print(const trace_session *s, FILE *stream);
ams_status trace_print_json(const trace_session *s, FILE *stream, ams_error *err);
/* trace.txt, trace.json, trace.tsv, and the figure. */
ams_status trace_write(const trace_session *s, ams_error *err);

#endif
