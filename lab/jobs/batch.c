#include "ams/batch.h"
#include "lab/jobs/report.h"

#include "ams/children.h"
#include "ams/cuda.h"
#include "ams/training.h"
#include "base/clock.h"
#include "base/memory.h"
#include "cuda/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A batch in its process. */
typedef struct batch_process {
    const ams_batch *batch;
    const ams_progress *progress;
    ams_training **training; /* (n) NULL: it could not be opened */
    ams_training **opened;   /* (n_tasks) those that could */
    ams_run_task *task;      /* (n_tasks) */
    size_t *of;              /* (n_tasks) the job of each task */
    size_t n_tasks;
    ams_pool *pool;
    bool room_reported;
} batch_process;

/* -- forming batches -- */

static bool wants_device(const ams_train_options *o)
{
    return ams_device_is_cuda(o->device) ||
           (o->device == AMS_DEVICE_AUTO && o->backend == AMS_BACKEND_SPARSE);
}

/* The batch of a job with these options, made where there is none; 0: no memory for it, so that
 * the job is trained by itself. first: the options of each batch's first job. */
static uint32_t find_batch(const ams_train_options ***first, uint32_t *n,
                           const ams_train_options *options)
{
    uint32_t b = 0;
    while (b < *n && ((*first)[b]->device != options->device ||
                      !ams_layout_same_shape((*first)[b], options))) {
        b++;
    }
    if (b == *n) {
        const ams_train_options **more = realloc(*first, (b + 1) * sizeof(ams_train_options *));
        if (more == NULL) {
            return 0;
        }
        *first = more;
        more[(*n)++] = options;
    }
    return b + 1;
}

uint32_t ams_batches_form(ams_job *const *job, size_t n)
{
    const ams_train_options **first = NULL;
    uint32_t batches = 0;
    for (size_t i = 0; i < n; i++) {
        const ams_train_options *train = &job[i]->request.train;
        job[i]->batch = 0;
        if (job[i]->state == AMS_JOB_WAITING && wants_device(train) &&
            ams_train_check(train, NULL) == AMS_OK) {
            job[i]->batch = find_batch(&first, &batches, train);
        }
    }
    free(first);
    return batches;
}

/* -- devices -- */

static int count_devices(void *context)
{
    uint32_t n = 0;
    (void)context;
    return ams_cuda_count(&n, NULL) != AMS_OK ? 0
           : n < AMS_MOST_DEVICES             ? (int)n
                                              : (int)AMS_MOST_DEVICES;
}

/* The child that counts, and what it said. */
typedef struct device_count {
    bool asked;
    int n;
} device_count;

static ams_status next_count(void *context, ams_child *child, bool *found, ams_error *err)
{
    device_count *c = context;
    (void)err;
    *found = !c->asked;
    c->asked = true;
    *child = (ams_child){.name = "the number of devices", .body = count_devices};
    return AMS_OK;
}

static ams_status end_count(void *context, const ams_child_end *end, ams_error *err)
{
    device_count *c = context;
    (void)err;
    c->n = end->signal == 0 && end->code <= AMS_MOST_DEVICES ? end->code : 0;
    return AMS_OK;
}

ams_status ams_batches_devices(const sigset_t *mask, int *stopped, uint32_t *n, ams_error *err)
{
    device_count count = {.n = 0};
    const ams_children children = {.context = &count, .next = next_count, .ended = end_count};
    const ams_status status = ams_children_run(&children, 1, mask, stopped, err);
    *n = (uint32_t)count.n;
    return status;
}

/* -- what the process reports -- */

static void report(const ams_job *job, ams_job_state state, int code, const char *message)
{
    ams_job_report *to = job->report;
    to->code = code;
    /* An error may be longer. */
    snprintf(to->message, sizeof to->message, "%.*s", (int)sizeof to->message - 1, message);
    atomic_store(&to->state, (int)state); /* last: the other process waits for it */
}

/* Opened for each message, since a process may have only so many open files. NULL where it
 * cannot be. */
static FILE *open_log(const ams_job *job)
{
    return fopen(job->log, "ae");
}

static void close_log(FILE *log)
{
    if (log != NULL) {
        fclose(log);
    }
}

typedef struct batch_log {
    FILE *log; /* or NULL: then what was to be logged goes to everyone */
    const ams_progress *otherwise;
} batch_log;

static void log_notice(void *context, const char *text)
{
    const batch_log *to = context;
    if (to->log != NULL) {
        fprintf(to->log, "ams train: %s\n", text);
    } else {
        ams_notice(to->otherwise, "%s", text);
    }
}

static void fail(const batch_process *b, const ams_job *job, ams_status status,
                 const ams_error *err)
{
    batch_log to = {.log = open_log(job), .otherwise = b->progress};
    log_notice(&to, err->text);
    close_log(to.log);
    report(job, AMS_JOB_FAILED, (int)status, err->text);
}

static ams_job_state state_after(ams_run_outcome outcome)
{
    return outcome == AMS_RUN_FINISHED  ? AMS_JOB_FINISHED
           : outcome == AMS_RUN_ALREADY ? AMS_JOB_BEFORE
                                        : AMS_JOB_STOPPED;
}

static void task_ended(void *context, const ams_run_task *task)
{
    const batch_process *b = context;
    const size_t i = b->of[task - b->task];
    const ams_job *job = b->batch->job[i];
    batch_log to = {.log = open_log(job), .otherwise = b->progress};
    const ams_progress listener = {.context = &to, .notice = log_notice};
    ams_training_tell(b->training[i], task->status, &task->result, &listener);
    if (task->status == AMS_OK && to.log != NULL) {
        ams_training_print(b->training[i], &task->result, to.log);
    }
    close_log(to.log);
    if (task->status == AMS_OK) {
        const ams_run_outcome outcome = task->result.outcome;
        report(job, state_after(outcome), outcome == AMS_RUN_STOPPED ? AMS_STOPPED_TERM : 0,
               "");
    } else {
        fail(b, job, task->status, &task->err);
    }
}

/* Once is enough. */
static void crowded(void *context, size_t running, const char *reason)
{
    batch_process *b = context;
    if (!b->room_reported) {
        ams_notice(b->progress,
                   "%zu of %zu runs train together, the others follow as these end; -j %zu or "
                   "fewer leaves the device more room (%s)",
                   running, b->n_tasks, running, reason);
        b->room_reported = true;
    }
}

/* What is shared by the runs: each by itself knows only how long it took with the others. */
static void tell_sum(const batch_process *b, double seconds)
{
    uint64_t updates = 0;
    for (size_t i = 0; i < b->n_tasks; i++) {
        const ams_run_result *r = &b->task[i].result;
        updates += r->updates > r->resumed_at ? r->updates - r->resumed_at : 0;
    }
    ams_notice(b->progress,
               "%zu runs together: %llu updates in %.1f s (%.0f updates/s), validation and "
               "checkpoints included",
               b->n_tasks, (unsigned long long)updates, seconds, (double)updates / seconds);
}

/* -- the process -- */

static ams_status make_process(batch_process *b, ams_error *err)
{
    const size_t n = b->batch->n;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&b->training, n, sizeof(ams_training *), "runs", err));
    AMS_TRY(ams_alloc(&b->opened, n, sizeof(ams_training *), "runs", err));
    AMS_TRY(ams_alloc(&b->task, n, sizeof *b->task, "runs", err));
    AMS_TRY(ams_alloc(&b->of, n, sizeof *b->of, "runs", err));
    /* Validations of one run after the other, each by all processors: they wait otherwise. */
    const uint32_t share = ams_processors() / b->batch->devices;
    status = ams_pool_create(&b->pool, share > 0 ? share : 1, err);
out:
    return status;
}

static void free_process(batch_process *b)
{
    /* Those that borrow from others come after them. */
    for (size_t i = b->batch->n; b->training != NULL && i-- > 0;) {
        ams_training_close(b->training[i]);
    }
    ams_pool_destroy(b->pool);
    free(b->training);
    free(b->opened);
    free(b->task);
    free(b->of);
}

/* Those that can be: a run whose data or environment cannot be opened fails by itself. */
static void open_runs(batch_process *b)
{
    for (size_t i = 0; i < b->batch->n; i++) {
        ams_error err = {{0}};
        const ams_job *job = b->batch->job[i];
        ams_status status = ams_training_open(&b->training[i], &job->request, b->opened,
                                              b->n_tasks, b->progress, &err);
        if (status == AMS_OK) {
            b->opened[b->n_tasks] = b->training[i];
            b->of[b->n_tasks++] = i;
        } else {
            fail(b, job, status, &err);
        }
    }
}

static void train_all(batch_process *b, const volatile sig_atomic_t *stop)
{
    const ams_runs_options options = {
        .together = b->batch->most, .ended = task_ended, .crowded = crowded, .context = b};
    const ams_training_how how = {.pool = b->pool, .stop = stop};
    for (size_t i = 0; i < b->n_tasks; i++) {
        b->task[i] = ams_training_task(b->opened[i], &how);
    }
    const double started = ams_seconds();
    ams_runs_train(b->task, b->n_tasks, &options);
    tell_sum(b, ams_seconds() - started);
}

void ams_batch_train(const ams_batch *batch, const volatile sig_atomic_t *stop,
                     const ams_progress *progress)
{
    batch_process b = {.batch = batch, .progress = progress};
    ams_error err = {{0}};
    ams_status status = make_process(&b, &err);
    if (status == AMS_OK) {
        open_runs(&b);
        status = b.n_tasks == 0 ? AMS_OK
                                : ams_training_choose_dealt(b.opened, b.n_tasks, batch->device,
                                                            progress, &err);
    }
    for (size_t i = 0; status != AMS_OK && i < batch->n; i++) {
        if (atomic_load(&batch->job[i]->report->state) == AMS_JOB_RUNNING) {
            fail(&b, batch->job[i], status, &err);
        }
    }
    if (status == AMS_OK && b.n_tasks > 0 && ams_training_on_device(b.opened[0])) {
        train_all(&b, stop);
    } else if (status == AMS_OK) {
        for (size_t i = 0; i < b.n_tasks; i++) {
            report(batch->job[b.of[i]], AMS_JOB_WAITING, 0, "");
        }
    }
    free_process(&b);
}
