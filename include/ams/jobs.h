/* Training runs as child processes, several at a time, with one progress display for all.
 * Shared by sweeps and searches.
 *
 * Runs that a GPU can train together become one process, one batch of them after the other: two
 * would share the GPU's time and its memory. The process that calls ams_jobs_run never touches
 * the device, since a CUDA context does not outlive a fork. */
#ifndef AMS_JOBS_H
#define AMS_JOBS_H

#include "ams/batch.h"
#include "ams/children.h"
#include "ams/claims.h"
#include "ams/job.h"
#include "ams/progress.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who makes the processes: a library does not know which program it is part of. */
typedef struct ams_jobs_spawner {
    void *context;
    const sigset_t *mask; /* of ams_children_hold_signals; programs get it back */
    /* The program that trains one job by itself. `words` ("ams", "train", ...) is the command
     * line of the job's request, and lives until the job is started. Sets child->program and
     * child->argv, or child->body and its context. */
    ams_status (*alone)(void *context, const ams_job *job, char *const *words, ams_child *child,
                        ams_error *err);
    /* In a fork of this process: trains the batch by ams_batch_train, and returns the exit
     * code. Signals are held, and the parent's files are open. */
    int (*together)(void *context, const ams_batch *batch);
} ams_jobs_spawner;

/* All zero but for job, n, side_by_side, together and spawner is valid. */
typedef struct ams_jobs {
    ams_job *const *job; /* (n) borrowed; those AMS_JOB_WAITING are run */
    size_t n;
    uint64_t side_by_side; /* processes, >= 1; one of them may train a batch */
    uint64_t together;     /* most runs of a batch that a device trains at once, >= 1 */
    const ams_jobs_spawner *spawner;
    /* Hears how far all are, and of each failure as it comes. May be NULL. */
    const ams_progress *progress;
    const char *note; /* in front of the progress note: "rung 1 of 3: "; NULL: nothing */
    /* Updates in other phases of the same display: done already, and of all with this one. */
    double done_before, total;
    /* After each job that failed; may be NULL. */
    ams_status (*failed)(void *context, ams_error *err);
    void *context;
    /* Shared with other processes; NULL: not. Each job is then begun by whoever claims it, and
     * the call returns when all are done here or elsewhere, where `join` says nothing else. */
    struct ams_claims *claims;
    const ams_join *join;
    const char *data_hash; /* part of what names a job to the others */
    double until;          /* as of ams_children; 0: never */
} ams_jobs;

/* Runs all. SIGINT, SIGTERM and SIGUSR1, which have to be held (ams_children_hold_signals), set
 * *stopped and are passed on to the processes, which write checkpoints.
 *
 * A job that fails leaves the others alone. Where the call itself fails, what still runs is
 * stopped and waited for.
 * @return AMS_IO, AMS_BACKEND, or the status of `failed`. */
ams_status ams_jobs_run(const ams_jobs *jobs, int *stopped, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
