/* The worked example of docs/definitions.md: every number that stands there. */
#include "ams/env.h"
#include "ams/trace.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <string.h>

enum { A, B, C, MODELS };              /* the models */
enum { FACE, HAPPY, PERSON, DOG };     /* the labels */
static const double TO_THREE = 0.0005; /* numbers are given to three decimals */

static ams_table table;

static void make_table(void)
{
    static const given_output outputs[] = {
        {0, A, FACE, 0.9F}, {0, B, HAPPY, 0.8F}, {0, C, PERSON, 0.95F}, {0, C, DOG, 0.4F}};
    static const float times[MODELS] = {100, 50, 200};
    given_table(&table, 1, MODELS, 4, times, outputs, 4, AMS_TEST);
}

static void free_table(void)
{
    ams_table_fini(&table);
}

static ams_env *with_reward(const char *name)
{
    ams_env *env = NULL;
    ams_error err = {0};
    ams_env_options options = ams_env_defaults();
    int mode = 0;
    while (strcmp(ams_reward_modes[mode], name) != 0) {
        mode++;
    }
    options.reward = (ams_reward_mode)mode;
    ck_assert_msg(ams_env_create(&env, &table, &options, &err) == AMS_OK, "%s", err.text);
    return env;
}

START_TEST(value_recall_and_area)
{
    static const uint8_t order[MODELS] = {C, A, B};
    static const double recall[MODELS + 1] = {0, 0.358, 0.698, 1};
    ams_env *env = with_reward("gain");
    ams_trace trace;
    ck_assert_double_eq_tol(ams_env_value(env, 0, 1U << C), 0.95, 1e-7);
    ck_assert_double_eq_tol(env->full[0], 2.65, 1e-6);
    ams_trace_run(&trace, env, 0, order, MODELS, env->time_ms);
    for (uint32_t k = 0; k <= MODELS; k++) {
        ck_assert_double_eq_tol(trace.recall[k], recall[k], TO_THREE);
    }
    ck_assert_double_eq(trace.time_ms[ams_trace_reached(&trace, env->full[0], 0.5)], 300);
    ck_assert_double_eq(trace.time_ms[ams_trace_reached(&trace, env->full[0], 1)], 350);
    ck_assert_double_eq_tol(ams_trace_area(&trace, 350), 0.202, TO_THREE);
    ams_env_destroy(env);
}
END_TEST

START_TEST(gain_per_time_of_the_oracle)
{
    ams_env *env = with_reward("gain");
    ck_assert_double_eq_tol(ams_env_gain(env, 0, 0, B) / 50, 0.016, 1e-6);
    ck_assert_double_gt(ams_env_gain(env, 0, 0, B) / 50, ams_env_gain(env, 0, 0, A) / 100);
    ck_assert_double_gt(ams_env_gain(env, 0, 0, A) / 100, ams_env_gain(env, 0, 0, C) / 200);
    ams_env_destroy(env);
}
END_TEST

/* Executing A in state {C}. */
START_TEST(rewards)
{
    static const struct {
        const char *name;
        double reward;
    } given[] = {{"paper", 0.642}, {"gain", 0.340}, {"remaining", 0.642}, {"time", -0.286}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        ams_env *env = with_reward(given[i].name);
        const double reward = (double)ams_env_reward(env, 0, 1U << C, A);
        ck_assert_msg(fabs(reward - given[i].reward) < TO_THREE, "%s: %g", given[i].name,
                      reward);
        ams_env_destroy(env);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, make_table, free_table);
    tcase_add_test(tests, value_recall_and_area);
    tcase_add_test(tests, gain_per_time_of_the_oracle);
    tcase_add_test(tests, rewards);
}

int main(void)
{
    return run_suite("env/example", add);
}
