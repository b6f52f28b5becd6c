#include "ams/jobs.h"
#include "lab/jobs/dealt.h"
#include "lab/jobs/join.h"
#include "lab/jobs/report.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- start -- */

static ams_status start_alone(jobs_pool *p, size_t number, ams_child *child, ams_error *err)
{
    const ams_jobs_spawner *spawner = p->jobs->spawner;
    ams_job *job = p->jobs->job[number];
    ams_status status = AMS_OK;
    AMS_TRY(ams_job_has_policy(job, &job->was_finished, err));
    AMS_TRY(ams_training_request_words(&job->request, &p->words, err));
    *child = (ams_child){.key = number, .name = job->name, .log = job->log};
    AMS_TRY(spawner->alone(spawner->context, job, p->words, child, err));
    job->state = AMS_JOB_RUNNING;
    p->alone++;
out:
    return status;
}

static ams_status start_job(jobs_pool *p, size_t number, ams_child *child, bool *found,
                            bool *raced, ams_error *err)
{
    const ams_jobs *jobs = p->jobs;
    ams_job *job = jobs->job[number];
    ams_status status = AMS_OK;
    *raced = false;
    if (!ams_jobs_may_claim(jobs, job)) {
        return AMS_OK;
    }
    if (job->batch > 0) {
        return ams_dealt_start(p, number, child, found, err);
    }
    if (!ams_dealt_has_place(p, false)) {
        return AMS_OK;
    }
    *found = jobs->claims == NULL;
    if (!*found) {
        AMS_TRY(ams_jobs_claim(jobs, job, found, raced, err));
    }
    if (*found) {
        status = start_alone(p, number, child, err);
    }
out:
    return status;
}

static ams_status next_child(void *context, ams_child *child, bool *found, ams_error *err)
{
    jobs_pool *p = context;
    const ams_jobs *jobs = p->jobs;
    size_t i = jobs->claims == NULL ? 0 : ams_jobs_first(jobs, 0);
    ams_status status = AMS_OK;
    ams_words_free(p->words);
    p->words = NULL;
    *found = false;
    for (size_t k = 0; k < jobs->n && !*found; k++) {
        bool raced = false;
        AMS_TRY(start_job(p, i, child, found, &raced, err));
        i = (i + 1) % jobs->n;
        if (raced) {
            AMS_TRY(ams_jobs_hear(jobs, err));
            i = ams_jobs_first(jobs, i);
        }
    }
out:
    return status;
}

/* -- end -- */

static ams_status tell_failure(const jobs_pool *p, const ams_job *job, ams_error *err)
{
    const ams_jobs *jobs = p->jobs;
    ams_notice(jobs->progress, "%s failed: %s", job->name, job->message);
    return jobs->failed == NULL ? AMS_OK : jobs->failed(jobs->context, err);
}

static void fail_by_signal(ams_job *job, const ams_child_end *end)
{
    char text[AMS_JOB_MESSAGE];
    ams_child_signal_text(end->signal, text, sizeof text);
    ams_job_fail(job, end->code, text);
}

/* With the last line of the log that says something, without the program's name. */
static void fail_by_log(ams_job *job, int code)
{
    static const char name[] = "ams train: ";
    char line[AMS_JOB_MESSAGE + sizeof name];
    char none[AMS_JOB_MESSAGE];
    const char *text = line;
    if (!ams_child_last_line(job->log, line, sizeof line)) {
        snprintf(none, sizeof none, "no message in %.*s", AMS_JOB_MESSAGE - 16, job->log);
        text = none;
    } else if (strncmp(line, name, sizeof name - 1) == 0) {
        text += sizeof name - 1;
    }
    ams_job_fail(job, code, text);
}

static ams_status alone_ended(const jobs_pool *p, ams_job *job, const ams_child_end *end,
                              ams_error *err)
{
    bool there = false;
    ams_status status = ams_job_has_policy(job, &there, err);
    if (status != AMS_OK) {
        return status;
    }
    job->code = end->code;
    if (end->code == 0) {
        ams_job_state done = job->was_finished ? AMS_JOB_BEFORE : AMS_JOB_FINISHED;
        job->state = there ? done : AMS_JOB_STOPPED;
        return AMS_OK;
    }
    const bool stopped = end->code == AMS_STOPPED_INT || end->code == AMS_STOPPED_TERM ||
                         end->code == AMS_STOPPED_USR1;
    if (end->signal > 0 ? end->stopping || end->signal == SIGUSR1 : stopped) {
        /* With a checkpoint; or before it could catch the signal, or at a second one. */
        job->state = AMS_JOB_STOPPED;
        return AMS_OK;
    }
    if (end->signal > 0) {
        fail_by_signal(job, end);
    } else {
        fail_by_log(job, end->code);
    }
    return tell_failure(p, job, err);
}

/* What a job's process has reported of it. */
static ams_status take_report(const jobs_pool *p, ams_job *job, ams_error *err)
{
    job->state = (ams_job_state)atomic_load(&job->report->state);
    job->code = job->report->code;
    snprintf(job->message, sizeof job->message, "%s", job->report->message);
    if (job->state == AMS_JOB_WAITING) {
        job->batch = 0; /* to be started by itself */
    }
    return job->state == AMS_JOB_FAILED ? tell_failure(p, job, err) : AMS_OK;
}

/* The process of a batch ended without a word of the job. */
static ams_status job_lost(const jobs_pool *p, ams_job *job, const ams_child_end *end,
                           ams_error *err)
{
    char text[AMS_JOB_MESSAGE];
    if (end->stopping) {
        job->state = AMS_JOB_STOPPED;
        job->code = AMS_STOPPED_TERM; /* not paused at `until` */
        return AMS_OK;
    }
    if (end->signal > 0) {
        fail_by_signal(job, end);
    } else {
        snprintf(text, sizeof text,
                 "the process that trained it with others ended with code %d", end->code);
        ams_job_fail(job, AMS_BACKEND, text);
    }
    return tell_failure(p, job, err);
}

/* end: how the process of the device's batch ended; NULL: it has not. */
static ams_status take_reports(jobs_pool *p, const jobs_device *device,
                               const ams_child_end *end, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < device->batch.n; i++) {
        ams_job *job = device->list[i];
        if (job->state != AMS_JOB_RUNNING || job->batch == 0) {
            continue;
        }
        if (atomic_load(&job->report->state) != AMS_JOB_RUNNING) {
            AMS_TRY(take_report(p, job, err));
        } else if (end != NULL) {
            AMS_TRY(job_lost(p, job, end, err));
        }
        if (p->jobs->claims != NULL) {
            AMS_TRY(ams_jobs_told(p->jobs, job, err));
        }
    }
out:
    return status;
}

static ams_status child_ended(void *context, const ams_child_end *end, ams_error *err)
{
    jobs_pool *p = context;
    if (end->key < p->jobs->n) {
        ams_job *job = p->jobs->job[end->key];
        p->alone--;
        ams_status told = alone_ended(p, job, end, err);
        return told == AMS_OK && p->jobs->claims != NULL ? ams_jobs_told(p->jobs, job, err)
                                                         : told;
    }
    jobs_device *device = &p->device[end->key - p->jobs->n];
    ams_status status = take_reports(p, device, end, err);
    device->batch.n = 0;
    return status;
}

/* -- progress -- */

static void show(const ams_jobs *jobs)
{
    char note[256];
    double done = jobs->done_before;
    size_t left = ams_jobs_count(jobs->job, jobs->n, AMS_JOB_RUNNING) +
                  ams_jobs_count(jobs->job, jobs->n, AMS_JOB_WAITING);
    size_t used =
        (size_t)snprintf(note, sizeof note, "%s%zu of %zu runs done",
                         jobs->note == NULL ? "" : jobs->note, jobs->n - left, jobs->n);
    for (size_t i = 0; i < jobs->n; i++) {
        const ams_job *job = jobs->job[i];
        double work = ams_job_work_done(job);
        done += work;
        if (job->state == AMS_JOB_RUNNING && used < sizeof note) {
            used += (size_t)snprintf(note + used, sizeof note - used, ", %s %.0f %%", job->name,
                                     100 * work / (double)(job->to - job->from));
        }
    }
    ams_progress_update(jobs->progress, done, jobs->total, note);
}

static ams_status tick(void *context, ams_error *err)
{
    jobs_pool *p = context;
    ams_status status = AMS_OK;
    for (uint32_t d = 0; d < p->n_devices && status == AMS_OK; d++) {
        status = take_reports(p, &p->device[d], NULL, err);
    }
    if (status == AMS_OK && p->jobs->claims != NULL) {
        status = ams_jobs_hear(p->jobs, err);
    }
    show(p->jobs);
    return status;
}

/* While others have what is left. */
static double wait_for_others(void *context)
{
    const jobs_pool *p = context;
    const ams_jobs *jobs = p->jobs;
    if (jobs->claims == NULL || jobs->join->leave ||
        ams_jobs_count(jobs->job, jobs->n, AMS_JOB_WAITING) == 0) {
        return 0;
    }
    return ams_claims_wait(jobs->claims) + 0.005;
}

/* Runs whose parent was killed are writing their last checkpoint: begun now, the same ones
 * would be refused. What holds a folder for longer is reported by its process. */
static void await_orphans(const ams_jobs *jobs, int *stopped)
{
    const double most = ams_seconds() + 20;
    for (size_t i = 0; i < jobs->n && *stopped == 0; i++) {
        while (jobs->job[i]->state == AMS_JOB_WAITING && ams_job_is_locked(jobs->job[i]) &&
               *stopped == 0 && ams_seconds() < most) {
            *stopped = ams_children_interrupted(0.05);
        }
    }
}

ams_status ams_jobs_run(const ams_jobs *jobs, int *stopped, ams_error *err)
{
    jobs_pool pool = {.jobs = jobs};
    const ams_children children = {.context = &pool,
                                   .next = next_child,
                                   .ended = child_ended,
                                   .tick = tick,
                                   .wait = wait_for_others,
                                   .until = jobs->until};
    ams_status status = AMS_OK;
    if (jobs->claims != NULL) {
        AMS_TRY(ams_jobs_join(jobs, err));
    }
    AMS_TRY(ams_dealt_form(&pool, stopped, err));
    if (jobs->claims == NULL) {
        await_orphans(jobs, stopped);
    }
    const uint64_t most = jobs->side_by_side + (pool.n_devices > 0 ? pool.n_devices - 1 : 0);
    status = ams_children_run(&children, most, jobs->spawner->mask, stopped, err);
out:
    for (size_t i = 0; i < jobs->n; i++) {
        if (jobs->job[i]->state == AMS_JOB_RUNNING) {
            jobs->job[i]->state = AMS_JOB_STOPPED; /* after an error of the call itself */
            jobs->job[i]->code = AMS_STOPPED_TERM;
        }
    }
    ams_dealt_forget(&pool);
    ams_words_free(pool.words);
    return status;
}
