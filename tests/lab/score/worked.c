#include "tests/lab/score/worked.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

static void need(ams_status status, const ams_error *err)
{
    ck_assert_msg(status == AMS_OK, "%s", err->text);
}

void worked_table(ams_table *table)
{
    enum { A, B };
    static const float time_ms[WORKED_MODELS] = {100, 50, 200};
    static const given_output outputs[] = {{0, 0, B, 0.8F}, {0, 1, A, 0.8F}, {1, 1, A, 0.8F},
                                           {2, 0, A, 0.8F}, {3, 0, A, 0.8F}, {3, 2, B, 0.8F},
                                           {4, 1, A, 0.8F}};
    static const uint8_t split[] = {AMS_TRAIN, AMS_TRAIN, AMS_VALIDATION, AMS_TEST, AMS_TEST};
    given_table(table, 5, WORKED_MODELS, WORKED_LABELS, time_ms, outputs,
                sizeof outputs / sizeof *outputs, AMS_TEST);
    memcpy(table->split, split, sizeof split);
}

void worked_data(const char *path, char hash[AMS_HASH_TEXT])
{
    ams_table table;
    ams_error err = {0};
    worked_table(&table);
    need(ams_table_write(&table, path, &err), &err);
    if (hash != NULL) {
        need(ams_table_hash(&table, hash, &err), &err);
    }
    ams_table_fini(&table);
}

static void add_names(ams_names *names, const ams_names *from)
{
    ams_error err = {0};
    for (uint32_t i = 0; i < from->count; i++) {
        const char *name = ams_names_get(from, i);
        uint32_t index = 0;
        need(ams_names_add(names, name, strlen(name), &index, &err), &err);
    }
}

static float *copy_of(const float *values)
{
    float *copy = malloc(WORKED_MODELS * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, values, WORKED_MODELS * sizeof *copy);
    return copy;
}

void worked_policy(ams_policy_file *policy, const char *label, uint64_t seed, const char *order)
{
    ams_table table;
    ams_env *env = NULL;
    ams_error err = {0};
    *policy = (ams_policy_file){.agent = "dqn",
                                .seed = seed,
                                .updates = 10,
                                .decide = AMS_DECIDE_Q_GREEDY,
                                .env = ams_env_defaults(),
                                .data_hash = "00000000000000000000000000000000"};
    snprintf(policy->label, sizeof policy->label, "%s", label);
    worked_table(&table);
    need(ams_env_create(&env, &table, &policy->env, &err), &err);
    add_names(&policy->model_name, &table.model_name);
    add_names(&policy->label_name, &table.label_name);
    policy->time_ms = copy_of(table.time_ms);
    policy->mem_mb = copy_of(table.mem_mb);
    policy->theta = copy_of(table.theta);
    need(ams_net_init(&policy->net, env->n_features, "2", WORKED_MODELS + 1, &err), &err);
    memset(policy->net.params, 0, policy->net.n_params * sizeof *policy->net.params);
    for (int k = 0; k < WORKED_MODELS; k++) {
        policy->net.params[policy->net.bias[1] + (uint64_t)(order[k] - '0')] =
            (float)(WORKED_MODELS - k);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}

void worked_policy_write(const char *path, const char *label, uint64_t seed, const char *order)
{
    ams_policy_file policy;
    ams_error err = {0};
    worked_policy(&policy, label, seed, order);
    need(ams_policy_file_write(&policy, path, &err), &err);
    ams_policy_file_fini(&policy);
}
