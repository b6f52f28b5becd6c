#include "ams/job.h"

#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/number.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const ams_job_state_names[AMS_JOB_STATES] = {"waiting",  "running",  "stopped",
                                                         "finished", "finished", "failed"};

ams_status ams_job_name(ams_job *job, const char *experiment, const char *label, uint64_t seed,
                        ams_error *err)
{
    static const char what[] = "a run";
    ams_status status = AMS_OK;
    job->seed = seed;
    snprintf(job->label, sizeof job->label, "%s", label);
    AMS_TRY(ams_format(&job->name, what, err, "%s-%llu", job->label, (unsigned long long)seed));
    AMS_TRY(
        ams_format(&job->request.directory, what, err, "%s/runs/%s", experiment, job->name));
    AMS_TRY(ams_format(&job->log, what, err, "%s/logs/%s.log", experiment, job->name));
out:
    return status;
}

void ams_job_fini(ams_job *job)
{
    ams_training_request_fini(&job->request);
    free(job->name);
    free(job->log);
    free(job->key);
    free(job->failed_before);
    *job = (ams_job){.name = NULL};
}

ams_status ams_job_has_policy(const ams_job *job, bool *there, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, job->request.directory, "policy.ams", err);
    *there = status == AMS_OK && ams_exists(path);
    free(path);
    return status;
}

void ams_job_fail(ams_job *job, int code, const char *message)
{
    job->state = AMS_JOB_FAILED;
    job->code = code;
    snprintf(job->message, sizeof job->message, "%.*s", (int)sizeof job->message - 1, message);
}

bool ams_job_is_locked(const ams_job *job)
{
    char *path = NULL;
    if (ams_join_path(&path, job->request.directory, "lock", NULL) != AMS_OK) {
        return false;
    }
    const bool locked = ams_lock_in_use(path);
    free(path);
    return locked;
}

/* The update of the last whole line of timing.tsv, to which a run adds one every log_every
 * updates; 0 where there is none yet. */
static uint64_t last_update(const ams_job *job)
{
    enum { TAIL = 192 }; /* longer than two lines */
    char text[TAIL + 1];
    char *path = NULL;
    uint64_t update = 0;
    if (ams_join_path(&path, job->request.directory, "timing.tsv", NULL) != AMS_OK) {
        return 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    if (fd < 0) {
        return 0;
    }
    off_t size = lseek(fd, 0, SEEK_END);
    ssize_t n = pread(fd, text, TAIL, size > TAIL ? size - TAIL : 0);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    char *end = strrchr(text, '\n');
    if (end != NULL) {
        *end = '\0';
        char *line = strrchr(text, '\n');
        line = line == NULL ? text : line + 1;
        line[strcspn(line, "\t")] = '\0';
        (void)ams_parse_u64(line, &update); /* the header is no number */
    }
    return update;
}

double ams_job_work_done(const ams_job *job)
{
    if (job->state == AMS_JOB_WAITING) {
        return 0;
    }
    double work = (double)(job->to - job->from);
    if (job->state != AMS_JOB_RUNNING) {
        return work; /* also of a failed one: there is nothing left to do */
    }
    uint64_t at = last_update(job);
    double done = at > job->from ? (double)(at - job->from) : 0;
    return done < work ? done : work;
}

size_t ams_jobs_count(ams_job *const *job, size_t n, ams_job_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += job[i]->state == state;
    }
    return count;
}

ams_status ams_jobs_first_failure(ams_job *const *job, size_t n)
{
    int code = 0;
    for (size_t i = 0; i < n && code == 0; i++) {
        code = job[i]->state == AMS_JOB_FAILED ? job[i]->code : 0;
    }
    return code >= AMS_USAGE && code <= AMS_DIVERGED ? (ams_status)code : AMS_BACKEND;
}
