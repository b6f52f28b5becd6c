/* The steps of `ams reproduce`: processes of this program, some at a time, each after those
 * that it needs. */
#include "cli/reproduce.h"

#include "ams_commit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

size_t reproduce_count(const reproduce *r, step_state state)
{
    size_t count = 0;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        count += r->step[s].state == state;
    }
    return count;
}

bool reproduce_has(const reproduce *r, size_t step)
{
    return r->step[step].state == STEP_DONE || r->step[step].state == STEP_BEFORE;
}

/* DIR/FOLDER/NAME.ENDING, for the caller to free(). */
static ams_status step_path(const reproduce *r, size_t s, const char *folder,
                            const char *ending, char **path, ams_error *err)
{
    return cli_format(path, err, "%s/%s/%s.%s", r->directory, folder, r->recipe.step[s].name,
                      ending);
}

/* -- what is done already -- */

/* False: no such column, or no number. */
static bool read_field(const ams_tsv *tsv, const char *name, double *value)
{
    size_t column = ams_tsv_column(tsv, name);
    return column != AMS_NO_COLUMN && ams_tsv_number(tsv, 0, column, value, NULL) == AMS_OK;
}

/* A record that is damaged, or of another command, is none. */
static ams_status read_record(reproduce *r, size_t s, ams_error *err)
{
    char *path = NULL;
    ams_tsv tsv = {0};
    reproduce_step *step = &r->step[s];
    ams_status status = step_path(r, s, "steps", "tsv", &path, err);
    if (status == AMS_OK && ams_exists(path) && ams_tsv_read(&tsv, path, NULL) == AMS_OK) {
        size_t command = ams_tsv_column(&tsv, "command");
        if (tsv.n_rows == 1 && command != AMS_NO_COLUMN &&
            strcmp(ams_tsv_cell(&tsv, 0, command), step->text) == 0 &&
            read_field(&tsv, "seconds", &step->seconds) &&
            read_field(&tsv, "cpu_seconds", &step->cpu_seconds) &&
            read_field(&tsv, "peak_mb", &step->peak_mb)) {
            size_t commit = ams_tsv_column(&tsv, "commit");
            snprintf(step->commit, sizeof step->commit, "%s",
                     commit == AMS_NO_COLUMN ? "unknown" : ams_tsv_cell(&tsv, 0, commit));
            step->state = STEP_BEFORE;
        }
        ams_tsv_fini(&tsv);
    }
    free(path);
    return status;
}

static ams_status write_record(const reproduce *r, size_t s, ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(step_path(r, s, "steps", "tsv", &path, err));
    AMS_TRY(ams_file_create(&file, path, err));
    fprintf(file.stream,
            "command\tseconds\tcpu_seconds\tpeak_mb\tcommit\n%s\t%.3f\t%.3f\t%.1f\t%s\n",
            r->step[s].text, r->step[s].seconds, r->step[s].cpu_seconds, r->step[s].peak_mb,
            AMS_COMMIT);
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

/* What a step gives is of use while all that it was made of is. */
static void forget_stale(reproduce *r)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_recipe_step *step = &r->recipe.step[s];
        for (size_t k = 0; k < step->n_needs && r->step[s].state == STEP_BEFORE; k++) {
            if (r->step[step->need[k]].state != STEP_BEFORE) {
                r->step[s].state = STEP_WAITING;
            }
        }
    }
}

/* Steps of a process that was killed have the lock until they end, which they do soon. */
static ams_status take_lock(reproduce *r, ams_error *err)
{
    const struct timespec tick = {.tv_nsec = 100000000};
    const double patience = 20;
    char *path = NULL;
    double begun = ams_seconds();
    ams_status status = ams_join_path(&path, r->directory, "lock", err);
    if (status != AMS_OK) {
        return status;
    }
    r->lock = open(path, O_RDWR | O_CREAT, 0666); /* inherited, see reproduce.h */
    if (r->lock < 0) {
        status = ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    }
    while (status == AMS_OK && flock(r->lock, LOCK_EX | LOCK_NB) != 0) {
        if (ams_seconds() - begun > patience) {
            status =
                ams_fail(err, AMS_USAGE, "%s is in use by another ams reproduce", r->directory);
        }
        nanosleep(&tick, NULL);
    }
    free(path);
    return status;
}

/* Results of two scales in one folder could not be told apart. */
static ams_status check_scale(const reproduce *r, ams_error *err)
{
    char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    ams_file file = {0};
    const char *scale = r->recipe.options.scale;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, r->directory, "scale", err));
    if (!ams_exists(path)) {
        AMS_TRY(ams_file_create(&file, path, err));
        fprintf(file.stream, "%s\n", scale);
        AMS_TRY(ams_file_commit(&file, err));
        goto out;
    }
    AMS_TRY(ams_read_file(path, 4096, &text, &size, err));
    text[strcspn(text, "\n")] = '\0';
    if (strcmp(text, scale) != 0) {
        status = ams_fail(err, AMS_USAGE,
                          "%s was begun with --scale %s, found --scale %s; give another -o",
                          r->directory, text, scale);
    }
out:
    free(path);
    free(text);
    return status;
}

ams_status reproduce_open(reproduce *r, ams_error *err)
{
    static const char *const folders[] = {"data", "work", "logs", "steps"};
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        AMS_TRY(ams_join_path(&path, r->directory, folders[k], err));
        AMS_TRY(ams_make_directories(path, err));
        free(path);
        path = NULL;
    }
    AMS_TRY(take_lock(r, err));
    AMS_TRY(check_scale(r, err));
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == STEP_WAITING) {
            AMS_TRY(read_record(r, s, err));
        }
    }
    forget_stale(r);
out:
    free(path);
    return status;
}

/* -- a process -- */

/* Between fork and exec; as in cli/jobs.c. The lock stays open. */
static void become(char *const *argv, int log, pid_t parent, const sigset_t *mask)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(AMS_BACKEND);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv("/proc/self/exe", argv);
    perror("ams: cannot execute /proc/self/exe");
    _exit(AMS_BACKEND);
}

static ams_status start(reproduce *r, size_t s, const sigset_t *mask, ams_error *err)
{
    static char program[] = "ams";
    const ams_recipe_step *step = &r->recipe.step[s];
    pid_t self = getpid();
    char *path = NULL;
    char **argv = NULL;
    int log = -1;
    ams_status status = AMS_OK;
    AMS_TRY(step_path(r, s, "logs", "log", &path, err));
    AMS_TRY(ams_alloc(&argv, step->n_words + 2, sizeof *argv, "arguments", err));
    argv[0] = program;
    memcpy(argv + 1, step->word, step->n_words * sizeof *argv);
    log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log < 0) {
        status = ams_fail(err, AMS_IO, "cannot write %s: %s", path, strerror(errno));
        goto out;
    }
    r->step[s].begun = ams_seconds();
    r->step[s].pid = fork();
    if (r->step[s].pid == 0) {
        become(argv, log, self, mask);
    } else if (r->step[s].pid < 0) {
        status = ams_fail(err, AMS_BACKEND, "cannot start a process for %s: %s", step->name,
                          strerror(errno));
    } else {
        r->step[s].state = STEP_RUNNING;
    }
out:
    if (log >= 0) {
        close(log);
    }
    free(argv);
    free(path);
    return status;
}

/* The last line of the log that says something. */
static void last_words(reproduce *r, size_t s)
{
    reproduce_step *step = &r->step[s];
    char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    snprintf(step->message, sizeof step->message, "exit code %d, no message", step->code);
    if (step_path(r, s, "logs", "log", &path, NULL) != AMS_OK ||
        ams_read_file(path, 1 << 28, &text, &size, NULL) != AMS_OK) {
        free(path);
        return;
    }
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        text[--size] = '\0';
    }
    const char *line = strrchr(text, '\n');
    line = line == NULL ? text : line + 1;
    if (*line != '\0') {
        snprintf(step->message, sizeof step->message, "%s", line);
    }
    free(text);
    free(path);
}

static void skip_what_needs(reproduce *r, size_t failed)
{
    for (size_t s = failed + 1; s < r->recipe.n_steps; s++) {
        const ams_recipe_step *step = &r->recipe.step[s];
        for (size_t k = 0; k < step->n_needs && r->step[s].state == STEP_WAITING; k++) {
            step_state need = r->step[step->need[k]].state;
            if (need == STEP_FAILED || need == STEP_SKIPPED) {
                r->step[s].state = STEP_SKIPPED;
                snprintf(r->step[s].message, sizeof r->step[s].message, "it needs %s",
                         r->recipe.step[step->need[k]].name);
            }
        }
    }
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static ams_status settle(reproduce *r, size_t s, int how, const struct rusage *used,
                         bool stopping, ams_error *err)
{
    reproduce_step *step = &r->step[s];
    step->pid = 0;
    step->seconds = ams_seconds() - step->begun;
    step->cpu_seconds = seconds_of(&used->ru_utime) + seconds_of(&used->ru_stime);
    step->peak_mb = (double)used->ru_maxrss / 1024;
    if (stopping) {
        step->state =
            STEP_STOPPED; /* also where it ended well: a sweep does when it is stopped */
        return AMS_OK;
    }
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) {
        step->state = STEP_DONE;
        snprintf(step->commit, sizeof step->commit, "%s", AMS_COMMIT);
        return write_record(r, s, err);
    }
    step->state = STEP_FAILED;
    if (WIFSIGNALED(how)) {
        step->code = 128 + WTERMSIG(how);
        snprintf(step->message, sizeof step->message, "ended by signal %d (%s)", WTERMSIG(how),
                 strsignal(WTERMSIG(how)));
    } else {
        step->code = WEXITSTATUS(how);
        last_words(r, s);
    }
    fprintf(stderr, "ams reproduce: step %s failed: %s\n", r->recipe.step[s].name,
            step->message);
    skip_what_needs(r, s);
    return AMS_OK;
}

static ams_status reap(reproduce *r, bool stopping, ams_error *err)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        int how = 0;
        struct rusage used;
        if (r->step[s].state != STEP_RUNNING ||
            wait4(r->step[s].pid, &how, WNOHANG, &used) != r->step[s].pid) {
            continue;
        }
        ams_status status = settle(r, s, how, &used, stopping, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

/* -- order -- */

static void rank_steps(reproduce *r)
{
    for (size_t s = r->recipe.n_steps; s-- > 0;) {
        const ams_recipe_step *step = &r->recipe.step[s];
        double seconds = step->seconds > 0 ? step->seconds : 1;
        r->step[s].rank += step->wanted ? seconds : 0; /* on top of the longest that needs it */
        for (size_t k = 0; k < step->n_needs; k++) {
            double *rank = &r->step[step->need[k]].rank;
            *rank = r->step[s].rank > *rank ? r->step[s].rank : *rank;
        }
    }
}

/* The step that can begin and has most behind it; AMS_NO_STEP if none can. */
static size_t choose(const reproduce *r)
{
    size_t best = AMS_NO_STEP;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_recipe_step *step = &r->recipe.step[s];
        bool ready = r->step[s].state == STEP_WAITING;
        for (size_t k = 0; k < step->n_needs && ready; k++) {
            ready = reproduce_has(r, step->need[k]);
        }
        if (ready && (best == AMS_NO_STEP || r->step[s].rank > r->step[best].rank)) {
            best = s;
        }
    }
    return best;
}

static void show(const reproduce *r, cli_progress *bar)
{
    char note[256];
    double done = 0;
    double total = 0;
    double now = ams_seconds();
    size_t finished = reproduce_count(r, STEP_DONE) + reproduce_count(r, STEP_BEFORE);
    size_t used = (size_t)snprintf(note, sizeof note, "%zu of %zu steps done", finished,
                                   r->recipe.n_steps - reproduce_count(r, STEP_UNWANTED));
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const reproduce_step *step = &r->step[s];
        double seconds = r->recipe.step[s].seconds > 0 ? r->recipe.step[s].seconds : 1;
        if (step->state == STEP_UNWANTED || step->state == STEP_BEFORE) {
            continue;
        }
        total += seconds;
        if (step->state == STEP_RUNNING) {
            double passed = now - step->begun;
            done += passed < seconds ? passed : seconds;
            if (used < sizeof note) {
                used += (size_t)snprintf(note + used, sizeof note - used, ", %s",
                                         r->recipe.step[s].name);
            }
        } else if (step->state != STEP_WAITING) {
            done += seconds;
        }
    }
    cli_progress_update(bar, done, total, note);
}

static void pass_on(const reproduce *r)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == STEP_RUNNING) {
            kill(r->step[s].pid, SIGTERM);
        }
    }
}

/* An error of our own still lets the running ones end well. */
static void abandon(reproduce *r)
{
    pass_on(r);
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == STEP_RUNNING) {
            waitpid(r->step[s].pid, NULL, 0);
            r->step[s].state = STEP_STOPPED;
        }
    }
}

static ams_status fill(reproduce *r, const sigset_t *mask, ams_error *err)
{
    while (reproduce_count(r, STEP_RUNNING) < r->side_by_side) {
        size_t next = choose(r);
        if (next == AMS_NO_STEP) {
            break;
        }
        ams_status status = start(r, next, mask, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

ams_status reproduce_run(reproduce *r, bool *stopped, ams_error *err)
{
    const struct timespec half_second = {.tv_nsec = 500000000};
    sigset_t mask;
    sigset_t awaited;
    cli_progress bar;
    ams_status status = AMS_OK;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGTERM);
    jobs_hold_signals(&mask);
    cli_progress_begin(&bar, "ams reproduce");
    rank_steps(r);
    for (;;) {
        AMS_TRY(reap(r, *stopped, err));
        if (!*stopped) {
            AMS_TRY(fill(r, &mask, err));
        }
        if (reproduce_count(r, STEP_RUNNING) == 0) {
            break;
        }
        show(r, &bar);
        int number = sigtimedwait(&awaited, NULL, &half_second);
        if (number == SIGINT || number == SIGTERM) {
            *stopped = true;
            pass_on(r);
        }
    }
out:
    if (status != AMS_OK) {
        abandon(r);
    }
    cli_progress_end(&bar);
    jobs_release_signals(&mask);
    return status;
}
