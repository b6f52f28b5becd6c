/* Facility location: greedy, its bound, and the greedy begun from triples. */
#include "links/choice.h"

#include <math.h>
#include <stddef.h>

void ams_cover_begin(const ams_choice_problem *problem, ams_choice_cover *cover)
{
    cover->value = 0;
    for (uint32_t j = 0; j < problem->n; j++) {
        cover->at[j] = problem->p0[j];
        cover->value += problem->p0[j] / problem->n;
    }
}

double ams_cover_gain(const ams_choice_problem *problem, const ams_choice_cover *cover,
                      uint32_t model)
{
    const double *p = problem->p + (size_t)model * problem->n;
    double sum = 0;
    for (uint32_t j = 0; j < problem->n; j++) {
        const double quality = j == model ? 1 : p[j];
        sum += quality > cover->at[j] ? quality - cover->at[j] : 0;
    }
    return sum / problem->n;
}

void ams_cover_add(const ams_choice_problem *problem, ams_choice_cover *cover, uint32_t model)
{
    const double *p = problem->p + (size_t)model * problem->n;
    double sum = 0;
    for (uint32_t j = 0; j < problem->n; j++) {
        const double quality = j == model ? 1 : p[j];
        cover->at[j] = quality > cover->at[j] ? quality : cover->at[j];
        sum += cover->at[j];
    }
    cover->value = sum / problem->n;
}

/* Models of `rest` by descending gain per cost k into order; returns how many have a gain. */
static uint32_t sort_by_rate(const ams_choice_problem *problem, uint64_t rest,
                             const double *gain, uint32_t k, uint32_t *order)
{
    uint32_t n = 0;
    for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits);
        if (!(gain[i] > 0)) {
            continue;
        }
        uint32_t at = n++;
        const double rate = gain[i] / problem->cost[k][i];
        for (; at > 0 && gain[order[at - 1]] / problem->cost[k][order[at - 1]] < rate; at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    return n;
}

double ams_cover_bound(const ams_choice_problem *problem, uint64_t set, uint64_t rest,
                       const double *gain)
{
    double least = INFINITY;
    for (uint32_t k = 0; k < problem->n_costs; k++) {
        uint32_t order[AMS_MAX_MODELS];
        const uint32_t n = sort_by_rate(problem, rest, gain, k, order);
        double left = problem->budget[k] * (1 + 1e-12) - ams_choice_cost(problem, set, k);
        double sum = 0;
        for (uint32_t at = 0; at < n && left > 0; at++) {
            const double cost = problem->cost[k][order[at]];
            sum += cost <= left ? gain[order[at]] : gain[order[at]] * left / cost;
            left -= cost;
        }
        least = sum < least ? sum : least;
    }
    return least;
}

/* Models outside the set that would fit beside it. */
static uint64_t that_fit(const ams_choice_problem *problem, uint64_t set)
{
    uint64_t rest = 0;
    for (uint32_t i = 0; i < problem->n; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        rest |= (set & bit) == 0 && ams_choice_fits(problem, set | bit) ? bit : 0;
    }
    return rest;
}

/* The bound of a step: the optimum adds to this cover at most what its models could gain over
 * it, and the whole budget would do for that (Leskovec et al. 2007). */
static double bound_of_step(const ams_choice_problem *problem, const ams_choice_cover *cover)
{
    double gain[AMS_MAX_MODELS];
    const uint64_t rest = that_fit(problem, 0);
    for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits);
        gain[i] = ams_cover_gain(problem, cover, i);
    }
    return cover->value + ams_cover_bound(problem, 0, rest, gain);
}

void ams_cover_greedy(const ams_choice_problem *problem, uint64_t set, ams_choice *choice)
{
    ams_choice_cover cover;
    ams_cover_begin(problem, &cover);
    for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
        ams_cover_add(problem, &cover, (uint32_t)__builtin_ctzll(bits));
    }
    double bound = bound_of_step(problem, &cover);
    for (uint64_t rest = that_fit(problem, set); rest != 0; rest = that_fit(problem, set)) {
        uint32_t best = AMS_MAX_MODELS;
        double best_rate = 0;
        for (uint64_t bits = rest; bits != 0; bits &= bits - 1) {
            const uint32_t i = (uint32_t)__builtin_ctzll(bits);
            const double rate =
                ams_cover_gain(problem, &cover, i) / ams_choice_price(problem, i);
            if (best == AMS_MAX_MODELS || rate > best_rate) {
                best = i;
                best_rate = rate;
            }
        }
        ams_cover_add(problem, &cover, best);
        set |= UINT64_C(1) << best;
        const double step = bound_of_step(problem, &cover);
        bound = step < bound ? step : bound;
    }
    *choice = (ams_choice){.set = set, .value = cover.value, .bound = bound};
}

void ams_choose_facility(const ams_choice_problem *problem, ams_choice *choice)
{
    ams_cover_greedy(problem, 0, choice);
    for (uint32_t i = 0; i < problem->n; i++) {
        const uint64_t one = UINT64_C(1) << i;
        if (ams_choice_fits(problem, one) && ams_choice_value(problem, one) > choice->value) {
            choice->set = one;
            choice->value = ams_choice_value(problem, one);
        }
    }
    choice->optimal = choice->value >= choice->bound - 1e-12;
    choice->bound = choice->optimal ? choice->value : choice->bound;
}

static void keep_better(const ams_choice_problem *problem, uint64_t set, ams_choice *choice)
{
    ams_choice found;
    if (!ams_choice_fits(problem, set)) {
        return;
    }
    ams_cover_greedy(problem, set, &found);
    choice->nodes++;
    choice->bound = found.bound < choice->bound ? found.bound : choice->bound;
    if (found.value > choice->value) {
        choice->value = found.value;
        choice->set = found.set;
    }
}

void ams_choose_triples(const ams_choice_problem *problem, ams_choice *choice)
{
    const uint32_t n = problem->n;
    ams_choose_facility(problem, choice);
    for (uint32_t a = 0; a < n; a++) {
        keep_better(problem, UINT64_C(1) << a, choice);
        for (uint32_t b = a + 1; b < n; b++) {
            const uint64_t two = UINT64_C(1) << a | UINT64_C(1) << b;
            keep_better(problem, two, choice);
            for (uint32_t c = b + 1; c < n && ams_choice_fits(problem, two); c++) {
                keep_better(problem, two | UINT64_C(1) << c, choice);
            }
        }
    }
    choice->optimal = choice->value >= choice->bound - 1e-12;
    choice->bound = choice->optimal ? choice->value : choice->bound;
}
