/* What the outputs file needs of HDF5, and the only door to it (h5_types.h alone includes
 * hdf5.h).
 *
 * Private to env/. Not thread-safe, as the HDF5 library is not. Every failure is an ams_status
 * with a message that names the file and the data set; HDF5's own error printing is switched
 * off. */
#ifndef AMS_ENV_H5_H
#define AMS_ENV_H5_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Types in memory. Files may have any width of the same class: values that do not fit are an
 * error, never clamped. */
typedef enum ams_h5_type { AMS_H5_U8, AMS_H5_U32, AMS_H5_U64, AMS_H5_F32 } ams_h5_type;

/* Bytes of one string; of one attribute (the root's header has 64 KiB for all of them). */
enum { AMS_H5_TEXT_MAX = 65535, AMS_H5_ATTRIBUTE_MAX = 8192 };

typedef struct ams_h5 {
    int64_t id;    /* 0: closed */
    uint64_t size; /* bytes of the file when it was opened */
    char *path;    /* owned, for messages */
} ams_h5;

/* For reading.
 * @return AMS_IO (no such file, a directory), AMS_BAD_DATA (not HDF5, truncated). */
ams_status ams_h5_open(ams_h5 *file, const char *path, ams_error *err);
/* For writing, in the 1.10 format: all its metadata have checksums, so that a damaged file
 * gives an error; with the older formats the library can go astray. */
ams_status ams_h5_create(ams_h5 *file, const char *path, ams_error *err);
/* Flushes and closes; a full disk may show only here. Accepts an all-zero file. */
ams_status ams_h5_close(ams_h5 *file, ams_error *err);

/* Of the library in use: major, minor, release. */
void ams_h5_version(unsigned version[3]);

/* -- reading -- */

bool ams_h5_has(const ams_h5 *file, const char *set);
/* The extents of a data set of that rank. */
ams_status ams_h5_extents(const ams_h5 *file, const char *set, int rank, uint64_t *extents,
                          ams_error *err);
/* The whole data set, allocated (free() it) once rank, class, extents and the size that a file
 * of this length can hold are checked. */
ams_status ams_h5_read(const ams_h5 *file, const char *set, ams_h5_type type, int rank,
                       const uint64_t *extents, void *pointer_to_pointer, ams_error *err);
/* The same of some rows, which the caller knows to be there. */
typedef struct ams_h5_rows {
    uint64_t first, count;
} ams_h5_rows;
ams_status ams_h5_read_part(const ams_h5 *file, const char *set, ams_h5_type type, int rank,
                            const uint64_t *extents, ams_h5_rows rows, void *pointer_to_pointer,
                            ams_error *err);
/* Calls fn for each of the n strings, in order, without their padding; not 0-terminated. */
typedef ams_status ams_h5_text_fn(void *context, uint64_t index, const char *text,
                                  size_t length, ams_error *err);
ams_status ams_h5_read_texts(const ams_h5 *file, const char *set, uint64_t n,
                             ams_h5_text_fn *fn, void *context, ams_error *err);
/* The same for strings [first, first + rows) of the n. */
ams_status ams_h5_read_texts_part(const ams_h5 *file, const char *set, uint64_t n,
                                  uint64_t first, uint64_t rows, ams_h5_text_fn *fn,
                                  void *context, ams_error *err);
/* Attributes of the root: a copy of the text for the caller to free(), "" if absent; a whole
 * number, AMS_BAD_DATA if absent. */
ams_status ams_h5_get_text(const ams_h5 *file, const char *attribute, char **text,
                           ams_error *err);
ams_status ams_h5_get_u64(const ams_h5 *file, const char *attribute, uint64_t *value,
                          ams_error *err);

/* -- writing -- */

ams_status ams_h5_put_group(const ams_h5 *file, const char *group, ams_error *err);
ams_status ams_h5_put_text(const ams_h5 *file, const char *attribute, const char *text,
                           ams_error *err);
ams_status ams_h5_put_u32(const ams_h5 *file, const char *attribute, uint32_t value,
                          ams_error *err);
/* n strings of `width` bytes each, null-padded. */
ams_status ams_h5_put_texts(const ams_h5 *file, const char *set, uint64_t n, size_t width,
                            const char *texts, ams_error *err);

/* A data set being written from front to back: (rows) if columns is 0, else (rows, columns). */
typedef struct ams_h5_set {
    int64_t id;              /* 0: closed */
    const char *path, *name; /* borrowed, for messages */
    ams_h5_type type;
    uint64_t columns, written; /* rows so far */
    bool grows;
} ams_h5_set;

/* rows == AMS_H5_GROWS: as many as come. chunk: rows that are compressed together. */
#define AMS_H5_GROWS UINT64_MAX
ams_status ams_h5_begin(ams_h5_set *set, const ams_h5 *file, const char *name, ams_h5_type type,
                        uint64_t rows, uint64_t columns, uint64_t chunk, ams_error *err);
ams_status ams_h5_append(ams_h5_set *set, const void *values, uint64_t rows, ams_error *err);
/* In place of ams_h5_append, for chunks that are packed by the caller (env/pack.h): the set has
 * so many rows from here on; then each chunk, which begins at `row`, once. */
ams_status ams_h5_reach(ams_h5_set *set, uint64_t rows, ams_error *err);
ams_status ams_h5_put_chunk(const ams_h5_set *set, uint64_t row, const void *stored, size_t n,
                            ams_error *err);
ams_status ams_h5_end(ams_h5_set *set, ams_error *err); /* accepts an all-zero set */

#endif
