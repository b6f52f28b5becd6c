/* Links in files that other programs compute them from, each verified on golden inputs before
 * it takes its name. Equal links give equal bytes. Layouts: docs/format.md, "Exports of links".
 *
 * I inputs: the sources' columns, of a map of any subset then a flag per model that it has run.
 * O outputs: the columns of the models that are predicted. */
#ifndef AMS_LINK_EXPORT_H
#define AMS_LINK_EXPORT_H

#include "ams/export.h"
#include "ams/link_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Dense layers, x W + b with max(x, 0) between them, then what the outputs' kind asks for. */
typedef enum ams_link_activation {
    AMS_LINK_LINEAR,
    AMS_LINK_SIGMOID,
    AMS_LINK_SOFTMAX
} ams_link_activation;
typedef struct ams_link_layer {
    uint32_t in, out;
    const float *w, *b; /* (in, out), (out), borrowed */
} ams_link_layer;

/* From all inputs to the outputs [first, first + outputs of its last layer). */
typedef struct ams_link_block {
    uint32_t first, n_layers;
    ams_link_activation activation;
    ams_link_layer layer[2];
} ams_link_block;

/* A map as a program computes it. */
typedef struct ams_link_graph {
    const ams_link_file *file; /* borrowed, and so are weights of networks */
    const ams_link_map *map;
    uint32_t n_inputs, n_outputs, n_blocks;
    uint32_t *input;  /* (I) columns of the space, in their order; column D + m: flag of m */
    uint32_t *output; /* (O) */
    ams_link_block *block;
    float *params; /* of a linear map: weights (I, O) and biases (O) */
} ams_link_graph;

/* The chosen set's map, or, where none was chosen, that of any subset.
 * @return AMS_USAGE where the file has neither; AMS_BACKEND. */
ams_status ams_link_graph_init(ams_link_graph *graph, const ams_link_file *file,
                               ams_error *err);
void ams_link_graph_fini(ams_link_graph *graph);
/* AMS_GOLDEN_STATES inputs, drawn by a fixed seed, and what the framework predicts of them. End
 * it by ams_golden_fini. */
ams_status ams_link_golden_init(ams_golden *golden, const ams_link_graph *graph,
                                ams_error *err);
/* The model of input or output number `column` (a column of the space or a flag), and its
 * label: a name, "other", "none" or, of a flag, "ran". */
uint32_t ams_link_graph_model(const ams_link_graph *graph, uint32_t column);
const char *ams_link_graph_label(const ams_link_graph *graph, uint32_t column);

typedef struct ams_link_export_kind {
    const char *name; /* "onnx" */
    const char *file; /* "links.onnx" */
    ams_status (*write)(const ams_link_graph *graph, const ams_golden *golden, ams_blob *blob,
                        ams_error *err);
    /* As ams_export_kind.q. */
    ams_status (*read)(const ams_blob *bytes, const ams_golden *golden, float *q,
                       ams_error *err);
} ams_link_export_kind;
extern const ams_link_export_kind ams_link_export_kinds[]; /* header, onnx, golden */
enum { AMS_LINK_EXPORT_KINDS = 3 };

/* Writes kind->file into the directory, which is there. @return as ams_export_write. */
ams_status ams_link_export_write(const ams_link_export_kind *kind, const ams_link_graph *graph,
                                 const ams_golden *golden, const char *directory,
                                 double tolerance, ams_export_report *report, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
