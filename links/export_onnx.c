/* links.onnx: a graph of dense layers, of what each target's kind asks for, and of all targets
 * side by side.
 *
 *   run (batch, I) -> Gemm -> linked (batch, O)                                 ridge
 *   run -> Gemm -> Relu -> Gemm -> Sigmoid or Softmax, per target -> Concat     networks */
#include "links/export.h"

#include "base/memory.h"
#include "rl/export/onnx_graph.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { PER_BLOCK = 5 }; /* nodes, and no more tensors */

/* The model and the label of each column. */
static json_t *columns_of(const ams_link_graph *g, const uint32_t *column, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++) {
        const char *model =
            ams_names_get(&g->file->model_name, ams_link_graph_model(g, column[i]));
        json_array_append_new(list,
                              json_pack("[s, s]", model, ams_link_graph_label(g, column[i])));
    }
    if (json_array_size(list) < n) { /* a name that is not UTF-8 */
        json_decref(list);
        return NULL;
    }
    return list;
}

/* A threshold per output: predicted is what is above it, of `single` the largest alone. */
static json_t *thresholds_of(const ams_link_graph *g)
{
    json_t *list = json_array();
    for (uint32_t k = 0; k < g->n_outputs; k++) {
        json_array_append_new(list,
                              json_real(g->map->tau[ams_link_graph_model(g, g->output[k])]));
    }
    return list;
}

static json_t *kinds_of(const ams_link_graph *g)
{
    static const char *const name[] = {
        [AMS_LINK_MULTI] = "multi", [AMS_LINK_SINGLE] = "single", [AMS_LINK_REAL] = "real"};
    json_t *list = json_array();
    for (uint32_t m = 0; m < g->file->space.n_models; m++) {
        json_array_append_new(list, json_string(name[g->file->space.kind[m]]));
    }
    return list;
}

static json_t *models_of(const ams_link_graph *g)
{
    json_t *list = json_array();
    for (uint32_t m = 0; m < g->file->space.n_models; m++) {
        json_array_append_new(list, json_string(ams_names_get(&g->file->model_name, m)));
    }
    return list;
}

/* What is valuable of each model: bits are 1 above it. */
static json_t *valuable_of(const ams_link_graph *g)
{
    json_t *list = json_array();
    for (uint32_t m = 0; m < g->file->space.n_models; m++) {
        json_array_append_new(list, json_real((double)g->file->space.threshold[m]));
    }
    return list;
}

/* Takes the reference to the value. */
static ams_status put(ams_meta *meta, const char *key, json_t *value, ams_error *err)
{
    char *text =
        value == NULL
            ? NULL
            : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    json_decref(value);
    return ams_meta_put(meta, key, text, err);
}

static ams_status put_text(ams_meta *meta, const char *key, const char *value, ams_error *err)
{
    char *text = NULL;
    const ams_status status = ams_copy_text(&text, value, err);
    return status == AMS_OK ? ams_meta_put(meta, key, text, err) : status;
}

static ams_status describe(ams_meta *meta, const ams_link_graph *g, ams_error *err)
{
    const ams_link_options *o = &g->file->space.options;
    ams_status status = AMS_OK;
    AMS_TRY(put_text(meta, "format", "ams-links", err));
    AMS_TRY(put_text(meta, "version", "1", err));
    AMS_TRY(put_text(meta, "data_hash", g->file->data_hash, err));
    AMS_TRY(put(meta, "models", models_of(g), err));
    AMS_TRY(put(meta, "kinds", kinds_of(g), err));
    AMS_TRY(put(meta, "valuable", valuable_of(g), err));
    AMS_TRY(put_text(meta, "features", ams_link_values_modes[o->features], err));
    AMS_TRY(put_text(meta, "targets", ams_link_values_modes[o->targets], err));
    AMS_TRY(put(meta, "inputs", columns_of(g, g->input, g->n_inputs), err));
    AMS_TRY(put(meta, "outputs", columns_of(g, g->output, g->n_outputs), err));
    AMS_TRY(put(meta, "thresholds", thresholds_of(g), err));
out:
    return status;
}

/* `last`: the name of its result. */
static const char *add_block(ams_onnx *graph, const ams_link_block *b, uint32_t index,
                             const char *last)
{
    static const char *const op[] = {
        [AMS_LINK_SIGMOID] = "Sigmoid", [AMS_LINK_SOFTMAX] = "Softmax"};
    const bool linear = b->activation == AMS_LINK_LINEAR;
    const char *before = "run";
    char name[AMS_ONNX_NAME];
    for (uint32_t k = 0; k < b->n_layers; k++) {
        const ams_link_layer *l = &b->layer[k];
        const bool end = k + 1 == b->n_layers;
        snprintf(name, sizeof name, "link%u.weight%u", index, k);
        const char *w = ams_onnx_floats(graph, name, l->w, l->in, l->out);
        snprintf(name, sizeof name, "link%u.bias%u", index, k);
        const char *bias = ams_onnx_floats(graph, name, l->b, l->out, 0);
        snprintf(name, sizeof name, "link%u.sum%u", index, k);
        before = ams_onnx_node(graph, "Gemm", end && linear ? last : name,
                               (const char *[]){before, w, bias}, 3);
        if (!end) {
            snprintf(name, sizeof name, "link%u.unit%u", index, k);
            before = ams_onnx_node(graph, "Relu", name, &before, 1);
        }
    }
    if (linear) {
        return before;
    }
    before = ams_onnx_node(graph, op[b->activation], last, &before, 1);
    if (b->activation == AMS_LINK_SOFTMAX) {
        ams_onnx_along_columns(graph, false);
    }
    return before;
}

ams_status ams_link_onnx_write(const ams_link_graph *g, const ams_golden *golden,
                               ams_blob *blob, ams_error *err)
{
    const size_t most = (size_t)PER_BLOCK * g->n_blocks + 1;
    const char *part[AMS_MAX_MODELS];
    char name[AMS_ONNX_NAME] = "linked";
    ams_meta meta = {0};
    ams_onnx *graph = NULL;
    ams_status status = AMS_OK;
    (void)golden;
    AMS_TRY(ams_onnx_init(&graph, most, most, err));
    AMS_TRY(describe(&meta, g, err));
    for (uint32_t k = 0; k < g->n_blocks; k++) {
        if (g->n_blocks > 1) {
            snprintf(name, sizeof name, "link%u", k);
        }
        part[k] = add_block(graph, &g->block[k], k, name);
    }
    if (g->n_blocks > 1) {
        ams_onnx_node(graph, "Concat", "linked", part, g->n_blocks);
        ams_onnx_along_columns(graph, false);
    }
    status = ams_onnx_pack(graph, "links", (ams_onnx_port){"run", g->n_inputs},
                           (ams_onnx_port){"linked", g->n_outputs}, &meta, blob, err);
out:
    ams_meta_fini(&meta);
    ams_onnx_free(graph);
    return status;
}
