/* The table of the normal distribution, against libm's error function. */
#include "data/synth/draw.h"

#include "tests/base/suite.h"

#include <math.h>

static ams_normal normal;

static double phi(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

START_TEST(test_table)
{
    ams_normal_init(&normal);
    ck_assert(normal.below[0] == 0 && normal.below[AMS_NORMAL_CELLS] == 1);
    for (int k = 0; k <= AMS_NORMAL_CELLS; k++) {
        double x = (double)k / AMS_NORMAL_STEPS - AMS_NORMAL_REACH;
        ck_assert_double_eq_tol(normal.below[k], phi(x), 1e-5);
        ck_assert(k == 0 || normal.below[k] > normal.below[k - 1]);
    }
}
END_TEST

START_TEST(test_draws)
{
    enum { N = 400000 };
    static const double at[] = {-3, -2, -1, -0.5, 0, 0.25, 1, 1.5, 2.5};
    enum { POINTS = sizeof at / sizeof *at };
    uint32_t below[POINTS] = {0};
    ams_rng rng = ams_rng_init(7, AMS_STREAM_TEST);
    double sum = 0;
    double square = 0;
    ams_normal_init(&normal);
    for (int i = 0; i < N; i++) {
        double x = ams_normal_draw(&normal, &rng);
        ck_assert(x >= -AMS_NORMAL_REACH && x <= AMS_NORMAL_REACH);
        sum += x;
        square += x * x;
        for (int p = 0; p < POINTS; p++) {
            below[p] += x < at[p];
        }
    }
    /* Five standard errors. */
    ck_assert_double_eq_tol(sum / N, 0, 5 / sqrt(N));
    ck_assert_double_eq_tol(square / N, 1, 5 * sqrt(2.0 / N));
    for (int p = 0; p < POINTS; p++) {
        double expected = phi(at[p]);
        ck_assert_double_eq_tol((double)below[p] / N, expected,
                                5 * sqrt(expected * (1 - expected) / N) + 1e-5);
    }
}
END_TEST

/* Items and models have words of their own. */
START_TEST(test_rows_of_words)
{
    uint32_t words[4];
    ams_rng rng = ams_synth_rng(3, 11, 2);
    ams_philox(3, AMS_STREAM_SYNTH, UINT64_C(11) << 16 | 2 << 9, words);
    for (int i = 3; i >= 0; i--) {
        ck_assert_uint_eq(ams_rng_next(&rng), words[i]);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_table);
    tcase_add_test(tests, test_draws);
    tcase_add_test(tests, test_rows_of_words);
}

int main(void)
{
    return run_suite("synth_draw", add);
}
