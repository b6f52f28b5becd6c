/* Policies and lists of them: their hull, and how they are mixed to meet a mean budget. */
#include "lab/budget/parts.h"

#include "ams/online.h" /* the controller */
#include "base/memory.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

void ams_budget_policy_fini(budget_policy *policy)
{
    free(policy->calls);
    free(policy->last);
    free(policy->score);
    free(policy->network);
    *policy = (budget_policy){0};
}

ams_status ams_budget_policy_init(budget_policy *policy, const budget_data *data,
                                  ams_error *err)
{
    ams_status status = AMS_OK;
    *policy = (budget_policy){0};
    AMS_TRY(ams_alloc(&policy->calls, data->n_items, 1, "a policy", err));
    AMS_TRY(ams_alloc(&policy->last, data->n_items, 1, "a policy", err));
    AMS_TRY(ams_alloc(&policy->score, data->n_items, sizeof *policy->score, "a policy", err));
out:
    if (status != AMS_OK) {
        ams_budget_policy_fini(policy);
    }
    return status;
}

void ams_budget_policy_count(budget_policy *policy, const budget_data *data)
{
    double cost = 0;
    double score = 0;
    for (uint32_t i = 0; i < data->n_train; i++) {
        cost += ams_budget_set_cost(data, policy->calls[i]);
        score += (double)policy->score[i];
    }
    policy->train_cost = cost / data->n_train;
    policy->train_score = score / data->n_train;
}

void ams_budget_list_fini(budget_list *list)
{
    for (size_t k = 0; k < list->n; k++) {
        ams_budget_policy_fini(&list->policy[k]);
    }
    free(list->policy);
    *list = (budget_list){0};
}

ams_status ams_budget_list_add(budget_list *list, budget_policy *policy, ams_error *err)
{
    ams_status status = ams_grow(&list->policy, &list->capacity, list->n + 1,
                                 sizeof *list->policy, "policies", err);
    if (status != AMS_OK) {
        ams_budget_policy_fini(policy);
        return status;
    }
    size_t at = list->n++;
    for (; at > 0 && list->policy[at - 1].train_cost > policy->train_cost; at--) {
        list->policy[at] = list->policy[at - 1];
    }
    list->policy[at] = *policy;
    *policy = (budget_policy){0};
    return AMS_OK;
}

/* Whether b lies on or below the line from a to c. */
static bool below(const budget_policy *a, const budget_policy *b, const budget_policy *c)
{
    return (b->train_score - a->train_score) * (c->train_cost - a->train_cost) <=
           (c->train_score - a->train_score) * (b->train_cost - a->train_cost);
}

void ams_budget_list_hull(budget_list *list)
{
    budget_policy *policy = list->policy;
    size_t top = SIZE_MAX; /* the last one kept so far; `before` leads to those before it */
    size_t kept = 0;
    for (size_t k = 0; k < list->n; k++) {
        budget_policy *p = &policy[k];
        p->dropped = top != SIZE_MAX && p->train_score <= policy[top].train_score;
        while (!p->dropped && top != SIZE_MAX &&
               (p->train_cost <= policy[top].train_cost ||
                (policy[top].before != SIZE_MAX &&
                 below(&policy[policy[top].before], &policy[top], p)))) {
            policy[top].dropped = true;
            top = policy[top].before;
        }
        if (!p->dropped) {
            p->before = top;
            top = k;
        }
    }
    for (size_t k = 0; k < list->n; k++) {
        if (policy[k].dropped) { /* dearer and no better, or below a line */
            ams_budget_policy_fini(&policy[k]);
        } else {
            policy[kept++] = policy[k];
        }
    }
    list->n = kept;
}

/* The policy below the mean cost, and with which probability its next one is taken. */
static size_t neighbours(const budget_list *list, double cost, double *share)
{
    size_t k = 0;
    *share = 0;
    if (list->n == 1 || cost <= list->policy[0].train_cost) {
        return 0;
    }
    while (k + 2 < list->n && list->policy[k + 1].train_cost <= cost) {
        k++;
    }
    const double low = list->policy[k].train_cost;
    *share = (cost - low) / (list->policy[k + 1].train_cost - low);
    *share = *share > 1 ? 1 : *share;
    return k;
}

ams_status ams_budget_mix(const budget_list *list, const budget_data *data, double budget,
                          double horizon, uint64_t seed, budget_outcome *outcome,
                          ams_error *err)
{
    const uint32_t n = data->n_items - data->n_train;
    ams_budget_controller controller = {.budget = budget, .horizon = horizon, .total = n};
    if (list->n == 0) {
        return ams_fail(err, AMS_USAGE, "expected at least one policy, found none");
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t words[4];
        double share = 0;
        const size_t k = neighbours(list, ams_budget_aim(&controller), &share);
        ams_philox(seed, AMS_STREAM_MIX, i, words);
        const budget_policy *p = &list->policy[k + (ams_unit(words[0]) < share ? 1 : 0)];
        ams_budget_outcome_set(outcome, i, p, data);
        ams_budget_paid(&controller, (double)outcome->cost[i]);
    }
    return AMS_OK;
}

ams_status ams_budget_outcome_init(budget_outcome *outcome, const budget_data *data,
                                   ams_error *err)
{
    const uint32_t n = data->n_items - data->n_train;
    ams_status status = AMS_OK;
    *outcome = (budget_outcome){.n = n};
    AMS_TRY(ams_alloc(&outcome->cost, n, sizeof *outcome->cost, "outcomes", err));
    AMS_TRY(ams_alloc(&outcome->score, n, sizeof *outcome->score, "outcomes", err));
    AMS_TRY(ams_alloc(&outcome->calls, n, 1, "outcomes", err));
    AMS_TRY(ams_alloc(&outcome->last, n, 1, "outcomes", err));
out:
    return status;
}

void ams_budget_outcome_fini(budget_outcome *outcome)
{
    free(outcome->cost);
    free(outcome->score);
    free(outcome->calls);
    free(outcome->last);
    *outcome = (budget_outcome){0};
}

void ams_budget_outcome_set(budget_outcome *outcome, uint32_t k, const budget_policy *policy,
                            const budget_data *data)
{
    const uint32_t item = data->n_train + k;
    outcome->rule = policy->rule;
    outcome->calls[k] = policy->calls[item];
    outcome->last[k] = policy->last[item];
    outcome->cost[k] = (float)ams_budget_set_cost(data, policy->calls[item]);
    outcome->score[k] = policy->score[item];
}
