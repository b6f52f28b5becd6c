/* The exact solution at all prices of money that the budgets need. */
#include "lab/budget/parts.h"

#include <math.h>

enum { REFINEMENTS = 14, AIMS = 3 };

static ams_status solve_at(budget_solver *solver, budget_list *list, double lambda,
                           ams_error *err)
{
    budget_policy policy = {0};
    ams_status status = ams_budget_solve(solver, lambda, &policy, err);
    return status == AMS_OK ? ams_budget_list_add(list, &policy, err) : status;
}

/* Halves the interval of prices around a budget, on a logarithmic scale. */
static ams_status refine(budget_solver *solver, budget_list *list, double budget,
                         const double price[2], ams_error *err)
{
    double high = price[1]; /* too dear a price: costs less than the budget */
    double low = price[0];
    ams_status status = AMS_OK;
    for (size_t k = 0; k < list->n; k++) { /* what is known already */
        const budget_policy *p = &list->policy[k];
        if (p->train_cost <= budget && p->lambda < high && p->lambda > 0) {
            high = p->lambda;
        }
    }
    for (size_t k = 0; k < list->n; k++) {
        const budget_policy *p = &list->policy[k];
        if (p->train_cost > budget && p->lambda > low && p->lambda < high) {
            low = p->lambda;
        }
    }
    for (int t = 0; t < REFINEMENTS && high > 1.02 * low; t++) {
        const double lambda = sqrt(low * high);
        budget_policy policy = {0};
        AMS_TRY(ams_budget_solve(solver, lambda, &policy, err));
        const double cost = policy.train_cost;
        AMS_TRY(ams_budget_list_add(list, &policy, err));
        *(cost <= budget ? &high : &low) = lambda;
        if (fabs(cost - budget) < 0.02 * budget) {
            break;
        }
    }
out:
    return status;
}

ams_status ams_budget_prices(budget_solver *solver, const budget_data *data,
                             const ams_budget_options *options, const double *budget,
                             uint32_t n_budgets, budget_list *list, ams_error *err)
{
    double cheapest = INFINITY; /* of those that cost anything */
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < data->n_models; m++) {
        const double cost = data->cost[m];
        cheapest = cost > 0 && cost < cheapest ? cost : cheapest;
    }
    const double all = ams_budget_set_cost(data, (1U << data->n_models) - 1);
    const double price[2] = {1e-3 / all, 4 / cheapest};
    AMS_TRY(solve_at(solver, list, 0, err));
    AMS_TRY(solve_at(solver, list, price[0], err));
    AMS_TRY(solve_at(solver, list, price[1], err));
    for (uint32_t b = 0; b < n_budgets; b++) {
        const double before = b == 0 ? 0 : budget[b - 1];
        ams_progress_update(options->progress, b, n_budgets, ams_answer_rules[options->rule]);
        for (int part = AIMS; part-- > 0;) { /* the controller aims around budgets, too */
            const double aim = budget[b] - part * (budget[b] - before) / AIMS;
            AMS_TRY(refine(solver, list, aim, price, err));
        }
    }
    ams_budget_list_hull(list);
out:
    return status;
}
