/* `fixed`: one order for all items, greedy in mean gain per time on the training split. */
#include "sched/policies/kinds.h"

#include "base/memory.h"
#include "env/math.h"

#include <math.h>
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

typedef struct fixed_state {
    uint8_t order[AMS_MAX_MODELS];
    double rate[AMS_MAX_MODELS]; /* (M) by place: mean share of an item's value per ms that the
                                    model adds to those before it */
} fixed_state;

ams_status ams_policy_order_fixed(const ams_env *env, uint8_t *order, double *rate,
                                  ams_error *err)
{
    uint64_t mask = 0;
    for (uint32_t k = 0; k < env->n_models; k++) {
        double sum[AMS_MAX_MODELS];
        /* The mean's divisor is the same for every model, so it does not change the largest. */
        const uint32_t items = sum_gains(env, mask, sum);
        if (items == 0) {
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
        rate[k] = sum[best] / items / (double)env->time_ms[best];
        mask |= UINT64_C(1) << best;
    }
    return AMS_OK;
}

static ams_status fit_fixed(ams_policy *policy, ams_error *err)
{
    ams_status status = ams_alloc(&policy->state, 1, sizeof(fixed_state), "a fixed order", err);
    fixed_state *fixed = policy->state;
    return status == AMS_OK
               ? ams_policy_order_fixed(policy->env, fixed->order, fixed->rate, err)
               : status;
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
    const fixed_state *fixed = policy->state;
    memcpy(order, fixed->order, policy->env->n_models);
    return policy->env->n_models;
}

/* A network of one layer whose weights are 0: its biases are the rates, so that the largest Q
 * is the next model of the order whatever was found, and Q x time is the value that schedulers
 * take. Rates fall along the order but for rounding; equal ones go to the lower index, as in
 * the fit. */
static ams_status fixed_to_net(const ams_policy *policy, ams_policy_file *file, ams_error *err)
{
    const fixed_state *fixed = policy->state;
    const uint32_t n = policy->env->n_models;
    const uint32_t width[] = {policy->env->n_labels, n + 1};
    ams_status status = ams_net_init_widths(&file->net, width, 1, err);
    if (status != AMS_OK) {
        return status;
    }
    memset(file->net.params, 0, file->net.n_params * sizeof(float));
    float *bias = file->net.params + file->net.bias[0];
    float before = INFINITY;
    for (uint32_t k = 0; k < n; k++) {
        const bool after_equal = k > 0 && fixed->order[k] > fixed->order[k - 1];
        const float most = after_equal ? before : nextafterf(before, -INFINITY);
        before = fminf((float)fixed->rate[k], most);
        bias[fixed->order[k]] = before;
    }
    file->decide = AMS_DECIDE_Q_GREEDY;
    file->env.reward = AMS_REWARD_GAIN_RATE;
    return AMS_OK;
}

const ams_policy_kind ams_policy_fixed = {
    .name = "fixed",
    .help = "one order for all items: the largest mean new value per time in training first",
    .draws = 1,
    .fit = fit_fixed,
    .fini = fini_fixed,
    .order = order_fixed,
    .to_net = fixed_to_net,
    .static_order = true};
