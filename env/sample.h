/* Training on fewer items: a sample of the training split. */
#ifndef AMS_ENV_SAMPLE_H
#define AMS_ENV_SAMPLE_H

#include "ams/status.h"

#include <stdint.h>

/* The items of the training split in table order: all of them (`most` 0), or the first `most`
 * of one permutation that the seed draws, so that a larger sample holds the smaller ones and
 * that of all is the split itself. split is (n_items); item has room for n_items.
 * @return AMS_USAGE where the split has fewer than `most` items, AMS_BACKEND. */
ams_status ams_sample_training(const uint8_t *split, uint32_t n_items, uint64_t most,
                               uint64_t seed, uint32_t *item, uint32_t *n, ams_error *err);

#endif
