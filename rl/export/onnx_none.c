/* In place of onnx_graph.c and onnx_run.c where the build found no ONNX or protobuf-c. */
#include "rl/export/onnx_graph.h"

static ams_status missing(ams_error *err)
{
    return ams_fail(err, AMS_BACKEND,
                    "this program was built without ONNX: install the Debian packages "
                    "libonnx-dev, libprotobuf-c-dev and protobuf-c-compiler and build again");
}

ams_status ams_onnx_init(ams_onnx **graph, size_t most_nodes, size_t most_tensors,
                         ams_error *err)
{
    (void)most_nodes;
    (void)most_tensors;
    *graph = NULL;
    return missing(err);
}

void ams_onnx_free(ams_onnx *graph)
{
    (void)graph;
}

/* There is no graph that these could be called with. */
const char *ams_onnx_floats(ams_onnx *graph, const char *name, const float *value, size_t rows,
                            size_t columns)
{
    (void)graph;
    (void)value;
    (void)rows;
    (void)columns;
    return name;
}

const char *ams_onnx_sizes(ams_onnx *graph, const char *name, const int64_t *value, size_t n)
{
    (void)graph;
    (void)value;
    (void)n;
    return name;
}

const char *ams_onnx_node(ams_onnx *graph, const char *op, const char *name,
                          const char *const *input, size_t n_inputs)
{
    (void)graph;
    (void)op;
    (void)input;
    (void)n_inputs;
    return name;
}

void ams_onnx_result(ams_onnx *graph, const char *name)
{
    (void)graph;
    (void)name;
}

void ams_onnx_along_columns(ams_onnx *graph, bool list)
{
    (void)graph;
    (void)list;
}

ams_status ams_onnx_pack(ams_onnx *graph, const char *name, ams_onnx_port input,
                         ams_onnx_port output, const ams_meta *meta, ams_blob *blob,
                         ams_error *err)
{
    (void)graph;
    (void)name;
    (void)input;
    (void)output;
    (void)meta;
    (void)blob;
    return missing(err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature of onnx_run.c */
ams_status ams_onnx_q(const ams_blob *bytes, const ams_golden *golden, float *q, ams_error *err)
{
    (void)bytes;
    (void)golden;
    (void)q;
    return missing(err);
}
