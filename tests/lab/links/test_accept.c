/* Accept rules: binomial tails by enumeration, and the guarantee on drawn samples whose true
 * error is known. */
#include "ams/link_guarantee.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>

enum { N = 300 };

START_TEST(p_values_are_binomial_tails)
{
    for (uint32_t n = 0; n <= 12; n++) {
        for (uint32_t errors = 0; errors <= n; errors++) {
            const double alpha = 0.1 + 0.05 * n;
            double sum = 0;
            for (uint32_t outcome = 0; outcome < 1U << n; outcome++) {
                const int wrong = __builtin_popcount(outcome);
                if (wrong <= (int)errors) {
                    sum += pow(alpha, wrong) * pow(1 - alpha, (int)n - wrong);
                }
            }
            ck_assert_double_eq_tol(ams_accept_p_value(n, errors, alpha), sum, 1e-10);
        }
    }
    /* No error in 299 items is what 1 % with 95 % confidence takes; 298 are too few. */
    ck_assert_double_le(ams_accept_p_value(299, 0, 0.01), 0.05);
    ck_assert_double_gt(ams_accept_p_value(298, 0, 0.01), 0.05);
}
END_TEST

/* Scores are uniform; an item of score s is wrong with probability 0.3 (1 - s). So the error of
 * what is at least `level` is 0.15 (1 - level). */
static void draw(ams_rng *rng, double *score, uint8_t *wrong)
{
    for (uint32_t i = 0; i < N; i++) {
        score[i] = ams_rng_unit(rng);
        wrong[i] = ams_rng_unit(rng) < 0.3 * (1 - score[i]);
    }
}

START_TEST(the_true_error_exceeds_alpha_as_seldom_as_promised)
{
    enum { DRAWS = 600 };
    static double score[2][N];
    static uint8_t wrong[2][N];
    uint32_t over = 0;
    double accepted = 0;
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    for (uint32_t k = 0; k < DRAWS; k++) {
        draw(&rng, score[0], wrong[0]);
        draw(&rng, score[1], wrong[1]);
        const ams_accept_sample tuning = {N, score[0], wrong[0]};
        const ams_accept_sample calibration = {N, score[1], wrong[1]};
        const double level = ams_accept_level(&tuning, &calibration, 0.1, 0.05);
        if (isfinite(level)) {
            over += 0.15 * (1 - level) > 0.1;
            accepted += (1 - level) / DRAWS;
        }
    }
    /* 5 % and three standard deviations of as many draws. */
    ck_assert_double_le(over, DRAWS * 0.05 + 3 * sqrt(DRAWS * 0.05 * 0.95));
    /* Two thirds could be accepted if the truth were known; 300 items prove less. */
    ck_assert_double_ge(accepted, 0.15);
}
END_TEST

START_TEST(nothing_is_accepted_where_nothing_is_sure)
{
    static double score[N];
    static uint8_t wrong[N];
    for (uint32_t i = 0; i < N; i++) {
        score[i] = i;
        wrong[i] = i % 2;
    }
    const ams_accept_sample sample = {N, score, wrong};
    ck_assert(isinf(ams_accept_level(&sample, &sample, 0.1, 0.05)));
    const ams_accept_sample none = {0, score, wrong};
    ck_assert(isinf(ams_accept_level(&none, &sample, 0.1, 0.05)));
    ck_assert(!ams_accepts((double)INFINITY, (double)INFINITY));
    ck_assert(ams_accepts(1, (double)INFINITY));
    ck_assert(ams_accepts(1, 1));
    ck_assert(!ams_accepts(1, 0.5));
    for (uint32_t i = 0; i < N; i++) {
        wrong[i] = 0;
    }
    ck_assert_double_eq(ams_accept_level(&sample, &sample, 0.1, 0.05), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, p_values_are_binomial_tails);
    tcase_add_test(tests, the_true_error_exceeds_alpha_as_seldom_as_promised);
    tcase_add_test(tests, nothing_is_accepted_where_nothing_is_sure);
}

int main(void)
{
    return run_suite("accept", add);
}
