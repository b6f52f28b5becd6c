/* A policy file on a table that is not the one it was trained on. */
#include "ams/policy_file.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_names(const ams_names *ours, const ams_names *theirs)
{
    for (uint32_t i = 0; ours->count == theirs->count && i < ours->count; i++) {
        if (strcmp(ams_names_get(ours, i), ams_names_get(theirs, i)) != 0) {
            return false;
        }
    }
    return ours->count == theirs->count;
}

static uint32_t find(const ams_names *names, const char *name)
{
    return ams_names_find(names, name, strlen(name));
}

/* "a,b,c", as `ams data select --models` takes it; cut where there is no room. */
static void list_names(const ams_names *names, char *text, size_t size)
{
    size_t used = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        const char *name = ams_names_get(names, i);
        if (used + 2 * strlen(name) + 5 > size) {
            snprintf(text + used, size - used, ",...");
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s", i == 0 ? "" : ",");
        for (; *name != '\0'; name++) {
            used += (size_t)snprintf(text + used, size - used, "%s%c",
                                     ams_list_escapes(name) ? "\\" : "", *name);
        }
    }
}

static ams_status check_models(const ams_policy_file *policy, const ams_table *table,
                               ams_error *err)
{
    char list[200] = "";
    for (uint32_t m = 0; m < policy->model_name.count; m++) {
        const char *name = ams_names_get(&policy->model_name, m);
        if (find(&table->model_name, name) == AMS_NO_NAME) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "the policy was trained with %u models; expected a data set with all "
                "of them, found none named '%s' among its %u; import that model's "
                "outputs, too, or train on this data set",
                policy->model_name.count, name, table->n_models);
        }
    }
    for (uint32_t m = 0; m < table->n_models; m++) {
        const char *name = ams_names_get(&table->model_name, m);
        if (find(&policy->model_name, name) == AMS_NO_NAME) {
            list_names(&policy->model_name, list, sizeof list);
            return ams_fail(
                err, AMS_BAD_DATA,
                "the policy was trained with %u models, the data set has %u; it does "
                "not know '%s'; leave out what it does not know: ams data select "
                "F.h5 --models %s -o G.h5",
                policy->model_name.count, table->n_models, name, list);
        }
    }
    return AMS_OK;
}

/* Rows of the first layer's weights in the table's order of labels and models: zero for a label
 * that the policy does not know. */
static ams_status map_inputs(ams_policy_file *policy, const ams_table *table,
                             const uint32_t *model, ams_label_map *map, ams_error *err)
{
    const ams_net *from = &policy->net;
    const uint32_t labels = policy->label_name.count;
    const uint32_t goals = ams_env_goal_inputs(&policy->env);
    const uint32_t masks = from->width[0] - labels - goals; /* M, or 0 */
    const size_t row = from->width[1];
    uint32_t width[AMS_MAX_LAYERS + 1];
    ams_net net = {0};
    memcpy(width, from->width, sizeof width);
    width[0] = table->n_labels + masks + goals;
    ams_status status = ams_net_init_widths(&net, width, from->n_layers, err);
    if (status != AMS_OK) {
        return status;
    }
    net.dueling = from->dueling;
    net.heads = from->heads;
    float *to = net.params + net.weight[0];
    const float *old = from->params + from->weight[0];
    for (uint32_t l = 0; l < table->n_labels; l++) {
        const uint32_t known = find(&policy->label_name, ams_names_get(&table->label_name, l));
        if (known == AMS_NO_NAME) {
            map->unknown++;
            memset(to + l * row, 0, row * sizeof *to);
        } else {
            memcpy(to + l * row, old + known * row, row * sizeof *to);
        }
    }
    map->missing = labels - (table->n_labels - map->unknown);
    for (uint32_t m = 0; m < masks; m++) {
        memcpy(to + (table->n_labels + m) * row, old + (labels + model[m]) * row,
               row * sizeof *to);
    }
    memcpy(to + (table->n_labels + masks) * row, old + (labels + masks) * row,
           goals * row * sizeof *to);
    /* What follows is the same in both, and in the same order. */
    memcpy(net.params + net.bias[0], from->params + from->bias[0], row * sizeof *to);
    for (uint32_t k = 1; k < from->n_layers; k++) {
        const size_t in = from->width[k];
        const size_t out = from->width[k + 1];
        memcpy(net.params + net.weight[k], from->params + from->weight[k],
               in * out * sizeof *to);
        memcpy(net.params + net.bias[k], from->params + from->bias[k], out * sizeof *to);
    }
    ams_net_fini(&policy->net);
    policy->net = net;
    return AMS_OK;
}

/* values (n): the first M in the table's order of models; `scratch` (n). */
static void permute(float *values, const uint32_t *model, uint32_t n_models, float *scratch)
{
    memcpy(scratch, values, n_models * sizeof *scratch);
    for (uint32_t m = 0; m < n_models; m++) {
        values[m] = scratch[model[m]];
    }
}

static void map_outputs(ams_policy_file *policy, const uint32_t *model)
{
    const ams_net *net = &policy->net;
    const uint32_t last = net->n_layers - 1;
    const uint32_t outputs = net->width[net->n_layers];
    const uint32_t n = policy->model_name.count;
    float scratch[AMS_MAX_MODELS];
    const uint32_t heads = net->heads > 0 ? net->heads : 1;
    for (uint32_t g = 0; g < heads; g++) {
        float *weight = net->params + net->weight[last] + (size_t)g * ams_net_actions(net);
        for (uint32_t i = 0; i < net->width[last]; i++) {
            permute(weight + (size_t)i * outputs, model, n, scratch);
        }
        permute(net->params + net->bias[last] + (size_t)g * ams_net_actions(net), model, n,
                scratch);
    }
    permute(policy->time_ms, model, n, scratch);
    permute(policy->mem_mb, model, n, scratch);
    permute(policy->theta, model, n, scratch);
    permute(policy->threshold, model, n, scratch);
}

static ams_status copy_names(ams_names *to, const ams_names *from, ams_error *err)
{
    ams_names copy = {0};
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < from->count; i++) {
        const char *name = ams_names_get(from, i);
        uint32_t index = 0;
        AMS_TRY(ams_names_add(&copy, name, strlen(name), &index, err));
    }
    ams_names_fini(to);
    *to = copy;
    return AMS_OK;
out:
    ams_names_fini(&copy);
    return status;
}

ams_status ams_policy_file_map(ams_policy_file *policy, const ams_table *table,
                               ams_label_map *map, ams_error *err)
{
    uint32_t model[AMS_MAX_MODELS] = {0}; /* of the policy, for each of the table */
    ams_status status = AMS_OK;
    *map = (ams_label_map){0};
    AMS_TRY(check_models(policy, table, err));
    for (uint32_t m = 0; m < table->n_models; m++) {
        model[m] = find(&policy->model_name, ams_names_get(&table->model_name, m));
    }
    const bool labels = same_names(&policy->label_name, &table->label_name);
    const bool models = same_names(&policy->model_name, &table->model_name);
    if (!labels || !models) {
        AMS_TRY(map_inputs(policy, table, model, map, err));
    }
    if (!models) {
        map_outputs(policy, model);
        AMS_TRY(copy_names(&policy->model_name, &table->model_name, err));
    }
    if (!labels) {
        AMS_TRY(copy_names(&policy->label_name, &table->label_name, err));
    }
out:
    return status;
}
