/* Paired intervals of any means against a naive resampling. */
#include "ams/paired.h"

#include "base/rng.h"
#include "lab/stats/draws.h"
#include "tests/base/suite.h"

#include <stdlib.h>

enum { N = 37, C = 3, D = 40, SEED = 5 };

typedef struct fixture {
    double a[2][N * C], b[N * C];
    const double *a_runs[2], *b_runs[1];
    ams_paired_group groups[2];
    ams_paired paired;
} fixture;

static void setup(fixture *f)
{
    ams_rng rng = ams_rng_init(9, AMS_STREAM_TEST);
    for (int k = 0; k < N * C; k++) {
        f->a[0][k] = ams_rng_unit(&rng);
        f->a[1][k] = ams_rng_unit(&rng) + 0.1;
        f->b[k] = ams_rng_unit(&rng) + 0.2;
    }
    f->a_runs[0] = f->a[0];
    f->a_runs[1] = f->a[1];
    f->b_runs[0] = f->b;
    f->groups[0] = (ams_paired_group){.run = f->a_runs, .n_runs = 2};
    f->groups[1] = (ams_paired_group){.run = f->b_runs, .n_runs = 1};
    ams_bootstrap_options options = {.seed = SEED, .draws = D};
    ams_error err = {0};
    ck_assert_msg(ams_paired_run(&f->paired, f->groups, 2, N, C, &options, &err) == AMS_OK,
                  "%s", err.text);
}

/* Mean of a group's column in a draw, item by item. */
static double naive(const fixture *f, uint32_t group, uint32_t column, uint32_t draw)
{
    double weight[N];
    double sum = 0;
    ams_draw_items(weight, 1, N, SEED, draw);
    for (uint32_t r = 0; r < f->groups[group].n_runs; r++) {
        uint32_t count = ams_draw_seed_count(r, f->groups[group].n_runs, SEED, draw);
        for (uint32_t i = 0; i < N; i++) {
            sum += count * weight[i] * f->groups[group].run[r][i * C + column];
        }
    }
    return sum / N / f->groups[group].n_runs;
}

START_TEST(draws_are_those_of_a_naive_resampling)
{
    fixture f;
    setup(&f);
    for (uint32_t g = 0; g < 2; g++) {
        for (uint32_t c = 0; c < C; c++) {
            for (uint32_t d = 0; d < D; d++) {
                ck_assert_double_eq_tol(f.paired.value[(g * C + c) * D + d], naive(&f, g, c, d),
                                        1e-12);
            }
        }
    }
    ams_paired_fini(&f.paired);
}
END_TEST

static double tell(ams_paired_of what, double own, double other)
{
    return what == AMS_PAIRED_MEAN   ? own
           : what == AMS_PAIRED_LESS ? own - other
           : what == AMS_PAIRED_OVER ? own / other - 1
                                     : own / other;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(intervals_are_percentiles_of_what_is_told)
{
    fixture f;
    setup(&f);
    double mean[2] = {0, 0};
    for (int i = 0; i < N; i++) {
        mean[0] += (f.a[0][i * C + 1] + f.a[1][i * C + 1]) / 2 / N;
        mean[1] += f.b[i * C + 1] / N;
    }
    for (int what = AMS_PAIRED_MEAN; what <= AMS_PAIRED_OVER; what++) {
        double value[D];
        ams_interval i = ams_paired_interval(&f.paired, (ams_paired_of)what, 0, 1, 1);
        for (uint32_t d = 0; d < D; d++) {
            value[d] = tell((ams_paired_of)what, naive(&f, 0, 1, d), naive(&f, 1, 1, d));
        }
        qsort(value, D, sizeof *value, compare);
        /* 0.025 x 39 = 0.975 of the way from the lowest to the next. */
        ck_assert_double_eq_tol(i.low, value[0] + 0.975 * (value[1] - value[0]), 1e-12);
        ck_assert_double_eq_tol(i.high, value[38] + 0.025 * (value[39] - value[38]), 1e-12);
        ck_assert_double_eq_tol(i.mean, tell((ams_paired_of)what, mean[0], mean[1]), 1e-12);
    }
    /* What is compared with itself is certain. */
    ams_interval same = ams_paired_interval(&f.paired, AMS_PAIRED_RATIO, 1, 1, 0);
    ck_assert_double_eq(same.low, 1);
    ck_assert_double_eq(same.high, 1);
    ams_paired_fini(&f.paired);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, draws_are_those_of_a_naive_resampling);
    tcase_add_test(tests, intervals_are_percentiles_of_what_is_told);
}

int main(void)
{
    return run_suite("paired", add);
}
