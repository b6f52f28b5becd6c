/* A file's items in windows, against the table read whole. */
#include "sched/windows.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER AMS_TEST_DIR "/test_windows_folder"
static const char *const path = FOLDER "/table.h5";
enum { N_ITEMS = 600, N_TEST = N_ITEMS / 3, MODELS = 6 };

static ams_error err;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

/* Splits go train, validation, test, train, ... */
typedef struct fixture {
    ams_table table;
    ams_env *env;
    ams_table_file *file;
    uint32_t *item;
    uint32_t n;
} fixture;

static void setup_fixture(fixture *f)
{
    random_table_options shape = random_table_defaults(31);
    ams_env_options options = ams_env_defaults();
    shape.n_items = N_ITEMS;
    shape.distinct = true;
    random_table(&f->table, &shape);
    expect_ok(ams_make_directories(FOLDER, &err));
    unlink(path);
    expect_ok(ams_table_write(&f->table, path, &err));
    expect_ok(ams_env_create(&f->env, &f->table, &options, &err));
    expect_ok(ams_table_file_open(&f->file, path, &err));
    expect_ok(ams_windows_list(ams_table_file_head(f->file), AMS_TEST, AMS_NO_NAME, &f->item,
                               &f->n, &err));
}

static void drop(fixture *f)
{
    free(f->item);
    ams_table_file_close(f->file);
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

START_TEST(test_list)
{
    fixture f;
    uint32_t *item = NULL;
    uint32_t n = 0;
    setup_fixture(&f);
    ck_assert_uint_eq(f.n, N_TEST);
    for (uint32_t k = 0; k < N_TEST; k++) {
        ck_assert_uint_eq(f.item[k], 3 * k + 2);
    }
    const ams_table *head = ams_table_file_head(f.file);
    expect_ok(ams_windows_list(head, AMS_IN_NO_SPLIT, 17, &item, &n, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(item[0], 17);
    free(item);
    expect_ok(ams_windows_list(head, AMS_TRAIN, 4, &item, &n, &err)); /* 0, 3, 4, 6, ... */
    ck_assert_uint_eq(n, N_TEST + 1);
    ck_assert_uint_eq(item[1], 3);
    ck_assert_uint_eq(item[2], 4);
    ck_assert_uint_eq(item[3], 6);
    free(item);
    drop(&f);
}
END_TEST

START_TEST(test_fit_table)
{
    fixture f;
    ams_table table = {0};
    char hash[AMS_HASH_TEXT];
    char whole[AMS_HASH_TEXT];
    setup_fixture(&f);
    ams_windows_fit fit = {.path = path, .option = "--memory", .memory_mb = 64, .fitted = true};
    expect_ok(ams_windows_fit_table(f.file, &fit, &table, &err));
    ck_assert_uint_eq(table.n_items, N_TEST); /* a third each */
    ck_assert_str_eq(ams_names_get(&table.item_id, 1), ams_names_get(&f.table.item_id, 3));
    ams_table_fini(&table);
    fit.fitted = false;
    expect_ok(ams_windows_fit_table(f.file, &fit, &table, &err));
    ck_assert_uint_eq(table.n_items, 1);
    ams_table_fini(&table);
    fit.fitted = true;
    fit.memory_mb = 0;
    ck_assert_int_eq(ams_windows_fit_table(f.file, &fit, &table, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "its 200 training items"));
    ck_assert_ptr_nonnull(strstr(err.text, "of --memory"));
    expect_ok(ams_windows_hash(f.file, path, 1, hash, &err));
    expect_ok(ams_table_hash(&f.table, whole, &err));
    ck_assert_str_eq(hash, whole);
    drop(&f);
}
END_TEST

/* The largest of 16384, 8192, ... 64 items whose table and environment fit. */
START_TEST(test_size)
{
    fixture f;
    setup_fixture(&f);
    ams_policy *policy = NULL;
    expect_ok(ams_policy_create(&policy, "fixed", &f.table, f.env, &err));
    ams_windows w = {.file = f.file, .policy = &policy, .n_policies = 1, .bytes_per_item = 500};
    for (uint64_t bytes = 1; bytes < UINT64_C(1) << 32; bytes = bytes * 3 / 2 + 1) {
        uint64_t expected = 64;
        for (uint64_t size = 128; size <= AMS_WINDOW_ITEMS; size *= 2) {
            bool fits = ams_table_part_bytes(f.file, size) + 500 * size <= bytes;
            expected = fits ? size : expected;
        }
        w.bytes = bytes;
        ck_assert_uint_eq(ams_windows_size(&w), expected);
    }
    ams_policy_destroy(policy);
    drop(&f);
}
END_TEST

enum { N_SPECS = 3 };
static const char *const specs[N_SPECS] = {"random", "fixed", "cooccur"};

typedef struct walk {
    const fixture *f;
    ams_policy *policy[N_SPECS];
    uint8_t order[N_SPECS][N_TEST][MODELS]; /* on the whole table */
    uint32_t seen, windows, fail_at;
    bool pieces; /* of windows, which have no names of items */
} walk;

static uint32_t order_of(const ams_policy *policy, uint32_t item, uint8_t *order)
{
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    void *worker = NULL;
    if (kind->worker_create != NULL) {
        expect_ok(kind->worker_create(policy, &worker, &err));
    }
    uint32_t n = kind->order(policy, worker, item, 1, order);
    if (kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
    return n;
}

static ams_status check_window(void *context, const ams_window *window, ams_error *error)
{
    walk *w = context;
    ck_assert_uint_eq(window->first, w->seen);
    ck_assert_uint_eq(window->table->n_items, window->n);
    ck_assert_uint_eq(window->env->n_items, window->n);
    if (w->windows++ == w->fail_at) {
        return ams_fail(error, AMS_BACKEND, "as asked");
    }
    for (uint32_t i = 0; i < window->n; i++, w->seen++) {
        const uint32_t place = w->f->item[w->seen];
        ck_assert_uint_eq(window->item[i], place);
        if (!w->pieces) {
            ck_assert_str_eq(ams_names_get(&window->table->item_id, i),
                             ams_names_get(&w->f->table.item_id, place));
        }
        ck_assert_uint_eq(window->table->split[i], AMS_TEST);
        for (int p = 0; p < N_SPECS; p++) {
            uint8_t order[AMS_MAX_MODELS];
            ck_assert_ptr_eq(ams_policy_env(w->policy[p]), window->env);
            ck_assert_uint_eq(order_of(w->policy[p], i, order), MODELS);
            ck_assert_mem_eq(order, w->order[p][w->seen], MODELS);
        }
    }
    return AMS_OK;
}

START_TEST(test_walk)
{
    fixture f;
    setup_fixture(&f);
    walk w = {.f = &f, .fail_at = UINT32_MAX};
    for (int p = 0; p < N_SPECS; p++) {
        expect_ok(ams_policy_create(&w.policy[p], specs[p], &f.table, f.env, &err));
        for (uint32_t k = 0; k < N_TEST; k++) {
            uint8_t order[AMS_MAX_MODELS];
            (void)order_of(w.policy[p], f.item[k], order);
            memcpy(w.order[p][k], order, MODELS);
        }
    }
    const ams_windows windows = {.file = f.file,
                                 .item = f.item,
                                 .n_items = f.n,
                                 .env = f.env,
                                 .policy = w.policy,
                                 .n_policies = N_SPECS,
                                 .bytes = 1}; /* windows of 64 items */
    expect_ok(ams_windows_walk(&windows, check_window, &w, &err));
    ck_assert_uint_eq(w.seen, N_TEST);
    ck_assert_uint_eq(w.windows, (N_TEST + 63) / 64);
    ams_windows cut = windows;
    cut.piece = 48; /* 48, 16, 48 ... */
    w.seen = w.windows = 0;
    w.pieces = true;
    expect_ok(ams_windows_walk(&cut, check_window, &w, &err));
    ck_assert_uint_eq(w.seen, N_TEST);
    ck_assert_uint_eq(w.windows, N_TEST / 64 * 2 + (N_TEST % 64 + 47) / 48);
    w = (walk){.f = &f, .fail_at = 1, .policy = {w.policy[0], w.policy[1], w.policy[2]}};
    for (int p = 0; p < N_SPECS; p++) {
        for (uint32_t k = 0; k < N_TEST; k++) { /* the policies are back on the whole table */
            uint8_t order[AMS_MAX_MODELS];
            ck_assert_ptr_eq(ams_policy_env(w.policy[p]), f.env);
            (void)order_of(w.policy[p], f.item[k], order);
            memcpy(w.order[p][k], order, MODELS);
        }
    }
    ck_assert_int_eq(ams_windows_walk(&windows, check_window, &w, &err), AMS_BACKEND);
    ck_assert_str_eq(err.text, "as asked");
    ck_assert_uint_eq(w.windows, 2);
    for (int p = 0; p < N_SPECS; p++) {
        ck_assert_ptr_eq(ams_policy_env(w.policy[p]), f.env);
        ams_policy_destroy(w.policy[p]);
    }
    drop(&f);
}
END_TEST

/* knn looks at training items, so it cannot move. */
START_TEST(test_stays)
{
    fixture f;
    setup_fixture(&f);
    walk w = {.f = &f};
    expect_ok(ams_policy_create(&w.policy[0], "knn", &f.table, f.env, &err));
    const ams_windows windows = {.file = f.file,
                                 .item = f.item,
                                 .n_items = f.n,
                                 .env = f.env,
                                 .policy = w.policy,
                                 .n_policies = 1};
    ck_assert_int_eq(ams_windows_walk(&windows, check_window, &w, &err), AMS_USAGE);
    ck_assert_uint_eq(w.windows, 0);
    ck_assert_ptr_eq(ams_policy_env(w.policy[0]), f.env);
    ams_policy_destroy(w.policy[0]);
    drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_list);
    tcase_add_test(tests, test_fit_table);
    tcase_add_test(tests, test_size);
    tcase_add_test(tests, test_walk);
    tcase_add_test(tests, test_stays);
}

int main(void)
{
    return run_suite("windows", add);
}
