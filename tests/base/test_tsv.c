#include "base/tsv.h"

#include "tests/base/suite.h"

#include <stdio.h>
#include <string.h>

static const char *const path = "test.tsv";

static ams_status read_text(ams_tsv *tsv, const char *text, size_t length, ams_error *err)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    fwrite(text, 1, length, stream);
    fclose(stream);
    return ams_tsv_read(tsv, path, err);
}

START_TEST(test_read)
{
    ams_tsv tsv;
    ams_error err = {0};
    const char *text = "name\ttime_ms\r\n\na\t1.5\r\n\r\nb\t\nc d\tx";
    ck_assert_msg(read_text(&tsv, text, strlen(text), &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(tsv.n_rows, 3);
    ck_assert_uint_eq(tsv.n_columns, 2);
    size_t column = 9;
    ck_assert_int_eq(ams_tsv_require(&tsv, "time_ms", &column, &err), AMS_OK);
    ck_assert_uint_eq(column, 1);
    ck_assert_uint_eq(ams_tsv_column(&tsv, "mem"), AMS_NO_COLUMN);
    ck_assert_str_eq(ams_tsv_cell(&tsv, 2, 0), "c d");
    ck_assert_str_eq(ams_tsv_cell(&tsv, 1, 1), "");
    ck_assert_uint_eq(ams_tsv_line(&tsv, 0), 3);
    ck_assert_uint_eq(ams_tsv_line(&tsv, 1), 5);
    ck_assert_uint_eq(ams_tsv_line(&tsv, 2), 6);
    double value = 0;
    ck_assert_int_eq(ams_tsv_number(&tsv, 0, 1, &value, &err), AMS_OK);
    ck_assert_double_eq(value, 1.5);
    ck_assert_int_eq(ams_tsv_number(&tsv, 2, 1, &value, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "row 3, column 'time_ms'"));
    ck_assert_int_eq(ams_tsv_require(&tsv, "mem", &column, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "found: name, time_ms"));
    ams_tsv_fini(&tsv);
}
END_TEST

START_TEST(test_refuses)
{
    ams_tsv tsv;
    ams_error err = {0};
    ck_assert_int_eq(read_text(&tsv, "a\tb\n\n1\t2\n3\n", 11, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "test.tsv:4: expected 2 cells"));
    ck_assert_ptr_null(tsv.text);
    ck_assert_int_eq(read_text(&tsv, "", 0, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "empty"));
    ck_assert_int_eq(read_text(&tsv, "\n\n", 2, &err), AMS_BAD_DATA);
    ck_assert_int_eq(read_text(&tsv, "a\n1\0002\n", 6, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "offset 3"));
    remove(path);
    ck_assert_int_eq(ams_tsv_read(&tsv, path, &err), AMS_IO);
}
END_TEST

/* The torn rows cost themselves. */
START_TEST(test_log)
{
    ams_tsv tsv;
    ams_error err = {0};
    const char *text = "a\tb\n1\t2\n3\t44\t5\n6\t7\n8\t9";
    ck_assert_int_eq(read_text(&tsv, text, strlen(text), &err), AMS_BAD_DATA);
    ck_assert_int_eq(ams_tsv_read_log(&tsv, path, &err), AMS_OK);
    ck_assert_uint_eq(tsv.n_rows, 2);
    ck_assert_str_eq(ams_tsv_cell(&tsv, 1, 1), "7");
    ck_assert_uint_eq(ams_tsv_line(&tsv, 1), 4);
    ams_tsv_fini(&tsv);
    (void)read_text(&tsv, "a\tb", 3, &err);
    ams_tsv_fini(&tsv);
    ck_assert_int_eq(ams_tsv_read_log(&tsv, path, &err), AMS_OK);
    ck_assert_uint_eq(tsv.n_rows, 0);
    ck_assert_uint_eq(tsv.n_columns, 0);
    ams_tsv_fini(&tsv);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_log);
    tcase_add_test(tests, test_read);
    tcase_add_test(tests, test_refuses);
}

int main(void)
{
    return run_suite("tsv", add);
}
