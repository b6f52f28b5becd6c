#include "ams/limit_trace.h"

#include "online/limits.h"

#include <string.h>

static ams_status check_setup(const ams_limit_setup *setup, ams_error *err)
{
    if (setup->n_policies != 1) {
        return ams_fail(err, AMS_USAGE, "expected one policy, found %zu", setup->n_policies);
    }
    if (setup->options.item_id == NULL || setup->n_points == 0) {
        return ams_fail(err, AMS_USAGE, "expected a setup of one item with a deadline");
    }
    if (setup->options.recorded_times && setup->table.run_time_ms == NULL) {
        return ams_fail(err, AMS_BAD_DATA, "%s has no recorded times",
                        setup->options.data_path);
    }
    return AMS_OK;
}

static void plan(ams_limit_trace *t, void *worker)
{
    const ams_limit_setup *setup = t->setup;
    t->time_ms = setup->options.recorded_times
                     ? setup->table.run_time_ms + (size_t)setup->item * setup->env->n_models
                     : setup->env->time_ms;
    t->task = (ams_schedule_task){.env = setup->env,
                                  .scheduler = t->scheduler,
                                  .policy = t->policy,
                                  .worker = worker,
                                  .options = setup->options.rules,
                                  .expected_ms = setup->expected_ms,
                                  .mem_mb = setup->table.mem_mb,
                                  .overlap = setup->overlap,
                                  .deadline_ms = setup->point[0].deadline_ms,
                                  .memory_mb = setup->point[0].memory_mb};
}

ams_status ams_limit_trace_run(ams_limit_trace *trace, const ams_limit_setup *setup,
                               const ams_scheduler *scheduler, ams_error *err)
{
    *trace = (ams_limit_trace){.setup = setup};
    void *worker = NULL;
    ams_status status = check_setup(setup, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_policy_kind *kind = ams_policy_kind_of(setup->policy[0]);
    trace->policy = setup->policy[0];
    trace->scheduler = kind->values != NULL
                           ? scheduler
                           : ams_scheduler_named("first-fit", setup->options.parallel);
    if (kind->worker_create != NULL) {
        status = kind->worker_create(trace->policy, &worker, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    plan(trace, worker);
    ams_policy_aim(trace->policy, worker, trace->task.deadline_ms);
    ams_schedule_item(&trace->schedule, &trace->task, setup->item, 0, trace->time_ms);
    if (kind->values != NULL) {
        kind->values(trace->policy, worker, setup->item, trace->schedule.seen, trace->rest);
    }
    status =
        ams_schedule_check(&trace->schedule, &trace->task, setup->item, trace->time_ms, err);
    if (kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
    trace->task.worker = NULL;
    return status;
}

double ams_limit_rate(const ams_limit_trace *trace, uint32_t model, float value)
{
    /* Per second, or per unit of another cost. */
    double cost = (double)trace->setup->expected_ms[model] /
                  (ams_table_costs_ms(&trace->setup->table) ? 1000 : 1);
    if (trace->setup->options.parallel) {
        cost *= (double)ams_limit_memory(trace->setup->table.mem_mb[model]) / 1000;
    }
    return (double)value / cost;
}

uint64_t ams_limit_known(const ams_schedule *schedule, uint32_t k)
{
    uint64_t known = 0;
    double end_ms = schedule->run[k].end_ms;
    for (uint32_t j = 0; j < schedule->n; j++) {
        const ams_schedule_run *other = &schedule->run[j];
        bool before = other->end_ms < end_ms || (other->end_ms == end_ms && j < k);
        known |= other->finished && before ? UINT64_C(1) << other->model : 0;
    }
    return known;
}
