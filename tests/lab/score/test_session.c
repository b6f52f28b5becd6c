/* A session on the worked example: every number of the summary by hand, files cell by cell,
 * windows against the whole file, and what is refused. */
#include "ams/score.h"

#include "base/file.h"
#include "base/tsv.h"
#include "lab/figures/columns.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/lab/score/worked.h"

#include <math.h>
#include <string.h>

static void need(ams_status status, const ams_error *err)
{
    ck_assert_msg(status == AMS_OK, "%s", err->text);
}

static void expect(double found, double expected)
{
    ck_assert_msg(fabs(found - expected) < 1e-6, "expected %.9f, found %.9f", expected, found);
}

static ams_score_options options_of(const char *const *policy, size_t n)
{
    ams_score_options options = ams_score_defaults();
    options.data_path = "data.h5";
    options.policy = policy;
    options.n_policies = n;
    options.bootstrap_draws = 100;
    options.draws = 8;
    return options;
}

static void score(ams_score_session *s, const ams_score_options *options)
{
    ams_error err = {0};
    need(ams_score_open(s, options, &err), &err);
    need(ams_score_load(s, &err), &err);
    need(ams_score_run(s, &err), &err);
}

static uint32_t group_named(const ams_score_session *s, const char *label)
{
    for (uint32_t g = 0; g < s->n_groups; g++) {
        if (strcmp(s->group[g].label, label) == 0) {
            return g;
        }
    }
    ck_abort_msg("no group '%s'", label);
}

/* A policy of two seeds, `fixed` and `oracle`. */
static void score_worked(ams_score_session *s)
{
    static const char *const policy[] = {"one.ams", "fixed", "two.ams", "oracle"};
    worked_data("data.h5", NULL);
    worked_policy_write("one.ams", "dqn", 1, "012");
    worked_policy_write("two.ams", "dqn", 2, "210");
    ams_score_options options = options_of(policy, 4);
    score(s, &options);
}

START_TEST(test_groups_and_means)
{
    ams_score_session s = {0};
    score_worked(&s);
    ck_assert_uint_eq(s.n_items, WORKED_TEST_ITEMS);
    ck_assert_uint_eq(s.n_policies, 6);
    ck_assert_uint_eq(s.n_groups, 5);
    ck_assert_str_eq(s.group[0].label, "dqn");
    ck_assert_uint_eq(s.group[0].n_runs, 2);
    ck_assert_uint_eq(s.member[0], 0);
    ck_assert_uint_eq(s.member[1], 2); /* the second seed, although `fixed` is between */
    ck_assert_str_eq(s.group[s.all].label, "all");
    ck_assert_str_eq(s.group[s.random].label, "random");
    expect(s.scored[0].time_ms[AMS_AT_50], (100 + 150) / 2.0);
    expect(s.scored[0].time_ms[AMS_AT_100], (350 + 150) / 2.0);
    expect(s.scored[0].models[AMS_AT_100], (3 + 2) / 2.0);
    expect(s.scored[2].time_ms[AMS_AT_50], (200 + 250) / 2.0);
    expect(s.scored[2].time_ms[AMS_AT_100], (350 + 250) / 2.0);
    expect(s.scored[1].time_ms[AMS_AT_100], (350 + 50) / 2.0);
    expect(s.scored[3].time_ms[AMS_AT_100], (300 + 50) / 2.0);
    ck_assert_uint_eq(s.rank[0], group_named(&s, "oracle"));
    ck_assert_uint_eq(s.rank[1], group_named(&s, "fixed"));
    ck_assert_uint_eq(s.rank[4], s.all);
    ams_score_close(&s);
}
END_TEST

START_TEST(test_intervals)
{
    ams_score_session s = {0};
    score_worked(&s);
    const ams_interval time = ams_score_interval(&s, 0, AMS_SCORE_TIME_MS, AMS_AT_100);
    expect(time.mean, (250 + 300) / 2.0);
    ck_assert(time.low >= 150 && time.low <= time.mean);
    ck_assert(time.high <= 350 && time.high >= time.mean);
    expect(ams_score_interval(&s, 0, AMS_SCORE_MODELS_RUN, AMS_AT_100).mean, 2.5);
    expect(ams_score_interval(&s, 0, AMS_SCORE_SAVED_VS_ALL, AMS_AT_100).mean, 1 - 275 / 350.0);
    /* `all` costs the same on every item, so no draw moves it. */
    const ams_interval all = ams_score_interval(&s, s.all, AMS_SCORE_TIME_MS, AMS_AT_50);
    expect(all.low, 350);
    expect(all.high, 350);
    const ams_interval random = ams_score_interval(&s, s.random, AMS_SCORE_TIME_MS, AMS_AT_100);
    expect(ams_score_interval(&s, 0, AMS_SCORE_SAVED_VS_RANDOM, AMS_AT_100).mean,
           1 - 275 / random.mean);
    const ams_interval self =
        ams_score_interval(&s, s.random, AMS_SCORE_MODELS_VS_RANDOM, AMS_AT_100);
    expect(self.mean, 0);
    expect(self.low, 0);
    expect(self.high, 0);
    ams_score_close(&s);
}
END_TEST

/* The cell of the n-th row (from 0) whose first columns are these, NULL-terminated. */
static const char *cell(const ams_tsv *tsv, const char *const *first, int n, const char *column)
{
    for (size_t row = 0; row < tsv->n_rows; row++) {
        size_t k = 0;
        while (first[k] != NULL && strcmp(ams_tsv_cell(tsv, row, k), first[k]) == 0) {
            k++;
        }
        if (first[k] == NULL && n-- == 0) {
            return ams_tsv_cell(tsv, row, ams_tsv_column(tsv, column));
        }
    }
    ck_abort_msg("%s: no row of %s", tsv->path, first[0]);
}

static void read_tsv(ams_tsv *tsv, const char *path)
{
    ams_error err = {0};
    need(ams_tsv_read(tsv, path, &err), &err);
}

START_TEST(test_summary_and_positions)
{
    static const char *const second[] = {"dqn", "2", "1.0", NULL};
    static const char *const m1[] = {"dqn", "m1", NULL};
    static const char *const m2[] = {"dqn", "m2", NULL};
    static const char *const unused[] = {"oracle", "m2", NULL};
    ams_score_session s = {0};
    ams_error err = {0};
    ams_tsv tsv;
    score_worked(&s);
    need(ams_score_write(&s, "out/folder", &err), &err);
    read_tsv(&tsv, "out/folder/summary.tsv");
    ck_assert_uint_eq(tsv.n_rows, 6 * AMS_RECALLS);
    ck_assert_str_eq(cell(&tsv, second, 0, AMS_COL_TIME_MS), "300.000000");
    ck_assert_str_eq(cell(&tsv, second, 0, AMS_COL_MODELS_RUN), "2.500000");
    ck_assert_str_eq(cell(&tsv, second, 0, AMS_COL_SAVED_VS_ALL), "0.142857");
    ams_tsv_fini(&tsv);
    /* Four pairs of seed and item: m1 runs second in all of them. m2 runs third for item A and
     * the first seed, first for both items and the second; seed 1 needs no m2 for item B, which
     * still has the third place of the whole order. */
    read_tsv(&tsv, "out/folder/positions.tsv");
    ck_assert_str_eq(cell(&tsv, m1, 0, AMS_COL_POSITION), "2");
    ck_assert_str_eq(cell(&tsv, m1, 0, AMS_COL_SHARE), "1.000000");
    ck_assert_str_eq(cell(&tsv, m2, 0, AMS_COL_POSITION), "1");
    ck_assert_str_eq(cell(&tsv, m2, 0, AMS_COL_SHARE), "0.500000");
    ck_assert_str_eq(cell(&tsv, m2, 1, AMS_COL_POSITION), "3");
    ck_assert_str_eq(cell(&tsv, m2, 1, AMS_COL_SHARE), "0.250000");
    ck_assert_str_eq(cell(&tsv, m2, 0, AMS_COL_SHARE_RUN), "0.750000");
    ck_assert_str_eq(cell(&tsv, m2, 0, AMS_COL_MEAN_POSITION), "1.666667"); /* (1+1+3) / 3 */
    ck_assert_str_eq(cell(&tsv, m2, 0, AMS_COL_MEAN_PLACE), "2.000000");    /* (3+3+1+1) / 4 */
    ck_assert_str_eq(cell(&tsv, unused, 0, AMS_COL_SHARE_RUN), "0.500000"); /* of A alone */
    ams_tsv_fini(&tsv);
    ams_score_close(&s);
}
END_TEST

START_TEST(test_distribution)
{
    static const char *const dqn[] = {"dqn", AMS_CELL_TIME_MS, NULL};
    static const char *const multiples[] = {"dqn", AMS_CELL_TIMES_ORACLE, NULL};
    static const char *const oracle[] = {"oracle", AMS_CELL_TIMES_ORACLE, NULL};
    ams_score_session s = {0};
    ams_error err = {0};
    ams_tsv tsv;
    score_worked(&s);
    need(ams_score_write(&s, "out", &err), &err);
    /* Levels are 3.5 ms apart, up to the longest time, 350. Times of the pairs of seed and
     * item: 350, 150, 350, 250; means of the items: 350 and 200. */
    read_tsv(&tsv, "out/distribution.tsv");
    ck_assert_str_eq(cell(&tsv, dqn, 100, AMS_COL_X), "350.000000");
    ck_assert_str_eq(cell(&tsv, dqn, 100, AMS_COL_SHARE), "1.000000");
    ck_assert_str_eq(cell(&tsv, dqn, 99, AMS_COL_SHARE), "0.500000");
    ck_assert_str_eq(cell(&tsv, dqn, 42, AMS_COL_SHARE), "0.000000");          /* 147 ms */
    ck_assert_str_eq(cell(&tsv, dqn, 43, AMS_COL_SHARE), "0.250000");          /* 150.5 ms */
    ck_assert_str_eq(cell(&tsv, dqn, 57, AMS_COL_SHARE_OF_ITEMS), "0.000000"); /* 199.5 ms */
    ck_assert_str_eq(cell(&tsv, dqn, 58, AMS_COL_SHARE_OF_ITEMS), "0.500000"); /* 203 ms */
    /* In units of the oracle's 300 and 50 ms: 7/6, 3, 7/6, 5. Level k is 2^(k / 20). */
    ck_assert_str_eq(cell(&tsv, multiples, 4, AMS_COL_SHARE), "0.000000");  /* 1.149 */
    ck_assert_str_eq(cell(&tsv, multiples, 5, AMS_COL_SHARE), "0.500000");  /* 1.189 */
    ck_assert_str_eq(cell(&tsv, multiples, 32, AMS_COL_SHARE), "0.750000"); /* 3.031 */
    ck_assert_str_eq(cell(&tsv, multiples, 47, AMS_COL_SHARE), "1.000000"); /* 5.098 */
    ck_assert_str_eq(cell(&tsv, oracle, 0, AMS_COL_SHARE), "1.000000");
    ams_tsv_fini(&tsv);
    ams_score_close(&s);
}
END_TEST

static void same_files(const char *a, const char *b)
{
    char *text = NULL;
    char *other = NULL;
    size_t size = 0;
    size_t other_size = 0;
    ams_error err = {0};
    need(ams_read_file(a, 1 << 24, &text, &size, &err), &err);
    need(ams_read_file(b, 1 << 24, &other, &other_size, &err), &err);
    ck_assert_uint_gt(size, 100);
    ck_assert_uint_eq(size, other_size);
    ck_assert_msg(memcmp(text, other, size) == 0, "%s and %s differ", a, b);
    free(text);
    free(other);
}

/* 2,000 items need more than a megabyte: windows give the same files for any cut, and remove
 * those that only the whole file has. */
START_TEST(test_windows)
{
    static const char *const policy[] = {"fixed", "oracle", "linear"};
    random_table_options shape = random_table_defaults(4);
    ams_table table;
    ams_error err = {0};
    shape.n_items = 2000;
    random_table(&table, &shape);
    for (uint32_t i = 0; i < table.n_items; i++) {
        table.split[i] = i % 10 == 0 ? AMS_TRAIN : AMS_TEST;
    }
    need(ams_table_write(&table, "data.h5", &err), &err);
    ams_score_options options = options_of(policy, 3);
    for (int windows = 0; windows < 2; windows++) {
        ams_score_session s = {0};
        options.memory_mb = windows ? 1 : 4096;
        score(&s, &options);
        ck_assert_int_eq(s.in_windows, windows);
        ck_assert_uint_eq(s.n_items, 1800);
        ck_assert_uint_eq(ams_score_count_items(&s, AMS_TRAIN), 200);
        need(ams_score_write(&s, windows ? "parts" : "whole", &err), &err);
        if (windows) {
            ck_assert_int_eq(ams_score_write_items(&s, "parts", &err), AMS_USAGE);
        } else {
            need(ams_score_write(&s, "parts", &err), &err);
            ck_assert(ams_exists("parts/distribution.tsv"));
        }
        ams_score_close(&s);
    }
    same_files("whole/summary.tsv", "parts/summary.tsv");
    same_files("whole/intervals.tsv", "parts/intervals.tsv");
    same_files("whole/curves.tsv", "parts/curves.tsv");
    ck_assert(!ams_exists("parts/distribution.tsv"));
    ams_table_fini(&table);
}
END_TEST

/* What a session with these options fails with, and a part of its message. */
static void refuse(const ams_score_options *options, ams_status expected, const char *text)
{
    ams_score_session s = {0};
    ams_error err = {0};
    ams_status status = ams_score_open(&s, options, &err);
    status = status == AMS_OK ? ams_score_load(&s, &err) : status;
    ck_assert_int_eq(status, expected);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s' in: %s", text, err.text);
    ams_score_close(&s);
}

START_TEST(test_refusals)
{
    static const char *const twice[] = {"fixed", "x=oracle", "fixed"};
    static const char *const unknown[] = {"fixd"};
    worked_data("data.h5", NULL);
    ams_score_options options = options_of(twice, 3);
    refuse(&options, AMS_USAGE, "policy fixed: there is a 'fixed' of seed 0 already");
    options = options_of(unknown, 1);
    refuse(&options, AMS_USAGE, "did you mean 'fixed'?");
    options = options_of(twice, 1);
    options.data_path = "none.h5";
    refuse(&options, AMS_IO, "none.h5");
    options = options_of(twice, 1);
    options.memory_mb = 0;
    refuse(&options, AMS_USAGE, "memory in MB: expected 1 to 1073741824, found 0");
    options = options_of(twice, 1);
    options.bootstrap_draws = 0;
    refuse(&options, AMS_USAGE, "bootstrap draws");
}
END_TEST

START_TEST(test_no_items)
{
    ams_table table;
    ams_error err = {0};
    worked_table(&table);
    memset(table.split, AMS_TRAIN, table.n_items);
    need(ams_table_write(&table, "data.h5", &err), &err);
    const ams_score_options options = options_of(NULL, 0);
    refuse(&options, AMS_BAD_DATA, "no test items");
    ams_table_fini(&table);
}
END_TEST

/* A policy of one's own, made with the session's environment, scored with the others. */
START_TEST(test_own_policy)
{
    static const uint8_t order[5 * WORKED_MODELS] = {2, 1, 0, 2, 1, 0, 2, 1,
                                                     0, 2, 1, 0, 2, 1, 0};
    const ams_score_options options = options_of(NULL, 0);
    ams_score_session s = {0};
    ams_policy *policy = NULL;
    ams_error err = {0};
    worked_data("data.h5", NULL);
    need(ams_score_open(&s, &options, &err), &err);
    need(ams_policy_create_from_orders(&policy, s.env, order, &err), &err);
    ams_policy_set_name(policy, "mine", 7);
    need(ams_score_add(&s, policy, &err), &err);
    need(ams_score_load(&s, &err), &err);
    need(ams_score_run(&s, &err), &err);
    ck_assert_str_eq(s.group[0].label, "mine");
    ck_assert_uint_eq(s.scored[0].scores.seed, 7);
    expect(s.scored[0].time_ms[AMS_AT_100], 300);
    ams_score_close(&s);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_groups_and_means);
    tcase_add_test(tests, test_intervals);
    tcase_add_test(tests, test_summary_and_positions);
    tcase_add_test(tests, test_distribution);
    tcase_add_test(tests, test_windows);
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_no_items);
    tcase_add_test(tests, test_own_policy);
}

int main(void)
{
    return run_suite("session", add);
}
