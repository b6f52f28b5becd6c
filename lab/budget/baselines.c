/* What is done without learning an order per item: fixed sets of models, and cascades. */
#include "lab/budget/baselines.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { STAGES = 4, THRESHOLDS = 9, MANY = 256 };

ams_status ams_budget_set_policy(const budget_data *data, const budget_answers *answers,
                                 ams_answer_rule rule, uint32_t set, uint32_t last,
                                 budget_policy *policy, ams_error *err)
{
    ams_status status = ams_budget_policy_init(policy, data, err);
    if (status != AMS_OK) {
        return status;
    }
    policy->rule = rule;
    memset(policy->calls, (int)set, data->n_items);
    memset(policy->last, (int)last, data->n_items);
    for (uint32_t i = 0; i < data->n_items; i++) {
        policy->score[i] = ams_budget_score(answers, data, rule, set, last, i);
    }
    ams_budget_policy_count(policy, data);
    return AMS_OK;
}

ams_status ams_budget_fixed(budget_list *list, const budget_data *data,
                            const budget_answers *answers, ams_answer_rule rule, int most,
                            ams_error *err)
{
    budget_policy policy = {0};
    ams_status status = AMS_OK;
    for (uint32_t set = 0; set < 1U << data->n_models; set++) {
        for (uint32_t last = 0; last < data->n_models; last++) {
            const bool fits =
                rule == AMS_ANSWER_LAST ? set == 0 || (set >> last & 1) != 0 : last == 0;
            if (fits && __builtin_popcount(set) <= most) {
                AMS_TRY(ams_budget_set_policy(data, answers, rule, set, last, &policy, err));
                AMS_TRY(ams_budget_list_add(list, &policy, err));
            }
        }
    }
    ams_budget_list_hull(list);
out:
    return status;
}

/* ---- cascades ---- */

typedef struct cascade {
    uint32_t n;
    uint32_t model[STAGES];
    float threshold[STAGES]; /* of the confidence from which on the stage's answer stands */
} cascade;

static int compare_floats(const void *a, const void *b)
{
    const float left = *(const float *)a;
    const float right = *(const float *)b;
    return (left > right) - (left < right);
}

/* grid (M, THRESHOLDS): quantiles of each model's confidence on the training items. */
static ams_status make_grid(const budget_data *data, float *grid, ams_error *err)
{
    float *conf = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&conf, data->n_train, sizeof *conf, "confidences", err));
    for (uint32_t m = 0; m < data->n_models; m++) {
        for (uint32_t i = 0; i < data->n_train; i++) {
            const ams_outputs outputs = ams_budget_outputs(data, i);
            (void)ams_answers_top(&outputs, m, &conf[i]);
        }
        qsort(conf, data->n_train, sizeof *conf, compare_floats);
        for (uint32_t q = 0; q < THRESHOLDS; q++) {
            grid[m * THRESHOLDS + q] =
                conf[(uint64_t)data->n_train * (q + 1) / (THRESHOLDS + 1)];
        }
    }
out:
    free(conf);
    return status;
}

static ams_status add_cascade(budget_list *list, const budget_data *data,
                              const budget_answers *answers, const cascade *c, ams_error *err)
{
    budget_policy policy = {0};
    ams_status status = ams_budget_policy_init(&policy, data, err);
    policy.rule = AMS_ANSWER_LAST;
    for (uint32_t i = 0; i < data->n_items && status == AMS_OK; i++) {
        uint32_t stage = 0;
        const ams_outputs outputs = ams_budget_outputs(data, i);
        float conf = 0;
        (void)ams_answers_top(&outputs, c->model[0], &conf);
        uint32_t set = 1U << c->model[0];
        while (stage + 1 < c->n && conf < c->threshold[stage]) {
            stage++;
            (void)ams_answers_top(&outputs, c->model[stage], &conf);
            set |= 1U << c->model[stage];
        }
        policy.calls[i] = (uint8_t)set;
        policy.last[i] = (uint8_t)c->model[stage];
        policy.score[i] =
            ams_budget_score(answers, data, AMS_ANSWER_LAST, set, c->model[stage], i);
    }
    if (status == AMS_OK) {
        ams_budget_policy_count(&policy, data);
        status = ams_budget_list_add(list, &policy, err);
    }
    if (status == AMS_OK && list->n > MANY) {
        ams_budget_list_hull(list);
    }
    return status;
}

/* Every threshold of every stage but the last. */
static ams_status add_thresholds(budget_list *list, const budget_data *data,
                                 const budget_answers *answers, const float *grid, cascade *c,
                                 ams_error *err)
{
    uint32_t combinations = 1;
    ams_status status = AMS_OK;
    for (uint32_t s = 0; s + 1 < c->n; s++) {
        combinations *= THRESHOLDS;
    }
    for (uint32_t k = 0; k < combinations && status == AMS_OK; k++) {
        uint32_t rest = k;
        for (uint32_t s = 0; s + 1 < c->n; s++) {
            c->threshold[s] = grid[c->model[s] * THRESHOLDS + rest % THRESHOLDS];
            rest /= THRESHOLDS;
        }
        status = add_cascade(list, data, answers, c, err);
    }
    return status;
}

ams_status ams_budget_cascades(budget_list *list, const budget_data *data,
                               const budget_answers *answers, ams_error *err)
{
    uint32_t by_cost[AMS_BUDGET_MODELS];
    float grid[AMS_BUDGET_MODELS * THRESHOLDS];
    ams_status status = AMS_OK;
    AMS_TRY(make_grid(data, grid, err));
    for (uint32_t m = 0; m < data->n_models; m++) {
        uint32_t at = m;
        for (; at > 0 && data->cost[by_cost[at - 1]] > data->cost[m]; at--) {
            by_cost[at] = by_cost[at - 1];
        }
        by_cost[at] = m;
    }
    for (uint32_t set = 1; set < 1U << data->n_models; set++) {
        cascade c = {.n = 0};
        if (__builtin_popcount(set) > STAGES) {
            continue;
        }
        for (uint32_t k = 0; k < data->n_models; k++) {
            if ((set >> by_cost[k] & 1) != 0) {
                c.model[c.n++] = by_cost[k];
            }
        }
        AMS_TRY(add_thresholds(list, data, answers, grid, &c, err));
    }
    ams_budget_list_hull(list);
out:
    return status;
}
