#include "ams/bounds.h"

#include "env/math.h"
#include "sched/limits/costs.h"

#include <math.h>

/* Shares this close to a threshold are on the safe side of it: quotients are rounded. */
static const double NEAR = 1e-9;

/* Fekete and Schepers' two families (2001). With a threshold e: a model above 1 - e fills the
 * budget, one under e counts nothing. If one is above, all beside it are under; else those that
 * count do so by their own share. */
static double threshold_share(double x, double e)
{
    return x > 1 - e + 2 * NEAR ? 1 : x < e - NEAR ? 0 : x;
}

/* With k steps: of models that need more than 1 / (k + 1) only k fit, so each counts 1 / k, and
 * so on for multiples; at a multiple itself a model counts its own share. */
static double step_share(double x, uint32_t k)
{
    double scaled = (k + 1) * x;
    return fabs(scaled - round(scaled)) < NEAR ? x : floor(scaled) / k;
}

void ams_costs_make(ams_costs *costs, const ams_limits *limits, uint32_t n_models)
{
    static const double thresholds[] = {0, 0.1, 0.2, 0.3, 0.4, 0.5};
    enum { THRESHOLDS = sizeof thresholds / sizeof *thresholds, STEPS = 5 };
    *costs = (ams_costs){.n = limits->parallel ? THRESHOLDS + STEPS : 1,
                         .capacity = limits->deadline_ms};
    for (uint32_t m = 0; m < n_models; m++) {
        double time_ms = (double)limits->time_ms[m];
        double mem_mb = (double)limits->mem_mb[m];
        bool fits = time_ms <= limits->deadline_ms &&
                    (!limits->parallel || mem_mb <= limits->memory_mb);
        costs->feasible |= fits ? UINT64_C(1) << m : 0;
        if (!limits->parallel) {
            costs->cost[0][m] = time_ms;
            continue;
        }
        double x = mem_mb > 0 ? mem_mb / limits->memory_mb : 0;
        for (uint32_t k = 0; k < THRESHOLDS; k++) {
            costs->cost[k][m] = time_ms * threshold_share(x, thresholds[k]);
        }
        for (uint32_t k = 1; k <= STEPS; k++) {
            costs->cost[THRESHOLDS + k - 1][m] = time_ms * step_share(x, k);
        }
    }
}

double ams_fractional_knapsack(const double *value, const double *cost, uint64_t set,
                               double capacity)
{
    uint8_t order[AMS_MAX_MODELS];
    uint32_t n = 0;
    double sum = 0;
    for (; set != 0; set &= set - 1) {
        uint32_t m = ams_lowest(set);
        if (cost[m] <= 0) {
            sum += value[m];
            continue;
        }
        uint32_t at = n++;
        for (; at > 0 && value[order[at - 1]] * cost[m] < value[m] * cost[order[at - 1]];
             at--) {
            order[at] = order[at - 1];
        }
        order[at] = (uint8_t)m;
    }
    for (uint32_t k = 0; k < n && capacity > 0; k++) {
        double part = cost[order[k]] <= capacity ? 1 : capacity / cost[order[k]];
        sum += value[order[k]] * part;
        capacity -= cost[order[k]];
    }
    return sum;
}

double ams_optimal_star(const ams_env *env, uint32_t item, const ams_limits *limits)
{
    ams_costs costs;
    double value = 0;
    uint64_t mask = 0;
    ams_costs_make(&costs, limits, env->n_models);
    /* cost[0] of a parallel schedule is time x memory / budget: the same greedy. */
    double left = costs.capacity;
    while (left > 0 && (costs.feasible & ~mask) != 0) {
        double gain[AMS_MAX_MODELS];
        double best_rate = 0;
        uint32_t best = env->n_models;
        ams_env_gains(env, item, mask, gain);
        for (uint64_t bits = costs.feasible & ~mask; bits != 0; bits &= bits - 1) {
            uint32_t m = ams_lowest(bits);
            double rate = gain[m] / fmax(costs.cost[0][m], 1e-12);
            if (rate > best_rate) {
                best = m;
                best_rate = rate;
            }
        }
        if (best == env->n_models) {
            break;
        }
        double part = costs.cost[0][best] <= left ? 1 : left / costs.cost[0][best];
        value += gain[best] * part;
        left -= costs.cost[0][best];
        mask |= UINT64_C(1) << best;
    }
    return value;
}

/* Let O be the models of a best schedule, A any set of models, g(m) = f(A + m) - f(A). By
 * monotonicity f(O) <= f(A + O); by submodularity f(A + O) <= f(A) + sum over m in O of g(m). O
 * keeps every cost of ams_costs, so that sum is at most the largest sum of g over sets whose
 * costs add up to at most the deadline, and that is at most its linear relaxation. So
 *     f(O) <= f(A) + LP(g, cost k)   for every A and every k,
 * and the least of them over the greedy sets A is returned. O has only models that fit alone,
 * so f(feasible) bounds it, too. Nothing here needs labels not to overlap. */
double ams_value_bound(const ams_env *env, uint32_t item, const ams_limits *limits)
{
    ams_costs costs;
    uint64_t mask = 0;
    ams_costs_make(&costs, limits, env->n_models);
    double bound = ams_env_value(env, item, costs.feasible);
    for (uint32_t step = 0; step <= env->n_models; step++) {
        double gain[AMS_MAX_MODELS];
        double value = ams_env_value(env, item, mask);
        ams_env_gains(env, item, mask, gain);
        uint64_t rest = 0;
        uint32_t best = env->n_models;
        for (uint64_t bits = costs.feasible & ~mask; bits != 0; bits &= bits - 1) {
            uint32_t m = ams_lowest(bits);
            if (gain[m] <= 0) {
                continue;
            }
            rest |= bits & -bits;
            bool better = best == env->n_models ||
                          gain[m] * costs.cost[0][best] > gain[best] * costs.cost[0][m];
            best = better ? m : best;
        }
        for (uint32_t k = 0; k < costs.n; k++) {
            bound = fmin(bound, value + ams_fractional_knapsack(gain, costs.cost[k], rest,
                                                                costs.capacity));
        }
        if (best == env->n_models) {
            break;
        }
        mask |= UINT64_C(1) << best;
    }
    return bound;
}
