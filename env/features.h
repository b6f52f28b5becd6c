/* Parts of a state's features. Private to env/. */
#ifndef AMS_ENV_FEATURES_H
#define AMS_ENV_FEATURES_H

#include "ams/env.h"

/* What follows the n labels: the models of `mask`, and the goal. value may be NULL. Returns how
 * many features there are then. */
uint32_t ams_put_rest(const ams_env *env, uint64_t mask, uint32_t n, uint32_t *index,
                      float *value);

#endif
