/* Costs that add up to at most the deadline in every schedule within the limits: what bounds
 * and branch and bound assume. Private to sched/. */
#ifndef AMS_SCHED_LIMITS_COSTS_H
#define AMS_SCHED_LIMITS_COSTS_H

#include "ams/bounds.h"

enum { AMS_MAX_COSTS = 12 };

/* cost[k][m] = time of m x u_k(memory of m / budget), so that for each k the sum over the
 * models of any schedule within the limits is at most the deadline.
 *
 * Each u is a dual feasible function: sum x_i <= 1 implies sum u(x_i) <= 1. The models that run
 * at an instant need at most the whole budget, so their u add up to at most 1 there; integrated
 * from 0 to the deadline, each model counts for time x u. One at a time: u = 1. */
typedef struct ams_costs {
    uint32_t n;
    uint64_t feasible; /* models that can run at all, alone */
    double capacity;   /* the deadline */
    double cost[AMS_MAX_COSTS][AMS_MAX_MODELS];
} ams_costs;

void ams_costs_make(ams_costs *costs, const ams_limits *limits, uint32_t n_models);

/* Largest sum of value (M) over the models of `set`, each taken whole, in part or not at all,
 * at cost[k] within `capacity`: the linear relaxation of the knapsack. */
double ams_fractional_knapsack(const double *value, const double *cost, uint64_t set,
                               double capacity);

#endif
