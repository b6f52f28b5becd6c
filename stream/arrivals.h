/* The jobs that a bound is of. Private to stream/. */
#ifndef AMS_STREAM_ARRIVALS_H
#define AMS_STREAM_ARRIVALS_H

#include "ams/stream_sim.h"

/* The recorded jobs after the warm-up, by arrival, then by id; *job (*n) is for the caller to
 * free(), its elements are borrowed from the result. @return AMS_BACKEND. */
ams_status ams_stream_arrivals(const ams_stream_job ***job, uint64_t *n,
                               const ams_sim_result *result, uint64_t warmup, ams_error *err);

#endif
