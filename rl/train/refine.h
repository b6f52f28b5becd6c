/* Refinement: the last `refine` updates of a training learn no rewards. They draw orders from
 * the policy itself and follow the gradient of the mean time until the required recalls, which
 * is what a policy is scored by (docs/definitions.md, "Refinement"; REINFORCE with the other
 * orders of an item as baseline, Williams 1992, Kool et al. 2019).
 *
 * G goals (1 where none is asked for), I items per goal, K orders per item, M models. An order
 * is number (g I + i) K + k. */
#ifndef AMS_RL_TRAIN_REFINE_H
#define AMS_RL_TRAIN_REFINE_H

#include "ams/env.h"
#include "rl/net/q.h"

/* A state that orders of an item are in, however many of them. */
typedef struct ams_refine_state {
    uint64_t mask;
    double weight; /* of all executions there: their part of the slope */
} ams_refine_state;

/* One execution of an order. */
typedef struct ams_refine_step {
    uint32_t order, state;
    uint8_t action;
} ams_refine_step;

typedef struct ams_refine {
    uint32_t n_goals, per_goal, tries; /* G, I, K */
    uint32_t n_orders;                 /* G I K */
    ams_env *time;                     /* (G) the environment, whose reward is `time` */
    uint32_t *item;                    /* (orders) */
    uint64_t *mask;                    /* (orders) */
    double *value;                     /* (orders) f(mask, item) */
    double *p;                         /* (orders M, M) of each state's models: next */
    double *cost;                      /* (orders) share of the time of all models; then the
                                          advantage: how much more than the item's others */
    uint32_t *live;                    /* (orders) that have not reached their goal */
    uint32_t *row;                     /* (orders) of `state`, of each that is live */
    ams_refine_step *step;             /* (orders M) */
    ams_refine_state *at;              /* (orders M) */
    uint32_t n_steps;
    ams_sparse state; /* all that the orders were in, execution by execution; with output heads
                         those of a goal together */
    ams_q q;          /* what the network said of them */
} ams_refine;

#endif
