/* Runs of `ams train` as child processes, some at a time, with one progress display for all.
 * Shared by `ams sweep` and `ams tune`. */
#ifndef AMS_CLI_JOBS_H
#define AMS_CLI_JOBS_H

#include "cli/cli.h"
#include "env/table.h"
#include "rl/train/train.h"

#include <jansson.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

typedef enum job_state {
    JOB_WAITING,
    JOB_RUNNING,
    JOB_STOPPED, /* without a policy: by a signal, or at --until; a checkpoint was written, or
                    there was nothing to keep yet */
    JOB_FINISHED,
    JOB_BEFORE, /* had finished before */
    JOB_FAILED,
    JOB_STATES
} job_state;
extern const char *const job_state_names[JOB_STATES];

/* What a process that trains many runs tells of one of them. In memory that processes share. */
typedef struct job_told {
    atomic_int state; /* a job_state; JOB_RUNNING until the rest is there */
    int code;
    char message[512];
} job_told;

/* A run of `ams train` in its folder: a process, or with others of its batch part of one. */
typedef struct job {
    char label[AMS_TEXT_MAX]; /* "dqn,lr=0.001" */
    uint64_t seed;
    char *name;        /* "dqn,lr=0.001-1" */
    char *directory;   /* EXP/runs/NAME */
    char *log;         /* EXP/logs/NAME.log: stdout and stderr of the process */
    char **argv;       /* NULL-terminated */
    uint64_t from, to; /* updates that are this process' work, for the progress display */
    job_state state;
    bool was_finished; /* when it was started */
    uint32_t batch;    /* not 0: a device trains it with the others of that number */
    job_told *told;    /* of a batch's job, while jobs_run runs */
    pid_t pid;         /* of a job by itself */
    int code;          /* exit code, 128 + number for a signal */
    char message[512];
} job;
/* Frees what the job holds, not the job. */
void job_fini(job *j);

typedef struct jobs {
    const char *command; /* "ams sweep", for messages */
    const char *note;    /* in front of the progress note: "rung 1 of 3: "; "" for none */
    job **job;           /* (n) borrowed; those WAITING are run */
    size_t n;
    uint64_t side_by_side; /* processes; one of them may train a batch */
    uint64_t together;     /* most runs of a batch at once */
    const sigset_t *mask;  /* of jobs_hold_signals, which the processes get back */
    cli_progress *bar;     /* begun by the caller */
    /* Updates in other phases of the same bar: done already, and of all phases with this one.
     */
    double done_before, total;
    /* After each job that failed. */
    ams_status (*failed)(void *context, ams_error *err);
    void *context;
    /* jobs_run's own: the process of a batch, 0: none; memory for what batches tell. */
    pid_t batch_pid;
    uint32_t batch;
    job_told *told; /* (n) */
} jobs;

/* -- jobs_device.c, for jobs.c -- */

/* Gives the waiting jobs their batches, and memory for what these tell. */
ams_status jobs_form_batches(jobs *all, ams_error *err);
void jobs_forget_batches(jobs *all);
/* Starts the process that trains the waiting jobs of that batch. */
ams_status jobs_start_batch(jobs *all, uint32_t batch, ams_error *err);
/* What its jobs have told since, and whether it has ended. Jobs that it leaves to be started by
 * themselves wait again. */
ams_status jobs_reap_batch(jobs *all, bool stopping, ams_error *err);

/* -- jobs.c -- */

/* After a job has failed: says so, and lets the caller note it. */
ams_status jobs_tell_failure(const jobs *all, const job *run, ams_error *err);
/* Whether it is finished. */
ams_status jobs_has_policy(const job *run, bool *there, ams_error *err);
/* A signal that ended its process. */
void jobs_ended_by(job *run, int number);

/* From here on SIGINT and SIGTERM come only where jobs_run waits for them, so that none can
 * come between two rungs or while files are written. *mask: what to give back. */
void jobs_hold_signals(sigset_t *mask);
/* One that came too late to stop anything is dropped. */
void jobs_release_signals(const sigset_t *mask);
/* Runs all, those that a GPU can train together in one process, one batch after the other;
 * *stopped by SIGINT or SIGTERM, which the processes get passed on. */
ams_status jobs_run(jobs *all, bool *stopped, ams_error *err);
size_t jobs_count(const jobs *all, job_state state);

/* -j: 1 to 1024, by default one a processor. */
ams_status jobs_side_by_side(const cli_args *args, uint64_t *side_by_side, ams_error *err);
/* Runs that a device trains at once: -j, by default 256. */
uint64_t jobs_together(const cli_args *args, uint64_t side_by_side);
/* --memory: what runs side by side share, in MB; 0 where it is not given. */
ams_status jobs_memory(const cli_args *args, uint64_t *memory_mb, ams_error *err);
/* What that leaves to each of n runs, side_by_side of them at a time: at least 1, 0 for 0. */
uint64_t jobs_memory_share(uint64_t memory_mb, uint64_t side_by_side, size_t n);
/* Checks the outputs file once, in windows, instead of once in every run. */
ams_status jobs_check_data(const char *path, uint64_t memory_mb, char hash[AMS_HASH_TEXT],
                           ams_error *err);

/* EXP/runs, EXP/logs and EXP/lock, which is taken; close(*lock) gives it back.
 * @return AMS_USAGE if another process has it. */
ams_status jobs_open_folder(const char *directory, int *lock, ams_error *err);
/* EXP/failed.tsv: a header, and a row a failed run. */
ams_status jobs_write_failed(const char *directory, job *const *run, size_t n, ams_error *err);
/* What failed, to stdout; returns the first one's exit code as a status. */
ams_status jobs_print_failed(job *const *run, size_t n);

/* vasprintf with a status. */
ams_status cli_format(char **text, ams_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "2025-01-31T12:00:00Z" */
void cli_now(char text[32]);

/* DIRECTORY/NAME, whole or not at all; takes json (NULL: it could not be made, which is told).
 */
ams_status jobs_write_json(const char *directory, const char *name, json_t *json,
                           ams_error *err);

#endif
