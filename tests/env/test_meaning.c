/* What a table's numbers mean: thresholds and the unit of cost, as they are set and refused. */
#include "ams/env.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;
static ams_table table;

static void setup(void)
{
    random_table_options shape = random_table_defaults(1);
    random_table(&table, &shape);
}

static void teardown(void)
{
    ams_table_fini(&table);
}

static void refuse_table(const char *words)
{
    ck_assert_int_eq(ams_table_check(&table, ams_table_outputs(&table), &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, words));
}

START_TEST(test_thresholds)
{
    ck_assert(ams_table_one_threshold(&table));
    ck_assert_float_eq(ams_table_threshold(&table, 5), 0.5F);
    ck_assert_int_eq(ams_table_set_threshold(&table, "0.25,m1=0.75", &err), AMS_OK);
    ck_assert_float_eq(ams_table_threshold(&table, 0), 0.25F);
    ck_assert_float_eq(ams_table_threshold(&table, 1), 0.75F);
    ck_assert(!ams_table_one_threshold(&table));
    ck_assert_int_eq(ams_table_set_threshold(&table, "m1=0.25", &err), AMS_OK);
    ck_assert(ams_table_one_threshold(&table));
    ck_assert_int_eq(ams_table_set_threshold(&table, "0", &err), AMS_OK);
    ck_assert_float_eq(ams_table_threshold(&table, 3), 0);
    ck_assert_int_eq(ams_table_check(&table, ams_table_outputs(&table), &err), AMS_OK);
}
END_TEST

START_TEST(test_thresholds_refused)
{
    static const char *const bad[] = {"",         "1",      "-0.1",         "nan",
                                      "0.3x",     "m9=0.2", "m1=",          "m1=1",
                                      "0.3,,0.4", "=0.3",   "0.99999999999"};
    static const float wrong[] = {1, -0.5F, INFINITY, NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(ams_table_set_threshold(&table, bad[i], &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "threshold: "));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        table.threshold[4] = wrong[i];
        refuse_table("model 4 (m4): threshold from 0 to below 1 expected");
    }
    table.threshold[4] = 0.5F;
    table.kind = calloc(table.n_models, 1);
    ck_assert_ptr_nonnull(table.kind);
    ck_assert(!ams_table_has_kinds(&table));
    table.kind[2] = AMS_OUTPUT_REAL;
    ck_assert(ams_table_has_kinds(&table));
    table.kind[2] = 3;
    refuse_table("model 2 (m2): kind of at most 2 expected, 3 found");
}
END_TEST

START_TEST(test_cost_unit)
{
    static const char *const bad[] = {"per call", "seventeen-letters", "a\tb", "\x1b[1m"};
    ck_assert(ams_table_costs_ms(&table));
    ck_assert_str_eq(ams_table_cost_unit(&table), "ms");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        free(table.cost_unit);
        table.cost_unit = strdup(bad[i]);
        refuse_table("unit of cost: expected a word of 1 to 16 bytes");
        ck_assert_int_eq(ams_check_cost_unit(bad[i], &err), AMS_USAGE);
    }
    ck_assert_int_eq(ams_check_cost_unit("", &err), AMS_USAGE);
    free(table.cost_unit);
    table.cost_unit = strdup("usd");
    ck_assert(!ams_table_costs_ms(&table));
    ck_assert_int_eq(ams_table_check(&table, ams_table_outputs(&table), &err), AMS_OK);
    ams_env *env = NULL;
    const ams_env_options options = ams_env_defaults();
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    ck_assert_str_eq(env->cost_unit, "usd");
    ams_env_destroy(env);
}
END_TEST

/* What is said where no training item has anything valuable. */
START_TEST(test_no_training)
{
    ams_env *env = NULL;
    const ams_env_options options = ams_env_defaults();
    ck_assert_int_eq(ams_table_set_threshold(&table, "0.75", &err), AMS_OK);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    ck_assert_int_eq(ams_env_no_training(env, 8, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "8 items, none with an output above 0.75, which"));
    ck_assert_ptr_nonnull(strstr(err.text, "`ams data threshold F.h5 X`"));
    ck_assert_int_eq(ams_env_no_training(env, 0, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "`ams data split`"));
    ams_env_destroy(env);
    ck_assert_int_eq(ams_table_set_threshold(&table, "m2=0.5", &err), AMS_OK);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    ck_assert_int_eq(ams_env_no_training(env, 8, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "above the thresholds"));
    ams_env_destroy(env);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_thresholds);
    tcase_add_test(tests, test_thresholds_refused);
    tcase_add_test(tests, test_cost_unit);
    tcase_add_test(tests, test_no_training);
}

int main(void)
{
    return run_suite("meaning", add);
}
