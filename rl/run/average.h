/* Several runs as one policy: the mean of them. */
#ifndef AMS_RL_RUN_AVERAGE_H
#define AMS_RL_RUN_AVERAGE_H

#include "ams/policy_file.h"

/* The mean of n run folders or policy files, for ams_policy_file_fini also after a failure.
 * `label` is its label; NULL: the first one's, or its agent with -mean.
 * @return AMS_USAGE: without a label, runs whose settings differ in more than the seed; a label
 * of the wrong length or with control characters ("option --label"). What reading and
 * ams_policy_average return. */
ams_status ams_runs_average(ams_policy_file *mean, const char *const *run, size_t n,
                            const char *label, ams_error *err);

#endif
