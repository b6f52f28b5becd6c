/* How long executions take. Private to stream/. */
#ifndef AMS_STREAM_NOISE_H
#define AMS_STREAM_NOISE_H

#include "ams/stream_sim.h"

/* What schedulers expect once the stages before it have ended. */
double ams_stream_expected_ms(const ams_workload *w, uint32_t item, uint32_t model);
/* A function of seed, job and model. */
double ams_stream_run_ms(const ams_sim_options *o, uint64_t job, uint32_t item, uint32_t model);

#endif
