/* Runs as child processes, some at a time. */
#include "cli/jobs.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *const job_state_names[JOB_STATES] = {"waiting",  "running",  "stopped",
                                                 "finished", "finished", "failed"};

void job_fini(job *j)
{
    for (size_t i = 0; j->argv != NULL && j->argv[i] != NULL; i++) {
        free(j->argv[i]);
    }
    free(j->argv);
    free(j->name);
    free(j->directory);
    free(j->log);
    *j = (job){0};
}

size_t jobs_count(const jobs *all, job_state state)
{
    size_t count = 0;
    for (size_t r = 0; r < all->n; r++) {
        count += all->job[r]->state == state;
    }
    return count;
}

ams_status jobs_has_policy(const job *run, bool *there, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, run->directory, "policy.ams", err);
    *there = status == AMS_OK && ams_exists(path);
    free(path);
    return status;
}

/* Between fork and exec. A process group of its own, so that Ctrl-C comes once, through
 * this process; one that is killed takes its runs along, which write checkpoints. */
static void become(const job *run, int log, int nothing, pid_t parent, const sigset_t *mask)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(AMS_BACKEND);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv("/proc/self/exe", run->argv);
    perror("ams: cannot execute /proc/self/exe");
    _exit(AMS_BACKEND);
}

static ams_status start(job *run, const sigset_t *mask, ams_error *err)
{
    pid_t self = getpid();
    ams_status status = jobs_has_policy(run, &run->was_finished, err);
    if (status != AMS_OK) {
        return status;
    }
    int log = open(run->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || nothing < 0) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", run->log, strerror(errno));
    } else {
        run->pid = fork();
        if (run->pid == 0) {
            become(run, log, nothing, self, mask);
        } else if (run->pid < 0) {
            status = ams_fail(err, AMS_BACKEND, "cannot start a process for %s: %s", run->name,
                              strerror(errno));
        } else {
            run->state = JOB_RUNNING;
        }
    }
    if (log >= 0) {
        close(log);
    }
    if (nothing >= 0) {
        close(nothing);
    }
    return status;
}

/* The last line of the log that says something, without the program's name. */
static void last_words(job *run)
{
    static const char name[] = "ams train: ";
    char *text = NULL;
    size_t size = 0;
    snprintf(run->message, sizeof run->message, "no message in %s", run->log);
    if (ams_read_file(run->log, 1 << 28, &text, &size, NULL) != AMS_OK) {
        return;
    }
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        text[--size] = '\0';
    }
    char *line = strrchr(text, '\n');
    line = line == NULL ? text : line + 1;
    line += strncmp(line, name, sizeof name - 1) == 0 ? sizeof name - 1 : 0;
    for (char *at = line; *at != '\0'; at++) {
        *at = *at == '\t' || *at == '\r' ? ' ' : *at;
    }
    if (*line != '\0') {
        snprintf(run->message, sizeof run->message, "%s", line);
    }
    free(text);
}

void jobs_ended_by(job *run, int number)
{
    run->state = JOB_FAILED;
    run->code = 128 + number;
    snprintf(run->message, sizeof run->message, "ended by signal %d (%s)", number,
             strsignal(number));
}

ams_status jobs_tell_failure(const jobs *all, const job *run, ams_error *err)
{
    fprintf(stderr, "%s: %s failed: %s\n", all->command, run->name, run->message);
    return all->failed(all->context, err);
}

static ams_status settle(job *run, int how, bool stopping, ams_error *err)
{
    bool there = false;
    ams_status status = jobs_has_policy(run, &there, err);
    run->pid = 0;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) {
        job_state done = run->was_finished ? JOB_BEFORE : JOB_FINISHED;
        run->state = there ? done : JOB_STOPPED;
    } else if (WIFSIGNALED(how) && stopping) {
        run->state = JOB_STOPPED; /* before it could catch the signal, or at a second one */
    } else if (WIFSIGNALED(how)) {
        jobs_ended_by(run, WTERMSIG(how));
    } else {
        run->state = JOB_FAILED;
        run->code = WEXITSTATUS(how);
        last_words(run);
    }
    return status;
}

/* Whatever has ended; none of other processes' children is waited for. */
static ams_status reap(const jobs *all, bool stopping, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t r = 0; r < all->n; r++) {
        int how = 0;
        job *run = all->job[r];
        if (run->state != JOB_RUNNING || run->batch > 0 ||
            waitpid(run->pid, &how, WNOHANG) != run->pid) {
            continue;
        }
        AMS_TRY(settle(run, how, stopping, err));
        if (run->state == JOB_FAILED) {
            AMS_TRY(jobs_tell_failure(all, run, err));
        }
    }
out:
    return status;
}

static uint64_t processes(const jobs *all)
{
    uint64_t n = all->batch_pid > 0 ? 1 : 0;
    for (size_t r = 0; r < all->n; r++) {
        n += all->job[r]->state == JOB_RUNNING && all->job[r]->batch == 0;
    }
    return n;
}

/* Batches one after the other: two would share the GPU's time and its memory. */
static ams_status fill(jobs *all, ams_error *err)
{
    uint64_t running = processes(all);
    ams_status status = AMS_OK;
    for (size_t r = 0; r < all->n && running < all->side_by_side; r++) {
        job *run = all->job[r];
        if (run->state != JOB_WAITING || (run->batch > 0 && all->batch_pid > 0)) {
            continue;
        }
        if (run->batch > 0) {
            AMS_TRY(jobs_start_batch(all, run->batch, err));
        } else {
            AMS_TRY(start(run, all->mask, err));
        }
        running++;
    }
out:
    return status;
}

static void pass_on(const jobs *all)
{
    if (all->batch_pid > 0) {
        kill(all->batch_pid, SIGTERM); /* once: the second would end it */
    }
    for (size_t r = 0; r < all->n; r++) {
        if (all->job[r]->state == JOB_RUNNING && all->job[r]->batch == 0) {
            kill(all->job[r]->pid, SIGTERM);
        }
    }
}

static bool is_locked(const job *run)
{
    char *path = NULL;
    if (ams_join_path(&path, run->directory, "lock", NULL) != AMS_OK) {
        return false;
    }
    int lock = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    bool locked = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (lock >= 0) {
        close(lock);
    }
    return locked;
}

/* Runs whose parent was killed are writing their last checkpoint: begun now, the same ones
 * would be refused. What holds a folder for longer is told by its process. */
static void await_orphans(const jobs *all, const sigset_t *awaited, bool *stopped)
{
    const struct timespec tick = {.tv_nsec = 50000000};
    double most = ams_seconds() + 20;
    for (size_t r = 0; r < all->n && !*stopped; r++) {
        while (all->job[r]->state == JOB_WAITING && is_locked(all->job[r]) && !*stopped &&
               ams_seconds() < most) {
            int number = sigtimedwait(awaited, NULL, &tick);
            *stopped = number == SIGINT || number == SIGTERM;
        }
    }
}

/* -- progress -- */

/* The update of the last whole line of timing.tsv, to which a run adds one every log_every
 * updates; 0 where there is none yet. Nothing but the display depends on it. */
static uint64_t last_update(const job *run)
{
    enum { TAIL = 192 }; /* longer than two lines */
    char text[TAIL + 1];
    char *path = NULL;
    uint64_t update = 0;
    if (ams_join_path(&path, run->directory, "timing.tsv", NULL) != AMS_OK) {
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

/* Updates of the job's work that are done. */
static double work_done(const job *run)
{
    if (run->state == JOB_WAITING) {
        return 0;
    }
    double work = (double)(run->to - run->from);
    if (run->state != JOB_RUNNING) {
        return work; /* also of a failed one: there is nothing left to do */
    }
    uint64_t at = last_update(run);
    double done = at > run->from ? (double)(at - run->from) : 0;
    return done < work ? done : work;
}

static void show(const jobs *all)
{
    char note[256];
    double done = all->done_before;
    size_t running = jobs_count(all, JOB_RUNNING);
    size_t left = running + jobs_count(all, JOB_WAITING);
    size_t used = (size_t)snprintf(note, sizeof note, "%s%zu of %zu runs done", all->note,
                                   all->n - left, all->n);
    for (size_t r = 0; r < all->n; r++) {
        const job *run = all->job[r];
        double work = work_done(run);
        done += work;
        if (run->state == JOB_RUNNING && used < sizeof note) {
            used += (size_t)snprintf(note + used, sizeof note - used, ", %s %.0f %%", run->name,
                                     100 * work / (double)(run->to - run->from));
        }
    }
    cli_progress_update(all->bar, done, all->total, note);
}

/* An error of our own still lets the running ones end well. */
static void abandon(const jobs *all)
{
    pass_on(all);
    if (all->batch_pid > 0) {
        waitpid(all->batch_pid, NULL, 0);
    }
    for (size_t r = 0; r < all->n; r++) {
        if (all->job[r]->state == JOB_RUNNING && all->job[r]->batch == 0) {
            waitpid(all->job[r]->pid, NULL, 0);
        }
        if (all->job[r]->state == JOB_RUNNING) {
            all->job[r]->state = JOB_STOPPED;
        }
    }
}

static sigset_t awaited_signals(void)
{
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    return awaited;
}

void jobs_hold_signals(sigset_t *mask)
{
    const sigset_t awaited = awaited_signals();
    sigprocmask(SIG_BLOCK, &awaited, mask);
}

void jobs_release_signals(const sigset_t *mask)
{
    const struct timespec nothing = {0};
    const sigset_t awaited = awaited_signals();
    while (sigtimedwait(&awaited, NULL, &nothing) > 0) {
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
}

ams_status jobs_run(jobs *all, bool *stopped, ams_error *err)
{
    const sigset_t awaited = awaited_signals();
    ams_status status = AMS_OK;
    AMS_TRY(jobs_form_batches(all, err));
    await_orphans(all, &awaited, stopped);
    for (;;) {
        const struct timespec half_second = {.tv_nsec = 500000000};
        AMS_TRY(reap(all, *stopped, err));
        AMS_TRY(jobs_reap_batch(all, *stopped, err));
        if (!*stopped) {
            AMS_TRY(fill(all, err));
        }
        if (processes(all) == 0) {
            break;
        }
        show(all);
        int number = sigtimedwait(&awaited, NULL, &half_second);
        if (number == SIGINT || number == SIGTERM) {
            *stopped = true;
            pass_on(all);
        }
    }
out:
    if (status != AMS_OK) {
        abandon(all);
    }
    jobs_forget_batches(all);
    return status;
}
