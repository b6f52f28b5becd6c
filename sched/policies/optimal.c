/* `optimal`, as the papers call it: models by descending value of their own output. It looks at
 * outputs that no policy can know, and is not the best possible order where labels overlap. */
#include "sched/policies/kinds.h"

static uint32_t order_optimal(const ams_policy *policy, void *worker, uint32_t item,
                              uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)draw;
    uint32_t n = policy->env->n_models;
    double value[AMS_MAX_MODELS];
    ams_env_gains(policy->env, item, 0, value);
    /* Insertion keeps equal values in the order of their indices. */
    for (uint32_t m = 0; m < n; m++) {
        uint32_t at = m;
        while (at > 0 && value[order[at - 1]] < value[m]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = (uint8_t)m;
    }
    return n;
}

const ams_policy_kind ams_policy_optimal = {
    .name = "optimal",
    .help = "knows every output: models by descending value (the papers' optimal)",
    .draws = 1,
    .order = order_optimal,
    .static_order = true};
