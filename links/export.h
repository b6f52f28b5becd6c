/* Formats of exported links. Private to links/. */
#ifndef AMS_LINKS_EXPORT_H
#define AMS_LINKS_EXPORT_H

#include "ams/link_export.h"

ams_status ams_link_header_write(const ams_link_graph *graph, const ams_golden *golden,
                                 ams_blob *blob, ams_error *err);
ams_status ams_link_header_read(const ams_blob *bytes, const ams_golden *golden, float *q,
                                ams_error *err);
ams_status ams_link_onnx_write(const ams_link_graph *graph, const ams_golden *golden,
                               ams_blob *blob, ams_error *err);

#endif
