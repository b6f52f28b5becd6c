/* The data of a training: the whole outputs file, or a sample of it that fits into memory. */
#ifndef AMS_LAB_TRAINING_SAMPLE_H
#define AMS_LAB_TRAINING_SAMPLE_H

#include "ams/table.h"
#include "ams/training_request.h"

typedef struct ams_training_sample_options {
    const char *path;
    uint64_t memory_mb;   /* from 1 to AMS_TRAINING_MOST_MEMORY_MB */
    uint64_t items, seed; /* of the training, as in ams_sample_training */
} ams_training_sample_options;

typedef struct ams_training_sample {
    bool partial; /* false: the whole file was read, and the rest is 0 */
    uint32_t training, validation, of_training, of_validation; /* items */
} ams_training_sample;

/* Reads the whole file where it fits into memory_mb together with its environment. Else reads
 * the `items` of the training split that a run on the whole file would learn from (0: all of
 * it), and the validation items. Weights are then the same as those of a run on the whole file,
 * as long as all validation items fit, too. Otherwise a sample of them is read, drawn by the
 * seed.
 * @return what ams_table_read returns; AMS_USAGE where the training items do not fit, with how
 * many do, or where memory_mb is out of range. */
ams_status ams_training_sample_read(const ams_training_sample_options *options,
                                    ams_table *table, ams_training_sample *loaded,
                                    ams_error *err);

#endif
