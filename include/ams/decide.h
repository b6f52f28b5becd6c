/* The rule that turns Q into a choice, as training sees it. */
#ifndef AMS_DECIDE_H
#define AMS_DECIDE_H

#include "ams/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The rule by which the trained agent will be used: which of the models `remaining` (not 0) to
 * run, given Q (A) and the environment with the models' times. rl/ does not know sched/, where
 * the rules live. */
typedef uint32_t ams_choose_fn(const float *q, const ams_env *env, uint64_t remaining);

#ifdef __cplusplus
}
#endif
#endif
