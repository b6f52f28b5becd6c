/* An agent of rl/ that learns when to call what. Private to this folder. */
#ifndef AMS_LAB_BUDGET_AGENT_H
#define AMS_LAB_BUDGET_AGENT_H

#include "lab/budget/parts.h"

/* Trains the agent that the options name at one price of money on the training items, and
 * follows its greedy decisions on all items. The state has what each called model said and with
 * which confidence, apart by model; the reward of a call is the change of the posterior's
 * probability of being right less price times cost; STOP ends and earns 0.
 * @return AMS_USAGE: no such agent. */
ams_status ams_budget_train(const budget_data *data, const budget_answers *answers,
                            const ams_budget_options *options, double price,
                            budget_policy *policy, ams_error *err);

#endif
