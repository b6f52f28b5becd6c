/* Tables through files: what is written is read, and files of other programs read the same. */
#include "ams/table.h"

#include "base/file.h"
#include "base/memory.h"
#include "tests/base/suite.h"
#include "tests/env/h5_files.h"
#include "tests/env/random_table.h"
#include "tests/env/same_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDER "test_table_folder"
static const char *const path = FOLDER "/table.h5";

static void setup(void)
{
    ck_assert_int_eq(ams_make_directories(FOLDER, NULL), AMS_OK);
    unlink(path);
}

static void set_text(char **field, const char *text)
{
    free(*field);
    ck_assert_int_eq(ams_copy_text(field, text, NULL), AMS_OK);
}

/* A random table in which no field has its default. */
static void full_table(ams_table *t, const random_table_options *shape)
{
    random_table(t, shape);
    set_text(&t->name, "Straßenszenen");
    set_text(&t->created, "2024-05-01T12:00:00Z");
    set_text(&t->source, "cameras 1 to 7; a comma, a \"quote\"");
    set_text(&t->license, "CC BY 4.0");
    ams_error err = {0};
    for (uint32_t i = 0; i < t->n_items; i++) {
        char group[32];
        int length = snprintf(group, sizeof group, "group %u", i / 5);
        ck_assert_msg(ams_names_add(&t->group_name, group, (size_t)length, &t->item_group[i],
                                    &err) == AMS_OK,
                      "%s", err.text);
    }
    for (uint32_t m = 0; m < t->n_models; m++) {
        t->theta[m] = 0.1F + 0.7F * (float)m;
        t->mem_mb[m] = 33.3F * (float)m;
    }
}

static void write_table(const ams_table *t)
{
    ams_error err = {0};
    ck_assert_msg(ams_table_write(t, path, &err) == AMS_OK, "%s", err.text);
}

static void read_table(ams_table *t)
{
    ams_error err = {0};
    ck_assert_msg(ams_table_read(t, path, &err) == AMS_OK, "%s", err.text);
}

static void assert_read_equals(const ams_table *t)
{
    ams_table found;
    read_table(&found);
    assert_same_table(t, &found);
    ams_table_fini(&found);
    ck_assert_ptr_null(found.indptr);
}

/* Bits of _i: recorded times; confidences without ties; attributes, groups and theta;
 * thresholds and another unit of cost. */
START_TEST(test_round_trip)
{
    random_table_options shape = random_table_defaults((uint64_t)_i);
    shape.recorded = (_i & 1) != 0;
    shape.distinct = (_i & 2) != 0;
    shape.meaning = (_i & 8) != 0;
    shape.truth = (_i & 8) != 0;
    ams_table t;
    ((_i & 4) != 0 ? full_table : random_table)(&t, &shape);
    write_table(&t);
    assert_read_equals(&t);
    char hash[AMS_HASH_TEXT];
    char stored[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_table_hash(&t, hash, NULL), AMS_OK);
    ck_assert_int_eq(ams_table_stored_hash(path, stored, NULL), AMS_OK);
    ck_assert_str_eq(hash, stored);
    ck_assert_uint_eq(strspn(hash, "0123456789abcdef"), AMS_HASH_TEXT - 1);
    ams_table_fini(&t);
}
END_TEST

/* One item, one model; 64 models; no output at all; no label at all; more than a chunk. */
START_TEST(test_extreme_shapes)
{
    static const random_table_options shapes[] = {
        {.seed = 1, .n_items = 1, .n_models = 1, .n_labels = 1, .n_tasks = 1},
        {.seed = 2, .n_items = 7, .n_models = 64, .n_labels = 130, .n_tasks = 64},
        {.seed = 3, .n_items = 5, .n_models = 3, .n_labels = 9, .n_tasks = 3, .empty = 1},
        {.seed = 4, .n_items = 5, .n_models = 3, .n_labels = 0, .n_tasks = 3},
        {.seed = 5, .n_items = 4000, .n_models = 40, .n_labels = 30, .n_tasks = 10}};
    for (int recorded = 0; recorded <= 1; recorded++) {
        random_table_options shape = shapes[_i];
        shape.recorded = recorded != 0;
        ams_table t;
        random_table(&t, &shape);
        write_table(&t);
        assert_read_equals(&t);
        ams_table_fini(&t);
    }
}
END_TEST

START_TEST(test_names_of_every_kind)
{
    ams_table t;
    random_table_options shape = random_table_defaults(11);
    random_table(&t, &shape);
    static char long_id[65536];
    memset(long_id, 'x', 65535);
    const char *const ids[] = {
        "", " leading and trailing ", "quote\" back\\slash", "日本語", "a/b", "..", long_id};
    ams_names_fini(&t.item_id);
    for (uint32_t i = 0; i < t.n_items; i++) {
        char other[16];
        snprintf(other, sizeof other, "%u", i);
        const char *id = i < sizeof ids / sizeof *ids ? ids[i] : other;
        uint32_t index;
        ck_assert_int_eq(ams_names_add(&t.item_id, id, strlen(id), &index, NULL), AMS_OK);
    }
    write_table(&t);
    assert_read_equals(&t);
    ams_table_fini(&t);
}
END_TEST

START_TEST(test_longest_attributes)
{
    static char text[8193];
    ams_table t;
    random_table_options shape = random_table_defaults(12);
    random_table(&t, &shape);
    memset(text, 'a', 8192);
    set_text(&t.name, text);
    set_text(&t.created, text);
    set_text(&t.generator, text);
    set_text(&t.source, text);
    set_text(&t.license, text);
    write_table(&t);
    assert_read_equals(&t);
    ams_table_fini(&t);
}
END_TEST

START_TEST(test_files_like_h5py)
{
    random_table_options shape = random_table_defaults((uint64_t)_i);
    shape.recorded = _i % 2 != 0;
    shape.distinct = true;
    shape.n_items = 1100; /* more than the strings read at a time */
    ams_table t;
    full_table(&t, &shape);
    write_like_h5py(&t, path);
    assert_read_equals(&t);
    char stored[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_table_stored_hash(path, stored, NULL), AMS_OK);
    ck_assert_str_eq(stored, "");
    ams_table_fini(&t);
}
END_TEST

START_TEST(test_padding_and_optional_sets)
{
    ams_table t;
    random_table_options shape = random_table_defaults(3);
    shape.n_models = 3;
    shape.recorded = true;
    random_table(&t, &shape);
    write_table(&t);
    replace_padded_texts(path, "/models/name", 3, 4, "m0  m1  m2  ");
    assert_read_equals(&t);
    remove_set(path, "/outputs/time_ms");
    remove_set(path, "/models/theta");
    free(t.run_time_ms);
    t.run_time_ms = NULL;
    for (uint32_t m = 0; m < 3; m++) {
        t.theta[m] = 1;
    }
    remove_attribute(path, "name");
    remove_attribute(path, "license");
    set_text(&t.name, "");
    set_text(&t.license, "");
    assert_read_equals(&t);
    ams_table_fini(&t);
}
END_TEST

START_TEST(test_equal_tables_give_equal_bytes)
{
    char *bytes[2] = {NULL, NULL};
    size_t size[2];
    ams_table t;
    random_table_options shape = random_table_defaults(5);
    full_table(&t, &shape);
    for (int i = 0; i < 2; i++) {
        write_table(&t);
        ck_assert_int_eq(ams_read_file(path, 1 << 24, &bytes[i], &size[i], NULL), AMS_OK);
        ams_table again;
        read_table(&again);
        ams_table_fini(&t);
        t = again;
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    ams_table_fini(&t);
}
END_TEST

START_TEST(test_splits)
{
    ams_split split;
    for (int i = AMS_TRAIN; i <= AMS_TEST; i++) {
        ck_assert(ams_split_parse(ams_split_name((ams_split)i), &split));
        ck_assert_int_eq((int)split, i);
    }
    ck_assert_str_eq(ams_split_name(AMS_VALIDATION), "validation");
    ck_assert(!ams_split_parse("Train", &split));
    ck_assert(!ams_split_parse("", &split));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, test_round_trip, 0, 16);
    tcase_add_loop_test(tests, test_extreme_shapes, 0, 5);
    tcase_add_test(tests, test_names_of_every_kind);
    tcase_add_test(tests, test_longest_attributes);
    tcase_add_loop_test(tests, test_files_like_h5py, 0, 2);
    tcase_add_test(tests, test_padding_and_optional_sets);
    tcase_add_test(tests, test_equal_tables_give_equal_bytes);
    tcase_add_test(tests, test_splits);
}

int main(void)
{
    return run_suite("table", add);
}
