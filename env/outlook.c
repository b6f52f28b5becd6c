/* What every model adds to a state, and what it earns there. */
#include "env/outlook.h"

#include "env/lookup.h"
#include "env/worth.h"

#include <string.h>

/* gain (M) of the models that are not in `mask`, where an entry is worth the same whoever finds
 * it; returns the value of the state. */
static double gains_and_value(const ams_env *env, uint32_t item, uint64_t mask, double *gain)
{
    double value = 0;
    memset(gain, 0, env->n_models * sizeof *gain);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        const uint64_t makers = env->makers[e];
        if ((makers & mask) != 0) {
            value += env->profit[e];
            continue;
        }
        for (uint64_t bits = makers; bits != 0; bits &= bits - 1) {
            gain[ams_lowest(bits)] += env->profit[e];
        }
    }
    return value;
}

void ams_env_gains(const ams_env *env, uint32_t item, uint64_t mask, double *gain)
{
    if (env->options.value != AMS_VALUE_BEST) {
        (void)gains_and_value(env, item, mask, gain);
        return;
    }
    for (uint32_t m = 0; m < env->n_models; m++) {
        gain[m] = ams_env_gain(env, item, mask, m);
    }
}

/* ams_lookup_new_conf of every model at once: sum (M). */
static void new_confs(const ams_env *env, uint32_t item, uint64_t mask, double *sum)
{
    memset(sum, 0, env->n_models * sizeof *sum);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        uint64_t makers = env->makers[e];
        for (uint64_t bits = makers & mask ? 0 : makers; bits != 0; bits &= bits - 1) {
            uint32_t at = ams_rank(env->seen[e], bits & -bits);
            sum[ams_lowest(bits)] += (double)env->conf[env->conf_at[e] + at];
        }
    }
}

/* ams_reward_remaining of every model: what the state lacks to each goal is the same for all.
 */
static void rewards_remaining(const ams_env *env, uint32_t item, uint64_t mask,
                              const double *gain, double value, float *reward)
{
    const ams_env_options *o = &env->options;
    const double full = env->full[item];
    double goal[AMS_MAX_GOALS];
    double lack[AMS_MAX_GOALS];
    uint32_t open = 0;
    for (uint32_t k = 0; k < o->n_goals; k++) {
        if (!ams_goal_reached(o->goal[k], value, full)) {
            goal[open] = o->goal[k];
            lack[open++] = o->goal[k] * full - value;
        }
    }
    for (uint32_t m = 0; m < env->n_models; m++) {
        double sum = 0;
        reward[m] = 0;
        if ((mask >> m & 1) != 0 || gain[m] == 0) {
            continue;
        }
        for (uint32_t k = 0; k < open; k++) {
            sum += ams_goal_reached(goal[k], value + gain[m], full) ? 1 : gain[m] / lack[k];
        }
        reward[m] = (float)(sum / o->n_goals);
    }
}

double ams_env_outlook(const ams_env *env, uint32_t item, uint64_t mask, float *reward)
{
    const ams_env_options *o = &env->options;
    double amount[AMS_MAX_MODELS];
    double value = 0;
    reward[env->n_models] = 0;
    if (o->worth != NULL) {
        ams_net_worths(env, item, mask, reward);
        return ams_env_value(env, item, mask);
    }
    if (o->reward == AMS_REWARD_PAPER || o->value == AMS_VALUE_BEST) {
        value = ams_env_value(env, item, mask);
    } else {
        value = gains_and_value(env, item, mask, amount);
    }
    if (o->reward == AMS_REWARD_PAPER) {
        new_confs(env, item, mask, amount);
    } else if (o->value == AMS_VALUE_BEST) {
        ams_env_gains(env, item, mask, amount);
    }
    if (o->reward == AMS_REWARD_REMAINING) {
        rewards_remaining(env, item, mask, amount, value, reward);
        return value;
    }
    for (uint32_t m = 0; m < env->n_models; m++) {
        reward[m] =
            (mask >> m & 1) != 0 ? 0 : ams_lookup_reward_of(env, item, m, amount[m], value);
    }
    return value;
}

void ams_env_rewards(const ams_env *env, uint32_t item, uint64_t mask, float *reward)
{
    float all[AMS_MAX_MODELS + 1];
    (void)ams_env_outlook(env, item, mask, all);
    memcpy(reward, all, env->n_models * sizeof *reward);
}
