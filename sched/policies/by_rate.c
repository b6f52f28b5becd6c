/* The order of policies that predict what an execution would add. */
#include "sched/policies/kinds.h"

#include "online/rules.h"

uint32_t ams_policy_order_by_rate(const ams_policy *policy, void *worker, uint32_t item,
                                  uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)draw;
    const ams_env *env = policy->env;
    uint64_t mask = 0;
    policy->kind->begin(policy, worker, item);
    for (uint32_t k = 0; k < env->n_models; k++) {
        float value[AMS_MAX_MODELS + 1];
        policy->kind->values(policy, worker, item, mask, value);
        uint32_t m = ams_rule_cost_q(value, env->time_ms, ams_env_remaining(env, mask));
        order[k] = (uint8_t)m;
        policy->kind->ran(policy, worker, item, mask, m);
        mask |= UINT64_C(1) << m;
    }
    return env->n_models;
}
