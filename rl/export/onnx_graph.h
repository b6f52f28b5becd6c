/* An ONNX graph in the making, and its bytes. Private to rl/export/ and links/export/.
 *
 * Values have the shape (batch, columns). Names are copied; numbers are borrowed until the
 * graph is packed. Where a build has no ONNX there is no such graph: ams_onnx_init says what to
 * install. */
#ifndef AMS_RL_EXPORT_ONNX_GRAPH_H
#define AMS_RL_EXPORT_ONNX_GRAPH_H

#include "rl/export/kinds.h"

typedef struct ams_onnx ams_onnx;

enum { AMS_ONNX_PORTS = 64, AMS_ONNX_NAME = 32 };

/* Room for so many nodes and tensors; one more is a mistake of the caller.
 * @return AMS_BACKEND. */
ams_status ams_onnx_init(ams_onnx **graph, size_t most_nodes, size_t most_tensors,
                         ams_error *err);
void ams_onnx_free(ams_onnx *graph);

/* All of these return the name under which others find the result. */
/* (rows, columns); columns 0: a vector. */
const char *ams_onnx_floats(ams_onnx *graph, const char *name, const float *value, size_t rows,
                            size_t columns);
const char *ams_onnx_sizes(ams_onnx *graph, const char *name, const int64_t *value, size_t n);
/* An operator on values and tensors; its result is called `name`. */
const char *ams_onnx_node(ams_onnx *graph, const char *op, const char *name,
                          const char *const *input, size_t n_inputs);
/* Of the last node: one more result, and along the columns, by the attribute `axis` or, as a
 * list, `axes`. */
void ams_onnx_result(ams_onnx *graph, const char *name);
void ams_onnx_along_columns(ams_onnx *graph, bool list);

/* One end of the graph: a name and its columns. */
typedef struct ams_onnx_port {
    const char *name;
    uint32_t columns;
} ams_onnx_port;
/* The model's bytes, appended to an empty blob. @return AMS_BAD_DATA past 2 GiB. */
ams_status ams_onnx_pack(ams_onnx *graph, const char *name, ams_onnx_port input,
                         ams_onnx_port output, const ams_meta *meta, ams_blob *blob,
                         ams_error *err);

#endif
