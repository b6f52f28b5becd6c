/* The incremental first layer gives the Q values of the whole forward pass, for every kind of
 * features. */
#include "rl/net/q.h"
#include "rl/policy/scorer.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

static void compare(ams_scorer *scorer, const ams_env *env, const ams_net *net, uint32_t item)
{
    ams_sparse x;
    ck_assert_int_eq(
        ams_sparse_init(&x, 1, env->n_features, env->max_features, ams_env_binary(env), NULL),
        AMS_OK);
    x.n = 1;
    x.ptr[1] = ams_env_features(env, item, ams_scorer_mask(scorer), x.index, x.value);
    double *expected = reference_q(net, &x);
    const float *q = ams_scorer_q(scorer);
    for (uint32_t a = 0; a < env->n_actions; a++) {
        ck_assert_double_eq_tol((double)q[a], expected[a], 2e-5);
    }
    free(expected);
    ams_sparse_fini(&x);
}

START_TEST(every_state_of_random_orders)
{
    ams_table table;
    random_table_options options = random_table_defaults((uint64_t)_i);
    random_table(&table, &options);
    ams_env_options env_options = ams_env_defaults();
    env_options.features = (ams_feature_mode)(_i % 4);
    ams_env *env = NULL;
    ams_net net;
    ams_scorer *scorer = NULL;
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
    ck_assert_int_eq(ams_net_init(&net, env->n_features, _i % 2 == 0 ? "33" : "20x10",
                                  env->n_actions + (uint32_t)(_i / 8), NULL),
                     AMS_OK);
    net.dueling = _i / 8 == 1;
    ams_net_randomize(&net, 9);
    ck_assert_int_eq(ams_scorer_create(&scorer, env, &net, NULL), AMS_OK);
    ams_rng rng = ams_rng_init(1, AMS_STREAM_TEST);
    for (uint32_t item = 0; item < env->n_items; item++) {
        uint32_t order[AMS_MAX_MODELS];
        for (uint32_t m = 0; m < env->n_models; m++) {
            order[m] = m;
        }
        ams_rng_shuffle(&rng, order, env->n_models);
        ams_scorer_begin(scorer, item);
        compare(scorer, env, &net, item);
        for (uint32_t m = 0; m < env->n_models; m++) {
            ams_scorer_run(scorer, order[m]);
            compare(scorer, env, &net, item);
        }
    }
    ams_scorer_destroy(scorer);
    ams_net_fini(&net);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Between two goals Q is what their heads say, divided as goal inputs are; before any goal it
 * is the highest one's. */
START_TEST(heads_mixed)
{
    ams_table table;
    random_table_options options = random_table_defaults((uint64_t)_i);
    random_table(&table, &options);
    ams_env_options o = ams_env_defaults(); /* goals 0.8, 0.9, 1 */
    o.features = AMS_FEATURES_CONF_MASK;
    o.goal_input = true;
    o.goal_heads = true;
    ams_env *env = NULL;
    ams_net net;
    ams_scorer *scorer = NULL;
    ams_sparse x;
    ck_assert_int_eq(ams_env_create(&env, &table, &o, NULL), AMS_OK);
    ck_assert_uint_eq(env->n_features, env->n_labels + env->n_models);
    ck_assert_int_eq(
        ams_net_init(&net, env->n_features, "20", o.n_goals * env->n_actions, NULL), AMS_OK);
    net.heads = o.n_goals;
    ams_net_randomize(&net, 9);
    ck_assert_int_eq(ams_scorer_create(&scorer, env, &net, NULL), AMS_OK);
    ck_assert_int_eq(ams_sparse_init(&x, 1, env->n_features, env->n_features, false, NULL),
                     AMS_OK);
    const double goal = 0.83; /* 0.7 of the first, 0.3 of the second */
    const ams_goal_inputs inputs = ams_goal_inputs_of(o.goal, o.n_goals, goal);
    ams_scorer_aim(scorer, &inputs);
    for (uint32_t item = 0; item < env->n_items; item++) {
        ams_scorer_begin(scorer, item);
        ams_scorer_run(scorer, item % env->n_models);
        const float *q = ams_scorer_q(scorer);
        double *said[2];
        x.n = 1;
        x.ptr[1] = ams_env_features(env, item, ams_scorer_mask(scorer), x.index, x.value);
        for (uint32_t k = 0; k < 2; k++) {
            x.head[0] = (uint8_t)k;
            said[k] = reference_q(&net, &x);
        }
        for (uint32_t a = 0; a < env->n_actions; a++) {
            ck_assert_double_eq_tol((double)q[a], 0.7 * said[0][a] + 0.3 * said[1][a], 2e-5);
        }
        free(said[0]);
        free(said[1]);
    }
    ams_sparse_fini(&x);
    ams_scorer_destroy(scorer);
    ams_net_fini(&net);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(shape_mismatch)
{
    ams_table table;
    random_table_options options = random_table_defaults(1);
    random_table(&table, &options);
    ams_env_options env_options = ams_env_defaults();
    ams_env *env = NULL;
    ams_net net;
    ams_scorer *scorer = NULL;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
    ck_assert_int_eq(ams_net_init(&net, env->n_features + 1, "4", env->n_actions, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_scorer_create(&scorer, env, &net, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "inputs"));
    ck_assert_ptr_null(scorer);
    ams_net_fini(&net);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, every_state_of_random_orders, 0, 16);
    tcase_add_loop_test(tests, heads_mixed, 0, 2);
    tcase_add_test(tests, shape_mismatch);
}

int main(void)
{
    return run_suite("rl/scorer", add);
}
