/* The value of a state and what an execution adds to it, for host and device alike: env.c calls
 * these, and so do CUDA kernels with an ams_env whose arrays are in the device's memory.
 * Meaning: include/ams/env.h. */
#ifndef AMS_ENV_LOOKUP_H
#define AMS_ENV_LOOKUP_H

#include "ams/env.h"
#include "env/math.h"

/* Largest confidence of entry e among the models of `mask`, all of which saw it; 0 if there is
 * none. */
AMS_HOST_DEVICE static inline float ams_lookup_conf(const ams_env *env, uint64_t e,
                                                    uint64_t mask)
{
    const float *conf = env->conf + env->conf_at[e];
    float best = 0;
    for (; mask != 0; mask &= mask - 1) {
        float held = conf[ams_rank(env->seen[e], mask & -mask)];
        best = held > best ? held : best;
    }
    return best;
}

AMS_HOST_DEVICE static inline double ams_lookup_value(const ams_env *env, uint32_t item,
                                                      uint64_t mask)
{
    int best = env->options.value == AMS_VALUE_BEST;
    double value = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        uint64_t found = env->makers[e] & mask;
        if (found != 0) {
            value += best ? (double)ams_lookup_conf(env, e, found) : env->profit[e];
        }
    }
    return value;
}

/* What entry e adds to the state's value when the model of `bit`, one of its makers, runs. */
AMS_HOST_DEVICE static inline double ams_lookup_entry_gain(const ams_env *env, uint64_t e,
                                                           uint64_t mask, uint64_t bit)
{
    uint64_t made = env->makers[e] & mask;
    if (env->options.value != AMS_VALUE_BEST) {
        return made != 0 ? 0 : env->profit[e];
    }
    double before = (double)ams_lookup_conf(env, e, made);
    double own = (double)ams_lookup_conf(env, e, bit);
    return own > before ? own - before : 0;
}

AMS_HOST_DEVICE static inline double ams_lookup_gain(const ams_env *env, uint32_t item,
                                                     uint64_t mask, uint32_t model)
{
    uint64_t bit = (uint64_t)1 << model;
    double gain = 0;
    for (uint64_t e = env->entry[item]; (mask & bit) == 0 && e < env->entry[item + 1]; e++) {
        if ((env->makers[e] & bit) != 0) {
            gain += ams_lookup_entry_gain(env, e, mask, bit);
        }
    }
    return gain;
}

/* The model's confidences of the labels that no model of `mask` has output, summed. */
AMS_HOST_DEVICE static inline double ams_lookup_new_conf(const ams_env *env, uint32_t item,
                                                         uint64_t mask, uint32_t model)
{
    uint64_t bit = (uint64_t)1 << model;
    double sum = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if ((env->makers[e] & bit) != 0 && (env->makers[e] & mask) == 0) {
            sum += (double)env->conf[env->conf_at[e] + ams_rank(env->seen[e], bit)];
        }
    }
    return sum;
}

/* Whether the reward depends on the value of the state, besides what the model adds. */
AMS_HOST_DEVICE static inline int ams_lookup_wants_value(const ams_env *env)
{
    return env->options.reward == AMS_REWARD_REMAINING ||
           env->options.reward == AMS_REWARD_TIME;
}

/* amount: what ams_lookup_new_conf gives for the paper's reward, the gain for the others, of
 * which that of time has no use for it. value: of the state, where it is wanted. */
AMS_HOST_DEVICE static inline float ams_lookup_reward_of(const ams_env *env, uint32_t item,
                                                         uint32_t model, double amount,
                                                         double value)
{
    const ams_env_options *o = &env->options;
    double full = env->full[item];
    double time_ms = (double)env->time_ms[model];
    switch (o->reward) {
    case AMS_REWARD_PAPER:
        return ams_reward_paper((double)env->theta[model], amount);
    case AMS_REWARD_GAIN:
        return ams_reward_gain(amount, full);
    case AMS_REWARD_GAIN_RATE:
        return ams_reward_rate(amount, full, time_ms, env->mean_time_ms);
    case AMS_REWARD_REMAINING:
        return ams_reward_remaining(o->goal, o->n_goals, amount, value, full);
    case AMS_REWARD_TIME:
        break;
    }
    return ams_reward_time(o->goal, o->n_goals, time_ms / env->total_time_ms, value, full);
}

AMS_HOST_DEVICE static inline float ams_lookup_reward(const ams_env *env, uint32_t item,
                                                      uint64_t mask, uint32_t action)
{
    if (action >= env->n_models) {
        return 0; /* END */
    }
    const int paper = env->options.reward == AMS_REWARD_PAPER;
    const int time = env->options.reward == AMS_REWARD_TIME; /* whatever the model adds */
    double amount = paper  ? ams_lookup_new_conf(env, item, mask, action)
                    : time ? 0
                           : ams_lookup_gain(env, item, mask, action);
    return ams_lookup_reward_of(env, item, action, amount,
                                ams_lookup_wants_value(env) ? ams_lookup_value(env, item, mask)
                                                            : 0);
}

AMS_HOST_DEVICE static inline int ams_lookup_finished(const ams_env *env, uint32_t item,
                                                      uint64_t mask)
{
    const ams_env_options *o = &env->options;
    return mask == env->all_models ||
           (o->until_goals &&
            ams_goal_reached(o->goal[o->n_goals - 1], ams_lookup_value(env, item, mask),
                             env->full[item]));
}

#endif
