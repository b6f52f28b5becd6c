/* Broken tables and files: every rule broken once, with the status and the words that say so;
 * damaged files give a clean error or the same content. */
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/broken.h"
#include "tests/env/h5_files.h"
#include "tests/env/random_table.h"
#include "tests/env/same_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER "test_table_bad_folder"
static const char *const path = FOLDER "/table.h5";

static void setup(void)
{
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    unlink(path);
    random_table_options shape = random_table_defaults(1);
    shape.recorded = true;
    random_table(&table, &shape);
    ck_assert_msg(ams_table_write(&table, path, &err) == AMS_OK, "%s", err.text);
}

static void teardown(void)
{
    ams_table_fini(&table);
}

/* ---- tables in memory ---- */

static void add_name(ams_names *names, const char *name)
{
    uint32_t index;
    ck_assert_int_eq(ams_names_add(names, name, strlen(name), &index, NULL), AMS_OK);
}

/* The first row with at least two outputs. */
static uint64_t long_row(void)
{
    uint64_t row = 0;
    while (table.indptr[row + 1] - table.indptr[row] < 2) {
        row++;
    }
    return row;
}

START_TEST(test_counts)
{
    uint64_t nnz = ams_table_outputs(&table);
    BREAK(table.n_models, 0, "1 to 64 models expected, 0 found");
    BREAK(table.n_models, 65, "1 to 64 models expected, 65 found");
    BREAK(table.n_items, 0, "at least one item");
    BREAK(table.n_models, 7, "models: 7 distinct names expected, 6 found");
    BREAK(table.n_labels, 19, "labels: 19 distinct names expected, 20 found");
    BREAK(table.n_items, 25, "items: 25 distinct names expected, 24 found");
}
END_TEST

START_TEST(test_models)
{
    uint64_t nnz = ams_table_outputs(&table);
    BREAK(table.model_task[2], 3, "model 2 (m2): task below 3 expected, 3 found");
    BREAK(table.theta[1], 0, "model 1 (m1): theta above 0 expected, 0 found");
    BREAK(table.theta[1], -1, "theta above 0 expected, -1 found");
    BREAK(table.theta[5], (float)NAN, "model 5 (m5): theta");
    BREAK(table.time_ms[0], 0, "model 0 (m0): time_ms above 0 expected, 0 found");
    BREAK(table.time_ms[0], INFINITY, "time_ms above 0 expected, inf found");
    BREAK(table.time_ms[0], (float)NAN, "time_ms");
    BREAK(table.mem_mb[3], -0.5F, "model 3 (m3): mem_mb of at least 0 expected, -0.5 found");
    BREAK(table.mem_mb[3], (float)NAN, "mem_mb");
    BREAK(table.mem_mb[3], INFINITY, "mem_mb");
    table.mem_mb[3] = 0;
    ck_assert_int_eq(ams_table_check(&table, nnz, &err), AMS_OK);
}
END_TEST

START_TEST(test_names)
{
    uint64_t nnz = ams_table_outputs(&table);
    static const char *const labels[] = {"plain", "/l", "t0/", ""};
    for (int i = 0; i < 4; i++) {
        add_name(&table.label_name, labels[i]);
        table.n_labels++;
        char words[64];
        snprintf(words, sizeof words, "label 20: \"task/label\" expected, '%s' found",
                 labels[i]);
        expect_broken(nnz, words);
        ams_table_fini(&table);
        setup();
    }
    add_name(&table.task_name, "a/b");
    expect_broken(nnz, "task 'a/b': a name without '/' expected");
}
END_TEST

START_TEST(test_items)
{
    uint64_t nnz = ams_table_outputs(&table);
    BREAK(table.split[4], 3,
          "item 4 (i00004): split 0 (train), 1 (validation) or 2 (test) "
          "expected, 3 found");
    BREAK(table.split[4], 255, "255 found");
    BREAK(table.item_group[23], 1, "item 23 (i00023): group below 1 expected, 1 found");
    BREAK(table.item_group[0], UINT32_MAX, "group below 1 expected");
}
END_TEST

START_TEST(test_rows)
{
    uint64_t nnz = ams_table_outputs(&table);
    uint64_t row = long_row();
    uint64_t at = table.indptr[row];
    uint64_t rows = (uint64_t)table.n_items * table.n_models;
    char where[64];
    snprintf(where, sizeof where, "item i%05u, model m%u: ", (unsigned)(row / 6),
             (unsigned)(row % 6));
    BREAK(table.indptr[0], 1, "indptr: 0 expected at its start, 1 found");
    BREAK(table.indptr[row + 1], at - 1, "indptr falls");
    BREAK(table.indptr[row + 1], UINT64_MAX, "indptr falls");
    BREAK(table.indptr[rows], nnz + 1, "expected at its end");
    expect_broken(nnz + 1, "expected at its end");
    expect_broken(nnz - 1, "expected at its end");
    BREAK(table.label[at], 20, "label below 20 expected, 20 found");
    BREAK(table.label[at], UINT32_MAX, where);
    BREAK(table.label[at + 1], table.label[at], "labels in ascending order expected");
    BREAK(table.label[at], table.label[at + 1] + 1, where);
    BREAK(table.label[at], (table.label[at] / 3) * 3 + (table.label[at] + 1) % 3,
          "labels of its task");
    BREAK(table.conf[at], -0.01F, "confidence in [0, 1] expected, -0.01 found");
    BREAK(table.conf[at], nextafterf(1, 2), "confidence in [0, 1] expected");
    BREAK(table.conf[nnz - 1], (float)NAN, "confidence in [0, 1] expected");
    BREAK(table.run_time_ms[row], 0, "the execution's time_ms above 0 expected, 0 found");
    BREAK(table.run_time_ms[row], (float)NAN, where);
    BREAK(table.run_time_ms[rows - 1], INFINITY, "item i00023, model m5");
}
END_TEST

/* ---- files ---- */

static void expect_refused(const char *where, ams_status expected, const char *words)
{
    ams_table found;
    err.text[0] = '\0';
    ams_status status = ams_table_read(&found, where, &err);
    ck_assert_msg(status == expected, "'%s': status %d: %s", words, (int)status, err.text);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
    ck_assert_ptr_nonnull(strstr(err.text, where));
    ck_assert_mem_eq(&found, &(const ams_table){0}, sizeof found);
    assert_same_in_windows(where, status, &err);
}

static void write_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_no_such_file)
{
    expect_refused(FOLDER "/none.h5", AMS_IO, "No such file");
    expect_refused(FOLDER, AMS_IO, "a directory");
    expect_refused("/dev/null", AMS_IO, "a device or a pipe");
    const char *pipe = FOLDER "/pipe";
    unlink(pipe);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    expect_refused(pipe, AMS_IO, "a device or a pipe");
    unlink(pipe);
    write_bytes("", 0);
    expect_refused(path, AMS_BAD_DATA, "it is empty");
    write_bytes("item,model,label\n", 17);
    expect_refused(path, AMS_BAD_DATA, "no HDF5 file");
    char hash[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_table_stored_hash(path, hash, &err), AMS_BAD_DATA);
    ck_assert_int_eq(ams_table_stored_hash(FOLDER "/none.h5", hash, &err), AMS_IO);
    ck_assert_str_eq(hash, "");
}
END_TEST

START_TEST(test_truncated)
{
    char *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 24, &bytes, &size, NULL), AMS_OK);
    for (size_t length = 1; length < size; length += length < 1024 ? 13 : size / 150) {
        write_bytes(bytes, length);
        expect_refused(path, AMS_BAD_DATA, "");
    }
    write_bytes(bytes, size - 1);
    expect_refused(path, AMS_BAD_DATA, "truncated");
    free(bytes);
}
END_TEST

/* A checksum guards every byte that matters. */
START_TEST(test_bit_flips)
{
    enum { PARTS = 4, STRIDE = SUITE_SANITIZED ? 23 : 5 };
    char *bytes = NULL;
    size_t size = 0;
    int refused = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 24, &bytes, &size, NULL), AMS_OK);
    for (size_t at = (size_t)_i; at < size; at += (at < 512 ? 1 : STRIDE) * PARTS) {
        char bit = (char)(1 << (at / PARTS % 8));
        bytes[at] = (char)(bytes[at] ^ bit);
        write_bytes(bytes, size);
        bytes[at] = (char)(bytes[at] ^ bit);
        ams_table found;
        err.text[0] = '\0';
        ams_status status = ams_table_read(&found, path, &err);
        assert_same_in_windows(path, status, &err);
        if (status == AMS_OK) {
            assert_same_table(&table, &found);
            ams_table_fini(&found);
        } else {
            ck_assert_msg(status == AMS_BAD_DATA, "byte %zu: %d: %s", at, (int)status,
                          err.text);
            ck_assert_ptr_nonnull(strstr(err.text, path));
            refused++;
        }
    }
    ck_assert_int_gt(refused, 50);
    free(bytes);
}
END_TEST

START_TEST(test_attributes)
{
    const int64_t numbers[] = {3, 0, -1, 1, 1};
    set_integer_attribute(path, "version", 1, &numbers[0]);
    expect_refused(path, AMS_BAD_DATA, "version 1 or 2 expected, 3 found: a newer program");
    set_integer_attribute(path, "version", 1, &numbers[1]);
    expect_refused(path, AMS_BAD_DATA, "version 1 or 2 expected, 0 found");
    set_integer_attribute(path, "version", 1, &numbers[2]);
    expect_refused(path, AMS_BAD_DATA, "expected");
    set_integer_attribute(path, "version", 2, &numbers[3]);
    expect_refused(path, AMS_BAD_DATA, "attribute version: one value (integers) expected");
    set_text_attribute(path, "version", "1");
    expect_refused(path, AMS_BAD_DATA,
                   "attribute version: one value (integers) expected, "
                   "strings found");
    remove_attribute(path, "version");
    expect_refused(path, AMS_BAD_DATA, "attribute version is missing");
    set_integer_attribute(path, "version", 1, &numbers[3]);
    set_text_attribute(path, "format", "other");
    expect_refused(path, AMS_BAD_DATA, "'ams-outputs' expected, 'other' found");
    set_integer_attribute(path, "format", 1, &numbers[3]);
    expect_refused(path, AMS_BAD_DATA, "attribute format: one value (strings) expected");
    remove_attribute(path, "format");
    expect_refused(path, AMS_BAD_DATA, "attribute format: 'ams-outputs' expected, '' found");
    set_text_attribute(path, "format", "ams-outputs");
    set_integer_attribute(path, "license", 1, &numbers[3]);
    expect_refused(path, AMS_BAD_DATA, "attribute license: one value (strings) expected");
    set_text_attribute(path, "license", "");
    char hash[AMS_HASH_TEXT];
    set_text_attribute(path, "content_hash", "0123");
    ck_assert_int_eq(ams_table_stored_hash(path, hash, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "32 hexadecimal digits expected, '0123' found"));
    ams_table found;
    ck_assert_msg(ams_table_read(&found, path, &err) == AMS_OK, "%s", err.text);
    assert_same_table(&table, &found);
    ams_table_fini(&found);
}
END_TEST

START_TEST(test_missing_sets)
{
    static const char *const sets[] = {
        "/models/name",  "/models/task", "/models/time_ms", "/models/mem_mb",  "/labels/name",
        "/items/id",     "/items/group", "/items/split",    "/outputs/indptr", "/outputs/label",
        "/outputs/conf", "/items",       "/models",         "/labels",         "/outputs"};
    char words[64];
    remove_set(path, sets[_i]);
    snprintf(words, sizeof words, "the data set %s", sets[_i]);
    expect_refused(path, AMS_BAD_DATA, words);
    ck_assert_ptr_nonnull(strstr(err.text, "is missing"));
}
END_TEST

/* A data set filled with one value. Extents are letters: N, M, L, R (N x M), K (outputs),
 * followed by '+' for one more; two letters are two dimensions. */
typedef struct filling {
    const char *set;
    enum { FLOATS, INTEGERS, TEXTS } type;
    const char *extents;
    double value;
    const char *words;
} filling;

static int read_extents(const char *text, uint64_t *extents)
{
    int rank = 0;
    for (; *text != '\0'; text++) {
        if (*text == '+') {
            extents[rank - 1]++;
            continue;
        }
        extents[rank++] = *text == 'N'   ? table.n_items
                          : *text == 'M' ? table.n_models
                          : *text == 'L' ? table.n_labels
                          : *text == 'R' ? (uint64_t)table.n_items * table.n_models
                                         : ams_table_outputs(&table);
    }
    return rank;
}

static void fill(const filling *f)
{
    uint64_t extents[3] = {1, 1, 1};
    int rank = read_extents(f->extents, extents);
    uint64_t n = extents[0] * extents[1] * extents[2];
    double *floats = calloc(n, sizeof *floats);
    int64_t *integers = calloc(n, sizeof *integers);
    const char **texts = calloc(n, sizeof *texts);
    for (uint64_t i = 0; i < n; i++) {
        floats[i] = f->value;
        integers[i] = f->type == INTEGERS ? (int64_t)f->value : 0;
        texts[i] = "text";
    }
    if (f->type == FLOATS) {
        replace_floats(path, f->set, rank, extents, floats);
    } else if (f->type == INTEGERS) {
        replace_integers(path, f->set, rank, extents, integers);
    } else {
        replace_texts(path, f->set, n, texts);
    }
    free(floats);
    free(integers);
    free(texts);
}

static const filling fillings[] = {
    {"/models/name", INTEGERS, "M", 1, "/models/name: strings expected, integers found"},
    {"/models/name", TEXTS, "M", 0,
     "/models/name: distinct names expected, 'text' found twice"},
    {"/models/name", TEXTS, "NM", 0, "/models/name: at most 64 expected, 144 found"},
    {"/models/task", TEXTS, "M+", 0, "/models/task: 6 strings expected"},
    {"/models/task", TEXTS, "M", 0, "labels of its task 'text' expected"},
    {"/models/theta", FLOATS, "M", 0, "theta above 0 expected"},
    {"/models/theta", FLOATS, "MM", 1, "/models/theta: 1 dimension expected, 2 found"},
    {"/models/time_ms", TEXTS, "M", 0, "/models/time_ms: floating-point numbers expected, st"},
    {"/models/time_ms", FLOATS, "M+", 1, "/models/time_ms: extents 6 x 1 expected"},
    {"/models/time_ms", FLOATS, "M", -1, "time_ms above 0 expected, -1 found"},
    {"/models/time_ms", FLOATS, "M", 1e300, "/models/time_ms holds a number that is"},
    {"/models/time_ms", INTEGERS, "M", 5, "/models/time_ms: floating-point numbers expected"},
    {"/models/mem_mb", FLOATS, "M", NAN, "mem_mb of at least 0"},
    {"/labels/name", FLOATS, "L", 0, "/labels/name: strings expected, floating-point"},
    {"/labels/name", TEXTS, "L", 0, "/labels/name: distinct names"},
    {"/items/id", TEXTS, "N", 0, "/items/id: distinct names"},
    {"/items/id", FLOATS, "NM", 0, "/items/id: 1 dimension expected, 2 found"},
    {"/items/group", TEXTS, "N+", 0, "/items/group: 24 strings expected"},
    {"/items/split", INTEGERS, "N", 3, "split 0 (train), 1 (validation) or 2 (test) expected"},
    {"/items/split", INTEGERS, "N", 256, "/items/split holds a number that is negative or"},
    {"/items/split", INTEGERS, "N", -1, "/items/split holds a number that is negative or"},
    {"/items/split", TEXTS, "N", 0, "/items/split: integers expected, strings found"},
    {"/items/split", INTEGERS, "N+", 0, "/items/split: extents 24 x 1 expected"},
    {"/outputs/indptr", INTEGERS, "R", 0, "/outputs/indptr: extents 145 x 1 expected"},
    {"/outputs/indptr", INTEGERS, "R+", 0, "/outputs/label: extents 0 x 1 expected"},
    {"/outputs/indptr", INTEGERS, "R+", -1, "/outputs/indptr holds a number that is negative"},
    {"/outputs/indptr", FLOATS, "R+", 0, "/outputs/indptr: integers expected"},
    {"/outputs/label", INTEGERS, "K", -1, "/outputs/label holds a number that is negative"},
    {"/outputs/label", INTEGERS, "K", 4294967296.0, "/outputs/label holds a number that is"},
    {"/outputs/label", INTEGERS, "K", 20, "label below 20 expected, 20 found"},
    {"/outputs/label", FLOATS, "K", 0, "/outputs/label: integers expected, floating"},
    {"/outputs/label", INTEGERS, "K+", 0, "/outputs/label: extents"},
    {"/outputs/conf", FLOATS, "K", NAN, "confidence in [0, 1] expected, nan found"},
    {"/outputs/conf", FLOATS, "K", 1.0001, "confidence in [0, 1] expected, 1.0001 found"},
    {"/outputs/conf", FLOATS, "K+", 0.5, "/outputs/conf: extents"},
    {"/outputs/conf", FLOATS, "KM", 0.5, "/outputs/conf: 1 dimension expected, 2 found"},
    {"/outputs/conf", FLOATS, "NMM", 0.5, "/outputs/conf: 1 dimension expected, 3 found"},
    {"/outputs/time_ms", FLOATS, "R", 5, "/outputs/time_ms: 2 dimensions expected, 1 found"},
    {"/outputs/time_ms", FLOATS, "MN", 5, "/outputs/time_ms: extents 24 x 6 expected"},
    {"/outputs/time_ms", FLOATS, "NM", 0, "the execution's time_ms above 0 expected"},
    {"/outputs/time_ms", TEXTS, "R", 0, "/outputs/time_ms: 2 dimensions"}};

START_TEST(test_fillings)
{
    fill(&fillings[_i]);
    expect_refused(path, AMS_BAD_DATA, fillings[_i].words);
}
END_TEST

START_TEST(test_indptr_falls)
{
    const uint64_t bounds = (uint64_t)table.n_items * table.n_models + 1;
    int64_t *indptr = calloc(bounds, sizeof *indptr);
    for (uint64_t r = 0; r < bounds; r++) {
        indptr[r] = (int64_t)table.indptr[r];
    }
    indptr[bounds / 2] = INT64_MAX;
    replace_integers(path, "/outputs/indptr", 1, &bounds, indptr);
    expect_refused(path, AMS_BAD_DATA, "indptr falls from 9223372036854775807");
    free(indptr);
}
END_TEST

static void expect_quick(const char *words)
{
    struct rusage before;
    struct rusage after;
    clock_t start = clock();
    getrusage(RUSAGE_SELF, &before);
    expect_refused(path, AMS_BAD_DATA, words);
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 64 << 10); /* KiB */
    ck_assert_double_lt((double)(clock() - start) / CLOCKS_PER_SEC, 2);
}

/* Extents far beyond the file are refused before anything is allocated for them. */
START_TEST(test_huge_claims)
{
    const uint64_t bounds = (uint64_t)table.n_items * table.n_models + 1;
    const uint64_t huge = UINT64_C(1) << 40;
    const uint64_t many = INT32_MAX;
    int64_t *indptr = calloc(bounds, sizeof *indptr);
    indptr[bounds - 1] = (int64_t)huge;
    replace_integers(path, "/outputs/indptr", 1, &bounds, indptr);
    claim_set(path, "/outputs/label", CLAIM_INTEGERS, 1, &huge, 1024);
    claim_set(path, "/outputs/conf", CLAIM_FLOATS, 1, &huge, 1024);
    expect_quick("/outputs/label claims 1099511627776 values");
    claim_set(path, "/items/group", CLAIM_TEXTS, 1, &many, 1024);
    expect_quick("/items/group: 24 strings expected from the other data sets");
    claim_set(path, "/items/id", CLAIM_TEXTS, 1, &many, 1024);
    expect_quick("/items/id claims 2147483647 values");
    claim_set(path, "/items/id", CLAIM_TEXTS, 1, &huge, 1024);
    expect_quick("/items/id: at most 2147483647 expected, 1099511627776 found");
    claim_set(path, "/labels/name", CLAIM_TEXTS, 1, &many, 1024);
    remove_set(path, "/items/id");
    link_softly(path, "/items/id", "/items/group");
    expect_quick("the data set /items/id is missing");
    free(indptr);
}
END_TEST

START_TEST(test_huge_chunks)
{
    const uint64_t extent = table.n_models;
    claim_set(path, "/models/time_ms", CLAIM_FLOATS, 1, &extent, UINT64_C(400) << 20);
    expect_quick("/models/time_ms claims 419430400 values");
}
END_TEST

START_TEST(test_values_outside)
{
    put_outside(path, "/models/time_ms", table.n_models, FOLDER "/values");
    expect_refused(path, AMS_BAD_DATA, "/models/time_ms keeps its values in another file");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_counts);
    tcase_add_test(tests, test_models);
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_items);
    tcase_add_test(tests, test_rows);
    tcase_add_test(tests, test_no_such_file);
    tcase_add_test(tests, test_truncated);
    tcase_add_loop_test(tests, test_bit_flips, 0, 4);
    tcase_add_test(tests, test_attributes);
    tcase_add_loop_test(tests, test_missing_sets, 0, 15);
    tcase_add_loop_test(tests, test_fillings, 0, sizeof fillings / sizeof *fillings);
    tcase_add_test(tests, test_indptr_falls);
    tcase_add_test(tests, test_huge_claims);
    tcase_add_test(tests, test_huge_chunks);
    tcase_add_test(tests, test_values_outside);
}

int main(void)
{
    return run_suite("table_bad", add);
}
