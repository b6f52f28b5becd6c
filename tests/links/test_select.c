/* Selection against every subset: optima, guarantees, bounds, and the rules done by hand. */
#include "ams/link_select.h"

#include "base/rng.h"
#include "links/choice.h"
#include "tests/base/suite.h"

#include <math.h>

enum { MODELS = 9 };

typedef struct drawn_problem {
    ams_choice_problem problem;
    double p[MODELS * MODELS], p0[MODELS], cost[2][MODELS];
} drawn_problem;

static void draw(drawn_problem *d, uint64_t seed, uint32_t n_costs)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    *d = (drawn_problem){.problem = {.n = MODELS, .n_costs = n_costs}};
    for (uint32_t i = 0; i < MODELS * MODELS; i++) {
        d->p[i] = ams_rng_unit(&rng);
    }
    for (uint32_t i = 0; i < MODELS; i++) {
        d->p0[i] = 0.5 * ams_rng_unit(&rng);
        for (uint32_t k = 0; k < 2; k++) {
            d->cost[k][i] = 0.05 + ams_rng_unit(&rng);
            d->problem.budget[k] += d->cost[k][i] * (seed % 3 == 0 ? 0.15 : 0.4);
        }
    }
    d->problem.p = d->p;
    d->problem.p0 = d->p0;
    d->problem.cost[0] = d->cost[0];
    d->problem.cost[1] = d->cost[1];
}

/* F and the limits, written anew. */
static double naive_value(const drawn_problem *d, uint32_t set)
{
    double sum = 0;
    for (uint32_t j = 0; j < MODELS; j++) {
        double best = d->p0[j];
        for (uint32_t i = 0; i < MODELS; i++) {
            if (set >> i & 1) {
                best = fmax(best, i == j ? 1 : d->p[i * MODELS + j]);
            }
        }
        if (set != 0 && !(set >> j & 1)) {
            int models = 0;
            for (uint32_t i = 0; i < MODELS; i++) {
                models += set >> i & 1;
            }
            best = fmin(1, best + d->problem.gain * (models - 1));
        }
        sum += best;
    }
    return sum / MODELS;
}

static bool naive_fits(const drawn_problem *d, uint32_t set)
{
    for (uint32_t k = 0; k < d->problem.n_costs; k++) {
        double sum = 0;
        for (uint32_t i = 0; i < MODELS; i++) {
            sum += set >> i & 1 ? d->cost[k][i] : 0;
        }
        if (sum > d->problem.budget[k]) {
            return false;
        }
    }
    return (set & d->problem.never) == 0;
}

static double naive_optimum(const drawn_problem *d)
{
    double best = 0;
    for (uint32_t set = 0; set < 1U << MODELS; set++) {
        best = naive_fits(d, set) ? fmax(best, naive_value(d, set)) : best;
    }
    return best;
}

static void check_choice(const drawn_problem *d, const ams_choice *choice, double optimum,
                         double guarantee)
{
    ck_assert(naive_fits(d, (uint32_t)choice->set));
    ck_assert_double_eq_tol(choice->value, naive_value(d, (uint32_t)choice->set), 1e-12);
    ck_assert_double_le(choice->value, optimum + 1e-12);
    ck_assert_double_ge(choice->value, guarantee * optimum - 1e-12);
    if (!isnan(choice->bound)) {
        ck_assert_double_ge(choice->bound, optimum - 1e-9);
    }
    if (choice->optimal) {
        ck_assert_double_eq_tol(choice->value, optimum, 1e-9);
    }
}

START_TEST(optima_guarantees_and_bounds_hold)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        const uint32_t n_costs = 1 + seed % 2;
        const double e = exp(1);
        drawn_problem d;
        ams_choice c;
        ams_error err;
        draw(&d, seed, n_costs);
        d.problem.never = seed % 5 == 0 ? 4 : 0;
        const double optimum = naive_optimum(&d);
        ams_choose_facility(&d.problem, &c);
        check_choice(&d, &c, optimum, n_costs == 1 ? (1 - 1 / e) / 2 : 0);
        ams_choose_triples(&d.problem, &c);
        check_choice(&d, &c, optimum, n_costs == 1 ? 1 - 1 / e : 0);
        ams_choose_branch(&d.problem, UINT64_MAX, &c);
        ck_assert(c.optimal);
        check_choice(&d, &c, optimum, 1);
        ams_choose_branch(&d.problem, 2, &c); /* given up: a bound, no proof */
        check_choice(&d, &c, optimum, 0);
        ck_assert_int_eq(ams_choose_exact(&d.problem, 0, &c, &err), AMS_OK);
        check_choice(&d, &c, optimum, 1);
        ams_choose_papers(&d.problem, false, &c);
        check_choice(&d, &c, optimum, 0);
        ams_choose_cheapest(&d.problem, true, &c);
        check_choice(&d, &c, optimum, 0);
        d.problem.gain = 0.02;
        ck_assert_int_eq(ams_choose_exact(&d.problem, 0, &c, &err), AMS_OK);
        check_choice(&d, &c, naive_optimum(&d), 1);
    }
}
END_TEST

/* Without links: the knapsack of what constants lack. */
START_TEST(constants_are_a_knapsack)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        drawn_problem d;
        ams_choice c;
        ams_error err;
        double best = 0;
        draw(&d, seed, 1);
        for (uint32_t set = 0; set < 1U << MODELS; set++) {
            double sum = 0;
            for (uint32_t j = 0; j < MODELS; j++) {
                sum += set >> j & 1 ? 1 : d.p0[j];
            }
            best = naive_fits(&d, set) ? fmax(best, sum / MODELS) : best;
        }
        ck_assert_int_eq(ams_choose_constant(&d.problem, 0, &c, &err), AMS_OK);
        ck_assert_double_eq_tol(c.value, best, 1e-12);
    }
}
END_TEST

/* P_i worked out: three models, costs 1, 2, 4, so w = 2.
 * P_0 = (1 + 0.5 - 0.2) / 2 = 0.65, P_1 = (1 + 0.2 - 0.35) / 4 = 0.2125,
 * P_2 = (1 + 0.3 - 0.45) / 8 = 0.10625. */
START_TEST(the_papers_rule_by_hand)
{
    static const double p[] = {0, 0.5, 0.5, 0, 0, 0.4, 0.4, 0.2, 0};
    static const double p0[] = {0, 0, 0};
    static const double cost[] = {1, 2, 4};
    ams_choice_problem problem = {
        .n = 3, .p = p, .p0 = p0, .n_costs = 1, .cost = {cost}, .budget = {5}};
    ams_choice c;
    ams_choose_papers(&problem, false, &c);
    ck_assert_uint_eq(c.set, 3); /* 0 and 1 take 3; 2 does not fit */
    problem.budget[0] = 2.5;
    ams_choose_papers(&problem, true, &c);
    ck_assert_uint_eq(c.set, 1);
    /* Skipping what does not fit goes on to what does. */
    static const double other[] = {1, 4, 1};
    problem.cost[0] = other;
    ams_choose_papers(&problem, false, &c);
    ck_assert_uint_eq(c.set, 5);
    ams_choose_papers(&problem, true, &c);
    ck_assert_uint_eq(c.set, 5);
    ams_choose_cheapest(&problem, true, &c);
    ck_assert_uint_eq(c.set, 5);
}
END_TEST

static ams_status value_of(const void *context, uint64_t set, double *value, ams_error *err)
{
    (void)err;
    *value = naive_value(context, (uint32_t)set);
    return AMS_OK;
}

/* On F itself the general greedy is the facility greedy, but for its best single model. */
START_TEST(a_greedy_on_any_value)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        drawn_problem d;
        ams_choice c;
        ams_choice greedy;
        ams_error err;
        draw(&d, seed, 1);
        ck_assert_int_eq(ams_choose_greedy(&d.problem, value_of, &d, &c, &err), AMS_OK);
        ams_cover_greedy(&d.problem, 0, &greedy);
        ck_assert_double_eq_tol(c.value, greedy.value, 1e-9);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, optima_guarantees_and_bounds_hold);
    tcase_add_test(tests, constants_are_a_knapsack);
    tcase_add_test(tests, the_papers_rule_by_hand);
    tcase_add_test(tests, a_greedy_on_any_value);
}

int main(void)
{
    return run_suite("select", add);
}
