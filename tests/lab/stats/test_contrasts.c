/* Statistics between policies against numbers that numpy computed once from the same formulas:
 *
 *   times x[g][r][i] of 5 policies (5, 4, 1, 1, 1 runs) on 6 items as in time_of() below;
 *   a draw d picks items and, within each policy (the stratum), seeds:
 *   pick i of n = philox(seed 11, stream 7, d << 32 | (seeds ? 2^31 : 0) | i / 4)[i % 4] * n >>
 * 32, Philox4x32-10 written anew in Python; 400 draws, numpy.percentile(draws, [2.5, 97.5]);
 *   iqm = mean of sort(x)[k : n - k], k = int(0.25 n) (scipy.stats.trim_mean);
 *   improve = mean over pairs of runs of (a < b) + 0.5 (a == b);
 *   gap = (worst - x) / (worst - best), saved = 1 - x / fixed. */
#include "lab/stats/contrasts.h"

#include "base/memory.h"
#include "tests/base/suite.h"

#include <math.h>

enum { A, B, FIXED, RANDOM, ORACLE, POLICIES };
enum { ITEMS = 6, MODELS = 3, RUNS = 12, COLUMN = AMS_COLUMN_TIME_MS + AMS_RECALLS - 1 };
static const uint32_t runs_of[POLICIES] = {5, 4, 1, 1, 1};
static const double seconds[] = {3, 1, 4, 1, 5};

static int time_of(int policy, int run, int item)
{
    switch (policy) {
    case FIXED:
        return 40 + 3 * item;
    case RANDOM:
        return 90 + 2 * item;
    case ORACLE:
        return 10 + item;
    default:
        return (37 * item + 11 * run * run + 29 * policy * (item + 1) + 7 * run * policy +
                5 * item * run) %
                   50 +
               10 * (1 + policy);
    }
}

static void make_scores(ams_scores *s, int policy, int run)
{
    *s = (ams_scores){.n = ITEMS, .n_models = MODELS};
    ams_error err = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->item, ITEMS, sizeof *s->item, "a test", &err));
    AMS_TRY(ams_alloc(&s->time_ms, ITEMS, AMS_RECALLS * sizeof *s->time_ms, "a test", &err));
    AMS_TRY(ams_alloc(&s->models, ITEMS, AMS_RECALLS * sizeof *s->models, "a test", &err));
    AMS_TRY(ams_alloc(&s->area, ITEMS, sizeof *s->area, "a test", &err));
    AMS_TRY(
        ams_alloc(&s->recall_time, ITEMS, AMS_CURVE * sizeof *s->recall_time, "a test", &err));
    AMS_TRY(ams_alloc(&s->recall_models, ITEMS, (MODELS + 1) * sizeof *s->recall_models,
                      "a test", &err));
    for (int i = 0; i < ITEMS; i++) {
        s->time_ms[i * AMS_RECALLS + AMS_RECALLS - 1] = time_of(policy, run, i);
    }
out:
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static void check(ams_interval found, const ams_interval *expected, const char *what)
{
    ck_assert_msg(
        fabs(found.mean - expected->mean) < 1e-9 && fabs(found.low - expected->low) < 1e-9 &&
            fabs(found.high - expected->high) < 1e-9,
        "%s: expected %.12f [%.12f, %.12f], found %.12f [%.12f, %.12f]", what, expected->mean,
        expected->low, expected->high, found.mean, found.low, found.high);
}

static void check_all(const ams_bootstrap *b)
{
    static const ams_interval stored[] = {
        {-12.333333333333, -21.608333333333, -2.397500000000}, /* diff_a */
        {-1.166666666667, -14.756250000000, 10.342708333333},  /* diff_b */
        {0.725252525253, 0.611275701803, 0.832273113917},      /* gap_a */
        {0.259649122807, 0.050997760358, 0.447252192982},      /* saved_a */
        {35.666666666667, 23.552777777778, 45.612500000000},   /* iqm_a */
        {46.750000000000, 36.329166666667, 56.341666666667},   /* iqm_b */
        {0.925000000000, 0.400000000000, 1.000000000000},      /* improve_ab */
        {1.000000000000, 0.000000000000, 1.000000000000},      /* improve_bfixed */
        {2.800000000000, 1.600000000000, 4.200000000000},      /* seconds */
    };
    check(ams_contrast_difference(b, A, FIXED, COLUMN), &stored[0], "difference of a");
    check(ams_contrast_difference(b, B, FIXED, COLUMN), &stored[1], "difference of b");
    check(ams_contrast_gap_closed(b, A, RANDOM, ORACLE, COLUMN), &stored[2], "gap closed");
    check(ams_bootstrap_saved(b, A, FIXED, COLUMN), &stored[3], "saved");
    check(ams_contrast_iqm(b, A, COLUMN), &stored[4], "iqm of a");
    check(ams_contrast_iqm(b, B, COLUMN), &stored[5], "iqm of b");
    check(ams_contrast_improvement(b, A, B, COLUMN), &stored[6], "improvement over b");
    check(ams_contrast_improvement(b, B, FIXED, COLUMN), &stored[7], "improvement over fixed");
    check(ams_contrast_of_runs(b, A, seconds), &stored[8], "seconds");
}

START_TEST(test_against_stored_numbers)
{
    ams_scores scores[RUNS];
    const ams_scores *run[RUNS];
    ams_group group[POLICIES];
    static const char *const labels[] = {"a", "b", "fixed", "random", "oracle"};
    uint32_t used = 0;
    for (int g = 0; g < POLICIES; g++) {
        group[g] = (ams_group){.label = labels[g], .run = run + used, .n_runs = runs_of[g]};
        for (uint32_t r = 0; r < runs_of[g]; r++) {
            make_scores(&scores[used], g, (int)r);
            run[used] = &scores[used];
            used++;
        }
    }
    ck_assert_uint_eq(used, RUNS);
    ams_bootstrap b;
    ams_bootstrap_options options = {.seed = 11, .draws = 400};
    ams_error err = {0};
    ck_assert_msg(ams_bootstrap_run(&b, group, POLICIES, &options, &err) == AMS_OK, "%s",
                  err.text);
    check_all(&b);
    ams_bootstrap_fini(&b);
    /* The same for any number of threads. */
    ck_assert_int_eq(ams_pool_create(&options.pool, 3, NULL), AMS_OK);
    ck_assert_int_eq(ams_bootstrap_run(&b, group, POLICIES, &options, NULL), AMS_OK);
    check_all(&b);
    /* Against itself: every pair of different runs counts once as won and once as lost. */
    ck_assert_double_eq_tol(ams_contrast_improvement(&b, A, A, COLUMN).mean, 0.5, 1e-12);
    ams_interval none = ams_contrast_difference(&b, A, A, COLUMN);
    ck_assert(none.low == 0 && none.high == 0 && none.mean == 0);
    /* Nothing lies between two policies that are alike. */
    ck_assert_double_eq(ams_contrast_gap_closed(&b, A, FIXED, FIXED, COLUMN).mean, 0);
    ck_assert_double_eq(ams_contrast_gap_closed(&b, ORACLE, RANDOM, ORACLE, COLUMN).low, 1);
    ams_bootstrap_fini(&b);
    ams_pool_destroy(options.pool);
    for (uint32_t r = 0; r < RUNS; r++) {
        ams_scores_fini(&scores[r]);
    }
}
END_TEST

START_TEST(test_interquartile_mean)
{
    double one[] = {7};
    double three[] = {9, 1, 2};
    double four[] = {100, 1, 3, -50};
    double seven[] = {7, 6, 5, 4, 3, 2, 1000};
    double eight[] = {-9, 80, 1, 2, 3, 4, -9, 80};
    ck_assert_double_eq(ams_interquartile_mean(one, 1), 7);
    ck_assert_double_eq(ams_interquartile_mean(three, 3), 4);
    ck_assert_double_eq(ams_interquartile_mean(four, 4), 2);
    ck_assert_double_eq(ams_interquartile_mean(seven, 7), 5);
    ck_assert_double_eq(ams_interquartile_mean(eight, 8), 2.5);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_against_stored_numbers);
    tcase_add_test(tests, test_interquartile_mean);
}

int main(void)
{
    return run_suite("contrasts", add);
}
