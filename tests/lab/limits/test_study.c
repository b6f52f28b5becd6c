/* Studies of a table that is worked out by hand (fixture.h), their order and their files; the
 * same study in windows of a file. */
#include "ams/limit_study.h"

#include "ams/table_file.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "lab/figures/columns.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/lab/limits/fixture.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static ams_error err;

static void expect_ok(ams_status status)
{
    ck_assert_msg(status == AMS_OK, "%s", err.text);
}

static uint32_t find(const ams_limit_study *s, const char *label)
{
    for (uint32_t k = 0; k < s->list.n; k++) {
        if (strcmp(s->list.series[k].label, label) == 0) {
            return k;
        }
    }
    ck_abort_msg("no series %s", label);
    return 0;
}

/* Recall of item i of the split, and the mean of both items. */
static void expect_recall(const ams_limit_study *s, const char *label, uint32_t point,
                          double first, double second)
{
    const uint32_t k = find(s, label);
    const double *recall = s->list.series[k].recall[0];
    const uint32_t n = s->setup->n_points;
    ck_assert_msg(fabs(recall[point] - first) < 1e-6 && fabs(recall[n + point] - second) < 1e-6,
                  "%s at %u: expected %g and %g, found %g and %g", label, point, first, second,
                  recall[point], recall[n + point]);
    const double mean = s->paired.mean[(size_t)k * n + point];
    ck_assert_double_eq_tol(mean, (first + second) / 2, 1e-6);
}

static void open_setup(ams_limit_setup *setup, bool parallel)
{
    limits_write("t.h5");
    ams_limit_setup_options options = limits_options("t.h5");
    options.parallel = parallel;
    expect_ok(ams_limit_open(setup, &options, &err));
    expect_ok(ams_limit_add_baselines(setup, &err));
    ck_assert_double_eq(ams_limit_largest_mb(setup), 300);
    ck_assert_uint_eq(setup->n_items, 2);
}

static ams_limit_study_options study_options(const ams_scheduler **scheduler, bool parallel)
{
    *scheduler = ams_scheduler_named(parallel ? "algorithm2" : "algorithm1", parallel);
    return (ams_limit_study_options){.scheduler = scheduler,
                                     .n_schedulers = 1,
                                     .exact_nodes = 1000,
                                     .bootstrap_draws = 20,
                                     .check = true};
}

START_TEST(deadlines_by_hand)
{
    const double deadline[] = {300, 400, 700};
    const ams_scheduler *scheduler = NULL;
    const ams_limit_study_options options = study_options(&scheduler, false);
    ams_limit_setup setup;
    ams_limit_study s;
    open_setup(&setup, false);
    expect_ok(ams_limit_set_points(&setup, deadline, 3, NULL, 0, &err));
    expect_ok(ams_limit_study_run(&s, &setup, &options, &err));
    /* m0 and m1 end at 300 ms; m2 does not fit. */
    expect_recall(&s, "fixed", 0, 1.5 / 2.5, 0);
    expect_recall(&s, "fixed", 1, 1.5 / 2.5, 0);
    expect_recall(&s, "fixed", 2, 1, 1);
    /* By descending true value m2 is first, and takes 400 ms. */
    expect_recall(&s, "first-fit", 0, 1.5 / 2.5, 0);
    expect_recall(&s, "first-fit", 1, 1.0 / 2.5, 1);
    /* By true value per time: m0, m1, then m2 where it fits; of the second item only m2 has
     * value. */
    expect_recall(&s, "algorithm1:truth", 0, 1.5 / 2.5, 0);
    expect_recall(&s, "algorithm1:truth", 1, 1.5 / 2.5, 1);
    expect_recall(&s, "exact", 0, 1.5 / 2.5, 0);
    expect_recall(&s, "exact", 1, 1.5 / 2.5, 1);
    expect_recall(&s, "exact", 2, 1, 1);
    /* m0, m1 and a quarter of m2: at 400 ms 100 of its 400 ms are left. */
    expect_recall(&s, "optimal*", 1, (1.5 + 1.0 / 4) / 2.5, 1);
    ck_assert_double_eq_tol(ams_limit_mean(&s, find(&s, "fixed"), 0, AMS_LIMIT_MODELS), 2,
                            1e-9);
    ck_assert_double_eq_tol(ams_limit_mean(&s, find(&s, "fixed"), 0, AMS_LIMIT_DONE_MS), 300,
                            1e-9);
    for (uint32_t p = 0; p < 3; p++) {
        uint32_t solved = 0;
        ck_assert(ams_limit_is_known(&s, s.list.exact, p));
        ck_assert_double_eq_tol(ams_limit_solved_recall(&s, s.list.fixed, p, &solved),
                                p < 2 ? 0.3 : 1, 1e-6);
        ck_assert_uint_eq(solved, 2);
        for (uint32_t k = 0; k < s.list.n; k++) { /* nothing exceeds the bound */
            ck_assert_double_le(s.paired.mean[k * 3 + p],
                                s.paired.mean[s.list.bound * 3 + p] + 1e-9);
        }
    }
    ams_limit_study_fini(&s);
    ams_limit_setup_fini(&setup);
}
END_TEST

START_TEST(budgets_by_hand)
{
    const double deadline[] = {200};
    const double budget[] = {200, 300};
    const ams_scheduler *scheduler = NULL;
    const ams_limit_study_options options = study_options(&scheduler, true);
    ams_limit_setup setup;
    ams_limit_study s;
    open_setup(&setup, true);
    expect_ok(ams_limit_set_points(&setup, deadline, 1, budget, 2, &err));
    expect_ok(ams_limit_study_run(&s, &setup, &options, &err));
    /* With 200 MB m0 and m1 do not run in parallel, and one after the other they take 300 ms.
     */
    expect_recall(&s, "exact", 0, 0.9 / 2.5, 0);
    expect_recall(&s, "exact", 1, 1.5 / 2.5, 0);
    /* Algorithm 2 starts m0, and beside it only what ends before m0 does: m1 comes too late. */
    expect_recall(&s, "algorithm2:truth", 1, 0.6 / 2.5, 0);
    expect_recall(&s, "fixed", 0, 0.6 / 2.5, 0);
    expect_recall(&s, "fixed", 1, 1.5 / 2.5, 0);
    ams_limit_study_fini(&s);
    ams_limit_setup_fini(&setup);
}
END_TEST

/* Policies that predict values come once per scheduler; seeds of one label are one series. */
START_TEST(list_of_series)
{
    const double deadline[] = {300};
    const ams_scheduler *const scheduler[] = {ams_scheduler_named("algorithm1", false),
                                              ams_scheduler_named("plan", false)};
    static const char *const label[] = {
        "random",       "fixed", "first-fit",        "algorithm1:cooccur",
        "plan:cooccur", "again", "algorithm1:truth", "optimal*",
        "bound"};
    ams_limit_setup setup;
    ams_limit_series_list list;
    open_setup(&setup, false);
    expect_ok(ams_limit_set_points(&setup, deadline, 1, NULL, 0, &err));
    expect_ok(ams_limit_add_policy(&setup, "cooccur", &err));
    expect_ok(ams_limit_add_policy(&setup, "fixed", &err)); /* there already: passed over */
    expect_ok(ams_limit_add_policy(&setup, "again=fixed", &err));
    expect_ok(ams_limit_list_series(&list, &setup, scheduler, 2, false, &err));
    ck_assert_uint_eq(list.n, 9);
    for (uint32_t k = 0; k < list.n; k++) {
        ck_assert_str_eq(list.series[k].label, label[k]);
        ck_assert_uint_eq(list.series[k].n_runs, 1);
    }
    ck_assert_uint_eq(list.random, 0);
    ck_assert_uint_eq(list.bound, 8);
    ck_assert_uint_eq(list.exact, 9);
    ams_limit_series_fini(&list);
    ams_limit_setup_fini(&setup);
}
END_TEST

/* More series than any table had before, with ties, against a selection of the largest left. */
START_TEST(rank_of_many)
{
    enum { SERIES = 1500, POINTS = 3 };
    static double mean[SERIES * POINTS];
    static bool taken[SERIES];
    static uint32_t order[SERIES];
    const ams_limit_setup setup = {.n_points = POINTS};
    const ams_limit_study s = {
        .setup = &setup,
        .list = {.n = SERIES, .exact = SERIES},
        .paired = {.n_groups = SERIES, .n_columns = POINTS, .mean = mean}};
    for (uint32_t k = 0; k < SERIES * POINTS; k++) {
        mean[k] = (k * 37U % 11) / 16.0;
    }
    expect_ok(ams_limit_rank(&s, 1, 2, order, &err));
    for (uint32_t row = 0; row < SERIES; row++) {
        uint32_t best = SERIES;
        for (uint32_t k = 0; k < SERIES; k++) {
            const double *own = mean + (size_t)k * POINTS;
            const double *most = mean + (size_t)best * POINTS;
            if (!taken[k] && (best == SERIES || own[1] + own[2] > most[1] + most[2])) {
                best = k;
            }
        }
        taken[best] = true;
        ck_assert_uint_eq(order[row], best);
    }
}
END_TEST

/* A cell of the row whose series and deadline are these. */
static double cell(const ams_tsv *t, const char *series, const char *deadline, const char *name)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        const char *found = ams_tsv_cell(t, r, ams_tsv_column(t, AMS_COL_DEADLINE_MS));
        if (strcmp(ams_tsv_cell(t, r, ams_tsv_column(t, AMS_COL_SERIES)), series) == 0 &&
            strcmp(found, deadline) == 0) {
            double value = 0;
            expect_ok(ams_tsv_number(t, r, ams_tsv_column(t, name), &value, &err));
            return value;
        }
    }
    ck_abort_msg("no row %s at %s", series, deadline);
    return 0;
}

static void expect_manifest(const char *path)
{
    json_t *json = json_load_file(path, 0, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(json_string_value(json_object_get(json, "command")), "ams schedule");
    ck_assert_str_eq(json_string_value(json_object_get(json, "version")), "1.0");
    ck_assert_str_eq(json_string_value(json_object_get(json, "expect")), "mean");
    ck_assert_int_eq(json_integer_value(json_object_get(json, "items")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "bootstrap_draws")), 20);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "series")), 7);
    json_decref(json);
}

START_TEST(files)
{
    const double deadline[] = {300, 400};
    const ams_scheduler *scheduler = NULL;
    const ams_limit_study_options options = study_options(&scheduler, false);
    const ams_limit_manifest manifest = {.command = "ams schedule", .version = "1.0"};
    ams_limit_setup setup;
    ams_limit_study s;
    ams_tsv t;
    open_setup(&setup, false);
    expect_ok(ams_limit_set_points(&setup, deadline, 2, NULL, 0, &err));
    expect_ok(ams_limit_study_run(&s, &setup, &options, &err));
    expect_ok(ams_limit_study_write(&s, "out/a", &manifest, &err));
    expect_ok(ams_tsv_read(&t, "out/a/schedule.tsv", &err));
    ck_assert_uint_eq(t.n_rows, 7 * 2);
    ck_assert_double_eq_tol(cell(&t, "fixed", "400", AMS_COL_RECALL), 0.3, 1e-6);
    ck_assert_double_eq_tol(cell(&t, "exact", "400", "less_fixed"), 0.8 - 0.3, 1e-6);
    ck_assert_double_eq_tol(cell(&t, "bound", "400", AMS_COL_OF_BOUND), 1, 1e-6);
    ck_assert_double_eq_tol(cell(&t, "fixed", "300", AMS_COL_TIME_MS), 300, 1e-6);
    ams_tsv_fini(&t);
    expect_ok(ams_tsv_read(&t, "out/a/exact.tsv", &err));
    ck_assert_uint_eq(t.n_rows, 7 * 2);
    ck_assert_double_eq_tol(cell(&t, "fixed", "400", "ratio"), 0.3 / 0.8, 1e-6);
    ck_assert_double_eq_tol(cell(&t, "fixed", "400", "optimum_on_solved"), 0.8, 1e-6);
    ams_tsv_fini(&t);
    expect_ok(ams_tsv_read(&t, "out/a/timing.tsv", &err));
    ams_tsv_fini(&t);
    expect_manifest("out/a/schedule.json");
    ams_limit_study_fini(&s);
    ams_limit_setup_fini(&setup);
}
END_TEST

/* ---- windows ---- */

static void write_large(const char *path, uint32_t n_items)
{
    ams_table table;
    random_table_options shape = random_table_defaults(3);
    shape.n_items = n_items;
    shape.distinct = true;
    random_table(&table, &shape);
    expect_ok(ams_table_write(&table, path, &err));
    ams_table_fini(&table);
}

/* Items of a file that needs somewhat more than 1 MB, of which its training items, a third,
 * need less than half. */
static uint32_t items_of_a_megabyte(void)
{
    ams_table_file *file = NULL;
    write_large("probe.h5", 600);
    expect_ok(ams_table_file_open(&file, "probe.h5", &err));
    const double each = (double)ams_table_part_bytes(file, 600) / 600;
    ams_table_file_close(file);
    return (uint32_t)(1.2 * 1048576 / each);
}

static void study_of(ams_limit_study *s, ams_limit_setup *setup, uint64_t memory_mb)
{
    const double deadline[] = {100, 200, 400};
    const ams_scheduler *scheduler = NULL;
    ams_limit_study_options options = study_options(&scheduler, false);
    ams_limit_setup_options o = limits_options("large.h5");
    options.exact_nodes = 0;
    o.memory_mb = memory_mb;
    expect_ok(ams_limit_open(setup, &o, &err));
    ck_assert_int_eq(setup->file != NULL, memory_mb == 1);
    expect_ok(ams_limit_set_points(setup, deadline, 3, NULL, 0, &err));
    expect_ok(ams_limit_add_baselines(setup, &err));
    expect_ok(ams_limit_add_policy(setup, "cooccur", &err));
    expect_ok(ams_limit_study_run(s, setup, &options, &err));
}

START_TEST(windows)
{
    ams_limit_setup setup[2];
    ams_limit_study s[2];
    write_large("large.h5", items_of_a_megabyte());
    study_of(&s[0], &setup[0], 1);
    study_of(&s[1], &setup[1], 4096);
    ck_assert_str_eq(setup[0].data_hash, setup[1].data_hash);
    ck_assert_uint_eq(s[0].list.n, s[1].list.n);
    ck_assert_mem_eq(s[0].paired.mean, s[1].paired.mean,
                     (size_t)s[0].list.n * 3 * sizeof(double));
    ck_assert_mem_eq(s[0].paired.value, s[1].paired.value,
                     (size_t)s[0].list.n * 3 * 20 * sizeof(double));
    for (int i = 0; i < 2; i++) {
        ams_limit_study_fini(&s[i]);
        ams_limit_setup_fini(&setup[i]);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, deadlines_by_hand);
    tcase_add_test(tests, budgets_by_hand);
    tcase_add_test(tests, list_of_series);
    tcase_add_test(tests, rank_of_many);
    tcase_add_test(tests, files);
    tcase_add_test(tests, windows);
}

int main(void)
{
    return run_suite("lab/limits/study", add);
}
