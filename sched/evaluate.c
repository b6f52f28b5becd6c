#include "sched/eval_rows.h"

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

static void store(ams_eval *e, uint32_t row, const evaluate_sums *s, double draws)
{
    ams_scores *scores = &e->scores;
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

static void score_item(ams_eval *e, void *worker, uint32_t row)
{
    const ams_policy *policy = e->policy;
    const ams_env *env = ams_policy_env(policy);
    ams_scores *scores = &e->scores;
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

ams_status ams_eval_begin(ams_eval *e, const ams_policy *policy, const ams_table *table,
                          const ams_eval_options *options, ams_error *err)
{
    ams_scores *scores = &e->scores;
    ams_status status = AMS_OK;
    *e = (ams_eval){.policy = policy, .pool = options->pool};
    ams_eval_describe(scores, policy);
    if (options->recorded_times) {
        e->run_time_ms = table->run_time_ms;
        if (e->run_time_ms == NULL) {
            return ams_fail(err, AMS_BAD_DATA,
                            "the data set has no recorded times; use the models' mean times");
        }
    }
    AMS_TRY(pick_items(scores, ams_policy_env(policy), options->split, err));
    AMS_TRY(alloc_scores(scores, err));
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

/* -- scores as messages -- */

/* The rows of an array, put into bytes or taken out of them. */
typedef struct scores_array {
    void *data;
    size_t row_bytes;
} scores_array;
enum { ARRAYS = 10 };

static void list_arrays(const ams_scores *s, scores_array array[ARRAYS])
{
    const scores_array all[ARRAYS] = {
        {s->item, sizeof *s->item},
        {s->time_ms, AMS_RECALLS * sizeof *s->time_ms},
        {s->models, AMS_RECALLS * sizeof *s->models},
        {s->area, sizeof *s->area},
        {s->recall_time, AMS_CURVE * sizeof *s->recall_time},
        {s->recall_models, (s->n_models + 1) * sizeof *s->recall_models},
        {s->order, s->n_models},
        {s->order_n, 1},
        {s->final_n, 1},
        {s->final_ms, s->kept * sizeof *s->final_ms}};
    memcpy(array, all, sizeof all);
}

/* Counts stand in front. */
typedef struct scores_head {
    uint32_t n, n_models, kept, n_empty, first, rows;
    double stderr_ms;
} scores_head;

ams_status ams_scores_put(const ams_scores *s, uint32_t first, uint32_t rows, ams_bytes *bytes,
                          ams_error *err)
{
    const scores_head head = {s->n,  s->n_models, s->kept,     s->n_empty,
                              first, rows,        s->stderr_ms};
    scores_array array[ARRAYS];
    ams_status status = ams_bytes_put(bytes, &head, sizeof head, err);
    list_arrays(s, array);
    for (int k = 0; k < ARRAYS && status == AMS_OK; k++) {
        status = ams_bytes_put(bytes, (char *)array[k].data + first * array[k].row_bytes,
                               rows * array[k].row_bytes, err);
    }
    return status;
}

ams_status ams_scores_get(ams_scores *s, ams_bytes *bytes, ams_error *err)
{
    scores_head head;
    scores_array array[ARRAYS];
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_get(bytes, &head, sizeof head, err));
    if (head.n_models != s->n_models || head.kept != s->kept || (s->n > 0 && s->n != head.n) ||
        head.first > head.n || head.rows > head.n - head.first) {
        return ams_fail(err, AMS_BACKEND,
                        "scores of another process: %u items and %u models expected, %u and %u "
                        "found; are all processes the same program on the same file?",
                        s->n, s->n_models, head.n, head.n_models);
    }
    if (s->n == 0) {
        s->n = head.n;
        AMS_TRY(ams_alloc(&s->item, s->n, sizeof *s->item, "scores", err));
        AMS_TRY(alloc_scores(s, err));
    }
    s->n_empty = head.n_empty;
    s->stderr_ms = head.stderr_ms;
    list_arrays(s, array);
    for (int k = 0; k < ARRAYS; k++) {
        AMS_TRY(ams_bytes_get(bytes, (char *)array[k].data + head.first * array[k].row_bytes,
                              head.rows * array[k].row_bytes, err));
    }
out:
    return status;
}

ams_status ams_eval_put(const ams_eval *e, uint32_t first, uint32_t rows, ams_bytes *bytes,
                        ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_scores_put(&e->scores, first, rows, bytes, err));
    AMS_TRY(ams_bytes_put(bytes, &first, sizeof first, err));
    AMS_TRY(ams_bytes_put(bytes, e->variance + first, rows * sizeof *e->variance, err));
out:
    return status;
}

ams_status ams_eval_get(ams_eval *e, ams_bytes *bytes, ams_error *err)
{
    uint32_t first = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_scores_get(&e->scores, bytes, err));
    AMS_TRY(ams_bytes_get(bytes, &first, sizeof first, err));
    if (first > e->scores.n ||
        (e->scores.n - first) * sizeof *e->variance < bytes->n - bytes->at) {
        return ams_fail(err, AMS_BACKEND, "scores of another process: too many rows");
    }
    AMS_TRY(ams_bytes_get(bytes, e->variance + first, bytes->n - bytes->at, err));
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
