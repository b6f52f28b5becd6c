#include "ams/limit_series.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status append(ams_limit_series_list *list, const ams_scheduler *scheduler,
                         ams_policy *const *policy, uint32_t n_runs, ams_limit_series **added,
                         ams_error *err)
{
    ams_status status = ams_grow(&list->series, &list->capacity, (size_t)list->n + 1,
                                 sizeof *list->series, "series", err);
    if (status != AMS_OK) {
        return status;
    }
    *added = &list->series[list->n++];
    **added = (ams_limit_series){.scheduler = scheduler, .policy = policy, .n_runs = n_runs};
    status = ams_alloc(&(*added)->scores, n_runs, sizeof *(*added)->scores, "scores", err);
    if (status == AMS_OK) {
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
        status = ams_alloc(&(*added)->recall, n_runs, sizeof *(*added)->recall, "scores", err);
    }
    return status;
}

static ams_status add_bounds(ams_limit_series_list *list, bool exact, ams_error *err)
{
    static const char *const label[] = {"optimal*", "bound", "exact"};
    const int last = exact ? AMS_BOUND_EXACT : AMS_BOUND_VALUE;
    for (int bound = AMS_BOUND_STAR; bound <= last; bound++) {
        ams_limit_series *series = NULL;
        ams_status status = append(list, NULL, NULL, 1, &series, err);
        if (status != AMS_OK) {
            return status;
        }
        series->bound = (ams_limit_bound)bound;
        snprintf(series->label, sizeof series->label, "%s", label[bound]);
    }
    list->exact = exact ? list->n - 1 : list->n;
    list->bound = list->n - (exact ? 2 : 1);
    return AMS_OK;
}

/* An order by first fit. */
static ams_status add_order(ams_limit_series_list *list, bool parallel,
                            ams_policy *const *policy, uint32_t n_runs, ams_error *err)
{
    const char *kind = ams_policy_kind_of(policy[0])->name;
    const bool by_value = strcmp(kind, "optimal") == 0; /* models by descending true value */
    ams_limit_series *series = NULL;
    ams_status status =
        append(list, ams_scheduler_named("first-fit", parallel), policy, n_runs, &series, err);
    if (status == AMS_OK) {
        snprintf(series->label, sizeof series->label, "%s",
                 by_value ? "first-fit" : ams_policy_label(policy[0]));
        list->random = strcmp(kind, "random") == 0 ? list->n - 1 : list->random;
        list->fixed = strcmp(kind, "fixed") == 0 ? list->n - 1 : list->fixed;
    }
    return status;
}

/* Predicted values, by each scheduler. */
static ams_status add_values(ams_limit_series_list *list, const ams_scheduler *const *scheduler,
                             uint32_t n, ams_policy *const *policy, uint32_t n_runs,
                             ams_error *err)
{
    for (uint32_t k = 0; k < n; k++) {
        ams_limit_series *series = NULL;
        ams_status status = append(list, scheduler[k], policy, n_runs, &series, err);
        if (status != AMS_OK) {
            return status;
        }
        snprintf(series->label, sizeof series->label, "%s:%s", scheduler[k]->name,
                 ams_policy_label(policy[0]));
    }
    return AMS_OK;
}

/* Policies from k on that have the label of the k-th. */
static uint32_t count_seeds(const ams_limit_setup *setup, size_t k)
{
    const char *label = ams_policy_label(setup->policy[k]);
    uint32_t n = 1;
    while (k + n < setup->n_policies &&
           strcmp(label, ams_policy_label(setup->policy[k + n])) == 0) {
        n++;
    }
    return n;
}

static ams_status add_truth(ams_limit_series_list *list, const ams_scheduler *scheduler,
                            ams_error *err)
{
    ams_limit_series *series = NULL;
    ams_status status = append(list, scheduler, NULL, 1, &series, err);
    if (status == AMS_OK) {
        snprintf(series->label, sizeof series->label, "%s:truth", scheduler->name);
    }
    return status;
}

/* Of the papers' algorithm, and of its other reading where that was asked for. */
static ams_status add_truths(ams_limit_series_list *list, bool parallel,
                             const ams_scheduler *const *scheduler, uint32_t n, ams_error *err)
{
    const ams_scheduler *again = ams_scheduler_named("algorithm2-again", true);
    ams_status status = add_truth(
        list, ams_scheduler_named(parallel ? "algorithm2" : "algorithm1", parallel), err);
    bool asked = false;
    for (uint32_t k = 0; k < n; k++) {
        asked |= scheduler[k] == again;
    }
    return status == AMS_OK && asked ? add_truth(list, again, err) : status;
}

ams_status ams_limit_list_series(ams_limit_series_list *list, const ams_limit_setup *setup,
                                 const ams_scheduler *const *scheduler, uint32_t n, bool exact,
                                 ams_error *err)
{
    const bool parallel = setup->options.parallel;
    ams_status status = AMS_OK;
    *list = (ams_limit_series_list){.n = 0};
    for (size_t k = 0, seeds = 0; k < setup->n_policies; k += seeds) {
        ams_policy *const *policy = setup->policy + k;
        seeds = count_seeds(setup, k);
        AMS_TRY(ams_policy_kind_of(*policy)->values == NULL
                    ? add_order(list, parallel, policy, (uint32_t)seeds, err)
                    : add_values(list, scheduler, n, policy, (uint32_t)seeds, err));
    }
    AMS_TRY(add_truths(list, parallel, scheduler, n, err));
    AMS_TRY(add_bounds(list, exact, err));
out:
    if (status != AMS_OK) {
        ams_limit_series_fini(list);
    }
    return status;
}

ams_status ams_limit_score_run(ams_limit_series_list *list, const ams_limit_series *series,
                               uint32_t r, const ams_limit_evaluation *evaluation,
                               ams_limit_scores *scores, ams_error *err)
{
    const double begun = ams_seconds();
    const ams_policy *policy = series->policy == NULL ? NULL : series->policy[r];
    ams_status status =
        series->scheduler == NULL
            ? ams_limits_bound(scores, evaluation, series->bound, err)
            : ams_limits_schedule(scores, evaluation, series->scheduler, policy, err);
    if (series->scheduler == NULL && series->bound == AMS_BOUND_EXACT) {
        list->exact_seconds += ams_seconds() - begun;
    }
    return status;
}

void ams_limit_series_fini(ams_limit_series_list *list)
{
    for (uint32_t k = 0; k < list->n; k++) {
        ams_limit_series *series = &list->series[k];
        for (uint32_t r = 0; series->scores != NULL && r < series->n_runs; r++) {
            ams_limit_scores_fini(&series->scores[r]);
        }
        free(series->scores);
        free(series->recall);
    }
    free(list->series);
    *list = (ams_limit_series_list){.n = 0};
}
