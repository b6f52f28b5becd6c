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
