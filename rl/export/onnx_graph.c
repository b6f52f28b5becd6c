#include "rl/export/onnx_graph.h"

#include "base/memory.h"

#include <onnx.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Operator set 13 (ONNX 1.8): the first with Split's sizes as an input. */
enum { IR_VERSION = 7, OPSET = 13, COLUMNS = 1 };

typedef struct onnx_node {
    Onnx__NodeProto message;
    char *input[AMS_ONNX_PORTS], *output[2];
    char name[AMS_ONNX_NAME];
    Onnx__AttributeProto attribute, *attributes[1];
} onnx_node;

typedef struct onnx_tensor {
    Onnx__TensorProto message;
    char name[AMS_ONNX_NAME];
    int64_t dims[2];
} onnx_tensor;

/* Input or output of the graph. */
typedef struct onnx_end {
    Onnx__ValueInfoProto message, *list[1];
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dim[2], *dims[2];
} onnx_end;

struct ams_onnx {
    Onnx__ModelProto message;
    Onnx__OperatorSetIdProto opset, *opsets[1];
    Onnx__GraphProto graph;
    onnx_node *node;
    onnx_tensor *tensor;
    Onnx__NodeProto **nodes;
    Onnx__TensorProto **tensors;
    size_t n_nodes, n_tensors;
    onnx_end end[2];
    Onnx__StringStringEntryProto entry[AMS_META_MOST], *entries[AMS_META_MOST];
    int64_t axis;
};

/* protobuf-c has no const texts; the packer only reads. */
static char *text(const char *constant)
{
    char *mutable_text;
    memcpy(&mutable_text, &constant, sizeof mutable_text);
    return mutable_text;
}

ams_status ams_onnx_init(ams_onnx **graph, size_t most_nodes, size_t most_tensors,
                         ams_error *err)
{
    ams_onnx *g = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&g, 1, sizeof *g, "an ONNX model", err));
    AMS_TRY(ams_alloc(&g->node, most_nodes, sizeof *g->node, "an ONNX model", err));
    AMS_TRY(ams_alloc(&g->nodes, most_nodes, sizeof(void *), "an ONNX model", err));
    AMS_TRY(ams_alloc(&g->tensor, most_tensors, sizeof *g->tensor, "an ONNX model", err));
    AMS_TRY(ams_alloc(&g->tensors, most_tensors, sizeof(void *), "an ONNX model", err));
    g->axis = COLUMNS;
out:
    if (status != AMS_OK) {
        ams_onnx_free(g);
        g = NULL;
    }
    *graph = g;
    return status;
}

void ams_onnx_free(ams_onnx *graph)
{
    if (graph != NULL) {
        free(graph->node);
        free(graph->tensor);
        free(graph->nodes);
        free(graph->tensors);
        free(graph);
    }
}

/* dims[1] < 0: a vector. */
static const char *add_tensor(ams_onnx *g, const char *name, int32_t type, const void *data,
                              const int64_t dims[2])
{
    onnx_tensor *own = &g->tensor[g->n_tensors];
    const bool floats = type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    Onnx__TensorProto *t = &own->message;
    onnx__tensor_proto__init(t);
    snprintf(own->name, sizeof own->name, "%s", name);
    memcpy(own->dims, dims, sizeof own->dims);
    t->name = own->name;
    t->n_dims = dims[1] < 0 ? 1 : 2;
    t->dims = own->dims;
    t->has_data_type = 1;
    t->data_type = type;
    t->has_raw_data = 1; /* little-endian, as memory is (base/sections.c asserts it) */
    t->raw_data.len = (size_t)(dims[0] * (dims[1] < 0 ? 1 : dims[1])) *
                      (floats ? sizeof(float) : sizeof(int64_t));
    memcpy(&t->raw_data.data, &data, sizeof data);
    g->tensors[g->n_tensors++] = t;
    return t->name;
}

const char *ams_onnx_floats(ams_onnx *graph, const char *name, const float *value, size_t rows,
                            size_t columns)
{
    const int64_t dims[2] = {(int64_t)rows, columns == 0 ? -1 : (int64_t)columns};
    return add_tensor(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, value, dims);
}

const char *ams_onnx_sizes(ams_onnx *graph, const char *name, const int64_t *value, size_t n)
{
    const int64_t dims[2] = {(int64_t)n, -1};
    return add_tensor(graph, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, value, dims);
}

const char *ams_onnx_node(ams_onnx *graph, const char *op, const char *name,
                          const char *const *input, size_t n_inputs)
{
    onnx_node *own = &graph->node[graph->n_nodes];
    Onnx__NodeProto *node = &own->message;
    onnx__node_proto__init(node);
    snprintf(own->name, sizeof own->name, "%s", name);
    for (size_t k = 0; k < n_inputs; k++) {
        own->input[k] = text(input[k]);
    }
    own->output[0] = own->name;
    node->op_type = text(op);
    node->name = own->name;
    node->n_input = n_inputs;
    node->input = own->input;
    node->n_output = 1;
    node->output = own->output;
    graph->nodes[graph->n_nodes++] = node;
    return own->name;
}

void ams_onnx_result(ams_onnx *graph, const char *name)
{
    onnx_node *own = &graph->node[graph->n_nodes - 1];
    own->output[1] = text(name);
    own->message.n_output = 2;
}

void ams_onnx_along_columns(ams_onnx *graph, bool list)
{
    onnx_node *own = &graph->node[graph->n_nodes - 1];
    Onnx__AttributeProto *a = &own->attribute;
    onnx__attribute_proto__init(a);
    a->name = text(list ? "axes" : "axis");
    a->has_type = 1;
    if (list) {
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        a->n_ints = 1;
        a->ints = &graph->axis;
    } else {
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        a->has_i = 1;
        a->i = graph->axis;
    }
    own->attributes[0] = a;
    own->message.n_attribute = 1;
    own->message.attribute = own->attributes;
}

/* Floats of (batch, columns). */
static void describe_end(onnx_end *e, ams_onnx_port port)
{
    onnx__value_info_proto__init(&e->message);
    onnx__type_proto__init(&e->type);
    onnx__type_proto__tensor__init(&e->tensor);
    onnx__tensor_shape_proto__init(&e->shape);
    for (size_t d = 0; d < 2; d++) {
        onnx__tensor_shape_proto__dimension__init(&e->dim[d]);
        e->dims[d] = &e->dim[d];
    }
    e->dim[0].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    e->dim[0].dim_param = text("batch");
    e->dim[1].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    e->dim[1].dim_value = port.columns;
    e->shape.n_dim = 2;
    e->shape.dim = e->dims;
    e->tensor.has_elem_type = 1;
    e->tensor.elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    e->tensor.shape = &e->shape;
    e->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    e->type.tensor_type = &e->tensor;
    e->message.name = text(port.name);
    e->message.type = &e->type;
    e->list[0] = &e->message;
}

static void describe_model(ams_onnx *g, const char *name, const ams_meta *meta)
{
    onnx__model_proto__init(&g->message);
    onnx__graph_proto__init(&g->graph);
    onnx__operator_set_id_proto__init(&g->opset);
    g->graph.name = text(name);
    g->graph.n_node = g->n_nodes;
    g->graph.node = g->nodes;
    g->graph.n_initializer = g->n_tensors;
    g->graph.initializer = g->tensors;
    g->graph.n_input = 1;
    g->graph.input = g->end[0].list;
    g->graph.n_output = 1;
    g->graph.output = g->end[1].list;
    for (uint32_t i = 0; i < meta->n; i++) {
        onnx__string_string_entry_proto__init(&g->entry[i]);
        g->entry[i].key = text(meta->key[i]);
        g->entry[i].value = meta->text[i];
        g->entries[i] = &g->entry[i];
    }
    g->opset.domain = text("");
    g->opset.has_version = 1;
    g->opset.version = OPSET;
    g->opsets[0] = &g->opset;
    g->message.has_ir_version = 1;
    g->message.ir_version = IR_VERSION;
    g->message.n_opset_import = 1;
    g->message.opset_import = g->opsets;
    g->message.producer_name = text("ams");
    g->message.graph = &g->graph;
    g->message.n_metadata_props = meta->n;
    g->message.metadata_props = g->entries;
}

ams_status ams_onnx_pack(ams_onnx *graph, const char *name, ams_onnx_port input,
                         ams_onnx_port output, const ams_meta *meta, ams_blob *blob,
                         ams_error *err)
{
    ams_status status = AMS_OK;
    describe_end(&graph->end[0], input);
    describe_end(&graph->end[1], output);
    describe_model(graph, name, meta);
    const size_t size = onnx__model_proto__get_packed_size(&graph->message);
    if (size > INT32_MAX) {
        return ams_fail(err, AMS_BAD_DATA, "it needs %zu bytes as ONNX, which ends at 2 GiB",
                        size);
    }
    AMS_TRY(ams_grow(&blob->data, &blob->capacity, size, 1, "an ONNX model", err));
    blob->size = onnx__model_proto__pack(&graph->message, blob->data);
out:
    return status;
}
