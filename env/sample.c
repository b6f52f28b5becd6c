#include "env/sample.h"

#include "ams/table.h"
#include "base/rng.h"

#include <stdlib.h>

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

ams_status ams_sample_training(const uint8_t *split, uint32_t n_items, uint64_t most,
                               uint64_t seed, uint32_t *item, uint32_t *n, ams_error *err)
{
    *n = 0;
    for (uint32_t i = 0; i < n_items; i++) {
        if (split[i] == AMS_TRAIN) {
            item[(*n)++] = i;
        }
    }
    if (most > *n) {
        return ams_fail(err, AMS_USAGE,
                        "items=%llu: expected at most the %u items of the training split, or 0 "
                        "for all",
                        (unsigned long long)most, *n);
    }
    if (most > 0) {
        ams_rng rng = ams_rng_init(seed, AMS_STREAM_ITEMS);
        ams_rng_shuffle(&rng, item, *n);
        *n = (uint32_t)most;
        qsort(item, *n, sizeof *item, by_number);
    }
    return AMS_OK;
}
