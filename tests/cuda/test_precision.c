/* The bench of precisions with the device's steps on the host, which round as
 * tests/cuda/host_run.c says; of its speed nothing is asserted. */
#include "ams/evaluate.h"
#include "base/tsv.h"
#include "lab/bench/precision.h"
#include "tests/base/suite.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/host_run.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_table table;

static void open_table(void)
{
    random_table_options options = random_table_defaults(4);
    options.n_items = 60;
    random_table(&table, &options);
}

/* By hand. */
START_TEST(spread)
{
    const double value[] = {3, 1, 6, 2};
    ams_spread s = ams_spread_of(value, 4);
    ck_assert_double_eq(s.mean, 3);
    ck_assert_double_eq_tol(s.sd, sqrt(14.0 / 3), 1e-15);
    ck_assert_double_eq(s.low, 1);
    ck_assert_double_eq(s.high, 6);
    s = ams_spread_of(value, 1);
    ck_assert_double_eq(s.mean, 3);
    ck_assert_double_eq(s.sd, 0);
}
END_TEST

/* What a run with the default keys would validate at the same update. */
static double trained_time(uint64_t seed, uint32_t batch, uint64_t updates)
{
    ams_train_options o;
    ams_env *env = NULL;
    ams_trainer *t = NULL;
    ams_policy *policy = NULL;
    ams_scores scores = {0};
    ams_eval_options eval = {.split = AMS_VALIDATION};
    ck_assert_int_eq(ams_train_defaults(&o, NULL), AMS_OK);
    o.goal_input = AMS_OFF; /* as on a GPU */
    o.seed = seed;
    o.batch = batch;
    o.steps = updates;
    o.epsilon_steps = updates / 2;
    ams_env_options options = ams_train_env_options(&o);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_create(&t, env, &o, ams_decide_rules[o.decide], NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_advance(t, updates, NULL), AMS_OK);
    ck_assert_int_eq(ams_policy_create_from_net(&policy, env, ams_trainer_net(t),
                                                (ams_decide)o.decide, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_evaluate(&scores, policy, &table, &eval, NULL), AMS_OK);
    double sum = 0;
    for (uint32_t i = 0; i < scores.n; i++) {
        for (uint32_t q = 7; q < 10; q++) {
            ck_assert_double_eq_tol(ams_required_recall(q), 0.1 * (q + 1), 1e-12);
            sum += scores.time_ms[i * AMS_RECALLS + q];
        }
    }
    sum /= 3 * scores.n;
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    return sum;
}

START_TEST(three_precisions)
{
    ams_precision_options o = {
        .accelerator = &host_accelerator, .batch = 9, .seeds = 2, .updates = 6};
    ams_precision_row row[AMS_PRECISIONS];
    ams_error err = {{0}};
    open_table();
    ams_status status = ams_bench_precision(&table, &o, row, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    const double times[] = {trained_time(0, 9, 6), trained_time(1, 9, 6)};
    ck_assert_double_eq_tol(row[0].time_ms.mean, (times[0] + times[1]) / 2, 1e-9);
    ck_assert_double_eq_tol(row[0].time_ms.high, fmax(times[0], times[1]), 1e-9);
    ck_assert_double_eq(row[0].difference_ms.low, 0);
    ck_assert_double_eq(row[0].difference_ms.high, 0);
    for (int k = 0; k < AMS_PRECISIONS; k++) {
        ck_assert_double_gt(row[k].rate.low, 0);
        ck_assert_double_eq_tol(row[k].difference_ms.mean,
                                row[k].time_ms.mean - row[0].time_ms.mean, 1e-9);
    }
    FILE *file = fopen("precision.tsv", "w");
    ck_assert_ptr_nonnull(file);
    ams_bench_precision_write(&o, row, "c0ffee", "a device", file);
    ck_assert_int_eq(fclose(file), 0);
    ams_tsv tsv = {0};
    size_t column = 0;
    double value = 0;
    ck_assert_int_eq(ams_tsv_read(&tsv, "precision.tsv", NULL), AMS_OK);
    ck_assert_uint_eq(tsv.n_rows, 3);
    ck_assert_int_eq(ams_tsv_require(&tsv, "time_ms", &column, NULL), AMS_OK);
    ck_assert_int_eq(ams_tsv_number(&tsv, 2, column, &value, NULL), AMS_OK);
    ck_assert_double_eq_tol(value, row[2].time_ms.mean, 1e-6);
    ck_assert_int_eq(ams_tsv_require(&tsv, "precision", &column, NULL), AMS_OK);
    ck_assert_str_eq(ams_tsv_cell(&tsv, 1, column), "tf32");
    ck_assert_int_eq(ams_tsv_require(&tsv, "device", &column, NULL), AMS_OK);
    ck_assert_str_eq(ams_tsv_cell(&tsv, 2, column), "a device");
    ams_tsv_fini(&tsv);
    ams_table_fini(&table);
}
END_TEST

START_TEST(nothing_to_validate_on)
{
    ams_precision_options o = {
        .accelerator = &host_accelerator, .batch = 9, .seeds = 1, .updates = 6};
    ams_precision_row row[AMS_PRECISIONS];
    ams_error err = {{0}};
    open_table();
    memset(table.split, AMS_TRAIN, table.n_items);
    ck_assert_int_eq(ams_bench_precision(&table, &o, row, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "validation split is empty"));
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, spread);
    tcase_add_test(tests, three_precisions);
    tcase_add_test(tests, nothing_to_validate_on);
}

int main(void)
{
    return run_suite("cuda_precision", add);
}
