/* What processes tell each other of jobs. Private to lab/jobs/. */
#ifndef AMS_LAB_JOBS_REPORT_H
#define AMS_LAB_JOBS_REPORT_H

#include "ams/job.h"

#include <stdatomic.h>

/* What a process that trains many jobs reports of one of them. In memory that processes share.
 */
typedef struct ams_job_report {
    atomic_int state; /* an ams_job_state; AMS_JOB_RUNNING until the rest is there */
    int code;
    char message[AMS_JOB_MESSAGE];
} ams_job_report;

#endif
