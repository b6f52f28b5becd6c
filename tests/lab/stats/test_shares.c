/* Shares within a level against counting by hand, and their bands against a naive bootstrap. */
#include "lab/stats/shares.h"

#include "base/memory.h"
#include "base/rng.h"
#include "lab/stats/draws.h"
#include "tests/base/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = AMS_SHARE_LEVELS, MODELS = 2, ITEMS = 23, DRAWS = 77 };

static void make_scores(ams_scores *s, uint32_t kept, uint32_t seed)
{
    *s = (ams_scores){.n = ITEMS, .n_models = MODELS, .kept = kept};
    ams_error err = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->item, ITEMS, sizeof *s->item, "a test", &err));
    AMS_TRY(ams_alloc(&s->time_ms, ITEMS, AMS_RECALLS * sizeof(double), "a test", &err));
    AMS_TRY(ams_alloc(&s->models, ITEMS, AMS_RECALLS * sizeof(double), "a test", &err));
    AMS_TRY(ams_alloc(&s->area, ITEMS, sizeof(double), "a test", &err));
    AMS_TRY(ams_alloc(&s->recall_time, ITEMS, AMS_CURVE * sizeof(float), "a test", &err));
    AMS_TRY(ams_alloc(&s->recall_models, ITEMS, (MODELS + 1) * sizeof(float), "a test", &err));
    AMS_TRY(ams_alloc(&s->final_ms, ITEMS, kept * sizeof(double), "a test", &err));
out:
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    for (uint32_t i = 0; i < ITEMS * kept; i++) {
        s->final_ms[i] = ams_rng_below(&rng, 140); /* some above the last level, many ties */
    }
}

/* Two agents of three and two seeds, and a random policy of five orders per item. */
typedef struct fixture {
    ams_scores scores[6];
    const ams_scores *run[6];
    ams_group group[3];
    ams_bootstrap_options options;
    ams_bootstrap bootstrap;
    double level[K], scale[ITEMS];
} fixture;

static void open_fixture(fixture *f)
{
    static const uint32_t sizes[] = {3, 2, 1};
    ams_error err = {0};
    *f = (fixture){.options = {.seed = 5, .draws = DRAWS}};
    for (uint32_t r = 0; r < 6; r++) {
        make_scores(&f->scores[r], r == 5 ? 5 : 1, r);
        f->run[r] = &f->scores[r];
    }
    for (uint32_t g = 0, at = 0; g < 3; at += sizes[g++]) {
        f->group[g] = (ams_group){.label = "a", .run = f->run + at, .n_runs = sizes[g]};
    }
    for (uint32_t k = 0; k < K; k++) {
        f->level[k] = k;
    }
    for (uint32_t i = 0; i < ITEMS; i++) {
        f->scale[i] = 0.5 + i % 4;
    }
    ck_assert_msg(ams_bootstrap_run(&f->bootstrap, f->group, 3, &f->options, &err) == AMS_OK,
                  "%s", err.text);
}

static void close_fixture(fixture *f)
{
    ams_bootstrap_fini(&f->bootstrap);
    for (uint32_t r = 0; r < 6; r++) {
        ams_scores_fini(&f->scores[r]);
    }
}

/* The item's share of orders within the level. */
static double within(const ams_scores *s, uint32_t i, double level)
{
    double n = 0;
    for (uint32_t d = 0; d < s->kept; d++) {
        n += s->final_ms[i * s->kept + d] <= level + 1e-6;
    }
    return n / s->kept;
}

static double naive_share(const fixture *f, uint32_t g, uint32_t k, bool scaled)
{
    double sum = 0;
    for (uint32_t r = 0; r < f->group[g].n_runs; r++) {
        for (uint32_t i = 0; i < ITEMS; i++) {
            sum += within(f->group[g].run[r], i, f->level[k] * (scaled ? f->scale[i] : 1));
        }
    }
    return sum / ITEMS / f->group[g].n_runs;
}

static double naive_items(const fixture *f, uint32_t g, uint32_t k, bool scaled)
{
    double sum = 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        double mean = 0;
        for (uint32_t r = 0; r < f->group[g].n_runs; r++) {
            const ams_scores *s = f->group[g].run[r];
            for (uint32_t d = 0; d < s->kept; d++) {
                mean += s->final_ms[i * s->kept + d] / s->kept / f->group[g].n_runs;
            }
        }
        sum += mean <= f->level[k] * (scaled ? f->scale[i] : 1) + 1e-6;
    }
    return sum / ITEMS;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Items as ams_draw_counts counts them, seeds as the bootstrap has them; sorted. */
static void naive_draws(const fixture *f, uint32_t g, uint32_t k, bool scaled,
                        double value[DRAWS])
{
    for (uint32_t d = 0; d < DRAWS; d++) {
        uint32_t count[ITEMS];
        ams_draw_counts(count, ITEMS, f->options.seed, d);
        value[d] = 0;
        for (uint32_t r = 0; r < f->group[g].n_runs; r++) {
            uint32_t index = f->bootstrap.first_run[g] + r;
            for (uint32_t i = 0; i < ITEMS; i++) {
                value[d] +=
                    f->bootstrap.run_count[index * DRAWS + d] * (double)count[i] *
                    within(f->group[g].run[r], i, f->level[k] * (scaled ? f->scale[i] : 1)) /
                    ITEMS / f->group[g].n_runs;
            }
        }
    }
    qsort(value, DRAWS, sizeof *value, compare_doubles);
}

static double percentile(const double sorted[DRAWS], double share)
{
    double at = share * (DRAWS - 1);
    uint32_t below = (uint32_t)floor(at);
    return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

START_TEST(shares_and_bands)
{
    fixture f;
    ams_shares shares;
    ams_error err = {0};
    bool scaled = _i == 1;
    open_fixture(&f);
    ck_assert_msg(ams_shares_run(&shares, &f.bootstrap, f.group, &f.options, f.level,
                                 scaled ? f.scale : NULL, &err) == AMS_OK,
                  "%s", err.text);
    for (uint32_t g = 0; g < 3; g++) {
        for (uint32_t k = 0; k < K; k++) {
            double value[DRAWS];
            const ams_interval *share = &shares.runs[g * K + k];
            naive_draws(&f, g, k, scaled, value);
            ck_assert_double_eq_tol(share->mean, naive_share(&f, g, k, scaled), 1e-12);
            ck_assert_double_eq_tol(share->low, percentile(value, 0.025), 1e-12);
            ck_assert_double_eq_tol(share->high, percentile(value, 0.975), 1e-12);
            ck_assert_double_eq_tol(shares.items[g * K + k], naive_items(&f, g, k, scaled),
                                    1e-12);
        }
    }
    ams_shares_fini(&shares);
    close_fixture(&f);
}
END_TEST

START_TEST(any_number_of_threads)
{
    fixture f;
    ams_shares one;
    ams_shares many;
    ams_error err = {0};
    open_fixture(&f);
    ck_assert_int_eq(
        ams_shares_run(&one, &f.bootstrap, f.group, &f.options, f.level, NULL, &err), AMS_OK);
    ck_assert_int_eq(ams_pool_create(&f.options.pool, 3, &err), AMS_OK);
    ck_assert_int_eq(
        ams_shares_run(&many, &f.bootstrap, f.group, &f.options, f.level, NULL, &err), AMS_OK);
    ck_assert_mem_eq(one.runs, many.runs, sizeof *one.runs * 3 * K);
    ck_assert_mem_eq(one.items, many.items, sizeof *one.items * 3 * K);
    ams_pool_destroy(f.options.pool);
    ams_shares_fini(&one);
    ams_shares_fini(&many);
    close_fixture(&f);
}
END_TEST

START_TEST(one_label_is_one_policy)
{
    fixture f;
    ams_shares shares;
    ams_error err = {0};
    open_fixture(&f);
    f.scores[1].kept = 0; /* beside runs of one order */
    ck_assert_int_eq(
        ams_shares_run(&shares, &f.bootstrap, f.group, &f.options, f.level, NULL, &err),
        AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "orders"));
    ck_assert_ptr_null(shares.runs);
    close_fixture(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, shares_and_bands, 0, 2);
    tcase_add_test(tests, any_number_of_threads);
    tcase_add_test(tests, one_label_is_one_policy);
}

int main(void)
{
    return run_suite("shares", add);
}
