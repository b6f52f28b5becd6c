/* policy.onnx: a graph of Gemm and Relu, and of what makes Q of dueling heads.
 *
 *   state (batch, F) -> Gemm -> Relu -> ... -> Gemm -> q (batch, A)
 *   dueling: heads (batch, A + 1) -> Split a, v;  q = (v - mean a) + a */
#include "rl/export/onnx_graph.h"

#include <stdio.h>

enum { MOST_NODES = 2 * AMS_MAX_LAYERS + 4, MOST_TENSORS = 2 * AMS_MAX_LAYERS + 1 };

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

static void add_layers(ams_onnx *g, const ams_net *net, const int64_t split[2])
{
    const char *before = "state";
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
                               !last          ? name
                               : net->dueling ? "heads"
                                              : "q",
                               (const char *[]){before, w, b}, 3);
        if (!last) {
            snprintf(name, sizeof name, "unit%u", k);
            before = ams_onnx_node(g, "Relu", name, &before, 1);
        }
    }
    if (net->dueling) {
        add_dueling(g, split, before);
    }
}

ams_status ams_onnx_write(const ams_policy_file *policy, const ams_golden *golden,
                          ams_blob *blob, ams_error *err)
{
    const ams_net *net = &policy->net;
    const int64_t split[2] = {ams_net_actions(net), 1};
    ams_meta meta = {0};
    ams_onnx *graph = NULL;
    ams_status status = AMS_OK;
    (void)golden;
    AMS_TRY(ams_onnx_init(&graph, MOST_NODES, MOST_TENSORS, err));
    AMS_TRY(ams_meta_init(&meta, policy, err));
    add_layers(graph, net, split);
    status = ams_onnx_pack(graph, "policy", (ams_onnx_port){"state", net->width[0]},
                           (ams_onnx_port){"q", ams_net_actions(net)}, &meta, blob, err);
out:
    ams_meta_fini(&meta);
    ams_onnx_free(graph);
    return status;
}
