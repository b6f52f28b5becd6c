/* What the features `conf` of some items are made of, close together: 7 bytes per output. The
 * arrays of an ams_env take 30, and training reads other items all the time, so that it waits
 * for memory. Private to env/ and rl/. */
#ifndef AMS_ENV_COMPACT_H
#define AMS_ENV_COMPACT_H

#include "ams/env.h"
#include "base/fetch.h"

enum { AMS_COMPACT_TOGETHER = 8 };

/* Outputs of an item: n confidences, then n labels, then n models, with n rounded up to whole
 * eights, ascending by label, then by model; a label's last one says so. */
typedef struct ams_compact {
    uint64_t *start; /* (N + 1) byte of `outputs` where the item's begin */
    uint32_t *count; /* (N) outputs of it; 0 for items that were not asked for */
    uint8_t *outputs;
    uint8_t ones[1 << AMS_COMPACT_TOGETHER][AMS_COMPACT_TOGETHER]; /* places of a byte's ones */
} ams_compact;

/* Whether the features of env can be made of such. */
bool ams_compact_fits(const ams_env *env);
/* Of the n items `item`, which borrow nothing of env. */
ams_status ams_compact_init(ams_compact *compact, const ams_env *env, const uint32_t *item,
                            uint32_t n, ams_error *err);
void ams_compact_fini(ams_compact *compact); /* all zero: nothing to do */
/* ams_env_features of one of those items, of env or one of its goals. Up to
 * AMS_COMPACT_TOGETHER places after the features are written, too. */
uint32_t ams_compact_features(const ams_compact *compact, const ams_env *env, uint32_t item,
                              uint64_t mask, uint32_t *index, float *value);
/* The same as machines without AVX2 do it. */
uint32_t ams_compact_features_narrow(const ams_compact *compact, const ams_env *env,
                                     uint32_t item, uint64_t mask, uint32_t *index,
                                     float *value);

/* Begins to fetch where the item's outputs are, and a while later those. */
AMS_FETCHES void ams_compact_fetch_start(const ams_compact *compact, uint32_t item)
{
    __builtin_prefetch(&compact->start[item]);
    __builtin_prefetch(&compact->count[item]);
}
AMS_FETCHES void ams_compact_fetch(const ams_compact *compact, uint32_t item)
{
    enum { LINE = 64, MOST = 2048 }; /* most items have no more */
    const uint8_t *at = compact->outputs + compact->start[item];
    const uint64_t n = compact->start[item + 1] - compact->start[item];
    for (uint64_t k = 0; k < n && k < MOST; k += LINE) {
        __builtin_prefetch(at + k);
    }
}

#endif
