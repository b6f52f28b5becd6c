#include "ams/average.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static ams_status check_shapes(const ams_net *const *nets, uint32_t n, ams_error *err)
{
    const ams_net *first = nets[0];
    uint32_t last = first->n_layers;
    for (uint32_t i = 1; i < n; i++) {
        if (nets[i]->n_layers != last || nets[i]->width[0] != first->width[0] ||
            nets[i]->width[last] != first->width[last] || nets[i]->dueling != first->dueling ||
            nets[i]->heads != first->heads) {
            return ams_fail(err, AMS_USAGE,
                            "networks to average need the same inputs, outputs, number of "
                            "hidden layers and kind of heads; number %u has %u inputs, %u "
                            "outputs, %u hidden layers%s, the first %u, %u, %u%s",
                            i + 1, nets[i]->width[0], nets[i]->width[nets[i]->n_layers],
                            nets[i]->n_layers - 1, nets[i]->dueling ? ", dueling" : "",
                            first->width[0], first->width[last], last - 1,
                            first->dueling ? ", dueling" : "");
        }
    }
    return AMS_OK;
}

/* Where member i's units begin in layer k: inputs and outputs are shared, hidden units not. */
static uint32_t first_unit(const ams_net *mean, const ams_net *const *nets, uint32_t i,
                           uint32_t k)
{
    uint32_t unit = 0;
    for (uint32_t j = 0; j < i && k > 0 && k < mean->n_layers; j++) {
        unit += nets[j]->width[k];
    }
    return unit;
}

/* Layer k of member i into its block. Members' outputs add up, scaled to their mean. */
static void add_layer(ams_net *mean, const ams_net *const *nets, uint32_t n, uint32_t i,
                      uint32_t k)
{
    const ams_net *net = nets[i];
    bool last = k + 1 == net->n_layers;
    float scale = last ? 1.0F / (float)n : 1.0F;
    uint32_t row = first_unit(mean, nets, i, k);
    uint32_t column = first_unit(mean, nets, i, k + 1);
    const float *from = net->params + net->weight[k];
    for (uint32_t r = 0; r < net->width[k]; r++) {
        float *to =
            mean->params + mean->weight[k] + (uint64_t)(row + r) * mean->width[k + 1] + column;
        for (uint32_t c = 0; c < net->width[k + 1]; c++) {
            to[c] = scale * from[(uint64_t)r * net->width[k + 1] + c];
        }
    }
    for (uint32_t c = 0; c < net->width[k + 1]; c++) {
        mean->params[mean->bias[k] + column + c] += scale * net->params[net->bias[k] + c];
    }
}

ams_status ams_net_average(ams_net *mean, const ams_net *const *nets, uint32_t n,
                           ams_error *err)
{
    *mean = (ams_net){0};
    uint32_t width[AMS_MAX_LAYERS + 1];
    ams_status status = check_shapes(nets, n, err);
    if (status != AMS_OK) {
        return status;
    }
    uint32_t layers = nets[0]->n_layers;
    memcpy(width, nets[0]->width, sizeof width);
    for (uint32_t k = 1; k < layers; k++) {
        for (uint32_t i = 1; i < n; i++) {
            width[k] += nets[i]->width[k];
        }
        if (width[k] > AMS_MAX_UNITS) {
            return ams_fail(
                err, AMS_USAGE,
                "the mean of %u networks has %u units in hidden layer %u; %d are the "
                "most that a network may have: average fewer, or train smaller ones",
                n, width[k], k, AMS_MAX_UNITS);
        }
    }
    status = ams_net_init_widths(mean, width, layers, err);
    if (status != AMS_OK) {
        *mean = (ams_net){0};
        return status;
    }
    memset(mean->params, 0, mean->n_params * sizeof *mean->params);
    mean->dueling = nets[0]->dueling;
    mean->heads = nets[0]->heads;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < layers; k++) {
            add_layer(mean, nets, n, i, k);
        }
    }
    return AMS_OK;
}

static bool same_names(const ams_names *a, const ams_names *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (strcmp(ams_names_get(a, i), ams_names_get(b, i)) != 0) {
            return false;
        }
    }
    return true;
}

static bool same_goals(const ams_policy_file *a, const ams_policy_file *b)
{
    return a->env.goal_input == b->env.goal_input && a->env.goal_heads == b->env.goal_heads &&
           (!a->env.goal_input ||
            (a->env.n_goals == b->env.n_goals &&
             memcmp(a->env.goal, b->env.goal, a->env.n_goals * sizeof *a->env.goal) == 0));
}

static void average_deadlines(ams_policy_file *first, const ams_policy_file *others, uint32_t n)
{
    for (uint32_t k = 0; first->env.goal_input && k < first->env.n_goals; k++) {
        double sum = first->serves_ms[k];
        for (uint32_t i = 0; i < n; i++) {
            sum += others[i].serves_ms[k];
        }
        first->serves_ms[k] = sum / (n + 1);
    }
}

/* In what two policies differ that keeps them from having a mean; NULL: nothing. */
static const char *difference(const ams_policy_file *a, const ams_policy_file *b)
{
    return !same_names(&a->model_name, &b->model_name)   ? "models"
           : !same_names(&a->label_name, &b->label_name) ? "labels"
           : a->env.features != b->env.features          ? "features"
           : !ams_policy_file_same_thresholds(a, b)      ? "thresholds"
           : !same_goals(a, b)                           ? "goal inputs or output heads"
           : a->env.value != b->env.value                ? "values of labels"
           : a->env.reward != b->env.reward ? "rewards, so that their Q mean other things"
           : a->decide != b->decide         ? "decision rules"
                                            : NULL;
}

ams_status ams_policy_average(ams_policy_file *first, const ams_policy_file *others, uint32_t n,
                              const char *const *path, ams_error *err)
{
    const ams_net **nets = NULL;
    ams_net mean = {0};
    ams_status status = AMS_OK;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&nets, n + 1, sizeof *nets, "networks to average", err));
    for (uint32_t i = 0; i <= n; i++) {
        const ams_policy_file *policy = i == 0 ? first : &others[i - 1];
        const char *what = difference(first, policy);
        if (what != NULL) {
            status =
                ams_fail(err, AMS_USAGE,
                         "%s and %s have different %s: only policies that differ in seed or "
                         "weights have a mean",
                         path[0], path[i], what);
            goto out;
        }
        if (policy->stored != AMS_STORED_FP32) {
            status = ams_fail(err, AMS_USAGE,
                              "%s holds weights rounded to %s; average the policies they were "
                              "made of, and round the mean",
                              path[i], ams_stored_modes[policy->stored]);
            goto out;
        }
        nets[i] = &policy->net;
    }
    AMS_TRY(ams_net_average(&mean, nets, n + 1, err));
    ams_net_fini(&first->net);
    first->net = mean;
    average_deadlines(first, others, n);
out:
    free(nets);
    return status;
}
