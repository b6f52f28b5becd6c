/* Orders scored by right answers, against plain counts over made-up orders. */
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/lab/budget/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 300, MODELS = 3, CLASSES = 4 };
static ams_error err;

static uint8_t *draw_orders(const ams_table *t, uint64_t seed)
{
    uint8_t *order = calloc((size_t)t->n_items * MODELS, 1);
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    for (uint32_t i = 0; i < t->n_items; i++) {
        uint32_t models[MODELS] = {0, 1, 2};
        ams_rng_shuffle(&rng, models, MODELS);
        for (uint32_t k = 0; k < MODELS; k++) {
            order[i * MODELS + k] = (uint8_t)models[k];
        }
    }
    return order;
}

/* What the last of the first k models of each test item says, and what they cost. */
static void count(const ams_table *t, const uint8_t *order, uint32_t k, double mean[2])
{
    double n = 0;
    mean[0] = mean[1] = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        const uint32_t *truth = NULL;
        if (t->split[i] != AMS_TEST) {
            continue;
        }
        (void)ams_table_truth(t, i, &truth);
        for (uint32_t j = 0; j < k; j++) {
            mean[0] += (double)t->time_ms[order[i * MODELS + j]];
        }
        const uint32_t last = order[i * MODELS + k - 1];
        mean[1] += t->label[t->indptr[(uint64_t)i * MODELS + last]] == truth[0];
        n++;
    }
    mean[0] /= n;
    mean[1] /= n;
}

/* The point of that policy whose order is cut off after `n_models`. */
static const ams_budget_point *cut_point(const ams_budget *b, const char *policy,
                                         uint32_t n_models)
{
    const ams_budget_point *found = NULL;
    for (size_t k = 0; k < b->n_points; k++) {
        if (strcmp(b->point[k].policy, policy) == 0 && b->point[k].n_models == n_models) {
            ck_assert_ptr_null(found); /* one, of all seeds */
            found = &b->point[k];
        }
    }
    ck_assert_ptr_nonnull(found);
    return found;
}

START_TEST(test_orders)
{
    static const double budgets[] = {2, 5};
    ams_table t;
    ams_env *env = NULL;
    const ams_env_options defaults = ams_env_defaults();
    ams_policy *policy[2];
    uint8_t *order[2];
    ams_budget one;
    ams_budget both;
    ams_budget_options o = ams_budget_defaults();
    budget_table(&t, N, MODELS, CLASSES, 3);
    ck_assert_int_eq(ams_env_create(&env, &t, &defaults, &err), AMS_OK);
    for (int k = 0; k < 2; k++) {
        order[k] = draw_orders(&t, 10 + (uint64_t)k);
        ck_assert_int_eq(ams_policy_create_from_orders(&policy[k], env, order[k], &err),
                         AMS_OK);
    }
    const char *label = ams_policy_label(policy[0]);
    char name[64];
    o.rule = AMS_ANSWER_LAST;
    o.budget = budgets;
    o.n_budgets = 2;
    o.draws = 50;
    o.policy = policy;
    o.n_policies = 1;
    ck_assert_msg(ams_budget_run(&one, &t, &o, &err) == AMS_OK, "%s", err.text);
    o.n_policies = 2; /* of one label: seeds */
    ck_assert_msg(ams_budget_run(&both, &t, &o, &err) == AMS_OK, "%s", err.text);
    snprintf(name, sizeof name, "%s-models", label);
    for (uint32_t k = 1; k <= MODELS; k++) {
        double first[2];
        double second[2];
        count(&t, order[0], k, first);
        count(&t, order[1], k, second);
        const ams_budget_point *p = cut_point(&one, name, k);
        ck_assert_double_lt(fabs(p->cost.mean - first[0]), 1e-6);
        ck_assert_double_lt(fabs(p->score.mean - first[1]), 1e-6);
        p = cut_point(&both, name, k);
        ck_assert_uint_eq(p->n_runs, 2);
        ck_assert_double_lt(fabs(p->cost.mean - (first[0] + second[0]) / 2), 1e-6);
        ck_assert_double_lt(fabs(p->score.mean - (first[1] + second[1]) / 2), 1e-6);
    }
    ck_assert_uint_eq(both.n_points, one.n_points);
    ck_assert_uint_eq(both.n_curves, 1);
    for (int k = 0; k < 2; k++) {
        ck_assert_double_lt(fabs(budget_point(&one, label, budgets[k])->cost.mean - budgets[k]),
                            0.1 * budgets[k]);
    }
    for (int k = 0; k < 2; k++) {
        ams_policy_destroy(policy[k]);
        free(order[k]);
    }
    ams_budget_fini(&one);
    ams_budget_fini(&both);
    ams_env_destroy(env);
    ams_table_fini(&t);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_orders);
}

int main(void)
{
    return run_suite("budget_orders", add);
}
