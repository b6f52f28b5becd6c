/* Many environments, against states and rewards that env.h computes for each step by itself. */
#include "ams/vector_env.h"
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <check.h>
#include <string.h>

enum { ENVS = 7, STEPS = 300 };

typedef struct world {
    ams_table table;
    ams_env *env;
    ams_vector_env *vector;
} world;

static void make(world *w, uint64_t seed, ams_env_options options,
                 const ams_vector_env_options *how)
{
    ams_error err = {{0}};
    random_table_options of = random_table_defaults(seed);
    of.meaning = seed % 2 == 1;
    random_table(&w->table, &of);
    ck_assert_int_eq(ams_env_create(&w->env, &w->table, &options, &err), AMS_OK);
    ck_assert_msg(ams_vector_env_create(&w->vector, w->env, ENVS, how, &err) == AMS_OK, "%s",
                  err.text);
}

static void drop(world *w)
{
    ams_vector_env_destroy(w->vector);
    ams_env_destroy(w->env);
    ams_table_fini(&w->table);
}

/* The observation and the mask of the state, made anew. */
static void check_state(const world *w, const ams_env *env, uint32_t i, uint64_t mask,
                        bool over)
{
    const ams_vector_env *v = w->vector;
    uint32_t index[256];
    float value[256];
    float row[256] = {0};
    ck_assert_uint_le(env->n_features, 256);
    uint32_t n = ams_env_features(env, v->item[i], mask, index, value);
    for (uint32_t k = 0; k < n; k++) {
        row[index[k]] = value[k];
    }
    ck_assert_int_eq(memcmp(row, v->observation + (size_t)i * env->n_features,
                            env->n_features * sizeof *row),
                     0);
    for (uint32_t a = 0; a < env->n_actions; a++) {
        bool may = a == env->n_models ? env->options.end : (mask >> a & 1) == 0;
        ck_assert_int_eq(v->action_mask[(size_t)i * env->n_actions + a], may || over);
    }
}

/* Into memory that held something else, all is as it is shown. */
static void check_observe(const ams_vector_env *v)
{
    static float mine[ENVS * 256];
    for (size_t k = 0; k < sizeof mine / sizeof *mine; k++) {
        mine[k] = 7;
    }
    ams_vector_env_observe(v, mine);
    ck_assert_int_eq(memcmp(mine, v->observation, (size_t)v->n * v->n_features * sizeof *mine),
                     0);
}

/* A random action that may be taken. */
static int64_t draw_action(const world *w, uint32_t i, ams_rng *rng)
{
    const int8_t *mask = w->vector->action_mask + (size_t)i * w->vector->n_actions;
    while (true) {
        uint32_t a = ams_rng_below(rng, w->vector->n_actions);
        if (mask[a]) {
            return a;
        }
    }
}

/* Steps at random; `env` is the environment that the episodes are in. */
static void check_walk(world *w, const ams_env *env, ams_autoreset autoreset)
{
    const ams_vector_env *v = w->vector;
    ams_error err = {{0}};
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    uint64_t mask[ENVS] = {0};
    bool over[ENVS] = {false};
    double sum[ENVS] = {0};
    uint32_t length[ENVS] = {0}, ends = 0;
    ck_assert_int_eq(ams_vector_env_reset(w->vector, NULL, NULL, &err), AMS_OK);
    for (int step = 0; step < STEPS; step++) {
        int64_t action[ENVS];
        uint32_t item[ENVS];
        check_observe(v);
        for (uint32_t i = 0; i < ENVS; i++) {
            check_state(w, env, i, mask[i], over[i]);
            action[i] = over[i] ? -1 : draw_action(w, i, &rng);
            item[i] = v->item[i];
        }
        ck_assert_msg(ams_vector_env_step(w->vector, action, &err) == AMS_OK, "%s", err.text);
        for (uint32_t i = 0; i < ENVS; i++) {
            if (over[i]) {
                ck_assert_float_eq(v->reward[i], 0);
                ck_assert(!v->terminated[i]);
                if (autoreset == AMS_AUTORESET_NEXT_STEP) {
                    over[i] = false;
                    mask[i] = 0;
                    sum[i] = length[i] = 0;
                    ck_assert_uint_eq(env->split[v->item[i]], AMS_TRAIN);
                }
                continue;
            }
            float reward = ams_env_reward(env, item[i], mask[i], (uint32_t)action[i]);
            mask[i] |= action[i] < env->n_models ? UINT64_C(1) << action[i] : 0;
            bool end = action[i] == env->n_models || ams_env_finished(env, item[i], mask[i]);
            sum[i] += (double)reward;
            length[i]++;
            ck_assert_float_eq(v->reward[i], reward);
            ck_assert_int_eq(v->terminated[i], end);
            ck_assert_double_eq(v->episode_return[i], sum[i]);
            ck_assert_uint_eq(v->episode_length[i], length[i]);
            ends += end;
            if (end && autoreset == AMS_AUTORESET_SAME_STEP) {
                uint32_t index[256], n = 0;
                float value[256], row[256] = {0};
                n = ams_env_features(env, item[i], mask[i], index, value);
                for (uint32_t k = 0; k < n; k++) {
                    row[index[k]] = value[k];
                }
                ck_assert_int_eq(memcmp(row, v->final_observation + (size_t)i * env->n_features,
                                        env->n_features * sizeof *row),
                                 0);
                mask[i] = 0;
                sum[i] = length[i] = 0;
            } else {
                over[i] = end;
            }
        }
    }
    ck_assert_uint_ge(ends, ENVS);
}

START_TEST(walks)
{
    for (int features = AMS_FEATURES_LABELS; features <= AMS_FEATURES_CONF_MASK; features++) {
        for (int autoreset = 0; autoreset <= AMS_AUTORESET_OFF; autoreset++) {
            world w = {.env = NULL};
            ams_env_options options = ams_env_defaults();
            options.features = (ams_feature_mode)features;
            options.reward = (ams_reward_mode)(features + 1);
            options.end = features % 2 == 0;
            options.until_goals = features > 1;
            make(&w, (uint64_t)features, options,
                 &(ams_vector_env_options){.autoreset = (ams_autoreset)autoreset, .seed = 3});
            check_walk(&w, w.env, (ams_autoreset)autoreset);
            drop(&w);
        }
    }
}
END_TEST

START_TEST(walks_with_a_goal)
{
    world w = {.env = NULL};
    ams_env_options options = ams_env_defaults();
    options.features = AMS_FEATURES_LABELS_MASK;
    options.goal_input = true;
    options.until_goals = true;
    options.reward = AMS_REWARD_TIME;
    make(&w, 2, options, &(ams_vector_env_options){.goal = 1});
    const ams_env view = ams_env_for_goal(w.env, 1);
    check_walk(&w, &view, AMS_AUTORESET_NEXT_STEP);
    drop(&w);
}
END_TEST

START_TEST(resets)
{
    world w = {.env = NULL};
    ams_error err = {{0}};
    const uint64_t seed = 11;
    const uint32_t wanted[ENVS] = {0, 23, 5, 5, 1, 2, 3};
    uint32_t first[ENVS];
    make(&w, 1, ams_env_defaults(), &(ams_vector_env_options){.seed = 4});
    ck_assert_int_eq(ams_vector_env_reset(w.vector, &seed, NULL, &err), AMS_OK);
    memcpy(first, w.vector->item, sizeof first);
    ck_assert_int_eq(ams_vector_env_reset(w.vector, NULL, NULL, &err), AMS_OK);
    ck_assert_int_ne(memcmp(first, w.vector->item, sizeof first), 0);
    ck_assert_int_eq(ams_vector_env_reset(w.vector, &seed, NULL, &err), AMS_OK);
    ck_assert_int_eq(memcmp(first, w.vector->item, sizeof first), 0);
    ck_assert_int_eq(ams_vector_env_reset(w.vector, NULL, wanted, &err), AMS_OK);
    ck_assert_int_eq(memcmp(wanted, w.vector->item, sizeof wanted), 0);
    drop(&w);
}
END_TEST

START_TEST(refusals)
{
    world w = {.env = NULL};
    ams_error err = {{0}};
    ams_vector_env *none = NULL;
    ams_env_options options = ams_env_defaults();
    options.end = false;
    make(&w, 1, options, &(ams_vector_env_options){.seed = 4});
    int64_t action[ENVS] = {0};
    ck_assert_int_eq(ams_vector_env_step(w.vector, action, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "environments: expected a reset before the first step");
    const uint32_t items[ENVS] = {0, 24};
    ck_assert_int_eq(ams_vector_env_reset(w.vector, NULL, items, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "environment 1: expected an item from 0 to 23, found 24");
    ck_assert_int_eq(ams_vector_env_reset(w.vector, NULL, NULL, &err), AMS_OK);
    action[3] = 7;
    ck_assert_int_eq(ams_vector_env_step(w.vector, action, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "environment 3: expected an action from 0 to 6, found 7");
    ck_assert_float_eq(w.vector->time_ms[0], 0); /* nothing was changed */
    action[3] = 6;
    ck_assert_int_eq(ams_vector_env_step(w.vector, action, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "END, may not be taken with end=off"));
    action[3] = 0;
    ck_assert_int_eq(ams_vector_env_step(w.vector, action, &err), AMS_OK);
    ck_assert_int_eq(ams_vector_env_step(w.vector, action, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(
        strstr(err.text, "environment 0: action 0, a model that was executed"));
    ck_assert_int_eq(
        ams_vector_env_create(&none, w.env, 0, &(ams_vector_env_options){.seed = 0}, &err),
        AMS_USAGE);
    memset((void *)(uintptr_t)w.env->split, AMS_TEST, w.env->n_items);
    ck_assert_int_eq(
        ams_vector_env_create(&none, w.env, 1, &(ams_vector_env_options){.seed = 0}, &err),
        AMS_BAD_DATA);
    ck_assert_ptr_null(none);
    ck_assert_ptr_nonnull(strstr(err.text, "the split 'train' has no items"));
    ams_vector_env_destroy(NULL);
    drop(&w);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, walks);
    tcase_add_test(tests, walks_with_a_goal);
    tcase_add_test(tests, resets);
    tcase_add_test(tests, refusals);
}

int main(void)
{
    return run_suite("env/vector_env", add);
}
