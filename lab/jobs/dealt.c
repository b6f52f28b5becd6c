/* Batches dealt to the devices of this machine, each by a process of its own. */
#include "lab/jobs/dealt.h"
#include "lab/jobs/join.h"
#include "lab/jobs/report.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* -- devices -- */

/* The device that a job asks for by its number; AMS_MOST_DEVICES: any. */
static uint32_t asked_device(const ams_job *job)
{
    const int device = job->request.train.device;
    return device >= AMS_DEVICE_CUDA_0 ? ams_device_number(device) : AMS_MOST_DEVICES;
}

/* Those that there are, and those that are asked for: of one that is not there its process says
 * so, as it does where there is none at all. */
static ams_status find_devices(jobs_pool *p, int *stopped, ams_error *err)
{
    const ams_jobs *jobs = p->jobs;
    uint32_t found = 0;
    bool any = false;
    ams_status status = AMS_OK;
    for (size_t i = 0; i < jobs->n; i++) {
        const uint32_t asked = asked_device(jobs->job[i]);
        if (jobs->job[i]->batch > 0 && asked < AMS_MOST_DEVICES) {
            p->n_devices = asked + 1 > p->n_devices ? asked + 1 : p->n_devices;
        } else if (jobs->job[i]->batch > 0) {
            any = true;
        }
    }
    if (any) {
        AMS_TRY(ams_batches_devices(jobs->spawner->mask, stopped, &found, err));
    }
    p->any = found > 0 ? found : 1;
    p->n_devices = p->any > p->n_devices ? p->any : p->n_devices;
    AMS_TRY(ams_alloc(&p->device, p->n_devices, sizeof *p->device, "devices", err));
    for (uint32_t d = 0; d < p->n_devices; d++) {
        AMS_TRY(ams_alloc(&p->device[d].list, jobs->n, sizeof(ams_job *), "runs", err));
        p->device[d].spawner = jobs->spawner;
    }
out:
    return status;
}

static uint32_t busy_devices(const jobs_pool *p)
{
    uint32_t busy = 0;
    for (uint32_t d = 0; d < p->n_devices; d++) {
        busy += p->device[d].batch.n > 0;
    }
    return busy;
}

/* A device for the job's batch that is idle; NULL: none now. */
static jobs_device *idle_device(const jobs_pool *p, const ams_job *job)
{
    const uint32_t asked = asked_device(job);
    const uint32_t first = asked < AMS_MOST_DEVICES ? asked : 0;
    const uint32_t end = asked < AMS_MOST_DEVICES ? asked + 1 : p->any;
    for (uint32_t d = first; d < end; d++) {
        if (p->device[d].batch.n == 0) {
            return &p->device[d];
        }
    }
    return NULL;
}

/* Whether one more process may begin: those of batches count as one together, however many
 * devices there are. */
bool ams_dealt_has_place(const jobs_pool *p, bool batch)
{
    const uint32_t busy = busy_devices(p);
    return p->alone + (busy > 0) < p->jobs->side_by_side || (batch && busy > 0);
}

/* -- batches -- */

ams_status ams_dealt_form(jobs_pool *p, int *stopped, ams_error *err)
{
    const ams_jobs *jobs = p->jobs;
    ams_status status = AMS_OK;
    const uint32_t batches = ams_batches_form(jobs->job, jobs->n);
    if (batches == 0) {
        return AMS_OK;
    }
    const size_t bytes = jobs->n * sizeof *p->reports;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return ams_no_memory(err, bytes, "what batches report");
    }
    p->reports = memory;
    AMS_TRY(ams_alloc(&p->waiting, (size_t)batches + 1, sizeof *p->waiting, "batches", err));
    for (size_t i = 0; i < jobs->n; i++) {
        jobs->job[i]->report = &p->reports[i];
        p->waiting[jobs->job[i]->batch]++;
    }
    status = find_devices(p, stopped, err);
out:
    return status;
}

void ams_dealt_forget(jobs_pool *p)
{
    const ams_jobs *jobs = p->jobs;
    if (p->reports != NULL) {
        (void)munmap(p->reports, jobs->n * sizeof *p->reports);
    }
    for (size_t i = 0; i < jobs->n; i++) {
        jobs->job[i]->report = NULL;
        jobs->job[i]->batch = 0;
    }
    for (uint32_t d = 0; p->device != NULL && d < p->n_devices; d++) {
        free(p->device[d].list);
    }
    free(p->device);
    free(p->waiting);
}

/* How many jobs a process takes: where there are several devices, as many on each, since the
 * jobs of a batch are alike; and of shared ones no more than train at once, since others have
 * devices, too. */
static size_t most_jobs(const jobs_pool *p, const ams_job *job)
{
    const ams_jobs *jobs = p->jobs;
    const size_t devices = asked_device(job) < AMS_MOST_DEVICES ? 1 : p->any;
    const size_t part = (p->waiting[job->batch] + devices - 1) / devices;
    return jobs->claims != NULL && (size_t)jobs->together < part ? (size_t)jobs->together
                                                                 : part;
}

/* An empty log, as a process of its own would begin it. */
static ams_status begin_log(const ams_job *job, ams_error *err)
{
    int log = open(job->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log < 0) {
        return ams_fail(err, AMS_IO, "cannot write %s: %s", job->log, strerror(errno));
    }
    close(log);
    return AMS_OK;
}

static int batch_body(void *context)
{
    const jobs_device *device = context;
    return device->spawner->together(device->spawner->context, &device->batch);
}

/* Takes jobs of the first one's batch, from that one on. */
static ams_status take_batch(const jobs_pool *p, jobs_device *device, size_t first,
                             ams_error *err)
{
    const ams_jobs *jobs = p->jobs;
    const uint32_t number = jobs->job[first]->batch;
    const size_t most = most_jobs(p, jobs->job[first]);
    size_t n = 0;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < jobs->n && n < most; k++) {
        ams_job *job = jobs->job[(first + k) % jobs->n];
        bool mine = jobs->claims == NULL;
        bool raced = false;
        if (job->batch != number || !ams_jobs_may_claim(jobs, job)) {
            continue;
        }
        if (!mine) {
            AMS_TRY(ams_jobs_claim(jobs, job, &mine, &raced, err));
        }
        if (!mine) {
            continue;
        }
        AMS_TRY(ams_job_has_policy(job, &job->was_finished, err));
        AMS_TRY(begin_log(job, err));
        atomic_store(&job->report->state, AMS_JOB_RUNNING);
        job->state = AMS_JOB_RUNNING;
        device->list[n++] = job;
    }
    device->batch = (ams_batch){.job = device->list,
                                .n = n,
                                .most = (size_t)jobs->together,
                                .device = (uint32_t)(device - p->device),
                                .devices = p->n_devices};
out:
    return status;
}

ams_status ams_dealt_start(jobs_pool *p, size_t first, ams_child *child, bool *found,
                           ams_error *err)
{
    jobs_device *device = idle_device(p, p->jobs->job[first]);
    if (device == NULL || !ams_dealt_has_place(p, true)) {
        return AMS_OK;
    }
    ams_status status = take_batch(p, device, first, err);
    *found = status == AMS_OK && device->batch.n > 0;
    snprintf(device->name, sizeof device->name, "%zu runs", device->batch.n);
    *child = (ams_child){.key = p->jobs->n + device->batch.device,
                         .name = device->name,
                         .body = batch_body,
                         .context = device};
    return status;
}
