/* What the features `conf` of some items are made of, close together: 7 bytes per output. The
 * arrays of an ams_env take 30, and training reads other items all the time, so that it waits
 * for memory. Private to env/ and rl/. */
#ifndef AMS_ENV_PACKED_H
#define AMS_ENV_PACKED_H

#include "ams/env.h"
#include "base/fetch.h"

enum { AMS_PACKED_TOGETHER = 8 };

/* Outputs of an item: n confidences, then n labels, then n models, with n rounded up to whole
 * eights, ascending by label, then by model; a label's last one says so. */
typedef struct ams_packed {
    uint64_t *start; /* (N + 1) byte of `outputs` where the item's begin */
    uint32_t *count; /* (N) outputs of it; 0 for items that were not asked for */
    uint8_t *outputs;
    uint8_t ones[1 << AMS_PACKED_TOGETHER][AMS_PACKED_TOGETHER]; /* places of a byte's ones */
} ams_packed;

/* Whether the features of env can be made of such. */
bool ams_packed_fits(const ams_env *env);
/* Of the n items `item`, which borrow nothing of env. */
ams_status ams_packed_init(ams_packed *packed, const ams_env *env, const uint32_t *item,
                           uint32_t n, ams_error *err);
void ams_packed_fini(ams_packed *packed); /* all zero: nothing to do */
/* ams_env_features of one of those items, of env or one of its goals. Up to
 * AMS_PACKED_TOGETHER places after the features are written, too. */
uint32_t ams_packed_features(const ams_packed *packed, const ams_env *env, uint32_t item,
                             uint64_t mask, uint32_t *index, float *value);
/* The same as machines without AVX2 do it. */
uint32_t ams_packed_features_narrow(const ams_packed *packed, const ams_env *env, uint32_t item,
                                    uint64_t mask, uint32_t *index, float *value);

/* Begins to fetch where the item's outputs are, and a while later those. */
AMS_FETCHES void ams_packed_fetch_start(const ams_packed *packed, uint32_t item)
{
    __builtin_prefetch(&packed->start[item]);
    __builtin_prefetch(&packed->count[item]);
}
AMS_FETCHES void ams_packed_fetch(const ams_packed *packed, uint32_t item)
{
    enum { LINE = 64, MOST = 2048 }; /* most items have no more */
    const uint8_t *at = packed->outputs + packed->start[item];
    const uint64_t n = packed->start[item + 1] - packed->start[item];
    for (uint64_t k = 0; k < n && k < MOST; k += LINE) {
        __builtin_prefetch(at + k);
    }
}

#endif
