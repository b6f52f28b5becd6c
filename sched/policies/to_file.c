/* A baseline as a policy.ams of the same decisions. */
#include "sched/policies/kinds.h"

#include <stdio.h>
#include <string.h>

/* Names, times and weights as they are written; all but the weights is borrowed. */
static ams_status describe(ams_policy_file *file, const ams_policy *policy,
                           const ams_table *table, float *threshold, ams_error *err)
{
    memcpy(threshold, policy->env->threshold, table->n_models * sizeof *threshold);
    *file = (ams_policy_file){.env = policy->env->options,
                              .model_name = table->model_name,
                              .time_ms = table->time_ms,
                              .mem_mb = table->mem_mb,
                              .theta = table->theta,
                              .threshold = threshold,
                              .label_name = table->label_name};
    file->env.features = AMS_FEATURES_LABELS;
    file->env.end = false;
    snprintf(file->agent, sizeof file->agent, "%s", policy->kind->name);
    snprintf(file->label, sizeof file->label, "%s", policy->label);
    ams_status status = ams_table_hash(table, file->data_hash, err);
    return status == AMS_OK ? policy->kind->to_net(policy, file, err) : status;
}

ams_status ams_policy_to_file(ams_policy_file *file, const ams_policy *policy,
                              const ams_table *table, ams_error *err)
{
    ams_policy_file lent = {.seed = 0};
    float threshold[AMS_MAX_MODELS]; /* those fitted with, which may not be the table's */
    ams_blob bytes = {0};
    ams_status status = AMS_OK;
    *file = (ams_policy_file){.seed = 0};
    if (policy->kind->to_net == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "the policy '%s' has no form of fixed size that could be exported or "
                        "served; of the baselines `fixed`, `linear` and `rules:FILE` have one",
                        policy->kind->name);
    }
    AMS_TRY(describe(&lent, policy, table, threshold, err));
    AMS_TRY(ams_policy_file_bytes(&lent, &bytes, err)); /* a copy of all that is lent */
    AMS_TRY(ams_policy_file_parse(file, bytes.data, bytes.size, policy->kind->name, err));
out:
    ams_blob_fini(&bytes);
    ams_net_fini(&lent.net);
    return status;
}
