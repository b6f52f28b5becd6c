/* The whole study of a made-up table: points and curves against plain counts; what is refused.
 */
#include "base/tsv.h"
#include "tests/base/suite.h"
#include "tests/lab/budget/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

static double single_score(const ams_table *t, uint32_t m)
{
    double right = 0;
    double n = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        const uint32_t *truth = NULL;
        const uint64_t row = t->indptr[(uint64_t)i * t->n_models + m];
        if (t->split[i] == AMS_TEST && ams_table_truth(t, i, &truth) == 1) {
            right += t->label[row] == truth[0];
            n++;
        }
    }
    return right / n;
}

START_TEST(test_points)
{
    static const double budgets[] = {1, 3, 5};
    ams_table table;
    ams_budget b;
    ams_budget_options o = ams_budget_defaults();
    budget_table(&table, 800, 3, 3, 11);
    o.budget = budgets;
    o.n_budgets = 3;
    o.draws = 100;
    ck_assert_msg(ams_budget_run(&b, &table, &o, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(b.n_train, 800);
    ck_assert_uint_eq(b.n_scored, 800);
    for (uint32_t m = 0; m < 3; m++) {
        char name[32] = "single:m0";
        name[8] = (char)('0' + m);
        const ams_budget_point *p = budget_point(&b, name, (double)NAN);
        ck_assert_double_lt(fabs(p->score.mean - single_score(&table, m)), 1e-9);
        ck_assert_double_lt(fabs(p->cost.mean - (1U << m)), 1e-9);
        ck_assert(p->score.low < p->score.mean && p->score.mean < p->score.high);
    }
    ck_assert_uint_eq(b.best_single, 2);
    for (int k = 0; k < 3; k++) {
        const ams_budget_point *exact = budget_point(&b, "exact", budgets[k]);
        ck_assert_double_lt(exact->cost.mean, 1.05 * budgets[k]);
        /* Above some cost nothing more is worth calling. */
        ck_assert_double_gt(exact->cost.mean, (budgets[k] < 5 ? 0.95 : 0.7) * budgets[k]);
        ck_assert_double_gt(exact->score.mean + (budgets[k] < 5 ? 0.01 : 0),
                            budget_point(&b, "cascade", budgets[k])->score.mean);
        ck_assert_double_gt(exact->score.mean,
                            budget_point(&b, "fixed", budgets[k])->score.mean - 0.01);
        ck_assert_double_ge(budget_point(&b, "fixed", budgets[k])->score.mean,
                            budget_point(&b, "pair", budgets[k])->score.mean - 0.01);
    }
    for (size_t k = 0; k < b.n_curves; k++) {
        ck_assert(b.curve[k].area > 0.3 && b.curve[k].area < 1);
    }
    ck_assert_str_eq(b.curve[0].policy, "exact");
    ck_assert_double_lt(b.curve[0].cost_of_single, 4);
    ck_assert_int_eq(ams_budget_write(&b, "test_budget_folder", &err), AMS_OK);
    ams_tsv tsv;
    ck_assert_int_eq(ams_tsv_read(&tsv, "test_budget_folder/curve.tsv", &err), AMS_OK);
    ck_assert_uint_eq(tsv.n_rows, b.n_points);
    ams_tsv_fini(&tsv);
    ams_budget_fini(&b);
    ams_table_fini(&table);
}
END_TEST

/* What is printed of a budget below the cheapest model's cost, 1, which a cascade cannot keep
 * to. */
START_TEST(test_overrun)
{
    static const double budgets[] = {0.25, 0.5, 2};
    ams_table table;
    ams_budget b;
    ams_budget_options o = ams_budget_defaults();
    char printed[8192] = "";
    FILE *out = tmpfile();
    budget_table(&table, 300, 2, 2, 5);
    o.budget = budgets;
    o.n_budgets = 3;
    o.draws = 5;
    ck_assert_msg(ams_budget_run(&b, &table, &o, &err) == AMS_OK, "%s", err.text);
    for (size_t k = 0; k < b.n_curves; k++) {
        const bool cascade = strcmp(b.curve[k].policy, "cascade") == 0;
        ck_assert_double_eq_tol(b.curve[k].least, cascade ? 1 : 0, 1e-9);
    }
    ck_assert_int_eq(ams_budget_print(&b, out, &err), AMS_OK);
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = 0;
    fclose(out);
    ck_assert_msg(strstr(printed, "\ncascade: pays 1 at the budget 0.5, since") != NULL, "%s",
                  printed);
    ck_assert(strstr(printed, "\nexact: pays") == NULL &&
              strstr(printed, "fixed: pays") == NULL);
    ams_budget_fini(&b);
    ams_table_fini(&table);
}
END_TEST

static void fail_if_called(void *context, double done, double total, const char *note)
{
    (void)context;
    (void)note;
    ck_abort_msg("%g of %g was done", done, total);
}

/* A trained agent comes near the exact solution; an unknown one is refused. */
START_TEST(test_agent)
{
    static const double budgets[] = {1.5, 3};
    ams_table table;
    ams_budget b;
    ams_budget_options o = ams_budget_defaults();
    budget_table(&table, 700, 2, 2, 5);
    o.budget = budgets;
    o.n_budgets = 2;
    o.draws = 20;
    o.agent = "dqn";
    o.steps = 1000;
    o.networks = 1; /* the mean of several is the default and takes as many times as long */
    ck_assert_msg(ams_budget_run(&b, &table, &o, &err) == AMS_OK, "%s", err.text);
    for (int k = 0; k < 2; k++) {
        const ams_budget_point *agent = budget_point(&b, "dqn", budgets[k]);
        ck_assert_double_le(agent->cost.mean, budgets[k] + 0.05);
        ck_assert_double_gt(agent->score.mean,
                            budget_point(&b, "exact", budgets[k])->score.mean - 0.03);
    }
    ams_budget_fini(&b);
    o.agent = "dqm"; /* at once: before there is anything to fit, none is reported */
    o.progress = &(ams_progress){.update = fail_if_called};
    ck_assert_int_eq(ams_budget_run(&b, &table, &o, &err), AMS_USAGE);
    ams_table_fini(&table);
}
END_TEST

static void refuse(const ams_table *table, ams_budget_options o, ams_status status,
                   const char *words)
{
    ams_budget b;
    ck_assert_int_eq(ams_budget_run(&b, table, &o, &err), status);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    ck_assert_ptr_null(b.point);
}

START_TEST(test_refused)
{
    static const double negative[] = {-1};
    ams_table table;
    ams_budget_options o = ams_budget_defaults();
    budget_table(&table, 50, 2, 3, 1);
    o.task = "other";
    refuse(&table, o, AMS_USAGE, "expected a task of the data, found 'other'");
    o = ams_budget_defaults();
    o.budget = negative;
    o.n_budgets = 1;
    refuse(&table, o, AMS_USAGE, "expected budgets from 0 on, found -1");
    o = ams_budget_defaults();
    o.split = AMS_VALIDATION;
    refuse(&table, o, AMS_BAD_DATA, "validation items with right labels, found 50 and 0");
    o = ams_budget_defaults();
    ck_assert_int_eq(ams_table_set_truth(&table, NULL, 0, &err), AMS_OK);
    refuse(&table, o, AMS_BAD_DATA, "expected right labels of the items, found none");
    ams_table_fini(&table);
    budget_table(&table, 50, 9, 3, 1);
    refuse(&table, o, AMS_USAGE, "expected at most 8 models of the task");
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_points);
    tcase_add_test(tests, test_overrun);
    tcase_add_test(tests, test_agent);
    tcase_add_test(tests, test_refused);
}

int main(void)
{
    return run_suite("budget_study", add);
}
