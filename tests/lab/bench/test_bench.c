/* The benchmark's table has the shape it says, on any machine the same bits; figures come with
 * their spread and a bound. */
#include "lab/bench/bench.h"
#include "lab/bench/table.h"
#include "tests/base/suite.h"

#include "ams/train.h"

#include <string.h>
#include <unistd.h>

START_TEST(table_of_paper_size)
{
    ams_table table;
    ams_error err = {{0}};
    char hash[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_bench_table(&table, 300, 1, &err), AMS_OK);
    ck_assert_msg(ams_table_check(&table, ams_table_outputs(&table), &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_uint_eq(table.n_models, 30);
    ck_assert_uint_eq(table.n_labels, 1104);
    ck_assert_uint_eq(table.task_name.count, 10);
    ck_assert_int_eq(ams_table_hash(&table, hash, &err), AMS_OK);
    ams_table again;
    char other[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_bench_table(&again, 300, 1, &err), AMS_OK);
    ck_assert_int_eq(ams_table_hash(&again, other, &err), AMS_OK);
    ck_assert_str_eq(hash, other);
    ams_table_fini(&again);
    ck_assert_int_eq(ams_bench_table(&again, 300, 2, &err), AMS_OK);
    ck_assert_int_eq(ams_table_hash(&again, other, &err), AMS_OK);
    ck_assert_str_ne(hash, other);
    ams_table_fini(&again);
    ams_table_fini(&table);
}
END_TEST

/* Over all lengths of random orders; a training, whose episodes may end, meets about 20. */
START_TEST(ones_of_its_states)
{
    ams_table table;
    ams_env *env = NULL;
    ams_env_options options = ams_env_defaults();
    ck_assert_int_eq(ams_bench_table(&table, 300, 1, NULL), AMS_OK);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, NULL), AMS_OK);
    uint32_t index[1104];
    double ones = 0;
    for (uint32_t i = 0; i < 300; i++) {
        uint64_t mask = 0;
        for (uint32_t k = 0; k < 30; k++) {
            ones += ams_env_features(env, i, mask, index, NULL);
            mask |= UINT64_C(1) << (k * 7 + i) % 30; /* each model once */
        }
    }
    ck_assert_double_gt(ones / 9000, 22);
    ck_assert_double_lt(ones / 9000, 31);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static int started;

static void count(void *context, const char *text)
{
    (void)context;
    ck_assert_ptr_nonnull(text);
    started++;
}

/* Every figure once, in the least time; nothing is asserted of how fast it is. */
START_TEST(every_figure)
{
    ams_table table;
    ams_error err = {{0}};
    ams_bench bench = {.options = {.what = AMS_BENCH_ALL,
                                   .batch = {8},
                                   .n_batches = 1,
                                   .threads = {2},
                                   .n_threads = 1,
                                   .runs = 4,
                                   .seconds = 0.002,
                                   .processor_time = _i == 1,
                                   .cold = true,
                                   .scratch = ".",
                                   .progress = {.notice = count}}};
    started = 0;
    ck_assert_int_eq(ams_bench_table(&table, 60, 1, &err), AMS_OK);
    ck_assert_msg(ams_bench_run(&bench, &table, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(bench.n_machines, 2); /* one thread, for what has but one, and two */
    /* Update and whole on two backends, beside, two of schedule, four of online, three of
     * stream, five others.
     */
    ck_assert_uint_eq(bench.n_rows, 19);
    ck_assert_int_eq(started, 19);
    for (size_t r = 0; r < bench.n_rows; r++) {
        const ams_bench_row *row = &bench.row[r];
        ck_assert_double_gt(row->low, 0);
        ck_assert_double_le(row->low, row->median);
        ck_assert_double_le(row->median, row->high);
        ck_assert_double_gt(row->bound, 0);
        ck_assert_ptr_nonnull(row->by);
        bool trained = strcmp(row->figure, "update") == 0 ||
                       strcmp(row->figure, "whole") == 0 || strcmp(row->figure, "beside") == 0;
        ck_assert_uint_eq(row->threads, trained ? 2 : 1);
    }
    ck_assert_int_ne(access("bench.h5", F_OK), 0); /* files are removed */
    ams_bench_fini(&bench);
    ams_table_fini(&table);
}
END_TEST

/* A bound that is not known is '-', and so is the share of it. */
START_TEST(bounds_may_be_unknown)
{
    ams_bench_row row = {"whole", "cuda", "updates/s", 64, 1, 2, 1, 3, 0, "-"};
    const ams_bench bench = {.row = &row, .n_rows = 1};
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(stream);
    const ams_bench_origin origin = {.commit = "abc", .cpu = "a GPU"};
    ams_bench_write(&bench, &origin, stream);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_ptr_nonnull(
        strstr(text, "\nwhole\tcuda\t64\t1\t2\t1\t3\tupdates/s\t-\t-\t-\tabc\ta GPU\n"));
    free(text);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, table_of_paper_size);
    tcase_add_test(tests, ones_of_its_states);
    tcase_add_loop_test(tests, every_figure, 0, 2);
    tcase_add_test(tests, bounds_may_be_unknown);
}

int main(void)
{
    return run_suite("lab/bench", add);
}
