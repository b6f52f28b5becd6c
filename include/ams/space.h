/* A search space: which settings a search varies, and over what. An INI file, one setting per
 * line:
 *
 *   hidden  = choice: 64 64x64 128     one of the values
 *   dropout = uniform: 0 0.3           a number from low to high
 *   lr      = log: 1e-4 1e-3           the same, its logarithm uniform; also whole numbers
 *   nstep   = int: 1 4                 a whole number, both ends included
 *   targets = all                      the same in all trials
 *
 * A trial's value is a pure function of (seed, key, trial): more trials, or another line in the
 * file, leave the rest as they were. */
#ifndef AMS_SPACE_H
#define AMS_SPACE_H

#include "ams/config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_space_kind {
    AMS_SPACE_FIXED,
    AMS_SPACE_CHOICE,
    AMS_SPACE_UNIFORM,
    AMS_SPACE_LOG,
    AMS_SPACE_INT
} ams_space_kind;

typedef struct ams_dimension {
    const ams_key *key; /* borrowed of the table given to ams_space_read */
    ams_space_kind kind;
    double low, high; /* UNIFORM, LOG, INT */
    char **value;     /* (n_values) FIXED has 1, CHOICE at least 1 */
    size_t n_values;
    char *text;  /* the line's value as it stands in the file */
    char *where; /* "file:line" */
} ams_dimension;

typedef struct ams_space {
    ams_dimension *dimension; /* (n) in the file's order */
    size_t n, capacity;
} ams_space;

/* Every value that can come of it is one that ams_config_set takes; `options` is the struct of
 * the key table, for checking, and holds some values of the file afterwards. `space` may be all
 * zero after a failure.
 * @return AMS_IO, or AMS_USAGE as "file:line: ...". */
ams_status ams_space_read(ams_space *space, const char *path, const ams_key *keys, size_t count,
                          void *options, ams_error *err);
void ams_space_fini(ams_space *space);

/* Numbers that are not whole have four significant digits. */
void ams_space_sample(const ams_dimension *dimension, uint64_t seed, uint64_t trial,
                      char text[AMS_TEXT_MAX]);

#ifdef __cplusplus
}
#endif
#endif
