/* Many environments at once for an agent that is not ours: dense observations, masks of
 * actions, rewards, as Gymnasium's VectorEnv has them
 * (https://gymnasium.farama.org/api/vector/).
 *
 * n environments, M models, F = env->n_features, A = M + 1 actions, the last of which is END.
 * A step writes only what it changes of the observations: what a model finds, and the mask. */
#ifndef AMS_VECTOR_ENV_H
#define AMS_VECTOR_ENV_H

#include "ams/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* When an environment whose episode is over begins the next one. */
typedef enum ams_autoreset {
    AMS_AUTORESET_NEXT_STEP, /* in the next step, whose action is not looked at; reward 0 */
    AMS_AUTORESET_SAME_STEP, /* at once; the last observation is in final_observation */
    AMS_AUTORESET_OFF        /* by ams_vector_env_reset alone; until then a step leaves it as it
                                is, with reward 0, and does not look at the action */
} ams_autoreset;

typedef struct ams_vector_env_options {
    ams_split split; /* whose items episodes are about */
    ams_autoreset autoreset;
    uint64_t seed; /* of the items that are drawn */
    uint32_t goal; /* with goal inputs: which of them all episodes have */
} ams_vector_env_options;

/* To be read, after a reset or a step; each call overwrites it. Row-major. */
typedef struct ams_vector_env {
    uint32_t n, n_features, n_actions;
    const float *observation;       /* (n, F) the state's features, docs/definitions.md */
    const float *final_observation; /* (n, F) in the rows of episodes that this step ended; NULL
                                       unless AMS_AUTORESET_SAME_STEP */
    const int8_t *action_mask; /* (n, A) 1: may be taken. All 1 where the next action is not
                                  looked at */
    const float *reward;       /* (n) of the step, by env->options.reward */
    const uint8_t *terminated; /* (n) 1: the step ended the episode */
    const uint32_t *item;      /* (n) of the observation */
    const double *time_ms;     /* (n) summed time of the models executed in it */
    /* Of the episode that the last step belongs to, which it may have ended. */
    const double *episode_return;   /* (n) sum of its rewards */
    const uint32_t *episode_length; /* (n) actions, END included */
} ams_vector_env;

/* Borrows env. Needs a reset before the first step.
 * @return AMS_USAGE: n is 0, or no such goal; AMS_BAD_DATA: the split has no items;
 * AMS_BACKEND.
 */
ams_status ams_vector_env_create(ams_vector_env **vector, const ams_env *env, uint32_t n,
                                 const ams_vector_env_options *options, ams_error *err);
void ams_vector_env_destroy(ams_vector_env *vector); /* accepts NULL */

/* Begins n episodes. seed: from here on items are drawn by it; NULL: the draws go on. item (n):
 * what the episodes are about, of any split; NULL: drawn. @return AMS_USAGE: no such item. */
ams_status ams_vector_env_reset(ams_vector_env *vector, const uint64_t *seed,
                                const uint32_t *item, ams_error *err);
/* One action (n) per environment. @return AMS_USAGE: an action that its mask does not have,
 * with the number of the environment; then nothing was changed. */
ams_status ams_vector_env_step(ams_vector_env *vector, const int64_t *action, ams_error *err);
/* vector->observation (n, F) into the caller's memory, whatever that holds: for who keeps what
 * several steps showed. Faster than a copy, since it reads next to nothing: most features are
 * 0. Needs a reset before. */
void ams_vector_env_observe(const ams_vector_env *vector, float *observation);

#ifdef __cplusplus
}
#endif
#endif
