/* The streaming writer and hasher: against ams_table_write, in use against their rules, and on
 * a disk that fills up. */
#include "ams/writer.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/env/same_table.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER "test_writer_folder"
static const char *const path = FOLDER "/table.h5";
static ams_table table;
static ams_error err;

static void empty_folder(void)
{
    DIR *folder = opendir(FOLDER);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            ck_assert_int_eq(unlinkat(dirfd(folder), entry->d_name, 0), 0);
        }
    }
    closedir(folder);
}

static int files_there(void)
{
    DIR *folder = opendir(FOLDER);
    ck_assert_ptr_nonnull(folder);
    int n = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        n += entry->d_name[0] != '.';
    }
    closedir(folder);
    return n;
}

static void setup(void)
{
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    empty_folder();
    random_table_options shape = random_table_defaults(1);
    shape.recorded = true;
    random_table(&table, &shape);
}

static void teardown(void)
{
    ams_table_fini(&table);
}

static uint64_t rows_of(const ams_table *t)
{
    return (uint64_t)t->n_items * t->n_models;
}

static ams_status put_row(ams_writer *writer, const ams_table *t, uint64_t row)
{
    uint64_t first = t->indptr[row];
    return ams_writer_row(writer, t->label + first, t->conf + first,
                          (uint32_t)(t->indptr[row + 1] - first),
                          t->run_time_ms == NULL ? 0 : t->run_time_ms[row], &err);
}

static ams_writer *new_writer(const ams_table *t)
{
    ams_writer *writer = NULL;
    ck_assert_msg(ams_writer_create(&writer, path, t, t->run_time_ms != NULL, &err) == AMS_OK,
                  "%s", err.text);
    return writer;
}

START_TEST(test_same_bytes_as_a_table)
{
    char *bytes[2] = {NULL, NULL};
    size_t size[2];
    char hash[AMS_HASH_TEXT];
    if (_i == 1) {
        free(table.run_time_ms);
        table.run_time_ms = NULL;
    }
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ck_assert_int_eq(ams_read_file(path, 1 << 24, &bytes[0], &size[0], NULL), AMS_OK);
    ck_assert_int_eq(ams_table_hash(&table, hash, &err), AMS_OK);
    ams_table head = table;
    head.indptr = NULL;
    head.label = NULL;
    head.conf = NULL;
    head.run_time_ms = NULL;
    ams_writer *writer = NULL;
    ck_assert_int_eq(ams_writer_create(&writer, path, &head, _i == 0, &err), AMS_OK);
    for (uint64_t r = 0; r < rows_of(&table); r++) {
        ck_assert_msg(put_row(writer, &table, r) == AMS_OK, "%s", err.text);
    }
    ck_assert_int_eq(ams_writer_finish(writer, hash, &err), AMS_OK);
    ck_assert_int_eq(ams_read_file(path, 1 << 24, &bytes[1], &size[1], NULL), AMS_OK);
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    ck_assert_int_eq(files_there(), 1);
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

/* Rows in canonical order give the hash of the table; labels unused are left out only if said.
 */
START_TEST(test_streamed_hash)
{
    char expected[AMS_HASH_TEXT];
    char found[AMS_HASH_TEXT];
    uint32_t *order = NULL;
    bool *used = calloc(table.n_labels, sizeof *used);
    ck_assert_int_eq(ams_table_hash(&table, expected, &err), AMS_OK);
    for (uint64_t k = 0; k < ams_table_outputs(&table); k++) {
        used[table.label[k]] = true;
    }
    ck_assert_int_eq(ams_names_sort(&table.item_id, &order, &err), AMS_OK);
    ams_table again;
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ck_assert_int_eq(ams_table_read(&again, path, &err), AMS_OK);
    ams_hasher *hasher = NULL;
    ck_assert_int_eq(ams_hasher_create(&hasher, &again, true, used, &err), AMS_OK);
    for (uint32_t i = 0; i < again.n_items; i++) {
        ams_hasher_item(hasher, order[i]);
        for (uint32_t m = 0; m < again.n_models; m++) {
            uint64_t row = (uint64_t)order[i] * again.n_models + m;
            uint32_t count = (uint32_t)(again.indptr[row + 1] - again.indptr[row]);
            uint32_t label[32];
            float conf[32];
            uint32_t n = 0;
            uint32_t *by_name = NULL;
            ck_assert_int_eq(ams_names_sort(&again.label_name, &by_name, &err), AMS_OK);
            for (uint32_t l = 0; l < again.n_labels; l++) {
                for (uint64_t k = again.indptr[row]; k < again.indptr[row + 1]; k++) {
                    if (again.label[k] == by_name[l]) {
                        label[n] = by_name[l];
                        conf[n++] = again.conf[k];
                    }
                }
            }
            ck_assert_uint_eq(n, count);
            ams_hasher_row(hasher, label, conf, n, again.run_time_ms[row]);
            free(by_name);
        }
    }
    ams_hasher_finish(hasher, found);
    ck_assert_str_eq(expected, found);
    ams_table_fini(&again);
    free(order);
    free(used);
}
END_TEST

/* A row that is refused leaves the writer as it was. */
static void refuse(ams_writer *writer, const uint32_t *label, const float *conf, uint32_t count,
                   float time_ms, const char *words)
{
    err.text[0] = '\0';
    ck_assert_int_eq(ams_writer_row(writer, label, conf, count, time_ms, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "item i00000, model m0"));
}

START_TEST(test_refused_rows)
{
    const uint32_t falling[] = {3, 0};
    const uint32_t twice[] = {3, 3};
    const uint32_t beyond[] = {0, 20};
    const uint32_t foreign[] = {0, 1};
    const float half[] = {0.5F, 0.5F};
    const float large[] = {0.5F, 1.5F};
    const float nan_[] = {0.0F / 0.0F};
    ams_writer *writer = new_writer(&table);
    refuse(writer, falling, half, 2, 1, "ascending");
    refuse(writer, twice, half, 2, 1, "ascending");
    refuse(writer, beyond, half, 2, 1, "label below 20 expected, 20 found");
    refuse(writer, foreign, half, 2, 1, "'t0' expected, 't1/l1' found");
    const uint32_t rising[] = {0, 3};
    refuse(writer, rising, large, 2, 1, "[0, 1] expected, 1.5");
    refuse(writer, rising, nan_, 1, 1, "[0, 1] expected");
    refuse(writer, rising, half, 2, 0, "time_ms above 0 expected");
    refuse(writer, rising, half, 2, -1, "time_ms above 0 expected");
    for (uint64_t r = 0; r < rows_of(&table); r++) {
        ck_assert_int_eq(put_row(writer, &table, r), AMS_OK);
    }
    ck_assert_int_eq(ams_writer_finish(writer, "", &err), AMS_OK);
    ams_table found;
    ck_assert_msg(ams_table_read(&found, path, &err) == AMS_OK, "%s", err.text);
    assert_same_table(&table, &found);
    ams_table_fini(&found);
}
END_TEST

START_TEST(test_number_of_rows)
{
    ams_writer *writer = new_writer(&table);
    uint64_t rows = rows_of(&table);
    for (uint64_t r = 0; r + 1 < rows; r++) {
        ck_assert_int_eq(put_row(writer, &table, r), AMS_OK);
    }
    ck_assert_int_eq(ams_writer_finish(writer, "", &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "144 rows (items x models) expected, 143 came"));
    ck_assert_int_eq(files_there(), 0);
    writer = new_writer(&table);
    for (uint64_t r = 0; r < rows; r++) {
        ck_assert_int_eq(put_row(writer, &table, r), AMS_OK);
    }
    ck_assert_int_eq(put_row(writer, &table, rows - 1), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 144 rows"));
    ck_assert_int_eq(files_there(), 1);
    ams_writer_destroy(writer);
    ck_assert_int_eq(files_there(), 0);
    ams_writer_destroy(NULL);
}
END_TEST

static void refuse_path(const char *where, const char *words)
{
    err.text[0] = '\0';
    ck_assert_int_eq(ams_table_write(&table, where, &err), AMS_IO);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
    ck_assert_ptr_nonnull(strstr(err.text, where));
}

START_TEST(test_refused_paths)
{
    refuse_path(FOLDER, "is a directory");
    refuse_path(FOLDER "/none/table.h5", "No such file");
    refuse_path("/proc/table.h5", "cannot write");
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    refuse_path(FOLDER "/table.h5/below.h5", "Not a directory");
    ck_assert_int_eq(files_there(), 1);
    if (geteuid() != 0) { /* root may write anywhere */
        ck_assert_int_eq(chmod(FOLDER, 0555), 0);
        refuse_path(FOLDER "/other.h5", "Permission denied");
        ck_assert_int_eq(chmod(FOLDER, 0755), 0);
    }
}
END_TEST

START_TEST(test_refused_texts)
{
    static char text[65537];
    memset(text, 'x', 65536);
    char *kept = table.source;
    table.source = strndup(text, 8193);
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "attribute source: at most 8192 bytes"));
    free(table.source);
    table.source = kept;
    uint32_t index;
    ck_assert_int_eq(ams_names_add(&table.group_name, text, 65536, &index, &err), AMS_OK);
    table.item_group[3] = index;
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "/items/group: names of at most 65535 bytes"));
    table.n_models = 0;
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_BAD_DATA);
    table.n_models = 6;
    ck_assert_int_eq(files_there(), 0);
}
END_TEST

/* ---- a disk that fills up ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void assert_old_file(const char *bytes, size_t size)
{
    char *found = NULL;
    size_t found_size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 24, &found, &found_size, NULL), AMS_OK);
    ck_assert_uint_eq(found_size, size);
    ck_assert_mem_eq(found, bytes, size);
    ck_assert_int_eq(files_there(), 1);
    free(found);
}

/* What a process does that meets the full disk; its exit code, after all its exit handlers. */
static void fill_disk(rlim_t room, bool try_again)
{
    signal(SIGXFSZ, SIG_IGN);
    limit_files(room);
    ams_status status = ams_table_write(&table, path, &err);
    limit_files(RLIM_INFINITY);
    ck_assert_msg(status == AMS_IO, "%d: %s", (int)status, err.text);
    ck_assert_msg(strstr(err.text, "table.h5") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "cannot write") != NULL, "%s", err.text);
    ck_assert_msg(strchr(err.text, '\n') == NULL, "%s", err.text);
    if (try_again) {
        ck_assert_msg(ams_table_write(&table, path, &err) == AMS_OK, "%s", err.text);
    }
}

static size_t write_old_file(char **old)
{
    size_t size = 0;
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ck_assert_int_eq(ams_read_file(path, 1 << 24, old, &size, NULL), AMS_OK);
    ams_table_fini(&table);
    random_table_options shape = random_table_defaults(2);
    shape.n_items = 3000;
    shape.n_models = 30;
    shape.distinct = true;
    random_table(&table, &shape);
    return size;
}

/* The limits go from nothing to just short of the whole file. */
START_TEST(test_full_disk)
{
    enum { STEPS = SUITE_SANITIZED ? 8 : 24 };
    char *old = NULL;
    struct stat info;
    size_t size = write_old_file(&old);
    const char *whole = FOLDER "/whole.h5";
    ck_assert_int_eq(ams_table_write(&table, whole, &err), AMS_OK);
    ck_assert_int_eq(stat(whole, &info), 0);
    unlink(whole);
    for (int step = 0; step < STEPS; step++) {
        rlim_t room = (rlim_t)(info.st_size - 1) * (rlim_t)step / (STEPS - 1);
        fflush(NULL);
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            fill_disk(room, false);
            ams_table_fini(&table);
            free(old);
            exit(0);
        }
        int result = 0;
        ck_assert_int_eq(waitpid(child, &result, 0), child);
        ck_assert_msg(result == 0, "room for %llu bytes: wait status %d",
                      (unsigned long long)room, result);
        assert_old_file(old, size);
    }
    free(old);
}
END_TEST

/* The same process writes once there is room again. */
START_TEST(test_after_a_full_disk)
{
    static const rlim_t rooms[] = {0, 3000, 100000};
    char *old = NULL;
    write_old_file(&old);
    free(old);
    fill_disk(rooms[_i], true);
    ams_table found;
    ck_assert_msg(ams_table_read(&found, path, &err) == AMS_OK, "%s", err.text);
    assert_same_table(&table, &found);
    ams_table_fini(&found);
    ck_assert_int_eq(files_there(), 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_same_bytes_as_a_table, 0, 2);
    tcase_add_test(tests, test_streamed_hash);
    tcase_add_test(tests, test_refused_rows);
    tcase_add_test(tests, test_number_of_rows);
    tcase_add_test(tests, test_refused_paths);
    tcase_add_test(tests, test_refused_texts);
    tcase_add_test(tests, test_full_disk);
    tcase_add_loop_test(tests, test_after_a_full_disk, 0, 3);
}

int main(void)
{
    return run_suite("writer", add);
}
