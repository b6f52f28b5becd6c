/* Features from compact outputs against those from the environment's arrays. */
#include "base/rng.h"
#include "env/compact.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <check.h>

enum { MOST = 256 };

static ams_env *make_env(const random_table_options *how, ams_feature_mode features)
{
    static const double goals[] = {0.5, 1};
    ams_table table;
    ams_env_options o = ams_env_defaults();
    ams_env *env = NULL;
    random_table(&table, how);
    o.features = features;
    o.goal_input = true;
    o.n_goals = 2;
    o.goal[0] = goals[0];
    o.goal[1] = goals[1];
    ck_assert_int_eq(ams_env_create(&env, &table, &o, NULL), AMS_OK);
    ams_table_fini(&table);
    ck_assert_uint_le(env->max_features, MOST - AMS_COMPACT_TOGETHER);
    return env;
}

static void compare_state(const ams_compact *compact, const ams_env *env, uint32_t item,
                          uint64_t mask)
{
    uint32_t index[3][MOST];
    float value[3][MOST];
    const uint32_t n = ams_env_features(env, item, mask, index[0], value[0]);
    ck_assert_uint_eq(n, ams_compact_features(compact, env, item, mask, index[1], value[1]));
    ck_assert_uint_eq(
        n, ams_compact_features_narrow(compact, env, item, mask, index[2], value[2]));
    for (uint32_t i = 0; i < n; i++) {
        for (int k = 1; k < 3; k++) {
            ck_assert_uint_eq(index[0][i], index[k][i]);
            ck_assert_float_eq(value[0][i], value[k][i]);
        }
    }
}

static void compare_items(const ams_env *env)
{
    ams_compact compact;
    uint32_t item[MOST];
    uint32_t n = 0;
    for (uint32_t i = 0; i < env->n_items; i += 1 + i % 3) { /* some items are left out */
        item[n++] = i;
    }
    ck_assert(ams_compact_fits(env));
    ck_assert_int_eq(ams_compact_init(&compact, env, item, n, NULL), AMS_OK);
    const ams_env of_goal = ams_env_for_goal(env, 1);
    for (uint32_t k = 0; k < n; k++) {
        compare_state(&compact, env, item[k], 0);
        compare_state(&compact, env, item[k], env->all_models);
        for (uint32_t draw = 0; draw < 100; draw++) {
            uint32_t words[4];
            ams_philox(7, AMS_STREAM_SAMPLE, k * 100 + draw, words);
            const uint64_t mask = ((uint64_t)words[0] << 32 | words[1]) & env->all_models;
            const uint64_t few = (uint64_t)words[2] << 32 | words[3];
            compare_state(&compact, &of_goal, item[k], mask);
            compare_state(&compact, env, item[k], mask & few);
        }
    }
    ams_compact_fini(&compact);
}

/* Labels with more outputs than are taken together, and every last place of an item's. */
START_TEST(as_from_the_arrays)
{
    static const uint32_t sizes[][2] = {{6, 20}, {64, 3}, {64, 40}, {17, 5}, {1, 1}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        random_table_options how = random_table_defaults(3 + k);
        how.n_models = sizes[k][0];
        how.n_labels = sizes[k][1];
        how.n_tasks = how.n_labels < 3 ? 1 : 3;
        how.distinct = k % 2 == 1;
        for (int with_mask = 0; with_mask < 2; with_mask++) {
            ams_env *env =
                make_env(&how, with_mask ? AMS_FEATURES_CONF_MASK : AMS_FEATURES_CONF);
            compare_items(env);
            ams_env_destroy(env);
        }
    }
}
END_TEST

START_TEST(not_of_binary_features)
{
    const random_table_options how = random_table_defaults(1);
    ams_env *env = make_env(&how, AMS_FEATURES_LABELS_MASK);
    ck_assert(!ams_compact_fits(env));
    ams_env_destroy(env);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, as_from_the_arrays);
    tcase_add_test(tests, not_of_binary_features);
}

int main(void)
{
    return run_suite("env/compact", add);
}
