/* Runs as child processes, some at a time. */
#include "cli/sweep.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *const sweep_state_names[SWEEP_STATES] = {"waiting",  "running",  "stopped",
                                                     "finished", "finished", "failed"};

size_t sweep_count(const sweep *s, sweep_state state)
{
    size_t count = 0;
    for (size_t r = 0; r < s->n_runs; r++) {
        count += s->run[r].state == state;
    }
    return count;
}

static ams_status has_policy(const sweep_run *run, bool *there, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, run->directory, "policy.ams", err);
    *there = status == AMS_OK && ams_exists(path);
    free(path);
    return status;
}

/* Between fork and exec. A process group of its own, so that Ctrl-C comes once, through the
 * sweep; a sweep that is killed takes its runs along, which write checkpoints. */
static void become(const sweep_run *run, int log, int nothing, pid_t parent,
                   const sigset_t *mask)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(AMS_BACKEND);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv("/proc/self/exe", run->argv);
    perror("ams sweep: cannot execute /proc/self/exe");
    _exit(AMS_BACKEND);
}

static ams_status start(sweep_run *run, const sigset_t *mask, ams_error *err)
{
    pid_t self = getpid();
    ams_status status = has_policy(run, &run->was_finished, err);
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
            run->state = SWEEP_RUNNING;
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
static void last_words(sweep_run *run)
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

static ams_status settle(sweep_run *run, int how, bool stopping, ams_error *err)
{
    bool there = false;
    ams_status status = has_policy(run, &there, err);
    run->pid = 0;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) {
        sweep_state done = run->was_finished ? SWEEP_BEFORE : SWEEP_FINISHED;
        run->state = there ? done : SWEEP_STOPPED;
    } else if (WIFSIGNALED(how) && stopping) {
        run->state = SWEEP_STOPPED; /* before it could catch the signal, or at a second one */
    } else if (WIFSIGNALED(how)) {
        run->state = SWEEP_FAILED;
        run->code = 128 + WTERMSIG(how);
        snprintf(run->message, sizeof run->message, "ended by signal %d (%s)", WTERMSIG(how),
                 strsignal(WTERMSIG(how)));
    } else {
        run->state = SWEEP_FAILED;
        run->code = WEXITSTATUS(how);
        last_words(run);
    }
    return status;
}

/* Whatever has ended; none of other processes' children is waited for. */
static ams_status reap(sweep *s, bool stopping,
                       ams_status (*failed)(const sweep *s, ams_error *err), ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t r = 0; r < s->n_runs; r++) {
        int how = 0;
        sweep_run *run = &s->run[r];
        if (run->state != SWEEP_RUNNING || waitpid(run->pid, &how, WNOHANG) != run->pid) {
            continue;
        }
        AMS_TRY(settle(run, how, stopping, err));
        if (run->state == SWEEP_FAILED) {
            fprintf(stderr, "ams sweep: %s failed: %s\n", run->name, run->message);
            AMS_TRY(failed(s, err));
        }
    }
out:
    return status;
}

static ams_status fill(sweep *s, size_t *next, const sigset_t *mask, ams_error *err)
{
    ams_status status = AMS_OK;
    while (*next < s->n_runs && sweep_count(s, SWEEP_RUNNING) < s->jobs && status == AMS_OK) {
        status = start(&s->run[*next], mask, err);
        *next += status == AMS_OK;
    }
    return status;
}

static void pass_on(const sweep *s)
{
    for (size_t r = 0; r < s->n_runs; r++) {
        if (s->run[r].state == SWEEP_RUNNING) {
            kill(s->run[r].pid, SIGTERM);
        }
    }
}

static void show(const sweep *s, cli_progress *bar)
{
    char note[64];
    size_t running = sweep_count(s, SWEEP_RUNNING);
    size_t waiting = sweep_count(s, SWEEP_WAITING);
    snprintf(note, sizeof note, "%zu of %zu runs done, %zu running",
             s->n_runs - running - waiting, s->n_runs, running);
    cli_progress_update(bar, (double)(s->n_runs - running - waiting), (double)s->n_runs, note);
}

/* An error of our own still lets the running ones end well. */
static void abandon(sweep *s)
{
    pass_on(s);
    for (size_t r = 0; r < s->n_runs; r++) {
        if (s->run[r].state == SWEEP_RUNNING) {
            waitpid(s->run[r].pid, NULL, 0);
            s->run[r].state = SWEEP_STOPPED;
        }
    }
}

ams_status sweep_jobs(sweep *s, bool *stopped,
                      ams_status (*failed)(const sweep *s, ams_error *err), ams_error *err)
{
    sigset_t awaited;
    sigset_t mask;
    cli_progress bar;
    size_t next = 0;
    ams_status status = AMS_OK;
    /* Blocked and waited for: no handler, nothing that could come between. */
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &awaited, &mask);
    cli_progress_begin(&bar, "ams sweep");
    for (;;) {
        const struct timespec half_second = {.tv_nsec = 500000000};
        AMS_TRY(reap(s, *stopped, failed, err));
        if (!*stopped) {
            AMS_TRY(fill(s, &next, &mask, err));
        }
        if (sweep_count(s, SWEEP_RUNNING) == 0) {
            break;
        }
        show(s, &bar);
        int number = sigtimedwait(&awaited, NULL, &half_second);
        if (number == SIGINT || number == SIGTERM) {
            *stopped = true;
            pass_on(s);
        }
    }
out:
    if (status != AMS_OK) {
        abandon(s);
    }
    cli_progress_end(&bar);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return status;
}
