/* The backward solution against all policies of a small case; lists, their hull and their
 * mixtures against plain counts. */
#include "ams/online.h"
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/lab/budget/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

/* ---- all policies ---- */

enum { SAYS = 4 }; /* two labels, each sure or not: all that a model can say */

static uint32_t said(const budget_data *data, uint32_t item, uint32_t m)
{
    float conf = 0;
    const ams_outputs outputs = ams_budget_outputs(data, item);
    const uint32_t top = ams_answers_top(&outputs, m, &conf);
    return 2 * top + (conf > 0.5F);
}

/* Of two models: which is called first (2: none), and by what it says whether the other is, too
 * (bits of `more`). Mean worth on the scored items: rightness less lambda times cost. */
static double worth(const budget_data *data, const budget_answers *answers, double lambda,
                    uint32_t first, uint32_t more)
{
    double sum = 0;
    for (uint32_t i = data->n_train; i < data->n_items; i++) {
        uint32_t set = first < 2 ? 1U << first : 0;
        if (first < 2 && (more >> said(data, i, first) & 1) != 0) {
            set = 3;
        }
        sum += (double)ams_budget_score(answers, data, AMS_ANSWER_POSTERIOR, set, 0, i);
        sum -= lambda * ams_budget_set_cost(data, set);
    }
    return sum / (data->n_items - data->n_train);
}

/* Within what 3,000 items tell, no policy does better on items that neither has seen. */
START_TEST(test_no_policy_is_better)
{
    static const double lambdas[] = {0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.6, 2};
    budget_data data;
    budget_answers answers;
    budget_solver *solver = NULL;
    budget_case(&data, &answers, AMS_ANSWER_POSTERIOR, 3000, 2, 2, 7);
    ck_assert_int_eq(
        ams_budget_solver_create(&solver, &data, &answers, AMS_ANSWER_POSTERIOR, &err), AMS_OK);
    double costs = 1e9;
    for (size_t l = 0; l < sizeof lambdas / sizeof *lambdas; l++) {
        budget_policy policy = {0};
        double best = -1e9;
        double ours = 0;
        double cost = 0;
        ck_assert_int_eq(ams_budget_solve(solver, lambdas[l], &policy, &err), AMS_OK);
        for (uint32_t i = data.n_train; i < data.n_items; i++) {
            cost += ams_budget_set_cost(&data, policy.calls[i]);
            ours += (double)policy.score[i] -
                    lambdas[l] * ams_budget_set_cost(&data, policy.calls[i]);
        }
        ours /= data.n_items - data.n_train;
        for (uint32_t first = 0; first < 3; first++) {
            for (uint32_t more = 0; more < 1U << SAYS; more++) {
                const double value = worth(&data, &answers, lambdas[l], first, more);
                best = value > best ? value : best;
            }
        }
        ck_assert_double_ge(ours, best - 0.01);
        ck_assert_double_le(ours, best + 0.01);                 /* there are no others */
        ck_assert_double_le(cost, costs + 1e-9 + 0.01 * costs); /* a dearer price, less money */
        costs = cost;
        ams_budget_policy_fini(&policy);
    }
    ams_budget_solver_destroy(solver);
    ams_budget_answers_fini(&answers);
    ams_budget_data_fini(&data);
}
END_TEST

/* At a price of 0 it calls all that helps; at a huge one nothing; the rules agree where one
 * model is called. */
START_TEST(test_ends)
{
    budget_data data;
    budget_answers answers;
    const ams_answer_rule rule = (ams_answer_rule)_i;
    budget_case(&data, &answers, rule, 400, 3, 3, 3);
    budget_solver *solver = NULL;
    budget_policy policy = {0};
    ck_assert_int_eq(ams_budget_solver_create(&solver, &data, &answers, rule, &err), AMS_OK);
    ck_assert_int_eq(ams_budget_solve(solver, 100, &policy, &err), AMS_OK);
    for (uint32_t i = 0; i < data.n_items; i++) {
        ck_assert_uint_eq(policy.calls[i], 0);
    }
    ams_budget_policy_fini(&policy);
    ck_assert_int_eq(ams_budget_solve(solver, 0, &policy, &err), AMS_OK);
    ck_assert_double_gt(policy.train_cost, 3);
    ck_assert_double_gt(policy.train_score, rule == AMS_ANSWER_LAST ? 0.7 : 0.72);
    for (uint32_t i = 0; i < data.n_items; i++) {
        for (uint32_t m = 0; m < 3; m++) {
            float conf = 0;
            const ams_outputs outputs = ams_budget_outputs(&data, i);
            const bool right = ams_answers_top(&outputs, m, &conf) == data.truth[i];
            if (rule != AMS_ANSWER_POSTERIOR) {
                ck_assert_int_eq((int)ams_budget_score(&answers, &data, rule, 1U << m, m, i),
                                 right);
            }
        }
        ck_assert(rule != AMS_ANSWER_LAST || policy.calls[i] == 0 ||
                  (policy.calls[i] >> policy.last[i] & 1) != 0);
    }
    ams_budget_policy_fini(&policy);
    ams_budget_solver_destroy(solver);
    ams_budget_answers_fini(&answers);
    ams_budget_data_fini(&data);
}
END_TEST

/* ---- lists ---- */

/* A policy's mean score where it is on or above every line between two others. */
START_TEST(test_hull)
{
    enum { N = 20 };
    double cost[N];
    double score[N];
    budget_list list = {0};
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    for (int k = 0; k < N; k++) {
        cost[k] = ams_rng_below(&rng, 30);
        score[k] = ams_rng_below(&rng, 30) / 30.0;
        budget_policy p = {.train_cost = cost[k], .train_score = score[k]};
        ck_assert_int_eq(ams_budget_list_add(&list, &p, &err), AMS_OK);
    }
    ams_budget_list_hull(&list);
    for (double at = 0; at <= 30; at += 0.5) {
        double best = -1; /* of mixtures that cost at most this */
        double ours = -1;
        for (int a = 0; a < N; a++) {
            for (int b = 0; b < N; b++) {
                const double share =
                    cost[b] > cost[a] ? (at - cost[a]) / (cost[b] - cost[a]) : 0;
                if (cost[a] <= at && share >= 0) {
                    const double s = share > 1 ? 1 : share;
                    const double value = score[a] + s * (score[b] - score[a]);
                    best = value > best ? value : best;
                }
            }
        }
        for (size_t k = 0; k < list.n; k++) {
            const budget_policy *p = &list.policy[k];
            if (p->train_cost <= at) {
                ours = p->train_score;
                if (k + 1 < list.n && p[1].train_cost > at) {
                    ours += (p[1].train_score - ours) * (at - p->train_cost) /
                            (p[1].train_cost - p->train_cost);
                }
            }
        }
        ck_assert_double_lt(fabs(best - ours), 1e-9);
    }
    ams_budget_list_fini(&list);
}
END_TEST

/* Two policies: call nothing, or model 0, whose cost on the scored items is `dearer` times what
 * it was in training. Fixed shares miss the budget by that; the controller does not. */
START_TEST(test_controller)
{
    static const double dearer[] = {1, 1.3, 0.7};
    enum { N = 4000, HORIZON = 100 };
    budget_data data = {.n_items = 2 * N, .n_train = N, .n_models = 1, .cost = {2}};
    budget_list list = {0};
    budget_outcome o;
    ck_assert_int_eq(ams_budget_outcome_init(&o, &data, &err), AMS_OK);
    for (int k = 0; k < 2; k++) {
        budget_policy p;
        ck_assert_int_eq(ams_budget_policy_init(&p, &data, &err), AMS_OK);
        memset(p.calls, k, data.n_items);
        for (uint32_t i = 0; i < data.n_items; i++) {
            p.score[i] = (float)k;
        }
        p.train_cost = 2.0 * k;
        p.train_score = k;
        ck_assert_int_eq(ams_budget_list_add(&list, &p, &err), AMS_OK);
    }
    data.cost[0] = 2 * dearer[_i];
    for (int controlled = 0; controlled < 2; controlled++) {
        double mean = 0;
        double furthest = 0;
        double spent = 0;
        ck_assert_int_eq(
            ams_budget_mix(&list, &data, 0.8, controlled ? HORIZON : 0, 1, &o, &err), AMS_OK);
        for (uint32_t i = 0; i < N; i++) {
            ck_assert_int_eq((int)o.score[i], o.cost[i] > 0);
            mean += (double)o.cost[i] / N;
            spent += (double)o.cost[i];
            const double off = fabs(spent - 0.8 * (i + 1));
            furthest = off > furthest ? off : furthest;
        }
        if (controlled) {
            /* Between: the lasting difference times the horizon, and noise. At the end: what
             * the last items could not settle. */
            ck_assert_double_lt(fabs(mean - 0.8), (0.3 * 0.8 * 2 * AMS_BUDGET_SETTLE + 20) / N);
            ck_assert_double_lt(furthest, 0.3 * 0.8 * HORIZON + 60);
        } else {
            ck_assert_double_lt(fabs(mean - 0.8 * dearer[_i]), 0.06);
        }
    }
    ams_budget_list_fini(&list);
    ams_budget_outcome_fini(&o);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_no_policy_is_better);
    tcase_add_loop_test(tests, test_ends, 0, AMS_BUDGET_RULES);
    tcase_add_loop_test(tests, test_hull, 0, 20);
    tcase_add_loop_test(tests, test_controller, 0, 3);
}

int main(void)
{
    return run_suite("budget_exact", add);
}
