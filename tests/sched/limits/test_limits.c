/* Algorithms 1 and 2 and their companions on moments worked out by hand: each trap of the
 * printed pseudocode has one. */
#include "online/limits.h"
#include "online/plan.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>

static const ams_limit_options plain = {.negative = AMS_NEGATIVE_RANK};

/* Bits of models. */
enum { M0 = 1, M1 = 2, M2 = 4, M3 = 8 };

static ams_moment moment(uint32_t n, const float *value, const float *time_ms,
                         const float *mem_mb, double deadline_ms, double memory_mb)
{
    return (ams_moment){.n_models = n,
                        .value = value,
                        .end_value = -INFINITY,
                        .time_ms = time_ms,
                        .mem_mb = mem_mb,
                        .remaining = (UINT64_C(1) << n) - 1,
                        .deadline_ms = deadline_ms,
                        .memory_mb = memory_mb};
}

START_TEST(algorithm_1_takes_the_best_rate_that_ends_in_time)
{
    const float value[] = {10, 6, 1};
    const float time_ms[] = {100, 50, 10};
    ams_moment at = moment(3, value, time_ms, NULL, 200, INFINITY);
    /* 0.1, 0.12, 0.1 a ms */
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M1);
    at.now_ms = 120; /* 80 ms left: model 0 does not fit */
    at.remaining = M0 | M2;
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M2);
    at.now_ms = 190; /* exactly fits */
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M2);
    at.now_ms = 190.5;
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), 0);
    at.now_ms = 0;
    at.running = M1; /* one at a time */
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), 0);
}
END_TEST

START_TEST(negative_values_rank_last_and_the_cheap_first)
{
    const float value[] = {-1, -1, 0};
    const float time_ms[] = {100, 10, 50};
    ams_moment at = moment(3, value, time_ms, NULL, 1000, INFINITY);
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M2);
    at.remaining = M0 | M1; /* value / time would take the long one: -0.01 over -0.1 */
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M1);
    ams_limit_options o = {.negative = AMS_NEGATIVE_SKIP};
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), 0);
    at.remaining = M0 | M1 | M2;
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), 0); /* nothing is expected of 0 either */
    o.negative = AMS_NEGATIVE_CLAMP;                /* three zeros: the shortest */
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M1);
}
END_TEST

START_TEST(late_starts)
{
    const float value[] = {5, 1};
    const float time_ms[] = {100, 40};
    ams_moment at = moment(2, value, time_ms, NULL, 90, INFINITY);
    ams_limit_options o = {.late = AMS_LATE_SHORT};
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M1);
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M1); /* 100 ms alone pass 90 ms */
    at.now_ms = 60;
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), 0);
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M1);
    o.late = AMS_LATE_ANY;
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M0);
    at.now_ms = 90; /* no time is left */
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), 0);
}
END_TEST

START_TEST(stop_rules)
{
    const float value[] = {0.1F, 0.2F, -3};
    const float time_ms[] = {10, 10, 10};
    ams_moment at = moment(3, value, time_ms, NULL, 90, INFINITY);
    ams_limit_options o = {.stop = AMS_STOP_VALUE, .stop_below = 0.15};
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M1);
    at.remaining = M0 | M2;
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), 0);
    at.remaining = M0 | M1 | M2;
    o = (ams_limit_options){.stop = AMS_STOP_SUM, .stop_below = 0.25};
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M1); /* 0.3 positive; -3 does not count */
    at.remaining = M1 | M2;
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), 0);
    o = (ams_limit_options){.stop = AMS_STOP_END};
    at.end_value = 0.15F;
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), M1);
    at.end_value = 0.25F;
    ck_assert_uint_eq(ams_algorithm_1(&at, &o), 0);
}
END_TEST

START_TEST(algorithm_2_takes_the_area_then_fills_until_it_ends)
{
    const float value[] = {8, 4, 6, 5};
    const float time_ms[] = {40, 40, 100, 20};
    const float mem_mb[] = {100, 100, 100, 200};
    /* value / (time x mem): 2e-3, 1e-3, 0.6e-3, 1.25e-3: model 0 first, until 40 ms. */
    ams_moment at = moment(4, value, time_ms, mem_mb, 1000, 300);
    /* Fill: per memory 4, 6, 2.5 e-2; model 2 ends after 40 ms; 1, then no room for 3. */
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0 | M1);
    at.memory_mb = 400;
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0 | M1 | M3);
    /* The memory of m* is subtracted: without that model 1 would start too. */
    at.memory_mb = 150;
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0);
    /* What runs already takes its part; nothing fits, and the call ends. */
    at.used_mb = 100;
    at.running = M1;
    at.remaining = M0 | M2 | M3;
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), 0);
    /* m* is tested against the deadline: only model 3 ends by 30 ms. */
    at = moment(4, value, time_ms, mem_mb, 30, 300);
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M3);
    at.now_ms = 15;
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), 0);
}
END_TEST

START_TEST(algorithm_2_again_starts_another_until_nothing_fits)
{
    /* The moment above: what is left of 300 MB after 0 and 1 is 100, which model 2 takes. */
    const float value[] = {8, 4, 6, 5};
    const float time_ms[] = {40, 40, 100, 20};
    const float mem_mb[] = {100, 100, 100, 200};
    ams_moment at = moment(4, value, time_ms, mem_mb, 1000, 300);
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M2);
    at.memory_mb = 400; /* 0, 1 and 3 leave nothing */
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M3);
    at.memory_mb = 500;
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0 | M1 | M3);
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M2 | M3);
    at.deadline_ms = 90; /* each m* is tested against it: 2 would end at 100 ms */
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M3);
    at.used_mb = 450; /* nothing fits, and the call ends */
    at.running = M1;
    at.remaining = M0 | M2 | M3;
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), 0);
    const ams_limit_options stop = {.stop = AMS_STOP_SUM, .stop_below = 100};
    at.used_mb = 0; /* the stop rule is asked before all */
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &stop), 0);
}
END_TEST

START_TEST(algorithm_2_again_fills_until_each_m_star_ends)
{
    /* value / (time x mem): 8e-3, 2e-3, 0.6e-3, 0.2e-3. Nothing ends by 10 ms, the end of model
     * 0. The second m* is 1, until 50 ms; of 2 and 3 only 3 ends by then, and fills 410 of 500
     * MB, so that 2 has no room. Without the second temporary deadline 2 would go before 3. */
    const float value[] = {8, 1, 6, 3};
    const float time_ms[] = {10, 50, 100, 50};
    const float mem_mb[] = {100, 10, 100, 300};
    ams_moment at = moment(4, value, time_ms, mem_mb, 1000, 500);
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0);
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M3);
    at.memory_mb = 510;
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M2 | M3);
    at.now_ms = 940; /* none but 0, 1 and 3 ends by the deadline */
    ck_assert_uint_eq(ams_algorithm_2_again(&at, &plain), M0 | M1 | M3);
}
END_TEST

START_TEST(no_memory_is_no_division_by_zero)
{
    const float value[] = {1, 2, -1};
    const float time_ms[] = {10, 10, 10};
    const float mem_mb[] = {0, 0, 0};
    ams_moment at = moment(3, value, time_ms, mem_mb, 100, 0);
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0 | M1 | M2);
}
END_TEST

START_TEST(first_fit_follows_its_order)
{
    const float time_ms[] = {100, 50, 10};
    const float mem_mb[] = {10, 20, 5};
    const uint8_t order[] = {0, 1, 2};
    ams_moment at = moment(3, NULL, time_ms, NULL, 60, INFINITY);
    ck_assert_uint_eq(ams_first_fit(&at, &plain, order, 3), M1); /* 0 does not end in time */
    at = moment(3, NULL, time_ms, mem_mb, 100, 15);
    ck_assert_uint_eq(ams_first_fit(&at, &plain, order, 3), M0 | M2); /* no room for 1 */
}
END_TEST

START_TEST(the_planner_uses_the_whole_time_left)
{
    /* By rate 6 / 60 goes first and leaves 40 ms unused; 5 + 4 in 50 + 50 is more. */
    const float value[] = {7, 5, 4};
    const float time_ms[] = {60, 50, 50};
    ams_moment at = moment(3, value, time_ms, NULL, 100, INFINITY);
    ck_assert_uint_eq(ams_algorithm_1(&at, &plain), M0);
    ck_assert_uint_eq(ams_plan_serial(&at, &plain), M1);
    /* With next to no time left no share of it is an integer that fits 32 bits. */
    ck_assert_uint_eq(ams_plan_knapsack(value, time_ms, M0 | M1 | M2, 1e-9), 0);
    at.deadline_ms = 200; /* all fit: by rate */
    ck_assert_uint_eq(ams_plan_serial(&at, &plain), M0);
}
END_TEST

static double worth(uint64_t set, const float *value, const float *time_ms, double *ms)
{
    double sum = 0;
    *ms = 0;
    for (; set != 0; set &= set - 1) {
        sum += (double)value[__builtin_ctzll(set)];
        *ms += (double)time_ms[__builtin_ctzll(set)];
    }
    return sum;
}

START_TEST(knapsack_is_optimal_up_to_its_steps)
{
    ams_rng rng = ams_rng_init(3, AMS_STREAM_TEST);
    for (int round = 0; round < 400; round++) {
        enum { N = 10 };
        float value[N];
        float time_ms[N];
        double left = 40 + 200 * ams_rng_unit(&rng);
        double ms;
        for (uint32_t m = 0; m < N; m++) {
            value[m] = 0.01F + (float)ams_rng_unit(&rng);
            time_ms[m] = 1 + 99 * (float)ams_rng_unit(&rng);
        }
        double found =
            worth(ams_plan_knapsack(value, time_ms, (1 << N) - 1, left), value, time_ms, &ms);
        ck_assert_double_le(ms, left);
        double best = 0; /* with the time that rounding up may cost ten runs */
        for (uint64_t set = 0; set < 1 << N; set++) {
            double sum = worth(set, value, time_ms, &ms);
            best = ms <= left * (1 - (double)N / AMS_PLAN_STEPS) && sum > best ? sum : best;
        }
        ck_assert_double_ge(found, best - 1e-5);
    }
}
END_TEST

START_TEST(a_plan_side_by_side_is_no_worse_than_its_rules)
{
    /* Two small models beside each other are worth more than the dense one alone, which blocks
     * the memory after the deadline. */
    const float value[] = {5, 4, 4};
    const float time_ms[] = {50, 100, 100};
    const float mem_mb[] = {60, 50, 50};
    ams_moment at = moment(3, value, time_ms, mem_mb, 100, 100);
    ck_assert_uint_eq(ams_algorithm_2(&at, &plain), M0);
    ck_assert_uint_eq(ams_plan_parallel(&at, &plain), M1 | M2);
    /* If 2 finds nothing beside 1, model 0 and then nothing is better: 5 > 4 + 0. */
    const float overlap[9] = {0, 0, 0, 0, 0, 1, 0, 1, 0};
    at.overlap = overlap;
    ck_assert_uint_eq(ams_plan_parallel(&at, &plain), M0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, algorithm_1_takes_the_best_rate_that_ends_in_time);
    tcase_add_test(tests, negative_values_rank_last_and_the_cheap_first);
    tcase_add_test(tests, late_starts);
    tcase_add_test(tests, stop_rules);
    tcase_add_test(tests, algorithm_2_takes_the_area_then_fills_until_it_ends);
    tcase_add_test(tests, algorithm_2_again_starts_another_until_nothing_fits);
    tcase_add_test(tests, algorithm_2_again_fills_until_each_m_star_ends);
    tcase_add_test(tests, no_memory_is_no_division_by_zero);
    tcase_add_test(tests, first_fit_follows_its_order);
    tcase_add_test(tests, the_planner_uses_the_whole_time_left);
    tcase_add_test(tests, knapsack_is_optimal_up_to_its_steps);
    tcase_add_test(tests, a_plan_side_by_side_is_no_worse_than_its_rules);
}

int main(void)
{
    return run_suite("limits", add);
}
