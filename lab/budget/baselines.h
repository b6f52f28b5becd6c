/* Policies that learn no order per item. Private to this folder. */
#ifndef AMS_LAB_BUDGET_BASELINES_H
#define AMS_LAB_BUDGET_BASELINES_H

#include "lab/budget/parts.h"

/* The same set of models on every item, `last` of them called last. */
ams_status ams_budget_set_policy(const budget_data *data, const budget_answers *answers,
                                 ams_answer_rule rule, uint32_t set, uint32_t last,
                                 budget_policy *policy, ams_error *err);
/* The hull of all sets of at most `most` models. */
ams_status ams_budget_fixed(budget_list *list, const budget_data *data,
                            const budget_answers *answers, ams_answer_rule rule, int most,
                            ams_error *err);
/* The hull of all cascades of at most four models from the cheapest to the dearest: the next is
 * called where the last one's confidence is below a threshold, one of nine quantiles of it; the
 * answer is the last one's. */
ams_status ams_budget_cascades(budget_list *list, const budget_data *data,
                               const budget_answers *answers, ams_error *err);

#endif
