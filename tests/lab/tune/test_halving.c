/* Rungs worked out by hand, and what has to hold of any of them. */
#include "ams/halving.h"

#include "tests/base/suite.h"

#include <math.h>

typedef struct expectation {
    ams_halving halving; /* steps, multiple, trials, eta, finalists, min_fraction */
    uint32_t n;
    ams_rung rung[6];
} expectation;

static const expectation expected[] = {
    /* As in the Hyperband paper's bracket s = 4: 81 trials, eta 3, 81 units. */
    {{81, 1, 81, 3, 1, 1.0 / 81}, 5, {{1, 81}, {3, 27}, {9, 9}, {27, 3}, {81, 1}}},
    /* Numbers that eta does not divide are rounded up; there are never fewer than finalists. */
    {{20000, 2000, 27, 3, 3, 0.1}, 3, {{2000, 27}, {6000, 9}, {20000, 3}}},
    {{900, 100, 10, 3, 1, 0.1}, 3, {{100, 10}, {300, 4}, {900, 2}}},
    {{8000, 1000, 12, 2, 4, 0.125}, 4, {{1000, 12}, {2000, 6}, {4000, 4}, {8000, 4}}},
    /* 2 trials cannot be 3 finalists. */
    {{900, 100, 2, 3, 3, 0.1}, 3, {{100, 2}, {300, 2}, {900, 2}}},
    /* A share just under the least one has no rung: 1/3 alone for 0.2. */
    {{900, 100, 9, 3, 1, 0.2}, 2, {{300, 9}, {900, 3}}},
    /* All of it: random search. */
    {{900, 100, 9, 3, 1, 1}, 1, {{900, 9}}},
    /* 11, 33 and 100 become 50, 50 and 100; the equal ones are one. */
    {{100, 50, 9, 3, 1, 0.1}, 2, {{50, 9}, {100, 1}}},
    /* Nowhere to validate before the end. */
    {{100, 300, 9, 3, 1, 0.1}, 1, {{100, 9}}},
    {{100, 100, 9, 3, 1, 0.1}, 1, {{100, 9}}},
    {{5, 1, 1, 2, 1, 0.5}, 2, {{3, 1}, {5, 1}}},
};

START_TEST(test_rungs)
{
    ams_rung rung[AMS_MOST_RUNGS];
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const expectation *e = &expected[i];
        ck_assert_msg(ams_halving_rungs(&e->halving, rung) == e->n, "case %zu", i);
        for (uint32_t r = 0; r < e->n; r++) {
            ck_assert_msg(rung[r].updates == e->rung[r].updates &&
                              rung[r].trials == e->rung[r].trials,
                          "case %zu, rung %u: %llu updates, %u trials", i, r,
                          (unsigned long long)rung[r].updates, rung[r].trials);
        }
    }
}
END_TEST

START_TEST(test_properties)
{
    ams_rung rung[AMS_MOST_RUNGS];
    for (uint32_t trials = 1; trials < 60; trials++) {
        for (uint32_t eta = 2; eta < 6; eta++) {
            for (uint64_t steps = 1; steps < 3000; steps += 257) {
                ams_halving h = {steps, 1 + steps % 40, trials, eta, 1 + trials % 4, 0.01};
                uint32_t n = ams_halving_rungs(&h, rung);
                ck_assert(n >= 1 && n <= AMS_MOST_RUNGS);
                ck_assert_uint_eq(rung[0].trials, trials);
                ck_assert_uint_eq(rung[n - 1].updates, steps);
                for (uint32_t r = 0; r + 1 < n; r++) {
                    ck_assert(rung[r].updates > 0 && rung[r].updates < rung[r + 1].updates);
                    ck_assert_uint_eq(rung[r].updates % h.multiple, 0);
                    ck_assert(rung[r].trials >= rung[r + 1].trials);
                    ck_assert(rung[r + 1].trials >=
                              (h.finalists < trials ? h.finalists : trials));
                }
            }
        }
    }
    /* As many rungs as there can be. */
    ams_halving most = {9007199254740992, 1, 1000, 2, 1, 1e-300};
    uint32_t n = ams_halving_rungs(&most, rung);
    ck_assert(n > 50 && n <= AMS_MOST_RUNGS);
}
END_TEST

START_TEST(test_rank)
{
    const double score[] = {3, INFINITY, 1, 3, NAN, -2, 1};
    static const uint32_t wanted[] = {5, 2, 6, 0, 3, 1, 4};
    uint32_t order[7];
    ck_assert_uint_eq(ams_halving_rank(score, 7, order), 5);
    for (int i = 0; i < 7; i++) {
        ck_assert_uint_eq(order[i], wanted[i]);
    }
    ck_assert_uint_eq(ams_halving_rank(score, 0, order), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_rungs);
    tcase_add_test(tests, test_properties);
    tcase_add_test(tests, test_rank);
}

int main(void)
{
    return run_suite("experiments/halving", add);
}
