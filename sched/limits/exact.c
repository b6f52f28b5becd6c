/* The exact optimum of an item by branch and bound over sets of models, and whether a set can
 * run within the limits by search over schedules. */
#include "ams/bounds.h"

#include "env/math.h"
#include "sched/limits/costs.h"

#include <math.h>
#include <string.h>

typedef struct exact_search {
    const ams_limits *limits;
    ams_costs costs;
    const ams_env *env;
    uint32_t item;
    uint64_t max_nodes;
    ams_exact *exact;
    bool given_up;
} exact_search;

/* ---- Can a set run? ---- */

/* A schedule in the making: semi-active schedules start each run at 0 or when another one ends,
 * and if any schedule is in time, one of those is. */
typedef struct exact_packing {
    const ams_limits *limits;
    double end_ms[AMS_MAX_MODELS];
    uint64_t *nodes;
    uint64_t max_nodes;
    bool given_up;
} exact_packing;

static double used_mb(const ams_limits *limits, uint64_t running)
{
    double sum = 0;
    for (; running != 0; running &= running - 1) {
        sum += (double)limits->mem_mb[ams_lowest(running)];
    }
    return sum;
}

/* Runs the set by one list rule: longest, largest, or most of both first. */
static bool list_schedule(const ams_limits *limits, uint64_t set, int rule)
{
    double end_ms[AMS_MAX_MODELS];
    double now_ms = 0;
    uint64_t running = 0;
    while (set != 0) {
        uint32_t best = AMS_MAX_MODELS;
        double best_size = -1;
        double used = used_mb(limits, running);
        for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
            uint32_t m = ams_lowest(bits);
            double time_ms = (double)limits->time_ms[m];
            double mem_mb = (double)limits->mem_mb[m];
            double size = rule == 0 ? time_ms : rule == 1 ? mem_mb : time_ms * mem_mb;
            if (used + mem_mb <= limits->memory_mb && size > best_size) {
                best = m;
                best_size = size;
            }
        }
        if (best < AMS_MAX_MODELS) {
            end_ms[best] = now_ms + (double)limits->time_ms[best];
            if (end_ms[best] > limits->deadline_ms) {
                return false;
            }
            running |= UINT64_C(1) << best;
            set &= ~(UINT64_C(1) << best);
            continue;
        }
        double next = INFINITY;
        for (uint64_t bits = running; bits != 0; bits &= bits - 1) {
            next = fmin(next, end_ms[ams_lowest(bits)]);
        }
        for (uint64_t bits = running; bits != 0; bits &= bits - 1) {
            running &= end_ms[ams_lowest(bits)] <= next ? ~(bits & -bits) : UINT64_MAX;
        }
        now_ms = next;
    }
    return true;
}

/* What cannot be in time any more, whatever is done. */
static bool hopeless(const exact_packing *p, double now_ms, uint64_t running, uint64_t left)
{
    const ams_limits *limits = p->limits;
    double area = 0;
    for (uint64_t bits = left; bits != 0; bits &= bits - 1) {
        uint32_t m = ams_lowest(bits);
        if (now_ms + (double)limits->time_ms[m] > limits->deadline_ms) {
            return true;
        }
        area += (double)limits->time_ms[m] * (double)limits->mem_mb[m];
    }
    for (uint64_t bits = running; bits != 0; bits &= bits - 1) {
        uint32_t m = ams_lowest(bits);
        area += (p->end_ms[m] - now_ms) * (double)limits->mem_mb[m];
    }
    double room = (limits->deadline_ms - now_ms) * limits->memory_mb;
    return area > room * (1 + 1e-9);
}

/* At now_ms: starts one more of `left` (those of an index from `from` on, so that each set of
 * starts is tried once), or goes on to the next end. */
/* NOLINTNEXTLINE(misc-no-recursion): at most two calls deep per model, of which there are 64 */
static bool pack(exact_packing *p, double now_ms, uint64_t running, uint64_t left,
                 uint32_t from)
{
    if (left == 0) {
        return true;
    }
    if (++*p->nodes > p->max_nodes && p->max_nodes != 0) {
        p->given_up = true;
        return false;
    }
    if (hopeless(p, now_ms, running, left)) {
        return false;
    }
    double used = used_mb(p->limits, running);
    uint64_t later = from >= 64 ? 0 : left & (UINT64_MAX << from);
    for (uint64_t bits = later; bits != 0; bits &= bits - 1) {
        uint32_t m = ams_lowest(bits);
        if (used + (double)p->limits->mem_mb[m] <= p->limits->memory_mb) {
            p->end_ms[m] = now_ms + (double)p->limits->time_ms[m];
            if (pack(p, now_ms, running | (bits & -bits), left & ~(bits & -bits), m + 1)) {
                return true;
            }
            if (p->given_up) {
                return false;
            }
        }
    }
    if (running == 0) {
        return false;
    }
    double next = INFINITY;
    for (uint64_t bits = running; bits != 0; bits &= bits - 1) {
        next = fmin(next, p->end_ms[ams_lowest(bits)]);
    }
    uint64_t still = 0;
    for (uint64_t bits = running; bits != 0; bits &= bits - 1) {
        still |= p->end_ms[ams_lowest(bits)] > next ? bits & -bits : 0;
    }
    return pack(p, next, still, left, 0);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the search counts in it */
bool ams_can_run(const ams_limits *limits, uint64_t set, uint64_t *nodes, uint64_t max_nodes,
                 bool *given_up)
{
    if (!limits->parallel) {
        double sum = 0;
        for (; set != 0; set &= set - 1) {
            sum += (double)limits->time_ms[ams_lowest(set)];
        }
        return sum <= limits->deadline_ms;
    }
    for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
        if ((double)limits->mem_mb[ams_lowest(bits)] > limits->memory_mb) {
            return false;
        }
    }
    for (int rule = 0; rule < 3; rule++) {
        if (list_schedule(limits, set, rule)) {
            return true;
        }
    }
    exact_packing p = {.limits = limits, .nodes = nodes, .max_nodes = max_nodes};
    bool can = pack(&p, 0, 0, set, 0);
    *given_up = *given_up || p.given_up;
    return can;
}

/* ---- The best set ---- */

/* The bound of bounds.c at A = set, with the costs of `set` spent. */
static double bound_here(const exact_search *s, uint64_t set, uint64_t rest, const double *gain)
{
    double bound = INFINITY;
    for (uint32_t k = 0; k < s->costs.n; k++) {
        double left = s->costs.capacity;
        for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
            left -= s->costs.cost[k][ams_lowest(bits)];
        }
        bound = fmin(bound, ams_fractional_knapsack(gain, s->costs.cost[k], rest,
                                                    left * (1 + 1e-12) + 1e-9));
    }
    return bound;
}

/* set is known to fit and worth `value`; rest may still join it. */
/* NOLINTNEXTLINE(misc-no-recursion): one call deep per model, of which there are at most 64 */
static void branch(exact_search *s, uint64_t set, uint64_t rest, double value)
{
    ams_exact *best = s->exact;
    if (value > best->value) {
        best->value = value;
        best->set = set;
    }
    if (s->given_up || (++best->nodes > s->max_nodes && s->max_nodes != 0)) {
        s->given_up = true;
        return;
    }
    double gain[AMS_MAX_MODELS];
    ams_env_gains(s->env, s->item, set, gain);
    for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
        rest &= gain[ams_lowest(bits)] > 0 ? UINT64_MAX : ~(bits & -bits);
    }
    /* A gain under the last bits of the item's value is the same sum in another order. */
    double least = best->value + 1e-12 * s->env->full[s->item];
    if (rest == 0 || value + bound_here(s, set, rest, gain) <= least) {
        return;
    }
    uint32_t m = ams_lowest(rest);
    for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
        uint32_t k = ams_lowest(bits);
        m = gain[k] * (double)s->limits->time_ms[m] > gain[m] * (double)s->limits->time_ms[k]
                ? k
                : m;
    }
    uint64_t bit = UINT64_C(1) << m;
    if (ams_can_run(s->limits, set | bit, &best->nodes, s->max_nodes, &s->given_up)) {
        branch(s, set | bit, rest & ~bit, value + gain[m]);
    }
    branch(s, set, rest & ~bit, value);
}

void ams_exact_value(ams_exact *exact, const ams_env *env, uint32_t item,
                     const ams_limits *limits, uint64_t max_nodes)
{
    exact_search s = {
        .limits = limits, .env = env, .item = item, .max_nodes = max_nodes, .exact = exact};
    *exact = (ams_exact){.value = 0};
    ams_costs_make(&s.costs, limits, env->n_models);
    /* All that fits alone, if it can run: no search. */
    branch(&s, 0, s.costs.feasible, 0);
    exact->value = ams_env_value(env, item, exact->set);
    exact->solved = !s.given_up;
}
