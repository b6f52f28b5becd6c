#include "ams/children.h"

#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct child_process {
    pid_t pid;
    size_t key;
    double begun;
} child_process;

typedef struct child_pool {
    const ams_children *children;
    const sigset_t *mask;
    child_process *running; /* (n) */
    size_t n, capacity;
} child_pool;

/* -- signals -- */

static sigset_t held_signals(void)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGUSR1);
    return held;
}

void ams_children_hold_signals(sigset_t *mask)
{
    const sigset_t held = held_signals();
    sigprocmask(SIG_BLOCK, &held, mask);
}

void ams_children_release_signals(const sigset_t *mask)
{
    const struct timespec nothing = {0};
    const sigset_t held = held_signals();
    while (sigtimedwait(&held, NULL, &nothing) > 0) {
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
}

int ams_children_interrupted(double seconds)
{
    const sigset_t held = held_signals();
    struct timespec most = {.tv_sec = (time_t)seconds};
    most.tv_nsec = (long)((seconds - (double)most.tv_sec) * 1e9);
    int number = sigtimedwait(&held, NULL, &most);
    return number == SIGINT || number == SIGTERM || number == SIGUSR1 ? number : 0;
}

/* -- start -- */

/* The files that a start needs open in both processes; -1: none. */
typedef struct child_files {
    int nothing; /* /dev/null */
    int log;
    int report[2]; /* a pipe: the reason why the program could not be executed */
} child_files;

static void close_files(child_files *files)
{
    int *const all[] = {&files->nothing, &files->log, &files->report[0], &files->report[1]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (*all[i] >= 0) {
            close(*all[i]);
        }
        *all[i] = -1;
    }
}

static ams_status open_files(child_files *files, const ams_child *child, ams_error *err)
{
    files->nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (files->nothing < 0) {
        return ams_fail(err, AMS_IO, "cannot open /dev/null: %s", strerror(errno));
    }
    if (child->log != NULL) {
        files->log = open(child->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (files->log < 0) {
            return ams_fail(err, AMS_IO, "cannot write %s: %s", child->log, strerror(errno));
        }
    }
    if (child->program != NULL && pipe2(files->report, O_CLOEXEC) != 0) {
        return ams_fail(err, AMS_BACKEND, "cannot start a process for %s: %s", child->name,
                        strerror(errno));
    }
    return AMS_OK;
}

/* The new process, up to the program or the body. */
static _Noreturn void become(const ams_child *child, child_files *files, pid_t parent,
                             const sigset_t *mask)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    bool ready = getppid() == parent && dup2(files->nothing, STDIN_FILENO) >= 0;
    if (ready && files->log >= 0) {
        ready = dup2(files->log, STDOUT_FILENO) >= 0 && dup2(files->log, STDERR_FILENO) >= 0;
    }
    if (ready && child->handed != NULL) {
        ready = fcntl(*child->handed, F_SETFD, 0) == 0;
        ams_lock_adopt(*child->handed);
    }
    if (!ready) {
        _exit(AMS_BACKEND);
    }
    if (child->program == NULL) {
        close_files(files);
        exit(child->body(child->context));
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv(child->program, child->argv);
    const int reason = errno;
    (void)!write(files->report[1], &reason, sizeof reason);
    _exit(AMS_BACKEND);
}

/* Waits until the program runs: executing it closes its end of the pipe. */
static ams_status await_program(const ams_child *child, child_files *files, pid_t pid,
                                ams_error *err)
{
    int reason = 0;
    ssize_t n = 0;
    close(files->report[1]);
    files->report[1] = -1;
    do {
        n = read(files->report[0], &reason, sizeof reason);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof reason) {
        return AMS_OK;
    }
    waitpid(pid, NULL, 0);
    return ams_fail(err, AMS_BACKEND, "cannot execute %s for %s: %s", child->program,
                    child->name, strerror(reason));
}

static ams_status start_child(child_pool *pool, const ams_child *child, ams_error *err)
{
    const pid_t self = getpid();
    const double begun = ams_seconds();
    child_files files = {-1, -1, {-1, -1}};
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&pool->running, &pool->capacity, pool->n + 1, sizeof *pool->running,
                     "child processes", err));
    AMS_TRY(open_files(&files, child, err));
    fflush(NULL); /* else both processes would write what waits */
    pid_t pid = fork();
    if (pid == 0) {
        become(child, &files, self, pool->mask);
    }
    if (pid < 0) {
        status = ams_fail(err, AMS_BACKEND, "cannot start a process for %s: %s", child->name,
                          strerror(errno));
        goto out;
    }
    if (child->program != NULL) {
        AMS_TRY(await_program(child, &files, pid, err));
    }
    pool->running[pool->n++] = (child_process){.pid = pid, .key = child->key, .begun = begun};
out:
    close_files(&files);
    if (child->handed != NULL && *child->handed >= 0) {
        close(*child->handed);
        *child->handed = -1;
    }
    return status;
}

static ams_status fill(child_pool *pool, uint64_t side_by_side, ams_error *err)
{
    ams_status status = AMS_OK;
    while (pool->n < side_by_side) {
        ams_child child = {0};
        bool found = false;
        AMS_TRY(pool->children->next(pool->children->context, &child, &found, err));
        if (!found) {
            break;
        }
        AMS_TRY(start_child(pool, &child, err));
    }
out:
    return status;
}

/* -- end -- */

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Waits for its own children only, one by one: the caller may have others. */
static ams_status reap(child_pool *pool, bool stopping, ams_error *err)
{
    for (size_t i = 0; i < pool->n;) {
        int how = 0;
        struct rusage used;
        const child_process child = pool->running[i];
        if (wait4(child.pid, &how, WNOHANG, &used) != child.pid) {
            i++;
            continue;
        }
        memmove(&pool->running[i], &pool->running[i + 1],
                (--pool->n - i) * sizeof *pool->running);
        ams_child_end end = {.key = child.key,
                             .stopping = stopping,
                             .signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0,
                             .seconds = ams_seconds() - child.begun,
                             .cpu_seconds =
                                 seconds_of(&used.ru_utime) + seconds_of(&used.ru_stime),
                             .peak_mb = (double)used.ru_maxrss / 1024};
        end.code = end.signal > 0 ? 128 + end.signal : WEXITSTATUS(how);
        ams_status status = pool->children->ended(pool->children->context, &end, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

static void stop_all(const child_pool *pool)
{
    for (size_t i = 0; i < pool->n; i++) {
        kill(pool->running[i].pid, SIGTERM);
    }
}

/* After an error: those that run still end well. */
static void abandon(child_pool *pool)
{
    stop_all(pool);
    for (size_t i = 0; i < pool->n; i++) {
        waitpid(pool->running[i].pid, NULL, 0);
    }
    pool->n = 0;
}

/* How long to wait for a signal; 0: there is nothing left to wait for. */
static double next_tick(const child_pool *pool, int stopped)
{
    const ams_children *children = pool->children;
    double seconds = 0.5;
    if (pool->n == 0) {
        seconds =
            stopped != 0 || children->wait == NULL ? 0 : children->wait(children->context);
    }
    const double left = children->until > 0 ? children->until - ams_seconds() : seconds;
    return left > 0 && left < seconds ? left : seconds;
}

/* SIGUSR1 where the time is over. */
static int await_signal(const child_pool *pool, double seconds)
{
    const int number = ams_children_interrupted(seconds);
    const double until = pool->children->until;
    return number == 0 && until > 0 && ams_seconds() >= until ? SIGUSR1 : number;
}

ams_status ams_children_run(const ams_children *children, uint64_t side_by_side,
                            const sigset_t *mask, int *stopped, ams_error *err)
{
    child_pool pool = {.children = children, .mask = mask};
    ams_status status = AMS_OK;
    for (;;) {
        AMS_TRY(reap(&pool, *stopped != 0, err));
        if (*stopped == 0) {
            AMS_TRY(fill(&pool, side_by_side, err));
        }
        const double seconds = next_tick(&pool, *stopped);
        if (seconds <= 0) {
            break;
        }
        if (children->tick != NULL) {
            AMS_TRY(children->tick(children->context, err));
        }
        const int number = await_signal(&pool, seconds);
        if (number != 0 && (*stopped == 0 || number != SIGUSR1)) {
            *stopped = number;
            stop_all(&pool);
        }
    }
out:
    if (status != AMS_OK) {
        abandon(&pool);
    }
    free(pool.running);
    return status;
}

/* -- messages -- */

bool ams_child_last_line(const char *log, char *text, size_t size)
{
    enum { TAIL = 1 << 16 };
    static const char blank[] = " \t\r\n";
    char *tail = NULL;
    ssize_t n = 0;
    text[0] = '\0';
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ams_alloc(&tail, TAIL + 1, 1, "the end of a log", NULL) != AMS_OK) {
        goto out;
    }
    off_t all = lseek(fd, 0, SEEK_END);
    n = pread(fd, tail, TAIL, all > TAIL ? all - TAIL : 0);
    n = n < 0 ? 0 : n;
    while (n > 0 && strchr(blank, tail[n - 1]) != NULL) {
        n--;
    }
    tail[n] = '\0';
    const char *line = strrchr(tail, '\n');
    snprintf(text, size, "%s", line == NULL ? tail : line + 1);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '\t' || *at == '\r' ? ' ' : *at;
    }
out:
    if (fd >= 0) {
        close(fd);
    }
    free(tail);
    return text[0] != '\0';
}

void ams_child_signal_text(int number, char *text, size_t size)
{
    snprintf(text, size, "ended by signal %d (%s)", number, strsignal(number));
}
