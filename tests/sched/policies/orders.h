/* What tests of greedy baselines share: tables, and a check of every decision against a naive
 * computation of the score. */
#ifndef AMS_TESTS_SCHED_POLICIES_ORDERS_H
#define AMS_TESTS_SCHED_POLICIES_ORDERS_H

#include "ams/env.h"

typedef struct orders_fixture {
    ams_table table;
    ams_env *env;
} orders_fixture;

/* score (M): what the policy maximises in the state. */
typedef void orders_score(const ams_env *env, uint32_t item, uint64_t mask, double *score);

void orders_make_env(orders_fixture *f);
void orders_random(orders_fixture *f, uint64_t seed, uint32_t n_items, uint32_t n_models);
/* n items, n even: m0 is quick and tells even items from odd ones, m1 speaks in the even half,
 * m2 in the odd one. */
void orders_halves(orders_fixture *f, uint32_t n);
void orders_drop(orders_fixture *f);
/* The models of an item's order as digits. */
void orders_expect(const orders_fixture *f, const char *spec, uint32_t item,
                   const char *expected);
/* For all items and steps: the model chosen has the largest naive score, to single precision;
 * orders are permutations and the same whatever the worker did before. */
void orders_check_greedy(const orders_fixture *f, const char *spec, orders_score *naive);
/* Without a training split: AMS_BAD_DATA that says so. */
void orders_check_needs_training(const char *spec);

#endif
