/* What is wrong where a policy has nothing to be fitted on. */
#include "sched/policies/kinds.h"

ams_status ams_policy_no_training(const char *kind, const ams_env *env, ams_error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        n += env->split[i] == AMS_TRAIN;
    }
    const ams_status status = ams_env_no_training(env, n, err);
    ams_error_prefix(err, "`%s` is fitted on the training items", kind);
    return status;
}
