/* A training run as a job: what it is asked for, and what has become of it. */
#ifndef AMS_JOB_H
#define AMS_JOB_H

#include "ams/training_request.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_job_state {
    AMS_JOB_WAITING,
    AMS_JOB_RUNNING,
    AMS_JOB_STOPPED, /* without a policy: by a signal, or at `until`; a checkpoint was written,
                        or there was nothing to keep yet */
    AMS_JOB_FINISHED,
    AMS_JOB_BEFORE, /* had finished before */
    AMS_JOB_FAILED,
    AMS_JOB_STATES
} ams_job_state;
extern const char *const ams_job_state_names[AMS_JOB_STATES];

enum { AMS_JOB_MESSAGE = 512 };

struct ams_job_report;

typedef struct ams_job {
    ams_training_request request;
    char label[AMS_TEXT_MAX]; /* "dqn,lr=0.001" */
    uint64_t seed;
    char *name;        /* "dqn,lr=0.001-1" */
    char *log;         /* EXP/logs/NAME.log: what its training prints */
    uint64_t from, to; /* updates that are the job's work, for the progress display */
    ams_job_state state;
    int code;                      /* of a failed or stopped one: exit code, 128 + number for a
                                      signal; 0: stopped at `until` */
    char message[AMS_JOB_MESSAGE]; /* of a failed one: why */
    /* -- of ams_jobs_run -- */
    bool was_finished; /* when it was started */
    uint32_t batch;    /* not 0: a device trains it with the others of that number */
    char *key;         /* of what others share: the piece of work that it is */
    uint32_t repeats;  /* the attempt that does not count, as it failed; 0: none */
    /* What EXP/failed.tsv says of it from an earlier call, for as long as it is not done again;
     * NULL: nothing. */
    char *failed_before;
    int code_before;
    struct ams_job_report *report; /* of a job in a batch, while ams_jobs_run runs */
} ams_job;

/* Label, seed, and the names in the experiment's folder that follow from them: the run is
 * EXP/runs/LABEL-SEED. The request's other members are the caller's to set before or after.
 * @return AMS_BACKEND. */
ams_status ams_job_name(ams_job *job, const char *experiment, const char *label, uint64_t seed,
                        ams_error *err);
/* Frees what the job holds, not the job; an all-zero one is valid. */
void ams_job_fini(ams_job *job);

/* Whether its run is finished. */
ams_status ams_job_has_policy(const ams_job *job, bool *there, ams_error *err);
/* Fails it with that code and message, cut to its room. */
void ams_job_fail(ams_job *job, int code, const char *message);
/* Whether another process works in the job's folder. */
bool ams_job_is_locked(const ams_job *job);
/* Updates of the job's work that are done; for a display alone. */
double ams_job_work_done(const ams_job *job);

/* How many of n jobs are in that state. */
size_t ams_jobs_count(ams_job *const *job, size_t n, ams_job_state state);
/* The exit code of the first of n jobs that failed, as a status; AMS_BACKEND where none did or
 * it is none of ours. */
ams_status ams_jobs_first_failure(ams_job *const *job, size_t n);

#ifdef __cplusplus
}
#endif
#endif
