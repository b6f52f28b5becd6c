/* Priorities given as text, and what they do to rewards. */
#include "ams/env.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <string.h>

START_TEST(named_models_change_the_others_stay)
{
    ams_table table;
    ams_env *env = NULL;
    ams_env *plain = NULL;
    ams_error err = {0};
    random_table_options shape = random_table_defaults(3);
    ams_env_options options = ams_env_defaults();
    random_table(&table, &shape);
    ck_assert_int_eq(ams_env_create(&plain, &table, &options, &err), AMS_OK);
    options.theta = "m2=5,m0=0.5";
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    ck_assert_ptr_null(env->options.theta);
    ck_assert_float_eq(env->theta[2], 5);
    ck_assert_float_eq(env->theta[0], 0.5F);
    ck_assert_float_eq(env->theta[1], table.theta[1]);
    uint32_t changed = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        double before = ams_env_reward(plain, i, 0, 2);
        double after = ams_env_reward(env, i, 0, 2);
        if (before < 0) {
            ck_assert_double_eq(after, -1);
            continue;
        }
        /* ln(theta x + 1) with another theta. */
        double x = (exp(before) - 1) / plain->theta[2];
        ck_assert_double_eq_tol(after, log(5 * x + 1), 1e-5);
        changed++;
    }
    ck_assert_uint_gt(changed, 0);
    ams_env_destroy(env);
    ams_env_destroy(plain);
    ams_table_fini(&table);
}
END_TEST

START_TEST(what_is_no_priority_is_refused)
{
    static const char *const bad[] = {"m2",   "m2=",    "m2=0",   "m2=-1",
                                      "m9=2", "m2=x",   "=2",     "m1=2,,m2=3",
                                      ",",    "m2=nan", "m2=1e7", "m1=2 m2=3"};
    ams_table table;
    random_table_options shape = random_table_defaults(3);
    random_table(&table, &shape);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        float theta[AMS_MAX_MODELS] = {0};
        ams_error err = {0};
        ck_assert_msg(ams_theta_parse(theta, &table, bad[k], &err) == AMS_USAGE,
                      "'%s' was taken", bad[k]);
        ck_assert_ptr_nonnull(strstr(err.text, "theta"));
    }
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, named_models_change_the_others_stay);
    tcase_add_test(tests, what_is_no_priority_is_refused);
}

int main(void)
{
    return run_suite("theta", add);
}
