/* Q-values and decisions of many states, against a forward pass in double precision. */
#include "ams/choices.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = 600, MODELS = 6, ACTIONS = MODELS + 1, MOST = 64 };

/* What the network says of features, one layer after the other. */
static void forward(const ams_net *net, const uint32_t *index, const float *value, uint32_t n,
                    double q[MOST])
{
    double in[MOST] = {0};
    for (uint32_t k = 0; k < n; k++) {
        in[index[k]] = (double)value[k];
    }
    for (uint32_t layer = 0; layer < net->n_layers; layer++) {
        const uint32_t rows = net->width[layer], columns = net->width[layer + 1];
        for (uint32_t c = 0; c < columns; c++) {
            double sum = (double)net->params[net->bias[layer] + c];
            for (uint32_t r = 0; r < rows; r++) {
                sum += in[r] * (double)net->params[net->weight[layer] + r * columns + c];
            }
            q[c] = layer + 1 < net->n_layers ? fmax(sum, 0) : sum;
        }
        memcpy(in, q, columns * sizeof *in);
    }
}

/* Cost-Q takes the largest Q per time, negative ones after all others by Q x time. */
static bool is_best(const double *q, const float *time_ms, uint64_t remaining, uint32_t chosen)
{
    for (uint32_t m = 0; m < MODELS; m++) {
        double rate = q[m] >= 0 ? q[m] / (double)time_ms[m] : q[m] * (double)time_ms[m];
        double best = q[chosen] >= 0 ? q[chosen] / (double)time_ms[chosen]
                                     : q[chosen] * (double)time_ms[chosen];
        if ((remaining >> m & 1) != 0 && rate > best + 1e-7) {
            return false;
        }
    }
    return (remaining >> chosen & 1) != 0;
}

START_TEST(states)
{
    ams_table table = {0};
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    ams_pool *pool = NULL;
    ams_net net = {0};
    ams_env_options options = ams_env_defaults();
    options.features = AMS_FEATURES_CONF_MASK;
    random_table_options of = random_table_defaults(9);
    random_table(&table, &of);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, NULL), AMS_OK);
    ck_assert_int_eq(ams_net_init(&net, env->n_features, "16x8", env->n_actions, NULL), AMS_OK);
    ams_net_randomize(&net, 3);
    ck_assert_int_eq(ams_policy_create_from_net(&policy, env, &net, AMS_DECIDE_COST_Q, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_pool_create(&pool, 3, NULL), AMS_OK);
    static uint32_t item[STATES], model[STATES], again[STATES];
    static uint64_t mask[STATES];
    static float q[STATES * ACTIONS], q_again[STATES * ACTIONS];
    for (uint32_t i = 0; i < STATES; i++) {
        item[i] = i % table.n_items;
        mask[i] = i * 2654435761U % 64; /* any set of the models, all of them, too */
    }
    ck_assert_int_eq(ams_policy_choose(policy, item, mask, STATES, q, model, NULL, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_policy_choose(policy, item, mask, STATES, q_again, again, pool, NULL),
                     AMS_OK);
    ck_assert_int_eq(memcmp(q, q_again, sizeof q), 0);
    ck_assert_int_eq(memcmp(model, again, sizeof model), 0);
    uint32_t all = 0;
    for (uint32_t i = 0; i < STATES; i++) {
        uint32_t index[MOST];
        float value[MOST];
        double expected[MOST];
        uint32_t n = ams_env_features(env, item[i], mask[i], index, value);
        forward(&net, index, value, n, expected);
        for (uint32_t a = 0; a < ACTIONS; a++) {
            ck_assert_float_eq_tol(q[i * ACTIONS + a], (float)expected[a], 1e-5F);
        }
        all += mask[i] == env->all_models;
        ck_assert(
            mask[i] == env->all_models
                ? model[i] == AMS_NO_CHOICE
                : is_best(expected, env->time_ms, ams_env_remaining(env, mask[i]), model[i]));
    }
    ck_assert_uint_gt(all, 0);
    ams_pool_destroy(pool);
    ams_policy_destroy(policy);
    ams_net_fini(&net);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(refusals)
{
    ams_table table = {0};
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    ams_net net = {0};
    ams_error err = {{0}};
    const ams_env_options options = ams_env_defaults();
    random_table_options of = random_table_defaults(9);
    random_table(&table, &of);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, NULL), AMS_OK);
    ck_assert_int_eq(ams_policy_create(&policy, "fixed", &table, env, &err), AMS_OK);
    uint32_t item = 0, model = 0;
    uint64_t mask = 0;
    ck_assert_int_eq(ams_policy_choose(policy, &item, &mask, 1, NULL, &model, NULL, &err),
                     AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "policy 'fixed': Q-values are asked for"));
    ams_policy_destroy(policy);
    ck_assert_int_eq(ams_net_init(&net, env->n_features, "4", env->n_actions, NULL), AMS_OK);
    ck_assert_int_eq(ams_policy_create_from_net(&policy, env, &net, AMS_DECIDE_Q_GREEDY, NULL),
                     AMS_OK);
    item = table.n_items;
    ck_assert_int_eq(ams_policy_choose(policy, &item, &mask, 1, NULL, &model, NULL, &err),
                     AMS_USAGE);
    ck_assert_str_eq(err.text, "state 0: expected an item from 0 to 23, found 24");
    item = 0;
    mask = UINT64_C(1) << MODELS;
    ck_assert_int_eq(ams_policy_choose(policy, &item, &mask, 1, NULL, &model, NULL, &err),
                     AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected a set of 6 models"));
    mask = 0;
    ck_assert_int_eq(ams_policy_choose(policy, &item, &mask, 0, NULL, &model, NULL, &err),
                     AMS_OK);
    ams_policy_destroy(policy);
    ams_net_fini(&net);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, states);
    tcase_add_test(tests, refusals);
}

int main(void)
{
    return run_suite("sched/choices", add);
}
