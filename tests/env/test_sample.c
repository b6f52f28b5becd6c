/* Samples of the training split: nested, drawn by the seed, never of another split. */
#include "env/sample.h"

#include "ams/table.h"
#include "tests/base/suite.h"

#include <string.h>

enum { N = 300 };

/* Splits by turns: 0, 1, 2, 0, ...: 100 training items. */
static void make_split(uint8_t split[N])
{
    for (uint32_t i = 0; i < N; i++) {
        split[i] = (uint8_t)(i % 3);
    }
}

static uint32_t sample(uint64_t most, uint64_t seed, uint32_t item[N])
{
    uint8_t split[N];
    uint32_t n = 0;
    ams_error err = {0};
    make_split(split);
    ck_assert_msg(ams_sample_training(split, N, most, seed, item, &n, &err) == AMS_OK, "%s",
                  err.text);
    for (uint32_t k = 0; k < n; k++) {
        ck_assert_uint_eq(item[k] % 3, AMS_TRAIN);
        ck_assert(k == 0 || item[k] > item[k - 1]); /* distinct, in table order */
    }
    return n;
}

START_TEST(all_items)
{
    uint32_t whole[N];
    uint32_t sampled[N];
    ck_assert_uint_eq(sample(0, 1, whole), N / 3);
    ck_assert_uint_eq(sample(N / 3, 1, sampled), N / 3);
    ck_assert_mem_eq(whole, sampled, N / 3 * sizeof *whole);
}
END_TEST

START_TEST(larger_samples_hold_smaller_ones)
{
    uint32_t larger[N];
    uint32_t smaller[N];
    uint32_t n_larger = sample(N / 3, 7, larger);
    for (uint32_t most = N / 3 - 1; most > 0; most--) {
        uint32_t n = sample(most, 7, smaller);
        uint32_t found = 0;
        ck_assert_uint_eq(n, most);
        for (uint32_t k = 0; k < n_larger && found < n; k++) {
            found += larger[k] == smaller[found];
        }
        ck_assert_uint_eq(found, n);
        memcpy(larger, smaller, n * sizeof *larger);
        n_larger = n;
    }
}
END_TEST

/* 20,000 seeds: each item is in a sample of 10 of 100 with probability 0.1, standard deviation
 * 42. */
START_TEST(every_item_equally_often)
{
    uint32_t count[N] = {0};
    uint32_t item[N];
    for (uint64_t seed = 0; seed < 20000; seed++) {
        for (uint32_t k = sample(10, seed, item); k-- > 0;) {
            count[item[k]]++;
        }
    }
    for (uint32_t i = 0; i < N; i += 3) {
        ck_assert_uint_ge(count[i], 2000 - 210);
        ck_assert_uint_le(count[i], 2000 + 210);
    }
}
END_TEST

START_TEST(too_many)
{
    uint8_t split[N];
    uint32_t item[N];
    uint32_t n = 0;
    ams_error err = {0};
    make_split(split);
    ck_assert_int_eq(ams_sample_training(split, N, 101, 0, item, &n, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "items=101"));
    ck_assert_ptr_nonnull(strstr(err.text, "100 items"));
    memset(split, AMS_TEST, sizeof split);
    ck_assert_int_eq(ams_sample_training(split, N, 0, 0, item, &n, &err), AMS_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, all_items);
    tcase_add_test(tests, larger_samples_hold_smaller_ones);
    tcase_add_test(tests, every_item_equally_often);
    tcase_add_test(tests, too_many);
}

int main(void)
{
    return run_suite("sample", add);
}
