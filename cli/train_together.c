#include "cli/train_together.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/train.h"
#include "cuda/layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The runs of a batch, in its process. */
typedef struct batch {
    job *const *run; /* (n) */
    train_session *session;
    ams_run_options *options;
    ams_run_task *task;
    size_t *of; /* (n_tasks) the run of each task */
    size_t n, n_tasks;
    ams_pool *pool;
    bool told_room;
} batch;

static ams_status settle(train_session *s, const job *run, ams_error *err)
{
    cli_args args = {0};
    int argc = 0;
    while (run->argv[argc] != NULL) {
        argc++;
    }
    /* Behind "ams". */
    ams_status status =
        cli_parse(&args, argc - 1, run->argv + 1, train_options, TRAIN_OPTIONS, err);
    if (status == AMS_OK) {
        status = train_settle(s, &args, err);
    }
    cli_args_fini(&args);
    return status;
}

/* -- forming batches -- */

static bool wants_device(const ams_train_options *o)
{
    return o->device == AMS_DEVICE_CUDA || (o->device == AMS_DEVICE_AUTO && o->backend == 0);
}

uint32_t train_form_batches(job *const *run, size_t n)
{
    ams_train_options *first = NULL; /* of each batch's first run */
    uint32_t batches = 0;
    for (size_t r = 0; r < n; r++) {
        train_session s = {.table = NULL};
        run[r]->batch = 0;
        if (run[r]->state == JOB_WAITING && settle(&s, run[r], NULL) == AMS_OK &&
            wants_device(&s.train)) {
            uint32_t b = 0;
            while (b < batches && (first[b].device != s.train.device ||
                                   !ams_layout_same_shape(&first[b], &s.train))) {
                b++;
            }
            if (b == batches) {
                ams_train_options *more = realloc(first, (b + 1) * sizeof *first);
                first = more == NULL ? first : more;
                batches += more != NULL; /* else it is trained by itself */
            }
            if (b < batches) {
                first[b] = s.train;
                run[r]->batch = b + 1;
            }
        }
        train_session_fini(&s);
    }
    free(first);
    return batches;
}

/* -- the process of a batch -- */

static void tell(const job *run, job_state state, int code, const char *message)
{
    run->told->code = code;
    const int most = (int)sizeof run->told->message - 1; /* an error may be longer */
    snprintf(run->told->message, sizeof run->told->message, "%.*s", most, message);
    atomic_store(&run->told->state, (int)state); /* last: the other process waits for it */
}

/* Opened for each message, since a process may have only so many open files. Where it cannot
 * be, what was to be logged is no secret. */
static FILE *open_log(const job *run)
{
    FILE *log = fopen(run->log, "ae");
    return log == NULL ? stderr : log;
}

static void close_log(FILE *log)
{
    if (log != stderr) {
        fclose(log);
    }
}

static void fail(const job *run, ams_status status, const ams_error *err)
{
    FILE *log = open_log(run);
    fprintf(log, "ams train: %s\n", err->text);
    close_log(log);
    tell(run, JOB_FAILED, (int)status, err->text);
}

static job_state state_after(ams_run_outcome outcome)
{
    return outcome == AMS_RUN_FINISHED  ? JOB_FINISHED
           : outcome == AMS_RUN_ALREADY ? JOB_BEFORE
                                        : JOB_STOPPED;
}

static void ended(void *context, const ams_run_task *task)
{
    const batch *b = context;
    const size_t r = b->of[task - b->task];
    const ams_run_result *result = &task->result;
    FILE *log = open_log(b->run[r]);
    if (result->damaged[0] != '\0') {
        fprintf(log, "ams train: a damaged checkpoint was passed over: %s\n", result->damaged);
    }
    if (task->status == AMS_OK) {
        train_tell_notes(&b->session[r], result, log);
        train_print_result(&b->session[r], result, log);
    }
    close_log(log);
    if (task->status == AMS_OK) {
        tell(b->run[r], state_after(result->outcome), 0, "");
    } else {
        fail(b->run[r], task->status, &task->err);
    }
}

/* Once is enough. */
static void crowded(void *context, size_t running, const char *reason)
{
    batch *b = context;
    if (!b->told_room) {
        fprintf(stderr,
                "ams train: %zu of %zu runs train together, the others follow as these end; "
                "-j %zu or fewer leaves the device more room (%s)\n",
                running, b->n_tasks, running, reason);
        b->told_room = true;
    }
}

static ams_status make_batch(batch *b, ams_error *err)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&b->session, b->n, sizeof *b->session, "runs", err));
    AMS_TRY(ams_alloc(&b->options, b->n, sizeof *b->options, "runs", err));
    AMS_TRY(ams_alloc(&b->task, b->n, sizeof *b->task, "runs", err));
    AMS_TRY(ams_alloc(&b->of, b->n, sizeof *b->of, "runs", err));
    /* Validations of one run after the other, each by all processors: they wait otherwise. */
    AMS_TRY(ams_pool_create(&b->pool, processors > 0 ? (uint32_t)processors : 1, err));
out:
    return status;
}

static void free_batch(batch *b)
{
    for (size_t r = 0; b->session != NULL && r < b->n; r++) {
        train_session_fini(&b->session[r]);
    }
    ams_pool_destroy(b->pool);
    free(b->session);
    free(b->options);
    free(b->task);
    free(b->of);
}

/* Those that can be: a run whose data or environment cannot be had fails by itself. */
static void open_runs(batch *b)
{
    for (size_t r = 0; r < b->n; r++) {
        ams_error err = {{0}};
        train_session *s = &b->session[r];
        ams_status status = settle(s, b->run[r], &err);
        if (status == AMS_OK) {
            status = train_open_data(s, b->session, r, &err);
        }
        if (status == AMS_OK) {
            b->of[b->n_tasks++] = r;
        } else {
            fail(b->run[r], status, &err);
        }
    }
}

static ams_status choose_device(const batch *b, cli_device *device, ams_error *err)
{
    ams_train_options **train = NULL;
    const ams_env **env = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&train, b->n_tasks, sizeof(ams_train_options *), "runs", err));
    AMS_TRY(ams_alloc(&env, b->n_tasks, sizeof(ams_env *), "runs", err));
    for (size_t i = 0; i < b->n_tasks; i++) {
        train[i] = &b->session[b->of[i]].train;
        env[i] = b->session[b->of[i]].env;
    }
    status = cli_settle_device(train, env, b->n_tasks, device, err);
out:
    free(train);
    free(env);
    return status;
}

/* What is shared by the runs: each by itself knows only how long it took beside the others. */
static void sum_up(const batch *b, double seconds)
{
    uint64_t updates = 0;
    for (size_t i = 0; i < b->n_tasks; i++) {
        const ams_run_result *r = &b->task[i].result;
        updates += r->updates > r->resumed_at ? r->updates - r->resumed_at : 0;
    }
    fprintf(stderr,
            "ams train: %zu runs together: %llu updates in %.1f s (%.0f updates/s), validation "
            "and checkpoints included\n",
            b->n_tasks, (unsigned long long)updates, seconds, (double)updates / seconds);
}

static void train_batch(batch *b, const cli_device *device, const volatile sig_atomic_t *stop,
                        size_t most)
{
    const ams_runs_options options = {
        .together = most, .ended = ended, .crowded = crowded, .context = b};
    for (size_t i = 0; i < b->n_tasks; i++) {
        train_session *s = &b->session[b->of[i]];
        s->device = *device;
        s->pool = b->pool;
        b->options[i] = train_run_options(s);
        b->options[i].stop = stop;
        b->task[i] =
            (ams_run_task){.options = &b->options[i], .table = s->table, .env = s->env};
    }
    const double started = ams_seconds();
    ams_runs_train(b->task, b->n_tasks, &options);
    sum_up(b, ams_seconds() - started);
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

void train_together(job *const *run, size_t n, const sigset_t *mask, size_t most)
{
    batch b = {.run = run, .n = n};
    cli_device device;
    ams_error err = {{0}};
    const volatile sig_atomic_t *stop = train_catch_signals();
    sigprocmask(SIG_SETMASK, mask, NULL);
    allow_files();
    ams_status status = make_batch(&b, &err);
    if (status == AMS_OK) {
        open_runs(&b);
        status = b.n_tasks == 0 ? AMS_OK : choose_device(&b, &device, &err);
    }
    for (size_t r = 0; status != AMS_OK && r < n; r++) {
        if (atomic_load(&run[r]->told->state) == JOB_RUNNING) {
            fail(run[r], status, &err);
        }
    }
    if (status == AMS_OK && b.n_tasks > 0 && device.accelerator != NULL) {
        train_batch(&b, &device, stop, most);
    } else if (status == AMS_OK) {
        for (size_t i = 0; i < b.n_tasks; i++) {
            tell(run[b.of[i]], JOB_WAITING, 0, "");
        }
    }
    free_batch(&b);
}
