/* An item that is answered for money: what its models said, which of them to call next, and
 * the answer. */
#include "online/budget.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 };

static uint64_t row_room(const ams_online *p)
{
    return ams_answers_row_room(p->n_models, p->n_labels);
}

void ams_item_budget_lay_out(ams_item *item, const ams_online *p, ams_online_room *room)
{
    ams_item_answers *a = &item->answers;
    a->heard = ams_online_take(room, p->n_labels * sizeof(float));
    a->said = ams_online_take(room, (uint64_t)p->n_models * p->n_labels * sizeof(ams_said));
    a->p = ams_online_take(room, (p->budget->n_classes + LANES) * sizeof(float));
    a->row.index = ams_online_take(room, row_room(p) * sizeof(uint32_t));
    a->row.value = ams_online_take(room, row_room(p) * sizeof(float));
    a->room = p->budget->network == NULL
                  ? NULL
                  : ams_online_take(room, ams_networks_room(&p->budget->shape) * sizeof(float));
}

bool ams_item_budget_possible(const ams_online *p, const ams_item_limits *l)
{
    if (p->budget == NULL) {
        return true; /* aim and draw mean nothing to it */
    }
    return !isnan(l->aim) && l->draw >= 0 && l->draw < 1 && isinf(l->memory_mb) &&
           (l->rule == AMS_ITEM_AUTO || l->rule == AMS_ITEM_TRAINED) &&
           (l->stop == AMS_ITEM_STOP_NEVER || l->stop == AMS_ITEM_STOP_END) &&
           l->priority == NULL;
}

/* The price below the mean cost aimed at, and with which probability the next one is drawn. */
static uint32_t neighbours(const ams_online_budget *b, double aim, double *share)
{
    uint32_t k = 0;
    *share = 0;
    if (b->n_prices == 1 || aim <= b->mean_cost[0]) {
        return 0;
    }
    while (k + 2 < b->n_prices && b->mean_cost[k + 1] <= aim) {
        k++;
    }
    *share = (aim - b->mean_cost[k]) / (b->mean_cost[k + 1] - b->mean_cost[k]);
    *share = *share > 1 ? 1 : *share;
    return k;
}

void ams_item_budget_begin(ams_item *item, const ams_item_limits *l)
{
    const ams_online *p = item->policy;
    const ams_online_budget *b = p->budget;
    double share = 0;
    const uint32_t k = neighbours(b, l->aim, &share);
    const uint32_t next = k + 1 < b->n_prices ? k + 1 : k;
    item->answers.price = l->draw < share ? next : k;
    item->answers.expected = b->mean_cost[k] + share * (b->mean_cost[next] - b->mean_cost[k]);
    for (uint32_t c = 0; c < p->n_labels; c++) {
        item->answers.heard[c] = -1;
    }
}

void ams_item_budget_note(ams_item *item, uint32_t label, float confidence)
{
    float *heard = &item->answers.heard[label];
    *heard = confidence > *heard ? confidence : *heard;
    item->found[label >> 6] |= UINT64_C(1) << (label & 63);
}

void ams_item_budget_finish(ams_item *item, uint32_t model)
{
    ams_item_answers *a = &item->answers;
    const uint32_t labels = item->policy->n_labels;
    ams_said *said = a->said + (size_t)model * labels;
    uint32_t n = 0;
    for (uint32_t c = 0; c < labels; c++) {
        if (a->heard[c] >= 0) {
            said[n++] = (ams_said){c, a->heard[c]};
            a->heard[c] = -1;
        }
    }
    a->n_said[model] = n;
    a->last = model;
}

static ams_outputs outputs_of(const ams_item *item)
{
    const ams_online *p = item->policy;
    ams_outputs o = {
        .n_models = p->n_models, .n_labels = p->n_labels, .relative = p->budget->relative};
    for (uint32_t m = 0; m < p->n_models; m++) {
        o.said[m] = item->answers.said + (size_t)m * p->n_labels;
        o.n[m] = item->answers.n_said[m];
    }
    return o;
}

/* Values of calls by an agent, whose END is 0. */
static void predict_agent(ams_item *item, const ams_outputs *o, uint32_t set)
{
    const ams_online *p = item->policy;
    const ams_online_budget *b = p->budget;
    ams_item_answers *a = &item->answers;
    if (set == 0) {
        memcpy(item->value, b->root + (size_t)a->price * p->n_models,
               p->n_models * sizeof *item->value);
    } else {
        const uint64_t block = ams_networks_size(&b->shape) * b->shape.n;
        ams_answers_state_row(o, set, &a->belief, &a->row);
        ams_networks_mean(&b->shape, b->network + block * a->price, &a->row, a->room,
                          item->value);
    }
    for (uint32_t m = 0; m < p->n_models; m++) {
        item->value[m] = (set >> m & 1) != 0 ? -INFINITY : item->value[m];
    }
    item->value[p->n_models] = 0;
    item->stale = false;
}

void ams_item_budget_predict(ams_item *item)
{
    const ams_online *p = item->policy;
    const ams_online_budget *b = p->budget;
    ams_item_answers *a = &item->answers;
    const uint32_t set = (uint32_t)item->finished;
    const ams_outputs o = outputs_of(item);
    const uint64_t features =
        ams_answers_value_features((uint32_t)__builtin_popcount(set), b->n_classes);
    if (!item->stale) {
        return;
    }
    ams_answers_row(&o, set, &a->row);
    memset(a->p, 0, b->n_classes * sizeof *a->p);
    ams_answers_scores(&a->row, b->posterior + b->posterior_at[set], b->n_classes, a->p);
    a->belief = ams_answers_believe(&o, set, a->p);
    if (b->network != NULL) {
        predict_agent(item, &o, set);
        return;
    }
    ams_answers_value_row(&o, set, &a->belief, &a->row);
    const uint64_t last = b->n_lasts > 1 && set != 0 ? a->last : 0;
    item->value[p->n_models] =
        (float)ams_answers_value(&a->row, b->stop + b->stop_at[set] + last * features);
    const float *call = b->call + b->calls * a->price + b->call_at[set];
    for (uint32_t m = 0; m < p->n_models; m++) {
        item->value[m] = -INFINITY;
        if ((set >> m & 1) == 0) {
            const float price = (float)(b->lambda[a->price] * b->cost[m]);
            item->value[m] = (float)ams_answers_value(&a->row, call) - price;
            call += features;
        }
    }
    item->stale = false;
}

uint64_t ams_item_budget_decide(const ams_item *item)
{
    const uint32_t models = item->policy->n_models;
    float best = item->value[models];
    uint64_t choice = 0;
    if (item->running != 0 || item->now_ms >= item->deadline_ms) {
        return 0;
    }
    for (uint32_t m = 0; m < models; m++) {
        if ((item->started >> m & 1) == 0 && item->value[m] > best) {
            best = item->value[m];
            choice = UINT64_C(1) << m;
        }
    }
    return choice;
}

int ams_item_money_of(ams_item *item, ams_item_money *money)
{
    if (item == NULL || money == NULL || item->policy->budget == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    const ams_online *p = item->policy;
    const ams_online_budget *b = p->budget;
    ams_item_budget_predict(item);
    const ams_outputs o = outputs_of(item);
    const ams_belief *belief = &item->answers.belief;
    const double stop = (double)item->value[p->n_models];
    *money =
        (ams_item_money){.label = ams_answers_by(&o, (uint32_t)item->finished, b->rule,
                                                 item->answers.last, belief),
                         .probability = b->rule == AMS_ANSWERS_POSTERIOR ? (double)belief->first
                                        : stop < 0                       ? 0
                                        : stop > 1                       ? 1
                                                                         : stop,
                         .expected = item->answers.expected};
    for (uint32_t m = 0; m < p->n_models; m++) {
        money->paid += (item->started >> m & 1) != 0 ? b->cost[m] : 0;
    }
    return AMS_ONLINE_OK;
}

const char *ams_online_cost_unit(const ams_online *policy)
{
    return policy->budget == NULL ? NULL : policy->budget->unit;
}

double ams_online_model_cost(const ams_online *policy, uint32_t model)
{
    return policy->budget != NULL && model < policy->n_models ? policy->budget->cost[model] : 0;
}

int ams_online_mean_costs(const ams_online *policy, double *least, double *most)
{
    if (policy == NULL || policy->budget == NULL || least == NULL || most == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    *least = policy->budget->mean_cost[0];
    *most = policy->budget->mean_cost[policy->budget->n_prices - 1];
    return AMS_ONLINE_OK;
}
