/* The right answers of items: how they are set, and how foreign files have them, each rule of
 * them broken once. */
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/h5_files.h"
#include "tests/env/random_table.h"
#include "tests/env/same_table.h"

#include <unistd.h>

#define FOLDER "test_truth_folder"
static const char *const path = FOLDER "/table.h5";
static ams_error err;

enum { N = 24 };

static void setup(void)
{
    ams_table table;
    random_table_options shape = random_table_defaults(1);
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    unlink(path);
    random_table(&table, &shape);
    ck_assert_msg(ams_table_write(&table, path, &err) == AMS_OK, "%s", err.text);
    ams_table_fini(&table);
}

static void expect_refused(const char *words)
{
    ams_table found;
    ck_assert_int_eq(ams_table_read(&found, path, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
    assert_same_in_windows(path, AMS_BAD_DATA, &err);
}

/* Any order, equal answers once; none at all. */
START_TEST(test_set)
{
    ams_answer answers[] = {{5, 7}, {2, 3}, {5, 1}, {2, 3}, {5, 4}};
    ams_table table;
    const uint32_t *label = NULL;
    random_table_options shape = random_table_defaults(1);
    random_table(&table, &shape);
    ck_assert_int_eq(ams_table_set_truth(&table, answers, 5, &err), AMS_OK);
    ck_assert(ams_table_has_truth(&table));
    ck_assert_uint_eq(ams_table_truth(&table, 0, &label), 0);
    ck_assert_uint_eq(ams_table_truth(&table, 2, &label), 1);
    ck_assert_uint_eq(label[0], 3);
    ck_assert_uint_eq(ams_table_truth(&table, 5, &label), 3);
    ck_assert(label[0] == 1 && label[1] == 4 && label[2] == 7);
    ck_assert_uint_eq(ams_table_truth(&table, N - 1, &label), 0);
    ck_assert_int_eq(ams_table_set_truth(&table, NULL, 0, &err), AMS_OK);
    ck_assert(!ams_table_has_truth(&table));
    ck_assert_uint_eq(ams_table_truth(&table, 5, &label), 0);
    ams_table_fini(&table);
}
END_TEST

/* Truth as a program without bounds writes it, and each rule of it broken. */
START_TEST(test_foreign)
{
    const uint64_t n = N;
    const uint64_t bounds = n + 1;
    int64_t labels[64] = {0};
    int64_t indptr[25] = {0};
    ams_table found;
    for (uint64_t i = 0; i < n; i++) {
        labels[i] = (int64_t)i % 20;
        indptr[i + 1] = (int64_t)i + 1;
    }
    replace_integers(path, "/items/truth", 1, &n, labels);
    ck_assert_msg(ams_table_read(&found, path, &err) == AMS_OK, "%s", err.text);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *label = NULL;
        ck_assert_uint_eq(ams_table_truth(&found, i, &label), 1);
        ck_assert_uint_eq(label[0], i % 20);
    }
    ams_table_fini(&found);
    labels[5] = 20;
    replace_integers(path, "/items/truth", 1, &n, labels);
    expect_refused("truth of item 5: label below 20 expected, 20 found");
    labels[5] = 4;
    indptr[5] = 6; /* item 4 has 4, 4 and item 5 none */
    replace_integers(path, "/items/truth", 1, &n, labels);
    replace_integers(path, "/items/truth_indptr", 1, &bounds, indptr);
    expect_refused("truth of item 4: labels in ascending order expected");
    indptr[5] = 9;
    replace_integers(path, "/items/truth_indptr", 1, &bounds, indptr);
    expect_refused("/items/truth_indptr falls from 9 to 6 after item 5");
    indptr[0] = 1;
    replace_integers(path, "/items/truth_indptr", 1, &bounds, indptr);
    expect_refused("/items/truth_indptr: 0 expected at its start, 1 found");
    indptr[24] = 25;
    replace_integers(path, "/items/truth_indptr", 1, &bounds, indptr);
    expect_refused("/items/truth");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_set);
    tcase_add_test(tests, test_foreign);
}

int main(void)
{
    return run_suite("truth", add);
}
