/* What no schedule can exceed, and what the best one reaches, for one item whose outputs are
 * all known. Values are f (definitions.md), not recall. M models. */
#ifndef AMS_BOUNDS_H
#define AMS_BOUNDS_H

#include "ams/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The limits of an item, with the times its models take and the memory they need. */
typedef struct ams_limits {
    const float *time_ms; /* (M) */
    const float *mem_mb;  /* (M) */
    double deadline_ms;
    double memory_mb; /* parallel only */
    bool parallel;    /* in parallel under memory_mb; else one at a time */
} ams_limits;

/* The papers' optimal*: greedy by marginal value per time (per time x memory where parallel,
 * with deadline x memory to spend); the first model that does not fit counts for the fraction
 * that fits. It bounds the optimum only where no two models share a label: greedy may miss it
 * by more than the fraction adds. */
double ams_optimal_star(const ams_env *env, uint32_t item, const ams_limits *limits);

/* Never below the value of any schedule within the limits, for every monotone submodular f; the
 * proof stands at the function. */
double ams_value_bound(const ams_env *env, uint32_t item, const ams_limits *limits);

typedef struct ams_exact {
    double value;   /* of the best schedule found */
    uint64_t set;   /* its models */
    uint64_t nodes; /* of the search */
    bool solved;    /* it is the optimum; else the search was given up */
} ams_exact;

/* The optimum by branch and bound, given up after max_nodes (0: never). Needs options.value
 * conf or count, whose f is a weighted coverage. */
void ams_exact_value(ams_exact *exact, const ams_env *env, uint32_t item,
                     const ams_limits *limits, uint64_t max_nodes);

/* Whether the models of `set` can all run within the limits; nodes counts on up to max_nodes
 * (0: no end); past that the answer is no and *given_up is set. */
bool ams_can_run(const ams_limits *limits, uint64_t set, uint64_t *nodes, uint64_t max_nodes,
                 bool *given_up);

#ifdef __cplusplus
}
#endif
#endif
