/* What a file holds, and selections from files, each against the table the file was made of. */
#include "ams/data.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <stdio.h>
#include <string.h>

static ams_error err;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static void make(ams_table *table, const char *path, uint64_t seed)
{
    random_table_options options = random_table_defaults(seed);
    options.recorded = seed % 2 == 1;
    options.distinct = true;
    options.meaning = seed % 3 == 1;
    options.truth = seed % 2 == 0;
    random_table(table, &options);
    expect_ok(ams_table_write(table, path, &err));
}

/* Items by group and split, and items with a valuable output of model m, counted one by one. */
static uint64_t count_items(const ams_table *t, const char *group, uint8_t split)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        const char *name = ams_names_get(&t->group_name, t->item_group[i]);
        n += t->split[i] == split && strcmp(name, group) == 0;
    }
    return n;
}

static uint64_t count_valuable(const ams_table *t, uint32_t m, uint64_t *outputs)
{
    const float threshold = t->threshold == NULL ? 0.5F : t->threshold[m];
    uint64_t items = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        const size_t run = (size_t)i * t->n_models + m;
        bool any = false;
        for (uint64_t k = t->indptr[run]; k < t->indptr[run + 1]; k++) {
            any = any || t->conf[k] > threshold;
            *outputs += t->conf[k] > threshold;
        }
        items += any;
    }
    return items;
}

START_TEST(test_summary)
{
    ams_table table;
    ams_table_file *file = NULL;
    ams_data_summary s;
    char hash[AMS_HASH_TEXT];
    make(&table, "t.h5", (uint64_t)_i);
    expect_ok(ams_table_file_open(&file, "t.h5", &err));
    expect_ok(ams_data_summarize(&s, file, 1, &err));
    expect_ok(ams_table_hash(&table, hash, &err));
    ck_assert_str_eq(s.hash, hash);
    ck_assert_int_eq(s.run_times, _i % 2 == 1);
    ck_assert_uint_eq(s.outputs, ams_table_outputs(&table));
    ck_assert_uint_eq(s.groups.count, table.group_name.count);
    for (uint32_t g = 0; g < s.groups.count; g++) {
        for (uint8_t split = 0; split < 3; split++) {
            ck_assert_uint_eq(s.items[g][split],
                              count_items(&table, ams_names_get(&s.groups, g), split));
        }
    }
    uint64_t outputs = 0;
    for (uint32_t m = 0; m < table.n_models; m++) {
        ck_assert_uint_eq(s.valuable[m], count_valuable(&table, m, &outputs));
    }
    ck_assert_uint_eq(s.valuable_outputs, outputs);
    uint64_t items = 0;
    for (uint32_t i = 0; i < table.n_items; i++) {
        const uint32_t *right = NULL;
        items += ams_table_truth(&table, i, &right) > 0;
    }
    ck_assert_uint_eq(s.items_with_truth, items);
    ck_assert_int_eq(s.true_labels > 0, _i % 2 == 0);
    ams_data_summary_fini(&s);
    ams_table_file_close(file);
    ams_table_fini(&table);
}
END_TEST

static void expect_same(const ams_selection *selection, const ams_table *table)
{
    ams_table whole;
    ams_table part;
    char left[AMS_HASH_TEXT];
    char right[AMS_HASH_TEXT];
    expect_ok(ams_data_select(&whole, table, selection, &err));
    for (uint64_t memory_mb = 0; memory_mb < 2; memory_mb++) { /* 0: in parts */
        expect_ok(ams_data_select_file(&part, "t.h5", selection, memory_mb, &err));
        expect_ok(ams_table_hash(&whole, left, &err));
        expect_ok(ams_table_hash(&part, right, &err));
        ck_assert_str_eq(left, right);
        ams_table_fini(&part);
    }
    ams_table_fini(&whole);
}

START_TEST(test_select_file)
{
    ams_table table;
    make(&table, "t.h5", (uint64_t)_i);
    const char *const items[] = {ams_names_get(&table.item_id, 3),
                                 ams_names_get(&table.item_id, 17),
                                 ams_names_get(&table.item_id, 4)};
    const char *const groups[] = {ams_names_get(&table.group_name, table.item_group[3])};
    const char *const models[] = {ams_names_get(&table.model_name, 1)};
    expect_same(&(ams_selection){.items = items, .n_items = 3}, &table);
    expect_same(&(ams_selection){.groups = groups, .n_groups = 1}, &table);
    expect_same(&(ams_selection){.items = items, .n_items = 3, .groups = groups, .n_groups = 1},
                &table);
    expect_same(&(ams_selection){.models = models, .n_models = 1}, &table);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_select_file_refusals)
{
    ams_table table;
    ams_table part;
    make(&table, "t.h5", 0);
    const char *const items[] = {ams_names_get(&table.item_id, 3), "nosuch", "neither"};
    const char *const groups[] = {"nosuch"};
    ams_selection selection = {.items = items, .n_items = 3};
    ck_assert_int_eq(ams_data_select_file(&part, "t.h5", &selection, 0, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "2 of the 3 items in the list are unknown"));
    selection = (ams_selection){.groups = groups, .n_groups = 1};
    ck_assert_int_eq(ams_data_select_file(&part, "t.h5", &selection, 0, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected at least one item"));
    ck_assert_int_eq(ams_data_select_file(&part, "none.h5", &selection, 0, &err), AMS_IO);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_ids)
{
    ams_names ids = {0};
    FILE *file = fopen("list", "w");
    ck_assert_ptr_nonnull(file);
    fputs("b\n\na\nb\n", file);
    ck_assert_int_eq(fclose(file), 0);
    expect_ok(ams_data_read_ids(&ids, "list", &err));
    ck_assert_uint_eq(ids.count, 2);
    ck_assert_str_eq(ams_names_get(&ids, 0), "b");
    ck_assert_str_eq(ams_names_get(&ids, 1), "a");
    ams_names_fini(&ids);
    file = fopen("blank", "w");
    ck_assert_ptr_nonnull(file);
    fputs("\n\n", file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(ams_data_read_ids(&ids, "blank", &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "blank: expected item ids"));
    ck_assert_int_eq(ams_data_read_ids(&ids, "none", &err), AMS_IO);
    ams_names_fini(&ids);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_summary, 0, 4);
    tcase_add_loop_test(tests, test_select_file, 0, 4);
    tcase_add_test(tests, test_select_file_refusals);
    tcase_add_test(tests, test_ids);
}

int main(void)
{
    return run_suite("data/summary", add);
}
