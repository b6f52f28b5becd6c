/* Formats of exported links, and files that are kept once they are verified. */
#include "links/export.h"

#include "base/file.h"
#include "rl/export/kinds.h"

#include <stdlib.h>

static ams_status golden_write(const ams_link_graph *graph, const ams_golden *golden,
                               ams_blob *blob, ams_error *err)
{
    (void)graph;
    return ams_golden_write(NULL, golden, blob, err);
}

const ams_link_export_kind ams_link_export_kinds[] = {
    {"header", "links.h", ams_link_header_write, ams_link_header_read},
    {"onnx", "links.onnx", ams_link_onnx_write, ams_onnx_q},
    {"golden", "golden.json", golden_write, ams_golden_read_q},
};

ams_status ams_link_export_write(const ams_link_export_kind *kind, const ams_link_graph *graph,
                                 const ams_golden *golden, const char *directory,
                                 double tolerance, ams_export_report *report, ams_error *err)
{
    ams_blob blob = {0};
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, directory, kind->file, err));
    AMS_TRY(kind->write(graph, golden, &blob, err));
    status = ams_export_keep(&blob, kind->read, golden, path, tolerance, report, err);
out:
    free(path);
    ams_blob_fini(&blob);
    return status;
}
