/* Runs the graph of an export, in double precision, by what its nodes say: the proof that the
 * file holds the policy or the links does not share a line with its writer. */
#include "base/memory.h"
#include "rl/export/kinds.h"

#include <math.h>
#include <onnx.pb-c.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 1024 };

/* A matrix that has a name in the graph; a vector is one row. */
typedef struct onnx_value {
    const char *name;
    size_t rows, columns;
    double *x; /* (rows, columns), owned */
} onnx_value;

typedef struct onnx_values {
    onnx_value list[MOST_VALUES];
    size_t n;
} onnx_values;

static ams_status bad(const char *what, const char *name, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA, "the ONNX graph: %s '%s'", what, name);
}

static const onnx_value *find(const onnx_values *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++) {
        if (strcmp(v->list[i].name, name) == 0) {
            return &v->list[i];
        }
    }
    return NULL;
}

static ams_status add(onnx_values *v, const char *name, size_t rows, size_t columns, double **x,
                      ams_error *err)
{
    if (v->n == MOST_VALUES || find(v, name) != NULL) {
        return bad("too many values, or twice the value", name, err);
    }
    ams_status status = ams_alloc(x, rows * columns, sizeof **x, "a value of a graph", err);
    if (status == AMS_OK) {
        v->list[v->n++] = (onnx_value){name, rows, columns, *x};
    }
    return status;
}

static ams_status add_initializer(onnx_values *v, const Onnx__TensorProto *t, ams_error *err)
{
    const bool floats = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    const size_t each = floats ? sizeof(float) : sizeof(int64_t);
    double *x = NULL;
    ams_status status = AMS_OK;
    if (t->name == NULL || t->n_dims < 1 || t->n_dims > 2 || !t->has_raw_data ||
        (!floats && t->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__INT64)) {
        return bad("unexpected tensor", t->name == NULL ? "" : t->name, err);
    }
    int64_t rows = t->n_dims == 2 ? t->dims[0] : 1;
    int64_t columns = t->dims[t->n_dims - 1];
    if (rows < 0 || columns < 0 || rows > INT32_MAX || columns > INT32_MAX ||
        t->raw_data.len != (size_t)rows * (size_t)columns * each) {
        return bad("the shape does not fit the bytes of tensor", t->name, err);
    }
    AMS_TRY(add(v, t->name, (size_t)rows, (size_t)columns, &x, err));
    for (size_t i = 0; i < (size_t)rows * (size_t)columns; i++) {
        float number;
        int64_t whole;
        if (floats) {
            memcpy(&number, t->raw_data.data + i * each, each);
            x[i] = (double)number;
        } else {
            memcpy(&whole, t->raw_data.data + i * each, each);
            x[i] = (double)whole;
        }
    }
out:
    return status;
}

/* y = x W + b. A state is mostly zeros, which are passed over. */
static void gemm(const onnx_value *x, const onnx_value *w, const onnx_value *b, double *y)
{
    for (size_t r = 0; r < x->rows; r++, y += w->columns) {
        memcpy(y, b->x, w->columns * sizeof *y);
        for (size_t i = 0; i < x->columns; i++) {
            const double factor = x->x[r * x->columns + i];
            for (size_t j = 0; factor != 0 && j < w->columns; j++) {
                y[j] += factor * w->x[i * w->columns + j];
            }
        }
    }
}

static int64_t attribute_axis(const Onnx__NodeProto *node)
{
    const Onnx__AttributeProto *a = node->n_attribute == 1 ? node->attribute[0] : NULL;
    if (a == NULL || a->name == NULL) {
        return -1;
    }
    if (strcmp(a->name, "axis") == 0 && a->has_i) {
        return a->i;
    }
    return strcmp(a->name, "axes") == 0 && a->n_ints == 1 ? a->ints[0] : -1;
}

/* The columns of x, parted at the first of the two sizes. */
static ams_status split(onnx_values *v, const Onnx__NodeProto *node, const onnx_value *x,
                        const onnx_value *sizes, ams_error *err)
{
    size_t at = 0;
    ams_status status = AMS_OK;
    if (sizes == NULL || sizes->columns != 2 || node->n_output != 2 ||
        attribute_axis(node) != 1 || sizes->x[0] + sizes->x[1] != (double)x->columns) {
        return bad("cannot split", x->name, err);
    }
    for (size_t part = 0; part < 2; part++) {
        const size_t columns = (size_t)sizes->x[part];
        double *y = NULL;
        AMS_TRY(add(v, node->output[part], x->rows, columns, &y, err));
        for (size_t r = 0; r < x->rows; r++) {
            memcpy(y + r * columns, x->x + r * x->columns + at, columns * sizeof *y);
        }
        at += columns;
    }
out:
    return status;
}

static void mean(const onnx_value *x, double *y)
{
    for (size_t r = 0; r < x->rows; r++) {
        for (size_t j = 0; j < x->columns; j++) {
            y[r] += x->x[r * x->columns + j] / (double)x->columns;
        }
    }
}

/* x + sign y; a column of x stands for every column of y. */
static void sum(const onnx_value *x, const onnx_value *y, double sign, double *z)
{
    for (size_t r = 0; r < y->rows; r++) {
        for (size_t j = 0; j < y->columns; j++, z++) {
            *z = x->x[r * x->columns + (x->columns == 1 ? 0 : j)] +
                 sign * y->x[r * y->columns + j];
        }
    }
}

static void product(const onnx_value *x, const onnx_value *y, double *z)
{
    for (size_t i = 0; i < x->rows * x->columns; i++) {
        z[i] = x->x[i] * y->x[i];
    }
}

static void relu(const onnx_value *x, double *y)
{
    for (size_t i = 0; i < x->rows * x->columns; i++) {
        y[i] = x->x[i] > 0 ? x->x[i] : 0;
    }
}

static void sigmoid(const onnx_value *x, double *y)
{
    for (size_t i = 0; i < x->rows * x->columns; i++) {
        y[i] = 1 / (1 + exp(-x->x[i]));
    }
}

static void softmax(const onnx_value *x, double *y)
{
    for (size_t r = 0; r < x->rows; r++, y += x->columns) {
        const double *row = x->x + r * x->columns;
        double most = row[0];
        double all = 0;
        for (size_t j = 1; j < x->columns; j++) {
            most = fmax(most, row[j]);
        }
        for (size_t j = 0; j < x->columns; j++) {
            y[j] = exp(row[j] - most);
            all += y[j];
        }
        for (size_t j = 0; j < x->columns; j++) {
            y[j] /= all;
        }
    }
}

/* All inputs side by side. */
static ams_status concat(onnx_values *v, const Onnx__NodeProto *node, ams_error *err)
{
    size_t columns = 0;
    size_t rows = 0;
    double *y = NULL;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < node->n_input; k++) {
        const onnx_value *x = find(v, node->input[k]);
        if (x == NULL || (k > 0 && x->rows != rows)) {
            return bad("cannot concatenate", node->input[k], err);
        }
        rows = x->rows;
        columns += x->columns;
    }
    AMS_TRY(add(v, node->output[0], rows, columns, &y, err));
    for (size_t k = 0; k < node->n_input; k++) {
        const onnx_value *x = find(v, node->input[k]);
        for (size_t r = 0; r < rows; r++) {
            memcpy(y + r * columns, x->x + r * x->columns, x->columns * sizeof *y);
        }
        y += x->columns;
    }
out:
    return status;
}

/* Operators whose result has the shape of their one input. */
static void (*find_map(const char *op))(const onnx_value *x, double *y)
{
    return strcmp(op, "Relu") == 0      ? relu
           : strcmp(op, "Sigmoid") == 0 ? sigmoid
           : strcmp(op, "Softmax") == 0 ? softmax
                                        : NULL;
}

static ams_status run_node(onnx_values *v, const Onnx__NodeProto *node, ams_error *err)
{
    const char *op = node->op_type == NULL ? "" : node->op_type;
    const onnx_value *in[3] = {NULL, NULL, NULL};
    double *y = NULL;
    ams_status status = AMS_OK;
    for (size_t i = 0; i < node->n_input && i < 3; i++) {
        in[i] = find(v, node->input[i]);
    }
    if (in[0] == NULL || node->n_output == 0) {
        return bad("no input of a node", op, err);
    }
    void (*map)(const onnx_value *, double *) = find_map(op);
    const char *out = node->output[0];
    const bool pair = in[1] != NULL && in[0]->rows == in[1]->rows &&
                      (in[0]->columns == 1 || in[0]->columns == in[1]->columns);
    if (strcmp(op, "Gemm") == 0 && node->n_attribute == 0 && in[1] != NULL && in[2] != NULL &&
        in[0]->columns == in[1]->rows && in[2]->rows == 1 && in[2]->columns == in[1]->columns) {
        AMS_TRY(add(v, out, in[0]->rows, in[1]->columns, &y, err));
        gemm(in[0], in[1], in[2], y);
    } else if (map != NULL && in[0]->columns > 0) {
        AMS_TRY(add(v, out, in[0]->rows, in[0]->columns, &y, err));
        map(in[0], y);
    } else if (strcmp(op, "Concat") == 0 && attribute_axis(node) == 1) {
        AMS_TRY(concat(v, node, err));
    } else if (strcmp(op, "Split") == 0) {
        AMS_TRY(split(v, node, in[0], in[1], err));
    } else if (strcmp(op, "ReduceMean") == 0 && attribute_axis(node) == 1) {
        AMS_TRY(add(v, out, in[0]->rows, 1, &y, err));
        mean(in[0], y);
    } else if ((strcmp(op, "Sub") == 0 || strcmp(op, "Add") == 0) && pair) {
        AMS_TRY(add(v, out, in[1]->rows, in[1]->columns, &y, err));
        sum(in[0], in[1], op[0] == 'A' ? 1 : -1, y);
    } else if (strcmp(op, "Mul") == 0 && pair && in[0]->columns == in[1]->columns) {
        AMS_TRY(add(v, out, in[1]->rows, in[1]->columns, &y, err));
        product(in[0], in[1], y);
    } else {
        return bad("cannot run node", op, err);
    }
out:
    return status;
}

/* The golden states, expanded, go through all nodes. */
static ams_status run_graph(const Onnx__GraphProto *graph, const ams_golden *golden, float *q,
                            ams_error *err)
{
    const ams_sparse *x = &golden->x;
    const uint32_t columns = ams_golden_features(golden);
    onnx_values v = {0};
    double *state = NULL;
    ams_status status = AMS_OK;
    for (size_t i = 0; i < graph->n_initializer; i++) {
        AMS_TRY(add_initializer(&v, graph->initializer[i], err));
    }
    if (graph->n_input != 1 || graph->n_output != 1 || graph->input[0]->name == NULL ||
        graph->output[0]->name == NULL) {
        status = bad("expected one input and one output of graph",
                     graph->name == NULL ? "" : graph->name, err);
        goto out;
    }
    AMS_TRY(add(&v, graph->input[0]->name, x->n, columns, &state, err));
    for (uint32_t b = 0; b < x->n; b++) {
        for (uint32_t i = x->ptr[b]; i < x->ptr[b + 1]; i++) {
            state[(size_t)b * columns + x->index[i]] =
                x->value == NULL ? 1 : (double)x->value[i];
        }
        if (golden->heads > 0) {
            state[(size_t)b * columns + x->columns + x->head[b]] = 1;
        }
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        AMS_TRY(run_node(&v, graph->node[i], err));
    }
    const onnx_value *result = find(&v, graph->output[0]->name);
    if (result == NULL || result->rows != x->n || result->columns != golden->n_actions) {
        status = bad("no such output, or not of its shape:", graph->output[0]->name, err);
        goto out;
    }
    for (size_t i = 0; i < result->rows * result->columns; i++) {
        q[i] = (float)result->x[i];
    }
out:
    for (size_t i = 0; i < v.n; i++) {
        free(v.list[i].x);
    }
    return status;
}

ams_status ams_onnx_q(const ams_blob *bytes, const ams_golden *golden, float *q, ams_error *err)
{
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, bytes->size, bytes->data);
    if (model == NULL || model->graph == NULL || model->n_opset_import != 1 ||
        model->n_metadata_props == 0) {
        onnx__model_proto__free_unpacked(model, NULL);
        return ams_fail(err, AMS_BAD_DATA,
                        "it is no ONNX model of an export, or not all of it");
    }
    ams_status status = run_graph(model->graph, golden, q, err);
    onnx__model_proto__free_unpacked(model, NULL);
    return status;
}
