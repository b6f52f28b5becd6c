/* What a trained policy expects of further models, as a predictor. Private to lab/stream. */
#ifndef AMS_LAB_STREAM_AGENT_H
#define AMS_LAB_STREAM_AGENT_H

#include "ams/stream_study.h"

/* The policy's values in every state of every item, and how utilities followed from them on
 * training items. data: with its workloads. */
ams_status ams_stream_agent_create(struct ams_stream_agent **agent, const ams_stream_data *data,
                                   const char *policy, ams_error *err);
void ams_stream_agent_destroy(struct ams_stream_agent *agent);
/* For jobs of the workload `part` of the data (0: training, 1: validation, 2: the jobs');
 * borrowed from the agent. */
ams_predictor ams_stream_agent_predictor(const struct ams_stream_agent *agent, uint32_t part);

#endif
