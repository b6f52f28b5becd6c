/* Between the files of `ams schedule`. */
#ifndef AMS_CLI_SCHEDULE_H
#define AMS_CLI_SCHEDULE_H

#include "ams/limit_study.h"

/* The tables of a study, on stdout: one per memory budget. @return AMS_BACKEND. */
ams_status cli_schedule_print(const ams_limit_study *study, ams_error *err);
/* The rows of schedule.tsv as JSON, on stdout. */
ams_status cli_schedule_print_json(const ams_limit_study *study, ams_error *err);

#endif
