/* Outputs files that this project's own writer does not make: foreign and broken ones. The only
 * test code that includes hdf5.h. Everything here stops the test on failure. */
#ifndef AMS_TESTS_ENV_H5_FILES_H
#define AMS_TESTS_ENV_H5_FILES_H

#include "ams/table.h"

/* As h5py writes by default: the library's oldest format, variable-length strings, float64 and
 * int64, contiguous; empty attributes are left out. */
void write_like_h5py(const ams_table *table, const char *path);

/* Data sets of a file that exists; what bore the name is removed first. extents (rank). */
void remove_set(const char *path, const char *set);
/* Stores the set anew in one deflated chunk, which inflates to `bytes` zeros, whatever the
 * values of the set would take. All checksums of the file are right. */
void shorten_chunk(const char *path, const char *set, size_t bytes);
/* Words in chunks, as the library itself writes them; filters, in their order: 's' shuffle, 'd'
 * deflate, 'f' Fletcher's checksum. The file is new. */
typedef struct stored_words {
    const char *filters;
    uint64_t chunk[2];
    bool other_order; /* of the bytes of a word */
} stored_words;
void store_words(const char *path, const char *set, const stored_words *form, int rank,
                 const uint64_t *extents, const uint32_t *values);
/* Turns a bit in the middle of the chunk that begins at that row. */
void damage_chunk(const char *path, const char *set, uint64_t row);
/* All values of a set as the library alone reads them, in the type of the file; free() them. */
void *read_whole(const char *path, const char *set, size_t *bytes);
void replace_floats(const char *path, const char *set, int rank, const uint64_t *extents,
                    const double *values);
void replace_integers(const char *path, const char *set, int rank, const uint64_t *extents,
                      const int64_t *values);
void replace_texts(const char *path, const char *set, uint64_t n, const char *const *texts);
/* Fixed-length, space-padded, as Fortran programs write. */
void replace_padded_texts(const char *path, const char *set, uint64_t n, size_t width,
                          const char *texts);
/* A chunked data set of those extents of which nothing was ever written. */
typedef enum claimed_type { CLAIM_FLOATS, CLAIM_INTEGERS, CLAIM_TEXTS } claimed_type;
void claim_set(const char *path, const char *set, claimed_type type, int rank,
               const uint64_t *extents, uint64_t chunk);
/* Values in the raw file `other`, in the folder of path. */
void put_outside(const char *path, const char *set, uint64_t n, const char *other);
void link_softly(const char *path, const char *set, const char *target);

/* Attributes of the root; n values. */
void remove_attribute(const char *path, const char *name);
void set_text_attribute(const char *path, const char *name, const char *text);
void set_integer_attribute(const char *path, const char *name, uint64_t n,
                           const int64_t *values);

#endif
