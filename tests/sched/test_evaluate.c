/* Scores of policies: by hand, against exact enumeration of all orders, and for any number of
 * threads. */
#include "ams/evaluate.h"

#include "base/rng.h"
#include "sched/policy_private.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_env *make_env(const ams_table *table)
{
    ams_env *env = NULL;
    ams_error err = {0};
    ams_env_options options = ams_env_defaults();
    ck_assert_msg(ams_env_create(&env, table, &options, &err) == AMS_OK, "%s", err.text);
    return env;
}

static void score(ams_scores *scores, const char *spec, const ams_table *table,
                  const ams_env *env, const ams_eval_options *options)
{
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_msg(ams_policy_create(&policy, spec, table, env, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_evaluate(scores, policy, table, options, &err) == AMS_OK, "%s", err.text);
    ck_assert_str_eq(scores->label, spec);
    ams_policy_destroy(policy);
}

/* Item 0: labels worth 0.6 (m1) and 0.9 (m2), m0 nothing. Item 1: nothing. Times 10, 20, 70. */
START_TEST(test_hand_computed)
{
    static const given_output outputs[] = {{0, 1, 0, 0.6F}, {0, 2, 1, 0.9F}};
    static const float times[] = {10, 20, 70};
    ams_table table;
    given_table(&table, 2, 3, 2, times, outputs, 2, AMS_TEST);
    ams_env *env = make_env(&table);
    ams_eval_options options = {.split = AMS_TEST};
    ams_scores s;

    score(&s, "optimal", &table, env, &options);
    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(s.n_empty, 1);
    /* m2 gives recall 0.6, then m1: 1. */
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        ck_assert_double_eq(s.time_ms[q], q < 6 ? 70 : 90);
        ck_assert_double_eq(s.models[q], q < 6 ? 1 : 2);
        ck_assert_double_eq(s.time_ms[AMS_RECALLS + q], 0);
        ck_assert_double_eq(s.models[AMS_RECALLS + q], 0);
    }
    /* 0.6 from 70 to 90 ms, 1 from 90 to 100. */
    ck_assert_double_eq_tol(s.area[0], 0.22, 1e-7);
    ck_assert_double_eq(s.area[1], 1);
    ck_assert(s.recall_time[69] == 0.0F && s.recall_time[70] > 0.59F &&
              s.recall_time[89] < 0.61F);
    ck_assert(s.recall_time[90] == 1.0F && s.recall_time[AMS_CURVE] == 1.0F);
    ck_assert(s.recall_models[0] == 0.0F && s.recall_models[2] == 1.0F);
    ck_assert(s.recall_models[4] == 1.0F);
    ck_assert_uint_eq(s.order[0], 2);
    ck_assert_uint_eq(s.order_n[0], 3);
    ck_assert_uint_eq(s.final_n[0], 2); /* the third adds nothing */
    ck_assert_uint_eq(s.final_n[1], 0);
    ck_assert_uint_eq(s.kept, 1);
    ck_assert_double_eq(s.final_ms[0], 90);
    ck_assert_double_eq(s.final_ms[1], 0);
    ck_assert_double_eq(s.stderr_ms, 0);
    ams_scores_fini(&s);

    /* `all` costs everything at every recall, also where nothing is to be found; its curve is
     * that of the order of the table. */
    score(&s, "all", &table, env, &options);
    for (uint32_t q = 0; q < 2 * AMS_RECALLS; q++) {
        ck_assert_double_eq(s.time_ms[q], 100);
        ck_assert_double_eq(s.models[q], 3);
    }
    ck_assert(s.recall_time[29] == 0.0F && s.recall_time[30] > 0.39F &&
              s.recall_time[99] < 0.41F);
    ck_assert(s.recall_time[100] == 1.0F);
    ck_assert_uint_eq(s.final_n[0], 3);
    ck_assert_uint_eq(s.final_n[1], 3);
    ck_assert_double_eq(s.final_ms[1], 100);
    ck_assert_double_eq_tol(s.area[0], 0.28, 1e-7);
    ams_scores_fini(&s);

    score(&s, "valuable", &table, env, &options);
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        ck_assert_double_eq(s.time_ms[q], 90);
        ck_assert_double_eq(s.models[q], 2);
        ck_assert_double_eq(s.time_ms[AMS_RECALLS + q], 0);
    }
    ck_assert_uint_eq(s.order_n[0], 2);
    ck_assert_uint_eq(s.order_n[1], 0);
    ams_scores_fini(&s);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Each kept draw's own time: their mean is the mean that is reported, the first is that of
 * `order`.
 */
START_TEST(test_kept_draws)
{
    random_table_options table_options = random_table_defaults(12);
    ams_table table;
    random_table(&table, &table_options);
    ams_env *env = make_env(&table);
    ams_eval_options options = {.split = AMS_TEST};
    ams_scores s;
    score(&s, "random", &table, env, &options);
    ck_assert_uint_eq(s.kept, AMS_KEPT_DRAWS); /* all of the default's */
    for (uint32_t i = 0; i < s.n; i++) {
        double sum = 0;
        double first = 0;
        for (uint32_t d = 0; d < s.kept; d++) {
            sum += s.final_ms[i * s.kept + d];
        }
        for (uint32_t k = 0; k < s.final_n[i]; k++) {
            first += (double)env->time_ms[s.order[i * env->n_models + k]];
        }
        ck_assert_double_eq_tol(sum / s.kept, s.time_ms[i * AMS_RECALLS + AMS_RECALLS - 1],
                                1e-9);
        ck_assert_double_eq_tol(s.final_ms[i * s.kept], first, 1e-9);
    }
    ams_scores_fini(&s);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Mean over all orders of `n` models of the time until recall 1, by recursion over prefixes. */
static double enumerate(const ams_env *env, uint32_t item, uint64_t mask, double time)
{
    double full = env->full[item];
    if (ams_env_value(env, item, mask) >= full - 1e-6) {
        return time;
    }
    double sum = 0;
    int count = 0;
    for (uint32_t m = 0; m < env->n_models; m++) {
        if (!(mask >> m & 1)) {
            sum +=
                enumerate(env, item, mask | UINT64_C(1) << m, time + (double)env->time_ms[m]);
            count++;
        }
    }
    return sum / count;
}

START_TEST(test_random_against_enumeration)
{
    random_table_options shape = random_table_defaults(11);
    shape.n_models = 5;
    shape.n_items = 60;
    ams_table table;
    random_table(&table, &shape);
    ams_env *env = make_env(&table);
    ams_policy *policy = NULL;
    ams_scores s;
    ck_assert_int_eq(ams_policy_create(&policy, "random", &table, env, NULL), AMS_OK);
    policy->draws = 2000;
    policy->draw_seed = 5;
    ams_eval_options options = {.split = AMS_TEST};
    ck_assert_int_eq(ams_evaluate(&s, policy, &table, &options, NULL), AMS_OK);
    double mean = 0;
    double exact = 0;
    for (uint32_t row = 0; row < s.n; row++) {
        mean += s.time_ms[(size_t)row * AMS_RECALLS + AMS_RECALLS - 1] / s.n;
        exact += enumerate(env, s.item[row], 0, 0) / s.n;
    }
    ck_assert_double_gt(s.stderr_ms, 0);
    ck_assert_double_lt(s.stderr_ms, exact / 100);
    ck_assert_double_eq_tol(mean, exact, 4 * s.stderr_ms);
    ams_scores_fini(&s);

    /* The printed standard error is that of means over fewer draws, seed by seed. */
    enum { SEEDS = 300 };
    double sum = 0;
    double squares = 0;
    double claimed = 0;
    policy->draws = 10;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        policy->draw_seed = 1000 + seed;
        ck_assert_int_eq(ams_evaluate(&s, policy, &table, &options, NULL), AMS_OK);
        double off = -exact;
        for (uint32_t row = 0; row < s.n; row++) {
            off += s.time_ms[(size_t)row * AMS_RECALLS + AMS_RECALLS - 1] / s.n;
        }
        sum += off;
        squares += off * off;
        claimed += s.stderr_ms / SEEDS;
        ams_scores_fini(&s);
    }
    double spread = sqrt((squares - sum * sum / SEEDS) / (SEEDS - 1));
    /* The error of a standard deviation from 300 values is 4 %. */
    ck_assert_double_eq_tol(claimed / spread, 1, 0.16);
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void expect_same(const ams_scores *a, const ams_scores *b)
{
    ck_assert_uint_eq(a->n, b->n);
    size_t n = a->n;
    ck_assert_mem_eq(a->item, b->item, n * sizeof *a->item);
    ck_assert_mem_eq(a->time_ms, b->time_ms, n * AMS_RECALLS * sizeof *a->time_ms);
    ck_assert_mem_eq(a->models, b->models, n * AMS_RECALLS * sizeof *a->models);
    ck_assert_mem_eq(a->area, b->area, n * sizeof *a->area);
    ck_assert_mem_eq(a->recall_time, b->recall_time, n * AMS_CURVE * sizeof *a->recall_time);
    ck_assert_mem_eq(a->recall_models, b->recall_models,
                     n * (a->n_models + 1) * sizeof *a->recall_models);
    ck_assert_mem_eq(a->order, b->order, n * a->n_models);
    ck_assert_mem_eq(a->order_n, b->order_n, n);
    ck_assert_mem_eq(a->final_n, b->final_n, n);
    ck_assert_mem_eq(a->final_ms, b->final_ms, n * a->kept * sizeof *a->final_ms);
    ck_assert_mem_eq(&a->stderr_ms, &b->stderr_ms, sizeof a->stderr_ms);
}

START_TEST(test_thread_count_changes_no_bit)
{
    static const char *const specs[] = {"random",  "oracle", "fixed",
                                        "optimal", "all",    "valuable"};
    random_table_options shape = random_table_defaults(12);
    shape.n_items = 900;
    shape.recorded = true;
    shape.distinct = true;
    ams_table table;
    random_table(&table, &shape);
    ams_env *env = make_env(&table);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        ams_eval_options options = {.split = AMS_VALIDATION, .recorded_times = i % 2 == 0};
        ams_scores alone;
        score(&alone, specs[i], &table, env, &options);
        ck_assert_uint_eq(alone.n, 300);
        for (uint32_t threads = 2; threads <= 5; threads += 3) {
            ams_scores shared;
            ck_assert_int_eq(ams_pool_create(&options.pool, threads, NULL), AMS_OK);
            score(&shared, specs[i], &table, env, &options);
            expect_same(&alone, &shared);
            ams_pool_destroy(options.pool);
            ams_scores_fini(&shared);
        }
        ams_scores_fini(&alone);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_recorded_times)
{
    random_table_options shape = random_table_defaults(13);
    shape.recorded = true;
    ams_table table;
    random_table(&table, &shape);
    ams_env *env = make_env(&table);
    ams_eval_options options = {.split = AMS_TEST, .recorded_times = true};
    ams_scores s;
    score(&s, "all", &table, env, &options);
    for (uint32_t row = 0; row < s.n; row++) {
        double total = 0;
        for (uint32_t m = 0; m < table.n_models; m++) {
            total += (double)table.run_time_ms[(size_t)s.item[row] * table.n_models + m];
        }
        ck_assert_double_eq(s.time_ms[(size_t)row * AMS_RECALLS], total);
        ck_assert(s.recall_time[(size_t)row * AMS_CURVE + AMS_CURVE - 1] == 1.0F);
    }
    ams_scores_fini(&s);
    /* Area is the mean of the curve's step function, so 101 readings come near it. */
    score(&s, "oracle", &table, env, &options);
    for (uint32_t row = 0; row < s.n; row++) {
        double mean = 0;
        for (uint32_t k = 0; k < AMS_CURVE - 1; k++) {
            mean += (double)s.recall_time[(size_t)row * AMS_CURVE + k] / (AMS_CURVE - 1);
        }
        ck_assert_double_eq_tol(mean, s.area[row], 0.011);
    }
    ams_scores_fini(&s);
    free(table.run_time_ms);
    table.run_time_ms = NULL;
    ams_policy *policy = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_policy_create(&policy, "all", &table, env, NULL), AMS_OK);
    ck_assert_int_eq(ams_evaluate(&s, policy, &table, &options, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "recorded times"));
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_empty_split)
{
    static const given_output outputs[] = {{0, 0, 0, 0.6F}};
    static const float times[] = {10};
    ams_table table;
    given_table(&table, 1, 1, 1, times, outputs, 1, AMS_TRAIN);
    ams_env *env = make_env(&table);
    ams_policy *policy = NULL;
    ams_scores s;
    ams_error err = {0};
    ams_eval_options options = {.split = AMS_TEST};
    ck_assert_int_eq(ams_policy_create(&policy, "all", &table, env, NULL), AMS_OK);
    ck_assert_int_eq(ams_evaluate(&s, policy, &table, &options, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "no test items"));
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_hand_computed);
    tcase_add_test(tests, test_kept_draws);
    tcase_add_test(tests, test_random_against_enumeration);
    tcase_add_test(tests, test_thread_count_changes_no_bit);
    tcase_add_test(tests, test_recorded_times);
    tcase_add_test(tests, test_empty_split);
}

int main(void)
{
    return run_suite("evaluate", add);
}
