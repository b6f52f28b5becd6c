/* The points and curves of a study. */
#include "ams/answer_scores.h"
#include "ams/paired.h"
#include "base/memory.h"
#include "lab/budget/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Another seed of the point: means over all of them. The intervals' means come later. */
static void add_seed(ams_budget_point *point, const ams_budget_point *seed)
{
    double *const to[] = {&point->train_cost, &point->train_score, &point->f1, &point->exact,
                          &point->map};
    const double from[] = {seed->train_cost, seed->train_score, seed->f1, seed->exact,
                           seed->map};
    point->n_runs++;
    for (size_t k = 0; k < sizeof from / sizeof *from; k++) {
        *to[k] += (from[k] - *to[k]) / (double)point->n_runs;
    }
}

/* Of another seed. */
static bool same_point(const ams_budget_point *a, const ams_budget_point *b)
{
    return a->name_index == b->name_index && a->n_models == b->n_models &&
           (isnan(a->budget) ? isnan(b->budget) : a->budget == b->budget);
}

/* Where the point is, from another seed; n_points where it is not. */
static size_t find_point(const ams_budget *r, const ams_budget_point *point)
{
    size_t k = 0;
    while (k < r->n_points && !same_point(&r->point[k], point)) {
        k++;
    }
    return k;
}

static ams_status add_point(budget_study *s, const char *name, ams_budget_point point,
                            const budget_outcome *o, ams_error *err)
{
    ams_budget *r = s->result;
    double *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&r->policy, name, strlen(name), &point.name_index, err));
    AMS_TRY(
        ams_grow(&r->point, &r->capacity, r->n_points + 1, sizeof *r->point, "points", err));
    AMS_TRY(ams_grow(&s->run, &s->run_capacity, s->n_runs + 1, sizeof *s->run, "points", err));
    AMS_TRY(score_several(s, &point, o, err));
    AMS_TRY(ams_alloc(&item, (size_t)o->n * 2, sizeof *item, "points", err));
    for (uint32_t i = 0; i < o->n; i++) {
        item[(size_t)2 * i] = (double)o->cost[i];
        item[(size_t)2 * i + 1] = (double)o->score[i];
        point.cost.mean += (double)o->cost[i] / o->n;
        point.score.mean += (double)o->score[i] / o->n;
    }
    const size_t at = s->options->n_policies > 0 ? find_point(r, &point) : r->n_points;
    s->run[s->n_runs++] = (budget_run){at, item};
    if (at == r->n_points) {
        point.n_runs = 1;
        r->point[r->n_points++] = point;
    } else {
        add_seed(&r->point[at], &point);
    }
out:
    return status;
}

ams_status ams_budget_add_policy(budget_study *s, const char *name, const budget_policy *policy,
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
                                    .n_models = policy->n_models,
                                    .train_cost = policy->train_cost,
                                    .train_score = policy->train_score};
    status = add_point(s, name, point, &outcome, err);
out:
    ams_budget_outcome_fini(&outcome);
    return status;
}

ams_status ams_budget_add_mixtures(budget_study *s, const char *name, const budget_list *list,
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
    ams_budget_curve curve = {
        .name_index = index,
        .n_runs = 1,
        .least = list->n > 0 ? list->policy[0].train_cost : 0,
        .area = area_of(&scored, ams_budget_set_cost(data, (1U << data->n_models) - 1)),
        .cost_of_single = cost_at(&scored, r->point[r->best_single].score.mean)};
    for (size_t k = 0; k < r->n_curves; k++) {
        ams_budget_curve *c = &r->curve[k];
        if (c->name_index == index) { /* another seed: the mean */
            c->n_runs++;
            c->least = curve.least > c->least ? curve.least : c->least;
            c->area += (curve.area - c->area) / (double)c->n_runs;
            c->cost_of_single += (curve.cost_of_single - c->cost_of_single) / (double)c->n_runs;
            goto out;
        }
    }
    AMS_TRY(ams_grow(&r->curve, &r->curve_capacity, r->n_curves + 1, sizeof *r->curve, "curves",
                     err));
    r->curve[r->n_curves++] = curve;
out:
    ams_budget_list_fini(&scored);
    return status;
}

ams_status ams_budget_add_list(budget_study *s, const char *name, const budget_list *list,
                               ams_error *err)
{
    ams_status status = ams_budget_add_mixtures(s, name, list, s->options->horizon, err);
    return status == AMS_OK ? add_curve(s, name, list, err) : status;
}

ams_status ams_budget_set_intervals(budget_study *s, ams_error *err)
{
    ams_budget *r = s->result;
    ams_paired paired = {0};
    ams_paired_group *groups = NULL;
    const double **items = NULL; /* (runs) of one point after those of another */
    size_t at = 0;
    const ams_bootstrap_options options = {.seed = s->options->seed,
                                           .draws = s->options->draws};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&groups, r->n_points, sizeof *groups, "points", err));
    AMS_TRY(ams_alloc(&items, s->n_runs, sizeof *items, "points", err));
    for (size_t k = 0; k < r->n_points; k++) {
        groups[k] = (ams_paired_group){items + at, r->point[k].n_runs};
        at += r->point[k].n_runs;
    }
    for (size_t j = 0; j < s->n_runs; j++) {
        const double *const *first = groups[s->run[j].point].run;
        size_t place = (size_t)(first - (const double *const *)items);
        while (items[place] != NULL) {
            place++;
        }
        items[place] = s->run[j].item;
    }
    AMS_TRY(ams_paired_run(&paired, groups, (uint32_t)r->n_points,
                           s->data.n_items - s->data.n_train, 2, &options, err));
    for (uint32_t k = 0; k < r->n_points; k++) {
        r->point[k].cost = ams_paired_interval(&paired, AMS_PAIRED_MEAN, k, 0, 0);
        r->point[k].score = ams_paired_interval(&paired, AMS_PAIRED_MEAN, k, 0, 1);
    }
out:
    ams_paired_fini(&paired);
    free(items);
    free(groups);
    return status;
}
