/* A comparison of runs of the worked example: rows and figure data by hand, what is reported,
 * what is refused. */
#include "ams/compare.h"

#include "base/file.h"
#include "base/tsv.h"
#include "tests/base/suite.h"
#include "tests/lab/compare/experiment.h"
#include "tests/lab/score/worked.h"

#include <math.h>
#include <string.h>

#define EXP "e=1" /* a name that could be read as NAME=POLICY */
#define HEAD "update\tloss\tvalidation_time_ms\tvalidation_area\n"

/* Validations at 10, 30 and 40; the second seed stops at 30 and has none at 20. */
static const char first_metrics[] =
    HEAD "10\t1\t300\t0.4\n20\t1\t-\t-\n30\t1\t280\t0.5\n40\t1\t270\t0.6\n";
static const char second_metrics[] = HEAD "10\t1\t320\t0.2\n30\t1\t300\t0.3\n";

static void need(ams_status status, const ams_error *err)
{
    ck_assert_msg(status == AMS_OK, "%s", err->text);
}

/* What is reported, line by line. */
static void listen(void *context, const char *text)
{
    char *heard = context;
    strncat(heard, text, 4000 - strlen(heard));
    strcat(heard, "\n");
}

typedef struct fixture {
    char hash[AMS_HASH_TEXT];
    char heard[4096];
    ams_progress progress;
    ams_compare_options options;
    ams_compare compare;
} fixture;

static fixture *make_fixture(void)
{
    fixture *f = calloc(1, sizeof *f);
    ck_assert_ptr_nonnull(f);
    nftw(EXP, suite_remove, 8, FTW_DEPTH | FTW_PHYS); /* of the test before */
    worked_data("data.h5", f->hash);
    f->progress = (ams_progress){.context = f->heard, .notice = listen};
    f->options = ams_compare_defaults();
    f->options.directory = EXP;
    f->options.score.bootstrap_draws = 200;
    f->options.score.draws = 8;
    f->options.score.progress = &f->progress;
    return f;
}

static void drop(fixture *f)
{
    ams_compare_close(&f->compare);
    free(f);
}

static experiment_run run_of(const fixture *f, const char *name, const char *label,
                             uint64_t seed, const char *order)
{
    return (experiment_run){.name = name,
                            .label = label,
                            .seed = seed,
                            .order = order,
                            .items = "0",
                            .data = "data.h5",
                            .hash = f->hash,
                            .timing = "update\tseconds\n10\t1\n20\t4.5\n",
                            .metrics = first_metrics};
}

/* Two seeds of dqn; one of other, which does as `fixed` does and does not know its seconds. */
static void add_runs(const fixture *f)
{
    experiment_run run = run_of(f, "dqn-1", "dqn", 1, "012");
    run.timing = "update\tseconds\n10\t2.5\n20\t5\n30\t1.5\n"; /* continued: 5 + 1.5 */
    experiment_add(EXP, &run);
    run = run_of(f, "dqn-2", "dqn", 2, "210");
    run.metrics = second_metrics;
    experiment_add(EXP, &run);
    run = run_of(f, "other-1", "other", 1, "102");
    run.timing = NULL;
    run.items = NULL;
    experiment_add(EXP, &run);
}

static void compare(fixture *f)
{
    ams_error err = {0};
    need(ams_compare_run(&f->compare, &f->options, &err), &err);
}

static uint32_t group_named(const fixture *f, const char *label)
{
    for (uint32_t g = 0; g < f->compare.score.n_groups; g++) {
        if (strcmp(f->compare.score.group[g].label, label) == 0) {
            return g;
        }
    }
    ck_abort_msg("no group '%s'", label);
}

static ams_interval row(const fixture *f, const char *label, const char *recall,
                        const char *metric)
{
    const ams_interval *found =
        ams_compare_find(&f->compare, group_named(f, label), recall, metric);
    ck_assert_msg(found != NULL, "no row %s %s %s", label, recall, metric);
    return *found;
}

static void expect(const fixture *f, const char *label, const char *recall, const char *metric,
                   double mean)
{
    const double found = row(f, label, recall, metric).mean;
    ck_assert_msg(fabs(found - mean) < 1e-6, "%s %s %s: expected %.9f, found %.9f", label,
                  recall, metric, mean, found);
}

START_TEST(test_runs_and_groups)
{
    fixture *f = make_fixture();
    add_runs(f);
    compare(f);
    const ams_compare *c = &f->compare;
    ck_assert_uint_eq(c->n_runs, 3);
    ck_assert_str_eq(c->run[0].directory, "./" EXP "/runs/dqn-1");
    ck_assert_str_eq(c->run[2].directory, "./" EXP "/runs/other-1");
    ck_assert_double_eq(c->run[0].seconds, 6.5);
    ck_assert(isnan(c->run[2].seconds));
    ck_assert_uint_eq(c->score.n_groups, 6); /* dqn, other, fixed, random, oracle, all */
    ck_assert_uint_eq(c->score.group[0].n_runs, 2);
    ck_assert(ams_compare_is_agent(c, group_named(f, "dqn")));
    ck_assert(ams_compare_is_agent(c, group_named(f, "other")));
    ck_assert(!ams_compare_is_agent(c, group_named(f, "fixed")));
    ck_assert_uint_eq(c->fixed, group_named(f, "fixed"));
    ck_assert_uint_eq(c->oracle, group_named(f, "oracle"));
    ck_assert_ptr_nonnull(strstr(f->heard, "'dqn' has 2 seeds; under 4"));
    ck_assert_ptr_nonnull(strstr(f->heard, "'other' has 1 seed; under 4"));
    ck_assert_ptr_nonnull(strstr(f->heard, "a run of 'other' has no timing.tsv"));
    drop(f);
}
END_TEST

START_TEST(test_rows_by_hand)
{
    fixture *f = make_fixture();
    add_runs(f);
    compare(f);
    const double random = row(f, "random", "1.0", "time_ms").mean;
    /* Agents have 13 rows at each of 4 recalls, baselines 9; everyone an area, dqn its seconds.
     */
    ck_assert_uint_eq(f->compare.n_rows, 2 * (4 * 13 + 1) + 1 + 4 * (4 * 9 + 1));
    ck_assert_str_eq(f->compare.row[0].agent, "oracle");
    ck_assert_str_eq(f->compare.row[f->compare.n_rows - 1].agent, "all");
    expect(f, "dqn", "1.0", "time_ms", (250 + 300) / 2.0);
    expect(f, "dqn", "0.8", "time_ms", (250 + 300) / 2.0);
    expect(f, "dqn", "0.5", "time_ms", (125 + 225) / 2.0);
    expect(f, "dqn", "1.0", "models_run", 2.5);
    expect(f, "dqn", "1.0", "saved_vs_all", 1 - 275 / 350.0);
    expect(f, "dqn", "1.0", "saved_vs_fixed", 1 - 275 / 200.0);
    expect(f, "dqn", "1.0", "time_ms_diff_fixed", 75);
    expect(f, "dqn", "0.5", "time_ms_diff_fixed", 75);
    expect(f, "dqn", "1.0", "gap_closed", (random - 275) / (random - 175));
    expect(f, "dqn", "1.0", "time_ms_iqm", 275);
    expect(f, "dqn", "1.0", "p_improve:other", 0);
    expect(f, "dqn", "1.0", "saved_vs:other", 1 - 275 / 200.0);
    expect(f, "other", "1.0", "p_improve:dqn", 1);
    expect(f, "dqn", "-", "auc", ((125 + 200) / 700.0 + (75 + 100) / 700.0) / 2);
    expect(f, "dqn", "-", "train_seconds", (6.5 + 4.5) / 2);
    expect(f, "oracle", "1.0", "gap_closed", 1);
    const uint32_t other = group_named(f, "other");
    ck_assert_ptr_null(ams_compare_find(&f->compare, other, "-", "train_seconds"));
    ck_assert_ptr_null(ams_compare_find(&f->compare, other, "1.0", "p_improve:other"));
    drop(f);
}
END_TEST

/* `other` runs the models in the order of `fixed`, so the difference is 0 in every draw: both
 * are resampled with the same items. Unpaired draws would spread by tens of ms. */
START_TEST(test_differences_are_paired)
{
    static const char *const equal[] = {"other", "fixed"};
    fixture *f = make_fixture();
    add_runs(f);
    compare(f);
    const ams_interval time = row(f, "other", "1.0", "time_ms");
    ck_assert_double_gt(time.high - time.low, 100);
    for (int k = 0; k < 2; k++) {
        const ams_interval i = row(f, equal[k], "1.0", "time_ms_diff_fixed");
        ck_assert_double_eq(i.mean, 0);
        ck_assert_double_eq(i.low, 0);
        ck_assert_double_eq(i.high, 0);
    }
    /* dqn loses 100 ms on item B or 200, nothing on A: any draw is between. */
    const ams_interval i = row(f, "dqn", "1.0", "time_ms_diff_fixed");
    ck_assert(i.low >= 0 && i.low <= 75 && i.high >= 75 && i.high <= 200);
    drop(f);
}
END_TEST

static void read_tsv(ams_tsv *tsv, const char *path)
{
    ams_error err = {0};
    need(ams_tsv_read(tsv, path, &err), &err);
}

/* Whether the file has this line, up to the length of `line`. */
static void has_line(const char *path, const char *line)
{
    char *text = NULL;
    char with_break[256];
    size_t size = 0;
    ams_error err = {0};
    snprintf(with_break, sizeof with_break, "\n%s", line);
    need(ams_read_file(path, 1 << 20, &text, &size, &err), &err);
    ck_assert_msg(strstr(text, with_break) != NULL, "%s has no line '%s':\n%s", path, line,
                  text);
    free(text);
}

START_TEST(test_files)
{
    fixture *f = make_fixture();
    ams_error err = {0};
    ams_tsv tsv;
    add_runs(f);
    need(ams_make_directories(EXP "/eval", &err), &err);
    experiment_write(EXP "/eval", "training_items.tsv", "of an earlier comparison\n");
    compare(f);
    need(ams_compare_write(&f->compare, &err), &err);
    read_tsv(&tsv, EXP "/compare.tsv");
    ck_assert_uint_eq(tsv.n_rows, f->compare.n_rows);
    ams_tsv_fini(&tsv);
    has_line(EXP "/compare.tsv", "dqn\t2\t1.0\ttime_ms_diff_fixed\t75.000000\t");
    has_line(EXP "/compare.md", "| dqn    |     2 |   175.0 |   275.0 |   275.0 |    275.0 [");
    has_line(EXP "/compare.json", "  \"unfinished\": 0,");
    ck_assert(ams_exists(EXP "/eval/summary.tsv"));
    ck_assert(ams_exists(EXP "/eval/positions.tsv"));
    ck_assert(!ams_exists(EXP "/eval/training_items.tsv"));
    drop(f);
}
END_TEST

/* Only updates at which all seeds were validated: 10 and 30 for dqn, 10, 30 and 40 for other.
 */
START_TEST(test_learning)
{
    fixture *f = make_fixture();
    ams_error err = {0};
    ams_tsv tsv;
    add_runs(f);
    compare(f);
    need(ams_compare_write(&f->compare, &err), &err);
    read_tsv(&tsv, EXP "/eval/learning.tsv");
    ck_assert_uint_eq(tsv.n_rows, 2 * 2 + 2 * 3);
    ams_tsv_fini(&tsv);
    has_line(EXP "/eval/learning.tsv", "dqn\tvalidation_time_ms\t10\t2\t310.000000\t300.");
    has_line(EXP "/eval/learning.tsv", "dqn\tvalidation_time_ms\t30\t2\t290.000000\t280.");
    has_line(EXP "/eval/learning.tsv", "dqn\tvalidation_area\t30\t2\t0.400000\t0.3");
    has_line(EXP "/eval/learning.tsv", "other\tvalidation_area\t40\t1\t0.600000\t0.6");
    drop(f);
}
END_TEST

/* A run that learned from 1 of the 2 training items, and one from all. */
static void add_runs_of_items(const fixture *f)
{
    experiment_run run = run_of(f, "dqn-few", "dqn,items=1", 1, "210");
    run.items = "1";
    experiment_add(EXP, &run);
    run = run_of(f, "dqn-all", "dqn", 1, "012");
    experiment_add(EXP, &run);
}

START_TEST(test_training_items)
{
    static const char path[] = EXP "/eval/training_items.tsv";
    fixture *f = make_fixture();
    ams_error err = {0};
    ams_tsv tsv;
    add_runs_of_items(f);
    f->options.baseline_items = _i == 1;
    compare(f);
    need(ams_compare_write(&f->compare, &err), &err);
    read_tsv(&tsv, path);
    ck_assert_uint_eq(tsv.n_rows, 5 * 2 * 3); /* curves, numbers of items, recalls */
    ams_tsv_fini(&tsv);
    has_line(path, "dqn\t1\t1.0\t1\t300.000000\t");
    has_line(path, "dqn\t2\t1.0\t1\t250.000000\t");
    has_line(path, "all\t1\t0.8\t1\t350.000000\t");
    has_line(path, "all\t2\t0.8\t1\t350.000000\t");
    has_line(path, "fixed\t1\t1.0\t1\t");
    has_line(path, "fixed\t2\t1.0\t1\t200.000000\t");
    if (_i == 1) {
        const uint32_t sampled = group_named(f, "fixed,items=1");
        ck_assert_uint_eq(f->compare.score.group[sampled].run[0]->seed, 1);
        ck_assert(!ams_compare_is_agent(&f->compare, sampled));
    }
    drop(f);
}
END_TEST

START_TEST(test_unfinished_and_failed)
{
    fixture *f = make_fixture();
    ams_error err = {0};
    add_runs(f);
    need(ams_make_directories(EXP "/runs/begun", &err), &err);
    need(ams_make_directories(EXP "/runs/.hidden", &err), &err);
    experiment_write(EXP "/runs", "notes.txt", "no folder\n");
    experiment_write(EXP, "failed.tsv", "run\tlabel\nx\ty\n");
    compare(f);
    ck_assert_uint_eq(f->compare.n_runs, 3);
    ck_assert_uint_eq(f->compare.n_unfinished, 1);
    ck_assert_ptr_nonnull(strstr(f->heard, "runs/begun is left out"));
    ck_assert_ptr_nonnull(strstr(f->heard, "runs that failed and are not done again: 1"));
    drop(f);
}
END_TEST

/* -- what is refused -- */

static void refuse(fixture *f, ams_status expected, const char *text)
{
    ams_error err = {0};
    ck_assert_int_eq(ams_compare_run(&f->compare, &f->options, &err), expected);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s' in: %s", text, err.text);
    ams_compare_close(&f->compare);
}

START_TEST(test_no_runs)
{
    fixture *f = make_fixture();
    ams_error err = {0};
    refuse(f, AMS_IO, "cannot read " EXP "/runs");
    need(ams_make_directories(EXP "/runs/begun", &err), &err);
    refuse(f, AMS_USAGE, "no run in " EXP "/runs is finished");
    drop(f);
}
END_TEST

START_TEST(test_broken_runs)
{
    fixture *f = make_fixture();
    experiment_run run = run_of(f, "dqn-1", "dqn", 1, "012");
    run.hash = NULL;
    experiment_add(EXP, &run);
    refuse(f, AMS_BAD_DATA, "dqn-1/manifest.json");
    run.hash = f->hash;
    run.items = "many";
    experiment_add(EXP, &run);
    refuse(f, AMS_BAD_DATA, "config.ini: expected 'items = ' with a whole number");
    run.items = "0";
    run.timing = "update\n10\n";
    experiment_add(EXP, &run);
    refuse(f, AMS_BAD_DATA, "seconds");
    drop(f);
}
END_TEST

START_TEST(test_other_data)
{
    fixture *f = make_fixture();
    ams_table table;
    ams_error err = {0};
    add_runs(f);
    experiment_run run = run_of(f, "dqn-3", "dqn", 3, "012");
    run.hash = "11111111111111111111111111111111";
    experiment_add(EXP, &run);
    refuse(f, AMS_USAGE, "were trained on different data; give --data");
    f->options.score.data_path = "data.h5";
    f->options.baseline_items = true;
    refuse(f, AMS_USAGE, "learned from other data than data.h5");
    f->options.baseline_items = false;
    compare(f); /* asked for, so it is scored */
    ams_compare_close(&f->compare);
    f->options.score.data_path = NULL;
    need(remove(EXP "/runs/dqn-3/policy.ams") == 0 ? AMS_OK : AMS_IO, &err);
    worked_table(&table);
    table.split[0] = AMS_TEST;
    need(ams_table_write(&table, "data.h5", &err), &err);
    refuse(f, AMS_USAGE, "data.h5 has changed since the runs were trained on it");
    need(remove("data.h5") == 0 ? AMS_OK : AMS_IO, &err);
    refuse(f, AMS_IO, "the runs' data set (--data gives another path)");
    ams_table_fini(&table);
    drop(f);
}
END_TEST

START_TEST(test_names)
{
    static const char *const unknown[] = {"fixed", "nosuch"};
    static const char *const again[] = {"further.ams"};
    static const char *const named[] = {"mine=further.ams"};
    fixture *f = make_fixture();
    add_runs(f);
    f->options.baseline = unknown;
    f->options.n_baselines = 2;
    refuse(f, AMS_USAGE, "'nosuch' is none");
    f->options.n_baselines = 1;
    worked_policy_write("further.ams", "dqn", 9, "102");
    f->options.score.policy = again;
    f->options.score.n_policies = 1;
    refuse(f, AMS_USAGE, "one is labelled 'dqn', as runs in " EXP " are");
    f->options.score.policy = named;
    compare(f);
    ck_assert(!ams_compare_is_agent(&f->compare, group_named(f, "mine")));
    ck_assert_uint_eq(f->compare.oracle, AMS_COMPARE_NONE);
    ck_assert_ptr_null(ams_compare_find(&f->compare, 0, "1.0", "gap_closed"));
    expect(f, "mine", "1.0", "time_ms_diff_fixed", 0);
    ams_compare_close(&f->compare);
    experiment_run run = run_of(f, "x-1", "knn", 1, "012");
    experiment_add(EXP, &run);
    refuse(f, AMS_USAGE, "is labelled 'knn', as a baseline is");
    drop(f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_runs_and_groups);
    tcase_add_test(tests, test_rows_by_hand);
    tcase_add_test(tests, test_differences_are_paired);
    tcase_add_test(tests, test_files);
    tcase_add_test(tests, test_learning);
    tcase_add_loop_test(tests, test_training_items, 0, 2);
    tcase_add_test(tests, test_unfinished_and_failed);
    tcase_add_test(tests, test_no_runs);
    tcase_add_test(tests, test_broken_runs);
    tcase_add_test(tests, test_other_data);
    tcase_add_test(tests, test_names);
}

int main(void)
{
    return run_suite("compare", add);
}
