/* The reward where what each set of executed models is worth is given. Private to env/. */
#ifndef AMS_ENV_WORTH_H
#define AMS_ENV_WORTH_H

#include "ams/env.h"

enum { AMS_MOST_WITH_WORTH = 16 }; /* models: 2^16 sets per item */

/* Of a model that is not in the mask. */
static inline float ams_net_worth(const ams_env *env, uint32_t item, uint64_t mask,
                                  uint32_t model)
{
    const float *worth = env->options.worth + ((size_t)item << env->n_models);
    return worth[mask | UINT64_C(1) << model] - worth[mask] -
           (float)(env->options.price * (double)env->time_ms[model]);
}

/* Of a model or END. */
static inline float ams_net_reward(const ams_env *env, uint32_t item, uint64_t mask,
                                   uint32_t action)
{
    return action == env->n_models ? 0 : ams_net_worth(env, item, mask, action);
}

/* reward (M), 0 for models in the mask. */
static inline void ams_net_worths(const ams_env *env, uint32_t item, uint64_t mask,
                                  float *reward)
{
    for (uint32_t m = 0; m < env->n_models; m++) {
        reward[m] = (mask >> m & 1) != 0 ? 0 : ams_net_worth(env, item, mask, m);
    }
}

static inline ams_status ams_check_worth(const ams_env_options *options, uint32_t n_models,
                                         ams_error *err)
{
    if (options->worth == NULL || n_models <= AMS_MOST_WITH_WORTH) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE, "worth of sets: expected at most %d models, found %u",
                    AMS_MOST_WITH_WORTH, n_models);
}

#endif
