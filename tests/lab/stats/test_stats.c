/* The bootstrap against distributions that are known: enumerated, binomial over seeds, normal.
 */
#include "ams/stats.h"

#include "base/memory.h"
#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS = 3 };

/* Scores of n items whose every number is 0 but the time at recall 1.0, which the test sets. */
static void make_scores(ams_scores *s, uint32_t n)
{
    *s = (ams_scores){.n = n, .n_models = MODELS};
    ams_error err = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->item, n, sizeof *s->item, "a test", &err));
    AMS_TRY(ams_alloc(&s->time_ms, n, AMS_RECALLS * sizeof *s->time_ms, "a test", &err));
    AMS_TRY(ams_alloc(&s->models, n, AMS_RECALLS * sizeof *s->models, "a test", &err));
    AMS_TRY(ams_alloc(&s->area, n, sizeof *s->area, "a test", &err));
    AMS_TRY(ams_alloc(&s->recall_time, n, AMS_CURVE * sizeof *s->recall_time, "a test", &err));
    AMS_TRY(ams_alloc(&s->recall_models, n, (MODELS + 1) * sizeof *s->recall_models, "a test",
                      &err));
out:
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

enum { LAST = AMS_RECALLS - 1, TIME = AMS_COLUMN_TIME_MS + LAST };

static void set_time(ams_scores *s, uint32_t item, double time_ms)
{
    s->time_ms[(size_t)item * AMS_RECALLS + LAST] = time_ms;
}

static void run(ams_bootstrap *b, const ams_group *groups, uint32_t n, uint64_t seed,
                uint32_t draws)
{
    ams_bootstrap_options options = {.seed = seed, .draws = draws};
    ams_error err = {0};
    ck_assert_msg(ams_bootstrap_run(b, groups, n, &options, &err) == AMS_OK, "%s", err.text);
}

/* 27 equally likely resamples of times 0, 3, 27: each sum of three has a known share. */
START_TEST(test_against_enumeration)
{
    static const double times[] = {0, 3, 27};
    enum { DRAWS = 13500 };
    ams_scores s;
    make_scores(&s, 3);
    for (uint32_t i = 0; i < 3; i++) {
        set_time(&s, i, times[i]);
    }
    const ams_scores *runs[] = {&s};
    ams_group group = {.label = "a", .run = runs, .n_runs = 1};
    ams_bootstrap b;
    run(&b, &group, 1, 1, DRAWS);
    ck_assert_double_eq_tol(b.mean[TIME], 10, 1e-12);
    for (int code = 0; code < 27; code++) {
        double mean = (times[code % 3] + times[code / 3 % 3] + times[code / 9]) / 3;
        double expected = 0;
        for (int other = 0; other < 27; other++) {
            double again = (times[other % 3] + times[other / 3 % 3] + times[other / 9]) / 3;
            expected += fabs(again - mean) < 1e-9 ? DRAWS / 27.0 : 0;
        }
        double found = 0;
        for (uint32_t d = 0; d < DRAWS; d++) {
            found += fabs(ams_bootstrap_draws(&b, 0, TIME)[d] - mean) < 1e-9;
        }
        ck_assert_double_eq_tol(found, expected, 5 * sqrt(expected));
    }
    /* Either extreme has a share of 1/27 = 3.7 %, more than 2.5 %. */
    ams_interval interval = ams_bootstrap_mean(&b, 0, TIME);
    ck_assert_double_eq_tol(interval.low, 0, 1e-9);
    ck_assert_double_eq_tol(interval.high, 27, 1e-9);
    ck_assert_double_eq_tol(interval.mean, 10, 1e-12);
    ams_bootstrap_fini(&b);
    ams_scores_fini(&s);
}
END_TEST

/* Items alike, two seeds of 10 and 30 ms: 10, 20, 30 with shares 1/4, 1/2, 1/4. */
START_TEST(test_seeds_are_resampled)
{
    enum { DRAWS = 8000 };
    ams_scores s[2];
    for (uint32_t r = 0; r < 2; r++) {
        make_scores(&s[r], 5);
        for (uint32_t i = 0; i < 5; i++) {
            set_time(&s[r], i, r == 0 ? 10 : 30);
        }
    }
    const ams_scores *runs[] = {&s[0], &s[1]};
    ams_group groups[] = {{.label = "a", .run = runs, .n_runs = 2},
                          {.label = "b", .run = runs, .n_runs = 1}};
    ams_bootstrap b;
    run(&b, groups, 2, 2, DRAWS);
    double count[3] = {0};
    for (uint32_t d = 0; d < DRAWS; d++) {
        double value = ams_bootstrap_draws(&b, 0, TIME)[d];
        int at = (int)lround(value / 10) - 1;
        ck_assert(at >= 0 && at < 3 && fabs(value - 10 * (at + 1)) < 1e-9);
        count[at]++;
    }
    ck_assert_double_eq_tol(count[0], DRAWS / 4.0, 5 * sqrt(DRAWS * 0.25 * 0.75));
    ck_assert_double_eq_tol(count[1], DRAWS / 2.0, 5 * sqrt(DRAWS * 0.25));
    ck_assert_double_eq_tol(b.mean[TIME], 20, 1e-12);
    /* A baseline's one seed is always itself. */
    ams_interval alone = ams_bootstrap_mean(&b, 1, TIME);
    ck_assert_double_eq_tol(alone.low, 10, 1e-9);
    ck_assert_double_eq_tol(alone.high, 10, 1e-9);
    ams_bootstrap_fini(&b);
    ams_scores_fini(&s[0]);
    ams_scores_fini(&s[1]);
}
END_TEST

/* 500 items: the central limit theorem gives mean +- 1.96 sd / sqrt(n). */
START_TEST(test_against_normal)
{
    enum { N = 500 };
    ams_scores s;
    make_scores(&s, N);
    ams_rng rng = ams_rng_init(3, AMS_STREAM_TEST);
    double sum = 0;
    double squares = 0;
    for (uint32_t i = 0; i < N; i++) {
        double x = 100 * ams_rng_unit(&rng);
        set_time(&s, i, x);
        s.area[i] = x / 100;
        s.recall_time[i * AMS_CURVE + 50] = (float)(x / 100);
        s.recall_models[i * (MODELS + 1) + MODELS] = (float)(x / 100);
        sum += x;
        squares += x * x;
    }
    double mean = sum / N;
    double half = 1.959964 * sqrt((squares / N - mean * mean) / N);
    const ams_scores *runs[] = {&s};
    ams_group group = {.label = "a", .run = runs, .n_runs = 1};
    ams_bootstrap b;
    run(&b, &group, 1, 4, 8000);
    ams_interval interval = ams_bootstrap_mean(&b, 0, TIME);
    ck_assert_double_eq_tol(interval.mean, mean, 1e-9);
    ck_assert_double_eq_tol(interval.low, mean - half, 0.05 * half);
    ck_assert_double_eq_tol(interval.high, mean + half, 0.05 * half);
    /* Other columns of the same numbers see the same draws. */
    static const uint32_t same[] = {AMS_COLUMN_AREA, AMS_COLUMN_AT_TIME + 50,
                                    AMS_COLUMN_AFTER + MODELS};
    for (size_t c = 0; c < 3; c++) {
        ams_interval again = ams_bootstrap_mean(&b, 0, same[c]);
        ck_assert_double_eq_tol(100 * again.low, interval.low, 1e-4);
        ck_assert_double_eq_tol(100 * again.high, interval.high, 1e-4);
        ck_assert_double_eq_tol(100 * again.mean, interval.mean, 1e-4);
    }
    ams_interval zero = ams_bootstrap_mean(&b, 0, AMS_COLUMN_MODELS);
    ck_assert_double_eq(zero.high, 0);
    ams_bootstrap_fini(&b);
    ams_scores_fini(&s);
}
END_TEST

/* Half of the other's time on each item is half of it in every draw. */
START_TEST(test_draws_are_paired)
{
    enum { N = 50 };
    ams_scores s[4];
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    for (uint32_t r = 0; r < 4; r++) {
        make_scores(&s[r], N);
    }
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t r = 0; r < 2; r++) {
            double x = 100 * ams_rng_unit(&rng);
            set_time(&s[r], i, x);
            set_time(&s[2 + r], i, x / 2);
        }
    }
    const ams_scores *slow[] = {&s[0], &s[1]};
    const ams_scores *fast[] = {&s[2], &s[3]};
    ams_group groups[] = {{.label = "slow", .run = slow, .n_runs = 2},
                          {.label = "fast", .run = fast, .n_runs = 2}};
    ams_bootstrap b;
    run(&b, groups, 2, 6, 1000);
    ams_interval spread = ams_bootstrap_mean(&b, 0, TIME);
    ck_assert_double_gt(spread.high - spread.low, 5);
    ams_interval half = ams_bootstrap_saved(&b, 1, 0, TIME);
    ck_assert_double_eq_tol(half.mean, 0.5, 1e-12);
    ck_assert_double_eq_tol(half.low, 0.5, 1e-12);
    ck_assert_double_eq_tol(half.high, 0.5, 1e-12);
    ck_assert_double_eq(ams_bootstrap_saved(&b, 1, 0, AMS_COLUMN_MODELS).mean, 0);
    ams_bootstrap_fini(&b);
    for (uint32_t r = 0; r < 4; r++) {
        ams_scores_fini(&s[r]);
    }
}
END_TEST

START_TEST(test_bits_depend_on_the_seed_alone)
{
    ams_scores s;
    make_scores(&s, 37);
    ams_rng rng = ams_rng_init(7, AMS_STREAM_TEST);
    for (uint32_t i = 0; i < 37; i++) {
        set_time(&s, i, ams_rng_unit(&rng));
    }
    const ams_scores *runs[] = {&s};
    ams_group groups[] = {{.label = "a", .run = runs, .n_runs = 1},
                          {.label = "b", .run = runs, .n_runs = 1}};
    ams_bootstrap b;
    ams_bootstrap again;
    run(&b, groups, 1, 8, 301);
    ams_bootstrap_options options = {.seed = 8, .draws = 301};
    ck_assert_int_eq(ams_pool_create(&options.pool, 3, NULL), AMS_OK);
    ck_assert_int_eq(ams_bootstrap_run(&again, groups, 2, &options, NULL), AMS_OK);
    size_t size = (size_t)AMS_DRAWN_COLUMNS * b.draws * sizeof *b.value;
    ck_assert_mem_eq(b.value, again.value, size);
    /* Nor on what other policies there are. */
    ck_assert_mem_eq(b.value, again.value + size / sizeof *b.value, size);
    ams_bootstrap_fini(&again);
    ams_pool_destroy(options.pool);
    run(&again, groups, 1, 9, 301);
    ck_assert_mem_ne(b.value, again.value, size);
    ams_bootstrap_fini(&again);
    ams_bootstrap_fini(&b);
    ams_scores_fini(&s);
}
END_TEST

/* Scores that are there only while the bootstrap reads them, of more runs than it takes at
 * once: groups go on from one batch to the next. */
enum { MADE_ITEMS = 3, MADE_GROUPS = 3, MADE_RUNS = 40 };

typedef struct making {
    ams_scores scores[MADE_RUNS];
    uint32_t made, done;
} making;

static ams_status make_run(void *context, uint32_t run, ams_error *err)
{
    making *m = context;
    (void)err;
    ck_assert_uint_eq(run, m->made++);
    make_scores(&m->scores[run], MADE_ITEMS);
    for (uint32_t i = 0; i < MADE_ITEMS; i++) {
        double x = (double)((run * 7 + i * 5) % 23);
        set_time(&m->scores[run], i, x);
        m->scores[run].recall_time[i * AMS_CURVE + 50] = (float)x;
        m->scores[run].recall_models[i * (MODELS + 1) + 1] = (float)x;
    }
    return AMS_OK;
}

static void run_is_done(void *context, uint32_t run)
{
    making *m = context;
    ck_assert_uint_eq(run, m->done++);
    ams_scores *s = &m->scores[run];
    memset(s->time_ms, 0xff, MADE_ITEMS * AMS_RECALLS * sizeof *s->time_ms);
    memset(s->recall_time, 0xff, MADE_ITEMS * AMS_CURVE * sizeof *s->recall_time);
    memset(s->recall_models, 0xff, MADE_ITEMS * (MODELS + 1) * sizeof *s->recall_models);
}

/* A column of a curve that has the numbers of a column whose draws are kept has its interval.
 */
static void expect_curves(const ams_bootstrap *b)
{
    static const uint32_t same[] = {AMS_COLUMN_AT_TIME + 50, AMS_COLUMN_AFTER + 1};
    for (uint32_t g = 0; g < MADE_GROUPS; g++) {
        ams_interval expected = ams_bootstrap_mean(b, g, TIME);
        ck_assert(expected.low < expected.mean && expected.mean < expected.high);
        for (int k = 0; k < 2; k++) {
            ams_interval found = ams_bootstrap_mean(b, g, same[k]);
            ck_assert_mem_eq(&found, &expected, sizeof found);
        }
        ck_assert(ams_bootstrap_mean(b, g, AMS_COLUMN_AT_TIME + 51).high == 0);
    }
}

START_TEST(test_scores_come_and_go)
{
    static const uint32_t sizes[MADE_GROUPS] = {7, 20, 13};
    static making m; /* all of it stays until the last run is done */
    const ams_scores *runs[MADE_RUNS];
    ams_group groups[MADE_GROUPS];
    for (uint32_t r = 0; r < MADE_RUNS; r++) {
        runs[r] = &m.scores[r];
    }
    for (uint32_t g = 0, at = 0; g < MADE_GROUPS; at += sizes[g++]) {
        groups[g] = (ams_group){.label = "a", .run = runs + at, .n_runs = sizes[g]};
    }
    ams_bootstrap_options options = {.seed = 4,
                                     .draws = 20000, /* 15 runs at once */
                                     .make = make_run,
                                     .done = run_is_done,
                                     .context = &m};
    ams_bootstrap b;
    ams_error err = {0};
    ck_assert_msg(ams_bootstrap_run(&b, groups, MADE_GROUPS, &options, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_uint_eq(m.made, MADE_RUNS);
    ck_assert_uint_eq(m.done, MADE_RUNS);
    expect_curves(&b);
    ams_bootstrap_fini(&b);
    for (uint32_t r = 0; r < MADE_RUNS; r++) {
        ams_scores_fini(&m.scores[r]);
    }
}
END_TEST

START_TEST(test_refuses)
{
    ams_scores s[2];
    make_scores(&s[0], 4);
    make_scores(&s[1], 4);
    s[1].item[3] = 9;
    const ams_scores *one[] = {&s[0]};
    const ams_scores *other[] = {&s[1]};
    ams_group groups[] = {{.label = "a", .run = one, .n_runs = 1},
                          {.label = "b", .run = other, .n_runs = 1}};
    ams_bootstrap b;
    ams_error err = {0};
    ams_bootstrap_options options = {.draws = 10};
    ck_assert_int_eq(ams_bootstrap_run(&b, groups, 2, &options, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "'b' was scored on other items than 'a'"));
    groups[1].n_runs = 0;
    ck_assert_int_eq(ams_bootstrap_run(&b, groups, 2, &options, &err), AMS_USAGE);
    options.draws = 0;
    ck_assert_int_eq(ams_bootstrap_run(&b, groups, 1, &options, &err), AMS_USAGE);
    ams_scores_fini(&s[0]);
    ams_scores_fini(&s[1]);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_against_enumeration);
    tcase_add_test(tests, test_seeds_are_resampled);
    tcase_add_test(tests, test_against_normal);
    tcase_add_test(tests, test_draws_are_paired);
    tcase_add_test(tests, test_bits_depend_on_the_seed_alone);
    tcase_add_test(tests, test_refuses);
    tcase_add_test(tests, test_scores_come_and_go);
}

int main(void)
{
    return run_suite("stats", add);
}
