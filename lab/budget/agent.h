/* An agent of rl/ that learns when to call what. Private to this folder. */
#ifndef AMS_LAB_BUDGET_AGENT_H
#define AMS_LAB_BUDGET_AGENT_H

#include "lab/budget/study.h"

/* Whether the study can train the agent that its options name, before anything is fitted.
 * @return AMS_USAGE: no such agent, no such setting, another rule, several right labels. */
ams_status ams_budget_agent_check(const budget_study *study, ams_error *err);

/* Trains the agent's networks at one price of money, which the policy keeps, and follows them
 * on all items. */
ams_status ams_budget_train_at(const budget_data *data, const budget_answers *answers,
                               const budget_solver *solver, const ams_budget_options *options,
                               double price, budget_policy *policy, ams_error *err);

/* Trains the agent that the options name at prices of money at which it costs about each of the
 * study's budgets on the training items, and adds what its greedy decisions do on all items
 * to the list. An agent calls more at a price than the exact solution, since the largest of
 * several uncertain values is too large; so prices are found by what it costs itself. The state
 * has what each called model said and with which confidence, apart by model, and what that
 * alone makes likely; the reward of a call is the change of the posterior's probability of
 * being right less price times cost, STOP ends and earns 0. The mean of several networks
 * decides. */
ams_status ams_budget_train(const budget_study *study, const budget_solver *solver,
                            const budget_list *exact, budget_list *list, ams_error *err);

#endif
