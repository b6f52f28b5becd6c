/* `valuable`: the models with a non-empty output and no others. Not an order: its summed time
 * is what the papers call the optimal 1.14 s, and every required recall costs all of it. */
#include "sched/policies/kinds.h"

static uint32_t order_valuable(const ams_policy *policy, void *worker, uint32_t item,
                               uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)draw;
    const ams_env *env = policy->env;
    uint64_t makers = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        makers |= env->makers[e];
    }
    uint32_t n = 0;
    for (uint32_t m = 0; m < env->n_models; m++) {
        if (makers >> m & 1) {
            order[n++] = (uint8_t)m;
        }
    }
    return n;
}

const ams_policy_kind ams_policy_valuable = {
    .name = "valuable",
    .help = "knows every output: exactly the models that output something",
    .draws = 1,
    .whole = true,
    .order = order_valuable,
    .static_order = true};
