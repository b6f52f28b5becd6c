/* Q-values and decisions of trained weights in many states at once.
 *
 * A state is an item and the set of models that were executed on it. n states, M models, A = M
 * + 1 actions, the last of which is END. */
#ifndef AMS_CHOICES_H
#define AMS_CHOICES_H

#include "ams/policy.h"
#include "ams/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The choice where every model was executed. */
#define AMS_NO_CHOICE UINT32_MAX

/* For states (item, mask), each (n): q (n, A) becomes the network's outputs, log-odds where its
 * rule is `odds`, and model (n) what the policy's rule executes next; either may be NULL.
 * Decides for ams_policy_goal, or else the highest goal. The same bits for any number of
 * threads; pool may be NULL.
 * @return AMS_USAGE: the policy has no weights, or there is no such item or model; AMS_BACKEND.
 */
ams_status ams_policy_choose(const ams_policy *policy, const uint32_t *item,
                             const uint64_t *mask, size_t n, float *q, uint32_t *model,
                             ams_pool *pool, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
