#include "data/lines.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_line(ams_line_reader *reader, const char *expected)
{
    const char *line = NULL;
    size_t length = 0;
    ams_error err = {""};
    ck_assert_msg(ams_lines_next(reader, &line, &length, &err) == AMS_OK, "%s", err.text);
    if (expected == NULL) {
        ck_assert_ptr_null(line);
        return;
    }
    ck_assert_str_eq(line, expected);
    ck_assert_uint_eq(length, strlen(expected));
}

static const char *const endings[] = {"t.txt", "t.txt.gz", "t.txt.zst"};

START_TEST(test_line_ends)
{
    const char *path = put_file(endings[_i], "\xEF\xBB\xBF"
                                             "one\r\n\ntwo words\n\rno end");
    ams_line_reader *reader = NULL;
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    expect_line(reader, "one");
    expect_line(reader, "");
    expect_line(reader, "two words");
    ck_assert_uint_eq(ams_lines_number(reader), 3);
    expect_line(reader, "\rno end");
    expect_line(reader, NULL);
    expect_line(reader, NULL);
    ck_assert_uint_eq(ams_lines_number(reader), 4);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(ams_lines_bytes(reader), (uint64_t)info.st_size);
    ams_lines_close(reader);
}
END_TEST

START_TEST(test_empty)
{
    const char *path = put_file(endings[_i], "");
    ams_line_reader *reader = NULL;
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    expect_line(reader, NULL);
    ams_lines_close(reader);
}
END_TEST

#define MARK "\xEF\xBB\xBF"

/* A byte order mark alone is an empty file. */
START_TEST(test_mark_alone)
{
    const char *path = put_file(endings[_i], MARK);
    ams_line_reader *reader = NULL;
    const char *block = NULL;
    size_t size = 1;
    char first = 'x';
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    ck_assert_int_eq(ams_lines_first(reader, &first, NULL), AMS_OK);
    ck_assert_int_eq(first, '\0');
    expect_line(reader, NULL);
    ams_lines_close(reader);
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    ck_assert_int_eq(ams_lines_block(reader, &block, &size, NULL), AMS_OK);
    ck_assert_uint_eq(size, 0);
    ams_lines_close(reader);
}
END_TEST

/* A file whose first block is the mark alone: two frames one after the other. */
static const char *put_frames(const char *rest)
{
    char bytes[4096];
    FILE *joined = fopen(in_folder("joined.zst"), "wb");
    ck_assert_ptr_nonnull(joined);
    for (int i = 0; i < 2; i++) {
        FILE *part = fopen(put_file("part.zst", i == 0 ? MARK : rest), "rb");
        ck_assert_ptr_nonnull(part);
        const size_t size = fread(bytes, 1, sizeof bytes, part);
        ck_assert_uint_eq(fwrite(bytes, 1, size, joined), size);
        fclose(part);
    }
    fclose(joined);
    return in_folder("joined.zst");
}

START_TEST(test_mark_in_a_block)
{
    const char *path = put_frames("[one\ntwo");
    ams_line_reader *reader = NULL;
    const char *block = NULL;
    size_t size = 0;
    char first = 'x';
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    ck_assert_int_eq(ams_lines_first(reader, &first, NULL), AMS_OK);
    ck_assert_int_eq(first, '[');
    expect_line(reader, "[one");
    expect_line(reader, "two");
    expect_line(reader, NULL);
    ams_lines_close(reader);
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    ck_assert_int_eq(ams_lines_block(reader, &block, &size, NULL), AMS_OK);
    ck_assert_uint_eq(size, strlen("[one\ntwo"));
    ck_assert_int_eq(memcmp(block, "[one\ntwo", size), 0);
    ck_assert_int_eq(ams_lines_block(reader, &block, &size, NULL), AMS_OK);
    ck_assert_uint_eq(size, 0);
    ams_lines_close(reader);
}
END_TEST

/* Numbers long enough for several blocks of the decoder and of the writer. */
static char *many_lines(void)
{
    char *text = malloc(4000000);
    size_t used = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        used += (size_t)sprintf(text + used, "%u %x\n", i, i * 2654435761U);
    }
    return text;
}

START_TEST(test_many)
{
    char *text = many_lines();
    const char *path = put_file(endings[_i], text);
    ams_line_reader *reader = NULL;
    ck_assert_int_eq(ams_lines_open(&reader, path, NULL), AMS_OK);
    char *at = text;
    for (uint32_t i = 0; i < 200000; i++) {
        char *end = strchr(at, '\n');
        *end = '\0';
        expect_line(reader, at);
        at = end + 1;
    }
    expect_line(reader, NULL);
    ams_lines_close(reader);
    free(text);
}
END_TEST

START_TEST(test_truncated)
{
    char *text = many_lines();
    const char *path = put_file(endings[1 + _i / 3], text);
    free(text);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    static const off_t cut[] = {1, 5, 40000};
    ck_assert_int_eq(truncate(path, info.st_size - cut[_i % 3]), 0);
    ams_line_reader *reader = NULL;
    ams_error err = {""};
    ck_assert_int_eq(ams_lines_open(&reader, path, &err), AMS_OK);
    const char *line = "";
    size_t length = 0;
    ams_status status = AMS_OK;
    while (status == AMS_OK && line != NULL) {
        status = ams_lines_next(reader, &line, &length, &err);
    }
    ck_assert_int_eq(status, AMS_BAD_DATA);
    ck_assert_ptr_eq(strstr(err.text, path), err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "found after line "));
    ams_lines_close(reader);
}
END_TEST

/* Who reads blocks hears how many lines were whole, too. */
START_TEST(test_truncated_blocks)
{
    char *text = many_lines();
    const char *path = put_file("t.gz", text);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(truncate(path, info.st_size / 2), 0);
    ams_line_reader *reader = NULL;
    ams_error err = {""};
    ck_assert_int_eq(ams_lines_open(&reader, path, &err), AMS_OK);
    uint64_t lines = 0;
    const char *block = NULL;
    size_t size = 1;
    ams_status status = AMS_OK;
    while (status == AMS_OK && size > 0) {
        status = ams_lines_block(reader, &block, &size, &err);
        for (size_t i = 0; status == AMS_OK && i < size; i++) {
            lines += block[i] == '\n';
        }
    }
    char expected[64];
    snprintf(expected, sizeof expected, "found after line %llu:", (unsigned long long)lines);
    ck_assert_int_eq(status, AMS_BAD_DATA);
    ck_assert_uint_gt(lines, 1000);
    ck_assert_msg(strstr(err.text, expected) != NULL, "%s", err.text);
    ams_lines_close(reader);
    free(text);
}
END_TEST

/* One bit of a gzip file: what comes is the text, or nothing is said to be whole. */
START_TEST(test_flipped_bits)
{
    static const char text[] = "one line\nand another one, and another one\n";
    const char *path = put_file("t.gz", text);
    FILE *stored = fopen(path, "r+b");
    ck_assert_ptr_nonnull(stored);
    char bytes[256];
    const long size = (long)fread(bytes, 1, sizeof bytes, stored);
    int refused = 0;
    for (long bit = 0; bit < 8 * size; bit++) {
        const char changed = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        ams_line_reader *reader = NULL;
        char read[sizeof text + 64] = "";
        const char *line = "";
        size_t length = 0;
        fseek(stored, bit / 8, SEEK_SET);
        fputc(changed, stored);
        fflush(stored);
        ams_status status = ams_lines_open(&reader, path, NULL);
        while (status == AMS_OK && line != NULL) {
            status = ams_lines_next(reader, &line, &length, NULL);
            if (status == AMS_OK && line != NULL && bit >= 24) {
                ck_assert_uint_lt(strlen(read) + length + 1, sizeof read);
                strcat(strcat(read, line), "\n");
            }
        }
        /* Without its first bytes it is no gzip file, but text. */
        ck_assert(bit < 24 || status == AMS_BAD_DATA || strcmp(read, text) == 0);
        refused += status == AMS_BAD_DATA;
        ams_lines_close(reader);
        fseek(stored, bit / 8, SEEK_SET);
        fputc(bytes[bit / 8], stored);
    }
    ck_assert_int_ge(refused, (int)(8 * (size - 10)));
    fclose(stored);
}
END_TEST

START_TEST(test_cannot_open)
{
    ams_line_reader *reader = NULL;
    ams_error err = {""};
    ck_assert_int_eq(ams_lines_open(&reader, in_folder("absent"), &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    ck_assert_ptr_null(reader);
    ck_assert_int_eq(ams_lines_open(&reader, "/tmp", &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "is a directory"));
    ams_line_writer *writer = NULL;
    ck_assert_int_eq(ams_lines_create(&writer, in_folder("no/such/folder"), &err), AMS_IO);
    ck_assert_ptr_null(writer);
    ck_assert_int_eq(ams_lines_create(&writer, "/tmp", &err), AMS_IO);
}
END_TEST

START_TEST(test_writer_is_atomic)
{
    put_file("t.gz", "old\n");
    ams_line_writer *writer = NULL;
    ck_assert_int_eq(ams_lines_create(&writer, in_folder("t.gz"), NULL), AMS_OK);
    ams_lines_print(writer, "%s\n", "new");
    ck_assert_int_eq(count_files(), 2);
    ams_lines_abandon(writer);
    ams_lines_abandon(NULL);
    ck_assert_int_eq(count_files(), 1);
    ams_line_reader *reader = NULL;
    ck_assert_int_eq(ams_lines_open(&reader, in_folder("t.gz"), NULL), AMS_OK);
    expect_line(reader, "old");
    ams_lines_close(reader);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, test_line_ends, 0, 3);
    tcase_add_loop_test(tests, test_empty, 0, 3);
    tcase_add_loop_test(tests, test_mark_alone, 0, 3);
    tcase_add_test(tests, test_mark_in_a_block);
    tcase_add_loop_test(tests, test_many, 0, 3);
    tcase_add_loop_test(tests, test_truncated, 0, 6);
    tcase_add_test(tests, test_truncated_blocks);
    tcase_add_test(tests, test_flipped_bits);
    tcase_add_test(tests, test_cannot_open);
    tcase_add_test(tests, test_writer_is_atomic);
}

int main(void)
{
    return run_suite("data_lines", add);
}
