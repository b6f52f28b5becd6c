/* The whole study of one table: answers, the exact solution, baselines. */
#include "lab/budget/study.h"
#include "lab/budget/agent.h"
#include "lab/budget/baselines.h"

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
                                .steps = 2000,
                                .networks = 4};
}

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
        status = status == AMS_OK ? ams_budget_add_policy(s, name, &policy, err) : status;
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
    AMS_TRY(ams_budget_add_list(s, "fixed", &list, err));
    ams_budget_list_fini(&list);
    AMS_TRY(ams_budget_fixed(&list, &s->data, &s->answers, s->options->rule, 2, err));
    AMS_TRY(ams_budget_add_list(s, "pair", &list, err));
    ams_budget_list_fini(&list);
    AMS_TRY(ams_budget_cascades(&list, &s->data, &s->answers, err));
    AMS_TRY(ams_budget_add_list(s, "cascade", &list, err));
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
            status = ams_budget_add_policy(s, name, &list->policy[k], err);
        }
    }
    return status;
}

static ams_status add_agent(budget_study *s, const budget_solver *solver,
                            const budget_list *exact, ams_error *err)
{
    budget_list list = {0};
    char *name = NULL;
    budget_policy nothing = {0}; /* so that there is a policy below every budget */
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_budget_set_policy(&s->data, &s->answers, s->options->rule, 0, 0, &nothing, err));
    AMS_TRY(ams_budget_list_add(&list, &nothing, err));
    AMS_TRY(ams_budget_train(s, solver, exact, &list, err));
    ams_budget_list_hull(&list);
    if (s->options->policy_path != NULL) {
        const budget_export what = {s->options->agent, s->table, &s->data,
                                    &s->answers,       &list,    s->options};
        AMS_TRY(ams_budget_export(&what, NULL, err));
    }
    AMS_TRY(ams_budget_add_list(s, s->options->agent, &list, err));
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
    if (s->options->policy_path != NULL && s->options->agent == NULL) {
        const budget_export what = {"exact",     s->table, &s->data,
                                    &s->answers, &list,    s->options};
        AMS_TRY(ams_budget_export(&what, solver, err));
    }
    AMS_TRY(ams_budget_add_list(s, "exact", &list, err));
    AMS_TRY(ams_budget_add_mixtures(s, "exact-shares", &list, 0, err));
    AMS_TRY(add_prices(s, "exact-prices", &list, err));
    if (s->options->agent != NULL) {
        AMS_TRY(add_agent(s, solver, &list, err));
    }
out:
    ams_budget_solver_destroy(solver);
    ams_budget_list_fini(&list);
    return status;
}

/* What would be refused, before anything is fitted. */
static ams_status check(const budget_study *s, ams_error *err)
{
    if (s->options->policy_path != NULL && s->data.several) {
        return ams_fail(err, AMS_USAGE,
                        "a policy is exported for one right label per item, found several");
    }
    return s->options->agent == NULL ? AMS_OK : ams_budget_agent_check(s, err);
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
    AMS_TRY(check(&s, err));
    AMS_TRY(s.data.several ? ams_budget_several_make(&s.answers, &s.data, options, err)
                           : ams_budget_answers_make(&s.answers, &s.data, options, err));
    AMS_TRY(add_singles(&s, table, err));
    if (options->n_policies > 0) {
        AMS_TRY(ams_budget_add_orders(&s, err));
    } else {
        AMS_TRY(add_exact(&s, err));
        AMS_TRY(add_baselines(&s, err));
    }
    AMS_TRY(ams_budget_set_intervals(&s, err));
    for (size_t k = 0; k < budget->n_points; k++) {
        budget->point[k].policy = ams_names_get(&budget->policy, budget->point[k].name_index);
    }
    for (size_t k = 0; k < budget->n_curves; k++) {
        budget->curve[k].policy = ams_names_get(&budget->policy, budget->curve[k].name_index);
    }
out:
    for (size_t k = 0; k < s.n_runs; k++) {
        free(s.run[k].item);
    }
    free(s.run);
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
