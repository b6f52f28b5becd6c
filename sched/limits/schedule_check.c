/* The check that no schedule escapes. Shares no code with the simulation: it reads the runs. */
#include "ams/schedule.h"

#include "env/math.h"

#include <math.h>

/* Memory in use is a sum of singles in another order than the scheduler's. */
static const double SAME = 1e-9;

static ams_status check_run(const ams_schedule *s, uint32_t k, const ams_schedule_task *task,
                            const float *time_ms, ams_error *err)
{
    const ams_schedule_run *run = &s->run[k];
    if (run->model >= task->env->n_models) {
        return ams_fail(err, AMS_BAD_DATA, "run %u: there is no model %u", k, run->model);
    }
    for (uint32_t j = 0; j < k; j++) {
        if (s->run[j].model == run->model) {
            return ams_fail(err, AMS_BAD_DATA, "model %u was started twice", run->model);
        }
    }
    const char *unit = task->env->cost_unit;
    double natural = run->start_ms + (double)time_ms[run->model];
    double end = natural > task->deadline_ms ? task->deadline_ms : natural;
    if (!(run->start_ms >= 0 && run->start_ms < task->deadline_ms)) {
        return ams_fail(err, AMS_BAD_DATA, "model %u starts at %g %s, the deadline is %g %s",
                        run->model, run->start_ms, unit, task->deadline_ms, unit);
    }
    if (run->finished != (natural <= task->deadline_ms) || run->end_ms != end) {
        return ams_fail(err, AMS_BAD_DATA,
                        "model %u ends at %g %s (%s), expected %g %s with deadline %g %s",
                        run->model, run->end_ms, unit, run->finished ? "finished" : "cut off",
                        end, unit, task->deadline_ms, unit);
    }
    return AMS_OK;
}

/* Memory in use is largest at a start: so the starts are looked at. */
static ams_status check_start(const ams_schedule *s, uint32_t k, const ams_schedule_task *task,
                              double *peak_mb, ams_error *err)
{
    const ams_schedule_run *run = &s->run[k];
    double used = 0;
    uint32_t others = 0;
    uint64_t seen = 0;
    for (uint32_t j = 0; j < s->n; j++) {
        const ams_schedule_run *other = &s->run[j];
        if (other->start_ms <= run->start_ms && other->end_ms > run->start_ms) {
            used += (double)task->mem_mb[other->model];
            others += j != k;
        }
        if (other->finished && other->end_ms <= run->start_ms) {
            seen |= UINT64_C(1) << other->model;
        }
    }
    if (task->scheduler->parallel && used > task->memory_mb * (1 + SAME)) {
        return ams_fail(err, AMS_BAD_DATA, "%g MB in use at %g %s, the budget is %g MB", used,
                        run->start_ms, task->env->cost_unit, task->memory_mb);
    }
    if (!task->scheduler->parallel && others > 0) {
        return ams_fail(err, AMS_BAD_DATA, "%u runs beside model %u, expected one at a time",
                        others, run->model);
    }
    if (seen != run->seen) {
        return ams_fail(err, AMS_BAD_DATA,
                        "model %u was chosen knowing the outputs of %llx, those that had ended "
                        "are %llx",
                        run->model, (unsigned long long)run->seen, (unsigned long long)seen);
    }
    *peak_mb = fmax(*peak_mb, used);
    return AMS_OK;
}

ams_status ams_schedule_check(const ams_schedule *s, const ams_schedule_task *task,
                              uint32_t item, const float *time_ms, ams_error *err)
{
    double peak_mb = 0;
    double done_ms = 0;
    uint64_t seen = 0;
    uint32_t cut = 0;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < s->n; k++) {
        AMS_TRY(check_run(s, k, task, time_ms, err));
        AMS_TRY(check_start(s, k, task, &peak_mb, err));
        seen |= s->run[k].finished ? UINT64_C(1) << s->run[k].model : 0;
        cut += !s->run[k].finished;
        done_ms = fmax(done_ms, s->run[k].end_ms);
    }
    if (seen != s->seen || cut != s->cut || done_ms != s->done_ms) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "finished %llx, cut off %u, done at %g %s; the runs say %llx, %u, %g %s",
            (unsigned long long)s->seen, s->cut, s->done_ms, task->env->cost_unit,
            (unsigned long long)seen, cut, done_ms, task->env->cost_unit);
    }
    if (fabs(peak_mb - s->peak_mb) > SAME * peak_mb) {
        return ams_fail(err, AMS_BAD_DATA, "peak memory %g MB; the runs say %g MB", s->peak_mb,
                        peak_mb);
    }
    double full = ams_env_value(task->env, item, task->env->all_models);
    double value = ams_env_value(task->env, item, seen);
    double recall = full > 0 ? value / full : 1;
    if (fabs(s->value - value) > 1e-9 * full || fabs(s->recall - recall) > 1e-9) {
        return ams_fail(err, AMS_BAD_DATA, "recall %.12f; the runs' outputs have %.12f",
                        s->recall, recall);
    }
out:
    return status;
}
