/* `fixed`: one order for all items, greedy in mean gain per time on the training split. */
#include "sched/policies/kinds.h"

#include "base/memory.h"
#include "env/math.h"

#include <stdlib.h>
#include <string.h>

/* Adds each training item's normalised gains in the state `mask`; returns how many items have
 * value. */
static uint32_t sum_gains(const ams_env *env, uint64_t mask, double sum[AMS_MAX_MODELS])
{
    uint32_t items = 0;
    double gain[AMS_MAX_MODELS];
    memset(sum, 0, AMS_MAX_MODELS * sizeof *sum);
    for (uint32_t i = 0; i < env->n_items; i++) {
        if (env->split[i] != AMS_TRAIN || env->full[i] <= 0) {
            continue;
        }
        items++;
        ams_env_gains(env, i, mask, gain);
        for (uint32_t m = 0; m < env->n_models; m++) {
            sum[m] += gain[m] / env->full[i];
        }
    }
    return items;
}

static ams_status fit_fixed(ams_policy *policy, ams_error *err)
{
    const ams_env *env = policy->env;
    ams_status status = ams_alloc(&policy->state, AMS_MAX_MODELS, 1, "a fixed order", err);
    uint8_t *order = policy->state;
    uint64_t mask = 0;
    for (uint32_t k = 0; status == AMS_OK && k < env->n_models; k++) {
        double sum[AMS_MAX_MODELS];
        /* The mean's divisor is the same for every model, so it does not change the largest. */
        if (sum_gains(env, mask, sum) == 0) {
            return ams_policy_no_training("fixed", env, err);
        }
        uint32_t best = ams_lowest(ams_env_remaining(env, mask));
        for (uint64_t bits = ams_env_remaining(env, mask); bits != 0; bits &= bits - 1) {
            uint32_t m = ams_lowest(bits);
            if (sum[m] / (double)env->time_ms[m] > sum[best] / (double)env->time_ms[best]) {
                best = m;
            }
        }
        order[k] = (uint8_t)best;
        mask |= UINT64_C(1) << best;
    }
    return status;
}

static void fini_fixed(ams_policy *policy)
{
    free(policy->state);
}

static uint32_t order_fixed(const ams_policy *policy, void *worker, uint32_t item,
                            uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)item;
    (void)draw;
    memcpy(order, policy->state, policy->env->n_models);
    return policy->env->n_models;
}

const ams_policy_kind ams_policy_fixed = {
    .name = "fixed",
    .help = "one order for all items: the largest mean new value per time in training first",
    .draws = 1,
    .fit = fit_fixed,
    .fini = fini_fixed,
    .order = order_fixed,
    .static_order = true};
