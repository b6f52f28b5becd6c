/* Options that several commands share: limits with units, ranges, counts, choices, --memory. */
#include "ams/online.h"
#include "cli/options.h"
#include "cli/units.h"
#include "tests/base/suite.h"

#include <string.h>

static ams_error err;

static const cli_option table[] = {
    {.name = "--memory", .takes_value = true}, {.name = "--count", .takes_value = true},
    {.name = "--real", .takes_value = true},   {.name = "--word", .takes_value = true},
    {.name = "--split", .takes_value = true},  {.name = "--names", .takes_value = true},
    {.name = "--seed", .takes_value = true}};

/* The arguments of a command that is given one word, "--memory=8". */
static cli_args given(const char *word)
{
    static char copy[128];
    static char name[] = "test";
    static char *argv[2] = {name, copy};
    cli_args args;
    snprintf(copy, sizeof copy, "%s", word);
    ck_assert_int_eq(cli_parse(&args, 2, argv, table, sizeof table / sizeof *table, &err),
                     AMS_OK);
    return args;
}

static void expect_refused(ams_status status, const char *text)
{
    ck_assert_int_eq(status, AMS_USAGE);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s' in '%s'", text, err.text);
}

static const cli_unit ms[] = {{"ms", 1}, {"s", 1000}, {"%", 12.5}};

START_TEST(units)
{
    double value[8];
    size_t n = 0;
    ck_assert_int_eq(cli_parse_units("--d", "800ms,2s,10%", ms, 3, value, 8, &n, &err), AMS_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_double_eq(value[0], 800);
    ck_assert_double_eq(value[1], 2000);
    ck_assert_double_eq(value[2], 125);
    /* The last value of a range counts although ten steps of 0.1 are a bit less than 1. */
    ck_assert_int_eq(cli_parse_units("--d", "0.3ms..1ms:0.1ms", ms, 3, value, 8, &n, &err),
                     AMS_OK);
    ck_assert_uint_eq(n, 8);
    ck_assert_double_eq_tol(value[7], 1, 1e-12);
    ck_assert_int_eq(cli_parse_units("--d", "1s..2s:500ms,7ms", ms, 3, value, 8, &n, &err),
                     AMS_OK);
    ck_assert_uint_eq(n, 4);
    ck_assert_double_eq(value[1], 1500);
}
END_TEST

static const char *const bad_units[] = {"",       "100",      "ms",       "-5ms",
                                        "0ms",    "5kg",      "1ms,,2ms", "3ms..1ms:1ms",
                                        "1ms..2", "1ms..3ms", "nanms",    "1ms..3ms:0ms"};

START_TEST(units_refused)
{
    double value[8];
    size_t n = 0;
    expect_refused(cli_parse_units("--d", bad_units[_i], ms, 3, value, 8, &n, &err),
                   "option --d: ");
    ck_assert_ptr_nonnull(strstr(err.text, "1ms, 1s, 1%"));
}
END_TEST

START_TEST(too_many)
{
    double value[8];
    size_t n = 0;
    expect_refused(cli_parse_units("--d", "1ms..9ms:1ms", ms, 3, value, 8, &n, &err),
                   "more than 8 values");
}
END_TEST

START_TEST(stops)
{
    int stop = -1;
    double below = 0;
    ck_assert_int_eq(cli_parse_stop("never", &stop, &below, &err), AMS_OK);
    ck_assert_int_eq(stop, AMS_ITEM_STOP_NEVER);
    ck_assert_int_eq(cli_parse_stop("end", &stop, &below, &err), AMS_OK);
    ck_assert_int_eq(stop, AMS_ITEM_STOP_END);
    ck_assert_int_eq(cli_parse_stop("sum:0.5", &stop, &below, &err), AMS_OK);
    ck_assert_int_eq(stop, AMS_ITEM_STOP_SUM);
    ck_assert_double_eq(below, 0.5);
    ck_assert_int_eq(cli_parse_stop("value:-1", &stop, &below, &err), AMS_OK);
    ck_assert_int_eq(stop, AMS_ITEM_STOP_VALUE);
    expect_refused(cli_parse_stop("value:", &stop, &below, &err), "option --stop");
    expect_refused(cli_parse_stop("later", &stop, &below, &err), "'later'");
}
END_TEST

START_TEST(memory)
{
    static const char *const refused[] = {"--memory=0", "--memory=1073741825", "--memory=8GB",
                                          "--memory=-1", "--memory=99999999999999999999"};
    uint64_t mb = 0;
    cli_args args = given("operand");
    ck_assert_int_eq(cli_get_memory(&args, &mb, &err), AMS_OK);
    ck_assert_uint_eq(mb, 4096);
    cli_args_fini(&args);
    args = given("--memory=1073741824");
    ck_assert_int_eq(cli_get_memory(&args, &mb, &err), AMS_OK);
    ck_assert_uint_eq(mb << 20 >> 20, UINT64_C(1) << 30); /* its bytes fit 64 bits */
    cli_args_fini(&args);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        args = given(refused[i]);
        expect_refused(cli_get_memory(&args, &mb, &err), "option --memory");
        cli_args_fini(&args);
    }
}
END_TEST

START_TEST(numbers_and_words)
{
    static const char *const words[] = {"first", "second", NULL};
    uint64_t count = 7;
    double real = 0.5;
    int choice = -1;
    cli_args args = given("operand");
    ck_assert_int_eq(cli_get_count(&args, "--count", 9, &count, &err), AMS_OK);
    ck_assert_int_eq(cli_get_real(&args, "--real", 0, 1, &real, &err), AMS_OK);
    ck_assert_int_eq(cli_get_choice(&args, "--word", words, &choice, &err), AMS_OK);
    ck_assert(count == 7 && real == 0.5 && choice == 0);
    expect_refused(cli_no_operands(&args, &err), "found 'operand'");
    cli_args_fini(&args);
    args = given("--count=10");
    expect_refused(cli_get_count(&args, "--count", 9, &count, &err),
                   "option --count: expected 1 to 9, found 10");
    ck_assert_uint_eq(count, 7);
    cli_args_fini(&args);
    args = given("--real=1.5");
    expect_refused(cli_get_real(&args, "--real", 0, 1, &real, &err),
                   "option --real: expected a number from 0 to 1, found 1.5");
    cli_args_fini(&args);
    args = given("--word=second");
    ck_assert_int_eq(cli_get_choice(&args, "--word", words, &choice, &err), AMS_OK);
    ck_assert_int_eq(choice, 1);
    cli_args_fini(&args);
    args = given("--word=third");
    expect_refused(cli_get_choice(&args, "--word", words, &choice, &err),
                   "expected one of first, second, found 'third'");
    cli_args_fini(&args);
}
END_TEST

START_TEST(splits_and_names)
{
    ams_split_options shares = {.share = {1, 0, 0}};
    ams_split split = AMS_TRAIN;
    cli_names names;
    cli_args args = given("--split=0.2,0.3,0.5");
    ck_assert_int_eq(cli_get_split(&args, &shares, &err), AMS_OK);
    ck_assert_double_eq(shares.share[2], 0.5);
    expect_refused(cli_get_split_name(&args, &split, &err), "train, validation or test");
    cli_args_fini(&args);
    args = given("--split=validation");
    ck_assert_int_eq(cli_get_split_name(&args, &split, &err), AMS_OK);
    ck_assert_int_eq(split, AMS_VALIDATION);
    expect_refused(cli_get_split(&args, &shares, &err), "option --split: expected the shares");
    cli_args_fini(&args);
    args = given("--names=a,bc");
    ck_assert_int_eq(cli_get_split_name(&args, &split, &err), AMS_OK);
    ck_assert_int_eq(split, AMS_TEST);
    ck_assert_int_eq(cli_get_names(&args, "--names", &names, &err), AMS_OK);
    ck_assert_uint_eq(names.count, 2);
    ck_assert_str_eq(names.name[1], "bc");
    cli_names_fini(&names);
    cli_args_fini(&args);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, units);
    tcase_add_loop_test(tests, units_refused, 0, (int)(sizeof bad_units / sizeof *bad_units));
    tcase_add_test(tests, too_many);
    tcase_add_test(tests, stops);
    tcase_add_test(tests, memory);
    tcase_add_test(tests, numbers_and_words);
    tcase_add_test(tests, splits_and_names);
}

int main(void)
{
    return run_suite("cli/options", add);
}
