#include "ams/evaluate.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Items per shard: enough that a worker's set-up does not count, few enough for even loads.
 * Fixed, so that the number of threads changes nothing. */
enum { SHARD = 64 };

/* Clock readings this close, relative to an item's total time, are the same: the same runs
 * summed in another order differ in the last bits. */
static const double SAME_TIME = 1e-9;

typedef struct evaluate_job {
    ams_scores *scores;
    const ams_policy *policy;
    const float *run_time_ms; /* (N, M) recorded times, or NULL */
    double *variance;         /* (n) over draws, of the time at recall 1.0 */
    ams_status *status;       /* (shards) */
    ams_error *err;           /* (shards) */
} evaluate_job;

/* Sums over the draws of one item. */
typedef struct evaluate_sums {
    double time_ms[AMS_RECALLS], models[AMS_RECALLS];
    double area, square; /* square: of the time at recall 1.0, less the first draw's */
    double first;
    double recall_time[AMS_CURVE], recall_models[AMS_MAX_MODELS + 1];
} evaluate_sums;

/* Of required recalls from q on. Returns the models run until required recall 1.0. */
static uint32_t add_required(evaluate_sums *s, const ams_trace *trace, double full, bool whole,
                             bool first, uint32_t q)
{
    uint32_t k = 0;
    for (; q < AMS_RECALLS; q++) {
        k = ams_trace_reached(trace, full, ams_required_recall(q));
        k = whole || k > trace->n ? trace->n : k;
        s->time_ms[q] += trace->time_ms[k];
        s->models[q] += k;
        if (q == AMS_AT_100) {
            s->first = first ? trace->time_ms[k] : s->first;
            double off = trace->time_ms[k] - s->first;
            s->square += off * off;
        }
    }
    return k;
}

static void add_curves(evaluate_sums *s, const ams_trace *trace, double total_ms,
                       uint32_t n_models)
{
    uint32_t at = 0;
    for (uint32_t k = 0; k < AMS_CURVE; k++) {
        double now = total_ms * k / (AMS_CURVE - 1) + total_ms * SAME_TIME;
        while (at < trace->n && trace->time_ms[at + 1] <= now) {
            at++;
        }
        s->recall_time[k] += trace->recall[at];
    }
    for (uint32_t k = 0; k <= n_models; k++) {
        s->recall_models[k] += trace->recall[k < trace->n ? k : trace->n];
    }
}

static void store(evaluate_job *e, uint32_t row, const evaluate_sums *s, double draws)
{
    ams_scores *scores = e->scores;
    size_t columns = scores->n_models + 1;
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        scores->time_ms[(size_t)row * AMS_RECALLS + q] = s->time_ms[q] / draws;
        scores->models[(size_t)row * AMS_RECALLS + q] = s->models[q] / draws;
    }
    scores->area[row] = s->area / draws;
    for (uint32_t k = 0; k < AMS_CURVE; k++) {
        scores->recall_time[(size_t)row * AMS_CURVE + k] = (float)(s->recall_time[k] / draws);
    }
    for (uint32_t k = 0; k < columns; k++) {
        scores->recall_models[(size_t)row * columns + k] = (float)(s->recall_models[k] / draws);
    }
    double off = s->time_ms[AMS_AT_100] / draws - s->first;
    e->variance[row] = draws > 1 ? fmax(0, s->square - draws * off * off) / (draws - 1) : 0;
}

/* Those below 1.0, each by the order that is decided for it. Leaves the worker aimed at 1.0. */
static void add_per_goal(evaluate_sums *s, const ams_policy *policy, void *worker,
                         uint32_t item, const float *time_ms)
{
    const ams_env *env = ams_policy_env(policy);
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    uint8_t order[AMS_MAX_MODELS];
    ams_trace trace;
    for (uint32_t q = 0; q < AMS_AT_100; q++) {
        if (kind->aim(policy, worker, ams_required_recall(q)) || q == 0) {
            const uint32_t n = kind->order(policy, worker, item, 0, order);
            ams_trace_run(&trace, env, item, order, n, time_ms);
        }
        const uint32_t k = ams_trace_reached(&trace, env->full[item], ams_required_recall(q));
        s->time_ms[q] += trace.time_ms[k];
        s->models[q] += k;
    }
    (void)kind->aim(policy, worker, 1);
}

static void score_item(evaluate_job *e, void *worker, uint32_t row)
{
    const ams_policy *policy = e->policy;
    const ams_env *env = ams_policy_env(policy);
    ams_scores *scores = e->scores;
    uint32_t item = scores->item[row];
    const float *time_ms =
        e->run_time_ms == NULL ? env->time_ms : e->run_time_ms + (size_t)item * env->n_models;
    double total_ms = 0;
    for (uint32_t m = 0; m < env->n_models; m++) {
        total_ms += (double)time_ms[m];
    }
    evaluate_sums s = {.area = 0};
    if (scores->per_goal) {
        add_per_goal(&s, policy, worker, item, time_ms);
    }
    for (uint32_t draw = 0; draw < ams_policy_draws(policy); draw++) {
        uint8_t order[AMS_MAX_MODELS];
        ams_trace trace;
        uint32_t n = ams_policy_kind_of(policy)->order(policy, worker, item, draw, order);
        ams_trace_run(&trace, env, item, order, n, time_ms);
        uint32_t final =
            add_required(&s, &trace, env->full[item], ams_policy_kind_of(policy)->whole, !draw,
                         scores->per_goal ? AMS_AT_100 : 0);
        add_curves(&s, &trace, total_ms, env->n_models);
        s.area += ams_trace_area(&trace, total_ms);
        if (draw < scores->kept) {
            scores->final_ms[(size_t)row * scores->kept + draw] = trace.time_ms[final];
        }
        if (draw == 0) {
            scores->final_n[row] = (uint8_t) final;
            memcpy(scores->order + (size_t)row * env->n_models, order, n);
            scores->order_n[row] = (uint8_t)n;
        }
    }
    store(e, row, &s, ams_policy_draws(policy));
}

static void score_shard(void *context, uint32_t shard)
{
    evaluate_job *e = context;
    const ams_policy_kind *kind = ams_policy_kind_of(e->policy);
    void *worker = NULL;
    if (kind->worker_create != NULL) {
        e->status[shard] = kind->worker_create(e->policy, &worker, &e->err[shard]);
        if (e->status[shard] != AMS_OK) {
            return;
        }
    }
    uint32_t end = (shard + 1) * SHARD < e->scores->n ? (shard + 1) * SHARD : e->scores->n;
    for (uint32_t row = shard * SHARD; row < end; row++) {
        score_item(e, worker, row);
    }
    if (kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
}

static ams_status pick_items(ams_scores *scores, const ams_env *env, ams_split split,
                             ams_error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        n += env->split[i] == split;
    }
    if (n == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the data set has no %s items; `ams data split` deals items to splits",
                        ams_split_name(split));
    }
    ams_status status = ams_alloc(&scores->item, n, sizeof *scores->item, "scores", err);
    for (uint32_t i = 0; status == AMS_OK && i < env->n_items; i++) {
        if (env->split[i] == split) {
            scores->item[scores->n++] = i;
            scores->n_empty += env->full[i] <= 0;
        }
    }
    return status;
}

static ams_status alloc_scores(ams_scores *s, ams_error *err)
{
    size_t n = s->n;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->time_ms, n * AMS_RECALLS, sizeof *s->time_ms, "scores", err));
    AMS_TRY(ams_alloc(&s->models, n * AMS_RECALLS, sizeof *s->models, "scores", err));
    AMS_TRY(ams_alloc(&s->area, n, sizeof *s->area, "scores", err));
    AMS_TRY(ams_alloc(&s->recall_time, n * AMS_CURVE, sizeof *s->recall_time, "scores", err));
    AMS_TRY(ams_alloc(&s->recall_models, n * (s->n_models + 1), sizeof *s->recall_models,
                      "scores", err));
    AMS_TRY(ams_alloc(&s->order, n * s->n_models, sizeof *s->order, "scores", err));
    AMS_TRY(ams_alloc(&s->order_n, n, sizeof *s->order_n, "scores", err));
    AMS_TRY(ams_alloc(&s->final_n, n, sizeof *s->final_n, "scores", err));
    AMS_TRY(ams_alloc(&s->final_ms, n * s->kept, sizeof *s->final_ms, "scores", err));
out:
    return status;
}

static ams_status run_shards(evaluate_job *e, ams_pool *pool, ams_error *err)
{
    uint32_t n = e->scores->n;
    uint32_t shards = (n + SHARD - 1) / SHARD;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&e->variance, n, sizeof *e->variance, "scores", err));
    AMS_TRY(ams_alloc(&e->status, shards, sizeof *e->status, "scores", err));
    AMS_TRY(ams_alloc(&e->err, shards, sizeof *e->err, "scores", err));
    ams_pool_run(pool, shards, score_shard, e);
    for (uint32_t s = 0; s < shards; s++) {
        if (e->status[s] != AMS_OK) {
            status = ams_fail(err, e->status[s], "%s", e->err[s].text);
            goto out;
        }
    }
    /* Items are drawn independently, so the variance of their mean is the mean of variances /
     * n. */
    double variance = 0;
    for (uint32_t row = 0; row < n; row++) {
        variance += e->variance[row];
    }
    e->scores->stderr_ms = sqrt(variance / ams_policy_draws(e->policy)) / n;
out:
    free(e->variance);
    free(e->status);
    free(e->err);
    return status;
}

ams_status ams_evaluate(ams_scores *scores, const ams_policy *policy, const ams_table *table,
                        const ams_eval_options *options, ams_error *err)
{
    *scores =
        (ams_scores){.seed = ams_policy_seed(policy),
                     .n_models = ams_policy_env(policy)->n_models,
                     .per_goal = ams_policy_has_goals(policy) && ams_policy_goal(policy) <= 0};
    scores->kept =
        ams_policy_draws(policy) < AMS_KEPT_DRAWS ? ams_policy_draws(policy) : AMS_KEPT_DRAWS;
    snprintf(scores->label, sizeof scores->label, "%s", ams_policy_label(policy));
    evaluate_job e = {.scores = scores, .policy = policy};
    ams_status status = AMS_OK;
    if (options->recorded_times) {
        e.run_time_ms = table->run_time_ms;
        if (e.run_time_ms == NULL) {
            return ams_fail(err, AMS_BAD_DATA,
                            "the data set has no recorded times; use the models' mean times");
        }
    }
    AMS_TRY(pick_items(scores, ams_policy_env(policy), options->split, err));
    AMS_TRY(alloc_scores(scores, err));
    AMS_TRY(run_shards(&e, options->pool, err));
out:
    if (status != AMS_OK) {
        ams_scores_fini(scores);
    }
    return status;
}

ams_validation ams_scores_validation(const ams_scores *scores)
{
    ams_validation result = {0};
    for (uint32_t i = 0; i < scores->n; i++) {
        const double *time_ms = scores->time_ms + (size_t)i * AMS_RECALLS;
        result.area += scores->area[i] / scores->n;
        double sum = time_ms[AMS_AT_80] + time_ms[AMS_AT_90] + time_ms[AMS_AT_100];
        sum = scores->per_goal ? (sum + time_ms[AMS_AT_50]) / 4 : sum / 3;
        result.time_ms += sum / scores->n;
    }
    return result;
}

ams_status ams_validate(ams_validation *result, const ams_policy *policy,
                        const ams_table *table, const ams_eval_options *options, ams_error *err)
{
    ams_scores scores = {0};
    ams_status status = ams_evaluate(&scores, policy, table, options, err);
    if (status == AMS_OK) {
        *result = ams_scores_validation(&scores);
    }
    ams_scores_fini(&scores);
    return status;
}

void ams_scores_fini(ams_scores *scores)
{
    free(scores->item);
    free(scores->time_ms);
    free(scores->models);
    free(scores->area);
    free(scores->recall_time);
    free(scores->recall_models);
    free(scores->order);
    free(scores->order_n);
    free(scores->final_n);
    free(scores->final_ms);
    *scores = (ams_scores){0};
}
