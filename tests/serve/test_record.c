/* Recording: an item's rows whole or not at all, and what is there is continued. */
#include "serve/record.h"

#include "base/file.h"
#include "tests/base/suite.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static ams_error err;

static void read_programs(ams_programs *programs, const char *ini)
{
    write_text("models.ini", ini);
    ck_assert_msg(ams_programs_read(programs, "models.ini", NULL, &err) == AMS_OK, "%s",
                  err.text);
}

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_read_file(path, 1 << 20, &text, &size, NULL), AMS_OK);
    return text;
}

/* Records, and says how it ended. */
static ams_record_counts counts;
static bool stop_at_failure;
static ams_status record(const ams_programs *programs, const char *const *item, size_t n,
                         const char *path, const ams_progress *progress)
{
    ams_names items = {0};
    uint32_t index = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(ams_names_add(&items, item[i], strlen(item[i]), &index, NULL), AMS_OK);
    }
    const ams_record_options options = {.programs = programs,
                                        .items = &items,
                                        .path = path,
                                        .output_bytes = 1024,
                                        .stop_at_failure = stop_at_failure,
                                        .progress = progress};
    ams_status status = ams_record(&options, &counts, &err);
    ams_names_fini(&items);
    return status;
}

typedef struct heard {
    char notice[300];
    int updates;
    double done, total;
} heard;

static void hear(void *context, double done, double total, const char *note)
{
    heard *h = context;
    ck_assert_ptr_nonnull(note);
    h->updates++;
    h->done = done;
    h->total = total;
}

/* Row by row, in the order of items and of models; labels without the task, which the import
 * puts before them. */
START_TEST(rows_and_models)
{
    static const char *const item[] = {"1", "two \"2\""};
    static const char *const model[] = {"m0", "m1"};
    static const char *const labels[] = {"[[\"1\",1.0],[\"b\",0.25]]", "[]",
                                         "[[\"two \\\"2\\\"\",1.0],[\"b\",0.25]]", "[]"};
    ams_programs programs;
    heard h = {0};
    const ams_progress progress = {.context = &h, .update = hear};
    read_programs(&programs, "[m0]\ncommand = echo \"$1\"; printf 'b\\t0.25\\n'\ntask = kind\n"
                             "mem_mb = 12.5\n[m1]\ncommand = true\nmem_mb = 3\n");
    ck_assert_msg(record(&programs, item, 2, "rows.jsonl", &progress) == AMS_OK, "%s",
                  err.text);
    ck_assert_int_eq(h.updates, 2);
    ck_assert(h.done == 2 && h.total == 2);
    FILE *rows = fopen("rows.jsonl", "r");
    char line[512];
    for (int r = 0; r < 4; r++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof line, rows));
        json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(row);
        ck_assert_str_eq(json_string_value(json_object_get(row, "item")), item[r / 2]);
        ck_assert_str_eq(json_string_value(json_object_get(row, "model")), model[r % 2]);
        ck_assert(json_number_value(json_object_get(row, "time_ms")) >= 0.001);
        json_t *expected = json_loads(labels[r], JSON_DECODE_INT_AS_REAL, NULL);
        json_t *found = json_loads(line, JSON_DECODE_INT_AS_REAL, NULL);
        ck_assert(json_equal(json_object_get(found, "labels"), expected));
        json_decref(found);
        json_decref(expected);
        json_decref(row);
    }
    ck_assert_ptr_null(fgets(line, sizeof line, rows));
    fclose(rows);
    char *models = read_text("rows.models.tsv");
    ck_assert_str_eq(models, "name\ttask\tmem_mb\nm0\tkind\t12.5\nm1\tm1\t3\n");
    free(models);
    ams_programs_fini(&programs);
}
END_TEST

/* Memory that no model gives is no column; that one gives is 0 of the others. */
START_TEST(models_without_memory)
{
    static const char *const item[] = {"x"};
    ams_programs programs;
    read_programs(&programs, "[m0]\ncommand = true\nmem_mb = 12.5\n[m1]\ncommand = true\n");
    ck_assert_int_eq(record(&programs, item, 1, "some", NULL), AMS_OK);
    char *models = read_text("some.models.tsv");
    ck_assert_str_eq(models, "name\ttask\tmem_mb\nm0\tm0\t12.5\nm1\tm1\t0\n");
    free(models);
    ams_programs_fini(&programs);
    read_programs(&programs, "[m0]\ncommand = true\n[m1]\ncommand = true\n");
    ck_assert_int_eq(record(&programs, item, 1, "plain", NULL), AMS_OK);
    models = read_text("plain.models.tsv");
    ck_assert_str_eq(models, "name\ttask\nm0\tm0\nm1\tm1\n");
    free(models);
    ams_programs_fini(&programs);
}
END_TEST

static void check_none(const char *path)
{
    char *models = NULL;
    ck_assert(!ams_exists(path));
    ck_assert_int_eq(ams_record_models_path(&models, path, NULL), AMS_OK);
    ck_assert(!ams_exists(models));
    free(models);
}

static void hear_notice(void *context, const char *text)
{
    heard *h = context;
    snprintf(h->notice, sizeof h->notice, "%s", text);
}

static int count_lines(const char *path)
{
    char *text = read_text(path);
    int n = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        n++;
    }
    free(text);
    return n;
}

START_TEST(a_failure_leaves_one_item_out)
{
    static const char *const item[] = {"bad", "ok", "fine"};
    ams_programs programs;
    heard h = {.notice = ""};
    const ams_progress progress = {.context = &h, .update = hear, .notice = hear_notice};
    read_programs(&programs, "[m0]\ncommand = true\n[m1]\ncommand = test \"$1\" != bad\n");
    ck_assert_int_eq(record(&programs, item, 3, "half.jsonl", &progress), AMS_OK);
    ck_assert_str_eq(h.notice, "left out: bad: model m1: exit code 1");
    ck_assert_uint_eq(counts.recorded, 2);
    ck_assert_uint_eq(counts.failed, 1);
    ck_assert_int_eq(count_lines("half.jsonl"), 4);
    /* It is tried again, and the others are not. */
    ams_programs_fini(&programs);
    read_programs(&programs, "[m0]\ncommand = true\n[m1]\ncommand = test \"$1\" = bad\n");
    ck_assert_int_eq(record(&programs, item, 3, "half.jsonl", NULL), AMS_OK);
    ck_assert_uint_eq(counts.recorded, 1);
    ck_assert_uint_eq(counts.already, 2);
    ck_assert_int_eq(count_lines("half.jsonl"), 6);
    stop_at_failure = true;
    ck_assert_int_eq(record(&programs, item + 1, 1, "stop.jsonl", NULL), AMS_BAD_DATA);
    stop_at_failure = false;
    ck_assert_ptr_nonnull(strstr(err.text, "ok: model m1: exit code 1"));
    check_none("stop.jsonl");
    ck_assert_int_eq(record(&programs, item + 1, 2, "all.jsonl", NULL), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "each of the 2 items"));
    check_none("all.jsonl");
    ams_programs_fini(&programs);
    read_programs(&programs, "[m0]\ncommand = yes\n");
    ck_assert_int_eq(record(&programs, item, 1, "much.jsonl", NULL), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 1024 bytes"));
    check_none("much.jsonl");
    ck_assert_int_eq(record(&programs, item, 1, "no/folder.jsonl", NULL), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "no/folder.jsonl"));
    ams_programs_fini(&programs);
}
END_TEST

/* Cut anywhere, a recording is continued to the same items and rows; what is no recording of
 * these models is left as it is. */
START_TEST(continued)
{
    static const char *const item[] = {"a", "b"};
    static const char *const wrong[] = {"name\ttask\n", "[m0]\ncommand = true\n", "no newline",
                                        "{\"item\": \"a\", \"model\": \"other\"}\n",
                                        ("{\"item\": \"a\", \"model\": \"m0\"}\n"
                                         "{\"item\": \"c\", \"model\": \"m0\"}\n")};
    ams_programs programs;
    read_programs(&programs, "[m0]\ncommand = echo x\n[m1]\ncommand = true\n");
    ck_assert_int_eq(record(&programs, item, 2, "cut.jsonl", NULL), AMS_OK);
    char *whole = read_text("cut.jsonl");
    const size_t size = strlen(whole);
    for (size_t n = 0; n <= size; n += n < size && n + 9 > size ? 1 : 9) {
        ck_assert_int_eq(truncate("cut.jsonl", 0), 0);
        FILE *file = fopen("cut.jsonl", "w");
        fwrite(whole, 1, n, file);
        fclose(file);
        ck_assert_msg(record(&programs, item, 2, "cut.jsonl", NULL) == AMS_OK, "%zu: %s", n,
                      err.text);
        ck_assert_uint_eq(counts.recorded + counts.already, 2);
        ck_assert_int_eq(count_lines("cut.jsonl"), 4);
    }
    ck_assert_uint_eq(counts.already, 2);
    free(whole);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text("wrong", wrong[i]);
        ck_assert_int_eq(record(&programs, item, 2, "wrong", NULL), AMS_BAD_DATA);
        char *after = read_text("wrong");
        ck_assert_str_eq(after, wrong[i]);
        free(after);
    }
    ams_programs_fini(&programs);
}
END_TEST

/* A table of models that cannot be written takes the rows with it. */
START_TEST(both_or_neither)
{
    static const char *const item[] = {"x"};
    ams_programs programs;
    read_programs(&programs, "[m0]\ncommand = true\n");
    ck_assert_int_eq(ams_make_directories("r.models.tsv/inside", NULL), AMS_OK);
    ck_assert_int_eq(record(&programs, item, 1, "r.jsonl", NULL), AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "r.models.tsv"));
    ck_assert(!ams_exists("r.jsonl"));
    ams_programs_fini(&programs);
}
END_TEST

START_TEST(names)
{
    static const char *const path[][2] = {{"rows.jsonl", "rows.models.tsv"},
                                          {"a.b/rows.v2.jsonl", "a.b/rows.v2.models.tsv"},
                                          {"a.b/rows", "a.b/rows.models.tsv"},
                                          {"rows", "rows.models.tsv"}};
    for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
        char *models = NULL;
        ck_assert_int_eq(ams_record_models_path(&models, path[i][0], NULL), AMS_OK);
        ck_assert_str_eq(models, path[i][1]);
        free(models);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, rows_and_models);
    tcase_add_test(tests, models_without_memory);
    tcase_add_test(tests, a_failure_leaves_one_item_out);
    tcase_add_test(tests, continued);
    tcase_add_test(tests, both_or_neither);
    tcase_add_test(tests, names);
}

int main(void)
{
    return run_suite("serve_record", add);
}
