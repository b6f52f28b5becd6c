/* The measures of a workload against all orders of a small table, and the presets against what
 * the papers say. */
#include "ams/synth.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <string.h>

static ams_error err;

enum { ORDERS = 4000 };

/* Mean time until all valuable labels are found, over all orders of three models: makers[l] is
 * the mask of models that output label l. */
static double all_orders(const double time_ms[3], const uint32_t *makers, int n_labels)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double sum = 0;
    for (int o = 0; o < 6; o++) {
        uint32_t ran = 0;
        for (int k = 0; k < 3; k++) {
            int missing = 0;
            for (int l = 0; l < n_labels; l++) {
                missing += (makers[l] & ran) == 0;
            }
            if (missing == 0) {
                break;
            }
            ran |= 1U << orders[o][k];
            sum += time_ms[orders[o][k]] / 6;
        }
    }
    return sum;
}

START_TEST(test_by_hand)
{
    /* Item 0: label 0 of models 0 and 1, label 1 of model 2. Item 1: label 2 of model 1, and a
     * low confidence that counts for nothing. Item 2: nothing. */
    static const given_output outputs[] = {
        {0, 0, 0, 0.9F}, {0, 1, 0, 0.8F}, {0, 2, 1, 0.7F}, {1, 0, 0, 0.4F}, {1, 1, 2, 0.6F}};
    static const float time_ms[] = {10, 30, 100};
    static const double times[] = {10, 30, 100};
    ams_table table;
    ams_synth_workload w;
    given_table(&table, 3, 3, 3, time_ms, outputs, 5, AMS_TEST);
    ck_assert_msg(ams_synth_measure(&w, &table, ORDERS, 5, &err) == AMS_OK, "%s", err.text);
    double random =
        (all_orders(times, (uint32_t[]){3, 4}, 2) + all_orders(times, (uint32_t[]){2}, 1)) / 3;
    ck_assert_uint_eq(w.n_items, 3);
    ck_assert_uint_eq(w.n_outputs, 5);
    ck_assert_uint_eq(w.empty, 1);
    ck_assert_double_eq_tol(w.all_ms, 140, 1e-9);
    ck_assert_double_eq_tol(w.valuable_ms, (140 + 30) / 3.0, 1e-9);
    /* An order's time is at most 140 ms: five standard errors of that. */
    ck_assert_double_eq_tol(w.random_ms, random, 5 * 70 / sqrt(3.0 * ORDERS));
    ck_assert_double_eq_tol(w.valuable_runs, 4 / 3.0, 1e-9);
    ck_assert_double_eq_tol(w.dispensable_runs, 2 / 3.0, 1e-9);
    ck_assert_double_eq_tol(w.valuable_labels, 1, 1e-9);
    ck_assert_double_eq_tol(w.makers, 4 / 3.0, 1e-9);
    ck_assert_double_eq_tol(w.shared_labels, 1 / 3.0, 1e-9);
    /* All three needed: 140. One of 30 ms: plus half of the others' 110. */
    ck_assert_double_eq_tol(w.disjoint_ms, (140 + 30 + 55) / 3.0, 1e-9);
    ams_table_fini(&table);
}
END_TEST

/* Without overlap the formula of disjoint_ms is exact: against drawn orders. */
START_TEST(test_disjoint)
{
    static const given_output outputs[] = {
        {0, 1, 0, 0.9F}, {0, 3, 1, 0.8F}, {1, 0, 2, 0.7F}, {1, 1, 3, 0.6F}, {1, 4, 4, 0.7F}};
    static const float time_ms[] = {10, 30, 100, 60, 20};
    ams_table table;
    ams_synth_workload w;
    given_table(&table, 2, 5, 5, time_ms, outputs, 5, AMS_TEST);
    ck_assert_msg(ams_synth_measure(&w, &table, ORDERS, 6, &err) == AMS_OK, "%s", err.text);
    ck_assert_double_eq_tol(w.random_ms, w.disjoint_ms, 5 * 110 / sqrt(2.0 * ORDERS));
    ck_assert(w.dispensable_runs == 0 && w.shared_labels == 0);
    ams_table_fini(&table);
}
END_TEST

static const char *const presets[] = {"coco", "places", "mirflickr", "voc", "stanford40"};

START_TEST(test_calibration)
{
    ams_synth *synth = NULL;
    ams_table table;
    ams_synth_workload w;
    ams_synth_options options = ams_synth_defaults();
    options.preset = presets[_i];
    options.n_items = 6000;
    options.seed = 20;
    ck_assert_msg(ams_synth_create(&synth, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_synth_table(synth, 6000, &table, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_synth_measure(&w, &table, 10, 1, &err) == AMS_OK, "%s", err.text);
    ams_synth_targets target = ams_synth_target(synth);
    ck_assert_uint_eq(table.n_models, 30);
    ck_assert_uint_eq(table.n_labels, 1104);
    ck_assert_uint_eq(table.task_name.count, 10);
    ck_assert_double_eq(w.all_ms, 5160);
    ck_assert(target.all_ms == 5160 && target.random_ms > 4000);
    ck_assert_double_eq_tol(w.random_ms / target.random_ms, 1, 0.03);
    ck_assert(_i >= 3 || target.valuable_ms == 1140);
    ck_assert(_i >= 3 || fabs(w.valuable_ms / target.valuable_ms - 1) < 0.03);
    for (uint32_t m = 0; m < table.n_models; m++) {
        bool large = table.mem_mb[m] > 8000; /* one, a pose model */
        ck_assert(table.time_ms[m] >= 50 && table.time_ms[m] <= 400);
        ck_assert(table.mem_mb[m] >= 500 && (!large || table.mem_mb[m] > 10000));
        ck_assert_msg(!large || strncmp(ams_names_get(&table.model_name, m), "pose", 4) == 0,
                      "%s", ams_names_get(&table.model_name, m));
    }
    ams_table_fini(&table);
    ams_synth_destroy(synth);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_by_hand);
    tcase_add_test(tests, test_disjoint);
    tcase_add_loop_test(tests, test_calibration, 0, 5);
}

int main(void)
{
    return run_suite("synth_measure", add);
}
