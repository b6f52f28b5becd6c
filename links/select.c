#include "ams/link_select.h"

#include "links/choice.h"

#include <math.h>
#include <stddef.h>

double ams_choice_cost(const ams_choice_problem *problem, uint64_t set, uint32_t k)
{
    double sum = 0;
    for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
        sum += problem->cost[k][__builtin_ctzll(bits)];
    }
    return sum;
}

bool ams_choice_fits(const ams_choice_problem *problem, uint64_t set)
{
    for (uint32_t k = 0; k < problem->n_costs; k++) {
        /* A budget that is a sum of costs holds them, in whatever order they are added. */
        if (ams_choice_cost(problem, set, k) > problem->budget[k] * (1 + 1e-12)) {
            return false;
        }
    }
    return (set & problem->never) == 0;
}

double ams_choice_price(const ams_choice_problem *problem, uint32_t model)
{
    if (problem->n_costs == 1) {
        return problem->cost[0][model];
    }
    double sum = 0;
    for (uint32_t k = 0; k < problem->n_costs; k++) {
        sum += problem->cost[k][model] / problem->budget[k];
    }
    return sum;
}

double ams_choice_value(const ams_choice_problem *problem, uint64_t set)
{
    double sum = 0;
    const uint32_t n = problem->n;
    const double gain = problem->gain * ((double)__builtin_popcountll(set) - 1);
    for (uint32_t j = 0; j < n; j++) {
        double best = problem->p0[j];
        for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
            const double p = problem->p[(size_t)__builtin_ctzll(bits) * n + j];
            best = p > best ? p : best;
        }
        if (set >> j & 1) {
            best = 1;
        } else if (set != 0) {
            best = best + gain < 1 ? best + gain : 1;
        }
        sum += best;
    }
    return sum / n;
}

/* Models in descending order of score; equal ones by index. */
static void choose_by(const ams_choice_problem *problem, const double *score, bool stop,
                      ams_choice *choice)
{
    uint64_t tried = problem->never;
    *choice = (ams_choice){.bound = NAN};
    for (uint32_t k = 0; k < problem->n; k++) {
        uint32_t best = problem->n;
        for (uint32_t i = 0; i < problem->n; i++) {
            if (!(tried >> i & 1) && (best == problem->n || score[i] > score[best])) {
                best = i;
            }
        }
        if (best == problem->n) {
            break;
        }
        tried |= UINT64_C(1) << best;
        if (ams_choice_fits(problem, choice->set | UINT64_C(1) << best)) {
            choice->set |= UINT64_C(1) << best;
        } else if (stop) {
            break;
        }
    }
    choice->value = ams_choice_value(problem, choice->set);
}

void ams_choose_papers(const ams_choice_problem *problem, bool stop, ams_choice *choice)
{
    double score[AMS_MAX_MODELS];
    double least = INFINITY;
    const uint32_t n = problem->n;
    for (uint32_t i = 0; i < n; i++) {
        least = fmin(least, ams_choice_price(problem, i));
    }
    for (uint32_t i = 0; i < n; i++) {
        double from = 0;
        double to = 0;
        for (uint32_t j = 0; j < n; j++) {
            from += j == i ? 0 : problem->p[(size_t)i * n + j];
            to += j == i ? 0 : problem->p[(size_t)j * n + i];
        }
        const double others = n > 1 ? n - 1 : 1;
        score[i] =
            (1 + from / others - to / others) / (2 / least * ams_choice_price(problem, i));
    }
    choose_by(problem, score, stop, choice);
}

void ams_choose_cheapest(const ams_choice_problem *problem, bool stop, ams_choice *choice)
{
    double score[AMS_MAX_MODELS];
    for (uint32_t i = 0; i < problem->n; i++) {
        score[i] = -ams_choice_price(problem, i);
    }
    choose_by(problem, score, stop, choice);
}

ams_status ams_choose_greedy(const ams_choice_problem *problem, ams_choice_value_fn *value,
                             const void *context, ams_choice *choice, ams_error *err)
{
    double now = 0;
    uint64_t set = 0;
    ams_status status = value(context, 0, &now, err);
    *choice = (ams_choice){.value = now, .bound = NAN};
    for (bool more = status == AMS_OK; more;) {
        double best_rate = -INFINITY;
        double best_value = 0;
        uint64_t best = 0;
        for (uint32_t i = 0; i < problem->n && status == AMS_OK; i++) {
            const uint64_t with = set | UINT64_C(1) << i;
            double v = 0;
            if ((set >> i & 1) || !ams_choice_fits(problem, with)) {
                continue;
            }
            status = value(context, with, &v, err);
            choice->nodes++;
            const double rate = (v - now) / ams_choice_price(problem, i);
            if (best == 0 || rate > best_rate) {
                best_rate = rate;
                best_value = v;
                best = with;
            }
        }
        more = status == AMS_OK && best != 0;
        if (more) {
            set = best;
            now = best_value;
            if (now > choice->value) {
                choice->value = now;
                choice->set = set;
            }
        }
    }
    return status;
}
