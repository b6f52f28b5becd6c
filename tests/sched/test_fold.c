/* Scores folded from parts of a file, against those of the whole. */
#include "sched/fold.h"

#include "ams/table_file.h"
#include "base/file.h"
#include "sched/limits/fold_limits.h"
#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER AMS_TEST_DIR "/test_fold_folder"
static const char *const path = FOLDER "/table.h5";
static const char *const specs[] = {"random", "fixed", "optimal", "valuable", "cooccur"};
enum { N_ITEMS = 600, N_SPECS = sizeof specs / sizeof *specs };

static ams_error err;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static ams_env *make_env(const ams_table *table)
{
    ams_env *env = NULL;
    ams_env_options options = ams_env_defaults();
    expect_ok(ams_env_create(&env, table, &options, &err));
    return env;
}

static void make(ams_table *table)
{
    random_table_options shape = random_table_defaults(31);
    shape.n_items = N_ITEMS;
    shape.distinct = true;
    random_table(table, &shape);
    expect_ok(ams_make_directories(FOLDER, &err));
    unlink(path);
    expect_ok(ams_table_write(table, path, &err));
}

/* The test items in windows of `size`, with the policy moved from one to the next. */
static void fold_windows(ams_scores *scores, ams_policy *policy, const ams_table *whole,
                         uint32_t size)
{
    ams_eval_options options = {.split = AMS_TEST};
    ams_table_file *file = NULL;
    ams_fold fold;
    uint32_t item[N_ITEMS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_ITEMS; i++) {
        if (whole->split[i] == AMS_TEST) {
            item[n++] = i;
        }
    }
    expect_ok(ams_table_file_open(&file, path, &err));
    expect_ok(ams_fold_init(&fold, n, whole->n_models, &err));
    const ams_env *first = policy->env;
    for (uint32_t at = 0; at < n; at += size) {
        ams_table part;
        ams_scores some;
        expect_ok(
            ams_table_file_read(file, item + at, size < n - at ? size : n - at, &part, &err));
        ams_env *env = make_env(&part);
        expect_ok(ams_policy_move(policy, &part, env, item + at, &err));
        expect_ok(ams_evaluate(&some, policy, &part, &options, &err));
        expect_ok(ams_fold_add(&fold, &some, &err));
        policy->env = first;
        ams_scores_fini(&some);
        ams_env_destroy(env);
        ams_table_fini(&part);
    }
    expect_ok(ams_fold_finish(&fold, scores, &err));
    ams_table_file_close(file);
}

START_TEST(test_windows)
{
    static const uint32_t sizes[] = {1, 64, 77, N_ITEMS};
    ams_table table;
    make(&table);
    ams_env *env = make_env(&table);
    ams_policy *policy = NULL;
    ams_eval_options options = {.split = AMS_TEST};
    ams_scores whole;
    expect_ok(ams_policy_create(&policy, specs[_i], &table, env, &err));
    expect_ok(ams_evaluate(&whole, policy, &table, &options, &err));
    for (int k = 0; k < 4; k++) {
        ams_scores folded;
        fold_windows(&folded, policy, &table, sizes[k]);
        const size_t n = whole.n;
        ck_assert_uint_eq(folded.n, n);
        ck_assert_uint_eq(folded.n_empty, whole.n_empty);
        ck_assert_str_eq(folded.label, whole.label);
        ck_assert_mem_eq(folded.time_ms, whole.time_ms, n * AMS_RECALLS * sizeof(double));
        ck_assert_mem_eq(folded.models, whole.models, n * AMS_RECALLS * sizeof(double));
        ck_assert_mem_eq(folded.area, whole.area, n * sizeof(double));
        ck_assert_mem_eq(folded.recall_time, whole.recall_time, n * AMS_CURVE * sizeof(float));
        ck_assert_mem_eq(folded.recall_models, whole.recall_models,
                         n * (whole.n_models + 1) * sizeof(float));
        ck_assert_double_eq_tol(folded.stderr_ms, whole.stderr_ms,
                                1e-9 * (1 + whole.stderr_ms));
        ams_scores_fini(&folded);
    }
    ams_scores_fini(&whole);
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_knn_stays)
{
    ams_table table;
    make(&table);
    ams_env *env = make_env(&table);
    ams_policy *policy = NULL;
    expect_ok(ams_policy_create(&policy, "knn", &table, env, &err));
    ck_assert_int_eq(ams_policy_move(policy, &table, env, NULL, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "'knn'"));
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Scores under limits whose every number is known: of item i and limit p 1000 i + p, and
 * multiples of it. */
static void fold_limits(ams_limit_scores *scores, uint32_t n, uint32_t size)
{
    enum { POINTS = 2 };
    ams_limit_fold fold;
    expect_ok(ams_limit_fold_init(&fold, n, POINTS, &err));
    for (uint32_t at = 0; at < n; at += size) {
        uint32_t count = n - at < size ? n - at : size;
        double *number = calloc((size_t)count * POINTS, sizeof *number);
        double *twice = calloc((size_t)count * POINTS, sizeof *twice);
        for (uint32_t k = 0; k < count * POINTS; k++) {
            number[k] = 1000.0 * (at + k / POINTS) + k % POINTS;
            twice[k] = 2 * number[k];
        }
        ams_limit_scores part = {.n = count,
                                 .n_points = POINTS,
                                 .recall = number,
                                 .done_ms = twice,
                                 .models = number,
                                 .cut = twice,
                                 .decision_us = 3};
        expect_ok(ams_limit_fold_add(&fold, &part, &err));
        free(number);
        free(twice);
    }
    ams_limit_scores one = {.n = 1, .n_points = POINTS};
    ck_assert_int_eq(ams_limit_fold_add(&fold, &one, &err), AMS_USAGE);
    expect_ok(ams_limit_fold_finish(&fold, scores, &err));
}

START_TEST(test_limits)
{
    static const uint32_t counts[] = {500, AMS_FOLD_ITEMS, 50000};
    for (int c = 0; c < 3; c++) {
        uint32_t n = counts[c];
        ams_limit_scores scores;
        fold_limits(&scores, n, 777);
        uint32_t rows = ams_fold_rows(n);
        ck_assert_uint_eq(scores.n, rows);
        ck_assert_double_eq_tol(scores.decision_us, 3, 1e-9);
        double mean = 0;
        for (uint32_t row = 0; row < rows; row++) {
            double expected = 0;
            for (uint32_t i = row; i < n; i += rows) {
                expected += 1000.0 * i + 1;
            }
            expected = expected * rows / n;
            ck_assert_double_eq_tol(scores.recall[2 * row + 1], expected, 1e-6);
            ck_assert_double_eq_tol(scores.cut[2 * row + 1], 2 * expected, 1e-6);
            mean += scores.models[2 * row + 1] / rows;
        }
        ck_assert_double_eq_tol(mean, 1000.0 * (n - 1) / 2 + 1, 1e-3);
        if (n == rows) { /* nothing is lost */
            ck_assert(scores.recall[2 * 417 + 1] == 417001);
            ck_assert(scores.done_ms[2 * 417] == 834000);
        }
        ams_limit_scores_fini(&scores);
    }
    ams_limit_fold fold;
    ams_limit_scores none;
    expect_ok(ams_limit_fold_init(&fold, 3, 2, &err));
    ck_assert_int_eq(ams_limit_fold_finish(&fold, &none, &err), AMS_USAGE);
    ams_limit_fold_fini(&fold);
}
END_TEST

START_TEST(test_rows)
{
    ck_assert_uint_eq(ams_fold_rows(1), 1);
    ck_assert_uint_eq(ams_fold_rows(AMS_FOLD_ITEMS), AMS_FOLD_ITEMS);
    for (uint32_t n = AMS_FOLD_ITEMS + 1; n < 5000000; n += 77777) {
        uint32_t rows = ams_fold_rows(n);
        ck_assert(rows >= AMS_FOLD_BLOCKS && rows <= 2 * AMS_FOLD_BLOCKS);
        for (uint32_t other = AMS_FOLD_BLOCKS; other <= 2 * AMS_FOLD_BLOCKS; other += 97) {
            ck_assert_uint_le(n % rows, n % other);
        }
    }
}
END_TEST

/* Blocks: each row's number is known in closed form, and so is the mean. */
START_TEST(test_blocks)
{
    enum { N = 100003, PART = 1000 };
    static double time_ms[PART * AMS_RECALLS];
    static double area[PART];
    static float curve[PART * AMS_CURVE];
    static float after[PART * 3];
    ams_scores part = {.label = "x",
                       .seed = 4,
                       .n_models = 2,
                       .time_ms = time_ms,
                       .models = time_ms,
                       .area = area,
                       .recall_time = curve,
                       .recall_models = after,
                       .stderr_ms = 2};
    ams_fold fold;
    ams_scores scores;
    double variance = 0;
    expect_ok(ams_fold_init(&fold, N, 2, &err));
    for (uint32_t first = 0; first < N; first += PART) {
        part.n = first + PART < N ? PART : N - first;
        for (uint32_t i = 0; i < part.n; i++) {
            time_ms[i * AMS_RECALLS + 9] = first + i;
            area[i] = (first + i) % 2;
            curve[i * AMS_CURVE + 3] = 0.5F;
            after[i * 3 + 2] = 1;
        }
        variance += 4.0 * part.n * part.n;
        expect_ok(ams_fold_add(&fold, &part, &err));
    }
    ck_assert_int_eq(ams_fold_add(&fold, &part, &err), AMS_USAGE);
    expect_ok(ams_fold_finish(&fold, &scores, &err));
    uint32_t rows = ams_fold_rows(N);
    ck_assert_uint_eq(scores.n, rows);
    double time = 0;
    double areas = 0;
    for (uint32_t b = 0; b < rows; b++) {
        double sum = 0;
        for (uint32_t i = b; i < N; i += rows) {
            sum += i;
        }
        ck_assert_double_eq_tol(scores.time_ms[b * AMS_RECALLS + 9], sum * rows / N, 1e-6);
        time += scores.time_ms[b * AMS_RECALLS + 9] / rows;
        areas += scores.area[b] / rows;
    }
    ck_assert_double_eq_tol(time, (N - 1) / 2.0, 1e-6);
    ck_assert_double_eq_tol(areas, (N / 2) / (double)N, 1e-9);
    ck_assert_double_eq_tol(scores.stderr_ms, sqrt(variance) / N, 1e-9);
    ams_scores_fini(&scores);
}
END_TEST

START_TEST(test_too_few)
{
    ams_fold fold;
    ams_scores scores;
    expect_ok(ams_fold_init(&fold, 10, 2, &err));
    ck_assert_int_eq(ams_fold_finish(&fold, &scores, &err), AMS_USAGE);
    ams_fold_fini(&fold);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_windows, 0, N_SPECS);
    tcase_add_test(tests, test_knn_stays);
    tcase_add_test(tests, test_rows);
    tcase_add_test(tests, test_limits);
    tcase_add_test(tests, test_blocks);
    tcase_add_test(tests, test_too_few);
}

int main(void)
{
    return run_suite("fold", add);
}
