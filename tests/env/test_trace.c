/* Recall and time of orders: a case worked out by hand, and random orders against f(S) itself.
 */
#include "ams/trace.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

static ams_env *make_env(const ams_table *table, ams_value_mode value)
{
    ams_env *env = NULL;
    ams_error err = {0};
    ams_env_options options = ams_env_defaults();
    options.value = value;
    ck_assert_msg(ams_env_create(&env, table, &options, &err) == AMS_OK, "%s", err.text);
    return env;
}

/* Labels a, b, c worth 0.6, 0.8, 0.6; m0 finds nothing, m1 a and b, m2 b and c. */
START_TEST(test_hand_computed)
{
    static const given_output outputs[] = {
        {0, 1, 0, 0.6F}, {0, 1, 1, 0.8F}, {0, 2, 1, 0.7F}, {0, 2, 2, 0.6F}};
    static const float times[] = {10, 20, 70};
    static const uint8_t order[] = {2, 0, 1};
    ams_table table;
    given_table(&table, 2, 3, 3, times, outputs, 4, AMS_TEST);
    ams_env *env = make_env(&table, AMS_VALUE_CONF);
    ams_trace trace;
    ams_trace_run(&trace, env, 0, order, 3, env->time_ms);
    ck_assert_uint_eq(trace.n, 3);
    static const double recall[] = {0, 0.7, 0.7, 1};
    static const double time[] = {0, 70, 80, 100};
    for (uint32_t k = 0; k <= 3; k++) {
        ck_assert_double_eq_tol(trace.recall[k], recall[k], 1e-7);
        ck_assert_double_eq(trace.time_ms[k], time[k]);
    }
    ck_assert_uint_eq(ams_trace_reached(&trace, env->full[0], 0.1), 1);
    ck_assert_uint_eq(ams_trace_reached(&trace, env->full[0], 0.7), 1);
    ck_assert_uint_eq(ams_trace_reached(&trace, env->full[0], 0.8), 3);
    ck_assert_uint_eq(ams_trace_reached(&trace, env->full[0], 1.0), 3);
    /* 0.7 from 70 to 100 ms; the last run ends with the clock. */
    ck_assert_double_eq_tol(ams_trace_area(&trace, 100), 0.21, 1e-7);
    /* An order that stops early keeps its recall until the end. */
    ams_trace_run(&trace, env, 0, order, 1, env->time_ms);
    ck_assert_double_eq_tol(ams_trace_area(&trace, 100), 0.21, 1e-7);
    ck_assert_uint_eq(ams_trace_reached(&trace, env->full[0], 1.0), 2);
    /* Nothing to find: recall 1 before the first run. */
    ams_trace_run(&trace, env, 1, order, 3, env->time_ms);
    ck_assert_uint_eq(ams_trace_reached(&trace, env->full[1], 1.0), 0);
    ck_assert_double_eq_tol(ams_trace_area(&trace, 100), 1, 1e-12);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_tolerance)
{
    ams_trace trace = {.n = 1, .time_ms = {0, 10}, .recall = {0, 0.5}};
    /* Tolerance is 1e-6 of value, so it shrinks with the item's full value. */
    ck_assert_uint_eq(ams_trace_reached(&trace, 1.0, 0.5 + 0.9e-6), 1);
    ck_assert_uint_eq(ams_trace_reached(&trace, 1.0, 0.5 + 1.1e-6), 2);
    ck_assert_uint_eq(ams_trace_reached(&trace, 10.0, 0.5 + 0.9e-6), 2);
    ck_assert_uint_eq(ams_trace_reached(&trace, 10.0, 0.5 + 0.9e-7), 1);
}
END_TEST

START_TEST(test_random_orders)
{
    static const uint32_t models[] = {2, 30, 64};
    random_table_options shape = random_table_defaults(7);
    shape.n_models = models[_i % 3];
    shape.recorded = true;
    ams_table table;
    random_table(&table, &shape);
    ams_env *env = make_env(&table, (ams_value_mode)(_i / 3));
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    for (uint32_t i = 0; i < table.n_items; i++) {
        uint32_t shuffled[AMS_MAX_MODELS];
        uint8_t order[AMS_MAX_MODELS];
        for (uint32_t m = 0; m < shape.n_models; m++) {
            shuffled[m] = m;
        }
        ams_rng_shuffle(&rng, shuffled, shape.n_models);
        for (uint32_t m = 0; m < shape.n_models; m++) {
            order[m] = (uint8_t)shuffled[m];
        }
        const float *times = table.run_time_ms + (size_t)i * shape.n_models;
        ams_trace trace;
        ams_trace_run(&trace, env, i, order, shape.n_models, times);
        uint64_t mask = 0;
        double time = 0;
        for (uint32_t k = 0; k <= shape.n_models; k++) {
            double full = env->full[i];
            double recall = full > 0 ? ams_env_value(env, i, mask) / full : 1;
            ck_assert_double_eq_tol(trace.recall[k], recall, 1e-12);
            ck_assert_double_eq_tol(trace.time_ms[k], time, 1e-9);
            if (k < shape.n_models) {
                mask |= UINT64_C(1) << order[k];
                time += (double)times[order[k]];
            }
        }
        uint32_t reached = ams_trace_reached(&trace, env->full[i], 1.0);
        ck_assert_uint_le(reached, shape.n_models);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_hand_computed);
    tcase_add_test(tests, test_tolerance);
    tcase_add_loop_test(tests, test_random_orders, 0, 9);
}

int main(void)
{
    return run_suite("trace", add);
}
