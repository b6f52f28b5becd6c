#include "serve/runner.h"

#include "base/clock.h"
#include "base/memory.h"
#include "serve/loop.h"
#include "serve/text.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

const char *const ams_run_states[] = {"untouched", "running", "finished", "failed", "cut"};

enum { SIGNALS = 4, READ = 1 << 16 };

/* One program at work; it is over once the process has exited. */
typedef struct runner_job {
    uv_process_t process; /* data: the job */
    uv_pipe_t pipe;
    ams_runner *runner;
    uint32_t model;
    int pid;
    ams_text text;
    bool exited, ended, killed; /* ended: its output has been read to the end */
    int64_t code;
    int signal;
} runner_job;

struct ams_runner {
    ams_runner_options options;
    float time_ms[AMS_ONLINE_MODELS], mem_mb[AMS_ONLINE_MODELS], priority[AMS_ONLINE_MODELS];
    uv_loop_t loop;
    uv_timer_t timer;
    uv_signal_t signal[SIGNALS];
    runner_job *job; /* (M) */
    ams_run_report report;
    void *room; /* of the item */
    ams_item *item;
    const char *name;
    uint64_t began_ns;
    uint32_t running;
    uint32_t closing; /* handles of jobs that the loop still holds */
    bool over;        /* nothing more starts: done, or given up with `status` */
    ams_status status;
    ams_error err;
    char bytes[READ];
};

static void advance(ams_runner *r);

static double elapsed_ms(const ams_runner *r)
{
    return (double)(ams_nanoseconds() - r->began_ns) * 1e-6;
}

/* ---- ends ---- */

static void kill_job(runner_job *j)
{
    if (!j->exited && !j->killed) {
        j->killed = true;
        kill(-j->pid, SIGKILL); /* its process group: what it started, too */
    }
}

static void stop(ams_runner *r)
{
    r->over = true;
    for (uint32_t m = 0; m < r->options.programs->n; m++) {
        if (r->report.model[m].state == AMS_RUN_RUNNING) {
            kill_job(&r->job[m]);
        }
    }
    uv_timer_stop(&r->timer);
}

static void give_up(ams_runner *r, ams_status status)
{
    if (r->status == AMS_OK) {
        r->status = status;
    }
    stop(r);
}

/* Why a program that ended has no output; "" if it has. */
static ams_status judge(const runner_job *j, ams_run_model *model, const ams_program *program,
                        ams_error *err)
{
    const ams_runner *r = j->runner;
    if (j->text.failed) {
        return ams_no_memory(err, j->text.used, "an output");
    }
    if (j->text.used > r->options.output_bytes) {
        return ams_fail(err, AMS_BAD_DATA, "it printed more than %zu bytes",
                        r->options.output_bytes);
    }
    if (j->signal != 0) {
        return ams_fail(err, AMS_BAD_DATA, "it was ended by signal %d", j->signal);
    }
    if (j->code != 0) {
        return ams_fail(err, AMS_BAD_DATA, "exit code %lld", (long long)j->code);
    }
    return ams_output_parse(&model->output, j->text.data, j->text.used, program->task, err);
}

static void tell_scheduler(ams_runner *r, uint32_t m)
{
    const ams_run_model *model = &r->report.model[m];
    if (r->options.policy == NULL) {
        return;
    }
    int code = model->state == AMS_RUN_FINISHED
                   ? ams_item_finished_named(r->item, m, model->end_ms,
                                             (const char *const *)model->output.label,
                                             model->output.confidence, model->output.n)
                   : ams_item_failed(r->item, m, model->end_ms);
    if (code != AMS_ONLINE_OK) {
        ams_fail(&r->err, AMS_BACKEND, "%s: %s", r->options.programs->program[m].name,
                 ams_online_text(code));
        give_up(r, AMS_BACKEND);
    }
}

static void on_closed(uv_handle_t *handle)
{
    const runner_job *j = handle->data;
    j->runner->closing--;
}

static void close_handle(runner_job *j, uv_handle_t *handle)
{
    j->runner->closing++;
    uv_close(handle, on_closed);
}

static void end_job(runner_job *j)
{
    ams_runner *r = j->runner;
    ams_run_model *model = &r->report.model[j->model];
    ams_error err = {.text = ""};
    r->running--;
    model->end_ms = elapsed_ms(r);
    const bool late = j->killed || model->end_ms > r->options.limits.deadline_ms;
    if (late) {
        model->state = AMS_RUN_CUT;
        snprintf(model->why, sizeof model->why, "%s", j->killed ? "killed" : "too late");
    } else if (judge(j, model, &r->options.programs->program[j->model], &err) == AMS_OK) {
        model->state = AMS_RUN_FINISHED;
    } else {
        model->state = AMS_RUN_FAILED;
        snprintf(model->why, sizeof model->why, "%.199s", err.text);
        ams_output_fini(&model->output);
    }
    ams_text_fini(&j->text);
    if (!late) {
        tell_scheduler(r, j->model);
    }
    advance(r);
}

/* All that it printed is in the pipe by now. A process that keeps the other end open has left
 * the group and is not waited for. */
static void read_rest(runner_job *j)
{
    uv_os_fd_t fd = -1;
    ssize_t n = uv_fileno((uv_handle_t *)&j->pipe, &fd) == 0 ? 1 : 0;
    while (n > 0 && !j->text.failed && j->text.used <= j->runner->options.output_bytes) {
        n = read(fd, j->runner->bytes, READ); /* never blocks: it is the loop's */
        ams_text_bytes(&j->text, j->runner->bytes, n > 0 ? (size_t)n : 0);
    }
}

static void on_exit_of(uv_process_t *process, int64_t code, int signal)
{
    runner_job *j = process->data;
    j->exited = true;
    j->code = code;
    j->signal = signal;
    kill(-j->pid, SIGKILL); /* processes that it left */
    close_handle(j, (uv_handle_t *)process);
    if (!j->ended) {
        read_rest(j);
        j->ended = true;
        close_handle(j, (uv_handle_t *)&j->pipe);
    }
    end_job(j);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    const runner_job *j = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(j->runner->bytes, READ);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    runner_job *j = stream->data;
    if (n > 0) {
        ams_text_bytes(&j->text, buffer->base, (size_t)n);
    }
    const bool too_much = j->text.failed || j->text.used > j->runner->options.output_bytes;
    if (too_much) {
        kill(-j->pid, SIGKILL);
    }
    if (n < 0 || too_much) {
        j->ended = true;
        close_handle(j, (uv_handle_t *)stream);
    }
}

/* ---- beginnings ---- */

static bool start(ams_runner *r, uint32_t m)
{
    runner_job *j = &r->job[m];
    char shell[] = "sh";
    char dash_c[] = "-c";
    char *command = r->options.programs->program[m].command;
    char *item = strdup(r->name);
    char *args[] = {shell, dash_c, command, shell, item, NULL};
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
                                     {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE},
                                     {.flags = UV_INHERIT_FD, .data.fd = 2}};
    const uv_process_options_t process = {.exit_cb = on_exit_of,
                                          .file = "/bin/sh",
                                          .args = args,
                                          .flags = UV_PROCESS_DETACHED, /* a group of its own */
                                          .stdio_count = 3,
                                          .stdio = stdio};
    *j = (runner_job){.runner = r, .model = m};
    uv_pipe_init(&r->loop, &j->pipe, 0);
    j->pipe.data = j->process.data = j;
    stdio[1].data.stream = (uv_stream_t *)&j->pipe;
    r->report.model[m].start_ms =
        elapsed_ms(r); /* the program may end before uv_spawn returns */
    int code = item == NULL ? UV_ENOMEM : uv_spawn(&r->loop, &j->process, &process);
    free(item);
    if (code == 0) {
        j->pid = j->process.pid;
        r->running++;
        r->report.model[m].state = AMS_RUN_RUNNING;
        code = uv_read_start((uv_stream_t *)&j->pipe, on_room, on_output);
    } else if (item != NULL) {
        close_handle(j, (uv_handle_t *)&j->process);
    }
    if (code != 0) {
        close_handle(j, (uv_handle_t *)&j->pipe);
        j->ended = true;
        ams_fail(&r->err, AMS_IO, "cannot start %s: %s", r->options.programs->program[m].name,
                 uv_strerror(code));
        give_up(r, AMS_IO);
    }
    return code == 0;
}

static void on_timer(uv_timer_t *timer)
{
    advance(timer->data);
}

/* Asks the scheduler; false: it is done. */
static bool start_by_policy(ams_runner *r)
{
    ams_item_step step;
    const double now_ms = elapsed_ms(r);
    int code = ams_item_next(r->item, now_ms, &step);
    for (uint32_t i = 0; i < step.n && code == AMS_ONLINE_OK; i++) {
        code = ams_item_started(r->item, step.model[i], now_ms);
        if (code == AMS_ONLINE_OK && !start(r, step.model[i])) {
            return false;
        }
    }
    if (code != AMS_ONLINE_OK) {
        ams_fail(&r->err, AMS_BACKEND, "%s", ams_online_text(code));
        give_up(r, AMS_BACKEND);
        return false;
    }
    if (isfinite(step.wake_ms) && step.answer != AMS_ITEM_DONE) {
        /* A millisecond later than asked is as good: the deadline has passed by then. */
        uv_timer_start(&r->timer, on_timer, (uint64_t)fmax(0, step.wake_ms - now_ms) + 1, 0);
    }
    return step.answer != AMS_ITEM_DONE;
}

/* All of them, one after the other; false: all have run. */
static bool start_in_turn(ams_runner *r)
{
    for (uint32_t m = 0; r->running == 0 && m < r->options.programs->n; m++) {
        if (r->report.model[m].state == AMS_RUN_UNTOUCHED) {
            return start(r, m);
        }
    }
    return r->running > 0;
}

static void advance(ams_runner *r)
{
    uv_update_time(&r->loop); /* timers count from now */
    if (!r->over && !(r->options.policy != NULL ? start_by_policy(r) : start_in_turn(r))) {
        stop(r);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    ams_runner *r = handle->data;
    const ams_status code = number == SIGINT   ? AMS_STOPPED_INT
                            : number == SIGHUP ? AMS_STOPPED_HUP
                                               : AMS_STOPPED_TERM;
    (void)ams_fail(&r->err, code, "ended by signal %d; what ran was killed", number);
    give_up(r, code);
}

/* ---- the whole ---- */

static void clear_report(ams_runner *r)
{
    for (uint32_t m = 0; r->report.model != NULL && m < r->options.programs->n; m++) {
        ams_output_fini(&r->report.model[m].output);
        r->report.model[m] = (ams_run_model){.state = AMS_RUN_UNTOUCHED};
    }
}

static void set_limits(ams_runner *r)
{
    ams_item_limits *l = &r->options.limits;
    const ams_live_policy *policy = r->options.policy;
    for (uint32_t m = 0; m < policy->n_models; m++) {
        const ams_program *p = &r->options.programs->program[m];
        r->time_ms[m] =
            isnan(p->time_ms) ? ams_online_model_ms(policy->online, m) : (float)p->time_ms;
        r->mem_mb[m] =
            isnan(p->mem_mb) ? ams_online_model_mb(policy->online, m) : (float)p->mem_mb;
        r->priority[m] = isnan(p->priority) ? 1 : (float)p->priority;
    }
    l->time_ms = r->time_ms;
    l->mem_mb = r->mem_mb;
    l->priority = ams_online_cost_unit(policy->online) == NULL ? r->priority : NULL;
}

static ams_status begin(ams_runner *r, ams_error *err)
{
    if (r->options.policy == NULL) {
        return AMS_OK;
    }
    if (r->options.money != NULL) {
        ams_money_aim(r->options.money, r->options.policy, &r->options.limits);
    }
    int code = ams_item_begin(&r->item, r->options.policy->online, &r->options.limits, r->room,
                              r->options.policy->item_size);
    return code == AMS_ONLINE_OK
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "limits: %s", ams_online_text(code));
}

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

ams_status ams_runner_create(ams_runner **result, const ams_runner_options *options,
                             ams_error *err)
{
    static const int signals[SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    ams_status status = AMS_OK;
    ams_runner *r = calloc(1, sizeof *r);
    *result = NULL;
    if (r == NULL || uv_loop_init(&r->loop) != 0) {
        free(r);
        return ams_no_memory(err, sizeof *r, "a runner");
    }
    r->options = *options;
    uv_timer_init(&r->loop, &r->timer);
    r->timer.data = r;
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(&r->loop, &r->signal[i]);
        r->signal[i].data = r;
        if (!is_ignored(signals[i])) { /* as nohup has SIGHUP ignored */
            uv_signal_start(&r->signal[i], on_signal, signals[i]);
        }
    }
    const uint32_t n = options->programs->n;
    AMS_TRY(ams_alloc(&r->job, n, sizeof *r->job, "models", err));
    AMS_TRY(ams_alloc(&r->report.model, n, sizeof *r->report.model, "models", err));
    if (options->policy != NULL) {
        AMS_TRY(ams_alloc(&r->room, options->policy->item_size, 1, "an item", err));
        set_limits(r);
    }
    AMS_TRY(begin(r, err)); /* wrong limits are found before anything runs */
    *result = r;
    r = NULL;
out:
    ams_runner_destroy(r);
    return status;
}

void ams_runner_destroy(ams_runner *runner)
{
    if (runner == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&runner->timer, NULL);
    for (int i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&runner->signal[i], NULL);
    }
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    uv_loop_close(&runner->loop);
    clear_report(runner);
    free(runner->report.model);
    free(runner->job);
    free(runner->room);
    free(runner);
}

ams_status ams_runner_item(ams_runner *runner, const char *item, const ams_run_report **report,
                           ams_error *err)
{
    clear_report(runner);
    ams_status status = begin(runner, err);
    if (status != AMS_OK) {
        return status;
    }
    if (runner->options.money != NULL) {
        ams_money_begun(runner->options.money, runner->item);
    }
    runner->name = item;
    runner->over = false;
    runner->report.result = (ams_item_result){.finished = 0};
    runner->began_ns = ams_nanoseconds();
    advance(runner);
    while (!runner->over || runner->running > 0) {
        uv_run(&runner->loop, UV_RUN_ONCE);
    }
    const double took_ms = elapsed_ms(runner);
    while (runner->closing > 0) { /* the next item uses their memory again */
        uv_run(&runner->loop, UV_RUN_NOWAIT);
    }
    runner->report.took_ms = took_ms;
    if (runner->options.policy != NULL) {
        ams_item_results(runner->item, &runner->report.result);
        runner->report.policy = runner->options.policy;
        runner->report.item = runner->item;
    }
    if (runner->options.money != NULL) {
        ams_money_ended(runner->options.money, runner->item, 0);
    }
    *report = &runner->report;
    if (runner->status != AMS_OK) {
        *err = runner->err;
    }
    return runner->status;
}
