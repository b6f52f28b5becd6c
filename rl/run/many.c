/* Many runs side by side, in step: all advance to the next update at which one of them has
 * something to do, and each keeps its folder, counters and end. */
#include "base/memory.h"
#include "rl/run/state.h"

#include <stdlib.h>
#include <string.h>

typedef struct run_group {
    const ams_runs_options *options;
    ams_run_task *task;   /* (n) */
    size_t n, next;       /* of the tasks; those from `next` on wait */
    ams_run_state *state; /* (together) of the runs that train, in the order they began */
    size_t *number;       /* (together) their tasks */
    ams_trainer **trainer;
    size_t n_running;
    bool begun;   /* a run has */
    bool crowded; /* the device has no room until a run ends */
    ams_device device;
} run_group;

static void end(const run_group *g, ams_run_task *task, ams_status status, const ams_error *err)
{
    task->status = status;
    if (status != AMS_OK) {
        task->err = *err;
    }
    if (g->options->ended != NULL) {
        g->options->ended(g->options->context, task);
    }
}

/* Run k of those that train leaves. */
static void leave(run_group *g, size_t k, ams_status status, bool stopped, ams_error *err)
{
    ams_run_task *task = &g->task[g->number[k]];
    status = ams_run_conclude(&g->state[k], status, stopped, &task->result, err);
    ams_run_fini(&g->state[k]);
    g->n_running--;
    memmove(&g->state[k], &g->state[k + 1], (g->n_running - k) * sizeof *g->state);
    memmove(&g->number[k], &g->number[k + 1], (g->n_running - k) * sizeof *g->number);
    g->crowded = false;
    end(g, task, status, err);
}

static bool wants_stop(const ams_run_task *task)
{
    return task->options->stop != NULL && *task->options->stop != 0;
}

/* Begins the next task, or finds that it has to wait. */
static void begin_next(run_group *g)
{
    ams_run_task *task = &g->task[g->next];
    ams_run_state *r = &g->state[g->n_running];
    ams_run_phase phase = AMS_RUN_OVER;
    ams_error err = {{0}};
    ams_status status = ams_run_begin(r, task, &g->device, &task->result, &phase, &err);
    if (status == AMS_OK && phase == AMS_RUN_WAITS) {
        ams_run_fini(r);
        g->crowded = true;
        if (g->options->crowded != NULL) {
            g->options->crowded(g->options->context, g->n_running, err.text);
        }
        return;
    }
    g->next++;
    g->begun = true;
    if (status != AMS_OK || phase == AMS_RUN_OVER) {
        ams_run_fini(r);
        end(g, task, status, &err);
        return;
    }
    g->number[g->n_running++] = g->next - 1;
    if (ams_run_all_done(r) || ams_run_at_until(r)) {
        leave(g, g->n_running - 1, AMS_OK, !ams_run_all_done(r), &err);
    }
}

static void admit(run_group *g)
{
    while (g->next < g->n && g->n_running < g->options->together && !g->crowded) {
        ams_run_task *task = &g->task[g->next];
        if (g->begun && wants_stop(task)) {
            g->next++;
            task->result.outcome = AMS_RUN_STOPPED;
            end(g, task, AMS_OK, NULL);
        } else {
            begin_next(g);
        }
    }
}

/* All to the next update at which one of them logs, validates, saves or ends. */
static ams_status advance(run_group *g, ams_error *err)
{
    uint64_t updates = UINT64_MAX;
    for (size_t k = 0; k < g->n_running; k++) {
        const ams_run_state *r = &g->state[k];
        uint64_t stride = ams_trainer_stride(r->trainer, r->options->until);
        updates = stride < updates ? stride : updates;
        g->trainer[k] = r->trainer;
    }
    return ams_trainers_advance(g->trainer, g->n_running, updates, err);
}

static void step(run_group *g)
{
    ams_error failed; /* a kilobyte that most updates need not touch, and so is err */
    const ams_status advanced = advance(g, &failed);
    for (size_t k = g->n_running; k-- > 0;) { /* those that leave let the later ones move up */
        ams_error err;
        ams_status status = advanced;
        bool over = false;
        bool stopped = false;
        if (advanced != AMS_OK) {
            err = failed;
        } else {
            status = ams_run_after_updates(&g->state[k], &over, &stopped, &err);
        }
        if (over || status != AMS_OK) {
            leave(g, k, status, stopped, &err);
        }
    }
}

static ams_status make_room(run_group *g, ams_error *err)
{
    const size_t most = g->options->together < g->n ? g->options->together : g->n;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&g->state, most, sizeof *g->state, "runs", err));
    AMS_TRY(ams_alloc(&g->number, most, sizeof *g->number, "runs", err));
    AMS_TRY(ams_alloc(&g->trainer, most, sizeof(ams_trainer *), "runs", err));
out:
    return status;
}

void ams_runs_train(ams_run_task *task, size_t n, const ams_runs_options *options)
{
    run_group g = {.options = options, .task = task, .n = n};
    ams_error err = {{0}};
    ams_status status = n == 0 ? AMS_OK : make_room(&g, &err);
    for (; status != AMS_OK && g.next < n; g.next++) {
        end(&g, &task[g.next], status, &err);
    }
    for (admit(&g); g.n_running > 0; admit(&g)) {
        step(&g);
    }
    ams_device_close(&g.device);
    free(g.state);
    free(g.number);
    free(g.trainer);
}

ams_status ams_run_train(const ams_run_options *options, const ams_table *table,
                         const ams_env *env, ams_run_result *result, ams_error *err)
{
    ams_run_task task = {.options = options, .table = table, .env = env};
    ams_runs_train(&task, 1, &(ams_runs_options){.together = 1});
    *result = task.result;
    if (task.status != AMS_OK && err != NULL) {
        *err = task.err;
    }
    return task.status;
}
