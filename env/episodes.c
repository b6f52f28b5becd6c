#include "ams/env.h"

#include "base/memory.h"

#include <stdlib.h>

ams_env ams_env_for_goal(const ams_env *env, uint32_t k)
{
    ams_env view = *env;
    view.goal_at = k;
    view.options.goal[0] = env->options.goal[k];
    view.options.n_goals = 1;
    return view;
}

ams_status ams_episodes_init(ams_episodes *episodes, const ams_env *env, uint32_t n,
                             ams_error *err)
{
    *episodes = (ams_episodes){.env = env, .n = n};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&episodes->item, n, sizeof *episodes->item, "episodes", err));
    AMS_TRY(ams_alloc(&episodes->goal, n, sizeof *episodes->goal, "episodes", err));
    AMS_TRY(ams_alloc(&episodes->mask, n, sizeof *episodes->mask, "episodes", err));
    AMS_TRY(ams_alloc(&episodes->done, n, sizeof *episodes->done, "episodes", err));
    /* Without a reset a slot has no item, so it must not be stepped. */
    for (uint32_t i = 0; i < n; i++) {
        episodes->done[i] = 1;
    }
out:
    if (status != AMS_OK) {
        ams_episodes_fini(episodes);
    }
    return status;
}

void ams_episodes_fini(ams_episodes *episodes)
{
    free(episodes->item);
    free(episodes->goal);
    free(episodes->mask);
    free(episodes->done);
    *episodes = (ams_episodes){0};
}

void ams_episodes_reset(ams_episodes *episodes, uint32_t i, uint32_t item)
{
    episodes->item[i] = item;
    episodes->mask[i] = 0;
    episodes->done[i] = 0;
}

static ams_status check_action(const ams_episodes *episodes, uint32_t i, uint8_t action,
                               ams_error *err)
{
    const ams_env *env = episodes->env;
    if (episodes->done[i]) {
        return ams_fail(err, AMS_USAGE, "episode %u is over: reset it before its next step", i);
    }
    if (action > env->n_models) {
        return ams_fail(err, AMS_USAGE, "episode %u: expected an action from 0 to %u, found %u",
                        i, env->n_models, action);
    }
    if (action == env->n_models && !env->options.end) {
        return ams_fail(err, AMS_USAGE, "episode %u: END is chosen but end=off", i);
    }
    if (action < env->n_models && (episodes->mask[i] >> action & 1)) {
        return ams_fail(err, AMS_USAGE, "episode %u: model %u was executed already", i, action);
    }
    return AMS_OK;
}

ams_status ams_episodes_step(ams_episodes *episodes, const uint8_t *action, float *reward,
                             ams_error *err)
{
    for (uint32_t i = 0; i < episodes->n; i++) {
        ams_status status = check_action(episodes, i, action[i], err);
        if (status != AMS_OK) {
            return status;
        }
    }
    for (uint32_t i = 0; i < episodes->n; i++) {
        const ams_env *env = ams_episodes_env(episodes, i);
        reward[i] = ams_env_reward(env, episodes->item[i], episodes->mask[i], action[i]);
        if (action[i] == env->n_models) {
            episodes->done[i] = 1;
            continue;
        }
        episodes->mask[i] |= UINT64_C(1) << action[i];
        episodes->done[i] = ams_env_finished(env, episodes->item[i], episodes->mask[i]);
    }
    return AMS_OK;
}
