/* An item from its beginning to its result: what runs, what was found, what to do next. */
#include "online/budget.h"
#include "online/handle.h"

#include "online/layers.h"

#include <math.h>
#include <string.h>

/* ---- beginning ---- */

/* Gives out the memory after the struct. */
static void lay_out(ams_item *item, const ams_online *p, ams_online_room *room)
{
    const uint64_t words = ams_online_words(p->n_labels) * sizeof(uint64_t);
    const uint64_t floats = p->conf ? p->n_labels * sizeof(float) : 0;
    item->sum = ams_online_take(room, p->width[1] * sizeof(float));
    item->aimed =
        ams_online_take(room, ams_online_goal_inputs(p) > 0 ? p->width[1] * sizeof(float) : 0);
    for (uint32_t k = 1; k < p->n_layers; k++) {
        item->out[k] =
            ams_online_take(room, ams_layer_stride(ams_online_outputs(p, k)) * sizeof(float));
    }
    item->q = ams_online_take(room, (p->n_models + 1) * sizeof(float));
    item->found = ams_online_take(room, words);
    item->fresh = ams_online_take(room, words);
    item->best = ams_online_take(room, floats);
    item->better = ams_online_take(room, floats);
    if (p->budget != NULL) {
        ams_item_budget_lay_out(item, p, room);
    }
}

size_t ams_item_size(const ams_online *policy)
{
    ams_item item;
    ams_online_room room = {NULL, AMS_ONLINE_LINE};
    ams_online_take(&room, sizeof item);
    lay_out(&item, policy, &room);
    return (size_t)room.used;
}

ams_item_limits ams_item_limits_none(void)
{
    ams_item_limits none = {.deadline_ms = INFINITY, .memory_mb = INFINITY, .aim = INFINITY};
    return none;
}

/* Each of (n) finite and at least `least`; NULL is fine. */
static bool all_from(const float *value, uint32_t n, float least)
{
    for (uint32_t m = 0; value != NULL && m < n; m++) {
        if (!(value[m] >= least) || isinf(value[m])) {
            return false;
        }
    }
    return true;
}

static bool limits_are_possible(const ams_item_limits *l, uint32_t n_models)
{
    const float positive = 1e-30F;
    return l->deadline_ms >= 0 && l->memory_mb >= 0 && !isnan(l->stop_below) &&
           l->rule >= AMS_ITEM_AUTO && l->rule <= AMS_ITEM_ALGORITHM_2_AGAIN &&
           l->negative >= AMS_ITEM_NEGATIVE_RANK && l->negative <= AMS_ITEM_NEGATIVE_CLAMP &&
           l->late >= AMS_ITEM_LATE_NEVER && l->late <= AMS_ITEM_LATE_ANY &&
           l->stop >= AMS_ITEM_STOP_NEVER && l->stop <= AMS_ITEM_STOP_END &&
           all_from(l->priority, n_models, positive) &&
           all_from(l->time_ms, n_models, positive) && all_from(l->mem_mb, n_models, 0);
}

static int rule_of(const ams_online *p, const ams_item_limits *l)
{
    static const int trained[] = {AMS_ITEM_Q_GREEDY, AMS_ITEM_COST_Q, AMS_ITEM_ODDS};
    if (l->rule == AMS_ITEM_AUTO && !isinf(l->memory_mb)) {
        return AMS_ITEM_ALGORITHM_2;
    }
    if (l->rule == AMS_ITEM_AUTO && !isinf(l->deadline_ms)) {
        return AMS_ITEM_ALGORITHM_1;
    }
    return l->rule == AMS_ITEM_AUTO || l->rule == AMS_ITEM_TRAINED ? trained[p->decide]
                                                                   : l->rule;
}

static void set_models(ams_item *item, const ams_online *p, const ams_item_limits *l)
{
    item->has_priority = l->priority != NULL;
    for (uint32_t m = 0; m < p->n_models; m++) {
        item->time_ms[m] = l->time_ms == NULL ? p->time_ms[m] : l->time_ms[m];
        item->log_time[m] = logf(item->time_ms[m]);
        item->mem_mb[m] = l->mem_mb == NULL ? p->mem_mb[m] : l->mem_mb[m];
        item->priority[m] = l->priority == NULL ? 1 : l->priority[m];
    }
}

/* Also refuses NaN. */
static bool goal_is_possible(const ams_online *p, double goal)
{
    return goal >= 0 && goal <= 1 && (p->n_goals > 0 || goal <= 0);
}

/* goal 0: that of the deadline. */
static void set_goal(ams_item *item, double goal)
{
    const ams_online *p = item->policy;
    if (p->n_goals == 0) {
        return;
    }
    if (goal <= 0) {
        uint32_t k = p->n_goals - 1;
        while (k > 0 && item->deadline_ms < p->serves_ms[k]) {
            k--;
        }
        goal = p->goal[k];
    }
    item->goal = goal;
    item->goals = ams_goal_inputs_of(p->goal, p->n_goals, goal);
}

int ams_item_aim(ams_item *item, double goal)
{
    if (item == NULL || !goal_is_possible(item->policy, goal)) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    set_goal(item, goal);
    item->stale = true;
    item->decided = false;
    return AMS_ONLINE_OK;
}

double ams_item_goal(const ams_item *item)
{
    return item->goal;
}

int ams_item_begin(ams_item **result, const ams_online *policy, const ams_item_limits *limits,
                   void *memory, size_t size)
{
    const ams_item_limits none = ams_item_limits_none();
    const ams_item_limits *l = limits == NULL ? &none : limits;
    if (result == NULL || policy == NULL || memory == NULL ||
        !limits_are_possible(l, policy->n_models) || !goal_is_possible(policy, l->goal) ||
        !ams_item_budget_possible(policy, l)) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    const int rule = rule_of(policy, l);
    const bool log_odds = policy->decide == AMS_ONLINE_DECIDE_ODDS;
    if ((rule == AMS_ITEM_ODDS && !log_odds) || (rule == AMS_ITEM_COST_Q && log_odds)) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    if (size < ams_item_size(policy)) {
        return AMS_ONLINE_SMALL;
    }
    ams_online_room room = {ams_online_align(memory), 0};
    ams_item *item = ams_online_take(&room, sizeof *item);
    memset(item, 0, sizeof *item);
    item->policy = policy;
    item->options = (ams_limit_options){.negative = (ams_negative)l->negative,
                                        .late = (ams_late)l->late,
                                        .stop = (ams_stop)l->stop,
                                        .stop_below = l->stop_below};
    item->deadline_ms = l->deadline_ms;
    item->memory_mb = l->memory_mb;
    item->rule = rule;
    item->stale = true;
    set_models(item, policy, l);
    set_goal(item, l->goal);
    lay_out(item, policy, &room);
    /* What follows the struct begins as zeros; the first layer as its biases. */
    memset(item->sum, 0, (size_t)(room.base + room.used - (unsigned char *)item->sum));
    if (policy->budget == NULL) {
        memcpy(item->sum, policy->bias[0], policy->width[1] * sizeof(float));
    } else {
        ams_item_budget_begin(item, l);
    }
    *result = item;
    return AMS_ONLINE_OK;
}

/* ---- deciding ---- */

/* Also refuses NaN. */
static bool time_goes_on(const ams_item *item, double now_ms)
{
    return now_ms >= item->now_ms && !isinf(now_ms);
}

int ams_item_next(ams_item *item, double now_ms, ams_item_step *step)
{
    if (item == NULL || step == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    if (!time_goes_on(item, now_ms)) {
        return AMS_ONLINE_BAD_TIME;
    }
    item->now_ms = now_ms;
    /* A decision holds until an execution ends: asking twice must not start more than was meant
     * to run side by side. Only models that were not started are decided again, since they may
     * no longer fit. */
    uint64_t models = item->named & ~item->started;
    if (!item->decided || (models != 0 && now_ms > item->decided_ms)) {
        ams_item_predict(item);
        models = ams_item_decide(item);
        item->named = models;
        item->decided = true;
        item->decided_ms = now_ms;
        item->decisions++;
    }
    step->n = 0;
    step->wake_ms = item->deadline_ms;
    for (uint64_t bits = models; bits != 0; bits &= bits - 1) {
        step->model[step->n++] = (uint32_t)__builtin_ctzll(bits);
    }
    if (models != 0) {
        step->answer = AMS_ITEM_START;
    } else if (item->running != 0 && now_ms < item->deadline_ms) {
        step->answer = AMS_ITEM_WAIT;
    } else {
        step->answer = AMS_ITEM_DONE;
    }
    return AMS_ONLINE_OK;
}

int ams_item_values(ams_item *item, float *value)
{
    if (item == NULL || value == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    ams_item_predict(item);
    memcpy(value, item->value, (item->policy->n_models + 1) * sizeof *value);
    return AMS_ONLINE_OK;
}

/* ---- executions ---- */

int ams_item_started(ams_item *item, uint32_t model, double now_ms)
{
    if (item == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    if (model >= item->policy->n_models) {
        return AMS_ONLINE_NO_MODEL;
    }
    if (!time_goes_on(item, now_ms)) {
        return AMS_ONLINE_BAD_TIME;
    }
    if ((item->started >> model & 1) != 0) {
        return AMS_ONLINE_BAD_ORDER;
    }
    item->now_ms = now_ms;
    item->started |= UINT64_C(1) << model;
    item->running |= UINT64_C(1) << model;
    item->start_ms[model] = now_ms;
    item->expected_end[model] = now_ms + (double)item->time_ms[model];
    const double used_mb = ams_item_used_mb(item);
    item->peak_mb = used_mb > item->peak_mb ? used_mb : item->peak_mb;
    return AMS_ONLINE_OK;
}

/* May this execution end now? */
static int check_end(const ams_item *item, uint32_t model, double now_ms)
{
    if (item == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    if (model >= item->policy->n_models) {
        return AMS_ONLINE_NO_MODEL;
    }
    if ((item->running >> model & 1) == 0) {
        return AMS_ONLINE_BAD_ORDER;
    }
    return time_goes_on(item, now_ms) ? AMS_ONLINE_OK : AMS_ONLINE_BAD_TIME;
}

static void end_run(ams_item *item, uint32_t model, double now_ms, uint64_t *set)
{
    item->now_ms = now_ms;
    item->busy_ms += now_ms - item->start_ms[model];
    item->running &= ~(UINT64_C(1) << model);
    item->decided = false;
    *set |= UINT64_C(1) << model;
}

int ams_item_failed(ams_item *item, uint32_t model, double now_ms)
{
    int code = check_end(item, model, now_ms);
    if (code == AMS_ONLINE_OK) {
        end_run(item, model, now_ms, &item->failed);
    }
    return code;
}

/* Marks a label whose feature changes by this output of the model, or that is found by it. Of
 * two models the one with the smaller confidence may find it, if its threshold is lower. */
static void note_label(ams_item *item, uint32_t model, uint32_t label, float confidence)
{
    const ams_online *p = item->policy;
    if (p->budget != NULL) {
        ams_item_budget_note(item, label, confidence);
        return;
    }
    const uint64_t bit = UINT64_C(1) << (label & 63);
    const uint64_t found = confidence > p->threshold[model] ? bit : 0;
    uint64_t *fresh = &item->fresh[label >> 6];
    if (!p->conf) {
        *fresh |= found & ~item->found[label >> 6];
        return;
    }
    item->found[label >> 6] |= found;
    const float before = (*fresh & bit) != 0 ? item->better[label] : item->best[label];
    if (confidence > before) {
        *fresh |= bit;
        item->better[label] = confidence;
    }
}

static void add_feature(ams_item *item, uint32_t feature, float amount)
{
    const ams_online *p = item->policy;
    const uint32_t h = p->width[1];
    ams_layer_add(item->sum, p->weight[0] + (size_t)feature * h, h, amount);
}

/* Adds the marked labels in ascending order, whatever the order they came in, so that sums are
 * equal. */
static void add_labels(ams_item *item)
{
    const ams_online *p = item->policy;
    for (uint32_t w = 0; w < ams_online_words(p->n_labels); w++) {
        for (uint64_t bits = item->fresh[w]; bits != 0; bits &= bits - 1) {
            const uint32_t label = w * 64 + (uint32_t)__builtin_ctzll(bits);
            add_feature(item, label, p->conf ? item->better[label] - item->best[label] : 1.0F);
            if (p->conf) {
                item->best[label] = item->better[label];
            }
            if (!p->conf) { /* else note_label did it */
                item->found[w] |= bits & -bits;
            }
        }
        item->fresh[w] = 0;
    }
}

static bool confidences_are_shares(const float *confidence, size_t n)
{
    for (size_t i = 0; confidence != NULL && i < n; i++) {
        if (!(confidence[i] >= 0 && confidence[i] <= 1)) {
            return false;
        }
    }
    return true;
}

/* Common to both ways of reporting an output; the labels are marked. */
static void finish(ams_item *item, uint32_t model, double now_ms)
{
    if (item->policy->budget != NULL) {
        ams_item_budget_finish(item, model);
    } else {
        add_labels(item);
    }
    if (item->policy->mask) {
        add_feature(item, item->policy->n_labels + model, 1.0F);
    }
    item->stale = true;
    end_run(item, model, now_ms, &item->finished);
}

int ams_item_finished(ams_item *item, uint32_t model, double now_ms, const uint32_t *label,
                      const float *confidence, size_t n)
{
    int code = check_end(item, model, now_ms);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    if (label == NULL && n > 0) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    for (size_t i = 0; i < n; i++) {
        if (label[i] >= item->policy->n_labels) {
            return AMS_ONLINE_NO_LABEL;
        }
    }
    if (!confidences_are_shares(confidence, n)) {
        return AMS_ONLINE_BAD_CONFIDENCE;
    }
    if (now_ms > item->deadline_ms) {
        end_run(item, model, now_ms, &item->cut);
        return AMS_ONLINE_OK;
    }
    for (size_t i = 0; i < n; i++) {
        note_label(item, model, label[i], confidence == NULL ? 1 : confidence[i]);
    }
    finish(item, model, now_ms);
    return AMS_ONLINE_OK;
}

int ams_item_finished_named(ams_item *item, uint32_t model, double now_ms,
                            const char *const *label, const float *confidence, size_t n)
{
    int code = check_end(item, model, now_ms);
    if (code != AMS_ONLINE_OK) {
        return code;
    }
    for (size_t i = 0; i < n; i++) {
        if (label == NULL || label[i] == NULL) {
            return AMS_ONLINE_BAD_ARGUMENT;
        }
    }
    if (!confidences_are_shares(confidence, n)) {
        return AMS_ONLINE_BAD_CONFIDENCE;
    }
    if (now_ms > item->deadline_ms) {
        end_run(item, model, now_ms, &item->cut);
        return AMS_ONLINE_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t index = ams_online_label(item->policy, label[i]);
        if (index == AMS_ONLINE_NONE) {
            item->unknown++;
        } else {
            note_label(item, model, index, confidence == NULL ? 1 : confidence[i]);
        }
    }
    finish(item, model, now_ms);
    return AMS_ONLINE_OK;
}

/* ---- the result ---- */

uint32_t ams_item_labels(const ams_item *item, uint32_t *label, uint32_t most)
{
    uint32_t n = 0;
    for (uint32_t w = 0; w < ams_online_words(item->policy->n_labels); w++) {
        for (uint64_t bits = item->found[w]; bits != 0; bits &= bits - 1, n++) {
            if (n < most) {
                label[n] = w * 64 + (uint32_t)__builtin_ctzll(bits);
            }
        }
    }
    return n;
}

int ams_item_results(const ams_item *item, ams_item_result *result)
{
    if (item == NULL || result == NULL) {
        return AMS_ONLINE_BAD_ARGUMENT;
    }
    const bool over = item->now_ms >= item->deadline_ms;
    *result = (ams_item_result){.finished = item->finished,
                                .failed = item->failed,
                                .cut = item->cut | (over ? item->running : 0),
                                .running = over ? 0 : item->running,
                                .untouched = item->policy->all_models & ~item->started,
                                .now_ms = item->now_ms,
                                .busy_ms = item->busy_ms,
                                .peak_mb = item->peak_mb,
                                .decisions = item->decisions,
                                .labels = ams_item_labels(item, NULL, 0),
                                .unknown = item->unknown};
    for (uint64_t bits = result->untouched; bits != 0; bits &= bits - 1) {
        result->saved_ms += (double)item->time_ms[__builtin_ctzll(bits)];
    }
    return AMS_ONLINE_OK;
}
