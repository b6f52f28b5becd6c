/* The whole study of one table: answers, the exact solution, baselines, their points. */
#include "lab/budget/agent.h"
#include "lab/budget/baselines.h"
#include "lab/budget/parts.h"

#include "ams/paired.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BUDGETS = 12, REFINEMENTS = 14, AIMS = 3 };

ams_budget_options ams_budget_defaults(void)
{
    return (ams_budget_options){.split = AMS_TEST,
                                .rule = AMS_ANSWER_POSTERIOR,
                                .ridge = 1,
                                .horizon = 500,
                                .draws = 1000,
                                .steps = 12000};
}

typedef struct budget_study {
    const ams_budget_options *options;
    ams_budget *result;
    budget_data data;
    budget_answers answers;
    double budget[AMS_BUDGET_MOST];
    uint32_t n_budgets;
    /* (points) of (scored items, 2): cost and rightness; kept for the bootstrap */
    double **item;
    size_t item_capacity;
} budget_study;

/* ---- points ---- */

static ams_status add_point(budget_study *s, const char *name, ams_budget_point point,
                            const float *cost, const uint8_t *right, ams_error *err)
{
    ams_budget *r = s->result;
    const uint32_t n = s->data.n_items - s->data.n_train;
    double *item = NULL;
    uint32_t index = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&r->policy, name, strlen(name), &index, err));
    AMS_TRY(
        ams_grow(&r->point, &r->capacity, r->n_points + 1, sizeof *r->point, "points", err));
    AMS_TRY(
        ams_grow(&s->item, &s->item_capacity, r->n_points + 1, sizeof *s->item, "points", err));
    AMS_TRY(ams_alloc(&item, (size_t)n * 2, sizeof *item, "points", err));
    for (uint32_t i = 0; i < n; i++) {
        item[(size_t)2 * i] = (double)cost[i];
        item[(size_t)2 * i + 1] = right[i];
        point.cost.mean += (double)cost[i] / n;
        point.score.mean += (double)right[i] / n;
    }
    point.name_index = index;
    s->item[r->n_points] = item;
    r->point[r->n_points++] = point;
out:
    return status;
}

/* The policy by itself. */
static ams_status add_policy(budget_study *s, const char *name, const budget_policy *policy,
                             ams_error *err)
{
    const budget_data *data = &s->data;
    const uint32_t n = data->n_items - data->n_train;
    float *cost = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&cost, n, sizeof *cost, "points", err));
    for (uint32_t i = 0; i < n; i++) {
        cost[i] = (float)ams_budget_set_cost(data, policy->calls[data->n_train + i]);
    }
    const ams_budget_point point = {.lambda = policy->lambda,
                                    .budget = (double)NAN,
                                    .train_cost = policy->train_cost,
                                    .train_score = policy->train_score};
    status = add_point(s, name, point, cost, policy->right + data->n_train, err);
out:
    free(cost);
    return status;
}

/* The list mixed at each budget. */
static ams_status add_mixtures(budget_study *s, const char *name, const budget_list *list,
                               double horizon, ams_error *err)
{
    const uint32_t n = s->data.n_items - s->data.n_train;
    float *cost = NULL;
    uint8_t *right = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&cost, n, sizeof *cost, "points", err));
    AMS_TRY(ams_alloc(&right, n, 1, "points", err));
    for (uint32_t b = 0; b < s->n_budgets; b++) {
        const ams_budget_point point = {.lambda = (double)NAN,
                                        .budget = s->budget[b],
                                        .train_cost = (double)NAN,
                                        .train_score = (double)NAN};
        AMS_TRY(ams_budget_mix(list, &s->data, s->budget[b], horizon, s->options->seed, cost,
                               right, err));
        AMS_TRY(add_point(s, name, point, cost, right, err));
    }
out:
    free(cost);
    free(right);
    return status;
}

/* ---- the curve of a list ---- */

static double area_of(const budget_list *hull, double end)
{
    double area = 0;
    for (size_t k = 0; k < hull->n; k++) {
        const budget_policy *p = &hull->policy[k];
        const bool last = k + 1 == hull->n;
        const double next = last ? end : hull->policy[k + 1].train_cost;
        const double score = last ? p->train_score : hull->policy[k + 1].train_score;
        if (next > p->train_cost) {
            area += (next - p->train_cost) * (p->train_score + score) / 2;
        }
    }
    return end > 0 ? area / end : 0;
}

/* Least cost at which the hull has the score. */
static double cost_at(const budget_list *hull, double score)
{
    for (size_t k = 0; k < hull->n; k++) {
        const budget_policy *p = &hull->policy[k];
        if (p->train_score >= score) {
            if (k == 0) {
                return p->train_cost;
            }
            const budget_policy *a = &hull->policy[k - 1];
            return a->train_cost + (p->train_cost - a->train_cost) * (score - a->train_score) /
                                       (p->train_score - a->train_score);
        }
    }
    return (double)NAN;
}

/* Of the list's policies on the scored items. */
static ams_status add_curve(budget_study *s, const char *name, const budget_list *list,
                            ams_error *err)
{
    ams_budget *r = s->result;
    const budget_data *data = &s->data;
    const uint32_t n = data->n_items - data->n_train;
    budget_list scored = {0};
    uint32_t index = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&r->policy, name, strlen(name), &index, err));
    for (size_t k = 0; k < list->n; k++) {
        budget_policy p = {.lambda = 0};
        for (uint32_t i = data->n_train; i < data->n_items; i++) {
            p.train_cost += ams_budget_set_cost(data, list->policy[k].calls[i]) / n;
            p.train_score += (double)list->policy[k].right[i] / n;
        }
        AMS_TRY(ams_budget_list_add(&scored, &p, err));
    }
    ams_budget_list_hull(&scored);
    AMS_TRY(ams_grow(&r->curve, &r->curve_capacity, r->n_curves + 1, sizeof *r->curve, "curves",
                     err));
    r->curve[r->n_curves++] = (ams_budget_curve){
        .name_index = index,
        .area = area_of(&scored, ams_budget_set_cost(data, (1U << data->n_models) - 1)),
        .cost_of_single = cost_at(&scored, r->point[r->best_single].score.mean)};
out:
    ams_budget_list_fini(&scored);
    return status;
}

static ams_status add_list(budget_study *s, const char *name, const budget_list *list,
                           ams_error *err)
{
    ams_status status = add_mixtures(s, name, list, s->options->horizon, err);
    return status == AMS_OK ? add_curve(s, name, list, err) : status;
}

/* ---- the exact solution at all prices that the budgets need ---- */

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

static ams_status solve_all(budget_study *s, ams_answer_rule rule, budget_list *list,
                            ams_error *err)
{
    const budget_data *data = &s->data;
    budget_solver *solver = NULL;
    double cheapest = data->cost[0];
    ams_status status = AMS_OK;
    for (uint32_t m = 1; m < data->n_models; m++) {
        cheapest = data->cost[m] < cheapest ? data->cost[m] : cheapest;
    }
    const double all = ams_budget_set_cost(data, (1U << data->n_models) - 1);
    const double price[2] = {1e-3 / all, 4 / cheapest};
    AMS_TRY(ams_budget_solver_create(&solver, data, &s->answers, rule, err));
    AMS_TRY(solve_at(solver, list, 0, err));
    AMS_TRY(solve_at(solver, list, price[0], err));
    AMS_TRY(solve_at(solver, list, price[1], err));
    for (uint32_t b = 0; b < s->n_budgets; b++) {
        const double before = b == 0 ? 0 : s->budget[b - 1];
        ams_progress_update(s->options->progress, b, s->n_budgets, ams_answer_rules[rule]);
        for (int part = AIMS; part-- > 0;) { /* the controller aims around budgets, too */
            const double aim = s->budget[b] - part * (s->budget[b] - before) / AIMS;
            AMS_TRY(refine(solver, list, aim, price, err));
        }
    }
    ams_budget_list_hull(list);
out:
    ams_budget_solver_destroy(solver);
    return status;
}

/* ---- everything ---- */

static ams_status set_budgets(budget_study *s, ams_error *err)
{
    const ams_budget_options *o = s->options;
    const budget_data *data = &s->data;
    double cheapest = data->cost[0];
    const double all = ams_budget_set_cost(data, (1U << data->n_models) - 1);
    for (uint32_t m = 1; m < data->n_models; m++) {
        cheapest = data->cost[m] < cheapest ? data->cost[m] : cheapest;
    }
    s->n_budgets = o->budget == NULL ? DEFAULT_BUDGETS : o->n_budgets;
    if (s->n_budgets > AMS_BUDGET_MOST) {
        return ams_fail(err, AMS_USAGE, "expected at most %d budgets, found %u",
                        AMS_BUDGET_MOST, s->n_budgets);
    }
    for (uint32_t b = 0; b < s->n_budgets; b++) {
        s->budget[b] = o->budget != NULL ? o->budget[b]
                       : b == 0          ? cheapest
                                         : all * b / DEFAULT_BUDGETS;
        if (!(isfinite(s->budget[b]) && s->budget[b] >= 0)) {
            return ams_fail(err, AMS_USAGE, "expected budgets from 0 on, found %g",
                            s->budget[b]);
        }
    }
    return AMS_OK;
}

static ams_status add_singles(budget_study *s, const ams_table *table, ams_error *err)
{
    ams_budget *r = s->result;
    budget_policy policy = {0};
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < s->data.n_models; m++) {
        char *name = NULL;
        AMS_TRY(ams_format(&name, "a name", err, "single:%s",
                           ams_names_get(&table->model_name, s->data.model[m])));
        status = ams_budget_set_policy(&s->data, &s->answers, AMS_ANSWER_LAST, 1U << m, m,
                                       &policy, err);
        policy.lambda = (double)NAN;
        status = status == AMS_OK ? add_policy(s, name, &policy, err) : status;
        free(name);
        ams_budget_policy_fini(&policy);
        AMS_TRY(status);
        if (r->point[m].train_score > r->point[r->best_single].train_score) {
            r->best_single = m;
        }
    }
out:
    return status;
}

static ams_status add_baselines(budget_study *s, ams_error *err)
{
    budget_list list = {0};
    const int all = (int)s->data.n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_fixed(&list, &s->data, &s->answers, s->options->rule, all, err));
    AMS_TRY(add_list(s, "fixed", &list, err));
    ams_budget_list_fini(&list);
    AMS_TRY(ams_budget_fixed(&list, &s->data, &s->answers, s->options->rule, 2, err));
    AMS_TRY(add_list(s, "pair", &list, err));
    ams_budget_list_fini(&list);
    AMS_TRY(ams_budget_cascades(&list, &s->data, err));
    AMS_TRY(add_list(s, "cascade", &list, err));
out:
    ams_budget_list_fini(&list);
    return status;
}

/* Each policy of the list by itself. */
static ams_status add_prices(budget_study *s, const char *name, const budget_list *list,
                             ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t k = 0; k < list->n && status == AMS_OK; k++) {
        if (list->policy[k].train_cost > 0) { /* else it calls nothing */
            status = add_policy(s, name, &list->policy[k], err);
        }
    }
    return status;
}

/* One training per budget, at the price at which the exact solution costs about that. */
static ams_status add_agent(budget_study *s, const budget_list *exact, ams_error *err)
{
    budget_list list = {0};
    double last = -1;
    char *name = NULL;
    budget_policy nothing = {0}; /* so that there is a policy below every budget */
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_budget_set_policy(&s->data, &s->answers, s->options->rule, 0, 0, &nothing, err));
    AMS_TRY(ams_budget_list_add(&list, &nothing, err));
    for (uint32_t b = 0; b < s->n_budgets; b++) {
        size_t nearest = 0;
        for (size_t k = 1; k < exact->n; k++) {
            if (fabs(exact->policy[k].train_cost - s->budget[b]) <
                fabs(exact->policy[nearest].train_cost - s->budget[b])) {
                nearest = k;
            }
        }
        const double price = exact->policy[nearest].lambda;
        budget_policy policy = {0};
        ams_progress_update(s->options->progress, b, s->n_budgets, s->options->agent);
        if (b == 0 || price < last) {
            AMS_TRY(ams_budget_train(&s->data, &s->answers, s->options, price, &policy, err));
            AMS_TRY(ams_budget_list_add(&list, &policy, err));
        }
        last = price;
    }
    ams_budget_list_hull(&list);
    AMS_TRY(add_list(s, s->options->agent, &list, err));
    AMS_TRY(ams_format(&name, "a name", err, "%s-prices", s->options->agent));
    status = add_prices(s, name, &list, err);
out:
    free(name);
    ams_budget_list_fini(&list);
    return status;
}

static ams_status add_exact(budget_study *s, ams_error *err)
{
    budget_list list = {0};
    ams_status status = AMS_OK;
    AMS_TRY(solve_all(s, s->options->rule, &list, err));
    AMS_TRY(add_list(s, "exact", &list, err));
    AMS_TRY(add_mixtures(s, "exact-shares", &list, 0, err));
    AMS_TRY(add_prices(s, "exact-prices", &list, err));
    if (s->options->agent != NULL) {
        AMS_TRY(add_agent(s, &list, err));
    }
out:
    ams_budget_list_fini(&list);
    return status;
}

/* Intervals of all points, paired by item. */
static ams_status set_intervals(budget_study *s, ams_error *err)
{
    ams_budget *r = s->result;
    ams_paired paired = {0};
    ams_paired_group *groups = NULL;
    const ams_bootstrap_options options = {.seed = s->options->seed,
                                           .draws = s->options->draws};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&groups, r->n_points, sizeof *groups, "points", err));
    for (size_t k = 0; k < r->n_points; k++) {
        groups[k] = (ams_paired_group){(const double *const *)&s->item[k], 1};
    }
    AMS_TRY(ams_paired_run(&paired, groups, (uint32_t)r->n_points,
                           s->data.n_items - s->data.n_train, 2, &options, err));
    for (uint32_t k = 0; k < r->n_points; k++) {
        r->point[k].cost = ams_paired_interval(&paired, AMS_PAIRED_MEAN, k, 0, 0);
        r->point[k].score = ams_paired_interval(&paired, AMS_PAIRED_MEAN, k, 0, 1);
    }
out:
    ams_paired_fini(&paired);
    free(groups);
    return status;
}

ams_status ams_budget_run(ams_budget *budget, const ams_table *table,
                          const ams_budget_options *options, ams_error *err)
{
    budget_study s = {.options = options, .result = budget};
    ams_status status = AMS_OK;
    *budget = (ams_budget){0};
    AMS_TRY(ams_budget_data_make(&s.data, table, options, budget, err));
    budget->n_train = s.data.n_train;
    budget->n_scored = s.data.n_items - s.data.n_train;
    budget->n_models = s.data.n_models;
    budget->n_classes = s.data.n_classes;
    budget->seed = options->seed;
    snprintf(budget->cost_unit, sizeof budget->cost_unit, "%s", ams_table_cost_unit(table));
    AMS_TRY(set_budgets(&s, err));
    AMS_TRY(ams_budget_answers_make(&s.answers, &s.data, options, err));
    AMS_TRY(add_singles(&s, table, err));
    AMS_TRY(add_exact(&s, err));
    AMS_TRY(add_baselines(&s, err));
    AMS_TRY(set_intervals(&s, err));
    for (size_t k = 0; k < budget->n_points; k++) {
        budget->point[k].policy = ams_names_get(&budget->policy, budget->point[k].name_index);
    }
    for (size_t k = 0; k < budget->n_curves; k++) {
        budget->curve[k].policy = ams_names_get(&budget->policy, budget->curve[k].name_index);
    }
out:
    for (size_t k = 0; k < budget->n_points; k++) {
        free(s.item[k]);
    }
    free(s.item);
    ams_budget_answers_fini(&s.answers);
    ams_budget_data_fini(&s.data);
    if (status != AMS_OK) {
        ams_budget_fini(budget);
    }
    return status;
}

void ams_budget_fini(ams_budget *budget)
{
    free(budget->point);
    free(budget->curve);
    ams_names_fini(&budget->policy);
    *budget = (ams_budget){0};
}
