/* `fixed:GOAL`: no model in another place makes its order better, by a computation that knows
 * nothing of the search; `fixed:each` is those orders, each for its recall; `fixed:paper`. */
#include "ams/evaluate.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/sched/policies/orders.h"

#include <math.h>
#include <string.h>

static double mean_time(const ams_env *env, const uint8_t *order, double goal)
{
    double sum = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        double now = 0;
        uint64_t mask = 0;
        for (uint32_t k = 0; env->split[i] == AMS_TRAIN && env->full[i] > 0 &&
                             ams_env_value(env, i, mask) < goal * env->full[i] - 1e-6;
             k++) {
            mask |= UINT64_C(1) << order[k];
            now += (double)env->time_ms[order[k]];
        }
        sum += now;
    }
    return sum;
}

static void order_of(const orders_fixture *f, const char *spec, double goal, uint8_t *order)
{
    ams_policy *policy = NULL;
    void *worker = NULL;
    ams_error err = {{0}};
    ck_assert_msg(ams_policy_create(&policy, spec, &f->table, f->env, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_str_eq(ams_policy_label(policy), spec);
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    ck_assert_int_eq(kind->worker_create(policy, &worker, NULL), AMS_OK);
    (void)kind->aim(policy, worker, goal);
    ck_assert_uint_eq(kind->order(policy, worker, 0, 0, order), f->env->n_models);
    kind->worker_destroy(worker);
    if (ams_policy_has_goals(policy)) { /* chosen for the whole policy, as by --goal */
        uint8_t chosen[AMS_MAX_MODELS];
        ck_assert_int_eq(ams_policy_set_goal(policy, goal, NULL), AMS_OK);
        ck_assert_int_eq(kind->worker_create(policy, &worker, NULL), AMS_OK);
        ck_assert_uint_eq(kind->order(policy, worker, 0, 0, chosen), f->env->n_models);
        ck_assert_mem_eq(order, chosen, f->env->n_models);
        kind->worker_destroy(worker);
    }
    ams_policy_destroy(policy);
}

/* Model order[from] in place `to`. */
static void moved(const uint8_t *order, uint32_t n, uint32_t from, uint32_t to, uint8_t *other)
{
    uint32_t k = 0;
    for (uint32_t at = 0; at < n; at++) {
        if (at == to) {
            other[at] = order[from];
        } else {
            k += k == from;
            other[at] = order[k++];
        }
    }
}

START_TEST(test_no_move_is_better)
{
    static const double goals[] = {0.5, 0.8, 1};
    static const char *const specs[] = {"fixed:0.5", "fixed:0.8", "fixed:1"};
    orders_fixture f;
    orders_random(&f, (uint64_t)_i, 90, 6);
    const uint32_t n = f.env->n_models;
    for (size_t g = 0; g < 3; g++) {
        uint8_t order[AMS_MAX_MODELS];
        uint8_t other[AMS_MAX_MODELS];
        order_of(&f, specs[g], 1, order);
        const double least = mean_time(f.env, order, goals[g]);
        for (uint32_t from = 0; from < n; from++) {
            for (uint32_t to = 0; to < n; to++) {
                moved(order, n, from, to, other);
                ck_assert_double_ge(mean_time(f.env, other, goals[g]), least * (1 - 1e-8));
            }
        }
        order_of(&f, "fixed:each", goals[g], other);
        ck_assert_mem_eq(order, other, n);
    }
    orders_drop(&f);
}
END_TEST

/* m0 finds what is worth 0.6, m1 what is worth 0.9; each takes 10 ms. m2 takes 1 ms and finds
 * what m1 finds on every second item. */
START_TEST(test_by_hand)
{
    static const float time_ms[] = {10, 10, 1};
    static const given_output outputs[] = {
        {0, 0, 0, 0.6F}, {0, 1, 1, 0.9F}, {0, 2, 1, 0.6F}, {1, 0, 0, 0.6F}, {1, 1, 1, 0.9F}};
    orders_fixture f = {.env = NULL};
    given_table(&f.table, 2, 3, 2, time_ms, outputs, 5, AMS_TRAIN);
    orders_make_env(&f);
    orders_expect(&f, "fixed", 0, "201");
    orders_expect(&f, "fixed:1", 0, "201"); /* 11 and 21 ms; 20 both without m2 */
    orders_expect(&f, "fixed:0.5", 0, "210");
    /* The papers' reward knows no time: ln 1.9 and ln 1.6, -1 for nothing. */
    orders_expect(&f, "fixed:paper", 0, "102");
    orders_drop(&f);
}
END_TEST

START_TEST(test_refusals)
{
    static const char *const bad[] = {"fixed:0", "fixed:1.1", "fixed:all", "fixed:nan"};
    orders_fixture f;
    orders_random(&f, 1, 9, 5);
    for (size_t i = 0; i < 4; i++) {
        ams_policy *policy = NULL;
        ams_error err = {{0}};
        ck_assert_int_eq(ams_policy_create(&policy, bad[i], &f.table, f.env, &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "required recall above 0"));
    }
    orders_drop(&f);
    orders_check_needs_training("fixed:1");
    orders_check_needs_training("fixed:paper");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_no_move_is_better, 0, 4);
    tcase_add_test(tests, test_by_hand);
    tcase_add_test(tests, test_refusals);
}

int main(void)
{
    return run_suite("fixed_goal", add);
}
