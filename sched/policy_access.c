/* What a policy is, and what its users may set. */
#include "sched/policy_private.h"

#include <stdio.h>

const ams_policy_kind *ams_policy_kind_of(const ams_policy *policy)
{
    return policy->kind;
}

const char *ams_policy_label(const ams_policy *policy)
{
    return policy->label;
}

uint64_t ams_policy_seed(const ams_policy *policy)
{
    return policy->seed;
}

uint32_t ams_policy_draws(const ams_policy *policy)
{
    return policy->draws;
}

ams_decide ams_policy_decide(const ams_policy *policy)
{
    return policy->decide;
}

const ams_net *ams_policy_net(const ams_policy *policy)
{
    return policy->net;
}

const ams_env *ams_policy_env(const ams_policy *policy)
{
    return policy->env;
}

const ams_env *ams_policy_features(const ams_policy *policy)
{
    return policy->own_env != NULL ? policy->own_env : policy->env;
}

bool ams_policy_owns_env(const ams_policy *policy)
{
    return policy->own_env != NULL && policy->sharing == NULL;
}

bool ams_policy_shares_env(const ams_policy *policy)
{
    return policy->sharing != NULL;
}

void ams_policy_set_name(ams_policy *policy, const char *label, uint64_t seed)
{
    snprintf(policy->label, sizeof policy->label, "%s", label);
    policy->seed = seed;
}

void ams_policy_set_draws(ams_policy *policy, uint32_t draws, uint64_t seed)
{
    policy->draws = policy->kind->draws > 1 ? draws : policy->kind->draws;
    policy->draw_seed = seed;
}

void ams_policy_set_orders(ams_policy *policy, const uint8_t *orders)
{
    policy->orders = orders;
}

bool ams_policy_has_goals(const ams_policy *policy)
{
    return policy->net != NULL ? ams_policy_features(policy)->n_goals > 0 : policy->has_goals;
}

double ams_policy_goal(const ams_policy *policy)
{
    return policy->goal;
}

ams_status ams_policy_set_goal(ams_policy *policy, double goal, ams_error *err)
{
    if (!(goal > 0 && goal <= 1)) {
        return ams_fail(err, AMS_USAGE,
                        "goal: expected a required recall above 0 up to 1, "
                        "found %g",
                        goal);
    }
    if (!ams_policy_has_goals(policy)) {
        return ams_fail(
            err, AMS_USAGE,
            "policy '%s' was not trained with goal_input=on or heads, so no required recall "
            "can be chosen for it",
            policy->label);
    }
    policy->goal = goal;
    return AMS_OK;
}

double ams_policy_goal_for(const ams_policy *policy, double deadline_ms)
{
    const ams_env_options *o = &ams_policy_features(policy)->options;
    if (policy->net == NULL) {
        return 1;
    }
    uint32_t k = o->n_goals - 1;
    while (k > 0 && deadline_ms < policy->file.serves_ms[k]) {
        k--;
    }
    return o->goal[k];
}

void ams_policy_aim(const ams_policy *policy, void *worker, double deadline_ms)
{
    if (ams_policy_has_goals(policy)) {
        (void)policy->kind->aim(policy, worker,
                                policy->goal > 0 ? policy->goal
                                                 : ams_policy_goal_for(policy, deadline_ms));
    }
}

void ams_policy_set_items(ams_policy *policy, const uint32_t *item_index)
{
    policy->item_index = item_index;
}

void ams_policy_return(ams_policy *policy, const ams_env *env)
{
    policy->env = env;
    policy->item_index = NULL;
}

void ams_policy_set_state(ams_policy *policy, void *state)
{
    policy->state = state;
}

void *ams_policy_state(const ams_policy *policy)
{
    return policy->state;
}

const ams_table *ams_policy_table(const ams_policy *policy)
{
    return policy->table;
}

const char *ams_policy_path(const ams_policy *policy)
{
    return policy->path;
}
