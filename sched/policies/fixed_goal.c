/* `fixed:GOAL`: the constant order whose mean time until a required recall is least on the
 * training split, as far as a local search finds it; `fixed:each` has one order per required
 * recall, `fixed:paper` the one by the papers' own reward.
 *
 * The search begins with the order of `fixed`. It takes one model out after the other and puts
 * it where the mean time is least, until no model moves any more. All places of a model are
 * tried in one pass over the items of which it finds anything: without the model, the value
 * after k models and what it would still add to them say after how many the recall is reached,
 * wherever it stands.
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

enum {
    NOBODY = UINT8_MAX, /* of an entry: no further model finds it */
    /* Of an item: which model of the order reaches the goal, or that none has to, or that none
       does. */
    AT_ONCE = AMS_MAX_MODELS,
    NEVER,
    REACHED_KINDS
};

typedef struct fixed_search {
    const ams_env *env;
    const uint32_t *item; /* (n) */
    uint32_t n;
    double goal;
    uint8_t *order;                /* (M) the models by their places */
    uint8_t place[AMS_MAX_MODELS]; /* and the other way round */
    uint8_t *first, *second; /* of each entry: the first two models that find it, or NOBODY */
    uint8_t *reached;        /* (n) a model, AT_ONCE or NEVER */
    uint32_t count[REACHED_KINDS]; /* how many items have each */
    uint64_t *finders;             /* (n) models that find anything of the item */
} fixed_search;

/* What the models of an order find of an item. */
typedef struct fixed_finds {
    uint64_t some;                /* bit k: value comes with the model at place k */
    double found[AMS_MAX_MODELS]; /* that value */
    double gone[AMS_MAX_MODELS];  /* what the model that is out then no longer adds */
} fixed_finds;

static void add_find(fixed_finds *finds, uint32_t k, double profit, bool own)
{
    if ((finds->some >> k & 1) == 0) {
        finds->some |= UINT64_C(1) << k;
        finds->found[k] = 0;
        finds->gone[k] = 0;
    }
    finds->found[k] += profit;
    finds->gone[k] += own ? profit : 0;
}

static uint8_t reach(const fixed_search *s, uint32_t item, const fixed_finds *finds)
{
    double value = 0;
    if (ams_goal_reached(s->goal, value, s->env->full[item])) {
        return AT_ONCE;
    }
    for (uint64_t bits = finds->some; bits != 0; bits &= bits - 1) {
        value += finds->found[ams_lowest(bits)];
        if (ams_goal_reached(s->goal, value, s->env->full[item])) {
            return s->order[ams_lowest(bits)];
        }
    }
    return NEVER;
}

static void find_first_two(fixed_search *s, uint64_t entry)
{
    uint8_t first = NOBODY;
    uint8_t second = NOBODY;
    for (uint64_t bits = s->env->makers[entry]; bits != 0; bits &= bits - 1) {
        const uint8_t m = (uint8_t)ams_lowest(bits);
        if (first == NOBODY || s->place[m] < s->place[first]) {
            second = first;
            first = m;
        } else if (second == NOBODY || s->place[m] < s->place[second]) {
            second = m;
        }
    }
    s->first[entry] = first;
    s->second[entry] = second;
}

/* What is known of the i-th item, after a model that finds anything of it got a place. */
static void find_item(fixed_search *s, uint32_t i)
{
    const ams_env *env = s->env;
    const uint32_t item = s->item[i];
    fixed_finds finds = {.some = 0};
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        find_first_two(s, e);
        if (s->first[e] != NOBODY) {
            add_find(&finds, s->place[s->first[e]], env->profit[e], false);
        }
    }
    s->reached[i] = reach(s, item, &finds);
    s->count[s->reached[i]]++;
}

static void find_places(fixed_search *s)
{
    for (uint32_t k = 0; k < s->env->n_models; k++) {
        s->place[s->order[k]] = (uint8_t)k;
    }
}

static void find_all(fixed_search *s)
{
    find_places(s);
    memset(s->count, 0, sizeof s->count);
    for (uint32_t i = 0; i < s->n; i++) {
        find_item(s, i);
    }
}

static bool finds_any(const fixed_search *s, uint32_t i, uint32_t model)
{
    return (s->finders[i] >> model & 1) != 0;
}

/* The order without one model. */
typedef struct fixed_others {
    uint32_t n;                         /* M - 1 */
    uint32_t model;                     /* the one that is out */
    uint8_t place[AMS_MAX_MODELS];      /* of each other */
    double time_ms[AMS_MAX_MODELS + 1]; /* of the first k others */
} fixed_others;

static fixed_others without_model(const fixed_search *s, uint32_t model)
{
    const ams_env *env = s->env;
    fixed_others others = {.n = env->n_models - 1, .model = model};
    uint8_t k = 0;
    for (uint32_t at = 0; at < env->n_models; at++) {
        const uint8_t m = s->order[at];
        if (m != model) {
            others.place[m] = k;
            others.time_ms[k + 1] = others.time_ms[k] + (double)env->time_ms[m];
            k++;
        }
    }
    return others;
}

/* Returns what the model adds to none of the others. */
static double spread(const fixed_search *s, uint32_t item, const fixed_others *others,
                     fixed_finds *finds)
{
    const ams_env *env = s->env;
    double alone = 0;
    finds->some = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        const bool own = (env->makers[e] >> others->model & 1) != 0;
        const uint8_t finder = s->first[e] == others->model ? s->second[e] : s->first[e];
        alone += own ? env->profit[e] : 0;
        if (finder != NOBODY) {
            add_find(finds, others->place[finder], env->profit[e], own);
        }
    }
    return alone;
}

/* After how many of the others the goal is reached. */
typedef struct fixed_reach {
    uint32_t without; /* n + 1 where it is not */
    uint32_t with;    /* where the model has run, too; n at most */
} fixed_reach;

static fixed_reach reach_both(const fixed_search *s, uint32_t item, const fixed_others *others)
{
    const double full = s->env->full[item];
    fixed_finds finds;
    double adds = spread(s, item, others, &finds);
    double value = 0;
    bool reached = ams_goal_reached(s->goal, adds, full);
    fixed_reach both = {.without = ams_goal_reached(s->goal, 0, full) ? 0 : others->n + 1,
                        .with = reached ? 0 : others->n};
    for (uint64_t bits = finds.some; both.without > 0 && bits != 0; bits &= bits - 1) {
        const uint32_t k = ams_lowest(bits);
        value += finds.found[k];
        adds -= finds.gone[k];
        if (!reached && ams_goal_reached(s->goal, value + adds, full)) {
            both.with = k + 1;
            reached = true;
        }
        if (ams_goal_reached(s->goal, value, full)) {
            both.without = k + 1;
            break;
        }
    }
    return both;
}

/* Of an item of which the model finds nothing. */
static fixed_reach reach_same(const fixed_others *others, uint32_t reached)
{
    const uint32_t n = others->n;
    const uint32_t without = reached == AT_ONCE ? 0
                             : reached == NEVER ? n + 1
                                                : others->place[reached] + 1U;
    return (fixed_reach){.without = without, .with = without < n ? without : n};
}

/* Adds the time until the goal of `items` items with the model at each place p: cost (M). */
static void add_items(const fixed_search *s, const fixed_others *others, fixed_reach reach,
                      double items, double *cost)
{
    /* Before `with`, between the two, and where the model comes too late to matter. */
    const uint32_t n = others->n;
    const double *time_ms = others->time_ms;
    const double model_ms = (double)s->env->time_ms[others->model];
    const double at_once = time_ms[reach.with] + model_ms;
    const uint32_t end = reach.without <= n ? reach.without : n + 1;
    const uint32_t early = reach.with < end ? reach.with : end;
    uint32_t p = 0;
    for (; p < early; p++) {
        cost[p] += items * at_once;
    }
    for (; p < end; p++) {
        cost[p] += items * (time_ms[p] + model_ms);
    }
    for (; p <= n; p++) {
        cost[p] += items * time_ms[reach.without];
    }
}

/* With the model at each place: cost (M). Items of which it finds nothing differ in nothing but
 * which other model reaches their goal, so they are counted. */
static void sum_costs(const fixed_search *s, uint32_t model, double *cost)
{
    const fixed_others others = without_model(s, model);
    uint32_t count[REACHED_KINDS];
    memcpy(count, s->count, sizeof count);
    memset(cost, 0, s->env->n_models * sizeof *cost);
    for (uint32_t i = 0; i < s->n; i++) {
        if (finds_any(s, i, model)) {
            count[s->reached[i]]--;
            add_items(s, &others, reach_both(s, s->item[i], &others), 1, cost);
        }
    }
    for (uint32_t r = 0; r < REACHED_KINDS; r++) {
        if (count[r] > 0) {
            add_items(s, &others, reach_same(&others, r), count[r], cost);
        }
    }
}

/* ---- the search ---- */

/* The model at `from` goes to place `to`. The others keep their order, so nothing changes for
 * items of which this one finds nothing. */
static void move(fixed_search *s, uint32_t from, uint32_t to)
{
    uint8_t *order = s->order;
    const uint8_t m = order[from];
    if (to < from) {
        memmove(order + to + 1, order + to, from - to);
    } else {
        memmove(order + from, order + from + 1, to - from);
    }
    order[to] = m;
    find_places(s);
    for (uint32_t i = 0; i < s->n; i++) {
        if (finds_any(s, i, m)) {
            s->count[s->reached[i]]--;
            find_item(s, i);
        }
    }
}

static void improve(fixed_search *s)
{
    const uint32_t n_models = s->env->n_models;
    bool moved = true;
    find_all(s);
    for (uint32_t pass = 0; moved && pass < MOST_PASSES; pass++) {
        moved = false;
        for (uint32_t m = 0; m < n_models; m++) {
            double cost[AMS_MAX_MODELS];
            const uint32_t place = s->place[m];
            sum_costs(s, m, cost);
            uint32_t best = place;
            for (uint32_t p = 0; p < n_models; p++) {
                best = cost[p] < cost[best] ? p : best;
            }
            if (cost[best] < cost[place] * (1 - WORTH_MOVING)) {
                move(s, place, best);
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
            s->finders[s->n] = 0;
            for (uint64_t e = env->entry[i]; e < env->entry[i + 1]; e++) {
                s->finders[s->n] |= env->makers[e];
            }
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
        s->order = orders->order[q];
        memcpy(s->order, begin, n_models);
        improve(s);
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
    const uint64_t entries = policy->env->entry[policy->env->n_items];
    AMS_TRY(ams_alloc(&s.first, entries, sizeof *s.first, "places of models", err));
    AMS_TRY(ams_alloc(&s.second, entries, sizeof *s.second, "places of models", err));
    AMS_TRY(ams_alloc(&s.finders, policy->env->n_items, sizeof *s.finders, "models", err));
    AMS_TRY(ams_alloc(&s.reached, policy->env->n_items, sizeof *s.reached, "counts", err));
    pick_training(&s, item);
    if (s.n == 0) {
        status = ams_policy_no_training("fixed", policy->env, err);
        goto out;
    }
    status = fit_orders(policy, &s, err);
out:
    free(s.first);
    free(s.second);
    free(s.finders);
    free(s.reached);
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
