/* The entries of an environment: an item's outputs put together by label. Private to env/. */
#ifndef AMS_ENV_ENTRIES_H
#define AMS_ENV_ENTRIES_H

#include "ams/env.h"

/* The arrays of an ams_env that have these names (include/ams/env.h), to be written. */
typedef struct ams_entries {
    uint64_t *entry; /* (N + 1) */
    double *full;    /* (N) */
    uint32_t *label;
    uint64_t *makers, *seen, *conf_at;
    double *profit;
    float *conf;
    size_t n, n_conf;
    uint32_t most; /* entries of one item */
} ams_entries;

/* Of all items of the table. Of env the options, sizes and thresholds are read.
 * @return AMS_BACKEND: out of memory. */
ams_status ams_entries_make(ams_entries *entries, const ams_env *env, const ams_table *table,
                            ams_error *err);
void ams_entries_fini(ams_entries *entries);

#endif
