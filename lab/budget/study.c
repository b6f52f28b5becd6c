/* The whole study of one table: answers, the exact solution, baselines, their points. */
#include "lab/budget/agent.h"
#include "lab/budget/baselines.h"
#include "lab/budget/parts.h"

#include "ams/answer_scores.h"
#include "ams/paired.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BUDGETS = 12 };

ams_budget_options ams_budget_defaults(void)
{
    return (ams_budget_options){.split = AMS_TEST,
                                .rule = AMS_ANSWER_POSTERIOR,
                                .ridge = 1,
                                .horizon = 500,
                                .draws = 1000,
                                .steps = 4000,
                                .networks = 4};
}

typedef struct budget_study {
    const ams_budget_options *options;
    const ams_table *table;
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

/* F1, exact match and mean average precision, where there are several right labels. */
static ams_status score_several(const budget_study *s, ams_budget_point *point,
                                const budget_outcome *o, ams_error *err)
{
    const budget_data *data = &s->data;
    float *conf = NULL;
    float *each = NULL; /* (2, n) */
    uint8_t *right = NULL;
    ams_status status = AMS_OK;
    point->f1 = point->exact = point->map = (double)NAN;
    if (!data->several) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&conf, (size_t)o->n * data->n_labels, sizeof *conf, "scores", err));
    AMS_TRY(ams_alloc(&right, (size_t)o->n * data->n_labels, 1, "scores", err));
    AMS_TRY(ams_alloc(&each, (size_t)o->n * 2, sizeof *each, "scores", err));
    AMS_TRY(ams_budget_several_scores(&s->answers, data, o, conf, each, each + o->n, err));
    point->f1 = point->exact = 0;
    for (uint32_t i = 0; i < o->n; i++) {
        const uint32_t item = data->n_train + i;
        point->f1 += (double)each[i] / o->n;
        point->exact += (double)each[o->n + i] / o->n;
        for (uint64_t k = data->right_at[item]; k < data->right_at[item + 1]; k++) {
            right[(size_t)i * data->n_labels + data->right[k]] = 1;
        }
    }
    status = ams_answer_map(&point->map, conf, right, o->n, data->n_labels, err);
out:
    free(conf);
    free(each);
    free(right);
    return status;
}

static ams_status add_point(budget_study *s, const char *name, ams_budget_point point,
                            const budget_outcome *o, ams_error *err)
{
    ams_budget *r = s->result;
    double *item = NULL;
    uint32_t index = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&r->policy, name, strlen(name), &index, err));
    AMS_TRY(
        ams_grow(&r->point, &r->capacity, r->n_points + 1, sizeof *r->point, "points", err));
    AMS_TRY(
        ams_grow(&s->item, &s->item_capacity, r->n_points + 1, sizeof *s->item, "points", err));
    AMS_TRY(score_several(s, &point, o, err));
    AMS_TRY(ams_alloc(&item, (size_t)o->n * 2, sizeof *item, "points", err));
    for (uint32_t i = 0; i < o->n; i++) {
        item[(size_t)2 * i] = (double)o->cost[i];
        item[(size_t)2 * i + 1] = (double)o->score[i];
        point.cost.mean += (double)o->cost[i] / o->n;
        point.score.mean += (double)o->score[i] / o->n;
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
    budget_outcome outcome = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_outcome_init(&outcome, &s->data, err));
    for (uint32_t i = 0; i < outcome.n; i++) {
        ams_budget_outcome_set(&outcome, i, policy, &s->data);
    }
    const ams_budget_point point = {.lambda = policy->lambda,
                                    .budget = (double)NAN,
                                    .train_cost = policy->train_cost,
                                    .train_score = policy->train_score};
    status = add_point(s, name, point, &outcome, err);
out:
    ams_budget_outcome_fini(&outcome);
    return status;
}

/* The list mixed at each budget. */
static ams_status add_mixtures(budget_study *s, const char *name, const budget_list *list,
                               double horizon, ams_error *err)
{
    budget_outcome outcome = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_outcome_init(&outcome, &s->data, err));
    for (uint32_t b = 0; b < s->n_budgets; b++) {
        const ams_budget_point point = {.lambda = (double)NAN,
                                        .budget = s->budget[b],
                                        .train_cost = (double)NAN,
                                        .train_score = (double)NAN};
        AMS_TRY(ams_budget_mix(list, &s->data, s->budget[b], horizon, s->options->seed,
                               &outcome, err));
        AMS_TRY(add_point(s, name, point, &outcome, err));
    }
out:
    ams_budget_outcome_fini(&outcome);
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
            p.train_score += (double)list->policy[k].score[i] / n;
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
    AMS_TRY(ams_budget_cascades(&list, &s->data, &s->answers, err));
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

static ams_status add_agent(budget_study *s, const budget_list *exact, ams_error *err)
{
    budget_list list = {0};
    char *name = NULL;
    budget_policy nothing = {0}; /* so that there is a policy below every budget */
    ams_status status = AMS_OK;
    if (s->options->rule != AMS_ANSWER_POSTERIOR || s->data.relative || s->data.several) {
        return ams_fail(err, AMS_USAGE,
                        "an agent learns for the rule posterior, at most %d labels and one "
                        "right label per item, found the rule %s, %u labels and %s",
                        AMS_ANSWERS_ABSOLUTE, ams_answer_rules[s->options->rule],
                        s->data.n_labels, s->data.several ? "several" : "one");
    }
    AMS_TRY(
        ams_budget_set_policy(&s->data, &s->answers, s->options->rule, 0, 0, &nothing, err));
    AMS_TRY(ams_budget_list_add(&list, &nothing, err));
    AMS_TRY(ams_budget_train(&s->data, &s->answers, s->options, exact, s->budget, s->n_budgets,
                             &list, err));
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
    budget_solver *solver = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_solver_create(&solver, &s->data, &s->answers, s->options->rule, err));
    AMS_TRY(
        ams_budget_prices(solver, &s->data, s->options, s->budget, s->n_budgets, &list, err));
    if (s->options->policy_path != NULL && s->data.several) {
        status = ams_fail(err, AMS_USAGE,
                          "a policy is exported for one right label per item, found several");
        goto out;
    }
    if (s->options->policy_path != NULL) {
        const budget_export what = {s->table, &s->data, &s->answers, &list, s->options};
        AMS_TRY(ams_budget_export(&what, solver, err));
    }
    AMS_TRY(add_list(s, "exact", &list, err));
    AMS_TRY(add_mixtures(s, "exact-shares", &list, 0, err));
    AMS_TRY(add_prices(s, "exact-prices", &list, err));
    if (s->options->agent != NULL) {
        AMS_TRY(add_agent(s, &list, err));
    }
out:
    ams_budget_solver_destroy(solver);
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
    budget_study s = {.options = options, .table = table, .result = budget};
    ams_status status = AMS_OK;
    *budget = (ams_budget){0};
    AMS_TRY(ams_budget_data_make(&s.data, table, options, budget, err));
    budget->n_train = s.data.n_train;
    budget->n_scored = s.data.n_items - s.data.n_train;
    budget->n_models = s.data.n_models;
    budget->n_classes = s.data.n_labels;
    budget->seed = options->seed;
    snprintf(budget->cost_unit, sizeof budget->cost_unit, "%s", ams_table_cost_unit(table));
    AMS_TRY(set_budgets(&s, err));
    budget->several = s.data.several;
    budget->exact = options->exact;
    AMS_TRY(s.data.several ? ams_budget_several_make(&s.answers, &s.data, options, err)
                           : ams_budget_answers_make(&s.answers, &s.data, options, err));
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
