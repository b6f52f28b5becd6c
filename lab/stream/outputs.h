/* What all outputs so far say of further stages, as a predictor. Private to lab/stream. */
#ifndef AMS_LAB_STREAM_OUTPUTS_H
#define AMS_LAB_STREAM_OUTPUTS_H

#include "ams/stream_predict.h"
#include "ams/stream_study.h"

/* Ridge regressions of the score after each stage, one per state, fitted to the training items
 * (docs/streams.md, "Predictors"). data: with its workloads; nothing of it is borrowed.
 * @return AMS_USAGE: sets; AMS_BAD_DATA: no training item; AMS_BACKEND. */
ams_status ams_stream_outputs_fit(ams_regressions **regressions, const ams_stream_data *data,
                                  ams_error *err);

/* What they let expect of the other items. @return the same. */
typedef struct ams_stream_outputs ams_stream_outputs;
ams_status ams_stream_outputs_create(ams_stream_outputs **outputs, const ams_stream_data *data,
                                     ams_error *err);
void ams_stream_outputs_destroy(ams_stream_outputs *outputs);
/* For jobs of the workload `part` of the data (1: validation, 2: the jobs'); borrowed from
 * `outputs`. */
ams_predictor ams_stream_outputs_predictor(const ams_stream_outputs *outputs, uint32_t part);

#endif
