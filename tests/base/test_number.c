#include "base/number.h"

#include "tests/base/suite.h"

#include <math.h>

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
    tcase_add_test(tests, test_u64);
    tcase_add_test(tests, test_confidence);
    tcase_add_test(tests, test_bounds);
}

int main(void)
{
    return run_suite("number", add);
}
