/* Parts of files against the whole, and damaged files. */
#include "ams/table_file.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/h5_files.h"
#include "tests/env/random_table.h"
#include "tests/env/same_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDER AMS_TEST_DIR "/test_table_part_folder"
static const char *const path = FOLDER "/table.h5";

static ams_error err;

enum { N = 5000, MODELS = 6 };

static void make(ams_table *table, uint64_t seed)
{
    random_table_options shape = random_table_defaults(seed);
    shape.n_items = N;
    shape.recorded = seed % 2 == 1;
    shape.meaning = seed % 2 == 1;
    shape.truth = seed % 2 == 1;
    random_table(table, &shape);
    for (uint32_t i = 0; i < N; i++) {
        char group[32];
        int length = snprintf(group, sizeof group, "group %u", i % 7);
        ck_assert_int_eq(ams_names_add(&table->group_name, group, (size_t)length,
                                       &table->item_group[i], &err),
                         AMS_OK);
    }
    ck_assert_int_eq(ams_make_directories(FOLDER, &err), AMS_OK);
    unlink(path);
    ck_assert_msg(ams_table_write(table, path, &err) == AMS_OK, "%s", err.text);
}

/* The part's item k is the whole's item[k], run by run. */
static void expect_items(const ams_table *part, const ams_table *whole, const uint32_t *item,
                         uint32_t n)
{
    ck_assert_uint_eq(part->n_items, n);
    ck_assert_uint_eq(part->n_models, whole->n_models);
    assert_same_names(&part->model_name, &whole->model_name);
    assert_same_names(&part->label_name, &whole->label_name);
    assert_same_index(&part->task_name, part->model_task, &whole->task_name, whole->model_task,
                      whole->n_models);
    ck_assert_mem_eq(part->time_ms, whole->time_ms, MODELS * sizeof *part->time_ms);
    ck_assert_mem_eq(part->mem_mb, whole->mem_mb, MODELS * sizeof *part->mem_mb);
    ck_assert_mem_eq(part->theta, whole->theta, MODELS * sizeof *part->theta);
    for (uint32_t k = 0; k < n; k++) {
        ck_assert_str_eq(ams_names_get(&part->item_id, k),
                         ams_names_get(&whole->item_id, item[k]));
        ck_assert_str_eq(ams_names_get(&part->group_name, part->item_group[k]),
                         ams_names_get(&whole->group_name, whole->item_group[item[k]]));
        ck_assert_uint_eq(part->split[k], whole->split[item[k]]);
        const uint32_t *truth = NULL;
        const uint32_t *right = NULL;
        const uint32_t answers = ams_table_truth(part, k, &truth);
        ck_assert_uint_eq(answers, ams_table_truth(whole, item[k], &right));
        ck_assert(answers == 0 || memcmp(truth, right, answers * sizeof *truth) == 0);
        for (uint64_t m = 0; m < MODELS; m++) {
            const uint64_t *a = part->indptr + k * MODELS + m;
            const uint64_t *b = whole->indptr + (uint64_t)item[k] * MODELS + m;
            ck_assert_uint_eq(a[1] - a[0], b[1] - b[0]);
            ck_assert_mem_eq(part->label + a[0], whole->label + b[0],
                             (a[1] - a[0]) * sizeof *part->label);
            ck_assert_mem_eq(part->conf + a[0], whole->conf + b[0],
                             (a[1] - a[0]) * sizeof *part->conf);
        }
        ck_assert((part->run_time_ms == NULL) == (whole->run_time_ms == NULL));
        if (part->run_time_ms != NULL) {
            ck_assert_mem_eq(part->run_time_ms + k * MODELS,
                             whole->run_time_ms + (uint64_t)item[k] * MODELS,
                             MODELS * sizeof *part->run_time_ms);
        }
    }
}

/* step 1: a window; others leave gaps shorter and longer than what is read rather than skipped.
 */
static const uint32_t steps[] = {1, 2, 13, 300, 2047, 2048, 2300, 4700};

START_TEST(test_parts)
{
    ams_table whole;
    ams_table_file *file = NULL;
    static uint32_t item[N];
    make(&whole, (uint64_t)_i);
    ck_assert_msg(ams_table_file_open(&file, path, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(ams_table_file_outputs(file), ams_table_outputs(&whole));
    ck_assert_uint_eq(ams_table_file_head(file)->n_items, N);
    ck_assert_mem_eq(ams_table_file_head(file)->split, whole.split, N);
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        for (uint32_t first = 0; first < N; first += 1499) {
            ams_table part;
            uint32_t n = 0;
            for (uint32_t i = first; i < N && n < 700; i += steps[s]) {
                item[n++] = i;
            }
            ck_assert_msg(ams_table_file_read(file, item, n, &part, &err) == AMS_OK, "%s",
                          err.text);
            expect_items(&part, &whole, item, n);
            ams_table_fini(&part);
        }
    }
    ams_table_file_close(file);
    ams_table_fini(&whole);
}
END_TEST

START_TEST(test_whole)
{
    ams_table whole;
    ams_table part;
    ams_table_file *file = NULL;
    static uint32_t item[N];
    make(&whole, 3);
    for (uint32_t i = 0; i < N; i++) {
        item[i] = i;
    }
    ck_assert_int_eq(ams_table_file_open(&file, path, &err), AMS_OK);
    ck_assert_int_eq(ams_table_file_read(file, item, N, &part, &err), AMS_OK);
    assert_same_table(&part, &whole);
    /* The estimate is of the kind of what a table and an environment take. */
    ck_assert_uint_gt(ams_table_part_bytes(file, N), ams_table_outputs(&whole) * 8);
    ck_assert_uint_gt(ams_table_part_bytes(file, N), ams_table_part_bytes(file, N / 2));
    ams_table_fini(&part);
    ams_table_file_close(file);
    ams_table_fini(&whole);
}
END_TEST

static void refuse_read(const char *says)
{
    ams_table part;
    ams_table_file *file = NULL;
    const uint32_t item[] = {3, 4, 900};
    ams_status status = ams_table_file_open(&file, path, &err);
    if (status == AMS_OK) {
        status = ams_table_file_read(file, item, 3, &part, &err);
    }
    ck_assert_int_eq(status, AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, says) != NULL, "'%s' expected in: %s", says, err.text);
    ams_table_file_close(file);
}

/* What no check of the whole file has seen. */
START_TEST(test_damage)
{
    ams_table whole;
    make(&whole, 4);
    const uint64_t runs = (uint64_t)N * MODELS + 1;
    int64_t *numbers = malloc(runs * sizeof *numbers);
    for (uint64_t r = 0; r < runs; r++) {
        numbers[r] = (int64_t)whole.indptr[r];
    }
    numbers[3 * MODELS + 1] = INT64_C(1) << 40;
    replace_integers(path, "/outputs/indptr", 1, &runs, numbers);
    refuse_read("numbers that never fall");
    numbers[3 * MODELS + 1] = (int64_t)whole.indptr[3 * MODELS + 1];
    replace_integers(path, "/outputs/indptr", 1, &runs, numbers);
    const uint64_t items = N;
    for (uint64_t i = 0; i < N; i++) {
        numbers[i] = i == 1200 ? 3 : 0;
    }
    replace_integers(path, "/items/split", 1, &items, numbers);
    refuse_read(
        "item 1200 (i01200): split 0 (train), 1 (validation) or 2 (test) expected, 3 found");
    free(numbers);
    ams_table_fini(&whole);
}
END_TEST

START_TEST(test_absent)
{
    ams_table_file *file = NULL;
    ck_assert_int_eq(ams_table_file_open(&file, FOLDER "/absent.h5", &err), AMS_IO);
    ck_assert_ptr_null(file);
}
END_TEST

/* ---- a walk through the whole file ---- */

enum { MANY = 34000 }; /* three windows */

typedef struct many {
    bool recorded, shuffled, extra_label;
} many;

/* MANY items of 2 models: written, and left in *table. */
static void make_many(ams_table *table, const many *how)
{
    random_table_options shape = random_table_defaults(9);
    shape.n_items = MANY;
    shape.n_models = 2;
    shape.n_tasks = 1;
    shape.recorded = how->recorded;
    random_table(table, &shape);
    uint32_t index = 0;
    if (how->shuffled) {
        ams_names_fini(&table->item_id);
        for (uint32_t i = 0; i < MANY; i++) {
            char id[16];
            int length = snprintf(id, sizeof id, "%05u", (i * 7919U) % MANY);
            ck_assert_int_eq(ams_names_add(&table->item_id, id, (size_t)length, &index, &err),
                             AMS_OK);
        }
    }
    if (how->extra_label) {
        static const char label[] = "t0/0 never output";
        ck_assert_int_eq(
            ams_names_add(&table->label_name, label, sizeof label - 1, &index, &err), AMS_OK);
        table->n_labels++;
    }
    ck_assert_int_eq(ams_names_add(&table->group_name, "another", 7, &index, &err), AMS_OK);
    table->item_group[20000] = index;
    ck_assert_int_eq(ams_make_directories(FOLDER, &err), AMS_OK);
    unlink(path);
    ck_assert_msg(ams_table_write(table, path, &err) == AMS_OK, "%s", err.text);
}

typedef struct seen {
    const ams_table *whole;
    uint32_t items, windows;
} seen;

static ams_status look(void *context, const ams_table *window, uint32_t first, ams_error *e)
{
    seen *s = context;
    (void)e;
    ck_assert_uint_eq(first, s->items);
    bool same = true; /* an assertion for each of these would take most of the time */
    for (uint32_t i = 0; i < window->n_items; i++) {
        uint32_t item = first + i;
        const uint64_t *from = window->indptr + 2 * (uint64_t)i;
        const uint64_t *at = s->whole->indptr + 2 * (uint64_t)item;
        uint64_t n = at[2] - at[0];
        same = same && window->split[i] == s->whole->split[item] && from[2] - from[0] == n &&
               strcmp(ams_names_get(&window->item_id, i),
                      ams_names_get(&s->whole->item_id, item)) == 0 &&
               strcmp(ams_names_get(&window->group_name, window->item_group[i]),
                      ams_names_get(&s->whole->group_name, s->whole->item_group[item])) == 0 &&
               memcmp(window->label + from[0], s->whole->label + at[0],
                      n * sizeof *window->label) == 0;
    }
    ck_assert(same);
    s->items += window->n_items;
    s->windows++;
    return AMS_OK;
}

static const many kinds[] = {{0},
                             {.recorded = true},
                             {.shuffled = true},
                             {.extra_label = true},
                             {.recorded = true, .shuffled = true, .extra_label = true}};

/* The hash of the table in memory, however the file lies and whatever the memory. */
START_TEST(test_walk)
{
    ams_table whole;
    ams_table_file *file = NULL;
    char expected[AMS_HASH_TEXT];
    char found[AMS_HASH_TEXT];
    make_many(&whole, &kinds[_i]);
    ck_assert_int_eq(ams_table_hash(&whole, expected, &err), AMS_OK);
    for (uint64_t memory_mb = 1; memory_mb <= 4096; memory_mb *= 4096) {
        seen s = {.whole = &whole};
        ck_assert_int_eq(ams_table_file_open(&file, path, &err), AMS_OK);
        ck_assert_uint_gt(ams_table_part_bytes(file, MANY), 1 << 20);
        ck_assert_msg(ams_table_file_check(file, memory_mb, look, &s, found, &err) == AMS_OK,
                      "%s", err.text);
        ck_assert_str_eq(found, expected);
        ck_assert_uint_eq(s.items, MANY);
        ck_assert_uint_eq(s.windows, 3);
        ams_table_file_close(file);
    }
    ams_table_fini(&whole);
}
END_TEST

START_TEST(test_find)
{
    static const uint32_t place[] = {0, 16383, 16384, MANY - 1};
    ams_table whole;
    ams_table_file *file = NULL;
    uint32_t item = 0;
    make_many(&whole, &kinds[2]);
    ck_assert_int_eq(ams_table_file_open(&file, path, &err), AMS_OK);
    for (size_t k = 0; k < sizeof place / sizeof *place; k++) {
        const char *id = ams_names_get(&whole.item_id, place[k]);
        ck_assert_int_eq(ams_table_file_find(file, id, &item, &err), AMS_OK);
        ck_assert_uint_eq(item, place[k]);
    }
    ck_assert_int_eq(ams_table_file_find(file, "none", &item, &err), AMS_OK);
    ck_assert_uint_eq(item, AMS_NO_NAME);
    ams_table_file_close(file);
    ams_table_fini(&whole);
}
END_TEST

/* Both ways to read a broken file say the same. */
static void expect_same_refusal(const char *words)
{
    ams_table table;
    char hash[AMS_HASH_TEXT];
    ams_error other = {.text = ""};
    ck_assert_int_eq(ams_table_read(&table, path, &err), AMS_BAD_DATA);
    ck_assert_int_eq(ams_table_hash_file(path, 64, hash, &other), AMS_BAD_DATA);
    ck_assert_str_eq(other.text, err.text);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' not in: %s", words, err.text);
}

/* Damage after the first window, and such that two windows show only together. */
START_TEST(test_walk_damage)
{
    ams_table whole;
    const uint64_t bounds = 2 * MANY + 1;
    const uint64_t outputs_of_window = 2 * 16384;
    int64_t *numbers = malloc(bounds * sizeof *numbers);
    const char **ids = malloc(MANY * sizeof *ids);
    make_many(&whole, &kinds[0]);
    for (uint64_t r = 0; r < bounds; r++) {
        numbers[r] = (int64_t)whole.indptr[r];
    }
    static const uint64_t broken[] = {1, 16384, 32768, 40000, 2 * MANY - 1};
    for (size_t k = 0; k < sizeof broken / sizeof *broken; k++) {
        uint64_t at = broken[k];
        numbers[at] = (int64_t)whole.indptr[2 * MANY] + 1;
        replace_integers(path, "/outputs/indptr", 1, &bounds, numbers);
        expect_same_refusal("indptr falls from");
        numbers[at] = (int64_t)whole.indptr[at];
    }
    ck_assert_uint_eq(broken[2], outputs_of_window);
    replace_integers(path, "/outputs/indptr", 1, &bounds, numbers);
    for (uint32_t i = 0; i < MANY; i++) {
        ids[i] = ams_names_get(&whole.item_id, i);
    }
    ids[33000] = ids[5]; /* out of order, in another window */
    replace_texts(path, "/items/id", MANY, ids);
    expect_same_refusal("distinct names expected, 'i00005' found twice");
    ids[33000] = ams_names_get(&whole.item_id, 33000);
    ids[16384] = ids[16383]; /* in order, across windows */
    replace_texts(path, "/items/id", MANY, ids);
    expect_same_refusal("distinct names expected, 'i16383' found twice");
    free(numbers);
    free(ids);
    ams_table_fini(&whole);
}
END_TEST

static void add(TCase *tests)
{
    /* Under a sanitizer the last kind alone, which has what makes each of the others. */
    int first = SUITE_SANITIZED ? (int)(sizeof kinds / sizeof *kinds) - 1 : 0;
    tcase_add_loop_test(tests, test_walk, first, sizeof kinds / sizeof *kinds);
    tcase_add_test(tests, test_find);
    tcase_add_test(tests, test_walk_damage);
    tcase_add_loop_test(tests, test_parts, 0, 2);
    tcase_add_test(tests, test_whole);
    tcase_add_test(tests, test_damage);
    tcase_add_test(tests, test_absent);
}

int main(void)
{
    return run_suite("table_part", add);
}
