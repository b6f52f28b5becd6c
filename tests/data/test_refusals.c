/* What an import refuses, each with its status and its whole message, and that a refusal leaves
 * no other file and an older file as it was. */
#include "ams/data.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROW(item, model, rest) "{\"item\":\"" item "\",\"model\":\"" model "\"," rest "}\n"
#define EMPTY "\"labels\":[]"

static const struct {
    const char *text, *message; /* @: the folder */
} bad[] = {
    {"", "@/rows.jsonl: expected at least one row, found none"},
    {"{}\n", "@/rows.jsonl:1: expected the fields item, model and labels, found no 'item'; "
             "--columns says which fields stand for them"},
    {"\n" ROW("i", "nanoa", EMPTY) ROW("i", "nanoab", EMPTY),
     "@/rows.jsonl:3: expected a model of @/models.tsv, found 'nanoab'; did you mean 'nanoa'?"},
    {ROW("i", "entirely else", EMPTY),
     "@/rows.jsonl:1: expected a model of @/models.tsv, found 'entirely else'"},
    {ROW("i", "nanoa", "\"labels\":[[\"a\",1.25]]"),
     "@/rows.jsonl:1: label 'a': expected a confidence from 0 to 1, found 1.25"},
    {ROW("i", "nanoa", "\"labels\":[[\"a\",NaN]]"),
     "@/rows.jsonl:1: expected one JSON object, found: invalid token near 'NaN' (column 46)"},
    {ROW("i", "nanoa", EMPTY) ROW("i", "nanob", EMPTY) ROW("i", "nanoa", EMPTY),
     "@/rows.jsonl:3: expected one execution of each model on an item, found model 'nanoa' on "
     "item "
     "'i' "
     "again, first at @/rows.jsonl:1"},
    {ROW("i", "nanoa", "\"labels\":[[\"a\",1],[\"b\",1],[\"a\",0.5]]"),
     "@/rows.jsonl:1: expected a label once in an execution, found 'a' twice in that of model "
     "'nanoa' "
     "on "
     "item 'i'; --merge-labels keeps the larger confidence"},
    {ROW("j", "nanoa", EMPTY) ROW("i", "nanoa", EMPTY) ROW("j", "nanob", EMPTY)
         ROW("j", "tinyc", EMPTY),
     "@/rows.jsonl:2: expected a row of each of the 3 models for item 'i', found none of "
     "'nanob', 'tinyc'; --allow-missing records them as executions without output, "
     "--items those of listed items"},
    {ROW("i", "nanoa", EMPTY ",\"group\":\"g\"") ROW("i", "nanob", EMPTY ",\"group\":\"h\""),
     "@/rows.jsonl:2: expected group 'g' of item 'i' as in an earlier row, found 'h'"},
    {ROW("i", "nanoa", EMPTY ",\"split\":\"test\"")
         ROW("i", "nanob", EMPTY ",\"split\":\"train\""),
     "@/rows.jsonl:2: expected split 'test' of item 'i' as in an earlier row, found 'train'"},
    {ROW("\\u001b", "nanoa", EMPTY), "@/rows.jsonl:1: expected a name of the item in UTF-8 "
                                     "without control characters, found byte "
                                     "0x1B at its position 1"},
};
enum { N_BAD = sizeof bad / sizeof *bad };

/* The message with every @ as the folder's path. */
static const char *expand(const char *message)
{
    static char text[2048];
    char directory[512];
    snprintf(directory, sizeof directory, "%s", in_folder(""));
    directory[strlen(directory) - 1] = '\0';
    text[0] = '\0';
    for (const char *at = message; *at != '\0'; at++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, *at == '@' ? "%s" : "%.1s",
                 *at == '@' ? directory : at);
    }
    return text;
}

START_TEST(test_refused)
{
    ams_import_counts counts;
    ams_error err = {""};
    put_models();
    put_file("out.h5", "old");
    ck_assert_int_eq(import_text(bad[_i].text, ams_import_defaults(), &counts, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text, expand(bad[_i].message));
    ck_assert_int_eq(count_files(), 3);
    struct stat info;
    ck_assert_int_eq(stat(in_folder("out.h5"), &info), 0);
    ck_assert_int_eq(info.st_size, 3);
}
END_TEST

START_TEST(test_only_bad_rows)
{
    ams_import_counts counts;
    ams_error err = {""};
    ams_import_options options = ams_import_defaults();
    options.skip_bad = true;
    put_models();
    ck_assert_int_eq(import_text("{}\n", options, &counts, &err), AMS_BAD_DATA);
    ck_assert_str_eq(err.text,
                     expand("@/rows.jsonl: expected at least one row, found none that is "
                            "right; the first: @/rows.jsonl:1: expected the fields "
                            "item, model and labels, found no 'item'; --columns says which "
                            "fields stand for them"));
}
END_TEST

START_TEST(test_no_times_at_all)
{
    ams_import_counts counts;
    ams_error err = {""};
    put_file("models.tsv", "name\ttask\nnanoa\tone\n");
    ck_assert_int_eq(
        import_text(ROW("i", "nanoa", EMPTY), ams_import_defaults(), &counts, &err),
        AMS_BAD_DATA);
    ck_assert_str_eq(err.text,
                     expand("@/models.tsv: row 1: expected a column time_ms, or rows of "
                            "model 'nanoa' with time_ms, found neither"));
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

static char *many_rows(void)
{
    char *text = malloc(8000000);
    size_t used = 0;
    for (uint32_t i = 0; i < 30000; i++) {
        static const char *const model[] = {"nanoa", "nanob", "tinyc"};
        used += (size_t)sprintf(text + used,
                                ROW("i%05u", "%s", "\"labels\":[[\"l%u\",0.%u],[\"k\",0.5]]"),
                                i / 3, model[i % 3], i % 97, i * 2654435761U % 1000000);
    }
    return text;
}

/* A stream that ends too early is no bad row: nothing skips it. */
START_TEST(test_truncated_input)
{
    static const char *const names[] = {"r.jsonl.gz", "r.jsonl.zst"};
    ams_import_counts counts;
    ams_error err = {""};
    ams_import_options options = ams_import_defaults();
    options.skip_bad = true;
    options.allow_missing = true;
    put_models();
    char *text = many_rows();
    const char *path = put_file(names[_i], text);
    free(text);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(truncate(path, info.st_size / 2), 0);
    ck_assert_int_eq(import_files(&names[_i], 1, options, &counts, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "found after line"));
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

/* A limit on the size of files stands in for a full disk: the spool hits it, or the result. */
START_TEST(test_disk_full)
{
    ams_import_counts counts;
    ams_error err = {""};
    put_models();
    char *text = many_rows();
    put_file("rows.jsonl", text);
    free(text);
    struct rlimit limit = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ams_status status = import_files((const char *const[]){"rows.jsonl"}, 1,
                                     ams_import_defaults(), &counts, &err);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(status, AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "File too large"));
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

START_TEST(test_cannot_write)
{
    ams_import_counts counts;
    ams_error err = {""};
    ams_import_options options = ams_import_defaults();
    options.models_path = put_models();
    const char *rows[] = {put_file("rows.jsonl", ROW("i", "nanoa", EMPTY))};
    options.output = "/tmp";
    ck_assert_int_eq(ams_data_import(rows, 1, &options, &counts, &err), AMS_IO);
    ck_assert_str_eq(err.text, "cannot write /tmp: it is not a regular file");
    options.output = in_folder("no/such/folder.h5");
    ck_assert_int_eq(ams_data_import(rows, 1, &options, &counts, &err), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
    options.output = in_folder("out.h5");
    options.split.share[0] = 0.6;
    options.allow_missing = true;
    ck_assert_int_eq(ams_data_import(rows, 1, &options, &counts, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "split: expected shares that sum to 1, found 0.6,0.1,0.4, which "
                               "sum to 1.1");
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

static void begin(void)
{
    signal(SIGXFSZ, SIG_IGN);
    folder_begin();
}

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, begin, folder_end);
    tcase_add_loop_test(tests, test_refused, 0, N_BAD);
    tcase_add_test(tests, test_only_bad_rows);
    tcase_add_test(tests, test_no_times_at_all);
    tcase_add_loop_test(tests, test_truncated_input, 0, 2);
    tcase_add_test(tests, test_disk_full);
    tcase_add_test(tests, test_cannot_write);
}

int main(void)
{
    return run_suite("data_refusals", add);
}
