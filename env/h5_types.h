/* What h5.c, h5_read.c and h5_write.c share; the one place that includes hdf5.h. */
#ifndef AMS_ENV_H5_TYPES_H
#define AMS_ENV_H5_TYPES_H

#include "env/h5.h"

#include <hdf5.h>

/* What the library says of its latest failure, innermost first: valid until its next call. */
const char *ams_h5_reason(void);
ams_status ams_h5_cannot_read(const ams_h5 *file, const char *set, ams_error *err);
ams_status ams_h5_cannot_write(const char *path, const char *set, ams_error *err);
/* A creation list (H5P_..._CREATE) that writes no times, so that equal content is equal bytes;
 * < 0 on failure. H5Pclose it. */
hid_t ams_h5_timeless(hid_t kind);
hid_t ams_h5_memory_type(ams_h5_type type);
/* Whether the stored form of `count` values (type, filters, layout, place) is one that can be
 * read; `set` is the open data set.
 * @return AMS_BAD_DATA with what is wrong. */
ams_status ams_h5_check_stored(const ams_h5 *file, const char *name, int64_t set,
                               uint64_t count, ams_error *err);
/* Bytes that the file holds of one value of the type; 0 where it cannot say. */
uint64_t ams_h5_stored_size(const ams_h5 *file, int64_t type);
/* An open data set whose stored form and extents are checked; columns: 1 where rank is 1. */
typedef struct ams_h5_stored {
    const ams_h5 *file;
    const char *name;
    int64_t set;
    int rank;
    uint64_t columns;
} ams_h5_stored;
/* Whether the filtered chunks with these rows inflate to as many bytes as they have values:
 * each is inflated once more, and nothing is kept. @return AMS_BAD_DATA; AMS_BACKEND. */
ams_status ams_h5_check_chunks(const ams_h5_stored *stored, ams_h5_rows rows, ams_error *err);
/* The rows as the file holds them into `values`, where all their chunks are of the usual form
 * and sound: by several threads, without the library's filters. *done is false where they are
 * not; who asks then has the library read them, and say what is wrong. */
ams_status ams_h5_unpack_rows(const ams_h5_stored *stored, ams_h5_rows rows, void *values,
                              bool *done, ams_error *err);
/* The same as numbers of that type, whatever the file holds. */
ams_status ams_h5_read_values(const ams_h5_stored *stored, ams_h5_type type, ams_h5_rows rows,
                              void *values, ams_error *err);
/* Reads a file of an older format, without checksums of its metadata, in a child process, whose
 * end by a signal is AMS_BAD_DATA here. Files of over 256 MiB are taken as they are. list: how
 * to open it. */
ams_status ams_h5_try(const char *path, int64_t list, uint64_t size, ams_error *err);

#endif
