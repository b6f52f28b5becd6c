/* A study that is being made: its points and curves. Private to this folder. */
#ifndef AMS_LAB_BUDGET_STUDY_H
#define AMS_LAB_BUDGET_STUDY_H

#include "lab/budget/parts.h"

/* What a point was on each scored item. */
typedef struct budget_run {
    size_t point; /* of which it is a seed */
    double *item; /* (scored items, 2): cost and rightness; kept for the bootstrap */
} budget_run;

typedef struct budget_study {
    const ams_budget_options *options;
    const ams_table *table;
    ams_budget *result;
    budget_data data;
    budget_answers answers;
    double budget[AMS_BUDGET_MOST];
    uint32_t n_budgets;
    budget_run *run; /* (n_runs) */
    size_t n_runs, run_capacity;
} budget_study;

/* A policy by itself, its items in `run`. A point of the same name and budget gets another
 * seed. */
ams_status ams_budget_add_policy(budget_study *s, const char *name, const budget_policy *policy,
                                 ams_error *err);
/* The list mixed at each budget. */
ams_status ams_budget_add_mixtures(budget_study *s, const char *name, const budget_list *list,
                                   double horizon, ams_error *err);
/* The same by the controller, and the curve of the list's policies on the scored items. */
ams_status ams_budget_add_list(budget_study *s, const char *name, const budget_list *list,
                               ams_error *err);
/* Intervals of all points, paired by item, over items and seeds. */
ams_status ams_budget_set_intervals(budget_study *s, ams_error *err);

/* ---- orders.c ---- */

/* The orders of options->policy, and what comes of them after each number of models. */
ams_status ams_budget_add_orders(budget_study *s, ams_error *err);

#endif
