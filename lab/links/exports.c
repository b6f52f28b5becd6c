#include "ams/link_exports.h"

#include "base/file.h"
#include "lab/frame/exported.h"

#include <stdio.h>
#include <string.h>

static const ams_column columns[] =
    AMS_EXPORTED_COLUMNS("largest difference of a predicted value to the framework's",
                         "  largest difference of predictions (allowed) on 256 inputs");

bool ams_link_exports_is_links(const char *path)
{
    char magic[AMS_TAG] = "";
    FILE *file = fopen(path, "rb");
    const bool read = file != NULL && fread(magic, 1, sizeof magic, file) == sizeof magic;
    if (file != NULL) {
        fclose(file);
    }
    return read && memcmp(magic, "AMSLNK", 6) == 0;
}

static ams_status find_kind(const char *name, const ams_link_export_kind **kind, ams_error *err)
{
    for (size_t i = 0; i < AMS_LINK_EXPORT_KINDS; i++) {
        if (strcmp(ams_link_export_kinds[i].name, name) == 0) {
            *kind = &ams_link_export_kinds[i];
            return AMS_OK;
        }
    }
    return ams_fail(err, AMS_USAGE,
                    "option --format: links are exported as header, onnx or golden, found "
                    "'%s'; the links file itself is what AMS reads",
                    name);
}

ams_status ams_link_exports_write(const char *links, const char *const *format,
                                  size_t n_formats, const char *directory, double tolerance,
                                  ams_result *result, ams_error *err)
{
    static const char *const usual = "header";
    const char *const *name = n_formats > 0 ? format : &usual;
    const ams_link_export_kind *kind = NULL;
    ams_link_file file = {.n_maps = 0};
    ams_link_graph graph = {.map = NULL};
    ams_golden golden = {.q = NULL};
    ams_frame *files = NULL;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < n_formats; k++) {
        AMS_TRY(find_kind(format[k], &kind, err));
    }
    AMS_TRY(ams_link_file_read(&file, links, err));
    AMS_TRY(ams_link_graph_init(&graph, &file, err));
    AMS_TRY(ams_link_golden_init(&golden, &graph, err));
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"states", ams_cell_count(AMS_GOLDEN_STATES)},
                             {"inputs", ams_cell_count(graph.n_inputs)},
                             {"outputs", ams_cell_count(graph.n_outputs)}));
    AMS_TRY(ams_result_add_frame(result, "files", columns, sizeof columns / sizeof *columns,
                                 &files, err));
    for (size_t k = 0; k == 0 || k < n_formats; k++) {
        ams_export_report r;
        AMS_TRY(find_kind(name[k], &kind, err));
        AMS_TRY(ams_link_export_write(kind, &graph, &golden, directory, tolerance, &r, err));
        AMS_TRY(ams_exported_add(files, kind->name, kind->file, r.bytes, r.difference,
                                 r.allowed, err));
    }
out:
    ams_golden_fini(&golden);
    ams_link_graph_fini(&graph);
    ams_link_file_fini(&file);
    return status;
}
