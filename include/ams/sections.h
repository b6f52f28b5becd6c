/* Binary files made of checked sections: magic, then per section a tag, a length, a CRC-32 and
 * the bytes. Little-endian. Used by policy.ams and checkpoints, so there is one reader to
 * trust. */
#ifndef AMS_SECTIONS_H
#define AMS_SECTIONS_H

#include "ams/names.h"
#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_TAG = 8 };

typedef struct ams_blob {
    uint8_t *data;
    size_t size, capacity;
} ams_blob;

/* `magic` and tags have up to 8 characters, padded with zeros. */
ams_status ams_blob_begin(ams_blob *blob, const char *magic, ams_error *err);
ams_status ams_blob_add(ams_blob *blob, const char *tag, const void *data, size_t size,
                        ams_error *err);
void ams_blob_fini(ams_blob *blob);
/* The file is whole or absent: temporary name, sync, rename. */
ams_status ams_blob_write(const ams_blob *blob, const char *path, ams_error *err);

typedef struct ams_sections {
    const uint8_t *bytes; /* borrowed */
    size_t size;
    const char *path; /* for messages */
} ams_sections;

/* Checks the magic and walks all sections: lengths inside the file, every CRC right, nothing
 * after the last. @return AMS_BAD_DATA naming path, section, expected and found. */
ams_status ams_sections_open(ams_sections *sections, const void *bytes, size_t size,
                             const char *magic, const char *path, ams_error *err);
bool ams_sections_has(const ams_sections *sections, const char *tag);
/* The section's bytes (unaligned, borrowed). A missing one is AMS_BAD_DATA. */
ams_status ams_sections_get(const ams_sections *sections, const char *tag, const uint8_t **data,
                            size_t *size, ams_error *err);
/* Copies a section that must have exactly `size` bytes. */
ams_status ams_sections_copy(const ams_sections *sections, const char *tag, void *target,
                             size_t size, ams_error *err);

/* Names one after the other, each with a 0 at its end: `count` distinct ones, added to names.
 * `writer` is for messages: which program writes such files.
 * @return AMS_BAD_DATA. */
ams_status ams_sections_names(const ams_sections *sections, const char *tag, uint32_t count,
                              const char *writer, ams_names *names, ams_error *err);
/* *values (n) finite numbers from `least` on; free() it, also after a failure. The section's
 * size bounds the allocation. @return AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_sections_floats(const ams_sections *sections, const char *tag, size_t n,
                               double least, const char *writer, float **values,
                               ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
