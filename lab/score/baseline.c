#include "lab/score/baseline.h"

#include "ams/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status make_worker(const ams_policy *policy, void **worker, ams_error *err)
{
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    return kind->worker_create == NULL ? AMS_OK : kind->worker_create(policy, worker, err);
}

static void drop_worker(const ams_policy *policy, void *worker)
{
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    if (kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
}

/* Counts the items on which both order all models alike. */
static ams_status compare(ams_baseline *result, const ams_policy *one, const ams_policy *other,
                          ams_error *err)
{
    void *a = NULL;
    void *b = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(make_worker(one, &a, err));
    AMS_TRY(make_worker(other, &b, err));
    for (uint32_t i = 0; i < result->n_items; i++) {
        uint8_t first[AMS_MAX_MODELS];
        uint8_t second[AMS_MAX_MODELS];
        const uint32_t n = ams_policy_kind_of(one)->order(one, a, i, 0, first);
        const uint32_t m = ams_policy_kind_of(other)->order(other, b, i, 0, second);
        result->n_alike += n == m && memcmp(first, second, n * sizeof *first) == 0;
    }
out:
    drop_worker(one, a);
    drop_worker(other, b);
    return status;
}

static ams_status check(ams_baseline *result, const ams_policy *fitted, const ams_table *table,
                        ams_error *err)
{
    const ams_env_options options = ams_policy_file_env(&result->policy);
    ams_env *env = NULL;
    ams_policy *weights = NULL;
    ams_status status = AMS_OK;
    result->n_items = table->n_items;
    AMS_TRY(ams_env_create(&env, table, &options, err));
    AMS_TRY(ams_policy_create_from_net(&weights, env, &result->policy.net,
                                       result->policy.decide, err));
    status = compare(result, fitted, weights, err);
out:
    ams_policy_destroy(weights);
    ams_env_destroy(env);
    return status;
}

ams_status ams_baseline_fit(ams_baseline *result, const char *spec, const char *data_path,
                            ams_error *err)
{
    const ams_env_options options = ams_env_defaults();
    ams_table table = {0};
    ams_env *env = NULL;
    ams_policy *fitted = NULL;
    ams_status status = AMS_OK;
    *result = (ams_baseline){.n_items = 0};
    AMS_TRY(ams_table_read(&table, data_path, err));
    AMS_TRY(ams_env_create(&env, &table, &options, err));
    AMS_TRY(ams_policy_create(&fitted, spec, &table, env, err));
    AMS_TRY(ams_policy_to_file(&result->policy, fitted, &table, err));
    status = check(result, fitted, &table, err);
out:
    ams_policy_destroy(fitted);
    ams_env_destroy(env);
    ams_table_fini(&table);
    if (status != AMS_OK) {
        ams_baseline_fini(result);
    }
    return status;
}

void ams_baseline_fini(ams_baseline *baseline)
{
    ams_policy_file_fini(&baseline->policy);
    *baseline = (ams_baseline){.n_items = 0};
}

/* -- weights, or a baseline in their place -- */

static ams_status fit(ams_policy_file *policy, const char *spec, const char *data,
                      char note[AMS_WEIGHTS_NOTE], ams_error *err)
{
    ams_baseline baseline;
    if (ams_policy_spec_kind(spec)->to_net == NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "'%s' is a baseline of no fixed size; expected fixed, linear, rules:FILE, or "
            "trained weights: a run folder or a policy.ams. `ams eval`, `ams "
            "schedule` and `ams trace` take every baseline",
            spec);
    }
    if (data == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "'%s' is a baseline; expected the outputs file to whose training items "
                        "it is fitted, --fit F.h5, or trained weights: a run folder or a "
                        "policy.ams",
                        spec);
    }
    ams_status status = ams_baseline_fit(&baseline, spec, data, err);
    if (status == AMS_OK) {
        snprintf(
            note, AMS_WEIGHTS_NOTE,
            "%s is fitted to the training items of %s; it decides as in `ams eval` on %u of "
            "all %u items%s",
            spec, data, baseline.n_alike, baseline.n_items,
            baseline.n_alike < baseline.n_items ? ", on the others models tie" : "");
        *policy = baseline.policy; /* moved */
    }
    return status;
}

ams_status ams_weights_or_baseline(ams_policy_file *policy, const char *spec, const char *data,
                                   const char *otherwise, char note[AMS_WEIGHTS_NOTE],
                                   ams_error *err)
{
    char *path = NULL;
    note[0] = '\0';
    if (ams_policy_spec_kind(spec) != NULL) {
        return fit(policy, spec, data == NULL ? otherwise : data, note, err);
    }
    if (data != NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "option --fit: expected a baseline to fit, found '%s', which is not one", spec);
    }
    ams_status status = ams_policy_file_path(&path, spec, err);
    if (status == AMS_OK) {
        status = ams_policy_file_read(policy, path, err);
    }
    free(path);
    return status;
}
