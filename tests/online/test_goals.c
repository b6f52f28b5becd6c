/* A goal chosen when deciding: the framework's orders for any goal, goals that change between
 * two decisions, the goal of a deadline, and what is refused. */
#include "tests/online/fixture.h"

#include "sched/policy_private.h"
#include "tests/base/suite.h"

#include <math.h>
#include <string.h>

static const double goals[] = {0.5, 0.8, 1, 0.2, 0.65, 0.9, 0.97};
enum { N_GOALS = sizeof goals / sizeof *goals };

static online_shape shape_of(int i)
{
    online_shape shape = online_defaults((uint64_t)i + 11);
    shape.n_items = 40;
    shape.features = (ams_feature_mode)(i % 4);
    shape.decide = (ams_decide)(i % 3);
    shape.hidden = i % 2 == 0 ? "24" : "20x10";
    shape.dueling = i == 3;
    shape.heads = i >= 6;
    shape.stored = (ams_stored)(i % 3);
    shape.goals = true;
    return shape;
}

static void report(const online_fixture *f, ams_item *to, uint32_t item, uint32_t m, double now)
{
    const online_output out = online_output_of(f, item, m);
    online_need(ams_item_finished(to, m, now, out.label, out.conf, out.n) == AMS_ONLINE_OK);
}

/* The model that runs next, which then runs. */
static uint32_t step(const online_fixture *f, ams_item *online, uint32_t item, double *now)
{
    ams_item_step next;
    online_need(ams_item_next(online, *now, &next) == AMS_ONLINE_OK);
    online_need(next.answer == AMS_ITEM_START && next.n == 1);
    const uint32_t m = next.model[0];
    online_need(ams_item_started(online, m, *now) == AMS_ONLINE_OK);
    *now += (double)f->table.time_ms[m];
    report(f, online, item, m, *now);
    return m;
}

static ams_item *begin(const online_fixture *f, double goal)
{
    ams_item_limits limits = ams_item_limits_none();
    ams_item *item = NULL;
    limits.goal = goal;
    online_need(ams_item_begin(&item, f->online, &limits, f->room, f->room_size) ==
                AMS_ONLINE_OK);
    return item;
}

START_TEST(orders_are_the_frameworks)
{
    online_fixture f;
    const online_shape shape = shape_of(_i);
    void *worker = NULL;
    uint32_t differ = 0;
    online_make(&f, &shape);
    const ams_policy_kind *kind = ams_policy_kind_of(f.policy);
    ck_assert_int_eq(kind->worker_create(f.policy, &worker, NULL), AMS_OK);
    for (uint32_t item = 0; item < f.table.n_items; item++) {
        uint8_t last[AMS_MAX_MODELS];
        for (uint32_t g = 0; g < N_GOALS; g++) {
            uint8_t order[AMS_MAX_MODELS];
            double now = 0;
            (void)kind->aim(f.policy, worker, goals[g]);
            const uint32_t n = kind->order(f.policy, worker, item, 0, order);
            ams_item *online = begin(&f, goals[g]);
            online_need(ams_item_goal(online) == goals[g]);
            for (uint32_t k = 0; k < n; k++) {
                online_need(step(&f, online, item, &now) == order[k]);
            }
            differ += g > 0 && memcmp(order, last, n) != 0;
            memcpy(last, order, n);
        }
    }
    ck_assert_uint_gt(differ, 0); /* goals matter */
    kind->worker_destroy(worker);
    online_drop(&f);
}
END_TEST

/* The scorer, aimed anew between two decisions, says what the item does. */
START_TEST(goals_change_between_decisions)
{
    online_fixture f;
    const online_shape shape = shape_of(_i);
    void *worker = NULL;
    online_make(&f, &shape);
    const ams_policy_kind *kind = ams_policy_kind_of(f.policy);
    ck_assert_int_eq(kind->worker_create(f.policy, &worker, NULL), AMS_OK);
    for (uint32_t item = 0; item < f.table.n_items; item++) {
        ams_item *online = begin(&f, 0);
        uint64_t mask = 0;
        double now = 0;
        kind->begin(f.policy, worker, item);
        for (uint32_t k = 0; k < f.table.n_models; k++) {
            const double goal = goals[(item + k) % N_GOALS];
            float value[2][AMS_MAX_MODELS + 1];
            (void)kind->aim(f.policy, worker, goal);
            online_need(ams_item_aim(online, goal) == AMS_ONLINE_OK);
            kind->values(f.policy, worker, item, mask, value[0]);
            online_need(ams_item_values(online, value[1]) == AMS_ONLINE_OK);
            online_need(memcmp(value[0], value[1], f.table.n_models * sizeof(float)) == 0);
            const uint32_t m = step(&f, online, item, &now);
            kind->ran(f.policy, worker, item, mask, m);
            mask |= UINT64_C(1) << m;
        }
    }
    kind->worker_destroy(worker);
    online_drop(&f);
}
END_TEST

START_TEST(a_deadline_has_its_goal) /* _i: inputs; heads */
{
    static const double cases[][2] = {{0, 0.5},   {299.9, 0.5}, {300, 0.8},
                                      {699, 0.8}, {700, 1},     {INFINITY, 1}};
    online_fixture f;
    const online_shape shape = shape_of(6 * _i);
    double goal[8];
    online_make(&f, &shape);
    ck_assert_uint_eq(ams_online_goals(f.online, goal, 8), 3);
    ck_assert_double_eq(goal[1], 0.8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ams_item_limits limits = ams_item_limits_none();
        ams_item *item = NULL;
        limits.deadline_ms = cases[i][0];
        ck_assert_int_eq(ams_item_begin(&item, f.online, &limits, f.room, f.room_size),
                         AMS_ONLINE_OK);
        ck_assert_double_eq(ams_item_goal(item), cases[i][1]);
        ck_assert_double_eq(ams_policy_goal_for(f.policy, cases[i][0]), cases[i][1]);
    }
    online_drop(&f);
}
END_TEST

START_TEST(misuse)
{
    static const double bad[] = {-0.1, 1.01, NAN, INFINITY};
    online_fixture f;
    online_shape shape = shape_of(6 * _i);
    online_make(&f, &shape);
    ams_item *item = begin(&f, 0.5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ams_item_limits limits = ams_item_limits_none();
        limits.goal = bad[i];
        ck_assert_int_eq(ams_item_aim(item, bad[i]), AMS_ONLINE_BAD_ARGUMENT);
        ck_assert_double_eq(ams_item_goal(item), 0.5);
        ck_assert_int_eq(ams_item_begin(&item, f.online, &limits, f.room, f.room_size),
                         AMS_ONLINE_BAD_ARGUMENT);
    }
    ck_assert_int_eq(ams_item_aim(NULL, 0.5), AMS_ONLINE_BAD_ARGUMENT);
    online_drop(&f);
    /* A policy without goals takes none. */
    shape.goals = false;
    shape.heads = false;
    online_make(&f, &shape);
    ck_assert_uint_eq(ams_online_goals(f.online, NULL, 0), 0);
    ck_assert_double_eq(ams_item_goal(begin(&f, 0)), 0);
    ams_item_limits limits = ams_item_limits_none();
    limits.goal = 0.8;
    ck_assert_int_eq(ams_item_begin(&item, f.online, &limits, f.room, f.room_size),
                     AMS_ONLINE_BAD_ARGUMENT);
    online_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, orders_are_the_frameworks, 0, 12);
    tcase_add_loop_test(tests, goals_change_between_decisions, 0, 12);
    tcase_add_loop_test(tests, a_deadline_has_its_goal, 0, 2);
    tcase_add_loop_test(tests, misuse, 0, 2);
}

int main(void)
{
    return run_suite("online/goals", add);
}
