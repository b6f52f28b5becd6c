/* A made-up task with known right labels for the tests of lab/budget. */
#ifndef AMS_TESTS_LAB_BUDGET_FIXTURE_H
#define AMS_TESTS_LAB_BUDGET_FIXTURE_H

#include "lab/budget/parts.h"

/* `n` items of each split train and test, M models of one task, C classes. Model m is right
 * with probability 0.5 + 0.1 m, else it says any class; it is sure (confidence 0.9) more often
 * where it is right. Costs are 1, 2, 4, ... */
void budget_table(ams_table *table, uint32_t n, uint32_t n_models, uint32_t n_classes,
                  uint64_t seed);

/* The same as the study's files see it. Stops the test on failure. */
void budget_case(budget_data *data, budget_answers *answers, ams_answer_rule rule, uint32_t n,
                 uint32_t n_models, uint32_t n_classes, uint64_t seed);

/* The first point of that policy; of that budget unless NAN. Stops the test if there is none.
 */
const ams_budget_point *budget_point(const ams_budget *b, const char *policy, double budget);

#endif
