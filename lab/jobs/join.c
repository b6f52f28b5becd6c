#include "lab/jobs/join.h"

#include "ams/claims.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

/* -- keys -- */

/* What may differ without a bit of the result. */
static bool is_free(const char *key)
{
    return strcmp(key, "threads") == 0 || strcmp(key, "device") == 0;
}

static uint64_t hash_of(const char *data_hash, const ams_job *job)
{
    char value[AMS_TEXT_MAX * 4];
    uint64_t hash = XXH3_64bits(data_hash, strlen(data_hash));
    hash = XXH3_64bits_withSeed(&job->request.until, sizeof job->request.until, hash);
    for (size_t k = 0; k < ams_n_train_keys; k++) {
        if (!is_free(ams_train_keys[k].name)) {
            ams_config_print(&job->request.train, &ams_train_keys[k], value, sizeof value);
            hash = XXH3_64bits_withSeed(value, strlen(value), hash);
        }
    }
    return hash;
}

ams_status ams_job_make_key(ams_job *job, const char *data_hash, ams_error *err)
{
    free(job->key);
    job->key = NULL;
    return ams_format(&job->key, "a claim", err, "%s+%016llx", job->name,
                      (unsigned long long)hash_of(data_hash, job));
}

/* -- states -- */

/* Of a job that waits here: what others have made of it. */
static ams_status hear_one(const ams_claims *claims, ams_job *job, ams_error *err)
{
    const ams_piece claim = ams_claims_state(claims, job->key);
    bool there = false;
    ams_status status = AMS_OK;
    if (claim.attempt == job->repeats) {
        return AMS_OK; /* nobody has tried, or it is to be done again */
    }
    if (claim.state == AMS_CLAIM_DONE) {
        job->state = AMS_JOB_BEFORE;
    } else if (claim.state == AMS_CLAIM_FAILED) {
        /* Since then it may have been trained without claims. */
        AMS_TRY(ams_job_has_policy(job, &there, err));
        if (there) {
            job->state = AMS_JOB_BEFORE;
        } else {
            int code = 0;
            char text[AMS_JOB_MESSAGE];
            ams_claims_failure(claims, job->key, &code, text, sizeof text);
            ams_job_fail(job, code, text);
        }
    }
out:
    return status;
}

ams_status ams_jobs_hear(const ams_jobs *jobs, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_look(jobs->claims, err));
    for (size_t i = 0; i < jobs->n; i++) {
        if (jobs->job[i]->state == AMS_JOB_WAITING) {
            AMS_TRY(hear_one(jobs->claims, jobs->job[i], err));
        }
    }
out:
    return status;
}

/* The attempt of the job that is not to count: one that failed, where such are wanted; one
 * whose run was removed since; 0: none. */
static ams_status is_to_repeat(const ams_jobs *jobs, const ams_job *job, uint32_t *attempt,
                               ams_error *err)
{
    const ams_piece claim = ams_claims_state(jobs->claims, job->key);
    bool there = true;
    ams_status status = AMS_OK;
    if (claim.state == AMS_CLAIM_DONE && job->request.until == 0) {
        status = ams_job_has_policy(job, &there, err);
    }
    const bool failed = claim.state == AMS_CLAIM_FAILED && jobs->join->failed;
    *attempt = failed || !there ? claim.attempt : 0;
    return status;
}

ams_status ams_jobs_join(const ams_jobs *jobs, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < jobs->n; i++) {
        ams_job *job = jobs->job[i];
        AMS_TRY(ams_job_make_key(job, jobs->data_hash, err));
        AMS_TRY(is_to_repeat(jobs, job, &job->repeats, err));
    }
    status = ams_jobs_hear(jobs, err);
out:
    return status;
}

/* -- which ones -- */

ams_status ams_jobs_settle(const ams_claims *claims, ams_job *job, size_t n, bool *all,
                           ams_error *err)
{
    bool there = false;
    ams_status status = AMS_OK;
    *all = true;
    for (size_t i = 0; i < n; i++) {
        if (job[i].state == AMS_JOB_WAITING && claims != NULL) {
            AMS_TRY(hear_one(claims, &job[i], err));
        } else if (job[i].state == AMS_JOB_WAITING) {
            AMS_TRY(ams_job_has_policy(&job[i], &there, err));
            job[i].state = there ? AMS_JOB_BEFORE : AMS_JOB_WAITING;
        }
        *all = *all && job[i].state >= AMS_JOB_FINISHED;
    }
out:
    return status;
}

ams_status ams_jobs_state_key(const ams_claims *claims, const ams_job *job, size_t n,
                              char **key, ams_error *err)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < n; i++) {
        const ams_piece claim = ams_claims_state(claims, job[i].key);
        const uint32_t outcome[] = {claim.attempt, job[i].state == AMS_JOB_FAILED};
        hash = XXH3_64bits_withSeed(job[i].key, strlen(job[i].key), hash);
        hash = XXH3_64bits_withSeed(outcome, sizeof outcome, hash);
    }
    return ams_format(key, "a claim", err, "tables+%016llx", (unsigned long long)hash);
}

void ams_jobs_select(const ams_join *join, const ams_claims *claims, ams_job *job, size_t n,
                     ams_job **list, size_t *selected)
{
    *selected = 0;
    for (size_t i = 0; i < n; i++) {
        const bool in_shard = join->shard[1] == 0 || i % join->shard[1] == join->shard[0];
        const bool failed =
            claims == NULL ? job[i].failed_before != NULL
                           : ams_claims_state(claims, job[i].key).state == AMS_CLAIM_FAILED;
        if (in_shard && (failed || !join->failed)) {
            list[(*selected)++] = &job[i];
        }
    }
}

/* -- taking -- */

/* The run of a process that was killed on this machine is writing its last checkpoint, which
 * takes a moment; of another machine the file that stands for its lock is left. Meanwhile this
 * process counts, so that others do not take it for dead. What holds the folder for longer is
 * reported by the run. */
static ams_status await_end(const ams_jobs *jobs, const ams_job *job, ams_error *err)
{
    const struct timespec tick = {.tv_nsec = 20000000};
    const double most = ams_seconds() + 20;
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, job->request.directory, "lock", err));
    ams_lock_forget(path);
    while (ams_lock_in_use(path) && ams_seconds() < most) {
        nanosleep(&tick, NULL);
        AMS_TRY(ams_claims_look(jobs->claims, err));
    }
out:
    free(path);
    return status;
}

bool ams_jobs_may_claim(const ams_jobs *jobs, const ams_job *job)
{
    if (job->state != AMS_JOB_WAITING || jobs->claims == NULL) {
        return job->state == AMS_JOB_WAITING;
    }
    const ams_piece claim = ams_claims_state(jobs->claims, job->key);
    const bool ended = claim.state == AMS_CLAIM_DONE || claim.state == AMS_CLAIM_FAILED;
    return claim.state == AMS_CLAIM_FREE || claim.state == AMS_CLAIM_MINE ||
           (ended && claim.attempt == job->repeats);
}

ams_status ams_jobs_claim(const ams_jobs *jobs, ams_job *job, bool *mine, bool *raced,
                          ams_error *err)
{
    ams_piece claim = ams_claims_state(jobs->claims, job->key);
    ams_status status = AMS_OK;
    *raced = false;
    *mine = claim.state == AMS_CLAIM_MINE;
    if (*mine || !ams_jobs_may_claim(jobs, job) ||
        (!claim.taken_over && ams_job_is_locked(job))) {
        return AMS_OK;
    }
    AMS_TRY(ams_claims_take(jobs->claims, job->key, job->repeats, &claim, err));
    *mine = claim.state == AMS_CLAIM_MINE;
    *raced = !*mine;
    if (*mine && claim.taken_over) {
        ams_notice(jobs->progress, "%s is taken over from a process that died", job->name);
        status = await_end(jobs, job, err);
    }
out:
    return status;
}

ams_status ams_jobs_told(const ams_jobs *jobs, const ams_job *job, ams_error *err)
{
    ams_claim_state end = AMS_CLAIM_FREE;
    switch (job->state) {
    case AMS_JOB_WAITING: /* it is ours still, to be started by itself */
    case AMS_JOB_RUNNING:
        return AMS_OK;
    case AMS_JOB_FINISHED:
    case AMS_JOB_BEFORE:
        end = AMS_CLAIM_DONE;
        break;
    case AMS_JOB_STOPPED:
        /* At `until` of its request it has done what it was to do. */
        end = job->request.until > 0 && job->code == 0 ? AMS_CLAIM_DONE : AMS_CLAIM_FREE;
        break;
    default:
        end = AMS_CLAIM_FAILED;
        break;
    }
    return ams_claims_end(jobs->claims, job->key, end, job->code, job->message, err);
}

size_t ams_jobs_first(const ams_jobs *jobs, size_t from)
{
    size_t skip = ams_claims_skip(jobs->claims);
    size_t last = from;
    for (size_t k = 0; k < jobs->n; k++) {
        const size_t i = (from + k) % jobs->n;
        if (ams_jobs_may_claim(jobs, jobs->job[i])) {
            last = i;
            if (skip-- == 0) {
                break;
            }
        }
    }
    return last;
}
