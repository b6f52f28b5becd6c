#include "ams/status.h"

#include "tests/base/suite.h"

#include <string.h>

START_TEST(test_message)
{
    ams_error err = {0};
    ck_assert_int_eq(ams_fail(&err, AMS_BAD_DATA, "%s:%d: bad", "a.tsv", 3), AMS_BAD_DATA);
    ck_assert_str_eq(err.text, "a.tsv:3: bad");
    ams_error_prefix(&err, "reading run %d", 7);
    ck_assert_str_eq(err.text, "reading run 7: a.tsv:3: bad");
    ck_assert_int_eq(ams_fail(NULL, AMS_IO, "nobody listens"), AMS_IO);
    ams_error_prefix(NULL, "nor here");
    ck_assert_int_eq(ams_no_memory(&err, 12, "a cake"), AMS_BACKEND);
    ck_assert_str_eq(err.text, "out of memory: 12 bytes were needed for a cake");
}
END_TEST

START_TEST(test_truncation_is_marked)
{
    ams_error err = {0};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ams_fail(&err, AMS_IO, "%s", text);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ck_assert_str_eq(err.text + sizeof err.text - 5, "x...");
    ams_fail(&err, AMS_IO, "%.1020s", text);
    ck_assert_uint_eq(strlen(err.text), 1020);
    ck_assert_ptr_null(strstr(err.text, "..."));
    ams_error_prefix(&err, "context");
    ck_assert_int_eq(strncmp(err.text, "context: xxx", 12), 0);
    ck_assert_str_eq(err.text + sizeof err.text - 5, "x...");
    ams_error_prefix(&err, "%s", text);
    ck_assert_str_eq(err.text + sizeof err.text - 5, "x...");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_message);
    tcase_add_test(tests, test_truncation_is_marked);
}

int main(void)
{
    return run_suite("status", add);
}
