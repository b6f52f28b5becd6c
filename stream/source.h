/* Where jobs come from. Private to stream/. */
#ifndef AMS_STREAM_SOURCE_H
#define AMS_STREAM_SOURCE_H

#include "ams/stream_sim.h"
#include "base/rng.h"

typedef struct stream_client {
    double next_ms; /* INFINITY: it waits for an answer */
    uint64_t sent;
} stream_client;

typedef struct stream_source {
    ams_source_options o;
    uint32_t n_items;
    uint64_t sent;
    double next_ms; /* open arrivals; INFINITY: none any more */
    ams_rng rng;    /* of open arrivals */
    bool on;
    double state_end_ms;
    stream_client *client; /* (clients) */
} stream_source;

/* Jobs of the workload's items. @return AMS_USAGE, AMS_BACKEND. */
ams_status ams_source_open(stream_source *source, const ams_source_options *options,
                           const ams_workload *workload, ams_error *err);
void ams_source_close(stream_source *source);
/* When the next job arrives; INFINITY: none is known. */
double ams_source_next(const stream_source *source);
/* That job; only while ams_source_next is finite. */
void ams_source_take(stream_source *source, ams_stream_job *job);
/* A job of the client was answered. */
void ams_source_answered(stream_source *source, uint32_t client, double now_ms);

#endif
