/* Which models to run under a budget, when links predict the others.
 *
 * M models, p (M, M) the quality of link i -> j at [i M + j], p0 (M) that of the constant. The
 * objective of a set A is F(A) = mean over j of 1 for j in A, else
 * min(1, max(p0_j, max over i in A of p_ij) + gain (|A| - 1)), p0_j where A is empty. With gain
 * 0 it is monotone and submodular (a facility-location function). */
#ifndef AMS_LINK_SELECT_H
#define AMS_LINK_SELECT_H

#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_CHOICE_COSTS = 3, AMS_CHOICE_BRUTE = 20 };

typedef struct ams_choice_problem {
    uint32_t n;                           /* M */
    const double *p, *p0;                 /* borrowed; the diagonal of p is not read */
    double gain;                          /* 0; 0.02 in Fig. 10 of the paper */
    uint32_t n_costs;                     /* limits that all hold: time, memory, money */
    const double *cost[AMS_CHOICE_COSTS]; /* (M) each > 0, borrowed */
    double budget[AMS_CHOICE_COSTS];
    uint64_t never; /* models that cannot run, such as ground truth */
} ams_choice_problem;

double ams_choice_value(const ams_choice_problem *problem, uint64_t set);
bool ams_choice_fits(const ams_choice_problem *problem, uint64_t set);
double ams_choice_cost(const ams_choice_problem *problem, uint64_t set, uint32_t k);

typedef struct ams_choice {
    uint64_t set;
    double value;   /* F(set) */
    double bound;   /* no set that fits has a greater F; `value` where the set is optimal */
    uint64_t nodes; /* of a search */
    bool optimal;   /* proved */
} ams_choice;

/* The paper's rule: P_i = (1 + mean p_ij - mean p_ji) / (w c_i), the greatest first; a model
 * that does not fit is skipped, or ends the walk (`stop`). c: the sum of cost / budget where
 * there are several limits. */
void ams_choose_papers(const ams_choice_problem *problem, bool stop, ams_choice *choice);
/* The least c first. */
void ams_choose_cheapest(const ams_choice_problem *problem, bool stop, ams_choice *choice);
/* Greatest gain of F per c, and the best single model where that is better. F is at least
 * (1 - 1/e) / 2 of the best under one limit (Khuller, Moss and Naor 1999). The bound is that of
 * Leskovec et al. (2007): what the remaining gains can add at most, at every step. */
void ams_choose_facility(const ams_choice_problem *problem, ams_choice *choice);
/* The greedy begun from every set of up to three models: 1 - 1/e of the best under one limit
 * (Sviridenko 2004). */
void ams_choose_triples(const ams_choice_problem *problem, ams_choice *choice);
/* The optimum of F: every subset for up to AMS_CHOICE_BRUTE models, else branch and bound of at
 * most `nodes` nodes, after which `optimal` is false and `bound` says how far it may be off. A
 * gain other than 0 needs every subset.
 * @return AMS_USAGE for more models with such a gain. */
ams_status ams_choose_exact(const ams_choice_problem *problem, uint64_t nodes,
                            ams_choice *choice, ams_error *err);
/* The optimum without links: what constants and the budget buy alone. */
ams_status ams_choose_constant(const ams_choice_problem *problem, uint64_t nodes,
                               ams_choice *choice, ams_error *err);

/* Greedy on a value that the caller computes, such as the accuracy of refitted links: in each
 * step the model of the greatest gain per c. `value` may return less than it did before; the
 * walk then goes on while anything fits, and the best set on the way is kept. */
typedef ams_status ams_choice_value_fn(const void *context, uint64_t set, double *value,
                                       ams_error *err);
ams_status ams_choose_greedy(const ams_choice_problem *problem, ams_choice_value_fn *value,
                             const void *context, ams_choice *choice, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
