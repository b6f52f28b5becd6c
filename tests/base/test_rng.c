#include "base/rng.h"

#include "tests/base/suite.h"

#include <math.h>
#include <string.h>

/* Random123's kat_vectors, philox4x32 10: counter, key, result. */
static const uint32_t known[3][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
     0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
     0x94fdcceb, 0x5001e420, 0x24126ea1}};

START_TEST(test_known_answers)
{
    for (int i = 0; i < 3; i++) {
        const uint32_t *k = known[i];
        uint32_t words[4];
        ams_philox((uint64_t)k[5] << 32 | k[4], (uint64_t)k[3] << 32 | k[2],
                   (uint64_t)k[1] << 32 | k[0], words);
        for (int w = 0; w < 4; w++) {
            ck_assert_uint_eq(words[w], k[6 + w]);
        }
    }
}
END_TEST

/* One by one, from counters whose upper half turns on the way. */
START_TEST(test_row_of_counters)
{
    enum { MOST = 67 };
    const uint64_t first = UINT64_C(0x3FFFFFFE0);
    for (uint32_t n = 0; n <= MOST; n++) {
        uint32_t row[(MOST + 1) * 4];
        memset(row, 0xA5, sizeof row);
        ams_philox_row(UINT64_C(0x299f31d0a4093822), AMS_STREAM_TEST, first, n, row);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t words[4];
            ams_philox(UINT64_C(0x299f31d0a4093822), AMS_STREAM_TEST, first + i, words);
            ck_assert_mem_eq(row + (size_t)i * 4, words, sizeof words);
        }
        ck_assert_uint_eq(row[(size_t)n * 4], 0xA5A5A5A5);
    }
}
END_TEST

START_TEST(test_ranges)
{
    ck_assert_double_eq(ams_unit(0), 0);
    ck_assert_double_lt(ams_unit(UINT32_MAX), 1);
    ck_assert_uint_eq(ams_below(UINT32_MAX, 7), 6);
    ck_assert_uint_eq(ams_below(0, 7), 0);
}
END_TEST

START_TEST(test_sequence_is_a_function_of_seed_and_stream)
{
    ams_rng a = ams_rng_init(1, AMS_STREAM_TEST);
    ams_rng b = ams_rng_init(1, AMS_STREAM_TEST);
    ams_rng c = ams_rng_init(1, AMS_STREAM_TEST + 1);
    ams_rng d = ams_rng_init(2, AMS_STREAM_TEST);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t word = ams_rng_next(&a);
        ck_assert_uint_eq(word, ams_rng_next(&b));
        equal += word == ams_rng_next(&c);
        equal += word == ams_rng_next(&d);
    }
    ck_assert_int_eq(equal, 0);
}
END_TEST

/* 5 standard deviations of each bin of a multinomial. */
static void check_uniform(const uint32_t *counts, uint32_t bins, double draws)
{
    double expected = draws / bins;
    for (uint32_t i = 0; i < bins; i++) {
        ck_assert_double_eq_tol(counts[i], expected, 5 * sqrt(expected));
    }
}

START_TEST(test_below_is_uniform)
{
    ams_rng rng = ams_rng_init(3, AMS_STREAM_TEST);
    uint32_t counts[7] = {0};
    for (int i = 0; i < 70000; i++) {
        counts[ams_rng_below(&rng, 7)]++;
    }
    check_uniform(counts, 7, 70000);
    /* n just over 2^31 rejects about half of the words. */
    for (int i = 0; i < 1000; i++) {
        ck_assert_uint_lt(ams_rng_below(&rng, 0x80000001U), 0x80000001U);
    }
    ck_assert_uint_eq(ams_rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(test_shuffle_is_uniform)
{
    ams_rng rng = ams_rng_init(4, AMS_STREAM_TEST);
    uint32_t counts[24] = {0};
    for (int i = 0; i < 48000; i++) {
        uint32_t v[4] = {0, 1, 2, 3};
        ams_rng_shuffle(&rng, v, 4);
        ck_assert_uint_eq(1U << v[0] | 1U << v[1] | 1U << v[2] | 1U << v[3], 15);
        /* Number of the permutation in the factorial system. */
        uint32_t second = v[1] - (v[1] > v[0]);
        uint32_t third = v[2] - (v[2] > v[0]) - (v[2] > v[1]);
        counts[v[0] * 6 + second * 2 + third]++;
    }
    check_uniform(counts, 24, 48000);
    ams_rng_shuffle(&rng, counts, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_known_answers);
    tcase_add_test(tests, test_row_of_counters);
    tcase_add_test(tests, test_ranges);
    tcase_add_test(tests, test_sequence_is_a_function_of_seed_and_stream);
    tcase_add_test(tests, test_below_is_uniform);
    tcase_add_test(tests, test_shuffle_is_uniform);
}

int main(void)
{
    return run_suite("rng", add);
}
