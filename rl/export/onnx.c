/* policy.onnx: a graph of Gemm and Relu, and of what makes Q of dueling heads.
 *
 *   state (batch, F) -> Gemm -> Relu -> ... -> Gemm -> q (batch, A)
 *   dueling: heads (batch, A + 1) -> Split a, v;  q = (v - mean a) + a
 *   with an output head per goal the state ends in G shares of the goals:
 *   state (batch, F + G) -> Split x, goals;  x -> Gemm -> ... -> heads (batch, G A)
 *   goals -> Gemm with `each`: shares (batch, G A), a goal's share for each of its outputs
 *   heads x shares = asked -> Gemm with `sums`: q (batch, A), the sum over heads */
#include "base/memory.h"
#include "rl/export/onnx_graph.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_NODES = 2 * AMS_MAX_LAYERS + 4, MOST_TENSORS = 2 * AMS_MAX_LAYERS + 5 };

/* Tensors that the graph borrows. */
typedef struct onnx_constants {
    int64_t split[2];
    float *each; /* (G, G A) 1 where an output is the head's */
    float *sums; /* (G A, A) 1 where an output is the action's */
    float *zero; /* (G A) */
} onnx_constants;

static ams_status make_constants(onnx_constants *c, const ams_net *net, ams_error *err)
{
    static const char *const what = "an ONNX model";
    const uint32_t a = ams_net_actions(net);
    const uint32_t outputs = net->width[net->n_layers];
    ams_status status = AMS_OK;
    *c = (onnx_constants){.split = {a, 1}};
    if (net->heads > 0) {
        c->split[0] = net->width[0];
        c->split[1] = net->heads;
        AMS_TRY(ams_alloc(&c->each, (size_t)net->heads * outputs, sizeof(float), what, err));
        AMS_TRY(ams_alloc(&c->sums, (size_t)outputs * a, sizeof(float), what, err));
        AMS_TRY(ams_alloc(&c->zero, outputs, sizeof(float), what, err));
        for (uint32_t k = 0; k < outputs; k++) {
            c->each[(size_t)(k / a) * outputs + k] = 1;
            c->sums[(size_t)k * a + k % a] = 1;
        }
    }
out:
    return status;
}

static void free_constants(onnx_constants *c)
{
    free(c->each);
    free(c->sums);
    free(c->zero);
}

/* The state's inputs, parted from the goals. */
static const char *add_state(ams_onnx *g, const ams_net *net, const onnx_constants *c)
{
    if (net->heads == 0) {
        return "state";
    }
    const char *sizes = ams_onnx_sizes(g, "split", c->split, 2);
    const char *x = ams_onnx_node(g, "Split", "x", (const char *[]){"state", sizes}, 2);
    ams_onnx_result(g, "goals");
    ams_onnx_along_columns(g, false);
    return x;
}

static void add_heads(ams_onnx *g, const ams_net *net, const onnx_constants *c,
                      const char *heads)
{
    const uint32_t outputs = net->width[net->n_layers];
    const uint32_t a = ams_net_actions(net);
    const char *each = ams_onnx_floats(g, "each", c->each, net->heads, outputs);
    const char *sums = ams_onnx_floats(g, "sums", c->sums, outputs, a);
    const char *none = ams_onnx_floats(g, "none", c->zero, outputs, 0);
    const char *nothing = ams_onnx_floats(g, "nothing", c->zero, a, 0);
    const char *shares =
        ams_onnx_node(g, "Gemm", "shares", (const char *[]){"goals", each, none}, 3);
    const char *asked = ams_onnx_node(g, "Mul", "asked", (const char *[]){heads, shares}, 2);
    ams_onnx_node(g, "Gemm", "q", (const char *[]){asked, sums, nothing}, 3);
}

static void add_dueling(ams_onnx *g, const int64_t split[2], const char *heads)
{
    const char *sizes = ams_onnx_sizes(g, "split", split, 2);
    const char *advantage = ams_onnx_node(g, "Split", "a", (const char *[]){heads, sizes}, 2);
    ams_onnx_result(g, "v");
    ams_onnx_along_columns(g, false);
    const char *mean = ams_onnx_node(g, "ReduceMean", "mean", &advantage, 1);
    ams_onnx_along_columns(g, true);
    const char *base = ams_onnx_node(g, "Sub", "base", (const char *[]){"v", mean}, 2);
    ams_onnx_node(g, "Add", "q", (const char *[]){base, advantage}, 2);
}

static void add_layers(ams_onnx *g, const ams_net *net, const onnx_constants *c)
{
    const char *before = add_state(g, net, c);
    char name[AMS_ONNX_NAME];
    for (uint32_t k = 0; k < net->n_layers; k++) {
        const bool last = k + 1 == net->n_layers;
        snprintf(name, sizeof name, "layer%u.weight", k);
        const char *w = ams_onnx_floats(g, name, net->params + net->weight[k], net->width[k],
                                        net->width[k + 1]);
        snprintf(name, sizeof name, "layer%u.bias", k);
        const char *b =
            ams_onnx_floats(g, name, net->params + net->bias[k], net->width[k + 1], 0);
        snprintf(name, sizeof name, "sum%u", k);
        before = ams_onnx_node(g, "Gemm",
                               !last                            ? name
                               : net->dueling || net->heads > 0 ? "heads"
                                                                : "q",
                               (const char *[]){before, w, b}, 3);
        if (!last) {
            snprintf(name, sizeof name, "unit%u", k);
            before = ams_onnx_node(g, "Relu", name, &before, 1);
        }
    }
    if (net->dueling) {
        add_dueling(g, c->split, before);
    }
    if (net->heads > 0) {
        add_heads(g, net, c, before);
    }
}

ams_status ams_onnx_write(const ams_policy_file *policy, const ams_golden *golden,
                          ams_blob *blob, ams_error *err)
{
    const ams_net *net = &policy->net;
    onnx_constants constants = {.each = NULL};
    ams_meta meta = {0};
    ams_onnx *graph = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_onnx_init(&graph, MOST_NODES, MOST_TENSORS, err));
    AMS_TRY(ams_meta_init(&meta, policy, err));
    AMS_TRY(make_constants(&constants, net, err));
    add_layers(graph, net, &constants);
    status =
        ams_onnx_pack(graph, "policy", (ams_onnx_port){"state", ams_golden_features(golden)},
                      (ams_onnx_port){"q", ams_net_actions(net)}, &meta, blob, err);
out:
    ams_meta_fini(&meta);
    ams_onnx_free(graph);
    free_constants(&constants);
    return status;
}
