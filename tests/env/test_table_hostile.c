/* Files of which nothing can be trusted: older formats with changed bytes, chunks that hold
 * less than they should, names with control characters. */
#include "ams/table_file.h"
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/h5_files.h"
#include "tests/env/random_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FOLDER "test_table_hostile_folder"
static const char *const path = FOLDER "/table.h5";
static ams_table table;
static ams_error err;

static void setup(void)
{
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    random_table_options shape = random_table_defaults(1);
    random_table(&table, &shape);
    ck_assert_msg(ams_table_write(&table, path, &err) == AMS_OK, "%s", err.text);
}

static void teardown(void)
{
    ams_table_fini(&table);
}

/* The oldest format has no checksums: some bytes of its metadata changed. What is read is read
 * in a child first; here no signal may come. */
START_TEST(test_old_format)
{
    static const char *const old = FOLDER "/old.h5";
    write_like_h5py(&table, old);
    char *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(old, 1 << 24, &bytes, &size, &err), AMS_OK);
    uint64_t x = 88172645463325252 + (uint64_t)_i;
    for (int round = 0; round < 12; round++) {
        char *copy = malloc(size);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, size);
        for (int k = 0; k <= round % 6; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            copy[x % size] = (char)(x >> 32 & 1 ? 0xFF : x >> 40);
        }
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(copy, 1, size, file), size);
        fclose(file);
        free(copy);
        ams_table read;
        const ams_status status = ams_table_read(&read, path, &err);
        ck_assert(status == AMS_OK || status == AMS_BAD_DATA);
        if (status == AMS_OK) {
            ams_table_fini(&read);
        }
    }
    free(bytes);
}
END_TEST

/* Every kept text of the oldest format says that it is 3 GiB long: refused without taking that
 * much. A kept text is named by its length, its heap's address and its number there. */
START_TEST(test_long_text)
{
    enum { REFERENCE = 16, LENGTH = 4, ADDRESS = 8 };
    static const char *const old = FOLDER "/old.h5";
    static const uint32_t length = UINT32_C(3) << 30;
    write_like_h5py(&table, old);
    char *bytes = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(old, 1 << 24, &bytes, &size, &err), AMS_OK);
    int found = 0;
    for (size_t at = 0; at + REFERENCE <= size; at++) {
        uint32_t old_length;
        uint64_t heap;
        memcpy(&old_length, bytes + at, LENGTH);
        memcpy(&heap, bytes + at + LENGTH, ADDRESS);
        if (old_length == 0 || old_length > 64 || heap == 0 || heap + LENGTH > size ||
            memcmp(bytes + heap, "GCOL", LENGTH) != 0) {
            continue;
        }
        memcpy(bytes + at, &length, LENGTH);
        found++;
    }
    ck_assert_int_gt(found, 10);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    ams_table read;
    ck_assert_int_eq(ams_table_read(&read, path, &err), AMS_BAD_DATA);
    struct rusage used;
    ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &used), 0);
    ck_assert_int_lt(used.ru_maxrss, 3 << 20); /* KiB */
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &used), 0);
    ck_assert_int_lt(used.ru_maxrss, 3 << 20);
}
END_TEST

/* Checksums are right, but a chunk inflates to less than its values take, which the library
 * reads past the end, or to more. */
START_TEST(test_short_chunks)
{
    static const char *const sets[] = {"/outputs/conf",    "/outputs/label", "/outputs/indptr",
                                       "/outputs/time_ms", "/items/id",      "/items/split",
                                       "/models/time_ms"};
    static const size_t bytes[] = {8, 1 << 20};
    random_table_options shape = random_table_defaults(1);
    shape.recorded = true;
    ams_table_fini(&table);
    random_table(&table, &shape);
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    for (size_t k = 0; k < sizeof bytes / sizeof *bytes; k++) {
        shorten_chunk(path, sets[_i], bytes[k]);
        ams_table read;
        ck_assert_int_eq(ams_table_read(&read, path, &err), AMS_BAD_DATA);
        ck_assert_ptr_nonnull(strstr(err.text, sets[_i]));
        ck_assert_ptr_nonnull(strstr(err.text, ": a chunk of "));
        ams_error walked = {.text = ""};
        char hash[AMS_HASH_TEXT];
        ck_assert_int_eq(ams_table_hash_file(path, 1, hash, &walked), AMS_BAD_DATA);
        ck_assert_str_eq(walked.text, err.text);
    }
}
END_TEST

START_TEST(test_control_characters)
{
    static const char *const bad[] = {"a\nb", "\x1b[31m", "tab\t", "\x7f", "\xc2\x9b"};
    ams_names names = {0};
    uint32_t index;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(ams_names_add(&names, bad[i], strlen(bad[i]), &index, &err),
                         AMS_BAD_DATA);
        ck_assert_ptr_nonnull(strstr(err.text, "without control characters"));
    }
    ck_assert_int_eq(ams_names_add(&names, "zero", 5, &index, &err), AMS_BAD_DATA);
    ck_assert_int_eq(ams_names_add(&names, "\xc3\x9b \xc2\xa0", 5, &index, &err), AMS_OK);
    ams_names_fini(&names);
    set_text_attribute(path, "name", "two\nlines");
    ams_table read;
    ck_assert_int_eq(ams_table_read(&read, path, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "the name of the data"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_old_format, 0, 3);
    tcase_add_test(tests, test_long_text);
    tcase_add_loop_test(tests, test_short_chunks, 0, 7);
    tcase_add_test(tests, test_control_characters);
}

int main(void)
{
    return run_suite("table_hostile", add);
}
