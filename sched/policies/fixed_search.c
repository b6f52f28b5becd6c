/* It takes one model out of the order after the other and puts it where the mean time is least,
 * until no model moves any more. All places of a model are tried in one pass over the items of
 * which it finds anything: without the model, the value after k models and what it would still
 * add to them say after how many the recall is reached, wherever it stands. Of an item, only
 * what the model itself finds is looked at: what the others do is known from the order.
 *
 * n items, M models. An entry is a label of an item (env). */
#include "sched/policies/fixed_search.h"

#include "base/memory.h"
#include "env/math.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PASSES = 100 };
static const double WORTH_MOVING = 1e-9; /* of the mean time: less may be rounding */

enum {
    NOBODY = UINT8_MAX, /* of an entry: no further model finds it */
    /* Of an item: which model of the order reaches the goal, or that none has to, or that none
       does. */
    AT_ONCE = AMS_MAX_MODELS,
    NEVER,
    REACHED_KINDS
};

struct ams_fixed_search {
    const ams_env *env;
    const uint32_t *item; /* (n) */
    uint32_t n;
    /* Pairs of an item and a model that finds anything of it, by item and model. */
    uint64_t *finders; /* (n) such models */
    uint64_t *pair;    /* (n + 1) where an item's pairs begin */
    uint64_t *own;     /* (pairs + 1) where a pair's entries begin in `entry` */
    uint32_t *entry;   /* counted from the item's first */
    /* What follows from the order and the goal. */
    double goal;
    uint8_t *order;                /* (M) the models by their places */
    uint8_t place[AMS_MAX_MODELS]; /* and the other way round */
    uint8_t *first, *second; /* of each entry: the first two models that find it, or NOBODY */
    double *value;           /* (pairs) of what the model is the first to find */
    uint8_t *reached;        /* (n) a model, AT_ONCE or NEVER */
    uint32_t count[REACHED_KINDS]; /* how many items have each */
};

/* ---- pairs ---- */

static uint64_t bit_of(uint32_t model)
{
    return UINT64_C(1) << model;
}

static bool finds_any(const ams_fixed_search *s, uint32_t i, uint32_t model)
{
    return (s->finders[i] & bit_of(model)) != 0;
}

static uint64_t pair_of(const ams_fixed_search *s, uint32_t i, uint32_t model)
{
    return s->pair[i] + ams_rank(s->finders[i], bit_of(model));
}

/* Fills `finders` and `pair`. Returns how many entries all pairs have. */
static uint64_t count_pairs(ams_fixed_search *s)
{
    const ams_env *env = s->env;
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        s->finders[i] = 0;
        for (uint64_t e = env->entry[s->item[i]]; e < env->entry[s->item[i] + 1]; e++) {
            s->finders[i] |= env->makers[e];
            n += ams_ones(env->makers[e]);
        }
        s->pair[i + 1] = s->pair[i] + ams_ones(s->finders[i]);
    }
    return n;
}

static void list_entries(ams_fixed_search *s)
{
    const ams_env *env = s->env;
    for (uint32_t i = 0; i < s->n; i++) {
        const uint64_t begin = env->entry[s->item[i]];
        uint64_t *own = s->own + s->pair[i];
        for (uint64_t bits = s->finders[i]; bits != 0; bits &= bits - 1, own++) {
            own[1] = own[0];
            for (uint64_t e = begin; e < env->entry[s->item[i] + 1]; e++) {
                if ((env->makers[e] & bits & -bits) != 0) {
                    s->entry[own[1]++] = (uint32_t)(e - begin);
                }
            }
        }
    }
}

ams_status ams_fixed_search_create(ams_fixed_search **search, const ams_env *env,
                                   const uint32_t *item, uint32_t n, ams_error *err)
{
    static const char *const what = "the search for an order";
    const uint64_t entries = env->entry[env->n_items];
    ams_fixed_search *s = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, what, err));
    s->env = env;
    s->item = item;
    s->n = n;
    AMS_TRY(ams_alloc(&s->first, entries, sizeof *s->first, what, err));
    AMS_TRY(ams_alloc(&s->second, entries, sizeof *s->second, what, err));
    AMS_TRY(ams_alloc(&s->finders, n, sizeof *s->finders, what, err));
    AMS_TRY(ams_alloc(&s->reached, n, sizeof *s->reached, what, err));
    AMS_TRY(ams_alloc(&s->pair, (size_t)n + 1, sizeof *s->pair, what, err));
    const uint64_t own = count_pairs(s);
    AMS_TRY(ams_alloc(&s->value, s->pair[n], sizeof *s->value, what, err));
    AMS_TRY(ams_alloc(&s->own, s->pair[n] + 1, sizeof *s->own, what, err));
    AMS_TRY(ams_alloc(&s->entry, own, sizeof *s->entry, what, err));
    list_entries(s);
    *search = s;
    return AMS_OK;
out:
    ams_fixed_search_destroy(s);
    return status;
}

void ams_fixed_search_destroy(ams_fixed_search *s)
{
    if (s != NULL) {
        free(s->first);
        free(s->second);
        free(s->finders);
        free(s->reached);
        free(s->pair);
        free(s->value);
        free(s->own);
        free(s->entry);
        free(s);
    }
}

/* ---- an order ---- */

static uint8_t reach(const ams_fixed_search *s, uint32_t i)
{
    const double full = s->env->full[s->item[i]];
    uint64_t places = 0;
    double value = 0;
    if (ams_goal_reached(s->goal, value, full)) {
        return AT_ONCE;
    }
    for (uint64_t bits = s->finders[i]; bits != 0; bits &= bits - 1) {
        places |= bit_of(s->place[ams_lowest(bits)]);
    }
    for (; places != 0; places &= places - 1) {
        const uint8_t m = s->order[ams_lowest(places)];
        value += s->value[pair_of(s, i, m)];
        if (ams_goal_reached(s->goal, value, full)) {
            return m;
        }
    }
    return NEVER;
}

static void find_first_two(ams_fixed_search *s, uint64_t entry)
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
static void find_item(ams_fixed_search *s, uint32_t i)
{
    const ams_env *env = s->env;
    const uint32_t item = s->item[i];
    memset(s->value + s->pair[i], 0, (s->pair[i + 1] - s->pair[i]) * sizeof *s->value);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        find_first_two(s, e);
        if (s->first[e] != NOBODY) {
            s->value[pair_of(s, i, s->first[e])] += env->profit[e];
        }
    }
    s->reached[i] = reach(s, i);
    s->count[s->reached[i]]++;
}

static void find_places(ams_fixed_search *s)
{
    for (uint32_t k = 0; k < s->env->n_models; k++) {
        s->place[s->order[k]] = (uint8_t)k;
    }
}

static void find_all(ams_fixed_search *s)
{
    find_places(s);
    memset(s->count, 0, sizeof s->count);
    for (uint32_t i = 0; i < s->n; i++) {
        find_item(s, i);
    }
}

/* ---- what it costs with a model at each place ---- */

/* The order without one model. */
typedef struct fixed_others {
    uint32_t n;                         /* M - 1 */
    uint32_t model;                     /* the one that is out */
    uint8_t place[AMS_MAX_MODELS];      /* of each other */
    double time_ms[AMS_MAX_MODELS + 1]; /* of the first k others */
} fixed_others;

static fixed_others without_model(const ams_fixed_search *s, uint32_t model)
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

/* What the others find of an item. */
typedef struct fixed_finds {
    uint64_t some;                /* bit k: the other at place k finds anything of it */
    double found[AMS_MAX_MODELS]; /* the value that comes with it */
    double gone[AMS_MAX_MODELS];  /* of that, what the model that is out then no longer adds */
} fixed_finds;

/* Returns what the model adds to none of the others. */
static double spread(const ams_fixed_search *s, uint32_t i, const fixed_others *others,
                     fixed_finds *finds)
{
    const ams_env *env = s->env;
    const uint64_t begin = env->entry[s->item[i]];
    const double *value = s->value + s->pair[i];
    double alone = 0;
    finds->some = 0;
    for (uint64_t bits = s->finders[i]; bits != 0; bits &= bits - 1, value++) {
        if (ams_lowest(bits) != others->model) {
            const uint32_t k = others->place[ams_lowest(bits)];
            finds->some |= bit_of(k);
            finds->found[k] = *value;
            finds->gone[k] = 0;
        }
    }
    const uint64_t pair = pair_of(s, i, others->model);
    for (uint64_t at = s->own[pair]; at < s->own[pair + 1]; at++) {
        const uint64_t e = begin + s->entry[at];
        const double profit = env->profit[e];
        alone += profit;
        if (s->first[e] != others->model) {
            finds->gone[others->place[s->first[e]]] += profit;
        } else if (s->second[e] != NOBODY) {
            finds->found[others->place[s->second[e]]] += profit;
            finds->gone[others->place[s->second[e]]] += profit;
        }
    }
    return alone;
}

/* After how many of the others the goal is reached. */
typedef struct fixed_reach {
    uint32_t without; /* n + 1 where it is not */
    uint32_t with;    /* where the model has run, too; n at most */
} fixed_reach;

static fixed_reach reach_both(const ams_fixed_search *s, uint32_t i, const fixed_others *others)
{
    const double full = s->env->full[s->item[i]];
    fixed_finds finds;
    double adds = spread(s, i, others, &finds);
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
static void add_items(const ams_fixed_search *s, const fixed_others *others, fixed_reach reach,
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

/* Adds what it costs with the model at each place: cost (M). Items of which it finds nothing
 * differ in nothing but which other model reaches their goal, so they are counted. */
static void sum_costs(const ams_fixed_search *s, uint32_t model, double *cost)
{
    const fixed_others others = without_model(s, model);
    uint32_t count[REACHED_KINDS];
    memcpy(count, s->count, sizeof count);
    for (uint32_t i = 0; i < s->n; i++) {
        if (finds_any(s, i, model)) {
            count[s->reached[i]]--;
            add_items(s, &others, reach_both(s, i, &others), 1, cost);
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
static void move(ams_fixed_search *s, uint32_t from, uint32_t to)
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

void ams_fixed_search_improve(ams_fixed_search *s, double goal, uint8_t *order)
{
    const uint32_t n_models = s->env->n_models;
    bool moved = true;
    s->goal = goal;
    s->order = order;
    find_all(s);
    for (uint32_t pass = 0; moved && pass < MOST_PASSES; pass++) {
        moved = false;
        for (uint32_t m = 0; m < n_models; m++) {
            double cost[AMS_MAX_MODELS] = {0};
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
