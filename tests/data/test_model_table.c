#include "ams/data.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_all_columns)
{
    const char *path =
        put_file("m.tsv", "licence\ttheta\tname\tmem_mb\ttask\ttime_ms\n"
                          "MIT\t2\tx\t0\tfaces\t1.5\nMIT\t0.5\ty\t3\tfaces\t2\n");
    ams_model_table models;
    ck_assert_int_eq(ams_model_table_read(&models, path, NULL), AMS_OK);
    ck_assert_uint_eq(models.name.count, 2);
    ck_assert_uint_eq(models.task_name.count, 1);
    ck_assert_str_eq(ams_names_get(&models.name, 1), "y");
    ck_assert_uint_eq(models.task[1], 0);
    expect_float(models.time_ms[0], 1.5F);
    expect_float(models.mem_mb[1], 3);
    expect_float(models.theta[1], 0.5F);
    ams_model_table_fini(&models);
}
END_TEST

/* Of two networks, with stages as numbered or, without that column, in the order of rows. */
static const struct {
    const char *text;
    uint32_t stage[4];
} exits[] = {
    {"name\ttask\tstage_of\tstage\na\tt\tnet\t2\nb\tt\tnet\t1\nc\tt\t\t7\nd\tt\tmini\t64\n",
     {2, 1, 0, 64}},
    {"name\tstage_of\ttask\na\tnet\tt\nb\tnet\tt\nc\t\tt\nd\tmini\tt\n", {1, 2, 0, 1}}};

START_TEST(test_exits)
{
    static const char *const networks[] = {"net", "net", NULL, "mini"};
    ams_model_table models;
    const char *path = put_file("m.tsv", exits[_i].text);
    ck_assert_int_eq(ams_model_table_read(&models, path, NULL), AMS_OK);
    for (uint32_t m = 0; m < 4; m++) {
        ck_assert_uint_eq(models.exits.stage[m], exits[_i].stage[m]);
        ck_assert_int_eq(models.exits.of[m] == AMS_NO_NAME, networks[m] == NULL);
        if (networks[m] != NULL) {
            ck_assert_str_eq(ams_names_get(&models.exits.network, models.exits.of[m]),
                             networks[m]);
        }
    }
    ams_model_table_fini(&models);
}
END_TEST

START_TEST(test_required_columns_only)
{
    const char *path = put_file("m.tsv", "name\ttask\nx\tfaces\n");
    ams_model_table models;
    ck_assert_int_eq(ams_model_table_read(&models, path, NULL), AMS_OK);
    ck_assert_ptr_null(models.time_ms);
    expect_float(models.mem_mb[0], 0);
    expect_float(models.theta[0], 1);
    ams_model_table_fini(&models);
}
END_TEST

static const struct {
    const char *text, *message; /* after the path */
} bad[] = {
    {"name\ttime_ms\nx\t1\n", ":1: expected a column 'task', found: name, time_ms"},
    {"name\ttask\n", ": expected 1 to 64 models, found 0"},
    {"name\ttask\nx\tt\nx\tt\n", ": row 2: expected distinct models, found 'x' again"},
    {"name\ttask\nx\ta/b\n", ": row 1: expected a task without '/', found 'a/b'"},
    {"name\ttask\nx\t\n", ": row 1: expected a name of the task, found an empty text"},
    {"name\ttask\ttime_ms\nx\tt\t0\n",
     ": row 1, column 'time_ms': expected more than 0 and below 3.4e38, found 0; "
     "what costs nothing has a small value, such as 0.001"},
    {"name\ttask\ttime_ms\nx\tt\tfast\n",
     ": row 1, column 'time_ms': expected a number, found 'fast'"},
    {"name\ttask\tmem_mb\nx\tt\t-1\n",
     ": row 1, column 'mem_mb': expected 0 or more, below 3.4e38, found -1"},
    {"name\ttask\ttheta\nx\tt\t0\n",
     ": row 1, column 'theta': expected more than 0 and below 3.4e38, found 0; "
     "what costs nothing has a small value, such as 0.001"},
    {"name\ttask\tthreshold\nx\tt\t1\n",
     ": row 1, column 'threshold': expected 0 to below 1, found 1"},
    {"name\ttask\tkind\nx\tt\tsingle\ny\tt\tmany\n",
     ": row 2, column 'kind': expected multi, single or real, found 'many'"},
    {"name\ttask\tthreshold\nx\tt\t-0.1\n",
     ": row 1, column 'threshold': expected 0 or more, below 3.4e38, found -0.1"},
    {"name\ttask\tcost_unit\nx\tt\tusd\ny\tt\teur\n",
     ": row 2, column 'cost_unit': expected usd as in the first row, found eur"},
    {"name\ttask\tcost_unit\nx\tt\tus dollars\n",
     ": row 1: unit of cost: expected a word of 1 to 16 bytes without spaces, as in ms or usd, "
     "found 10 bytes"},
    {"name\ttask\tstage\nx\tt\t1\n", ": expected a column 'stage_of' with the networks whose "
                                     "stages the column 'stage' numbers, "
                                     "found none"},
    {"name\ttask\tstage_of\tstage\nx\tt\tnet\t0\n",
     ": row 1, column 'stage': expected a number from 1 to 64, since the model is an exit of "
     "'net', found '0'"},
    {"name\ttask\tstage_of\tstage\nx\tt\tnet\t\n",
     ": row 1, column 'stage': expected a number from 1 to 64, since the model is an exit of "
     "'net', found ''"},
    {"name\ttask\tstage_of\tstage\nx\tt\tnet\t1\ny\tt\tnet\t1\n",
     ": row 2, column 'stage': expected each stage of network 'net' once, found 1 in row 1, "
     "too"},
    {"name\ttask\tstage_of\nx\tt\ta\001b\n",
     ": row 1: expected a name of the network in UTF-8 without control characters, found byte "
     "0x01 at its position 2"},
    {"name\ttask\tstage_of\nx\tt\tnet\ny\tu\tnet\n",
     ": row 2: expected one task of the exits of network 'net', found 'u' here and 't' in row "
     "1"},
    {"name\ttask\ttheta\nx\tt\t1e99\n",
     ": row 1, column 'theta': expected more than 0 and below 3.4e38, found 1e99"},
};
enum { N_BAD = sizeof bad / sizeof *bad };

START_TEST(test_refused)
{
    const char *path = put_file("m.tsv", bad[_i].text);
    ams_model_table models;
    ams_error err = {""};
    ck_assert_int_eq(ams_model_table_read(&models, path, &err), AMS_BAD_DATA);
    ck_assert_str_eq(err.text + strlen(path), bad[_i].message);
    ck_assert_uint_eq(models.name.count, 0);
}
END_TEST

START_TEST(test_too_many)
{
    char text[4096] = "name\ttask\n";
    for (int m = 0; m < 65; m++) {
        sprintf(text + strlen(text), "m%d\tt\n", m);
    }
    ams_model_table models;
    ams_error err = {""};
    ck_assert_int_eq(ams_model_table_read(&models, put_file("m.tsv", text), &err),
                     AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, ": expected 1 to 64 models, found 65"));
    *strrchr(text, 'm') = '\0';
    ck_assert_int_eq(ams_model_table_read(&models, put_file("m.tsv", text), &err), AMS_OK);
    ams_model_table_fini(&models);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_test(tests, test_all_columns);
    tcase_add_loop_test(tests, test_exits, 0, 2);
    tcase_add_test(tests, test_required_columns_only);
    tcase_add_loop_test(tests, test_refused, 0, N_BAD);
    tcase_add_test(tests, test_too_many);
}

int main(void)
{
    return run_suite("data_model_table", add);
}
