/* An exported policy, followed item by item by the embedded scheduler, calls, pays and answers
 * as the study does; its controller keeps the mean budget where costs or difficulty change; and
 * none of the file's bytes is trusted. */
#include "ams/online.h"
#include "base/file.h"
#include "base/rng.h"
#include "lab/budget/agent.h"
#include "tests/base/suite.h"
#include "tests/fuzz/mend.h"
#include "tests/lab/budget/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

typedef struct online_case {
    ams_table table;
    budget_data data;
    budget_answers answers;
    budget_list list;
    ams_budget_options options;
    ams_online *policy;
    char *bytes;
    size_t n_bytes;
    void *memory, *room;
    size_t room_size;
} online_case;

static void open_policy(online_case *c)
{
    size_t size = 0;
    ck_assert_int_eq(ams_online_size(c->bytes, c->n_bytes, &size), AMS_ONLINE_OK);
    c->memory = malloc(size);
    ck_assert_int_eq(ams_online_open(&c->policy, c->bytes, c->n_bytes, c->memory, size),
                     AMS_ONLINE_OK);
    c->room_size = ams_item_size(c->policy);
    c->room = malloc(c->room_size);
}

/* Networks trained for a moment at two prices, and a policy that calls nothing. */
static void train(online_case *c, const budget_solver *solver)
{
    static const char *const small[] = {"hidden=8", "epsilon_steps=20"};
    budget_policy policy = {0};
    c->options.agent = "dueling";
    c->options.networks = 2;
    c->options.steps = 60;
    c->options.setting = small;
    c->options.n_settings = 2;
    for (int k = 0; k < 2; k++) {
        ck_assert_msg(ams_budget_train_at(&c->data, &c->answers, solver, &c->options,
                                          k == 0 ? 0.1 : 0.001, &policy, &err) == AMS_OK,
                      "%s", err.text);
        ck_assert_int_eq(ams_budget_list_add(&c->list, &policy, &err), AMS_OK);
    }
    ck_assert_int_eq(ams_budget_policy_init(&policy, &c->data, &err), AMS_OK);
    for (uint32_t i = 0; i < c->data.n_items; i++) {
        policy.score[i] =
            ams_budget_score(&c->answers, &c->data, AMS_ANSWER_POSTERIOR, 0, 0, i);
    }
    ams_budget_policy_count(&policy, &c->data);
    ck_assert_int_eq(ams_budget_list_add(&c->list, &policy, &err), AMS_OK);
    ams_budget_list_hull(&c->list);
    ck_assert_uint_gt(c->list.n, 1);
}

static void make(online_case *c, ams_answer_rule rule, bool agent, uint32_t n,
                 uint32_t n_models, uint32_t n_classes)
{
    static const double budgets[] = {0.5, 1.5, 3, 5};
    ams_budget counts = {0};
    budget_solver *solver = NULL;
    memset(c, 0, sizeof *c);
    c->options = ams_budget_defaults();
    c->options.rule = rule;
    c->options.policy_path = "test_budget_online.ams";
    budget_table(&c->table, n, n_models, n_classes, 3);
    ck_assert_int_eq(ams_budget_data_make(&c->data, &c->table, &c->options, &counts, &err),
                     AMS_OK);
    ck_assert_int_eq(ams_budget_answers_make(&c->answers, &c->data, &c->options, &err), AMS_OK);
    ck_assert_int_eq(ams_budget_solver_create(&solver, &c->data, &c->answers, rule, &err),
                     AMS_OK);
    if (agent) {
        train(c, solver);
    } else {
        ck_assert_int_eq(
            ams_budget_prices(solver, &c->data, &c->options, budgets, 4, &c->list, &err),
            AMS_OK);
    }
    const budget_export what = {
        agent ? "dueling" : "exact", &c->table, &c->data, &c->answers, &c->list, &c->options};
    ck_assert_msg(ams_budget_export(&what, agent ? NULL : solver, &err) == AMS_OK, "%s",
                  err.text);
    ams_budget_solver_destroy(solver);
    ck_assert_int_eq(
        ams_read_file(c->options.policy_path, 1 << 30, &c->bytes, &c->n_bytes, &err), AMS_OK);
    open_policy(c);
}

static void drop(online_case *c)
{
    free(c->room);
    free(c->memory);
    free(c->bytes);
    ams_budget_list_fini(&c->list);
    ams_budget_answers_fini(&c->answers);
    ams_budget_data_fini(&c->data);
    ams_table_fini(&c->table);
}

/* Follows the policy on item i of the data: what it paid, and whether its answer is right. */
static ams_item_money follow(online_case *c, uint32_t i, double aim, double draw, bool *right)
{
    const ams_outputs o = ams_budget_outputs(&c->data, i);
    ams_item_limits limits = ams_item_limits_none();
    ams_item *item = NULL;
    ams_item_step step;
    ams_item_money money;
    limits.aim = aim;
    limits.draw = draw;
    need(ams_item_begin(&item, c->policy, &limits, c->room, c->room_size) == AMS_ONLINE_OK);
    for (double now = 0; now < 20; now++) {
        need(ams_item_next(item, now, &step) == AMS_ONLINE_OK);
        if (step.answer == AMS_ITEM_DONE) {
            break;
        }
        need(step.answer == AMS_ITEM_START && step.n == 1);
        const uint32_t m = step.model[0];
        need(ams_item_started(item, m, now) == AMS_ONLINE_OK);
        uint32_t label[64];
        float conf[64];
        const uint32_t n = o.n[m];
        need(n < 64);
        for (uint32_t k = 0; k < n; k++) { /* the order in which they come does not count */
            label[k] = o.said[m][n - 1 - k].label;
            conf[k] = o.said[m][n - 1 - k].conf;
        }
        need(ams_item_finished(item, m, now, label, conf, n) == AMS_ONLINE_OK);
    }
    need(ams_item_money_of(item, &money) == AMS_ONLINE_OK);
    *right = money.label == c->data.truth[i];
    return money;
}

static double draw_of(const online_case *c, uint32_t i)
{
    uint32_t words[4];
    ams_philox(c->options.seed, AMS_STREAM_MIX, i, words);
    return ams_unit(words[0]);
}

/* Item by item what the study's mixture says: for every rule, with relative classes, and by an
 * agent with either kind of class. */
START_TEST(test_as_the_study)
{
    static const double budgets[] = {0.2, 1.2, 2.7, 4, 9};
    const bool agent = _i > AMS_BUDGET_RULES;
    const bool many = _i == AMS_BUDGET_RULES || _i == AMS_BUDGET_RULES + 2;
    const ams_answer_rule rule = many || agent ? AMS_ANSWER_POSTERIOR : (ams_answer_rule)_i;
    online_case c;
    make(&c, rule, agent, 300, 3, many ? 60 : 3);
    ck_assert(c.data.relative == many);
    const uint32_t n = c.data.n_items - c.data.n_train;
    budget_outcome outcome;
    ck_assert_int_eq(ams_budget_outcome_init(&outcome, &c.data, &err), AMS_OK);
    ck_assert_str_eq(ams_online_cost_unit(c.policy), "ms");
    for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++) {
        ams_budget_controller controller = {.budget = budgets[b], .horizon = 500, .total = n};
        uint32_t called = 0;
        ck_assert_int_eq(
            ams_budget_mix(&c.list, &c.data, budgets[b], 500, c.options.seed, &outcome, &err),
            AMS_OK);
        for (uint32_t i = 0; i < n; i++) {
            bool right = false;
            const ams_item_money money = follow(
                &c, c.data.n_train + i, ams_budget_aim(&controller), draw_of(&c, i), &right);
            ck_assert_double_lt(fabs(money.paid - (double)outcome.cost[i]), 1e-6);
            ck_assert_int_eq(right, outcome.score[i] > 0.5F);
            ck_assert(money.probability >= 0 && money.probability <= 1);
            called += money.paid > 0;
            ams_budget_paid(&controller, money.paid);
        }
        ck_assert(called > 0);
    }
    ams_budget_outcome_fini(&outcome);
    drop(&c);
}
END_TEST

/* An agent for which no call is worth its price. */
START_TEST(test_nothing)
{
    online_case c;
    bool right = false;
    make(&c, AMS_ANSWER_POSTERIOR, true, 60, 2, 2);
    ck_assert_ptr_null(c.list.policy[0].network);
    while (c.list.n > 1) {
        ams_budget_policy_fini(&c.list.policy[--c.list.n]);
    }
    const budget_export what = {"dqn", &c.table, &c.data, &c.answers, &c.list, &c.options};
    ck_assert_msg(ams_budget_export(&what, NULL, &err) == AMS_OK, "%s", err.text);
    free(c.bytes);
    free(c.memory);
    free(c.room);
    ck_assert_int_eq(ams_read_file(c.options.policy_path, 1 << 30, &c.bytes, &c.n_bytes, &err),
                     AMS_OK);
    open_policy(&c);
    for (uint32_t i = 0; i < c.data.n_items; i++) {
        ck_assert_double_lt(follow(&c, i, 1, 0.5, &right).paid, 1e-12);
    }
    drop(&c);
}
END_TEST

/* ---- drift ---- */

enum { CHANGES, DEARER, HARDER, EASIER, DRIFTS };

/* 1,500 items as in training, then 1,500 that are dearer by half, whose outputs say nothing, or
 * that all models answer alike. Each ends `in_flight` items after it began. The mean stays
 * within 3 % of the budget; without the controller, in fixed shares, it does not. Where it is
 * known that there are 3,000, within 1 %, whatever the horizon. */
static double mean_cost(online_case *c, int drift, double horizon, bool known,
                        uint32_t in_flight)
{
    enum { N = 3000, LAG = 64 };
    ams_budget_controller controller = {
        .budget = 2, .horizon = horizon, .total = known ? N : 0};
    ams_item_money ring[LAG] = {{0}};
    double total = 0;
    for (uint32_t i = 0; i < N + in_flight; i++) {
        if (i < N) {
            const uint32_t scored = c->data.n_items - c->data.n_train;
            uint32_t from = c->data.n_train + i % scored;
            bool right = false;
            if (i >= N / 2 && (drift == HARDER || drift == EASIER)) {
                /* An item of its kind: where the cheap models differ, or agree surely. */
                for (uint32_t k = 0; k < scored; k++, from++) {
                    const uint32_t at = c->data.n_train + from % scored;
                    const ams_outputs o = ams_budget_outputs(&c->data, at);
                    const bool alike =
                        o.said[0][0].label == o.said[1][0].label && o.said[0][0].conf > 0.5F;
                    if (alike == (drift == EASIER)) {
                        from = at;
                        break;
                    }
                }
            }
            ring[i % LAG] = follow(c, from, ams_budget_aim(&controller), draw_of(c, i), &right);
            ams_budget_begun(&controller, ring[i % LAG].expected);
        }
        if (i >= in_flight) {
            const ams_item_money *done = &ring[(i - in_flight) % LAG];
            const bool dear = drift == DEARER && i - in_flight >= N / 2;
            const double paid = done->paid * (dear ? 1.5 : 1);
            ams_budget_ended(&controller, done->expected, paid);
            total += paid;
        }
    }
    return total / N;
}

START_TEST(test_drift)
{
    online_case c;
    make(&c, AMS_ANSWER_POSTERIOR, false, 600, 3, 3);
    for (int drift = 0; drift < DRIFTS; drift++) {
        const double shares = mean_cost(&c, drift, 0, true, 0);
        const double kept = mean_cost(&c, drift, 100, false, 0);
        const double beside = mean_cost(&c, drift, 100, false, 50);
        const double settled = mean_cost(&c, drift, 500, true, 0);
        /* Of easy items even the dearest policy calls less than the budget allows. */
        const double least = drift == EASIER ? shares : 2 - 0.06;
        ck_assert_msg(kept > least && kept < 2 + 0.06, "drift %d: %g", drift, kept);
        ck_assert_msg(beside > least && beside < 2 + 0.06, "drift %d, in flight: %g", drift,
                      beside);
        ck_assert_msg(settled < 2 + 0.02 && (drift == EASIER || settled > 2 - 0.02),
                      "drift %d, settled: %g", drift, settled);
        ck_assert_msg(drift == CHANGES || fabs(shares - 2) > 0.06, "drift %d: shares %g", drift,
                      shares);
    }
    drop(&c);
}
END_TEST

/* Ten are in hand after 90 items at 2 each. */
START_TEST(test_aim)
{
    static const struct {
        double horizon;
        uint64_t total;
        double aim;
    } cases[] = {{500, 0, 2.02},  {500, 1000, 2.02}, {500, 290, 2.05}, {500, 100, 2.5},
                 {500, 90, 2.02}, {500, 50, 2.02},   {5, 100, 4},      {0, 100, 2}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const ams_budget_controller c = {.budget = 2,
                                         .horizon = cases[k].horizon,
                                         .spent = 170,
                                         .items = 90,
                                         .total = cases[k].total};
        ck_assert_double_eq_tol(ams_budget_aim(&c), cases[k].aim, 1e-12);
    }
}
END_TEST

/* ---- what is refused ---- */

START_TEST(test_limits)
{
    online_case c;
    ams_item *item = NULL;
    ams_item_money money;
    ams_item_step step;
    make(&c, AMS_ANSWER_POSTERIOR, false, 60, 2, 2);
    ams_item_limits bad[5];
    for (int k = 0; k < 5; k++) {
        bad[k] = ams_item_limits_none();
    }
    bad[0].memory_mb = 5;
    bad[1].rule = AMS_ITEM_ALGORITHM_1;
    bad[2].aim = (double)NAN;
    bad[3].draw = 1;
    bad[4].stop = AMS_ITEM_STOP_VALUE;
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(ams_item_begin(&item, c.policy, &bad[k], c.room, c.room_size),
                         AMS_ONLINE_BAD_ARGUMENT);
    }
    /* A model that fails is paid, says nothing, and is not called again. */
    ck_assert_int_eq(ams_item_begin(&item, c.policy, NULL, c.room, c.room_size), AMS_ONLINE_OK);
    for (int turn = 0; turn < 3; turn++) {
        ck_assert_int_eq(ams_item_next(item, 1, &step), AMS_ONLINE_OK);
        if (step.answer == AMS_ITEM_DONE) {
            break;
        }
        ck_assert_int_eq(ams_item_started(item, step.model[0], 1), AMS_ONLINE_OK);
        ck_assert_int_eq(ams_item_failed(item, step.model[0], 1), AMS_ONLINE_OK);
    }
    ck_assert_int_eq(step.answer, AMS_ITEM_DONE);
    ck_assert_int_eq(ams_item_money_of(item, &money), AMS_ONLINE_OK);
    ck_assert_double_gt(money.paid, 0);
    ck_assert_uint_lt(money.label, 2); /* the more frequent one */
    /* At the deadline nothing more is called. */
    ams_item_limits late = ams_item_limits_none();
    late.deadline_ms = 5;
    ck_assert_int_eq(ams_item_begin(&item, c.policy, &late, c.room, c.room_size),
                     AMS_ONLINE_OK);
    ck_assert_int_eq(ams_item_next(item, 6, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(step.answer, AMS_ITEM_DONE);
    drop(&c);
}
END_TEST

/* Cut short anywhere, or with bytes changed and checksums set right: refused, or of use. */
START_TEST(test_damaged)
{
    online_case c;
    make(&c, _i == 0 ? AMS_ANSWER_LAST : AMS_ANSWER_POSTERIOR, _i == 1, 60, 2, 2);
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    unsigned char *copy = malloc(c.n_bytes);
    size_t size = 0;
    uint32_t opened = 0;
    for (size_t cut = 0; cut < c.n_bytes; cut += 1 + c.n_bytes / 500) {
        ck_assert_int_ne(ams_online_size(c.bytes, cut, &size), AMS_ONLINE_OK);
    }
    for (int k = 0; k < 3000; k++) {
        memcpy(copy, c.bytes, c.n_bytes);
        const uint32_t at = ams_rng_below(&rng, k % 2 == 0 ? 400 : (uint32_t)c.n_bytes);
        copy[at] = (unsigned char)ams_rng_below(&rng, 256);
        need(at < 8 || copy[at] == (unsigned char)c.bytes[at] ||
             ams_online_size(copy, c.n_bytes, &size) != AMS_ONLINE_OK);
        mend_checksums(copy, c.n_bytes);
        if (ams_online_size(copy, c.n_bytes, &size) == AMS_ONLINE_OK) {
            ams_online *policy = NULL;
            void *memory = malloc(size);
            if (ams_online_open(&policy, copy, c.n_bytes, memory, size) == AMS_ONLINE_OK) {
                online_case other = c;
                bool right = false;
                other.policy = policy;
                other.room_size = ams_item_size(policy);
                other.room = malloc(other.room_size);
                (void)follow(&other, 0, 1, 0.5, &right);
                free(other.room);
                opened++;
            }
            free(memory);
        }
    }
    ck_assert_uint_gt(opened, 100);
    free(copy);
    drop(&c);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_as_the_study, 0, AMS_BUDGET_RULES + 3);
    tcase_add_test(tests, test_nothing);
    tcase_add_test(tests, test_drift);
    tcase_add_test(tests, test_aim);
    tcase_add_test(tests, test_limits);
    tcase_add_loop_test(tests, test_damaged, 0, 2);
}

int main(void)
{
    return run_suite("budget_online", add);
}
