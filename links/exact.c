/* The optimum of F: every subset of few models, branch and bound of many. */
#include "links/choice.h"

#include <math.h>
#include <stddef.h>

/* Sets whose values differ by less count as equal: their sums are rounded. */
static const double EQUAL = 1e-12;

static void every_subset(const ams_choice_problem *problem, ams_choice *choice)
{
    *choice = (ams_choice){.value = -INFINITY, .optimal = true};
    for (uint64_t set = 0; set < UINT64_C(1) << problem->n; set++) {
        choice->nodes++;
        if (ams_choice_fits(problem, set)) {
            const double value = ams_choice_value(problem, set);
            if (value > choice->value + EQUAL) {
                choice->value = value;
                choice->set = set;
            }
        }
    }
    choice->bound = choice->value;
}

/* A search; the models of a node are decided one by one, by descending gain per price. */
typedef struct exact_search {
    const ams_choice_problem *problem;
    uint64_t most; /* nodes */
    double open;   /* greatest bound of a node that was given up */
    ams_choice best;
} exact_search;

/* NOLINTNEXTLINE(misc-no-recursion): at most one call deep per model, of which there are 64 */
static void search(exact_search *s, uint64_t set, uint64_t rest, const ams_choice_cover *cover)
{
    const ams_choice_problem *p = s->problem;
    double gain[AMS_MAX_MODELS];
    while (true) {
        if (cover->value > s->best.value + EQUAL) {
            s->best.value = cover->value;
            s->best.set = set;
        }
        uint32_t first = AMS_MAX_MODELS;
        double first_rate = 0;
        for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
            const uint32_t i = (uint32_t)__builtin_ctzll(bits);
            if (!ams_choice_fits(p, set | UINT64_C(1) << i)) {
                rest &= ~(UINT64_C(1) << i);
                continue;
            }
            gain[i] = ams_cover_gain(p, cover, i);
            const double rate = gain[i] / ams_choice_price(p, i);
            if (rate > first_rate) {
                first = i;
                first_rate = rate;
            }
        }
        if (first == AMS_MAX_MODELS) {
            return;
        }
        const double bound = cover->value + ams_cover_bound(p, set, rest, gain);
        if (bound <= s->best.value + EQUAL) {
            return;
        }
        if (s->best.nodes >= s->most) {
            s->open = bound > s->open ? bound : s->open;
            return;
        }
        s->best.nodes++;
        ams_choice_cover with = *cover;
        ams_cover_add(p, &with, first);
        rest &= ~(UINT64_C(1) << first);
        search(s, set | UINT64_C(1) << first, rest, &with); /* with it, then without */
    }
}

void ams_choose_branch(const ams_choice_problem *problem, uint64_t nodes, ams_choice *choice)
{
    exact_search s = {.problem = problem, .most = nodes, .open = -INFINITY};
    ams_choice_cover cover;
    const uint64_t all = problem->n == 64 ? UINT64_MAX : (UINT64_C(1) << problem->n) - 1;
    ams_choose_facility(problem, &s.best);
    const double greedy_bound = s.best.bound;
    ams_cover_begin(problem, &cover);
    search(&s, 0, all & ~problem->never, &cover);
    *choice = s.best;
    choice->optimal = !(s.open > choice->value);
    choice->bound = choice->optimal ? choice->value : fmin(s.open, greedy_bound);
}

ams_status ams_choose_exact(const ams_choice_problem *problem, uint64_t nodes,
                            ams_choice *choice, ams_error *err)
{
    if (problem->n <= AMS_CHOICE_BRUTE) {
        every_subset(problem, choice);
        return AMS_OK;
    }
    if (problem->gain != 0) {
        return ams_fail(err, AMS_USAGE,
                        "a gain of ensembles needs every subset, so at most %d models; found "
                        "%u",
                        AMS_CHOICE_BRUTE, problem->n);
    }
    ams_choose_branch(problem, nodes, choice);
    return AMS_OK;
}

ams_status ams_choose_constant(const ams_choice_problem *problem, uint64_t nodes,
                               ams_choice *choice, ams_error *err)
{
    /* Links that are worth nothing leave the knapsack of 1 - p0. */
    static const double nothing[AMS_MAX_MODELS * AMS_MAX_MODELS];
    ams_choice_problem alone = *problem;
    alone.p = nothing;
    alone.gain = 0;
    return ams_choose_exact(&alone, nodes, choice, err);
}
