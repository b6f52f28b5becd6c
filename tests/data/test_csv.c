#include "data/csv.h"
#include "data/rows.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/data/fixture.h"
#include "tests/data/same_row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *line;
    size_t count;
    const char *cell[4];
    bool open;
} good[] = {
    {"a,b,c", 3, {"a", "b", "c"}, false},
    {"", 1, {""}, false},
    {",", 2, {"", ""}, false},
    {"\"a,b\",\"c\"\"d\"", 2, {"a,b", "c\"d"}, false},
    {"\"\",x", 2, {"", "x"}, false},
    {" a , b", 2, {" a ", " b"}, false},
    {"a,\"b", 2, {"a"}, true},
    {"\"a\",,b,", 4, {"a", "", "b", ""}, false},
    {"\"\"\"\",\",\"", 2, {"\"", ","}, false},
};
enum { N_GOOD = sizeof good / sizeof *good };

START_TEST(test_cells)
{
    ams_csv_cells cells = {0};
    bool open = true;
    ck_assert_int_eq(ams_csv_split(&cells, good[_i].line, strlen(good[_i].line), &open, NULL),
                     AMS_OK);
    ck_assert_int_eq(open, good[_i].open);
    ck_assert_uint_eq(cells.count, good[_i].count);
    for (size_t i = 0; i < cells.count && !open; i++) {
        ck_assert_str_eq(ams_csv_cell(&cells, i), good[_i].cell[i]);
    }
    if (open) {
        ck_assert_int_eq(ams_csv_split(&cells, "c\",d", 4, &open, NULL), AMS_OK);
        ck_assert(!open);
        ck_assert_uint_eq(cells.count, 3);
        ck_assert_str_eq(ams_csv_cell(&cells, 1), "b\nc");
        ck_assert_str_eq(ams_csv_cell(&cells, 2), "d");
    }
    ams_csv_fini(&cells);
}
END_TEST

/* A line without quotes has the cells that it has with quotes around each. */
START_TEST(test_plain_cells)
{
    ams_csv_cells plain = {0};
    ams_csv_cells quoted = {0};
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t word[4];
        char line[64];
        char with[256] = "\"";
        ams_philox(2, AMS_STREAM_TEST, i, word);
        const size_t length = ams_below(word[0], 40);
        size_t used = 1;
        for (size_t k = 0; k < length; k++) {
            line[k] = "a,-\xAC,\x2D\x2B"[(word[1 + k % 3] >> k / 3) % 7];
            const char *put = line[k] == ',' ? "\",\"" : (char[]){line[k], '\0'};
            used += (size_t)snprintf(with + used, sizeof with - used, "%s", put);
        }
        with[used++] = '"';
        bool open = true;
        ck_assert_int_eq(ams_csv_split(&plain, line, length, &open, NULL), AMS_OK);
        ck_assert(!open);
        ck_assert_int_eq(ams_csv_split(&quoted, with, used, &open, NULL), AMS_OK);
        ck_assert_uint_eq(plain.count, quoted.count);
        for (size_t k = 0; k < plain.count; k++) {
            ck_assert_str_eq(ams_csv_cell(&plain, k), ams_csv_cell(&quoted, k));
        }
    }
    ams_csv_fini(&plain);
    ams_csv_fini(&quoted);
}
END_TEST

START_TEST(test_bad_quotes)
{
    static const char *const line[] = {"a\"b,c", "\"a\"b,c"};
    static const char *const message[] = {
        "cell 1: expected quotes around the whole cell, found one inside",
        "cell 1: expected a comma after the closing quote, found 'b'"};
    ams_csv_cells cells = {0};
    ams_error err = {""};
    bool open = false;
    ck_assert_int_eq(ams_csv_split(&cells, line[_i], strlen(line[_i]), &open, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text, message[_i]);
    ams_csv_fini(&cells);
}
END_TEST

static void expect_run(ams_row_reader *reader, const char *model, uint64_t line,
                       uint32_t labels)
{
    const ams_row *row = NULL;
    bool bad = false;
    ams_error err = {""};
    ck_assert_msg(ams_rows_next(reader, &row, &bad, &err) == AMS_OK, "%s", err.text);
    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(row->model, model);
    ck_assert_uint_eq(reader->line, line);
    ck_assert_uint_eq(row->n_labels, labels);
}

START_TEST(test_runs)
{
    const char *path = put_file(
        "r.csv.gz", "conf,item,model,extra,label,group,time_ms\n"
                    "0.5,i,a,z,\"x, y\",g,1.5\n\n0.25,i,a,,z,g,1.5\n,i,b,,,,\n1,i,c,,q,,\n");
    ams_row_reader reader;
    ck_assert_int_eq(ams_rows_open(&reader, path, NULL, NULL, NULL), AMS_OK);
    expect_run(&reader, "a", 2, 2);
    ck_assert_str_eq(reader.row.label[0], "x, y");
    ck_assert_double_eq(reader.row.conf[1], 0.25);
    ck_assert_str_eq(reader.row.group, "g");
    ck_assert_double_eq(reader.row.time_ms, 1.5);
    ck_assert_uint_eq(reader.row.unknown_fields, 2);
    ck_assert_str_eq(reader.row.unknown_field, "extra");
    expect_run(&reader, "b", 5, 0);
    ck_assert_ptr_null(reader.row.group);
    ck_assert(isnan(reader.row.time_ms));
    expect_run(&reader, "c", 6, 1);
    const ams_row *row = &reader.row;
    bool bad = false;
    ck_assert_int_eq(ams_rows_next(&reader, &row, &bad, NULL), AMS_OK);
    ck_assert_ptr_null(row);
    ams_rows_close(&reader);
}
END_TEST

#define HEAD "item,model,label,conf\n"

static const struct {
    const char *text, *message; /* after "path:" */
} bad[] = {
    {"", "1: expected the header item,model,label,conf, found no line"},
    {"item,model,conf\n",
     "1: expected a header with item, model, label and conf, found no 'label'; --columns says "
     "which columns stand for them"},
    {"item,model,item,conf\n", "1: expected one column 'item', found two"},
    {HEAD "i,m,a\n", "2: expected 4 cells, found 3"},
    {HEAD "i,m,a,nan\n", "2: label 'a': expected a confidence from 0 to 1, found 'nan'"},
    {HEAD "i,m,a,1.01\n", "2: label 'a': expected a confidence from 0 to 1, found 1.01"},
    {HEAD "i,m,a,\n", "2: label 'a': expected a confidence from 0 to 1, found ''"},
    {HEAD "i,m,,0.5\n", "2: expected a name of the label, found an empty text"},
    {HEAD ",m,a,0.5\n", "2: expected a name of the item, found an empty text"},
    {HEAD "i,\xFF,a,0.5\n", "2: expected a name of the model in UTF-8 without control "
                            "characters, found byte 0xFF at its position 1"},
    {HEAD "i,m,a,0.5\ni,m,,\n",
     "3: expected a record without a label to be the only one of its execution, "
     "found another in line 2"},
    {HEAD "i,m,,\ni,m,,\n",
     "3: expected a record without a label to be the only one of its execution, "
     "found another in line 2"},
    {HEAD "i,m,\"a,0.5\n", "2: expected a closing quote, found the end of the file"},
    {"item,model,label,conf,group\ni,m,a,0.5,g\ni,m,b,0.5,h\n",
     "3: expected group 'g' as in line 2 of the same execution, found 'h'"},
    {"item,model,label,conf,group\ni,m,a,0.5,\ni,m,b,0.5,h\n",
     "3: expected group none as in line 2 of the same execution, found 'h'"},
    {"item,model,label,conf,truth\ni,m,a,0.5,x\ni,m,b,0.5,y\n",
     "3: expected truth 'x' as in line 2 of the same execution, found 'y'"},
    {"item,model,label,conf,time_ms\ni,m,a,0.5,3\ni,m,b,0.5,4\n",
     "3: expected the time 3 as in line 2 of the same execution, found 4"},
    {"\xEF\xBB\xBF", "1: expected the header item,model,label,conf, found no line"},
    {"item,model,label,conf,time_ms\ni,m,a,0.5,fast\n",
     "2: column 'time_ms': expected a number, found 'fast'"},
    {"item,model,label,conf,split\ni,m,a,0.5,none\n",
     "2: expected split train, validation or test, found 'none'"},
};
enum { N_BAD = sizeof bad / sizeof *bad };

START_TEST(test_refused)
{
    const char *path = put_file("r.csv", bad[_i].text);
    ams_row_reader reader;
    ams_error err = {""};
    ams_status status = ams_rows_open(&reader, path, NULL, NULL, &err);
    const ams_row *row = NULL;
    bool is_bad = status != AMS_OK;
    if (status == AMS_OK) {
        do {
            status = ams_rows_next(&reader, &row, &is_bad, &err);
        } while (status == AMS_OK && row != NULL);
        ams_rows_close(&reader);
    }
    ck_assert_int_eq(status, AMS_BAD_DATA);
    ck_assert(is_bad);
    ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
    ck_assert_str_eq(err.text + strlen(path) + 1, bad[_i].message);
}
END_TEST

/* A bad record is left out; the run around it is whole otherwise. */
START_TEST(test_goes_on)
{
    const char *path = put_file("r.csv", HEAD "i,m,a,0.5\ni,m,b,2\ni,m,c,0.25\nx\ni,n,a,1\n");
    ams_row_reader reader;
    ck_assert_int_eq(ams_rows_open(&reader, path, NULL, NULL, NULL), AMS_OK);
    const ams_row *row = NULL;
    int n_bad = 0;
    int n_rows = 0;
    for (;;) {
        bool is_bad = false;
        ams_status status = ams_rows_next(&reader, &row, &is_bad, NULL);
        if (status != AMS_OK) {
            ck_assert(is_bad);
            n_bad++;
            continue;
        }
        if (row == NULL) {
            break;
        }
        ck_assert_uint_eq(row->n_labels, n_rows == 0 ? 2 : 1);
        n_rows++;
    }
    ck_assert_int_eq(n_bad, 2);
    ck_assert_int_eq(n_rows, 2);
    ams_rows_close(&reader);
}
END_TEST

/* Records whose cells repeat those of the record before, or do not, in two orders of columns:
 * label and conf last, where what is repeated is seen from the bytes, and first, where every
 * record is read on its own. */
static void put_records(char *head_first, char *head_last, size_t size, uint64_t seed)
{
    static const char *const item[] = {"i", "j", "", "i"};
    static const char *const model[] = {"m", "m", "n", "\xFF"};
    static const char *const group[] = {"g", "g", "g", "h"};
    static const char *const time[] = {"1.5", "1.5", "1.50", "x"};
    static const char *const label[] = {"a", "b", "", "\"c, d\""};
    static const char *const conf[] = {"0.5", "1.0000001", "", "2"};
    size_t a =
        (size_t)snprintf(head_first, size, "item,other,model,group,time_ms,label,conf\n");
    size_t b = (size_t)snprintf(head_last, size, "label,conf,item,other,model,group,time_ms\n");
    uint32_t at[6] = {0};
    for (uint64_t k = 0; k < 12; k++) {
        uint32_t word[8];
        ams_philox(seed, AMS_STREAM_TEST, 2 * k, word);
        ams_philox(seed, AMS_STREAM_TEST, 2 * k + 1, word + 4);
        for (int i = 0; i < 6; i++) { /* mostly as before */
            const bool often = i >= 4;
            at[i] = ams_below(word[i], often ? 2 : 16) == 0 ? word[i] % 4 : often ? 0 : at[i];
        }
        a += (size_t)snprintf(head_first + a, size - a, "%s,,%s,%s,%s,%s,%s\n", item[at[0]],
                              model[at[1]], group[at[2]], time[at[3]], label[at[4]],
                              conf[at[5]]);
        b +=
            (size_t)snprintf(head_last + b, size - b, "%s,%s,%s,,%s,%s,%s\n", label[at[4]],
                             conf[at[5]], item[at[0]], model[at[1]], group[at[2]], time[at[3]]);
    }
}

static void expect_same(ams_row_reader *a, ams_row_reader *b)
{
    const ams_row *one = NULL;
    const ams_row *two = NULL;
    do {
        bool bad_one = false;
        bool bad_two = false;
        ams_error message_one = {""};
        ams_error message_two = {""};
        const ams_status status = ams_rows_next(a, &one, &bad_one, &message_one);
        ck_assert_int_eq(status, ams_rows_next(b, &two, &bad_two, &message_two));
        char *name = strstr(message_two.text, "b.csv:");
        if (name != NULL) {
            *name = 'a';
        }
        ck_assert_str_eq(message_one.text, message_two.text);
        ck_assert_int_eq(bad_one, bad_two);
        ck_assert(status == AMS_OK || bad_one);
        if (status != AMS_OK) {
            one = &a->row; /* go on */
            continue;
        }
        ck_assert_uint_eq(a->line, b->line);
        ck_assert((one == NULL) == (two == NULL));
        ck_assert(one == NULL || same_row(one, two));
    } while (one != NULL);
}

START_TEST(test_repeated)
{
    enum { FILES = SUITE_SANITIZED ? 60 : 600, SIZE = 4096 };
    for (uint64_t seed = 0; seed < FILES; seed++) {
        char texts[2][SIZE];
        put_records(texts[0], texts[1], SIZE, seed);
        ams_row_reader a;
        ams_row_reader b;
        ck_assert_int_eq(ams_rows_open(&a, put_file("a.csv", texts[0]), NULL, NULL, NULL),
                         AMS_OK);
        ck_assert_int_eq(ams_rows_open(&b, put_file("b.csv", texts[1]), NULL, NULL, NULL),
                         AMS_OK);
        expect_same(&a, &b);
        ams_rows_close(&a);
        ams_rows_close(&b);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, test_cells, 0, N_GOOD);
    tcase_add_test(tests, test_plain_cells);
    tcase_add_loop_test(tests, test_bad_quotes, 0, 2);
    tcase_add_test(tests, test_runs);
    tcase_add_loop_test(tests, test_refused, 0, N_BAD);
    tcase_add_test(tests, test_goes_on);
    tcase_add_test(tests, test_repeated);
}

int main(void)
{
    return run_suite("data_csv", add);
}
