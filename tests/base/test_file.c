#include "base/file.h"

#include "tests/base/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "test_file_folder"
static const char *const path = FOLDER "/out.txt";

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

static void expect_text(const char *text)
{
    char *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &data, &size, NULL), AMS_OK);
    ck_assert_str_eq(data, text);
    ck_assert_uint_eq(size, strlen(text));
    free(data);
}

static void setup(void)
{
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    unlink(path);
}

START_TEST(test_whole_or_not_there)
{
    ams_file file;
    ams_error err = {0};
    ck_assert_msg(ams_file_create(&file, path, &err) == AMS_OK, "%s", err.text);
    fputs("one", file.stream);
    fflush(file.stream);
    ck_assert(!ams_exists(path));
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_OK);
    expect_text("one");
    ams_file_abort(&file);
    expect_text("one");

    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    fputs("two", file.stream);
    ams_file_abort(&file);
    expect_text("one");
    ck_assert_int_eq(files_there(), 1);

    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_OK);
    expect_text("");
    ck_assert_int_eq(files_there(), 1);
}
END_TEST

START_TEST(test_a_failed_write_keeps_the_old_file)
{
    ams_file file;
    ams_error err = {0};
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    fputs("old", file.stream);
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_OK);
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    fputs("new", file.stream);
    /* The descriptor goes away beneath the stream, so the flush fails as on a full disk. */
    close(fileno(file.stream));
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    expect_text("old");
    ck_assert_int_eq(files_there(), 1);
}
END_TEST

/* No room for `_i` thousand bytes: the buffer of the stream is smaller than some, larger than
 * others, so that printing fails or only the last flush does. */
START_TEST(test_a_full_disk)
{
    ams_file file;
    ams_error err = {0};
    struct rlimit limit;
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    fputs("old", file.stream);
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_OK);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 999;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    for (int i = 0; i < 1000 * _i; i++) {
        fputc('n', file.stream);
    }
    ams_status status = ams_file_commit(&file, &err);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(status, AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_msg(strstr(err.text, "File too large") != NULL, "%s", err.text);
    expect_text("old");
    ck_assert_int_eq(files_there(), 1);
}
END_TEST

/* Written itself, not replaced by a file of its name. */
START_TEST(test_a_pipe_stays_a_pipe)
{
    ams_file file;
    ams_error err = {0};
    struct stat info;
    char read_back[4] = {0};
    char *temporary = NULL;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDWR | O_CLOEXEC); /* so that nobody waits for the other end */
    ck_assert_int_ge(reader, 0);
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    fputs("one", file.stream);
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_OK);
    ck_assert_int_eq(read(reader, read_back, 3), 3);
    ck_assert_str_eq(read_back, "one");
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    ams_file_abort(&file);
    ck_assert_int_eq(ams_temporary_path(&temporary, path, &err), AMS_IO);
    ck_assert_ptr_null(temporary);
    ck_assert_ptr_nonnull(strstr(err.text, "device or a pipe"));
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(S_ISFIFO(info.st_mode));
    ck_assert_int_eq(files_there(), 1);
    close(reader);
}
END_TEST

START_TEST(test_refuses)
{
    ams_file file;
    ams_error err = {0};
    ck_assert_int_eq(ams_file_create(&file, FOLDER, &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "is a directory"));
    ck_assert_int_eq(ams_file_create(&file, FOLDER "/none/out.txt", &err), AMS_IO);
    ams_file_abort(&file);
    char *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(FOLDER, 100, &data, &size, &err), AMS_IO);
    ck_assert_int_eq(ams_read_file(FOLDER "/none", 100, &data, &size, &err), AMS_IO);
    ck_assert_int_eq(ams_file_create(&file, path, &err), AMS_OK);
    fputs("0123456789", file.stream);
    ck_assert_int_eq(ams_file_commit(&file, &err), AMS_OK);
    ck_assert_int_eq(ams_read_file(path, 9, &data, &size, &err), AMS_BAD_DATA);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(ams_read_file(path, 10, &data, &size, &err), AMS_OK);
    ck_assert_uint_eq(size, 10);
    free(data);
    ck_assert_int_eq(ams_make_directories(FOLDER "/out.txt", &err), AMS_IO);
    ck_assert_int_eq(ams_make_directories(FOLDER "/out.txt/below", &err), AMS_IO);
}
END_TEST

START_TEST(test_paths)
{
    char *joined = NULL;
    ck_assert_int_eq(ams_join_path(&joined, "a", "b", NULL), AMS_OK);
    ck_assert_str_eq(joined, "a/b");
    free(joined);
    ck_assert_int_eq(ams_join_path(&joined, "a/", "b", NULL), AMS_OK);
    ck_assert_str_eq(joined, "a/b");
    free(joined);
    ck_assert_int_eq(ams_make_directories(FOLDER "/x/y/z/", NULL), AMS_OK);
    ck_assert(ams_is_directory(FOLDER "/x/y/z"));
    ck_assert_int_eq(ams_make_directories(FOLDER "/x/y/z", NULL), AMS_OK);
    ck_assert_int_eq(ams_make_directories("/", NULL), AMS_OK);
    rmdir(FOLDER "/x/y/z");
    rmdir(FOLDER "/x/y");
    rmdir(FOLDER "/x");
}
END_TEST

START_TEST(test_probes)
{
    ams_error err = {0};
    ck_assert_int_eq(ams_file_probe(path, &err), AMS_OK);
    ck_assert_int_eq(files_there(), 0);
    ck_assert_int_eq(ams_file_probe(FOLDER "/no/out.txt", &err), AMS_IO);
    ck_assert_int_eq(ams_file_probe(FOLDER, &err), AMS_IO);
    ck_assert_int_eq(ams_file_probe("/dev/null", &err), AMS_OK);
    ck_assert_int_eq(ams_folder_probe(FOLDER, &err), AMS_OK);
    ck_assert_int_eq(ams_folder_probe(FOLDER "/a/b/c", &err), AMS_OK);
    ck_assert_int_eq(ams_folder_probe("not/there", &err), AMS_OK);
    ck_assert_int_eq(files_there(), 0);
    ck_assert_int_eq(ams_folder_probe("/dev/null", &err), AMS_IO);
    ck_assert_int_eq(ams_folder_probe("/dev/null/a", &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/null/a"));
    ck_assert_int_eq(ams_folder_probe("/proc/nowhere", &err), AMS_IO);
}
END_TEST

START_TEST(test_same_file)
{
    ams_file file;
    ck_assert_int_eq(ams_file_create(&file, path, NULL), AMS_OK);
    ck_assert_int_eq(ams_file_commit(&file, NULL), AMS_OK);
    ck_assert_int_eq(link(path, FOLDER "/hard"), 0);
    ck_assert_int_eq(symlink("out.txt", FOLDER "/soft"), 0);
    ck_assert(ams_same_file(path, FOLDER "/hard"));
    ck_assert(ams_same_file(path, FOLDER "/soft"));
    ck_assert(ams_same_file(path, FOLDER "/./out.txt"));
    ck_assert(!ams_same_file(path, FOLDER));
    ck_assert(!ams_same_file(FOLDER "/absent", FOLDER "/absent"));
    unlink(FOLDER "/hard");
    unlink(FOLDER "/soft");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_whole_or_not_there);
    tcase_add_test(tests, test_a_failed_write_keeps_the_old_file);
    tcase_add_loop_test(tests, test_a_full_disk, 1, 12);
    tcase_add_test(tests, test_a_pipe_stays_a_pipe);
    tcase_add_test(tests, test_refuses);
    tcase_add_test(tests, test_paths);
    tcase_add_test(tests, test_probes);
    tcase_add_test(tests, test_same_file);
}

int main(void)
{
    return run_suite("file", add);
}
