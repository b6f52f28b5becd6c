#include "base/number.h"

#include "base/decimal.h"
#include "base/eight.h"
#include "base/rng.h"

#include "tests/base/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_double)
{
    static const char *const bad[] = {"",     " 1",    "1 ",  "1x",  "nan",      "NaN", "inf",
                                      "-inf", "1e999", "--1", "1,5", "infinity", "0x",  "."};
    double value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!ams_parse_double(bad[i], &value), "'%s' was read", bad[i]);
        ck_assert_double_eq(value, 7);
    }
    ck_assert(ams_parse_double("-0.25", &value));
    ck_assert_double_eq(value, -0.25);
    ck_assert(ams_parse_double("1e-3", &value));
    ck_assert_double_eq(value, 1e-3);
    ck_assert(ams_parse_double("1e-320", &value)); /* subnormal, not an error */
}
END_TEST

/* A number in one of several shapes, also halfway between two doubles. */
static void put_number(char text[64], const uint32_t word[4])
{
    const uint64_t whole = ((uint64_t)word[0] << 32 | word[1]) >> word[2] % 64;
    const double unit = ams_unit(word[0]) + ams_unit(word[1]) * 0x1p-32;
    const int n = (int)(word[3] / 8 % 19);
    switch (word[3] % 6) {
    case 0:
        snprintf(text, 64, "%.*g", n + 1, unit);
        break;
    case 1:
        snprintf(text, 64, "%.17g", (double)(float)unit);
        break;
    case 2:
        snprintf(text, 64, "-0.%0*llu", n + 5, (unsigned long long)whole);
        break;
    case 3:
        snprintf(text, 64, "%lluE%+d", (unsigned long long)whole, n - 12);
        break;
    case 4:
        snprintf(text, 64, "%llu.5", (unsigned long long)(whole >> 11 | UINT64_C(1) << 52));
        break;
    default:
        snprintf(text, 64, "%d.%llue-%02d", n, (unsigned long long)whole, n);
    }
}

static uint64_t bits_of(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

START_TEST(test_decimal)
{
    enum { CASES = SUITE_SANITIZED ? 20000 : 200000 };
    int plain = 0;
    for (uint32_t i = 0; i < CASES; i++) {
        uint32_t word[4];
        char text[64];
        ams_philox(3, AMS_STREAM_TEST, i, word);
        put_number(text, word);
        double value = 0;
        char *end = NULL;
        const double expected = strtod(text, &end);
        const char *found = ams_decimal(text, &value);
        plain += found != NULL;
        ck_assert_msg(found == NULL || (found == end && bits_of(value) == bits_of(expected)),
                      "%s: %a, not %a", text, value, expected);
    }
    ck_assert(plain > CASES - CASES / 10);
}
END_TEST

/* By words of eight bytes as by single ones, whatever follows: more digits, an exponent, the
 * end. */
START_TEST(test_padded)
{
    enum { CASES = SUITE_SANITIZED ? 20000 : 200000 };
    static const char after[] = ",\n\re./:x0";
    ams_rng rng = ams_rng_init(4, AMS_STREAM_TEST);
    int plain = 0;
    for (uint32_t i = 0; i < CASES; i++) {
        char text[64] = {0};
        const int digits = (int)ams_rng_below(&rng, 20);
        int used = snprintf(text, sizeof text, "%u.", ams_rng_below(&rng, 10));
        for (int k = 0; k < digits; k++) {
            text[used++] = (char)('0' + ams_rng_below(&rng, 10));
        }
        text[used] = after[ams_rng_below(&rng, sizeof after)];
        text[used + 1] = '1';
        double value = 7;
        double expected = 7;
        const char *end = ams_decimal(text, &expected);
        ck_assert_msg(ams_decimal_padded(text, &value) == end, "%s", text);
        ck_assert_msg(bits_of(value) == bits_of(expected), "%s: %a, not %a", text, value,
                      expected);
        plain += end != NULL;
    }
    ck_assert(plain > CASES / 2);
}
END_TEST

START_TEST(test_not_decimal)
{
    static const char *const none[] = {"",
                                       "-",
                                       ".5",
                                       "+1",
                                       "01",
                                       "1.",
                                       "1.e3",
                                       "1e",
                                       "1e+",
                                       "nan",
                                       "1e99",
                                       "1e100",
                                       "123456789012345678901"};
    double value = 7;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        ck_assert_msg(ams_decimal(none[i], &value) == NULL, "'%s' was read", none[i]);
        ck_assert_double_eq(value, 7);
    }
    const char *text = "-0.50,1";
    ck_assert_ptr_eq(ams_decimal(text, &value), text + 5);
    ck_assert_double_eq(value, -0.5);
    ck_assert_ptr_nonnull(ams_decimal("-0", &value));
    ck_assert(signbit(value));
}
END_TEST

/* Which bytes are found, against looking at each. */
START_TEST(test_eight)
{
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t word[4];
        char text[8];
        ams_philox(4, AMS_STREAM_TEST, i, word);
        for (int k = 0; k < 8; k++) { /* near the limits */
            text[k] = "\"#!\x1F\x20\x7E\x7F\x80\xA2\xFF\0a"[(word[k % 4] >> k) % 12];
        }
        unsigned first = 8;
        unsigned quote = 8;
        uint64_t each = 0;
        for (unsigned k = 8; k-- > 0;) {
            const unsigned char byte = (unsigned char)text[k];
            first = byte < 0x20 || byte >= 0x7F ? k : first;
            quote = byte == '"' ? k : quote;
            each |= byte == '"' ? UINT64_C(0x80) << 8 * k : 0;
        }
        const uint64_t eight = ams_eight(text);
        const uint64_t unusual = ams_eight_unusual(eight);
        const uint64_t equal = ams_eight_equal(eight, '"');
        ck_assert_uint_eq(unusual == 0 ? 8 : ams_eight_first(unusual), first);
        ck_assert_uint_eq(equal == 0 ? 8 : ams_eight_first(equal), quote);
        ck_assert_uint_eq(ams_eight_each(eight, '"'), each);
    }
}
END_TEST

START_TEST(test_u64)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "18446744073709551616"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!ams_parse_u64(bad[i], &value), "'%s' was read", bad[i]);
        ck_assert_uint_eq(value, 7);
    }
    ck_assert(ams_parse_u64("18446744073709551615", &value));
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert(ams_parse_u64("007", &value));
    ck_assert_uint_eq(value, 7);
}
END_TEST

START_TEST(test_confidence)
{
    double value = 1.00000011920928955; /* the float after 1 */
    bool changed = false;
    ck_assert(ams_confidence(&value, &changed));
    ck_assert(changed);
    ck_assert_double_eq(value, 1);
    value = -1e-7;
    ck_assert(ams_confidence(&value, NULL));
    ck_assert_double_eq(value, 0);
    changed = false;
    value = 0.25;
    ck_assert(ams_confidence(&value, &changed));
    ck_assert(!changed);
    ck_assert_double_eq(value, 0.25);
    static const double bad[] = {1.0000011, -0.0000011, 2, NAN, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value = bad[i];
        ck_assert(!ams_confidence(&value, &changed));
    }
}
END_TEST

START_TEST(test_bounds)
{
    char text[32];
    ck_assert_str_eq(ams_bound_text(text, 9007199254740991.0), "9007199254740991");
    ck_assert_str_eq(ams_bound_text(text, 1e6), "1000000");
    ck_assert_str_eq(ams_bound_text(text, 0), "0");
    ck_assert_str_eq(ams_bound_text(text, -3), "-3");
    ck_assert_str_eq(ams_bound_text(text, 0.125), "0.125");
    ck_assert_str_eq(ams_bound_text(text, 1e300), "1e+300");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_double);
    tcase_add_test(tests, test_decimal);
    tcase_add_test(tests, test_padded);
    tcase_add_test(tests, test_not_decimal);
    tcase_add_test(tests, test_eight);
    tcase_add_test(tests, test_u64);
    tcase_add_test(tests, test_confidence);
    tcase_add_test(tests, test_bounds);
}

int main(void)
{
    return run_suite("number", add);
}
