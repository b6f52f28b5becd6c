/* One draw: items and seeds add up, in either form; intervals are those of sorting. */
#include "lab/stats/draws.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>
#include <stdlib.h>

enum { N = 37 };

START_TEST(both_forms_are_one)
{
    for (uint32_t draw = 0; draw < 50; draw++) {
        double weight[N * 3];
        uint32_t count[N];
        uint32_t sum = 0;
        uint32_t seeds = 0;
        ams_draw_items(weight, 3, N, 9, draw);
        ams_draw_counts(count, N, 9, draw);
        for (uint32_t i = 0; i < N; i++) {
            ck_assert_double_eq(weight[i * 3], count[i]);
            sum += count[i];
        }
        ck_assert_uint_eq(sum, N);
        for (uint32_t run = 0; run < 5; run++) {
            seeds += ams_draw_seed_count(run, 5, 9, draw);
        }
        ck_assert_uint_eq(seeds, 5);
    }
}
END_TEST

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double by_sorting(const double *sorted, uint32_t n, double share)
{
    double at = share * (n - 1);
    uint32_t below = (uint32_t)floor(at);
    uint32_t above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/* Every length up to 300, with few distinct values (many ties), many, and in ascending and
 * descending order. */
START_TEST(percentiles_are_those_of_sorting)
{
    ams_rng rng = ams_rng_init(3, AMS_STREAM_TEST);
    for (uint32_t n = 1; n <= 300; n++) {
        double value[300];
        double sorted[300];
        for (uint32_t i = 0; i < n; i++) {
            value[i] = _i == 0   ? ams_rng_below(&rng, 4)
                       : _i == 1 ? ams_rng_unit(&rng)
                       : _i == 2 ? i
                                 : n - i;
            sorted[i] = value[i];
        }
        qsort(sorted, n, sizeof *sorted, compare_doubles);
        ams_interval interval = ams_draws_interval(value, n, -7);
        ck_assert_double_eq(interval.mean, -7);
        ck_assert_double_eq_tol(interval.low, by_sorting(sorted, n, 0.025), 1e-12);
        ck_assert_double_eq_tol(interval.high, by_sorting(sorted, n, 0.975), 1e-12);
        qsort(value, n, sizeof *value, compare_doubles);
        ck_assert_mem_eq(value, sorted, n * sizeof *value); /* moved, not changed */
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, both_forms_are_one);
    tcase_add_loop_test(tests, percentiles_are_those_of_sorting, 0, 4);
}

int main(void)
{
    return run_suite("draws", add);
}
