/* Recording: every row and the table of models, or neither. */
#include "serve/record.h"

#include "base/file.h"
#include "tests/base/suite.h"

#include <jansson.h>
#include <string.h>

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void read_programs(ams_programs *programs, const char *ini)
{
    ams_error err = {{0}};
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

typedef struct heard {
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
    ams_error err = {{0}};
    read_programs(&programs, "[m0]\ncommand = echo \"$1\"; printf 'b\\t0.25\\n'\ntask = kind\n"
                             "mem_mb = 12.5\n[m1]\ncommand = true\nmem_mb = 3\n");
    ck_assert_msg(ams_record(&programs, item, 2, "rows.jsonl", 1024, &progress, &err) == AMS_OK,
                  "%s", err.text);
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

/* Memory that one model does not give is no column. */
START_TEST(models_without_memory)
{
    static const char *const item[] = {"x"};
    ams_programs programs;
    read_programs(&programs, "[m0]\ncommand = true\nmem_mb = 12.5\n[m1]\ncommand = true\n");
    ck_assert_int_eq(ams_record(&programs, item, 1, "plain", 1024, NULL, NULL), AMS_OK);
    char *models = read_text("plain.models.tsv");
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

START_TEST(a_failure_leaves_nothing)
{
    static const char *const item[] = {"ok", "bad"};
    ams_programs programs;
    ams_error err = {{0}};
    read_programs(&programs, "[m0]\ncommand = true\n[m1]\ncommand = test \"$1\" = ok\n");
    ck_assert_int_eq(ams_record(&programs, item, 2, "half.jsonl", 1024, NULL, &err),
                     AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "bad: model m1: exit code 1; every row is needed"));
    check_none("half.jsonl");
    ams_programs_fini(&programs);
    read_programs(&programs, "[m0]\ncommand = yes\n");
    ck_assert_int_eq(ams_record(&programs, item, 1, "much.jsonl", 1024, NULL, &err),
                     AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 1024 bytes"));
    check_none("much.jsonl");
    ck_assert_int_eq(ams_record(&programs, item, 1, "no/folder.jsonl", 1024, NULL, &err),
                     AMS_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "no/folder.jsonl"));
    ams_programs_fini(&programs);
}
END_TEST

/* A table of models that cannot be written takes the rows with it. */
START_TEST(both_or_neither)
{
    static const char *const item[] = {"x"};
    ams_programs programs;
    ams_error err = {{0}};
    read_programs(&programs, "[m0]\ncommand = true\n");
    ck_assert_int_eq(ams_make_directories("r.models.tsv/inside", NULL), AMS_OK);
    ck_assert_int_eq(ams_record(&programs, item, 1, "r.jsonl", 1024, NULL, &err), AMS_IO);
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
    tcase_add_test(tests, a_failure_leaves_nothing);
    tcase_add_test(tests, both_or_neither);
    tcase_add_test(tests, names);
}

int main(void)
{
    return run_suite("serve_record", add);
}
