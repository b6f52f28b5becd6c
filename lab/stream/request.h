/* Whether a study can be made. Private to lab/stream. */
#ifndef AMS_LAB_STREAM_REQUEST_H
#define AMS_LAB_STREAM_REQUEST_H

#include "ams/stream_study.h"

/* What could be seen only after all schedules, or not at all, is said before them. study: with
 * its data and options. @return AMS_USAGE. */
ams_status ams_stream_check_request(const ams_stream_study *study, ams_error *err);

#endif
