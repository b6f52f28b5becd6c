#include "base/number.h"

#include "tests/base/suite.h"

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

static void add(TCase *tests)
{
    tcase_add_test(tests, test_double);
    tcase_add_test(tests, test_u64);
}

int main(void)
{
    return run_suite("number", add);
}
