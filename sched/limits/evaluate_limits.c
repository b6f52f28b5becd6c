#include "ams/limits.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { SHARD = 64 }; /* items; fixed, so that the number of threads changes nothing */

typedef struct limits_job {
    ams_limit_scores *scores;
    const ams_limit_evaluation *evaluation;
    const ams_scheduler *scheduler; /* NULL: the bound */
    const ams_policy *policy;
    ams_limit_bound bound;
    ams_status *status;  /* (shards) */
    ams_error *err;      /* (shards) */
    double *seconds;     /* (shards) */
    uint64_t *decisions; /* (shards) */
} limits_job;

static const float *run_times(const ams_limit_evaluation *e, uint32_t item)
{
    return e->recorded_times ? e->table->run_time_ms + (size_t)item * e->env->n_models
                             : e->env->time_ms;
}

/* One item at one point, all draws. */
static ams_status schedule_point(const limits_job *j, void *worker, uint32_t row, uint32_t p,
                                 uint64_t *decisions, ams_error *err)
{
    const ams_limit_evaluation *e = j->evaluation;
    ams_limit_scores *scores = j->scores;
    uint32_t item = scores->item[row];
    size_t at = (size_t)row * scores->n_points + p;
    uint32_t draws = j->policy == NULL ? 1 : ams_policy_draws(j->policy);
    ams_schedule_task task = {.env = e->env,
                              .scheduler = j->scheduler,
                              .policy = j->policy,
                              .worker = worker,
                              .options = e->options,
                              .expected_ms = e->expected_ms,
                              .mem_mb = e->table->mem_mb,
                              .overlap = j->policy == NULL ? NULL : e->overlap,
                              .deadline_ms = e->point[p].deadline_ms,
                              .memory_mb = e->point[p].memory_mb};
    if (j->policy != NULL) {
        ams_policy_aim(j->policy, worker, task.deadline_ms);
    }
    for (uint32_t draw = 0; draw < draws; draw++) {
        ams_schedule s;
        ams_schedule_item(&s, &task, item, draw, run_times(e, item));
        if (e->check) {
            ams_status status = ams_schedule_check(&s, &task, item, run_times(e, item), err);
            if (status != AMS_OK) {
                ams_error_prefix(err, "item %u, %s", item, j->scheduler->name);
                return status;
            }
        }
        scores->recall[at] += s.recall / draws;
        scores->done_ms[at] += s.done_ms / draws;
        scores->models[at] += (double)s.n / draws;
        scores->cut[at] += (double)s.cut / draws;
        *decisions += s.decisions;
    }
    return AMS_OK;
}

static void bound_point(const limits_job *j, uint32_t row, uint32_t p)
{
    const ams_limit_evaluation *e = j->evaluation;
    ams_limit_scores *scores = j->scores;
    uint32_t item = scores->item[row];
    size_t at = (size_t)row * scores->n_points + p;
    ams_limits limits = {.time_ms = run_times(e, item),
                         .mem_mb = e->table->mem_mb,
                         .deadline_ms = e->point[p].deadline_ms,
                         .memory_mb = e->point[p].memory_mb,
                         .parallel = e->parallel};
    double value = 0;
    if (j->bound == AMS_BOUND_EXACT) {
        ams_exact exact;
        ams_exact_value(&exact, e->env, item, &limits, e->exact_nodes);
        value = exact.value;
        scores->models[at] = (double)exact.nodes;
        scores->cut[at] = exact.solved ? 0 : 1;
    } else {
        value = j->bound == AMS_BOUND_STAR ? ams_optimal_star(e->env, item, &limits)
                                           : ams_value_bound(e->env, item, &limits);
    }
    double full = e->env->full[item];
    scores->recall[at] = value < full ? value / full : 1;
}

static void run_shard(void *context, uint32_t shard)
{
    limits_job *j = context;
    const ams_policy_kind *kind = j->policy == NULL ? NULL : ams_policy_kind_of(j->policy);
    uint32_t n = j->scores->n;
    uint32_t end = (shard + 1) * SHARD < n ? (shard + 1) * SHARD : n;
    void *worker = NULL;
    double begun = ams_seconds();
    ams_status status = AMS_OK;
    if (kind != NULL && kind->worker_create != NULL) {
        status = kind->worker_create(j->policy, &worker, &j->err[shard]);
    }
    for (uint32_t row = shard * SHARD; row < end; row++) {
        for (uint32_t p = 0; p < j->scores->n_points && status == AMS_OK; p++) {
            if (j->scheduler == NULL) {
                bound_point(j, row, p);
            } else {
                status =
                    schedule_point(j, worker, row, p, &j->decisions[shard], &j->err[shard]);
            }
        }
    }
    if (kind != NULL && kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
    j->status[shard] = status;
    j->seconds[shard] = ams_seconds() - begun;
}

static ams_status pick_items(ams_limit_scores *scores, const ams_env *env, ams_split split,
                             ams_error *err)
{
    ams_status status = ams_alloc(&scores->item, env->n_items, sizeof(uint32_t), "scores", err);
    for (uint32_t i = 0; status == AMS_OK && i < env->n_items; i++) {
        if (env->split[i] == split) {
            scores->item[scores->n++] = i;
        }
    }
    if (status == AMS_OK && scores->n == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "the data set has no %s items; `ams data split` deals items to splits",
                     ams_split_name(split));
    }
    return status;
}

static ams_status run_job(limits_job *j, ams_error *err)
{
    const ams_limit_evaluation *e = j->evaluation;
    ams_limit_scores *s = j->scores;
    ams_status status = AMS_OK;
    uint32_t shards = 0;
    *s = (ams_limit_scores){.n_points = e->n_points};
    if (e->recorded_times && e->table->run_time_ms == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the data set has no recorded times; use the models' mean times");
    }
    AMS_TRY(pick_items(s, e->env, e->split, err));
    size_t cells = (size_t)s->n * s->n_points;
    shards = (s->n + SHARD - 1) / SHARD;
    AMS_TRY(ams_alloc(&s->recall, cells, sizeof(double), "scores", err));
    AMS_TRY(ams_alloc(&s->done_ms, cells, sizeof(double), "scores", err));
    AMS_TRY(ams_alloc(&s->models, cells, sizeof(double), "scores", err));
    AMS_TRY(ams_alloc(&s->cut, cells, sizeof(double), "scores", err));
    AMS_TRY(ams_alloc(&j->status, shards, sizeof *j->status, "scores", err));
    AMS_TRY(ams_alloc(&j->err, shards, sizeof *j->err, "scores", err));
    AMS_TRY(ams_alloc(&j->seconds, shards, sizeof(double), "scores", err));
    AMS_TRY(ams_alloc(&j->decisions, shards, sizeof(uint64_t), "scores", err));
    ams_pool_run(e->pool, shards, run_shard, j);
    double all_seconds = 0;
    double decisions = 0;
    for (uint32_t k = 0; k < shards; k++) {
        if (j->status[k] != AMS_OK) {
            status = ams_fail(err, j->status[k], "%s", j->err[k].text);
            goto out;
        }
        all_seconds += j->seconds[k];
        decisions += (double)j->decisions[k];
    }
    s->decision_us = decisions > 0 ? 1e6 * all_seconds / decisions : 0;
out:
    free(j->status);
    free(j->err);
    free(j->seconds);
    free(j->decisions);
    if (status != AMS_OK) {
        ams_limit_scores_fini(s);
    }
    return status;
}

ams_status ams_limits_schedule(ams_limit_scores *scores, const ams_limit_evaluation *evaluation,
                               const ams_scheduler *scheduler, const ams_policy *policy,
                               ams_error *err)
{
    limits_job j = {
        .scores = scores, .evaluation = evaluation, .scheduler = scheduler, .policy = policy};
    return run_job(&j, err);
}

ams_status ams_limits_bound(ams_limit_scores *scores, const ams_limit_evaluation *evaluation,
                            ams_limit_bound bound, ams_error *err)
{
    limits_job j = {.scores = scores, .evaluation = evaluation, .bound = bound};
    return run_job(&j, err);
}

void ams_limit_scores_fini(ams_limit_scores *scores)
{
    free(scores->item);
    free(scores->recall);
    free(scores->done_ms);
    free(scores->models);
    free(scores->cut);
    *scores = (ams_limit_scores){.n = 0};
}
