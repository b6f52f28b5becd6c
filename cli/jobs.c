#include "cli/jobs.h"

#include "console/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

ams_status cli_print_failed(ams_job *const *job, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (job[i]->state == AMS_JOB_FAILED) {
            printf("  failed: %s: %s\n", job[i]->name, job[i]->message);
        }
    }
    return ams_jobs_first_failure(job, n);
}

/* -- options -- */

ams_status cli_get_join(const cli_args *args, ams_join *join, ams_error *err)
{
    join->on = join->on || join->shard[1] > 0;
    if (!join->on && (join->leave || join->patience > 0)) {
        return ams_fail(err, AMS_USAGE, "%s says how to share: expected --join with it",
                        join->leave ? "--no-wait" : "--patience");
    }
    if (join->on && !cli_has(args, "--until")) {
        join->seconds = cli_batch_seconds();
    }
    return AMS_OK;
}

ams_status cli_left(const ams_join *join, int stopped)
{
    return (join->on || join->seconds > 0) && stopped != SIGINT ? AMS_LEFT
                                                                : cli_stopped_by(stopped);
}

/* -- processes -- */

static ams_status train_alone(void *context, const ams_job *job, char *const *words,
                              ams_child *child, ams_error *err)
{
    (void)context;
    (void)job;
    (void)err;
    child->program = "/proc/self/exe";
    child->argv = words;
    return AMS_OK;
}

/* Each run holds three files open. */
static void allow_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* else the run that finds none left says so */
    }
}

/* In the process of a batch. What it has to say of all its runs goes to the terminal, and what
 * else would be printed to the first run's log. Files of the parent are closed, its lock among
 * them. Signals are caught before they are let in again. */
static int train_together(void *context, const ams_batch *batch)
{
    const sigset_t *mask = context;
    cli_progress bar = {.command = "ams train"};
    const ams_progress progress = cli_progress_listener(&bar);
    const volatile sig_atomic_t *stop = cli_catch_signals();
    signal(SIGPIPE, SIG_IGN); /* of a terminal that is gone */
    int log = open(batch->job[0]->log, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        close_range(STDERR_FILENO + 1, ~0U, 0) != 0) {
        return AMS_BACKEND;
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    allow_files();
    ams_batch_train(batch, stop, &progress);
    return AMS_OK;
}

ams_jobs_spawner cli_spawner(sigset_t *mask)
{
    return (ams_jobs_spawner){
        .context = mask, .mask = mask, .alone = train_alone, .together = train_together};
}
