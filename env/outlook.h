/* What every action would bring in a state, in one pass over the item's entries. For rl/. */
#ifndef AMS_ENV_OUTLOOK_H
#define AMS_ENV_OUTLOOK_H

#include "ams/env.h"
#include "env/math.h"

/* reward (A): as ams_env_rewards, and 0 for END. Returns f(S, item), as ams_env_value. */
double ams_env_outlook(const ams_env *env, uint32_t item, uint64_t mask, float *reward);

/* ams_env_finished of a state whose value is known. */
static inline bool ams_env_finished_at(const ams_env *env, uint32_t item, uint64_t mask,
                                       double value)
{
    const ams_env_options *o = &env->options;
    return mask == env->all_models ||
           (o->until_goals &&
            ams_goal_reached(o->goal[o->n_goals - 1], value, env->full[item]));
}

/* ams_env_reward of a model where the reward is `time`, in a state whose value is known. */
static inline float ams_env_time_reward(const ams_env *env, uint32_t item, uint32_t model,
                                        double value)
{
    return ams_reward_time(env->options.goal, env->options.n_goals,
                           (double)env->time_ms[model] / env->total_time_ms, value,
                           env->full[item]);
}

#endif
