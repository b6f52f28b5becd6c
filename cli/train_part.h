/* What of an outputs file `ams train` reads. */
#ifndef AMS_CLI_TRAIN_PART_H
#define AMS_CLI_TRAIN_PART_H

#include "env/table.h"

typedef struct cli_sample_options {
    const char *path;
    uint64_t memory_mb;
    uint64_t items, seed; /* of the training, as in ams_sample_training */
} cli_sample_options;

typedef struct cli_sample {
    bool partial; /* false: the whole file was read, and the rest is 0 */
    uint32_t training, validation, of_training, of_validation; /* items */
} cli_sample;

/* The whole file where it fits, with the environment that is made of it. Else the `items` of
 * the training split that a run on the whole file would learn from, so that its weights are the
 * same as long as all validation items fit too; otherwise a seeded sample of those.
 * items = 0: of all the training split.
 * @return what ams_table_read returns; AMS_USAGE where they are too many, with how many fit.
 */
ams_status cli_read_sample(const cli_sample_options *options, ams_table *table,
                           cli_sample *loaded, ams_error *err);

#endif
