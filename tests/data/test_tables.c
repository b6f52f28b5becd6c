/* Merge, select and export, on random tables. */
#include "ams/data.h"

#include "tests/base/suite.h"
#include "tests/data/fixture.h"
#include "tests/env/random_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static void expect_equal(const ams_table *a, const ams_table *b)
{
    char left[AMS_HASH_TEXT];
    char right[AMS_HASH_TEXT];
    expect_ok(ams_table_hash(a, left, &err));
    expect_ok(ams_table_hash(b, right, &err));
    ck_assert_str_eq(left, right);
}

static void select_items(ams_table *part, const ams_table *table, uint32_t first, uint32_t step)
{
    const char *items[64];
    ams_selection selection = {.items = items};
    for (uint32_t i = first; i < table->n_items; i += step) {
        items[selection.n_items++] = ams_names_get(&table->item_id, i);
    }
    expect_ok(ams_data_select(part, table, &selection, &err));
    expect_ok(ams_table_check(part, ams_table_outputs(part), &err));
    ck_assert_uint_eq(part->n_items, selection.n_items);
}

static void make(ams_table *table, uint64_t seed)
{
    random_table_options options = random_table_defaults(seed);
    options.recorded = seed % 2 == 1;
    options.distinct = true;
    options.meaning = seed % 3 != 0;
    options.truth = seed % 2 == 0;
    random_table(table, &options);
}

/* Cut in two and put together again, in either order. */
START_TEST(test_merge_of_parts)
{
    ams_table table;
    ams_table even;
    ams_table odd;
    ams_table merged;
    make(&table, (uint64_t)_i);
    select_items(&even, &table, 0, 2);
    select_items(&odd, &table, 1, 2);
    const ams_table *parts[] = {&odd, &even};
    expect_ok(ams_data_merge(&merged, parts, 2, AMS_MERGE_SAME_TIMES, &err));
    expect_ok(ams_table_check(&merged, ams_table_outputs(&merged), &err));
    expect_equal(&merged, &table);
    ck_assert_ptr_nonnull(strstr(merged.generator, "data merge"));
    ams_table_fini(&merged);
    expect_ok(ams_data_merge(&merged, parts, 1, AMS_MERGE_SAME_TIMES, &err));
    expect_equal(&merged, &odd);
    ams_table_fini(&merged);
    ams_table_fini(&even);
    ams_table_fini(&odd);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_merge_refusals)
{
    ams_table table;
    ams_table other;
    ams_table merged;
    make(&table, 1);
    make(&other, 1);
    const ams_table *both[] = {&table, &other};
    char expected[256];
    snprintf(expected, sizeof expected,
             "merge: expected distinct items, found '%s' in file 1 and in file 2",
             ams_names_get(&table.item_id, 0));
    ck_assert_int_eq(ams_data_merge(&merged, both, 2, AMS_MERGE_SAME_TIMES, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text, expected);
    ck_assert_uint_eq(merged.n_items, 0);
    other.time_ms[2] = table.time_ms[2] * 2;
    snprintf(expected, sizeof expected,
             "merge: expected time_ms %.9g of model 'm2' as in the first file, found %.9g in "
             "file 2; "
             "--times first takes the first file's times, --times mean the mean over all items",
             (double)table.time_ms[2], (double)other.time_ms[2]);
    ck_assert_int_eq(ams_data_merge(&merged, both, 2, AMS_MERGE_SAME_TIMES, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text, expected);
    other.time_ms[2] = table.time_ms[2];
    other.threshold[3] = 0.99F;
    ck_assert_int_eq(ams_data_merge(&merged, both, 2, AMS_MERGE_SAME_TIMES, &err),
                     AMS_BAD_DATA);
    snprintf(expected, sizeof expected,
             "merge: expected threshold %.9g of model 'm3' as in the first file, found "
             "0.99000001 in file 2; `ams data threshold` sets a file's thresholds",
             (double)table.threshold[3]);
    ck_assert_str_eq(err.text, expected);
    other.threshold[3] = table.threshold[3];
    other.kind[1] = AMS_OUTPUT_MULTI;
    ck_assert_int_eq(ams_data_merge(&merged, both, 2, AMS_MERGE_SAME_TIMES, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text,
                     "merge: expected outputs of the kind real of model 'm1' as in the first "
                     "file, found multi in file 2; import them with the same --models "
                     "models.tsv");
    free(other.cost_unit);
    other.cost_unit = NULL;
    ck_assert_int_eq(ams_data_merge(&merged, both, 2, AMS_MERGE_SAME_TIMES, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text,
                     "merge: expected costs in usd as in the first file, found ms in file 2; "
                     "import them with the same --cost-unit");
    ams_table fewer;
    const char *const two[] = {"m0", "m1"};
    ams_selection selection = {.models = two, .n_models = 2, .all_labels = true};
    expect_ok(ams_data_select(&fewer, &table, &selection, &err));
    ck_assert_uint_eq(fewer.n_labels, table.n_labels);
    for (uint32_t l = 0; l < table.n_labels; l++) {
        const char *name = ams_names_get(&table.label_name, l);
        ck_assert_uint_ne(ams_names_find(&fewer.label_name, name, strlen(name)), AMS_NO_NAME);
    }
    ams_table_fini(&fewer);
    selection.all_labels = false;
    expect_ok(ams_data_select(&fewer, &table, &selection, &err));
    both[1] = &fewer;
    ck_assert_int_eq(ams_data_merge(&merged, both, 2, AMS_MERGE_SAME_TIMES, &err),
                     AMS_BAD_DATA);
    ck_assert_str_eq(err.text,
                     "merge: expected 6 models as in the first file, found 2 in file 2");
    ck_assert_int_eq(ams_data_merge(&merged, both, 0, AMS_MERGE_SAME_TIMES, &err), AMS_USAGE);
    ams_table_fini(&fewer);
    ams_table_fini(&other);
    ams_table_fini(&table);
}
END_TEST

/* Recordings with mean times of their own: 10 ms and 40 ms, weighted by their items. */
START_TEST(test_merge_of_other_times)
{
    ams_table table;
    ams_table merged;
    ams_table part[2];
    make(&table, 1);
    for (uint32_t i = 0; i < 2; i++) {
        select_items(&part[i], &table, i, 2);
        part[i].time_ms[2] = 10.0F * (float)(1 + 3 * i);
    }
    const ams_table *parts[] = {&part[0], &part[1]};
    expect_ok(ams_data_merge(&merged, parts, 2, AMS_MERGE_FIRST_TIMES, &err));
    expect_float(merged.time_ms[2], 10.0F);
    expect_float(merged.time_ms[1], table.time_ms[1]);
    ams_table_fini(&merged);
    expect_ok(ams_data_merge(&merged, parts, 2, AMS_MERGE_MEAN_TIMES, &err));
    const double n[] = {part[0].n_items, part[1].n_items};
    expect_float(merged.time_ms[2], (float)((10 * n[0] + 40 * n[1]) / (n[0] + n[1])));
    expect_float(merged.time_ms[1], table.time_ms[1]);
    ams_table_fini(&merged);
    ams_table_fini(&part[0]);
    ams_table_fini(&part[1]);
    ams_table_fini(&table);
}
END_TEST

/* Without run times on one side, its runs take their models'. */
START_TEST(test_merge_of_some_times)
{
    ams_table table;
    ams_table even;
    ams_table odd;
    ams_table merged;
    make(&table, 1);
    select_items(&even, &table, 0, 2);
    select_items(&odd, &table, 1, 2);
    free(odd.run_time_ms);
    odd.run_time_ms = NULL;
    const ams_table *parts[] = {&even, &odd};
    expect_ok(ams_data_merge(&merged, parts, 2, AMS_MERGE_SAME_TIMES, &err));
    const char *id = ams_names_get(&odd.item_id, 0);
    uint32_t item = ams_names_find(&merged.item_id, id, strlen(id));
    for (uint32_t m = 0; m < merged.n_models; m++) {
        expect_float(merged.run_time_ms[item * merged.n_models + m], merged.time_ms[m]);
    }
    ams_table_fini(&merged);
    ams_table_fini(&even);
    ams_table_fini(&odd);
    ams_table_fini(&table);
}
END_TEST

/* -1 if the run does not have the label. */
static float conf_of(const ams_table *table, uint32_t row, const char *label)
{
    for (uint64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++) {
        if (strcmp(ams_names_get(&table->label_name, table->label[k]), label) == 0) {
            return table->conf[k];
        }
    }
    return -1;
}

/* Every kept run has the outputs that it had, and no label is without an output. */
START_TEST(test_select_models)
{
    ams_table table;
    ams_table part;
    make(&table, (uint64_t)_i);
    const char *const models[] = {"m4", "m1"};
    ams_selection selection = {.models = models, .n_models = 2};
    expect_ok(ams_data_select(&part, &table, &selection, &err));
    expect_ok(ams_table_check(&part, ams_table_outputs(&part), &err));
    ck_assert_uint_eq(part.n_models, 2);
    ck_assert_str_eq(ams_names_get(&part.model_name, 0), "m1");
    static const uint32_t old_model[] = {1, 4};
    bool used[64] = {false};
    for (uint32_t row = 0; row < part.n_items * 2; row++) {
        uint32_t old = row / 2 * table.n_models + old_model[row % 2];
        ck_assert_uint_eq(part.indptr[row + 1] - part.indptr[row],
                          table.indptr[old + 1] - table.indptr[old]);
        for (uint64_t k = part.indptr[row]; k < part.indptr[row + 1]; k++) {
            used[part.label[k]] = true;
            expect_float(part.conf[k],
                         conf_of(&table, old, ams_names_get(&part.label_name, part.label[k])));
        }
    }
    uint32_t answers = 0;
    for (uint32_t i = 0; i < part.n_items; i++) { /* both models are of task 1 */
        const uint32_t *right = NULL;
        const uint32_t *now = NULL;
        uint32_t n = 0;
        const uint32_t before = ams_table_truth(&table, i, &right);
        for (uint32_t k = 0; k < before; k++) {
            n += right[k] % 3 == 1;
        }
        ck_assert_uint_eq(ams_table_truth(&part, i, &now), n);
        for (uint32_t k = 0; k < n; k++) {
            used[now[k]] = true;
        }
        answers += n;
    }
    ck_assert(answers > 0 || !ams_table_has_truth(&table));
    for (uint32_t l = 0; l < part.n_labels; l++) {
        ck_assert(used[l]);
    }
    ams_table_fini(&part);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_select_refusals)
{
    ams_table table;
    ams_table part;
    make(&table, 1);
    const char *const wrong[] = {"m77"};
    ams_selection selection = {.models = wrong, .n_models = 1};
    ck_assert_int_eq(ams_data_select(&part, &table, &selection, &err), AMS_USAGE);
    ck_assert_ptr_eq(strstr(err.text, "expected a known model, found 'm77'; did you mean 'm"),
                     err.text);
    selection = (ams_selection){.groups = wrong, .n_groups = 1};
    ck_assert_int_eq(ams_data_select(&part, &table, &selection, &err), AMS_USAGE);
    selection = (ams_selection){.items = wrong, .n_items = 1};
    ck_assert_int_eq(ams_data_select(&part, &table, &selection, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected a known item, found 'm77'"));
    ck_assert_uint_eq(part.n_items, 0);
    ams_table_fini(&table);
}
END_TEST

/* Export and import give the same content, floats of 24 bits included. */
START_TEST(test_export_round_trip)
{
    static const char *const names[] = {"out-rows.jsonl", "out-rows.jsonl.gz",
                                        "out-rows.jsonl.zst"};
    ams_table table;
    make(&table, (uint64_t)_i);
    for (uint64_t k = 0; k < ams_table_outputs(&table); k++) {
        table.conf[k] = (float)((double)(k * 2654435761U % 16777216) / 16777216.0);
    }
    table.time_ms[0] = 1.0F / 3.0F;
    table.theta[1] = 0.1F;
    table.mem_mb[2] = 1234.567F;
    expect_ok(ams_data_export(&table, in_folder(names[_i % 3]), &err));
    ck_assert_int_eq(rename(in_folder("out-rows.models.tsv"), in_folder("models.tsv")), 0);
    ams_import_counts counts;
    expect_ok(import_files(&names[_i % 3], 1, ams_import_defaults(), &counts, &err));
    ams_table back;
    expect_ok(ams_table_read(&back, in_folder("out.h5"), &err));
    expect_equal(&back, &table);
    ck_assert_int_eq(back.run_time_ms != NULL, _i % 2 == 1);
    ams_table_fini(&back);
    ams_table_fini(&table);
}
END_TEST

/* Names that JSON must escape. */
START_TEST(test_export_of_odd_names)
{
    static const float time_ms[] = {1, 2};
    static const given_output output[] = {{0, 0, 0, 0.5F}, {0, 1, 0, 0.25F}};
    ams_table table;
    given_table(&table, 1, 2, 1, time_ms, output, 2, AMS_TEST);
    ams_names_fini(&table.item_id);
    uint32_t index = 0;
    static const char id[] = "a \"b\" \\ \xC3\xA4 / ,";
    expect_ok(ams_names_add(&table.item_id, id, strlen(id), &index, &err));
    expect_ok(ams_data_export(&table, in_folder("rows.jsonl"), &err));
    ck_assert_int_eq(rename(in_folder("rows.models.tsv"), in_folder("models.tsv")), 0);
    ams_import_counts counts;
    expect_ok(import_files((const char *const[]){"rows.jsonl"}, 1, ams_import_defaults(),
                           &counts, &err));
    ams_table back;
    expect_ok(ams_table_read(&back, in_folder("out.h5"), &err));
    expect_equal(&back, &table);
    ck_assert_str_eq(ams_names_get(&back.item_id, 0), id);
    ams_table_fini(&back);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_export_leaves_nothing)
{
    ams_table table;
    make(&table, 1);
    ck_assert_int_eq(ams_data_export(&table, in_folder("no/rows.jsonl"), &err), AMS_IO);
    ck_assert_int_eq(count_files(), 0);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, folder_begin, folder_end);
    tcase_add_loop_test(tests, test_merge_of_parts, 0, 6);
    tcase_add_test(tests, test_merge_refusals);
    tcase_add_test(tests, test_merge_of_some_times);
    tcase_add_test(tests, test_merge_of_other_times);
    tcase_add_loop_test(tests, test_select_models, 0, 6);
    tcase_add_test(tests, test_select_refusals);
    tcase_add_loop_test(tests, test_export_round_trip, 0, 6);
    tcase_add_test(tests, test_export_of_odd_names);
    tcase_add_test(tests, test_export_leaves_nothing);
}

int main(void)
{
    return run_suite("data_tables", add);
}
