#include "rl/policy/scorer.h"

#include "base/memory.h"
#include "env/math.h"
#include "online/layers.h"

#include <stdlib.h>
#include <string.h>

struct ams_scorer {
    const ams_env *env;
    const ams_net *net;
    uint32_t item;
    uint64_t mask;
    float *sum;   /* (H1) first layer before its ReLU, kept between decisions; without goals */
    float *aimed; /* (H1) the same with the goals' rows */
    ams_goal_inputs goals; /* of the state */
    /* Layer k after the first has (width[k], stride[k]) weights here, rows filled up with 0 to
     * whole LANES: an output's sums then stay in registers while the rows stream by. Of output
     * heads each has such a matrix. */
    float *weight[AMS_MAX_LAYERS];
    uint32_t stride[AMS_MAX_LAYERS];
    float *out[AMS_MAX_LAYERS]; /* (stride[k]) */
    float *q;                   /* (A) of dueling heads, or of those of two goals */
    uint32_t *unfound; /* (n_unfound) labels of the item that no execution has found, */
    uint64_t *makers;  /* in the item's order, and the models that output each */
    uint32_t n_unfound;
    float *best; /* (entries of the item) largest confidence that an execution had, 0: none */
    uint64_t finders;    /* models that output any of them */
    const float *latest; /* (A) Q of the current state; NULL: not computed yet */
    float *begin;        /* (A) Q of the state that every item begins with */
    bool begun;          /* `begin` is known */
};

static ams_status copy_layer(ams_scorer *scorer, uint32_t k, ams_error *err)
{
    const ams_net *net = scorer->net;
    const uint32_t in = net->width[k];
    const uint32_t out = ams_net_outputs(net, k);
    const uint32_t heads = net->width[k + 1] / out;
    const uint32_t stride = ams_layer_stride(out);
    ams_status status = AMS_OK;
    scorer->stride[k] = stride;
    AMS_TRY(ams_alloc(&scorer->out[k], stride, sizeof(float), "a scorer", err));
    AMS_TRY(ams_alloc(&scorer->weight[k], (size_t)heads * in * stride, sizeof(float),
                      "a scorer", err));
    for (uint32_t i = 0; i < in; i++) {
        for (uint32_t g = 0; g < heads; g++) {
            memcpy(scorer->weight[k] + ((size_t)g * in + i) * stride,
                   net->params + net->weight[k] + ((size_t)i * heads + g) * out,
                   out * sizeof(float));
        }
    }
out:
    return status;
}

ams_status ams_scorer_create(ams_scorer **result, const ams_env *env, const ams_net *net,
                             ams_error *err)
{
    *result = NULL;
    if (env->options.observer.observe != NULL) {
        return ams_fail(err, AMS_USAGE, "a scorer: expected an environment without observer");
    }
    if (net->width[0] != env->n_features || ams_net_actions(net) != env->n_actions) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the network has %u inputs and %u actions, the environment %u features "
                        "and %u actions",
                        net->width[0], ams_net_actions(net), env->n_features, env->n_actions);
    }
    ams_scorer *scorer = NULL;
    ams_status status = ams_alloc(&scorer, 1, sizeof *scorer, "a scorer", err);
    if (status != AMS_OK) {
        return status;
    }
    scorer->env = env;
    scorer->net = net;
    (void)ams_scorer_aim(scorer, &(ams_goal_inputs){.n = 0});
    AMS_TRY(ams_alloc(&scorer->sum, net->width[1], sizeof(float), "a scorer", err));
    AMS_TRY(ams_alloc(&scorer->aimed, net->width[1], sizeof(float), "a scorer", err));
    for (uint32_t k = 1; k < net->n_layers; k++) {
        AMS_TRY(copy_layer(scorer, k, err));
    }
    const size_t most = env->max_features; /* the labels of an item are fewer */
    if (ams_env_binary(env)) {
        AMS_TRY(ams_alloc(&scorer->unfound, most, sizeof *scorer->unfound, "a scorer", err));
        AMS_TRY(ams_alloc(&scorer->makers, most, sizeof *scorer->makers, "a scorer", err));
    } else {
        AMS_TRY(ams_alloc(&scorer->best, most, sizeof *scorer->best, "a scorer", err));
    }
    AMS_TRY(ams_alloc(&scorer->q, env->n_actions, sizeof(float), "a scorer", err));
    AMS_TRY(ams_alloc(&scorer->begin, env->n_actions, sizeof(float), "a scorer", err));
    *result = scorer;
    return AMS_OK;
out:
    ams_scorer_destroy(scorer);
    return status;
}

void ams_scorer_destroy(ams_scorer *scorer)
{
    if (scorer == NULL) {
        return;
    }
    free(scorer->sum);
    free(scorer->aimed);
    free(scorer->unfound);
    free(scorer->makers);
    free(scorer->best);
    free(scorer->q);
    free(scorer->begin);
    for (uint32_t k = 0; k < AMS_MAX_LAYERS; k++) {
        free(scorer->out[k]);
        free(scorer->weight[k]);
    }
    free(scorer);
}

/* The labels that there are to find, where a state holds no confidences. */
static void list_unfound(ams_scorer *scorer, uint32_t item)
{
    const ams_env *env = scorer->env;
    const uint64_t first = env->entry[item];
    uint64_t finders = 0;
    scorer->n_unfound = (uint32_t)(env->entry[item + 1] - first);
    for (uint32_t k = 0; k < scorer->n_unfound; k++) {
        scorer->unfound[k] = env->label[first + k];
        scorer->makers[k] = env->makers[first + k];
        finders |= scorer->makers[k];
    }
    scorer->finders = finders;
}

void ams_scorer_begin(ams_scorer *scorer, uint32_t item)
{
    const ams_net *net = scorer->net;
    scorer->item = item;
    scorer->mask = 0;
    scorer->latest = scorer->begun ? scorer->begin : NULL;
    if (ams_env_binary(scorer->env)) {
        list_unfound(scorer, item);
    } else {
        const ams_env *env = scorer->env;
        memset(scorer->best, 0, (env->entry[item + 1] - env->entry[item]) * sizeof(float));
    }
    memcpy(scorer->sum, net->params + net->bias[0], net->width[1] * sizeof(float));
}

static void add_feature(ams_scorer *scorer, uint32_t feature, float amount)
{
    const uint32_t h = scorer->net->width[1];
    scorer->latest = NULL;
    ams_layer_add(scorer->sum,
                  scorer->net->params + scorer->net->weight[0] + (size_t)feature * h, h,
                  amount);
}

/* What the model outputs and no other did before. Nearly half of all executions find nothing,
 * which is seen at once. */
static void find_labels(ams_scorer *scorer, uint64_t bit)
{
    uint64_t finders = 0;
    uint32_t left = 0;
    if ((scorer->finders & bit) == 0) {
        return;
    }
    for (uint32_t k = 0; k < scorer->n_unfound; k++) {
        const uint32_t label = scorer->unfound[k];
        const uint64_t makers = scorer->makers[k];
        if ((makers & bit) != 0) {
            add_feature(scorer, label, 1.0F);
            continue;
        }
        scorer->unfound[left] = label;
        scorer->makers[left++] = makers;
        finders |= makers;
    }
    scorer->n_unfound = left;
    scorer->finders = finders;
}

static void find_confidences(ams_scorer *scorer, uint64_t bit)
{
    const ams_env *env = scorer->env;
    const uint64_t first = env->entry[scorer->item];
    const uint64_t n = env->entry[scorer->item + 1] - first;
    for (uint64_t k = 0; k < n; k++) {
        const uint64_t e = first + k;
        if ((env->seen[e] & bit) != 0) {
            const float conf = env->conf[env->conf_at[e] + ams_rank(env->seen[e], bit)];
            if (conf > scorer->best[k]) {
                add_feature(scorer, env->label[e], conf - scorer->best[k]);
                scorer->best[k] = conf;
            }
        }
    }
}

void ams_scorer_run(ams_scorer *scorer, uint32_t model)
{
    const ams_env *env = scorer->env;
    const uint64_t bit = UINT64_C(1) << model;
    if (ams_env_binary(env)) {
        find_labels(scorer, bit);
    } else {
        find_confidences(scorer, bit);
    }
    if (env->n_features > env->n_labels + env->n_goal_inputs) {
        add_feature(scorer, env->n_labels + model, 1.0F);
    }
    scorer->mask |= bit;
}

bool ams_scorer_aim(ams_scorer *scorer, const ams_goal_inputs *goals)
{
    const ams_goal_inputs *now = &scorer->goals;
    const ams_goal_inputs highest = {.n = 1, .at = {scorer->net->heads - 1}, .share = {1}};
    goals = goals->n == 0 && scorer->net->heads > 0 ? &highest : goals;
    if (now->n == goals->n && now->at[0] == goals->at[0] && now->at[1] == goals->at[1] &&
        now->share[0] == goals->share[0]) { /* the inputs of n goals are all compared */
        return false;
    }
    scorer->goals = *goals;
    scorer->latest = NULL;
    scorer->begun = false;
    return true;
}

/* The first layer with the goals' rows. Only what is decided depends on the goal, so it may
 * change between two decisions. */
static const float *first_layer(ams_scorer *scorer)
{
    const ams_net *net = scorer->net;
    const uint32_t h = net->width[1];
    const uint32_t first = net->width[0] - scorer->env->n_goal_inputs;
    if (scorer->goals.n == 0 || net->heads > 0) {
        return scorer->sum;
    }
    memcpy(scorer->aimed, scorer->sum, h * sizeof *scorer->aimed);
    for (uint32_t k = 0; k < scorer->goals.n; k++) {
        const size_t row = first + scorer->goals.at[k];
        ams_layer_add(scorer->aimed, net->params + net->weight[0] + row * h, h,
                      scorer->goals.share[k]);
    }
    return scorer->aimed;
}

static const float *compute_q(ams_scorer *scorer)
{
    const ams_net *net = scorer->net;
    const float *before = first_layer(scorer);
    for (uint32_t k = 1; k < net->n_layers; k++) {
        float *y = scorer->out[k];
        if (net->heads > 0 && k + 1 == net->n_layers) {
            return ams_layer_heads(before, net->width[k], scorer->weight[k],
                                   net->params + net->bias[k], scorer->env->n_actions,
                                   &scorer->goals, y, scorer->q);
        }
        memset(y, 0, scorer->stride[k] * sizeof *y);
        memcpy(y, net->params + net->bias[k], net->width[k + 1] * sizeof *y);
        ams_layer_outputs(before, net->width[k], scorer->weight[k], scorer->stride[k], y);
        before = y;
    }
    if (!net->dueling) {
        return before;
    }
    ams_layer_dueling(before, ams_net_actions(net), scorer->q);
    return scorer->q;
}

/* A run that finds nothing new leaves Q as it was, where the state does not say what ran. */
const float *ams_scorer_q(ams_scorer *scorer)
{
    if (scorer->latest == NULL) {
        scorer->latest = compute_q(scorer);
    }
    if (scorer->mask == 0 && !scorer->begun) {
        memcpy(scorer->begin, scorer->latest, scorer->env->n_actions * sizeof *scorer->begin);
        scorer->begun = true;
    }
    return scorer->latest;
}

uint64_t ams_scorer_mask(const ams_scorer *scorer)
{
    return scorer->mask;
}
