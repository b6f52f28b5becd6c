/* A file of links in files for other programs, in several formats at once. */
#ifndef AMS_LINK_EXPORTS_H
#define AMS_LINK_EXPORTS_H

#include "ams/frame.h"
#include "ams/link_export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the links of a file, those of its chosen set or of any set, into a directory, which is
 * made. format (n_formats): names of ams_link_export_kinds; none: the C header. Adds to the
 * result, all zero before, the frame "files", a row per file.
 * @return AMS_USAGE: no such format, or nothing in the file that can be exported; what
 * ams_link_file_read and ams_export_write return. */
ams_status ams_link_exports_write(const char *links, const char *const *format,
                                  size_t n_formats, const char *directory, double tolerance,
                                  ams_result *result, ams_error *err);
/* Whether a file begins as one of links does. */
bool ams_link_exports_is_links(const char *path);

#ifdef __cplusplus
}
#endif
#endif
