/* `oracle`: knows every output and runs the model with the most new value per time. */
#include "sched/policies/kinds.h"

#include "env/math.h"

static uint32_t best_rate(const ams_env *env, uint32_t item, uint64_t mask)
{
    double gain[AMS_MAX_MODELS];
    ams_env_gains(env, item, mask, gain);
    uint32_t best = ams_lowest(ams_env_remaining(env, mask));
    for (uint64_t bits = ams_env_remaining(env, mask); bits != 0; bits &= bits - 1) {
        uint32_t m = ams_lowest(bits);
        if (gain[m] / (double)env->time_ms[m] > gain[best] / (double)env->time_ms[best]) {
            best = m;
        }
    }
    return best;
}

static uint32_t order_oracle(const ams_policy *policy, void *worker, uint32_t item,
                             uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)draw;
    uint64_t mask = 0;
    /* Once all gains are zero the item has reached recall 1, and the rest follow by index. */
    for (uint32_t k = 0; k < policy->env->n_models; k++) {
        uint32_t m = best_rate(policy->env, item, mask);
        order[k] = (uint8_t)m;
        mask |= UINT64_C(1) << m;
    }
    return policy->env->n_models;
}

const ams_policy_kind ams_policy_oracle = {
    .name = "oracle",
    .help = "knows every output: the largest new value per time first",
    .draws = 1,
    .order = order_oracle};
