/* The series of a study: what KIND[:PARAMETER][@PREDICTOR] means. Private to lab/stream. */
#ifndef AMS_LAB_STREAM_SERIES_H
#define AMS_LAB_STREAM_SERIES_H

#include "ams/stream_study.h"

/* label, kind, predictor, policy, tuned, and *parameter where one is given. `otherwise`: the
 * predictor where the series names none. */
ams_status ams_stream_series_parse(ams_stream_series *series, const char *spec,
                                   const char *otherwise, double *parameter, ams_error *err);

/* Parameters that are tried for a kind that has none: depths, or sets of at most three models
 * and all; thresholds and shares. Returns how many; value (most). */
uint32_t ams_stream_grid(const ams_stream_kind *kind, const ams_workload *workload,
                         double *value, uint32_t most);

#endif
