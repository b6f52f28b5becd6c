/* From an item's state to the models that start now. */
#include "online/budget.h"
#include "online/handle.h"

#include "online/layers.h"
#include "online/plan.h"
#include "online/rules.h"

#include <math.h>
#include <string.h>

/* The first layer for the goal: only what is decided depends on it, so it may change. */
static const float *first_layer(ams_item *item)
{
    const ams_online *p = item->policy;
    const uint32_t h = p->width[1];
    if (ams_online_goal_inputs(p) == 0) {
        return item->sum;
    }
    memcpy(item->aimed, item->sum, h * sizeof *item->aimed);
    for (uint32_t k = 0; k < item->goals.n; k++) {
        const size_t row = p->width[0] - p->n_goals + item->goals.at[k];
        ams_layer_add(item->aimed, p->weight[0] + row * h, h, item->goals.share[k]);
    }
    return item->aimed;
}

static const float *q_values(ams_item *item)
{
    const ams_online *p = item->policy;
    const float *before = first_layer(item);
    for (uint32_t k = 1; k < p->n_layers; k++) {
        const uint32_t stride = ams_layer_stride(ams_online_outputs(p, k));
        float *y = item->out[k];
        if (p->goal_heads && k + 1 == p->n_layers) {
            return ams_layer_heads(before, p->width[k], p->weight[k], p->bias[k],
                                   p->n_models + 1, &item->goals, y, item->q);
        }
        memset(y, 0, stride * sizeof *y);
        memcpy(y, p->bias[k], p->width[k + 1] * sizeof *y);
        ams_layer_outputs(before, p->width[k], p->weight[k], stride, y);
        before = y;
    }
    if (!p->dueling) {
        return before;
    }
    ams_layer_dueling(before, p->n_models + 1, item->q);
    return item->q;
}

/* The value of an execution by its Q-value, not per time: log-odds become the probability they
 * stand for. */
static float value_of(const ams_online *p, float q, float time_ms)
{
    if (p->decide == AMS_ONLINE_DECIDE_ODDS) {
        return 1 / (1 + expf(-q));
    }
    return p->reward == AMS_ONLINE_REWARD_GAIN_RATE ? q * time_ms : q;
}

/* A priority multiplies a positive value and divides a negative one. */
static float weigh(float value, float priority)
{
    return value >= 0 ? value * priority : value / priority;
}

void ams_item_predict(ams_item *item)
{
    const ams_online *p = item->policy;
    if (p->budget != NULL) {
        ams_item_budget_predict(item);
        return;
    }
    if (!item->stale) {
        return;
    }
    const float *q = q_values(item);
    const bool odds = p->decide == AMS_ONLINE_DECIDE_ODDS;
    for (uint32_t m = 0; m < p->n_models; m++) {
        item->score[m] = q[m];
        item->value[m] = value_of(p, q[m], p->time_ms[m]);
        if (item->has_priority) {
            const float priority = item->priority[m];
            item->score[m] = odds ? q[m] + logf(priority) : weigh(q[m], priority);
            item->value[m] = weigh(item->value[m], priority);
        }
    }
    item->value[p->n_models] = p->end ? value_of(p, q[p->n_models], 1) : -INFINITY;
    item->stale = false;
}

/* One at a time, by a rule on Q itself: among the models that the limits let start. */
static uint64_t decide_by_q(const ams_item *item, const ams_moment *at)
{
    if (at->running != 0 || ams_should_stop(at, &item->options)) {
        return 0;
    }
    uint64_t candidates = ams_startable(at, &item->options, at->remaining, 0);
    if (candidates == 0) {
        return 0;
    }
    uint32_t m = 0;
    if (item->rule == AMS_ITEM_Q_GREEDY) {
        m = ams_rule_q_greedy(item->score, candidates);
    } else if (item->rule == AMS_ITEM_COST_Q) {
        m = ams_rule_cost_q(item->score, item->time_ms, candidates);
    } else {
        m = ams_rule_odds(item->score, item->log_time, candidates);
    }
    return UINT64_C(1) << m;
}

uint64_t ams_item_decide(const ams_item *item)
{
    const ams_online *p = item->policy;
    if (p->budget != NULL) {
        return ams_item_budget_decide(item);
    }
    const bool beside = item->rule == AMS_ITEM_ALGORITHM_2 ||
                        item->rule == AMS_ITEM_ALGORITHM_2_AGAIN ||
                        item->rule == AMS_ITEM_PLAN_BESIDE;
    ams_moment at = {.n_models = p->n_models,
                     .value = item->value,
                     .end_value = item->value[p->n_models],
                     .time_ms = item->time_ms,
                     .mem_mb = beside ? item->mem_mb : NULL,
                     .remaining = p->all_models & ~item->started,
                     .running = item->running,
                     .now_ms = item->now_ms,
                     .deadline_ms = item->deadline_ms,
                     .memory_mb = item->memory_mb,
                     .used_mb = ams_item_used_mb(item),
                     .end_ms = item->expected_end};
    switch (item->rule) {
    case AMS_ITEM_ALGORITHM_1:
        return ams_algorithm_1(&at, &item->options);
    case AMS_ITEM_ALGORITHM_2:
        return ams_algorithm_2(&at, &item->options);
    case AMS_ITEM_ALGORITHM_2_AGAIN:
        return ams_algorithm_2_again(&at, &item->options);
    case AMS_ITEM_PLAN:
        return ams_plan_serial(&at, &item->options);
    case AMS_ITEM_PLAN_BESIDE:
        return ams_plan_parallel(&at, &item->options);
    default:
        return decide_by_q(item, &at);
    }
}
