#include "ams/schedule.h"

#include "online/limits.h"

#include "env/math.h"

#include <math.h>
#include <string.h>

/* An item while it is scheduled. */
typedef struct schedule_progress {
    const ams_schedule_task *task;
    ams_schedule *schedule;
    const float *time_ms; /* (M) of this item's runs */
    uint32_t item;
    float value[AMS_MAX_MODELS + 1];
    uint8_t order[AMS_MAX_MODELS];
    uint32_t n_order;
    uint64_t running, started;
    double now_ms;
    double expected_end[AMS_MAX_MODELS]; /* (M) of those running */
    double end_ms[AMS_MAX_MODELS];       /* (M) of those running */
    uint8_t row[AMS_MAX_MODELS];         /* (M) of the schedule's runs */
} schedule_progress;

/* Summed anew each time, so that no rounding gathers. */
static double used_mb(const schedule_progress *p)
{
    double sum = 0;
    for (uint64_t bits = p->running; bits != 0; bits &= bits - 1) {
        sum += (double)p->task->mem_mb[ams_lowest(bits)];
    }
    return sum;
}

static void predict(schedule_progress *p)
{
    const ams_schedule_task *task = p->task;
    uint32_t n = task->env->n_models;
    if (task->scheduler->source == AMS_SOURCE_ORDER) {
        return;
    }
    if (task->policy != NULL) {
        ams_policy_kind_of(task->policy)
            ->values(task->policy, task->worker, p->item, p->schedule->seen, p->value);
        return;
    }
    /* Whoever knows the truth knows what the runs in flight will find. */
    double gain[AMS_MAX_MODELS];
    ams_env_gains(task->env, p->item, p->started, gain);
    for (uint32_t m = 0; m < n; m++) {
        p->value[m] = (float)gain[m];
    }
    p->value[n] = 0; /* END */
}

static uint64_t decide(schedule_progress *p)
{
    const ams_schedule_task *task = p->task;
    ams_moment at = {.n_models = task->env->n_models,
                     .value = p->value,
                     .end_value = p->value[task->env->n_models],
                     .time_ms = task->expected_ms,
                     .mem_mb = task->scheduler->parallel ? task->mem_mb : NULL,
                     .remaining = task->env->all_models & ~p->started,
                     .running = p->running,
                     .now_ms = p->now_ms,
                     .deadline_ms = task->deadline_ms,
                     .memory_mb = task->memory_mb,
                     .used_mb = used_mb(p),
                     .end_ms = p->expected_end,
                     .overlap = task->overlap};
    p->schedule->decisions++;
    return task->scheduler->source == AMS_SOURCE_ORDER
               ? ams_first_fit(&at, &task->options, p->order, p->n_order)
               : task->scheduler->start(&at, &task->options);
}

static void start(schedule_progress *p, uint64_t models)
{
    ams_schedule *s = p->schedule;
    bool values = p->task->scheduler->source == AMS_SOURCE_VALUES;
    p->running |= models;
    p->started |= models;
    for (uint64_t bits = models; bits != 0; bits &= bits - 1) {
        uint32_t m = ams_lowest(bits);
        p->expected_end[m] = p->now_ms + (double)p->task->expected_ms[m];
        p->end_ms[m] = p->now_ms + (double)p->time_ms[m];
        p->row[m] = (uint8_t)s->n;
        s->run[s->n++] = (ams_schedule_run){.model = (uint8_t)m,
                                            .start_ms = p->now_ms,
                                            .value = values ? p->value[m] : NAN,
                                            .seen = s->seen,
                                            .beside = p->running};
    }
    double used = used_mb(p);
    s->peak_mb = used > s->peak_mb ? used : s->peak_mb;
}

/* Goes on to the next end of a run, or to the deadline; false if nothing runs any more. */
static bool wait_for_end(schedule_progress *p)
{
    const ams_schedule_task *task = p->task;
    ams_schedule *s = p->schedule;
    double next = INFINITY;
    for (uint64_t bits = p->running; bits != 0; bits &= bits - 1) {
        next = fmin(next, p->end_ms[ams_lowest(bits)]);
    }
    bool late = next > task->deadline_ms;
    p->now_ms = late ? task->deadline_ms : next;
    for (uint64_t bits = p->running; bits != 0; bits &= bits - 1) {
        uint32_t m = ams_lowest(bits);
        ams_schedule_run *run = &s->run[p->row[m]];
        if (!late && p->end_ms[m] > next) {
            continue;
        }
        run->end_ms = p->now_ms;
        run->finished = !late;
        p->running &= ~(bits & -bits);
        s->cut += late;
        if (!late) {
            if (task->policy != NULL && ams_policy_kind_of(task->policy)->ran != NULL) {
                ams_policy_kind_of(task->policy)
                    ->ran(task->policy, task->worker, p->item, s->seen, m);
            }
            s->seen |= bits & -bits;
        }
    }
    return !late;
}

void ams_schedule_item(ams_schedule *schedule, const ams_schedule_task *task, uint32_t item,
                       uint32_t draw, const float *time_ms)
{
    const ams_env *env = task->env;
    schedule_progress p = {
        .task = task, .schedule = schedule, .time_ms = time_ms, .item = item};
    *schedule = (ams_schedule){.n = 0};
    if (task->scheduler->source == AMS_SOURCE_ORDER) {
        p.n_order = ams_policy_kind_of(task->policy)
                        ->order(task->policy, task->worker, item, draw, p.order);
    } else if (task->policy != NULL) {
        ams_policy_kind_of(task->policy)->begin(task->policy, task->worker, item);
    }
    bool going = true;
    while (going) {
        predict(&p);
        uint64_t models = decide(&p);
        start(&p, models);
        going = p.running != 0 && wait_for_end(&p);
    }
    schedule->done_ms = p.now_ms;
    schedule->value = ams_env_value(env, item, schedule->seen);
    schedule->recall =
        schedule->value < env->full[item] ? schedule->value / env->full[item] : 1;
}
