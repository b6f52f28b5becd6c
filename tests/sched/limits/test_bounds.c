/* Bounds and branch and bound against brute force: all sets of models, and for each all orders
 * in which they can be placed. */
#include "ams/bounds.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/sched/limits/limits_fixture.h"

#include <math.h>

enum { MOST = 6 };

/* Serial schedule generation: each model at the earliest instant at which it fits beside those
 * placed before. The orders of all models reach every active schedule, so one that is in time.
 */
typedef struct placed {
    uint32_t n;
    double start[MOST], end[MOST], mem[MOST];
} placed;

static bool fits_at(const placed *p, double start, double end, double mem, double budget)
{
    /* Use only rises at starts. */
    for (uint32_t k = 0; k <= p->n; k++) {
        double at = k == p->n ? start : p->start[k];
        double used = mem;
        for (uint32_t j = 0; j < p->n; j++) {
            used += p->start[j] <= at && at < p->end[j] ? p->mem[j] : 0;
        }
        if (at >= start && at < end && used > budget) {
            return false;
        }
    }
    return true;
}

static bool place(placed *p, double time, double mem, const ams_limits *limits)
{
    double best = INFINITY;
    for (uint32_t k = 0; k <= p->n; k++) {
        double start = k == p->n ? 0 : p->end[k];
        if (start < best && fits_at(p, start, start + time, mem, limits->memory_mb)) {
            best = start;
        }
    }
    if (best == INFINITY || best + time > limits->deadline_ms) {
        return false;
    }
    p->start[p->n] = best;
    p->end[p->n] = best + time;
    p->mem[p->n++] = mem;
    return true;
}

static bool some_order_runs(const ams_limits *limits, uint64_t left, placed *p)
{
    if (left == 0) {
        return true;
    }
    for (uint64_t bits = left; bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        placed next = *p;
        if (place(&next, (double)limits->time_ms[m], (double)limits->mem_mb[m], limits) &&
            some_order_runs(limits, left & ~(bits & -bits), &next)) {
            return true;
        }
    }
    return false;
}

static bool naive_can_run(const ams_limits *limits, uint64_t set)
{
    if (limits->parallel) {
        placed p = {.n = 0};
        return some_order_runs(limits, set, &p);
    }
    double sum = 0;
    for (; set != 0; set &= set - 1) {
        sum += (double)limits->time_ms[__builtin_ctzll(set)];
    }
    return sum <= limits->deadline_ms;
}

static double naive_optimum(const ams_env *env, uint32_t item, const ams_limits *limits)
{
    double best = 0;
    for (uint64_t set = 0; set <= env->all_models; set++) {
        double value = ams_env_value(env, item, set);
        best = value > best && naive_can_run(limits, set) ? value : best;
    }
    return best;
}

static void check_item(const limits_fixture *f, const ams_limits *limits, uint32_t item,
                       uint64_t seed)
{
    ams_exact exact;
    double best = naive_optimum(f->env, item, limits);
    ams_exact_value(&exact, f->env, item, limits, 0);
    ck_assert_msg(exact.solved && fabs(exact.value - best) < 1e-9,
                  "instance %llu, item %u, %s: branch and bound %g, brute force %g",
                  (unsigned long long)seed, item, limits->parallel ? "parallel" : "serial",
                  exact.value, best);
    ck_assert(naive_can_run(limits, exact.set));
    double bound = ams_value_bound(f->env, item, limits);
    ck_assert_msg(bound >= best - 1e-9, "instance %llu, item %u, %s: bound %g under %g",
                  (unsigned long long)seed, item, limits->parallel ? "parallel" : "serial",
                  bound, best);
    ck_assert(bound <= f->env->full[item] + 1e-9);
    for (uint32_t k = 0; k < ams_n_schedulers; k++) {
        ams_schedule_task task = limits_task(f, ams_schedulers[k]);
        ams_schedule schedule;
        if (task.scheduler->parallel == limits->parallel) {
            ams_schedule_item(&schedule, &task, item, 0, limits->time_ms);
            ck_assert_msg(schedule.value <= best + 1e-9, "%s has %g, the optimum is %g",
                          task.scheduler->name, schedule.value, best);
        }
    }
}

START_TEST(random_instances)
{
    for (uint64_t seed = 0; seed < 4000; seed++) {
        limits_fixture f;
        limits_make(&f, seed, 1 + (uint32_t)(seed % MOST));
        for (int parallel = 0; parallel < 2; parallel++) {
            ams_limits limits = {.time_ms = f.time_ms,
                                 .mem_mb = f.mem_mb,
                                 .deadline_ms = f.deadline_ms,
                                 .memory_mb = f.memory_mb,
                                 .parallel = parallel == 1};
            for (uint32_t item = 0; item < f.env->n_items; item++) {
                check_item(&f, &limits, item, seed);
            }
        }
        limits_drop(&f);
    }
}
END_TEST

/* docs: unit costs, budget 2, A = {1,2,3,4}, B = {1,2,5}, C = {3,4,6}. */
START_TEST(optimal_star_is_no_bound_where_labels_overlap)
{
    static const given_output outputs[] = {
        {0, 0, 0, 1}, {0, 0, 1, 1}, {0, 0, 2, 1}, {0, 0, 3, 1}, {0, 1, 0, 1},
        {0, 1, 1, 1}, {0, 1, 4, 1}, {0, 2, 2, 1}, {0, 2, 3, 1}, {0, 2, 5, 1}};
    const float time_ms[] = {1, 1, 1};
    const float mem_mb[] = {512, 512, 512};
    ams_table table;
    ams_env *env;
    ams_error err = {0};
    ams_exact exact;
    ams_env_options options = ams_env_defaults();
    given_table(&table, 1, 3, 6, time_ms, outputs, sizeof outputs / sizeof *outputs, AMS_TEST);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    for (int parallel = 0; parallel < 2; parallel++) {
        ams_limits limits = {.time_ms = time_ms,
                             .mem_mb = mem_mb,
                             .deadline_ms = 2,
                             .memory_mb = 512,
                             .parallel = parallel == 1};
        ams_exact_value(&exact, env, 0, &limits, 0);
        ck_assert_double_eq(ams_optimal_star(env, 0, &limits), 5);
        ck_assert_double_eq(exact.value, 6);
        ck_assert_uint_eq(exact.set, 6);
        ck_assert_double_ge(ams_value_bound(env, 0, &limits), 6);
        /* Half of C beside A: A is worth 4, and each other adds 1 at most. */
        limits.deadline_ms = 1.5;
        ck_assert_double_eq(ams_optimal_star(env, 0, &limits), 4.5);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* One task per model: no two models share a label. */
START_TEST(optimal_star_bounds_the_optimum_of_disjoint_labels)
{
    ams_env_options options = ams_env_defaults();
    for (uint64_t seed = 0; seed < 300; seed++) {
        limits_fixture f;
        limits_make(&f, seed, 5);
        random_table_options shape = random_table_defaults(seed);
        ams_error err = {0};
        shape.n_models = shape.n_tasks = 5;
        ams_env_destroy(f.env);
        ams_table_fini(&f.table);
        random_table(&f.table, &shape);
        ck_assert_int_eq(ams_env_create(&f.env, &f.table, &options, &err), AMS_OK);
        for (int parallel = 0; parallel < 2; parallel++) {
            ams_limits limits = {.time_ms = f.time_ms,
                                 .mem_mb = f.mem_mb,
                                 .deadline_ms = f.deadline_ms,
                                 .memory_mb = f.memory_mb,
                                 .parallel = parallel == 1};
            double best = naive_optimum(f.env, 0, &limits);
            ck_assert_double_ge(ams_optimal_star(f.env, 0, &limits), best - 1e-9);
        }
        limits_drop(&f);
    }
}
END_TEST

START_TEST(a_search_that_is_given_up_says_so)
{
    limits_fixture f;
    ams_exact exact;
    limits_make(&f, 7, 40);
    ams_limits limits = {.time_ms = f.time_ms,
                         .mem_mb = f.mem_mb,
                         .deadline_ms = 900,
                         .memory_mb = 800,
                         .parallel = true};
    for (uint32_t item = 0; item < f.env->n_items; item++) {
        ams_exact_value(&exact, f.env, item, &limits, 50);
        ck_assert(exact.solved || exact.nodes >= 50);
        ck_assert_double_le(exact.value, ams_value_bound(f.env, item, &limits) + 1e-9);
    }
    ck_assert(!exact.solved);
    limits_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, random_instances);
    tcase_add_test(tests, optimal_star_is_no_bound_where_labels_overlap);
    tcase_add_test(tests, optimal_star_bounds_the_optimum_of_disjoint_labels);
    tcase_add_test(tests, a_search_that_is_given_up_says_so);
}

int main(void)
{
    return run_suite("bounds", add);
}
