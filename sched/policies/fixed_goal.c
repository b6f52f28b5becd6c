/* `fixed:GOAL`: the constant order whose mean time until a required recall is least on the
 * training split, as far as a local search finds it; `fixed:each` has one order per required
 * recall, `fixed:paper` the one by the papers' own reward.
 *
 * The search begins with the order of `fixed`. It takes one model out after the other and puts
 * it where the mean time is least, until no model moves any more. All places of a model are
 * tried in one pass over the items: without the model, the value after k models and what it
 * would still add to them say after how many the recall is reached, wherever it stands.
 *
 * n training items with f > 0, M models, P places. */
#include "sched/policies/kinds.h"

#include "ams/evaluate.h"
#include "base/memory.h"
#include "base/number.h"
#include "env/lookup.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PASSES = 100 };
static const double WORTH_MOVING = 1e-9; /* of the mean time: less may be rounding */

typedef struct fixed_orders {
    uint32_t n; /* 1, or AMS_RECALLS of `each` */
    uint8_t order[AMS_RECALLS][AMS_MAX_MODELS];
} fixed_orders;

/* ---- what an order costs with a model at each place ---- */

typedef struct fixed_others {
    uint32_t n;                         /* M - 1 */
    uint8_t rank[AMS_MAX_MODELS];       /* among the others; n for the model that is out */
    double time_ms[AMS_MAX_MODELS + 1]; /* of the first k others */
} fixed_others;

/* found[k]: value that comes with the k-th of the others (from 1 on); gone[k]: what the model
 * then no longer adds. Returns what it adds to none of them. */
static double spread(const ams_env *env, uint32_t item, const fixed_others *others, uint32_t m,
                     double *found, double *gone)
{
    double alone = 0;
    memset(found, 0, (others->n + 1) * sizeof *found);
    memset(gone, 0, (others->n + 1) * sizeof *gone);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        const uint64_t makers = env->makers[e];
        uint32_t first = others->n;
        for (uint64_t bits = makers; bits != 0; bits &= bits - 1) {
            const uint32_t rank = others->rank[ams_lowest(bits)];
            first = rank < first ? rank : first;
        }
        const bool own = (makers >> m & 1) != 0;
        alone += own ? env->profit[e] : 0;
        if (first < others->n) {
            found[first + 1] += env->profit[e];
            gone[first + 1] += own ? env->profit[e] : 0;
        }
    }
    return alone;
}

/* Adds the item's time until the goal with model m at each place p: cost (M). */
static void add_item(const ams_env *env, uint32_t item, const fixed_others *others, uint32_t m,
                     double goal, double *cost)
{
    double found[AMS_MAX_MODELS + 1];
    double gone[AMS_MAX_MODELS + 1];
    double adds = spread(env, item, others, m, found, gone);
    double value = 0;
    uint32_t without = others->n + 1; /* how many others reach the goal; none do */
    uint32_t with = others->n;        /* and how many where the model has run, too */
    bool reached_with = false;
    for (uint32_t k = 0; k <= others->n; k++) {
        value += k > 0 ? found[k] : 0;
        adds -= k > 0 ? gone[k] : 0;
        if (!reached_with && ams_goal_reached(goal, value + adds, env->full[item])) {
            with = k;
            reached_with = true;
        }
        if (ams_goal_reached(goal, value, env->full[item])) {
            without = k;
            break;
        }
    }
    for (uint32_t p = 0; p <= others->n; p++) {
        cost[p] += without <= p
                       ? others->time_ms[without]
                       : others->time_ms[with > p ? with : p] + (double)env->time_ms[m];
    }
}

/* ---- the search ---- */

typedef struct fixed_search {
    const ams_env *env;
    const uint32_t *item; /* (n) */
    uint32_t n;
    double goal;
} fixed_search;

static double sum_costs(const fixed_search *s, const uint8_t *order, uint32_t place,
                        double *cost)
{
    const ams_env *env = s->env;
    const uint32_t m = order[place];
    fixed_others others = {.n = env->n_models - 1};
    memset(cost, 0, env->n_models * sizeof *cost);
    others.rank[m] = (uint8_t)others.n;
    for (uint32_t k = 0, at = 0; at < env->n_models; at++) {
        if (at != place) {
            others.rank[order[at]] = (uint8_t)k;
            others.time_ms[k + 1] = others.time_ms[k] + (double)env->time_ms[order[at]];
            k++;
        }
    }
    for (uint32_t i = 0; i < s->n; i++) {
        add_item(env, s->item[i], &others, m, s->goal, cost);
    }
    return cost[place];
}

/* The model at `from` goes to place `to`. */
static void move(uint8_t *order, uint32_t from, uint32_t to)
{
    const uint8_t m = order[from];
    if (to < from) {
        memmove(order + to + 1, order + to, from - to);
    } else {
        memmove(order + from, order + from + 1, to - from);
    }
    order[to] = m;
}

static void improve(const fixed_search *s, uint8_t *order)
{
    const uint32_t n_models = s->env->n_models;
    bool moved = true;
    for (uint32_t pass = 0; moved && pass < MOST_PASSES; pass++) {
        moved = false;
        for (uint32_t m = 0; m < n_models; m++) {
            double cost[AMS_MAX_MODELS];
            const uint32_t place =
                (uint32_t)((const uint8_t *)memchr(order, (int)m, n_models) - order);
            const double now = sum_costs(s, order, place, cost);
            uint32_t best = place;
            for (uint32_t p = 0; p < n_models; p++) {
                best = cost[p] < cost[best] ? p : best;
            }
            if (cost[best] < now * (1 - WORTH_MOVING)) {
                move(order, place, best);
                moved = true;
            }
        }
    }
}

/* ---- the papers' reward ---- */

/* Repeatedly the model of the largest mean reward `paper` on the training items; ties to the
 * lower index. */
static void order_by_paper(const fixed_search *s, uint8_t *order)
{
    ams_env env = *s->env; /* whatever reward this one has */
    uint64_t mask = 0;
    env.options.reward = AMS_REWARD_PAPER;
    for (uint32_t k = 0; k < env.n_models; k++) {
        double sum[AMS_MAX_MODELS] = {0};
        for (uint32_t i = 0; i < s->n; i++) {
            float reward[AMS_MAX_MODELS];
            ams_env_rewards(&env, s->item[i], mask, reward);
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

static void pick_training(fixed_search *s, uint32_t *item)
{
    const ams_env *env = s->env;
    for (uint32_t i = 0; i < env->n_items; i++) {
        if (env->split[i] == AMS_TRAIN && env->full[i] > 0) {
            item[s->n++] = i;
        }
    }
    s->item = item;
}

static ams_status fit_orders(ams_policy *policy, fixed_search *s, ams_error *err)
{
    fixed_orders *orders = policy->state;
    const char *text = policy->path;
    const uint32_t n_models = s->env->n_models;
    double goal = 0;
    uint8_t begin[AMS_MAX_MODELS];
    double rate[AMS_MAX_MODELS];
    if (strcmp(text, "paper") == 0) {
        order_by_paper(s, orders->order[0]);
        return AMS_OK;
    }
    policy->has_goals = strcmp(text, "each") == 0;
    if (!policy->has_goals && (!ams_parse_double(text, &goal) || !(goal > 0 && goal <= 1))) {
        return ams_fail(err, AMS_USAGE,
                        "policy 'fixed:%s': expected a required recall above 0 up to 1, 'each' "
                        "or 'paper' after the colon",
                        text);
    }
    if (s->env->options.value == AMS_VALUE_BEST) {
        return ams_fail(err, AMS_USAGE,
                        "policy 'fixed:%s': expected value=conf or value=count, found best",
                        text);
    }
    ams_status status = ams_policy_order_fixed(s->env, begin, rate, err);
    orders->n = policy->has_goals ? AMS_RECALLS : 1;
    for (uint32_t q = 0; status == AMS_OK && q < orders->n; q++) {
        s->goal = policy->has_goals ? ams_required_recall(q) : goal;
        memcpy(orders->order[q], begin, n_models);
        improve(s, orders->order[q]);
    }
    return status;
}

static ams_status fit(ams_policy *policy, ams_error *err)
{
    fixed_search s = {.env = policy->env};
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&policy->state, 1, sizeof(fixed_orders), "a fixed order", err));
    ((fixed_orders *)policy->state)->n = 1;
    AMS_TRY(ams_alloc(&item, policy->env->n_items, sizeof *item, "training items", err));
    pick_training(&s, item);
    if (s.n == 0) {
        status = ams_policy_no_training("fixed", policy->env, err);
        goto out;
    }
    status = fit_orders(policy, &s, err);
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
