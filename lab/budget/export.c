/* The exact solution, or an agent, as a policy for the embedded scheduler. */
#include "lab/budget/parts.h"

#include "ams/sections.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPE = 9, META = 144, LABEL = 64, UNIT = 16, HASH = 40, SEED_AT = LABEL + UNIT + HASH };

/* A section that grows. */
typedef struct export_part {
    float *value;
    size_t n, capacity;
} export_part;

static ams_status add_row(export_part *part, const float *row, size_t n, ams_error *err)
{
    ams_status status =
        ams_grow(&part->value, &part->capacity, part->n + n, sizeof(float), "a policy", err);
    if (status == AMS_OK) {
        memcpy(part->value + part->n, row, n * sizeof(float));
        part->n += n;
    }
    return status;
}

static ams_status put_part(ams_blob *blob, const char *tag, export_part *part, ams_error *err)
{
    const ams_status status =
        ams_blob_add(blob, tag, part->value, part->n * sizeof(float), err);
    free(part->value);
    *part = (export_part){0};
    return status;
}

static ams_status put_meta(const budget_export *x, ams_blob *blob, ams_error *err)
{
    const budget_data *data = x->data;
    char meta[META] = "";
    ams_status status = AMS_OK;
    const uint32_t number[] = {data->n_models,       data->n_labels,
                               (uint32_t)x->list->n, (uint32_t)x->options->rule,
                               data->relative,       0};
    snprintf(meta, LABEL, "%s", x->name);
    snprintf(meta + LABEL, UNIT, "%s", ams_table_cost_unit(x->table));
    AMS_TRY(ams_table_hash(x->table, meta + LABEL + UNIT, err));
    memcpy(meta + SEED_AT, number, sizeof number);
    AMS_TRY(ams_blob_add(blob, "meta", meta, META, err));
out:
    return status;
}

static ams_status put_names(ams_blob *blob, const char *tag, const char *const *name,
                            uint32_t n, ams_error *err)
{
    char *text = NULL;
    size_t capacity = 0;
    size_t used = 0;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < n; k++) {
        const size_t length = strlen(name[k]) + 1;
        AMS_TRY(ams_grow(&text, &capacity, used + length, 1, "names", err));
        memcpy(text + used, name[k], length);
        used += length;
    }
    AMS_TRY(ams_blob_add(blob, tag, text, used, err));
out:
    free(text);
    return status;
}

static ams_status put_models(const budget_export *x, ams_blob *blob, ams_error *err)
{
    const budget_data *data = x->data;
    const char *model[AMS_BUDGET_MODELS];
    float threshold[AMS_BUDGET_MODELS];
    const char **label = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&label, data->n_labels, sizeof *label, "names", err));
    for (uint32_t m = 0; m < data->n_models; m++) {
        model[m] = ams_names_get(&x->table->model_name, data->model[m]);
        threshold[m] = ams_table_threshold(x->table, data->model[m]);
    }
    for (uint32_t c = 0; c < data->n_labels; c++) {
        label[c] = ams_names_get(&data->label_name, c);
    }
    AMS_TRY(put_names(blob, "models", model, data->n_models, err));
    AMS_TRY(put_names(blob, "labels", label, data->n_labels, err));
    AMS_TRY(ams_blob_add(blob, "cost", data->cost, data->n_models * sizeof(double), err));
    AMS_TRY(ams_blob_add(blob, "valuable", threshold, data->n_models * sizeof(float), err));
out:
    free(label);
    return status;
}

static ams_status put_prices(const budget_export *x, ams_blob *blob, ams_error *err)
{
    const budget_list *list = x->list;
    double *number = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&number, 3 * list->n, sizeof *number, "prices", err));
    for (size_t k = 0; k < list->n; k++) {
        number[k] = list->policy[k].lambda;
        number[list->n + k] = list->policy[k].train_cost;
        number[2 * list->n + k] = list->policy[k].train_score;
    }
    AMS_TRY(ams_blob_add(blob, "prices", number, 3 * list->n * sizeof *number, err));
out:
    free(number);
    return status;
}

/* Without the padding of the rows. */
static ams_status put_posterior(const budget_export *x, ams_blob *blob, ams_error *err)
{
    const uint32_t sets = 1U << x->data->n_models;
    export_part part = {0};
    ams_status status = AMS_OK;
    for (uint32_t set = 0; set < sets; set++) {
        const budget_softmax *model = &x->answers->posterior[set];
        for (uint32_t f = 0; f < model->n_features; f++) {
            AMS_TRY(add_row(&part, model->weight + (size_t)f * model->stride, model->n_classes,
                            err));
        }
    }
    status = put_part(blob, "answers", &part, err);
out:
    free(part.value);
    return status;
}

static size_t value_features(const budget_data *data, uint32_t set)
{
    return ams_answers_value_features((uint32_t)__builtin_popcount(set), data->n_classes);
}

static ams_status put_stops(const budget_export *x, const budget_solver *solver, ams_blob *blob,
                            ams_error *err)
{
    const budget_data *data = x->data;
    const uint32_t lasts = x->options->rule == AMS_ANSWER_LAST ? data->n_models : 1;
    export_part part = {0};
    ams_status status = AMS_OK;
    for (uint32_t set = 0; set < 1U << data->n_models; set++) {
        for (uint32_t last = 0; last < lasts; last++) {
            AMS_TRY(add_row(&part, ams_budget_stop_weight(solver, set, last),
                            value_features(data, set), err));
        }
    }
    status = put_part(blob, "stops", &part, err);
out:
    free(part.value);
    return status;
}

/* Solves again at each price, since a solver keeps its last one only. */
static ams_status put_calls(const budget_export *x, budget_solver *solver, ams_blob *blob,
                            ams_error *err)
{
    const budget_data *data = x->data;
    export_part part = {0};
    ams_status status = AMS_OK;
    for (size_t k = 0; k < x->list->n; k++) {
        budget_policy again = {0};
        AMS_TRY(ams_budget_solve(solver, x->list->policy[k].lambda, &again, err));
        ams_budget_policy_fini(&again);
        for (uint32_t set = 0; set < 1U << data->n_models; set++) {
            for (uint32_t m = 0; m < data->n_models; m++) {
                if ((set >> m & 1) == 0) {
                    AMS_TRY(add_row(&part, ams_budget_call_weight(solver, set, m),
                                    value_features(data, set), err));
                }
            }
        }
    }
    status = put_part(blob, "calls", &part, err);
out:
    free(part.value);
    return status;
}

/* The shape of an agent's networks; where no policy has any, one that is as small as can be. */
static ams_networks shape_of(const budget_export *x)
{
    const budget_data *data = x->data;
    for (size_t k = 0; k < x->list->n; k++) {
        if (x->list->policy[k].network != NULL) {
            return x->list->policy[k].shape;
        }
    }
    return (ams_networks){.n = 1,
                          .n_layers = 1,
                          .width = {ams_answers_state_features(data->n_models, data->n_classes),
                                    data->n_models + 1}};
}

/* A policy without networks calls nothing. */
static ams_status put_networks(const budget_export *x, const ams_networks *shape,
                               ams_blob *blob, ams_error *err)
{
    const budget_list *list = x->list;
    const size_t size = (size_t)(ams_networks_size(shape) * shape->n);
    export_part roots = {0};
    export_part networks = {0};
    float *none = NULL; /* of such a policy */
    uint32_t number[SHAPE] = {shape->n, shape->n_layers, shape->dueling};
    ams_status status = AMS_OK;
    memcpy(number + 3, shape->width, sizeof shape->width);
    AMS_TRY(ams_alloc(&none, size, sizeof *none, "a policy", err));
    for (size_t k = 0; k < list->n; k++) {
        const budget_policy *p = &list->policy[k];
        AMS_TRY(add_row(&roots, p->root, x->data->n_models, err));
        AMS_TRY(add_row(&networks, p->network == NULL ? none : p->network, size, err));
    }
    AMS_TRY(ams_blob_add(blob, "shape", number, sizeof number, err));
    AMS_TRY(put_part(blob, "roots", &roots, err));
    status = put_part(blob, "networks", &networks, err);
out:
    free(none);
    free(roots.value);
    free(networks.value);
    return status;
}

ams_status ams_budget_export(const budget_export *x, budget_solver *solver, ams_error *err)
{
    ams_blob blob = {0};
    const ams_networks shape = shape_of(x);
    ams_status status = AMS_OK;
    AMS_TRY(ams_blob_begin(&blob, solver != NULL ? "AMSBUD01" : "AMSBUD02", err));
    AMS_TRY(put_meta(x, &blob, err));
    AMS_TRY(put_models(x, &blob, err));
    AMS_TRY(put_prices(x, &blob, err));
    AMS_TRY(put_posterior(x, &blob, err));
    if (solver == NULL) {
        AMS_TRY(put_networks(x, &shape, &blob, err));
    } else {
        AMS_TRY(put_stops(x, solver, &blob, err));
        AMS_TRY(put_calls(x, solver, &blob, err));
    }
    AMS_TRY(ams_blob_write(&blob, x->options->policy_path, err));
out:
    ams_blob_fini(&blob);
    return status;
}
