/* Goals as inputs: shares of the inputs worked out by hand, and an episode's environment
 * against one that was made for its goal alone. */
#include "ams/env.h"
#include "online/goals.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <check.h>

static const double goals[] = {0.5, 0.8, 1};

static void check_inputs(double wanted, uint32_t n, uint32_t first, float share)
{
    const ams_goal_inputs inputs = ams_goal_inputs_of(goals, 3, wanted);
    ck_assert_uint_eq(inputs.n, n);
    ck_assert_uint_eq(inputs.at[0], first);
    ck_assert_float_eq_tol(inputs.share[0], share, 1e-6F);
    if (n == 2) {
        ck_assert_uint_eq(inputs.at[1], first + 1);
        ck_assert_float_eq_tol(inputs.share[1], 1 - share, 1e-6F);
    }
}

START_TEST(shares)
{
    check_inputs(0.5, 1, 0, 1);
    check_inputs(0.8, 1, 1, 1);
    check_inputs(1, 1, 2, 1);
    check_inputs(0.1, 1, 0, 1); /* the nearest */
    check_inputs(0.9, 2, 1, 0.5F);
    check_inputs(0.56, 2, 0, 0.8F);
    check_inputs(0.95, 2, 1, 0.25F);
    const ams_goal_inputs above = ams_goal_inputs_of(goals, 2, 0.9);
    ck_assert_uint_eq(above.n, 1);
    ck_assert_uint_eq(above.at[0], 1);
}
END_TEST

static ams_env *make_env(const ams_table *table, int features, const double *goal, uint32_t n,
                         bool input)
{
    ams_env_options o = ams_env_defaults();
    ams_env *env = NULL;
    o.features = (ams_feature_mode)features;
    o.reward = features % 2 == 0 ? AMS_REWARD_REMAINING : AMS_REWARD_TIME;
    o.until_goals = true;
    o.goal_input = input;
    o.n_goals = n;
    for (uint32_t k = 0; k < n; k++) {
        o.goal[k] = goal[k];
    }
    ck_assert_int_eq(ams_env_create(&env, table, &o, NULL), AMS_OK);
    return env;
}

static void compare_state(const ams_env *view, const ams_env *alone, uint32_t k, uint32_t item,
                          uint64_t mask)
{
    uint32_t index[2][64];
    float value[2][64];
    ck_assert(ams_env_finished(view, item, mask) == ams_env_finished(alone, item, mask));
    for (uint32_t m = 0; m <= view->n_models; m++) {
        ck_assert_float_eq(ams_env_reward(view, item, mask, m),
                           ams_env_reward(alone, item, mask, m));
    }
    ck_assert_uint_le(view->max_features, 64);
    const uint32_t n = ams_env_features(view, item, mask, index[0], value[0]);
    ck_assert_uint_eq(n, ams_env_features(alone, item, mask, index[1], value[1]) + 1);
    ck_assert_uint_le(n, view->max_features);
    for (uint32_t i = 0; i + 1 < n; i++) {
        ck_assert_uint_eq(index[0][i], index[1][i]);
        ck_assert_float_eq(value[0][i], value[1][i]);
    }
    ck_assert_uint_eq(index[0][n - 1], alone->n_features + k);
    ck_assert_float_eq(value[0][n - 1], 1);
}

START_TEST(views)
{
    ams_table table;
    random_table_options options = random_table_defaults(3);
    random_table(&table, &options);
    ams_env *env = make_env(&table, _i, goals, 3, true);
    for (uint32_t k = 0; k < 3; k++) {
        ams_env *alone = make_env(&table, _i, &goals[k], 1, false);
        const ams_env view = ams_env_for_goal(env, k);
        ck_assert_uint_eq(env->n_features, alone->n_features + 3);
        for (uint32_t item = 0; item < table.n_items; item++) {
            for (uint64_t mask = 0; mask < UINT64_C(1) << table.n_models; mask += 3) {
                compare_state(&view, alone, k, item, mask);
            }
        }
        ams_env_destroy(alone);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, shares);
    tcase_add_loop_test(tests, views, 0, 4);
}

int main(void)
{
    return run_suite("env/goals", add);
}
