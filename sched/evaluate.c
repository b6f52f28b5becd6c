#include "sched/eval_rows.h"

#include "base/memory.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Items per shard: enough that a worker's set-up does not count, few enough for even loads.
 * Fixed, so that the number of threads changes nothing. */
enum { SHARD = 64 };

typedef struct evaluate_job {
    ams_eval *eval;
    uint32_t first, end; /* rows */
    ams_status *status;  /* (shards) */
    ams_error *err;      /* (shards) */
} evaluate_job;

/* Sums over the draws of one item. */
typedef struct evaluate_sums {
    double time_ms[AMS_RECALLS], models[AMS_RECALLS];
    double area, square; /* square: of the time at recall 1.0, less the first draw's */
    double first;
    double recall_time[AMS_CURVE], recall_models[AMS_MAX_MODELS + 1];
} evaluate_sums;

/* Of required recalls from q on. Returns the models run until required recall 1.0. A higher
 * recall is reached no earlier than a lower one. */
static uint32_t add_required(evaluate_sums *s, const ams_trace *trace, double full, bool whole,
                             bool first, uint32_t q)
{
    uint32_t reached = 0;
    uint32_t k = 0;
    for (; q < AMS_RECALLS; q++) {
        reached = ams_trace_reached_from(trace, full, ams_required_recall(q), reached);
        k = whole || reached > trace->n ? trace->n : reached;
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

static void add_curves(evaluate_sums *s, const ams_trace *trace, const ams_curve_times *times,
                       uint32_t n_models)
{
    uint32_t at = 0;
    for (uint32_t k = 0; k < AMS_CURVE; k++) {
        while (at < trace->n && trace->time_ms[at + 1] <= times->moment[k]) {
            at++;
        }
        s->recall_time[k] += trace->recall[at];
    }
    for (uint32_t k = 0; k <= n_models; k++) {
        s->recall_models[k] += trace->recall[k < trace->n ? k : trace->n];
    }
}

/* The curves of the only draw, which are their own mean. */
static void store_curves(ams_eval *e, uint32_t row, const ams_trace *trace,
                         const ams_curve_times *times)
{
    ams_scores *scores = &e->scores;
    float *models = scores->recall_models + (size_t)row * (scores->n_models + 1);
    ams_curve_fill(times, trace, scores->recall_time + (size_t)row * AMS_CURVE);
    for (uint32_t k = 0; k <= scores->n_models; k++) {
        models[k] = (float)trace->recall[k < trace->n ? k : trace->n];
    }
}

static void store(ams_eval *e, uint32_t row, const evaluate_sums *s, double draws)
{
    ams_scores *scores = &e->scores;
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        scores->time_ms[(size_t)row * AMS_RECALLS + q] = s->time_ms[q] / draws;
        scores->models[(size_t)row * AMS_RECALLS + q] = s->models[q] / draws;
    }
    scores->area[row] = s->area / draws;
    double off = s->time_ms[AMS_AT_100] / draws - s->first;
    e->variance[row] = draws > 1 ? fmax(0, s->square - draws * off * off) / (draws - 1) : 0;
}

static void store_mean_curves(ams_eval *e, uint32_t row, const evaluate_sums *s, double draws)
{
    ams_scores *scores = &e->scores;
    const size_t columns = scores->n_models + 1;
    for (uint32_t k = 0; k < AMS_CURVE; k++) {
        scores->recall_time[(size_t)row * AMS_CURVE + k] = (float)(s->recall_time[k] / draws);
    }
    for (uint32_t k = 0; k < columns; k++) {
        scores->recall_models[(size_t)row * columns + k] = (float)(s->recall_models[k] / draws);
    }
}

/* The models of draw 0 that have to be known until this recall is reached. */
static uint32_t order_until(const ams_policy *policy, void *worker, uint32_t item,
                            double required, uint8_t order[AMS_MAX_MODELS])
{
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    return kind->order_until != NULL ? kind->order_until(policy, worker, item, required, order)
                                     : kind->order(policy, worker, item, 0, order);
}

/* Those below 1.0, each by the order that is decided for it: from the highest on, since one
 * order serves lower ones that are decided for alike. Leaves the worker aimed at 1.0. */
static void add_per_goal(evaluate_sums *s, const ams_policy *policy, void *worker,
                         uint32_t item, const float *time_ms)
{
    const ams_env *env = ams_policy_env(policy);
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    uint8_t order[AMS_MAX_MODELS];
    ams_trace trace;
    for (uint32_t q = AMS_AT_100; q-- > 0;) {
        const double required = ams_required_recall(q);
        if (kind->aim(policy, worker, required) || q + 1 == AMS_AT_100) {
            const uint32_t n = order_until(policy, worker, item, required, order);
            ams_trace_run(&trace, env, item, order, n, time_ms);
        }
        const uint32_t k = ams_trace_reached(&trace, env->full[item], required);
        s->time_ms[q] += trace.time_ms[k];
        s->models[q] += k;
    }
    (void)kind->aim(policy, worker, 1);
}

/* Of one draw; where nobody asks for orders, models that run after all is found stand in any
 * order. */
static uint32_t order_of(const ams_eval *e, void *worker, uint32_t item, uint32_t draw,
                         uint8_t order[AMS_MAX_MODELS])
{
    const ams_policy *policy = e->policy;
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    if (!e->without_orders || kind->order_until == NULL) {
        return kind->order(policy, worker, item, draw, order);
    }
    uint32_t n = kind->order_until(policy, worker, item, 1, order);
    uint64_t rest = ams_policy_env(policy)->all_models;
    for (uint32_t k = 0; k < n; k++) {
        rest &= ~(UINT64_C(1) << order[k]);
    }
    for (; rest != 0; rest &= rest - 1) {
        order[n++] = (uint8_t)__builtin_ctzll(rest);
    }
    return n;
}

static void begin_sums(evaluate_sums *s, uint32_t draws)
{
    if (draws == 1) { /* without curves */
        memset(s, 0, offsetof(evaluate_sums, recall_time));
    } else {
        memset(s, 0, sizeof *s);
    }
}

static void score_item(ams_eval *e, void *worker, uint32_t row)
{
    const ams_policy *policy = e->policy;
    const ams_env *env = ams_policy_env(policy);
    ams_scores *scores = &e->scores;
    const uint32_t item = scores->item[row];
    const uint32_t draws = ams_policy_draws(policy);
    const float *time_ms = env->time_ms;
    const ams_curve_times *times = &e->times;
    ams_curve_times own;
    evaluate_sums s;
    if (e->run_time_ms != NULL) {
        time_ms = e->run_time_ms + (size_t)item * env->n_models;
        own = ams_curve_times_of(time_ms, env->n_models);
        times = &own;
    }
    begin_sums(&s, draws);
    if (scores->per_goal) {
        add_per_goal(&s, policy, worker, item, time_ms);
    }
    for (uint32_t draw = 0; draw < draws; draw++) {
        uint8_t order[AMS_MAX_MODELS];
        ams_trace trace;
        uint32_t n = order_of(e, worker, item, draw, order);
        ams_trace_run(&trace, env, item, order, n, time_ms);
        uint32_t final =
            add_required(&s, &trace, env->full[item], ams_policy_kind_of(policy)->whole, !draw,
                         scores->per_goal ? AMS_AT_100 : 0);
        if (draws == 1) {
            store_curves(e, row, &trace, times);
        } else {
            add_curves(&s, &trace, times, env->n_models);
        }
        s.area += ams_trace_area(&trace, times->total_ms);
        if (draw < scores->kept) {
            scores->final_ms[(size_t)row * scores->kept + draw] = trace.time_ms[final];
        }
        if (draw == 0) {
            scores->final_n[row] = (uint8_t) final;
            memcpy(scores->order + (size_t)row * env->n_models, order, n);
            scores->order_n[row] = (uint8_t)n;
        }
    }
    store(e, row, &s, draws);
    if (draws > 1) {
        store_mean_curves(e, row, &s, draws);
    }
}

static void score_shard(void *context, uint32_t shard)
{
    evaluate_job *job = context;
    ams_eval *e = job->eval;
    const ams_policy_kind *kind = ams_policy_kind_of(e->policy);
    void *worker = NULL;
    if (kind->worker_create != NULL) {
        job->status[shard] = kind->worker_create(e->policy, &worker, &job->err[shard]);
        if (job->status[shard] != AMS_OK) {
            return;
        }
    }
    const uint32_t first = job->first + shard * SHARD;
    const uint32_t end = job->end - first < SHARD ? job->end : first + SHARD;
    for (uint32_t row = first; row < end; row++) {
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

ams_status ams_scores_alloc(ams_scores *s, ams_error *err)
{
    size_t n = s->n;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc_unset(&s->time_ms, n * AMS_RECALLS, sizeof *s->time_ms, "scores", err));
    AMS_TRY(ams_alloc_unset(&s->models, n * AMS_RECALLS, sizeof *s->models, "scores", err));
    AMS_TRY(ams_alloc_unset(&s->area, n, sizeof *s->area, "scores", err));
    AMS_TRY(
        ams_alloc_unset(&s->recall_time, n * AMS_CURVE, sizeof *s->recall_time, "scores", err));
    AMS_TRY(ams_alloc_unset(&s->recall_models, n * (s->n_models + 1), sizeof *s->recall_models,
                            "scores", err));
    AMS_TRY(ams_alloc(&s->order, n * s->n_models, sizeof *s->order, "scores", err));
    AMS_TRY(ams_alloc_unset(&s->order_n, n, sizeof *s->order_n, "scores", err));
    AMS_TRY(ams_alloc_unset(&s->final_n, n, sizeof *s->final_n, "scores", err));
    AMS_TRY(ams_alloc_unset(&s->final_ms, n * s->kept, sizeof *s->final_ms, "scores", err));
out:
    return status;
}

ams_status ams_eval_begin(ams_eval *e, const ams_policy *policy, const ams_table *table,
                          const ams_eval_options *options, ams_error *err)
{
    ams_scores *scores = &e->scores;
    ams_status status = AMS_OK;
    *e = (ams_eval){
        .policy = policy, .pool = options->pool, .without_orders = options->without_orders};
    ams_eval_describe(scores, policy);
    if (options->recorded_times) {
        e->run_time_ms = table->run_time_ms;
        if (e->run_time_ms == NULL) {
            return ams_fail(err, AMS_BAD_DATA,
                            "the data set has no recorded times; use the models' mean times");
        }
    }
    e->times = ams_curve_times_of(ams_policy_env(policy)->time_ms, scores->n_models);
    AMS_TRY(pick_items(scores, ams_policy_env(policy), options->split, err));
    AMS_TRY(ams_scores_alloc(scores, err));
    AMS_TRY(ams_alloc(&e->variance, scores->n, sizeof *e->variance, "scores", err));
out:
    if (status != AMS_OK) {
        ams_eval_fini(e);
    }
    return status;
}

ams_status ams_eval_score(ams_eval *e, uint32_t first, uint32_t n, ams_error *err)
{
    evaluate_job job = {.eval = e, .first = first, .end = first + n};
    const uint32_t shards = (n + SHARD - 1) / SHARD;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&job.status, shards, sizeof *job.status, "scores", err));
    AMS_TRY(ams_alloc(&job.err, shards, sizeof *job.err, "scores", err));
    ams_pool_run(e->pool, shards, score_shard, &job);
    for (uint32_t s = 0; s < shards; s++) {
        if (job.status[s] != AMS_OK) {
            status = ams_fail(err, job.status[s], "%s", job.err[s].text);
            goto out;
        }
    }
out:
    free(job.status);
    free(job.err);
    return status;
}

/* Items are drawn independently, so the variance of their mean is the mean of variances / n. */
void ams_eval_finish(ams_eval *e, ams_scores *scores)
{
    const uint32_t n = e->scores.n;
    double variance = 0;
    for (uint32_t row = 0; row < n; row++) {
        variance += e->variance[row];
    }
    e->scores.stderr_ms = sqrt(variance / ams_policy_draws(e->policy)) / n;
    *scores = e->scores;
    e->scores = (ams_scores){0};
    ams_eval_fini(e);
}

void ams_eval_fini(ams_eval *e)
{
    ams_scores_fini(&e->scores);
    free(e->variance);
    *e = (ams_eval){.policy = NULL};
}

void ams_eval_describe(ams_scores *scores, const ams_policy *policy)
{
    *scores =
        (ams_scores){.seed = ams_policy_seed(policy),
                     .n_models = ams_policy_env(policy)->n_models,
                     .per_goal = ams_policy_has_goals(policy) && ams_policy_goal(policy) <= 0};
    scores->kept =
        ams_policy_draws(policy) < AMS_KEPT_DRAWS ? ams_policy_draws(policy) : AMS_KEPT_DRAWS;
    snprintf(scores->label, sizeof scores->label, "%s", ams_policy_label(policy));
}

ams_status ams_evaluate(ams_scores *scores, const ams_policy *policy, const ams_table *table,
                        const ams_eval_options *options, ams_error *err)
{
    ams_eval e;
    ams_status status = AMS_OK;
    *scores = (ams_scores){0};
    AMS_TRY(ams_eval_begin(&e, policy, table, options, err));
    status = ams_eval_score(&e, 0, e.scores.n, err);
    if (status == AMS_OK) {
        ams_eval_finish(&e, scores);
    } else {
        ams_eval_fini(&e);
    }
out:
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
