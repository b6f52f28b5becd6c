/* Jobs while they run, and the devices that their batches are dealt to. Private to lab/jobs. */
#ifndef AMS_LAB_JOBS_DEALT_H
#define AMS_LAB_JOBS_DEALT_H

#include "ams/jobs.h"

/* A device, and the batch that it trains. */
typedef struct jobs_device {
    const ams_jobs_spawner *spawner;
    char name[32];   /* of the batch, for messages */
    ams_job **list;  /* (n of all jobs) those of the batch */
    ams_batch batch; /* n = 0: none is under way */
} jobs_device;

/* The jobs while they run. A child's key is the number of its job, or n + that of the device.
 */
typedef struct jobs_pool {
    const ams_jobs *jobs;
    char **words;            /* of the job started last */
    size_t alone;            /* processes with a job each */
    jobs_device *device;     /* (n_devices) NULL: no batches */
    uint32_t n_devices, any; /* the first `any` train what asks for none by its number */
    size_t *waiting;         /* (batches + 1) jobs of each, as they were formed */
    /* (n) shared with the processes of batches; NULL: no batches */
    struct ams_job_report *reports;
} jobs_pool;

/* Gives jobs their batches, and finds the devices for these.
 * @return AMS_BACKEND; what ams_batches_devices returns. */
ams_status ams_dealt_form(jobs_pool *p, int *stopped, ams_error *err);
void ams_dealt_forget(jobs_pool *p);
/* Whether one more process may begin: those of batches count as one together, however many
 * devices there are. */
bool ams_dealt_has_place(const jobs_pool *p, bool batch);
/* *child: the process of a batch with jobs of the batch of job `first`; *found = false where
 * there is no idle device for it, or none of them is ours. */
ams_status ams_dealt_start(jobs_pool *p, size_t first, ams_child *child, bool *found,
                           ams_error *err);

#endif
