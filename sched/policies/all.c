/* `all`: no policy. Every model runs, in the order of the table. */
#include "sched/policies/kinds.h"

static uint32_t order_all(const ams_policy *policy, void *worker, uint32_t item, uint32_t draw,
                          uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)item;
    (void)draw;
    for (uint32_t m = 0; m < policy->env->n_models; m++) {
        order[m] = (uint8_t)m;
    }
    return policy->env->n_models;
}

const ams_policy_kind ams_policy_all = {.name = "all",
                                        .help = "every model runs on every item",
                                        .draws = 1,
                                        .whole = true,
                                        .order = order_all,
                                        .static_order = true};
