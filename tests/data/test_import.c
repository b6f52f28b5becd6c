#include "ams/data.h"
#include "base/version.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_import_counts counts;
static ams_error err;
static ams_table table;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static void read_result(void)
{
    ck_assert_msg(ams_table_read(&table, in_folder("out.h5"), &err) == AMS_OK, "%s", err.text);
}

static void expect_run(uint32_t item, uint32_t model, uint32_t n, const char *const *label,
                       const float *conf)
{
    size_t row = (size_t)item * table.n_models + model;
    ck_assert_uint_eq(table.indptr[row + 1] - table.indptr[row], n);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t k = table.indptr[row] + i;
        ck_assert_str_eq(ams_names_get(&table.label_name, table.label[k]), label[i]);
        expect_float(table.conf[k], conf[i]);
    }
}

static const char *const golden[] = {
    ("{\"item\":\"z\",\"group\":\"g\",\"model\":\"nanob\",\"time_ms\":21,"
     "\"labels\":[[\"dog\",0.25],[\"cat\",1]]}\n"),
    "{\"item\":\"z\",\"group\":\"g\",\"model\":\"nanoa\",\"time_ms\":11,\"labels\":[]}\n",
    "{\"item\":\"a\",\"model\":\"tinyc\",\"labels\":[[\"cat\",0.125]],\"split\":\"test\"}\n",
    "{\"item\":\"a\",\"model\":\"nanoa\",\"time_ms\":12,\"labels\":[[\"bird\",0]],\"x\":1}\n",
    "{\"item\":\"z\",\"model\":\"tinyc\",\"time_ms\":31,\"labels\":[]}\n",
    "{\"item\":\"a\",\"model\":\"nanob\",\"time_ms\":22,\"labels\":[[\"dog\",0.5]]}\n",
};
enum { N_GOLDEN = sizeof golden / sizeof *golden };

/* The rows in an order drawn with `seed`, in n files of the kind that `ending` says. */
static void import_shuffled(unsigned seed, size_t n, const char *ending)
{
    char text[4][2048] = {"", "", "", ""};
    char name[4][32];
    const char *names[4];
    int order[N_GOLDEN] = {0, 1, 2, 3, 4, 5};
    for (int i = N_GOLDEN - 1; i > 0; i--) {
        int j = (int)(seed % (unsigned)(i + 1));
        seed = seed * 1664525U + 1013904223U;
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (int i = 0; i < N_GOLDEN; i++) {
        strcat(text[(size_t)i % n], golden[order[i]]);
    }
    for (size_t f = 0; f < n; f++) {
        snprintf(name[f], sizeof name[f], "rows%zu.jsonl%s", f, ending);
        names[f] = name[f];
        put_file(name[f], text[f]);
    }
    expect_ok(import_files(names, n, ams_import_defaults(), &counts, &err));
}

START_TEST(test_golden)
{
    put_models();
    import_shuffled(0, 1, "");
    ck_assert_uint_eq(counts.rows, 6);
    ck_assert_uint_eq(counts.n_items, 2);
    ck_assert_uint_eq(counts.n_labels, 4);
    ck_assert_uint_eq(counts.n_outputs, 5);
    ck_assert_uint_eq(counts.unknown_fields, 1);
    ck_assert_str_eq(counts.unknown_field, "x");
    ck_assert_uint_eq(counts.rows_without_time, 1);
    ck_assert_uint_eq(counts.bad_rows + counts.missing_runs, 0);
    ck_assert(!counts.times_from_rows);
    read_result();
    static const char *const labels[] = {"one/bird", "one/cat", "one/dog", "two/cat"};
    ck_assert_uint_eq(table.n_labels, 4);
    for (uint32_t l = 0; l < 4; l++) {
        ck_assert_str_eq(ams_names_get(&table.label_name, l), labels[l]);
    }
    ck_assert_str_eq(ams_names_get(&table.item_id, 0), "a");
    ck_assert_str_eq(ams_names_get(&table.item_id, 1), "z");
    ck_assert_str_eq(ams_names_get(&table.group_name, table.item_group[0]), "all");
    ck_assert_str_eq(ams_names_get(&table.group_name, table.item_group[1]), "g");
    ck_assert_uint_eq(table.split[0], AMS_TEST);
    static const float recorded[] = {12, 22, 30, 11, 21, 31}; /* 30: the model's */
    for (int i = 0; i < 6; i++) {
        expect_float(table.run_time_ms[i], recorded[i]);
    }
    expect_float(table.mem_mb[1], 50.5F);
    expect_run(0, 0, 1, (const char *const[]){"one/bird"}, (const float[]){0});
    expect_run(0, 1, 1, (const char *const[]){"one/dog"}, (const float[]){0.5F});
    expect_run(0, 2, 1, (const char *const[]){"two/cat"}, (const float[]){0.125F});
    expect_run(1, 0, 0, NULL, NULL);
    expect_run(1, 1, 2, (const char *const[]){"one/cat", "one/dog"}, (const float[]){1, 0.25F});
    expect_run(1, 2, 0, NULL, NULL);
    ck_assert_str_eq(table.name, "out");
    ck_assert_str_eq(table.created, "1970-01-01T00:00:07Z");
    char generator[256];
    snprintf(generator, sizeof generator,
             "ams %s data import, 1 rows without a time given their model's", ams_version);
    ck_assert_str_eq(table.generator, generator);
    ams_table_fini(&table);
}
END_TEST

/* Any order of the rows, any cut into files, any compression: the same content. */
START_TEST(test_order_does_not_matter)
{
    static const char *const ending[] = {"", ".gz", ".zst"};
    char first[AMS_HASH_TEXT];
    char stored[AMS_HASH_TEXT];
    put_models();
    import_shuffled(0, 1, "");
    strcpy(first, hash_of("out.h5"));
    for (unsigned seed = 1; seed < 13; seed++) {
        import_shuffled(seed * 7919, 1 + seed % 4, ending[seed % 3]);
        ck_assert_str_eq(hash_of("out.h5"), first);
        expect_ok(ams_table_stored_hash(in_folder("out.h5"), stored, &err));
        ck_assert_str_eq(stored, first);
    }
}
END_TEST

START_TEST(test_csv_is_the_same)
{
    put_models();
    put_file("r.jsonl",
             "{\"item\":\"i\",\"model\":\"nanoa\",\"labels\":[[\"a, b\",0.1]]}\n"
             "{\"item\":\"i\",\"model\":\"nanob\",\"labels\":[]}\n"
             "{\"item\":\"i\",\"model\":\"tinyc\",\"labels\":[[\"q\\\"\",0.7],[\"r\",1]]}\n");
    put_file("r.csv.zst", "item,model,label,conf\r\ni,tinyc,r,1\r\ni,tinyc,\"q\"\"\",0.7\r\n"
                          "i,nanob,,\r\ni,nanoa,\"a, b\",1e-1\r\n");
    char hash[AMS_HASH_TEXT];
    expect_ok(import_files((const char *const[]){"r.jsonl"}, 1, ams_import_defaults(), &counts,
                           &err));
    ck_assert_uint_eq(counts.rows_without_time, 0); /* none was expected */
    strcpy(hash, hash_of("out.h5"));
    expect_ok(import_files((const char *const[]){"r.csv.zst"}, 1, ams_import_defaults(),
                           &counts, &err));
    ck_assert_uint_eq(counts.rows, 3);
    ck_assert_str_eq(hash_of("out.h5"), hash);
    char stored[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_table_stored_hash(in_folder("out.h5"), stored, NULL), AMS_OK);
    ck_assert_str_eq(stored, hash);
    read_result();
    ck_assert_ptr_null(table.run_time_ms);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_skip_bad)
{
    put_models();
    ams_import_options options = ams_import_defaults();
    options.skip_bad = true;
    char text[4096] = "";
    for (int i = 0; i < N_GOLDEN; i++) {
        strcat(text, golden[i]);
        /* Its label "ghost" must not become one of the file's. */
        strcat(text, i == 2 ? "{\"item\":\"y\",\"model\":\"nanoa\",\"labels\":[[\"ghost\",0.5],"
                              "[\"ghost\",0.5]]}\nnonsense\n"
                            : "");
    }
    expect_ok(import_text(text, options, &counts, &err));
    ck_assert_uint_eq(counts.bad_rows, 2);
    ck_assert_uint_eq(counts.rows, 6);
    ck_assert_uint_eq(counts.n_labels, 4);
    ck_assert_uint_eq(counts.n_items, 2);
    ck_assert_ptr_nonnull(strstr(counts.first_bad, "rows.jsonl:4: expected a label once"));
    read_result();
    ck_assert_ptr_nonnull(strstr(table.generator, "2 bad rows skipped"));
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_merge_labels)
{
    put_file("models.tsv", "name\ttask\ttime_ms\nm\tt\t1\n");
    ams_import_options options = ams_import_defaults();
    options.merge_labels = true;
    expect_ok(
        import_text("{\"item\":\"i\",\"model\":\"m\",\"labels\":[[\"b\",0.25],[\"a\",0.5],"
                    "[\"b\",0.75],[\"b\",0.5]]}\n",
                    options, &counts, &err));
    ck_assert_uint_eq(counts.merged_labels, 2);
    read_result();
    expect_run(0, 0, 2, (const char *const[]){"t/a", "t/b"}, (const float[]){0.5F, 0.75F});
    ck_assert_ptr_nonnull(strstr(table.generator, "2 labels given twice in a run merged"));
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_allow_missing)
{
    put_models();
    ams_import_options options = ams_import_defaults();
    options.allow_missing = true;
    expect_ok(import_text(golden[0], options, &counts, &err));
    ck_assert_uint_eq(counts.missing_runs, 2);
    ck_assert_uint_eq(counts.rows_without_time, 0);
    read_result();
    expect_run(0, 0, 0, NULL, NULL);
    expect_run(0, 1, 2, (const char *const[]){"one/cat", "one/dog"}, (const float[]){1, 0.25F});
    expect_float(table.run_time_ms[0], 10); /* the model's */
    expect_float(table.run_time_ms[1], 21);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_times_from_training_rows)
{
    put_file("models.tsv", "name\ttask\nm\tt\n");
    expect_ok(import_text(
        "{\"item\":\"a\",\"model\":\"m\",\"labels\":[],\"time_ms\":1,\"split\":\"train\"}\n"
        "{\"item\":\"b\",\"model\":\"m\",\"labels\":[],\"time_ms\":2,\"split\":\"train\"}\n"
        "{\"item\":\"c\",\"model\":\"m\",\"labels\":[],\"split\":\"train\"}\n"
        "{\"item\":\"d\",\"model\":\"m\",\"labels\":[],\"time_ms\":100,\"split\":\"test\"}\n",
        ams_import_defaults(), &counts, &err));
    ck_assert(counts.times_from_rows);
    ck_assert_uint_eq(counts.rows_without_time, 1);
    read_result();
    expect_float(table.time_ms[0], 1.5F);
    expect_float(table.run_time_ms[2], 1.5F);
    ck_assert_ptr_nonnull(strstr(table.generator, "model times are means of training rows"));
    ams_table_fini(&table);
}
END_TEST

/* Only items whose rows say nothing are drawn, and they alone meet the shares. */
START_TEST(test_split_of_the_rest)
{
    static char text[200000];
    size_t used = 0;
    put_file("models.tsv", "name\ttask\ttime_ms\nm\tt\t1\n");
    for (int i = 0; i < 300; i++) {
        used += (size_t)sprintf(text + used,
                                "{\"item\":\"i%03d\",\"model\":\"m\",\"labels\":[]%s}\n", i,
                                i < 100 ? ",\"split\":\"validation\"" : "");
    }
    expect_ok(import_text(text, ams_import_defaults(), &counts, &err));
    read_result();
    uint32_t found[3] = {0};
    for (uint32_t i = 0; i < 300; i++) {
        found[table.split[i]]++;
        ck_assert(i >= 100 || table.split[i] == AMS_VALIDATION);
    }
    ck_assert_uint_eq(found[0], 100);
    ck_assert_uint_eq(found[1], 120);
    ck_assert_uint_eq(found[2], 80);
    ams_table_fini(&table);
}
END_TEST

static void expect_truth(uint32_t item, const char *first, const char *second)
{
    const uint32_t *label = NULL;
    const uint32_t n = ams_table_truth(&table, item, &label);
    ck_assert_uint_eq(n, (first != NULL) + (second != NULL));
    ck_assert(n < 1 || strcmp(ams_names_get(&table.label_name, label[0]), first) == 0);
    ck_assert(n < 2 || strcmp(ams_names_get(&table.label_name, label[1]), second) == 0);
}

/* The same from a field of JSON, a column of CSV and a table; also labels that no model has. */
START_TEST(test_truth)
{
    static const char *const files[] = {"r.jsonl", "r.csv"};
    static const char rows[] = "{\"item\":\"b\",\"model\":\"m\",\"labels\":[[\"y\",1]]%s}\n"
                               "{\"item\":\"a\",\"model\":\"m\",\"labels\":[[\"y\",1]]%s}\n"
                               "{\"item\":\"a\",\"model\":\"n\",\"labels\":[]%s}\n"
                               "{\"item\":\"b\",\"model\":\"n\",\"labels\":[]}\n";
    char text[512];
    char hash[AMS_HASH_TEXT];
    put_file("models.tsv", "name\ttask\ttime_ms\nm\tt\t1\nn\tu\t1\n");
    snprintf(text, sizeof text, rows, ",\"truth\":null", ",\"truth\":\"x\"",
             ",\"truth\":\"v\"");
    put_file("r.jsonl", text);
    put_file("r.csv", "item,model,label,conf,truth\nb,m,y,1,\na,m,y,1,x\na,n,,,v\nb,n,,,\n");
    for (int f = 0; f < 2; f++) {
        expect_ok(import_files(&files[f], 1, ams_import_defaults(), &counts, &err));
        ck_assert_uint_eq(counts.items_with_truth, 1);
        read_result();
        expect_truth(0, "t/x", "u/v");
        expect_truth(1, NULL, NULL);
        ams_table_fini(&table);
        ck_assert(f == 0 || strcmp(hash, hash_of("out.h5")) == 0);
        strcpy(hash, hash_of("out.h5"));
    }
    ams_import_options options = ams_import_defaults();
    options.truth_path = put_file("truth.tsv", "truth\titem\ttask\nv\ta\tu\nx\ta\tt\nx\tzz\tt\n"
                                               "\tb\tt\n");
    snprintf(text, sizeof text, rows, "", ",\"truth\":[\"x\"]", "");
    expect_ok(import_text(text, options, &counts, &err));
    ck_assert_uint_eq(counts.truth_left_out, 2);
    ck_assert_str_eq(hash_of("out.h5"), hash);
}
END_TEST

START_TEST(test_truth_refused)
{
    static const struct {
        const char *table, *words;
    } cases[] = {
        {"item\ttruth\ni\tx\n", "expected a column 'task', since the models have 2 tasks"},
        {"item\ttask\ni\tt\n", "'truth'"},
        {"item\ttruth\ttask\ni\tx\tw\n", "truth.tsv:2: expected a task of"},
        {"item\ttruth\ttask\nj\tx\tt\n", "found 1 line and none of such an item"},
    };
    ams_import_options options = ams_import_defaults();
    put_file("models.tsv", "name\ttask\ttime_ms\nm\tt\t1\nn\tu\t1\n");
    options.truth_path = put_file("truth.tsv", cases[_i].table);
    options.allow_missing = true;
    ck_assert_int_eq(
        import_text("{\"item\":\"i\",\"model\":\"m\",\"labels\":[]}\n", options, &counts, &err),
        AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, cases[_i].words) != NULL, "%s", err.text);
    options.truth_path = NULL;
    ck_assert_int_eq(
        import_text("{\"item\":\"i\",\"model\":\"m\",\"labels\":[],\"truth\":[1]}\n", options,
                    &counts, &err),
        AMS_BAD_DATA);
    ck_assert_ptr_nonnull(
        strstr(err.text, "field 'truth': expected the name of a label, found the number 1"));
}
END_TEST

/* Another column of costs: the rows' own times count nothing; one that is not there is refused.
 */
START_TEST(test_cost_column)
{
    ams_import_options options = ams_import_defaults();
    put_file("models.tsv", "name\ttask\ttime_ms\tusd\nm\tt\t10\t0.5\n");
    options.cost = "usd";
    options.cost_unit = "usd";
    static const char row[] = "{\"item\":\"i\",\"model\":\"m\",\"labels\":[],\"time_ms\":7}\n";
    expect_ok(import_text(row, options, &counts, &err));
    read_result();
    expect_float(table.time_ms[0], 0.5F);
    ck_assert_ptr_null(table.run_time_ms);
    ck_assert_str_eq(table.cost_unit, "usd");
    ams_table_fini(&table);
    options.cost = "eur";
    ck_assert_int_eq(import_text(row, options, &counts, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "eur"));
    options.cost = NULL;
    expect_ok(import_text(row, options, &counts, &err));
    read_result();
    expect_float(table.time_ms[0], 10);
    expect_float(table.run_time_ms[0], 7);
    ams_table_fini(&table);
}
END_TEST

static void begin(void)
{
    setenv("SOURCE_DATE_EPOCH", "7", 1);
    folder_begin();
}

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, begin, folder_end);
    tcase_add_test(tests, test_golden);
    tcase_add_test(tests, test_order_does_not_matter);
    tcase_add_test(tests, test_csv_is_the_same);
    tcase_add_test(tests, test_skip_bad);
    tcase_add_test(tests, test_merge_labels);
    tcase_add_test(tests, test_allow_missing);
    tcase_add_test(tests, test_times_from_training_rows);
    tcase_add_test(tests, test_split_of_the_rest);
    tcase_add_test(tests, test_cost_column);
    tcase_add_test(tests, test_truth);
    tcase_add_loop_test(tests, test_truth_refused, 0, 4);
}

int main(void)
{
    return run_suite("data_import", add);
}
