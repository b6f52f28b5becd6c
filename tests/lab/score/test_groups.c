/* Groups of labels and ranks, worked out by hand and against a sort. */
#include "lab/score/groups.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <stdbool.h>

static void expect(const uint32_t *found, const uint32_t *expected, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        ck_assert_msg(found[k] == expected[k], "place %u: expected %u, found %u", k,
                      expected[k], found[k]);
    }
}

START_TEST(test_labels_in_order_of_appearance)
{
    static const char *const label[] = {"dqn",   "fixed", "dqn,items=300", "dqn", "all",
                                        "fixed", "dqn"};
    static const uint32_t members[] = {0, 3, 6, 1, 5, 2, 4};
    static const uint32_t firsts[] = {0, 3, 5, 6, 7};
    uint32_t member[7];
    uint32_t first[8];
    ck_assert_uint_eq(ams_score_group(label, 7, member, first), 4);
    expect(member, members, 7);
    expect(first, firsts, 5);
}
END_TEST

START_TEST(test_none_and_one)
{
    static const char *const label[] = {""};
    uint32_t member[1];
    uint32_t first[2] = {9, 9};
    ck_assert_uint_eq(ams_score_group(label, 0, member, first), 0);
    ck_assert_uint_eq(first[0], 0);
    ck_assert_uint_eq(ams_score_group(label, 1, member, first), 1);
    ck_assert_uint_eq(member[0], 0);
    ck_assert_uint_eq(first[0], 0);
    ck_assert_uint_eq(first[1], 1);
}
END_TEST

START_TEST(test_rank_keeps_the_order_of_equals)
{
    static const double value[] = {3, 1, 2, 1, 3, 0};
    static const uint32_t ranks[] = {5, 1, 3, 2, 0, 4};
    uint32_t order[6];
    ams_score_rank(value, 6, order);
    expect(order, ranks, 6);
}
END_TEST

START_TEST(test_rank_of_many)
{
    enum { N = 500 };
    double value[N];
    uint32_t order[N];
    bool seen[N] = {false};
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    for (int k = 0; k < N; k++) {
        value[k] = ams_rng_below(&rng, 40);
    }
    ams_score_rank(value, N, order);
    for (int k = 0; k < N; k++) {
        ck_assert(!seen[order[k]]);
        seen[order[k]] = true;
        ck_assert(k == 0 || value[order[k - 1]] < value[order[k]] ||
                  (value[order[k - 1]] <= value[order[k]] && order[k - 1] < order[k]));
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_labels_in_order_of_appearance);
    tcase_add_test(tests, test_none_and_one);
    tcase_add_test(tests, test_rank_keeps_the_order_of_equals);
    tcase_add_test(tests, test_rank_of_many);
}

int main(void)
{
    return run_suite("groups", add);
}
