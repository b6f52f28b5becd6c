/* Options: limits with units, ranges, counts, choices, splits; tables that write into a job. */
#include "ams/online.h"
#include "cli/readers.h"
#include "console/fill.h"
#include "console/options.h"
#include "console/units.h"
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
    static const char *const no_number[] = {"1e308s",
                                            "1e-323%",
                                            "1ms..1e308s:1ms",
                                            "1e308s..1e308s:1ms",
                                            "1ms..2ms:1e-323%",
                                            "nan",
                                            "infs",
                                            "1e999ms",
                                            "-1ms",
                                            "0ms"};
    static const cli_unit tiny[] = {{"ms", 1}, {"s", 1000}, {"%", 0.125}};
    for (size_t i = 0; i < sizeof no_number / sizeof *no_number; i++) {
        expect_refused(cli_parse_units("--d", no_number[i], tiny, 3, value, 8, &n, &err),
                       "expected a number over 0");
    }
    expect_refused(cli_parse_units("--d", "1ms..2ms:1e-300ms", tiny, 3, value, 8, &n, &err),
                   "more than 8 values");
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
    ck_assert_int_eq(cli_read_shares("--split", "0.2,0.3,0.5", &shares, &err), AMS_OK);
    ck_assert_double_eq(shares.share[2], 0.5);
    expect_refused(cli_read_split("--split", "0.2,0.3,0.5", &split, &err),
                   "option --split: expected train, validation or test");
    ck_assert_int_eq(cli_read_split("--split", "validation", &split, &err), AMS_OK);
    ck_assert_int_eq(split, AMS_VALIDATION);
    expect_refused(cli_read_shares("--split", "validation", &shares, &err),
                   "option --split: expected the shares");
    expect_refused(cli_read_shares("--split", "0.2,0.3", &shares, &err),
                   "option --split: expected the shares");
    cli_args args = given("--names=a,bc");
    ck_assert_int_eq(cli_get_names(&args, "--names", &names, &err), AMS_OK);
    ck_assert_uint_eq(names.count, 2);
    ck_assert_str_eq(names.name[1], "bc");
    cli_names_fini(&names);
    cli_args_fini(&args);
}
END_TEST

/* -- a table that writes into a job -- */

typedef enum fill_word { FILL_FIRST, FILL_SECOND } fill_word;

typedef struct fill_job {
    const char *data;
    struct {
        uint32_t small;
        uint64_t large;
    } count;
    uint32_t threads, mask, n_numbers;
    double real, share;
    fill_word word;
    bool second, flag;
    const char *const *name;
    size_t n_names;
    const char *const *text;
    uint32_t n_texts;
    const uint64_t *seed;
    size_t n_seeds;
    const double *number;
    int length;
} fill_job;

static const char *const fill_words[] = {"first", "second", NULL};

static ams_status read_length(const char *option, const char *text, void *value, ams_error *e)
{
    *(int *)value = (int)strlen(text);
    return text[0] == 'x' ? ams_fail(e, AMS_USAGE, "option %s: found %s", option, text)
                          : AMS_OK;
}

static const cli_option fill_table[] = {
    CLI_FILE("--data", "F", CLI_READS, "", CLI_REQUIRED(fill_job, data)),
    CLI_VALUE("--small", "N", "", CLI_INTO_COUNT(fill_job, count.small, 9)),
    CLI_VALUE("--large", "N", "", CLI_INTO_NUMBER(fill_job, count.large)),
    CLI_VALUE("--threads", "N", "", CLI_INTO_THREADS(fill_job, threads)),
    CLI_VALUE("--real", "X", "", CLI_INTO_REAL(fill_job, real, 0, 1)),
    CLI_VALUE("--share", "P", "", CLI_INTO_PERCENT(fill_job, share, 0, 100)),
    CLI_VALUE("--word", "W", "", CLI_INTO_CHOICE(fill_job, word, fill_words)),
    CLI_VALUE("--which", "W", "", CLI_INTO_CHOICE(fill_job, second, fill_words)),
    CLI_VALUE("--words", "W", "", CLI_INTO_WORDS(fill_job, mask, fill_words)),
    CLI_FLAG("--flag", "", CLI_INTO_FLAG(fill_job, flag)),
    CLI_VALUE("--names", "A,B", "", CLI_INTO_NAMES(fill_job, name, n_names)),
    CLI_VALUE("--text", "T", "", CLI_INTO_TEXTS(fill_job, text, n_texts)),
    CLI_VALUE("--seeds", "S", "", CLI_INTO_SEEDS(fill_job, seed, n_seeds)),
    CLI_VALUE("--numbers", "X,Y", "", CLI_INTO_REALS(fill_job, number, n_numbers, 0, 5)),
    CLI_VALUE("--length", "T", "", CLI_INTO(fill_job, length, read_length)),
    CLI_VALUE("--unread", "T", "the command asks for this one"),
};

/* Words between spaces as a command line; the arguments are for cli_args_fini. */
static cli_args words_given(const char *line)
{
    static char copy[256];
    static char name[] = "test";
    static char *argv[32] = {name};
    int argc = 1;
    cli_args args;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    ck_assert_int_eq(
        cli_parse(&args, argc, argv, fill_table, sizeof fill_table / sizeof *fill_table, &err),
        AMS_OK);
    return args;
}

START_TEST(fills)
{
    fill_job job = {.count = {.small = 3}, .real = 0.25};
    cli_args args = words_given(
        "--data=d.h5 --large 18446744073709551615 --share 12.5 --word second --which second "
        "--words second,first --flag --names a,bc --names d --text t,u --text=v --seeds 7,1-3 "
        "--numbers 0.5,5 --length four --unread z");
    ck_assert_int_eq(cli_fill(&args, &job, &err), AMS_OK);
    ck_assert_str_eq(job.data, "d.h5");
    ck_assert(job.count.small == 3 && job.real == 0.25); /* not given */
    ck_assert_uint_eq(job.count.large, UINT64_MAX);
    ck_assert(job.threads >= 1 && job.threads <= 256); /* one per processor */
    ck_assert_double_eq(job.share, 0.125);
    ck_assert(job.word == FILL_SECOND && job.second && job.flag && job.mask == 3);
    ck_assert_uint_eq(job.n_names, 3);
    ck_assert_str_eq(job.name[1], "bc");
    ck_assert_str_eq(job.name[2], "d");
    ck_assert_uint_eq(job.n_texts, 2);
    ck_assert_str_eq(job.text[0], "t,u");
    ck_assert_str_eq(job.text[1], "v");
    ck_assert_uint_eq(job.n_seeds, 4);
    ck_assert(job.seed[0] == 7 && job.seed[3] == 3);
    ck_assert_uint_eq(job.n_numbers, 2);
    ck_assert(job.number[0] == 0.5 && job.number[1] == 5);
    ck_assert_int_eq(job.length, 4);
    ck_assert_str_eq(cli_command_line(&args) + strlen("ams test --data=d.h5 --large "),
                     strstr(cli_command_line(&args), "18446744073709551615"));
    cli_args_fini(&args);
}
END_TEST

static const struct {
    const char *line, *message;
} fill_refused[] = {
    {"--flag", "option --data is required"},
    {"--data d --small 10", "option --small: expected 1 to 9, found 10"},
    {"--data d --small 0", "option --small: expected 1 to 9, found 0"},
    {"--data d --small 8GB", "option --small: expected a whole number, found 8GB"},
    {"--data d --small 99999999999999999999", "option --small: expected a whole number"},
    {"--data d --large x", "option --large: expected a whole number, found x"},
    {"--data d --threads 257", "option --threads: expected 1 to 256, found 257"},
    {"--data d --real 2", "option --real: expected a number from 0 to 1, found 2"},
    {"--data d --share 101", "option --share: expected a number from 0 to 100, found 101"},
    {"--data d --word third", "option --word: expected one of first, second, found 'third'"},
    {"--data d --words first,secnd", "no such choice 'secnd'; did you mean second?"},
    {"--data d --seeds 3-1", "option --seeds: expected 1-5 or 1,2,7; found '3-1'"},
    {"--data d --numbers 1,6", "option --numbers: expected numbers from 0 to 5, found '6'"},
    {"--data d --length xyz", "option --length: found xyz"},
};

START_TEST(fill_refuses)
{
    fill_job job = {.data = NULL};
    cli_args args = words_given(fill_refused[_i].line);
    expect_refused(cli_fill(&args, &job, &err), fill_refused[_i].message);
    cli_args_fini(&args);
}
END_TEST

/* "" : it is taken. */
static const struct {
    const char *line, *message;
} company[] = {
    {"--steps 5 --agent", ""},
    {"--agent --steps 5", ""},
    {"--steps 5", "option --steps would be ignored: expected it together with --agent"},
    {"--rule last --score truth", ""},
    {"--score exact --rule last", ""},
    {"--rule last",
     "option --rule would be ignored: expected it together with --score truth|exact"},
    {"--rule last --score tru", "together with --score truth|exact"},
    {"--rule last --score truth|exact", "together with --score truth|exact"},
    {"--rule last --score exact --score value", "together with --score truth|exact"},
    {"--draws 5 --score value", ""},
    {"--draws 5", ""},
    {"--draws 5 --score exact", "option --draws would be ignored: expected it without --score"},
};

START_TEST(keeps_company)
{
    static const cli_option rows[] = {
        {.name = "--agent"},
        {.name = "--steps", .takes_value = true, .with = "--agent"},
        {.name = "--score", .takes_value = true},
        {.name = "--rule", .takes_value = true, .with = "--score truth|exact"},
        {.name = "--draws", .takes_value = true, .without = "--score truth|exact"}};
    char line[128];
    char *argv[8] = {line};
    int argc = 1;
    cli_args args;
    snprintf(line, sizeof line, "test %s", company[_i].line);
    for (char *word = strchr(line, ' '); word != NULL; word = strchr(word, ' ')) {
        *word++ = 0;
        argv[argc++] = word;
    }
    const ams_status status =
        cli_parse(&args, argc, argv, rows, sizeof rows / sizeof *rows, &err);
    if (company[_i].message[0] == 0) {
        ck_assert_msg(status == AMS_OK, "%s", err.text);
    } else {
        expect_refused(status, company[_i].message);
    }
    cli_args_fini(&args);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, units);
    tcase_add_loop_test(tests, units_refused, 0, (int)(sizeof bad_units / sizeof *bad_units));
    tcase_add_test(tests, too_many);
    tcase_add_test(tests, stops);
    tcase_add_test(tests, numbers_and_words);
    tcase_add_test(tests, splits_and_names);
    tcase_add_test(tests, fills);
    tcase_add_loop_test(tests, keeps_company, 0, (int)(sizeof company / sizeof *company));
    tcase_add_loop_test(tests, fill_refuses, 0,
                        (int)(sizeof fill_refused / sizeof *fill_refused));
}

int main(void)
{
    return run_suite("cli/options", add);
}
