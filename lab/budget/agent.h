/* An agent of rl/ that learns when to call what. Private to this folder. */
#ifndef AMS_LAB_BUDGET_AGENT_H
#define AMS_LAB_BUDGET_AGENT_H

#include "lab/budget/parts.h"

/* Trains the agent that the options name at prices of money at which it costs about each of the
 * budgets (ascending) on the training items, and adds what its greedy decisions do on all items
 * to the list. An agent calls more at a price than the exact solution, since the largest of
 * several uncertain values is too large; so prices are found by what it costs itself. The state
 * has what each called model said and with which confidence, apart by model, and what that
 * alone makes likely; the reward of a call is the change of the posterior's probability of
 * being right less price times cost, STOP ends and earns 0. The mean of several networks
 * decides.
 * @return AMS_USAGE: no such agent, no such setting. */
ams_status ams_budget_train(const budget_data *data, const budget_answers *answers,
                            const ams_budget_options *options, const budget_list *exact,
                            const double *budget, uint32_t n_budgets, budget_list *list,
                            ams_error *err);

#endif
