/* `knn`: what a model adds on the training items whose outputs agree best so far.
 *
 * n training items with f > 0. Agreement of the item with training item j in a state is the sum
 * over executed models of the Jaccard index of the two label sets of that model (1 where both
 * are empty), kept as integers so that it does not depend on the order of the runs. Neighbours
 * are the K that agree best and all that tie with the last of them: with no model run,
 * everyone. Expected gain of m = (sum over neighbours of their gain / f + PRIOR * lone(m)) /
 * (neighbours + PRIOR), lone(m) = mean over all n of what only m finds, which ranks the models
 * that add nothing to any neighbour. The next model is the one with the most of it per time. */
#include "sched/policies/kinds.h"

#include "base/memory.h"
#include "env/math.h"
#include "online/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* On the validation split of the shipped photos 20, 50 and 100 with 0.3, 1 and 3 are within 3 %
 * at recall 1.0. */
enum { K = 50 };
static const double PRIOR = 1;
/* A Jaccard index of 1. 64 of them fit a word. */
enum { AGREES = 1 << 20 };

/* Of `knn:remaining`: a required recall is served by the least goal that is not below it. */
enum { KNN_GOALS = 4 };
static const double goals[KNN_GOALS] = {0.5, 0.8, 0.9, 1};

typedef struct knn_state {
    uint32_t n;
    uint32_t *item;   /* (n) index in the table */
    uint32_t *size;   /* (M, n) labels that the model outputs on the training item */
    uint64_t *start;  /* (M, L) + 1: postings of (model, label) */
    uint32_t *holder; /* training items (0 .. n - 1) where the model outputs the label */
    double first[AMS_MAX_MODELS]; /* mean gain / f where nothing has run */
    double lone[AMS_MAX_MODELS];
    bool remaining; /* `knn:remaining`, and its mean reward per goal where nothing has run */
    double first_of[KNN_GOALS][AMS_MAX_MODELS];
} knn_state;

typedef struct knn_scratch {
    uint32_t *shared; /* (n) labels in common; all 0 between calls */
    uint32_t *agreed; /* (n) */
    uint32_t goal;    /* of `goals` */
} knn_scratch;

static ams_status pick_training(knn_state *s, const ams_env *env, ams_error *err)
{
    ams_status status = ams_alloc(&s->item, env->n_items, sizeof *s->item, "neighbours", err);
    for (uint32_t i = 0; status == AMS_OK && i < env->n_items; i++) {
        if (env->split[i] == AMS_TRAIN && env->full[i] > 0) {
            s->item[s->n++] = i;
        }
    }
    if (status == AMS_OK && s->n == 0) {
        status = ams_policy_no_training("knn", env, err);
    }
    return status;
}

/* Counts the postings of each (model, label) and, given `next`, writes them. */
static void visit(knn_state *s, const ams_env *env, uint64_t *next)
{
    for (uint32_t j = 0; j < s->n; j++) {
        uint32_t i = s->item[j];
        for (uint64_t e = env->entry[i]; e < env->entry[i + 1]; e++) {
            for (uint64_t bits = env->makers[e]; bits != 0; bits &= bits - 1) {
                uint32_t m = ams_lowest(bits);
                size_t at = (size_t)m * env->n_labels + env->label[e];
                if (next != NULL) {
                    s->holder[next[at]++] = j;
                } else {
                    s->start[at + 1]++;
                    s->size[(size_t)m * s->n + j]++;
                }
            }
        }
    }
}

static ams_status post_labels(knn_state *s, const ams_env *env, ams_error *err)
{
    static const char *const what = "postings of labels";
    size_t lists = (size_t)env->n_models * env->n_labels;
    uint64_t *next = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->size, (size_t)env->n_models * s->n, sizeof *s->size, what, err));
    AMS_TRY(ams_alloc(&s->start, lists + 1, sizeof *s->start, what, err));
    AMS_TRY(ams_alloc(&next, lists + 1, sizeof *next, what, err));
    visit(s, env, NULL);
    for (size_t at = 0; at < lists; at++) {
        s->start[at + 1] += s->start[at];
    }
    AMS_TRY(ams_alloc(&s->holder, s->start[lists], sizeof *s->holder, what, err));
    memcpy(next, s->start, (lists + 1) * sizeof *next);
    visit(s, env, next);
out:
    free(next);
    return status;
}

static void mean_gains(knn_state *s, const ams_env *env)
{
    for (uint32_t j = 0; j < s->n; j++) {
        double gain[AMS_MAX_MODELS];
        double share = 1 / (env->full[s->item[j]] * s->n);
        ams_env_gains(env, s->item[j], 0, gain);
        for (uint32_t m = 0; m < env->n_models; m++) {
            uint64_t others = env->all_models & ~(UINT64_C(1) << m);
            s->first[m] += gain[m] * share;
            s->lone[m] += ams_env_gain(env, s->item[j], others, m) * share;
        }
    }
}

/* What the outcome of a model on training item j is worth: the share of the item's value that
 * it adds, or of what is still missing for the goal. */
static double worth(const knn_state *s, uint32_t goal, double gain, double value, double full)
{
    return s->remaining ? (double)ams_reward_remaining(&goals[goal], 1, gain, value, full)
                        : gain / full;
}

static void mean_rewards(knn_state *s, const ams_env *env)
{
    for (uint32_t j = 0; j < s->n; j++) {
        const double full = env->full[s->item[j]];
        double gain[AMS_MAX_MODELS];
        ams_env_gains(env, s->item[j], 0, gain);
        for (uint32_t g = 0; g < KNN_GOALS; g++) {
            for (uint32_t m = 0; m < env->n_models; m++) {
                s->first_of[g][m] += worth(s, g, gain[m], 0, full) / s->n;
            }
        }
    }
}

static ams_status fit_knn(ams_policy *policy, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&policy->state, 1, sizeof(knn_state), "neighbours", err));
    AMS_TRY(pick_training(policy->state, policy->env, err));
    AMS_TRY(post_labels(policy->state, policy->env, err));
    mean_gains(policy->state, policy->env);
out:
    return status;
}

static void fini_knn(ams_policy *policy)
{
    knn_state *s = policy->state;
    if (s != NULL) {
        free(s->item);
        free(s->size);
        free(s->start);
        free(s->holder);
    }
    free(s);
}

static void destroy_scratch(void *worker)
{
    knn_scratch *w = worker;
    if (w != NULL) {
        free(w->shared);
        free(w->agreed);
    }
    free(w);
}

static ams_status create_scratch(const ams_policy *policy, void **worker, ams_error *err)
{
    const knn_state *s = policy->state;
    knn_scratch *w = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&w, 1, sizeof *w, "a worker", err));
    AMS_TRY(ams_alloc(&w->shared, s->n, sizeof *w->shared, "a worker", err));
    AMS_TRY(ams_alloc(&w->agreed, s->n, sizeof *w->agreed, "a worker", err));
out:
    if (status != AMS_OK) {
        destroy_scratch(w);
        w = NULL;
    }
    *worker = w;
    return status;
}

/* Model m ran on the item: adds everyone's agreement with its output. */
static void agree(const knn_state *s, knn_scratch *w, const ams_env *env, uint32_t item,
                  uint32_t m)
{
    uint32_t own = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if (env->makers[e] >> m & 1) {
            size_t list = (size_t)m * env->n_labels + env->label[e];
            own++;
            for (uint64_t at = s->start[list]; at < s->start[list + 1]; at++) {
                w->shared[s->holder[at]]++;
            }
        }
    }
    const uint32_t *size = s->size + (size_t)m * s->n;
    for (uint32_t j = 0; j < s->n; j++) {
        uint32_t all = own + size[j] - w->shared[j];
        w->agreed[j] += all == 0 ? AGREES : (uint32_t)((uint64_t)w->shared[j] * AGREES / all);
        w->shared[j] = 0;
    }
}

/* The K-th largest agreement, or 0 if there are fewer training items: a heap with the smallest
 * of the K largest on top. */
static uint32_t last_neighbour(const knn_state *s, const knn_scratch *w)
{
    uint32_t heap[K] = {0};
    for (uint32_t j = 0; j < s->n; j++) {
        uint32_t value = w->agreed[j];
        if (value <= heap[0]) {
            continue;
        }
        uint32_t at = 0;
        for (uint32_t child = 1; child < K; child = 2 * at + 1) {
            child += child + 1 < K && heap[child + 1] < heap[child];
            if (value <= heap[child]) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = value;
    }
    return heap[0];
}

static void expect_gains(const knn_state *s, const knn_scratch *w, const ams_env *env,
                         uint64_t mask, float expected[AMS_MAX_MODELS])
{
    double sum[AMS_MAX_MODELS] = {0};
    double n = mask == 0 ? s->n : 0;
    uint32_t least = last_neighbour(s, w);
    const double *first = s->remaining ? s->first_of[w->goal] : s->first;
    for (uint32_t m = 0; m < env->n_models; m++) {
        sum[m] = PRIOR * s->lone[m] + n * first[m];
    }
    for (uint32_t j = 0; mask != 0 && j < s->n; j++) {
        if (w->agreed[j] >= least) {
            double gain[AMS_MAX_MODELS];
            const double full = env->full[s->item[j]];
            const double value = s->remaining ? ams_env_value(env, s->item[j], mask) : 0;
            ams_env_gains(env, s->item[j], mask, gain);
            n++;
            for (uint32_t m = 0; m < env->n_models; m++) {
                sum[m] += worth(s, w->goal, gain[m], value, full);
            }
        }
    }
    for (uint32_t m = 0; m < env->n_models; m++) {
        expected[m] = (float)(sum[m] / (n + PRIOR));
    }
}

static void begin_knn(const ams_policy *policy, void *worker, uint32_t item)
{
    const knn_state *s = policy->state;
    knn_scratch *w = worker;
    (void)item;
    memset(w->agreed, 0, s->n * sizeof *w->agreed);
}

static void values_knn(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                       float value[AMS_MAX_MODELS + 1])
{
    (void)item;
    expect_gains(policy->state, worker, policy->env, mask, value);
    value[policy->env->n_models] = -INFINITY;
}

static void ran_knn(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                    uint32_t model)
{
    (void)mask;
    agree(policy->state, worker, policy->env, item, model);
}

const ams_policy_kind ams_policy_knn = {
    .keeps_items = true,
    .name = "knn",
    .help = "largest mean new value per time on the 50 most similar training items first",
    .draws = 1,
    .fit = fit_knn,
    .fini = fini_knn,
    .worker_create = create_scratch,
    .worker_destroy = destroy_scratch,
    .order = ams_policy_order_by_rate,
    .begin = begin_knn,
    .values = values_knn,
    .ran = ran_knn};

/* ---- knn:remaining ---- */

static ams_status fit_remaining(ams_policy *policy, ams_error *err)
{
    if (strcmp(policy->path, "remaining") != 0 && strcmp(policy->path, "left") != 0) {
        return ams_fail(
            err, AMS_USAGE,
            "policy 'knn:%s': expected 'remaining' (or its older name 'left') after "
            "the colon",
            policy->path);
    }
    ams_status status = fit_knn(policy, err);
    if (status == AMS_OK) {
        ((knn_state *)policy->state)->remaining = true;
        policy->has_goals = true;
        mean_rewards(policy->state, policy->env);
    }
    return status;
}

static bool aim_knn(const ams_policy *policy, void *worker, double goal)
{
    knn_scratch *w = worker;
    const uint32_t before = w->goal;
    (void)policy;
    w->goal = 0;
    while (w->goal + 1 < KNN_GOALS && goals[w->goal] < goal - 1e-9) {
        w->goal++;
    }
    return w->goal != before;
}

static ams_status create_remaining(const ams_policy *policy, void **worker, ams_error *err)
{
    ams_status status = create_scratch(policy, worker, err);
    if (status == AMS_OK) {
        (void)aim_knn(policy, *worker, policy->goal > 0 ? policy->goal : 1);
    }
    return status;
}

/* The best odds per time next, as `remaining` decides. */
static uint32_t order_by_odds(const ams_policy *policy, void *worker, uint32_t item,
                              uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    const ams_env *env = policy->env;
    uint64_t mask = 0;
    (void)draw;
    begin_knn(policy, worker, item);
    for (uint32_t k = 0; k < env->n_models; k++) {
        float value[AMS_MAX_MODELS + 1];
        values_knn(policy, worker, item, mask, value);
        for (uint32_t m = 0; m < env->n_models; m++) {
            value[m] = logf(value[m]) - log1pf(-value[m]);
        }
        const uint32_t next = ams_rule_odds(value, env->log_time, ams_env_remaining(env, mask));
        order[k] = (uint8_t)next;
        ran_knn(policy, worker, item, mask, next);
        mask |= UINT64_C(1) << next;
    }
    return env->n_models;
}

const ams_policy_kind ams_policy_knn_remaining = {
    .keeps_items = true,
    .name = "knn",
    .help = "knn:remaining: knn with the reward and the rule of `remaining`, for each required "
            "recall",
    .draws = 1,
    .takes_path = true,
    .named_by_path = true,
    .fit = fit_remaining,
    .fini = fini_knn,
    .worker_create = create_remaining,
    .worker_destroy = destroy_scratch,
    .order = order_by_odds,
    .aim = aim_knn,
    .begin = begin_knn,
    .values = values_knn,
    .ran = ran_knn};
