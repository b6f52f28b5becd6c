/* Which models are stages, and in which order. Private to lab/stream. */
#ifndef AMS_LAB_STREAM_STAGES_H
#define AMS_LAB_STREAM_STAGES_H

#include "ams/stream_study.h"

/* What options->model means: sets model, time_ms, mem_mb, *n, and where a policy orders them
 * its name. data: with its table. @return AMS_USAGE, AMS_BACKEND. */
ams_status ams_stream_choose_models(ams_stream_data *data,
                                    const ams_stream_data_options *options, uint32_t *n,
                                    ams_error *err);
/* Puts the stages of each item in the order in which data->policy runs them: sets order,
 * expected and time_ms, or, where all items have one order, model and time_ms. data: with its
 * items and environment. @return what ams_policy_create returns. */
ams_status ams_stream_order_items(ams_stream_data *data, ams_error *err);

#endif
