/* Runs that a GPU trains together: one process a batch, which is forked but executes nothing
 * else, so that it has the jobs as they are and tells what becomes of each in shared memory.
 * It alone touches the device: a CUDA context does not outlive a fork. */
#include "cli/train_together.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

ams_status jobs_form_batches(jobs *all, ams_error *err)
{
    if (train_form_batches(all->job, all->n) == 0) {
        return AMS_OK;
    }
    const size_t bytes = all->n * sizeof *all->told;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return ams_no_memory(err, bytes, "what batches tell");
    }
    all->told = memory;
    for (size_t r = 0; r < all->n; r++) {
        all->job[r]->told = &all->told[r];
    }
    return AMS_OK;
}

void jobs_forget_batches(jobs *all)
{
    if (all->told != NULL) {
        (void)munmap(all->told, all->n * sizeof *all->told);
    }
    all->told = NULL;
    for (size_t r = 0; r < all->n; r++) {
        all->job[r]->told = NULL;
        all->job[r]->batch = 0;
    }
}

/* The log as a process of its own would begin it. */
static ams_status begin_log(const job *run, int *log, ams_error *err)
{
    *log = open(run->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    return *log >= 0 ? AMS_OK
                     : ams_fail(err, AMS_IO, "cannot write %s: %s", run->log, strerror(errno));
}

/* In the process of the batch: as become() in jobs.c, but that what it has to say of the batch
 * goes to the terminal. Files of the parent are closed, its lock among them. */
static void become_batch(const jobs *all, job *const *run, size_t n, int log, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_IGN); /* of a terminal that is gone */
    if (getppid() != parent || dup2(log, STDOUT_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0U, 0) != 0) {
        _exit(AMS_BACKEND);
    }
    train_together(run, n, all->mask, (size_t)all->together);
    exit(AMS_OK);
}

/* Jobs of the batch that wait, in *list, whose states become JOB_RUNNING. */
static ams_status gather(const jobs *all, job **list, size_t *n, int *log, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t r = 0; r < all->n; r++) {
        job *run = all->job[r];
        int opened = -1;
        if (run->batch != all->batch || run->state != JOB_WAITING) {
            continue;
        }
        AMS_TRY(jobs_has_policy(run, &run->was_finished, err));
        AMS_TRY(begin_log(run, &opened, err));
        if (*log < 0) {
            *log = opened;
        } else {
            close(opened);
        }
        atomic_store(&run->told->state, JOB_RUNNING);
        list[(*n)++] = run;
    }
out:
    return status;
}

ams_status jobs_start_batch(jobs *all, uint32_t batch, ams_error *err)
{
    const pid_t self = getpid();
    job **list = NULL;
    size_t n = 0;
    int log = -1;
    ams_status status = AMS_OK;
    all->batch = batch;
    AMS_TRY(ams_alloc(&list, all->n, sizeof(job *), "runs", err));
    AMS_TRY(gather(all, list, &n, &log, err));
    fflush(NULL); /* else both would write what waits */
    all->batch_pid = fork();
    if (all->batch_pid == 0) {
        become_batch(all, list, n, log, self);
    }
    if (all->batch_pid < 0) {
        all->batch_pid = 0;
        status = ams_fail(err, AMS_BACKEND, "cannot start a process for %zu runs: %s", n,
                          strerror(errno));
        goto out;
    }
    setpgid(all->batch_pid, all->batch_pid);
    for (size_t r = 0; r < n; r++) {
        list[r]->state = JOB_RUNNING;
    }
out:
    free(list);
    if (log >= 0) {
        close(log);
    }
    return status;
}

/* What the job's process has told of it. */
static ams_status settle(const jobs *all, job *run, ams_error *err)
{
    run->state = (job_state)atomic_load(&run->told->state);
    run->code = run->told->code;
    snprintf(run->message, sizeof run->message, "%s", run->told->message);
    if (run->state == JOB_WAITING) {
        run->batch = 0;
    }
    return run->state == JOB_FAILED ? jobs_tell_failure(all, run, err) : AMS_OK;
}

/* The process ended without a word of it. */
static ams_status settle_lost(const jobs *all, job *run, int how, bool stopping, ams_error *err)
{
    if (stopping) {
        run->state = JOB_STOPPED;
        return AMS_OK;
    }
    if (WIFSIGNALED(how)) {
        jobs_ended_by(run, WTERMSIG(how));
    } else {
        run->state = JOB_FAILED;
        run->code = AMS_BACKEND;
        snprintf(run->message, sizeof run->message,
                 "the process that trained it with others ended with code %d",
                 WEXITSTATUS(how));
    }
    return jobs_tell_failure(all, run, err);
}

ams_status jobs_reap_batch(jobs *all, bool stopping, ams_error *err)
{
    int how = 0;
    ams_status status = AMS_OK;
    if (all->batch_pid == 0) {
        return AMS_OK;
    }
    /* Before what was told is read, so that nothing can be told after it. */
    const bool over = waitpid(all->batch_pid, &how, WNOHANG) == all->batch_pid;
    all->batch_pid = over ? 0 : all->batch_pid;
    for (size_t r = 0; r < all->n; r++) {
        job *run = all->job[r];
        if (run->state != JOB_RUNNING || run->batch != all->batch) {
            continue;
        }
        if (atomic_load(&run->told->state) != JOB_RUNNING) {
            AMS_TRY(settle(all, run, err));
        } else if (over) {
            AMS_TRY(settle_lost(all, run, how, stopping, err));
        }
    }
out:
    return status;
}
