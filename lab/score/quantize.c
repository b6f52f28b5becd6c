#include "lab/score/quantize.h"

#include "ams/evaluate.h"
#include "ams/export.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The weights as a reader of the file will have them. */
static ams_status round_weights(ams_policy_file *rounded, const ams_policy_file *policy,
                                ams_stored stored, ams_error *err)
{
    ams_policy_file written = *policy; /* borrows all that it points to */
    ams_blob bytes = {0};
    ams_status status = AMS_OK;
    written.stored = stored;
    AMS_TRY(ams_policy_file_bytes(&written, &bytes, err));
    AMS_TRY(ams_policy_file_parse(rounded, bytes.data, bytes.size, "rounded policy", err));
out:
    ams_blob_fini(&bytes);
    return status;
}

static ams_status score(const ams_policy_file *policy, const ams_table *table, ams_split split,
                        ams_validation *result, ams_error *err)
{
    const ams_eval_options options = {.split = split};
    ams_env *env = NULL;
    ams_policy *trained = NULL;
    ams_policy_file mapped = {.updates = 0};
    ams_label_map labels = {0};
    ams_status status = AMS_OK;
    AMS_TRY(round_weights(&mapped, policy, policy->stored, err)); /* as it is: a copy */
    AMS_TRY(ams_policy_file_map(&mapped, table, &labels, err));
    const ams_env_options features = ams_policy_file_env(&mapped);
    AMS_TRY(ams_env_create(&env, table, &features, err));
    AMS_TRY(ams_policy_create_from_net(&trained, env, &mapped.net, policy->decide, err));
    AMS_TRY(ams_validate(result, trained, table, &options, err));
out:
    ams_policy_destroy(trained);
    ams_policy_file_fini(&mapped);
    ams_env_destroy(env);
    return status;
}

static ams_status score_both(ams_quantized *result, const ams_policy_file *policy,
                             const ams_quantize_options *options, ams_error *err)
{
    ams_table table = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&table, options->data_path, err));
    snprintf(result->cost_unit, sizeof result->cost_unit, "%s", ams_table_cost_unit(&table));
    for (uint32_t i = 0; i < table.n_items; i++) {
        result->n_items += table.split[i] == options->split;
    }
    status = score(policy, &table, options->split, &result->before, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", options->data_path);
        goto out;
    }
    AMS_TRY(score(&result->policy, &table, options->split, &result->after, err));
out:
    ams_table_fini(&table);
    return status;
}

static ams_status compare_q(const ams_policy_file *policy, const ams_policy_file *rounded,
                            double *change, ams_error *err)
{
    ams_golden golden = {0};
    float *q = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_golden_init(&golden, policy, err));
    const size_t n = (size_t)AMS_GOLDEN_STATES * golden.n_actions;
    AMS_TRY(ams_alloc(&q, n, sizeof *q, "Q-values", err));
    AMS_TRY(ams_golden_forward(&golden, &rounded->net, q, err));
    for (size_t i = 0; i < n; i++) {
        *change = fmax(*change, fabs((double)q[i] - (double)golden.q[i]));
    }
out:
    free(q);
    ams_golden_fini(&golden);
    return status;
}

ams_status ams_quantize(ams_quantized *result, const ams_policy_file *policy,
                        const ams_quantize_options *options, ams_error *err)
{
    ams_status status = AMS_OK;
    *result = (ams_quantized){.q_change = 0};
    AMS_TRY(round_weights(&result->policy, policy, options->stored, err));
    AMS_TRY(score_both(result, policy, options, err));
    AMS_TRY(compare_q(policy, &result->policy, &result->q_change, err));
out:
    if (status != AMS_OK) {
        ams_quantized_fini(result);
    }
    return status;
}

void ams_quantized_fini(ams_quantized *result)
{
    ams_policy_file_fini(&result->policy);
    *result = (ams_quantized){.q_change = 0};
}
