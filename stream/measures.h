/* What a simulation measures. Private to stream/. */
#ifndef AMS_STREAM_MEASURES_H
#define AMS_STREAM_MEASURES_H

#include "ams/stream_sim.h"

#include <stddef.h>

typedef struct measures_client {
    uint64_t jobs, missed;
} measures_client;

typedef struct stream_measures {
    const ams_workload *workload;
    uint32_t mandatory, workers;
    uint64_t warmup;
    uint64_t decisions, starts, jobs, met, late;
    double decision_us, busy_ms, optional_ms, queue_ms;
    double score, score_any, depth, response, longest;
    float *response_ms; /* (met) */
    size_t capacity;
    measures_client *client;
    size_t client_capacity;
    uint32_t n_clients;
} stream_measures;

void ams_measures_start(stream_measures *m, const ams_stream_execution *execution,
                        const ams_stream_job *job);
/* The clock moves on while so many jobs are in flight. */
void ams_measures_time(stream_measures *m, double from_ms, double to_ms, uint32_t in_flight);
ams_status ams_measures_left(stream_measures *m, const ams_stream_job *job, double now_ms,
                             ams_error *err);
void ams_measures_finish(stream_measures *m, double end_ms, ams_sim_result *result);
void ams_measures_fini(stream_measures *m);

#endif
