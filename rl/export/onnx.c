/* policy.onnx: a graph of Gemm and Relu, and of what makes Q of dueling heads.
 *
 *   state (batch, F) -> Gemm -> Relu -> ... -> Gemm -> q (batch, A)
 *   dueling: heads (batch, A + 1) -> Split a, v;  q = (v - mean a) + a */
#include "base/memory.h"
#include "rl/export/kinds.h"

#include <onnx.pb-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Operator set 13 (ONNX 1.8): the first with Split's sizes as an input. */
enum { IR_VERSION = 7, OPSET = 13, ACTIONS_AXIS = 1 };
enum {
    MOST_NODES = 2 * AMS_MAX_LAYERS + 4,
    MOST_TENSORS = 2 * AMS_MAX_LAYERS + 1,
    MOST_PORTS = 3,
    NAME = 32
};

/* The message's parts. Nothing is allocated: texts and numbers are borrowed or stand here. */
typedef struct onnx_model {
    Onnx__ModelProto message;
    Onnx__OperatorSetIdProto opset, *opset_list[1];
    Onnx__GraphProto graph;
    Onnx__NodeProto node[MOST_NODES], *node_list[MOST_NODES];
    char *input[MOST_NODES][MOST_PORTS], *output[MOST_NODES][MOST_PORTS];
    Onnx__AttributeProto attribute[MOST_NODES], *attribute_list[MOST_NODES][1];
    Onnx__TensorProto tensor[MOST_TENSORS], *tensor_list[MOST_TENSORS];
    char tensor_name[MOST_TENSORS][NAME];
    int64_t dims[MOST_TENSORS][2];
    Onnx__ValueInfoProto port[2], *port_list[2];
    Onnx__TypeProto type[2];
    Onnx__TypeProto__Tensor tensor_type[2];
    Onnx__TensorShapeProto shape[2];
    Onnx__TensorShapeProto__Dimension dim[2][2], *dim_list[2][2];
    Onnx__StringStringEntryProto entry[AMS_META_MOST], *entry_list[AMS_META_MOST];
    char value_name[MOST_NODES][NAME];
    int64_t axis, split[2];
    size_t n_nodes, n_tensors;
} onnx_model;

/* protobuf-c has no const texts; the packer only reads. */
static char *text(const char *constant)
{
    char *mutable_text;
    memcpy(&mutable_text, &constant, sizeof mutable_text);
    return mutable_text;
}

static char *add_tensor(onnx_model *m, const char *name, int32_t type, const void *data,
                        const int64_t dims[2])
{
    const size_t i = m->n_tensors++;
    const bool floats = type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    Onnx__TensorProto *t = &m->tensor[i];
    onnx__tensor_proto__init(t);
    snprintf(m->tensor_name[i], NAME, "%s", name);
    memcpy(m->dims[i], dims, sizeof m->dims[i]);
    t->name = m->tensor_name[i];
    t->n_dims = dims[1] < 0 ? 1 : 2;
    t->dims = m->dims[i];
    t->has_data_type = 1;
    t->data_type = type;
    t->has_raw_data = 1; /* little-endian, as memory is (base/sections.c asserts it) */
    t->raw_data.len = (size_t)(dims[0] * (dims[1] < 0 ? 1 : dims[1])) *
                      (floats ? sizeof(float) : sizeof(int64_t));
    memcpy(&t->raw_data.data, &data, sizeof data);
    m->tensor_list[i] = t;
    return t->name;
}

/* A node of `n_in` inputs; returns its output's name, which is `name`. */
static char *add_node(onnx_model *m, const char *op, const char *name, size_t n_in, ...)
{
    const size_t i = m->n_nodes++;
    Onnx__NodeProto *node = &m->node[i];
    va_list inputs;
    onnx__node_proto__init(node);
    snprintf(m->value_name[i], NAME, "%s", name);
    va_start(inputs, n_in);
    for (size_t k = 0; k < n_in; k++) {
        m->input[i][k] = va_arg(inputs, char *);
    }
    va_end(inputs);
    m->output[i][0] = m->value_name[i];
    node->op_type = text(op);
    node->name = m->value_name[i];
    node->n_input = n_in;
    node->input = m->input[i];
    node->n_output = 1;
    node->output = m->output[i];
    m->node_list[i] = node;
    return m->value_name[i];
}

/* The last node's attribute: the actions' axis. */
static void along_actions(onnx_model *m, const char *name, bool list)
{
    const size_t i = m->n_nodes - 1;
    Onnx__AttributeProto *a = &m->attribute[i];
    onnx__attribute_proto__init(a);
    m->axis = ACTIONS_AXIS;
    a->name = text(name);
    a->has_type = 1;
    if (list) {
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        a->n_ints = 1;
        a->ints = &m->axis;
    } else {
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        a->has_i = 1;
        a->i = ACTIONS_AXIS;
    }
    m->attribute_list[i][0] = a;
    m->node[i].n_attribute = 1;
    m->node[i].attribute = m->attribute_list[i];
}

static void add_dueling(onnx_model *m, uint32_t n_actions, char *heads)
{
    m->split[0] = n_actions;
    m->split[1] = 1;
    char *sizes = add_tensor(m, "split", ONNX__TENSOR_PROTO__DATA_TYPE__INT64, m->split,
                             (int64_t[2]){2, -1});
    char *advantage = add_node(m, "Split", "a", 2, heads, sizes);
    along_actions(m, "axis", false);
    m->output[m->n_nodes - 1][1] = text("v");
    m->node[m->n_nodes - 1].n_output = 2;
    char *mean = add_node(m, "ReduceMean", "mean", 1, advantage);
    along_actions(m, "axes", true);
    char *base = add_node(m, "Sub", "base", 2, text("v"), mean);
    add_node(m, "Add", "q", 2, base, advantage);
}

static void add_layers(onnx_model *m, const ams_net *net)
{
    char *before = text("state");
    char name[NAME];
    for (uint32_t k = 0; k < net->n_layers; k++) {
        const bool last = k + 1 == net->n_layers;
        snprintf(name, sizeof name, "layer%u.weight", k);
        char *w = add_tensor(m, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                             net->params + net->weight[k],
                             (int64_t[2]){net->width[k], net->width[k + 1]});
        snprintf(name, sizeof name, "layer%u.bias", k);
        char *b = add_tensor(m, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                             net->params + net->bias[k], (int64_t[2]){net->width[k + 1], -1});
        snprintf(name, sizeof name, "sum%u", k);
        before = add_node(m, "Gemm",
                          !last          ? name
                          : net->dueling ? "heads"
                                         : "q",
                          3, before, w, b);
        if (!last) {
            snprintf(name, sizeof name, "unit%u", k);
            before = add_node(m, "Relu", name, 1, before);
        }
    }
    if (net->dueling) {
        add_dueling(m, ams_net_actions(net), before);
    }
}

/* Input 0 or output 1: floats of (batch, columns). */
static void describe_port(onnx_model *m, size_t i, const char *name, uint32_t columns)
{
    onnx__value_info_proto__init(&m->port[i]);
    onnx__type_proto__init(&m->type[i]);
    onnx__type_proto__tensor__init(&m->tensor_type[i]);
    onnx__tensor_shape_proto__init(&m->shape[i]);
    for (size_t d = 0; d < 2; d++) {
        onnx__tensor_shape_proto__dimension__init(&m->dim[i][d]);
        m->dim_list[i][d] = &m->dim[i][d];
    }
    m->dim[i][0].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    m->dim[i][0].dim_param = text("batch");
    m->dim[i][1].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    m->dim[i][1].dim_value = columns;
    m->shape[i].n_dim = 2;
    m->shape[i].dim = m->dim_list[i];
    m->tensor_type[i].has_elem_type = 1;
    m->tensor_type[i].elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    m->tensor_type[i].shape = &m->shape[i];
    m->type[i].value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    m->type[i].tensor_type = &m->tensor_type[i];
    m->port[i].name = text(name);
    m->port[i].type = &m->type[i];
    m->port_list[i] = &m->port[i];
}

static void describe_model(onnx_model *m, const ams_net *net, const ams_meta *meta)
{
    onnx__model_proto__init(&m->message);
    onnx__graph_proto__init(&m->graph);
    onnx__operator_set_id_proto__init(&m->opset);
    add_layers(m, net);
    describe_port(m, 0, "state", net->width[0]);
    describe_port(m, 1, "q", ams_net_actions(net));
    m->graph.name = text("policy");
    m->graph.n_node = m->n_nodes;
    m->graph.node = m->node_list;
    m->graph.n_initializer = m->n_tensors;
    m->graph.initializer = m->tensor_list;
    m->graph.n_input = 1;
    m->graph.input = &m->port_list[0];
    m->graph.n_output = 1;
    m->graph.output = &m->port_list[1];
    for (uint32_t i = 0; i < meta->n; i++) {
        onnx__string_string_entry_proto__init(&m->entry[i]);
        m->entry[i].key = text(meta->key[i]);
        m->entry[i].value = meta->text[i];
        m->entry_list[i] = &m->entry[i];
    }
    m->opset.domain = text("");
    m->opset.has_version = 1;
    m->opset.version = OPSET;
    m->opset_list[0] = &m->opset;
    m->message.has_ir_version = 1;
    m->message.ir_version = IR_VERSION;
    m->message.n_opset_import = 1;
    m->message.opset_import = m->opset_list;
    m->message.producer_name = text("ams");
    m->message.graph = &m->graph;
    m->message.n_metadata_props = meta->n;
    m->message.metadata_props = m->entry_list;
}

ams_status ams_onnx_write(const ams_policy_file *policy, const ams_golden *golden,
                          ams_blob *blob, ams_error *err)
{
    ams_meta meta = {0};
    onnx_model *m = NULL;
    ams_status status = AMS_OK;
    (void)golden;
    AMS_TRY(ams_alloc(&m, 1, sizeof *m, "an ONNX model", err));
    AMS_TRY(ams_meta_init(&meta, policy, err));
    describe_model(m, &policy->net, &meta);
    size_t size = onnx__model_proto__get_packed_size(&m->message);
    if (size > INT32_MAX) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "the policy needs %zu bytes as ONNX, which ends at 2 GiB", size);
        goto out;
    }
    AMS_TRY(ams_grow(&blob->data, &blob->capacity, size, 1, "an ONNX model", err));
    blob->size = onnx__model_proto__pack(&m->message, blob->data);
out:
    ams_meta_fini(&meta);
    free(m);
    return status;
}
