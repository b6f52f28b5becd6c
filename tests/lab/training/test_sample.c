/* What of a file is read under a limit of memory: against a search that tries every number. */
#include "lab/training/sample.h"

#include "ams/table_file.h"
#include "env/sample.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <string.h>

/* N items, a third of them in each split: about 3 MB. */
enum { N = 3000, THIRD = N / 3 };

static ams_error err;

static void make_file(void)
{
    ams_table table;
    random_table_options options = random_table_defaults(5);
    options.n_items = N;
    options.n_models = 12;
    options.n_labels = 60;
    random_table(&table, &options);
    ck_assert_int_eq(ams_table_write(&table, "d.h5", &err), AMS_OK);
    ams_table_fini(&table);
}

/* Most of `most` items that take at most so many bytes beside `others`. */
static uint32_t count_fitting(uint64_t bytes, uint32_t others, uint32_t most)
{
    ams_table_file *file = NULL;
    uint32_t n = 0;
    ck_assert_int_eq(ams_table_file_open(&file, "d.h5", &err), AMS_OK);
    while (n < most && ams_table_part_bytes(file, others + n + 1) <= bytes) {
        n++;
    }
    ams_table_file_close(file);
    return n;
}

static uint64_t file_mb(void)
{
    ams_table_file *file = NULL;
    ck_assert_int_eq(ams_table_file_open(&file, "d.h5", &err), AMS_OK);
    const uint64_t mb = ams_table_part_bytes(file, N) >> 20;
    ams_table_file_close(file);
    return mb;
}

static ams_status read_sample(uint64_t memory_mb, uint64_t items, uint64_t seed,
                              ams_table *table, ams_training_sample *loaded)
{
    const ams_training_sample_options options = {
        .path = "d.h5", .memory_mb = memory_mb, .items = items, .seed = seed};
    return ams_training_sample_read(&options, table, loaded, &err);
}

static bool has_item(const ams_table *table, const char *id)
{
    return ams_names_find(&table->item_id, id, strlen(id)) != AMS_NO_NAME;
}

START_TEST(test_whole)
{
    ams_table table;
    ams_training_sample loaded;
    make_file();
    ck_assert_uint_ge(file_mb(), 2);
    ck_assert_int_eq(read_sample(file_mb() + 1, 5, 0, &table, &loaded), AMS_OK);
    ck_assert(!loaded.partial);
    ck_assert_uint_eq(table.n_items, N);
    ams_table_fini(&table);
    ck_assert_int_eq(read_sample(AMS_TRAINING_MOST_MEMORY_MB, 0, 0, &table, &loaded), AMS_OK);
    ck_assert(!loaded.partial);
    ams_table_fini(&table);
}
END_TEST

/* The training items are those of a run on the whole file; validation items as many as fit. */
START_TEST(test_sample)
{
    ams_table whole;
    make_file();
    ck_assert_int_eq(ams_table_read(&whole, "d.h5", &err), AMS_OK);
    const uint64_t mb = UINT64_C(1) << 20;
    const uint32_t most = count_fitting(mb * 3 / 4, 0, THIRD);
    ck_assert(most > 100 && most < THIRD);
    static const uint32_t wanted[] = {1, 7, 50, 0};
    for (size_t k = 0; k < 4; k++) {
        const uint32_t n = wanted[k] == 0 ? most : wanted[k];
        ams_table table;
        ams_training_sample loaded;
        uint32_t item[N];
        uint32_t n_item = 0;
        ck_assert_int_eq(read_sample(1, n, 3, &table, &loaded), AMS_OK);
        ck_assert(loaded.partial);
        ck_assert_uint_eq(loaded.training, n);
        ck_assert_uint_eq(loaded.validation, count_fitting(mb, n, THIRD));
        ck_assert_uint_eq(loaded.of_training, THIRD);
        ck_assert_uint_eq(loaded.of_validation, THIRD);
        ck_assert_uint_eq(table.n_items, loaded.training + loaded.validation);
        ck_assert_int_eq(ams_sample_training(whole.split, N, n, 3, item, &n_item, &err),
                         AMS_OK);
        uint32_t training = 0;
        for (uint32_t i = 0; i < table.n_items; i++) {
            ck_assert(table.split[i] == AMS_TRAIN || table.split[i] == AMS_VALIDATION);
            training += table.split[i] == AMS_TRAIN;
        }
        ck_assert_uint_eq(training, n);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert(has_item(&table, ams_names_get(&whole.item_id, item[i])));
        }
        ams_table_fini(&table);
    }
    ams_table_fini(&whole);
}
END_TEST

START_TEST(test_validation_by_seed)
{
    ams_table one;
    ams_table same;
    ams_table other;
    ams_training_sample loaded;
    uint32_t common = 0;
    make_file();
    const uint32_t most = count_fitting((UINT64_C(1) << 20) * 3 / 4, 0, THIRD);
    ck_assert_int_eq(read_sample(1, most, 1, &one, &loaded), AMS_OK);
    ck_assert_uint_lt(loaded.validation, loaded.of_validation);
    ck_assert_int_eq(read_sample(1, most, 1, &same, &loaded), AMS_OK);
    ck_assert_int_eq(read_sample(1, most, 2, &other, &loaded), AMS_OK);
    for (uint32_t i = 0; i < one.n_items; i++) {
        const char *id = ams_names_get(&one.item_id, i);
        ck_assert(has_item(&same, id));
        common += has_item(&other, id);
    }
    ck_assert_uint_lt(common, one.n_items);
    ams_table_fini(&one);
    ams_table_fini(&same);
    ams_table_fini(&other);
}
END_TEST

START_TEST(test_refused)
{
    ams_table table;
    ams_training_sample loaded;
    char text[64];
    make_file();
    const uint32_t most = count_fitting((UINT64_C(1) << 20) * 3 / 4, 0, THIRD);
    snprintf(text, sizeof text, "items=%u or fewer", most);
    static const uint32_t too_many[] = {0, 1};
    for (size_t k = 0; k < 2; k++) {
        const uint64_t items = too_many[k] == 0 ? 0 : most + 1;
        ck_assert_int_eq(read_sample(1, items, 0, &table, &loaded), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, text));
        ck_assert_ptr_nonnull(strstr(err.text, "d.h5"));
    }
    /* 2^44 would wrap to 0 bytes where it is shifted. */
    static const uint64_t bad[] = {0, AMS_TRAINING_MOST_MEMORY_MB + 1, UINT64_C(1) << 44,
                                   UINT64_MAX};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        ck_assert_int_eq(read_sample(bad[k], 5, 0, &table, &loaded), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "expected 1 to 1073741824 MB"));
    }
    const ams_training_sample_options none = {.path = "none.h5", .memory_mb = 1};
    ck_assert_int_eq(ams_training_sample_read(&none, &table, &loaded, &err), AMS_IO);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_whole);
    tcase_add_test(tests, test_sample);
    tcase_add_test(tests, test_validation_by_seed);
    tcase_add_test(tests, test_refused);
}

int main(void)
{
    return run_suite("training_sample", add);
}
