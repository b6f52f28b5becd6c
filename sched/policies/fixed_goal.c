/* `fixed:GOAL`: the constant order whose mean time until a required recall is least on the
 * training split, as far as a local search finds it; `fixed:each` has one order per required
 * recall, `fixed:paper` the one by the papers' own reward.
 * The search begins with the order of `fixed`. */
#include "sched/policies/fixed_search.h"
#include "sched/policies/kinds.h"

#include "ams/evaluate.h"
#include "base/memory.h"
#include "base/number.h"
#include "env/math.h"

#include <stdlib.h>
#include <string.h>

typedef struct fixed_orders {
    uint32_t n; /* 1, or AMS_RECALLS of `each` */
    uint8_t order[AMS_RECALLS][AMS_MAX_MODELS];
} fixed_orders;

/* ---- the papers' reward ---- */

/* Repeatedly the model of the largest mean reward `paper` on the training items; ties to the
 * lower index. */
static void order_by_paper(const ams_env *of, const uint32_t *item, uint32_t n, uint8_t *order)
{
    ams_env env = *of; /* whatever reward this one has */
    uint64_t mask = 0;
    env.options.reward = AMS_REWARD_PAPER;
    for (uint32_t k = 0; k < env.n_models; k++) {
        double sum[AMS_MAX_MODELS] = {0};
        for (uint32_t i = 0; i < n; i++) {
            float reward[AMS_MAX_MODELS];
            ams_env_rewards(&env, item[i], mask, reward);
            for (uint32_t m = 0; m < env.n_models; m++) {
                sum[m] += (double)reward[m];
            }
        }
        uint32_t best = ams_lowest(ams_env_remaining(&env, mask));
        for (uint64_t bits = ams_env_remaining(&env, mask); bits != 0; bits &= bits - 1) {
            best = sum[ams_lowest(bits)] > sum[best] ? ams_lowest(bits) : best;
        }
        order[k] = (uint8_t)best;
        mask |= UINT64_C(1) << best;
    }
}

/* ---- the policy ---- */

static uint32_t pick_training(const ams_env *env, uint32_t *item)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        if (env->split[i] == AMS_TRAIN && env->full[i] > 0) {
            item[n++] = i;
        }
    }
    return n;
}

/* By their required recalls; item (n). */
static ams_status search_orders(ams_policy *policy, double goal, const uint32_t *item,
                                uint32_t n, ams_error *err)
{
    fixed_orders *orders = policy->state;
    const uint32_t n_models = policy->env->n_models;
    ams_fixed_search *search = NULL;
    uint8_t begin[AMS_MAX_MODELS];
    double rate[AMS_MAX_MODELS];
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_order_fixed(policy->env, begin, rate, err));
    AMS_TRY(ams_fixed_search_create(&search, policy->env, item, n, err));
    orders->n = policy->has_goals ? AMS_RECALLS : 1;
    for (uint32_t q = 0; q < orders->n; q++) {
        memcpy(orders->order[q], begin, n_models);
        ams_fixed_search_improve(search, policy->has_goals ? ams_required_recall(q) : goal,
                                 orders->order[q]);
    }
out:
    ams_fixed_search_destroy(search);
    return status;
}

static ams_status fit_orders(ams_policy *policy, const uint32_t *item, uint32_t n,
                             ams_error *err)
{
    fixed_orders *orders = policy->state;
    const char *text = policy->path;
    double goal = 0;
    orders->n = 1;
    if (strcmp(text, "paper") == 0) {
        order_by_paper(policy->env, item, n, orders->order[0]);
        return AMS_OK;
    }
    policy->has_goals = strcmp(text, "each") == 0;
    if (!policy->has_goals && (!ams_parse_double(text, &goal) || !(goal > 0 && goal <= 1))) {
        return ams_fail(err, AMS_USAGE,
                        "policy 'fixed:%s': expected a required recall above 0 up to 1, 'each' "
                        "or 'paper' after the colon",
                        text);
    }
    if (policy->env->options.value == AMS_VALUE_BEST) {
        return ams_fail(err, AMS_USAGE,
                        "policy 'fixed:%s': expected value=conf or value=count, found best",
                        text);
    }
    return search_orders(policy, goal, item, n, err);
}

static ams_status fit(ams_policy *policy, ams_error *err)
{
    const ams_env *env = policy->env;
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&policy->state, 1, sizeof(fixed_orders), "a fixed order", err));
    AMS_TRY(ams_alloc(&item, env->n_items, sizeof *item, "training items", err));
    const uint32_t n = pick_training(env, item);
    AMS_TRY(n == 0 ? ams_policy_no_training("fixed", env, err)
                   : fit_orders(policy, item, n, err));
out:
    free(item);
    return status;
}

static void fini(ams_policy *policy)
{
    free(policy->state);
}

/* The order of the least required recall that is not below the goal. */
static bool aim(const ams_policy *policy, void *worker, double goal)
{
    const fixed_orders *orders = policy->state;
    uint32_t *which = worker;
    const uint32_t before = *which;
    *which = 0;
    while (*which + 1 < orders->n && ams_required_recall(*which) < goal - 1e-9) {
        ++*which;
    }
    return *which != before;
}

/* Which of the orders. */
static ams_status create(const ams_policy *policy, void **worker, ams_error *err)
{
    uint32_t *which = NULL;
    ams_status status = ams_alloc(&which, 1, sizeof *which, "a worker", err);
    if (status == AMS_OK) {
        (void)aim(policy, which, policy->goal > 0 ? policy->goal : 1);
    }
    *worker = which;
    return status;
}

static uint32_t order(const ams_policy *policy, void *worker, uint32_t item, uint32_t draw,
                      uint8_t models[AMS_MAX_MODELS])
{
    const fixed_orders *orders = policy->state;
    const uint32_t *which = worker;
    (void)item;
    (void)draw;
    memcpy(models, orders->order[*which], policy->env->n_models);
    return policy->env->n_models;
}

const ams_policy_kind ams_policy_fixed_goal = {
    .name = "fixed",
    .help = "fixed:GOAL: the order with the least mean time until that recall in training; "
            "fixed:each: one per recall; fixed:paper: the papers' reward",
    .draws = 1,
    .takes_path = true,
    .named_by_path = true,
    .fit = fit,
    .fini = fini,
    .worker_create = create,
    .worker_destroy = free,
    .order = order,
    .aim = aim,
    .static_order = true};
