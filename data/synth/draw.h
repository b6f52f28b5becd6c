/* Random numbers of one item. Private to data/synth/.
 *
 * Each item has 2^16 blocks of four words: a row of 2^9 for what is on it, and one for each
 * model, so that the output of a model does not depend on how many numbers another one used. */
#ifndef AMS_DATA_SYNTH_DRAW_H
#define AMS_DATA_SYNTH_DRAW_H

#include "base/normal.h"
#include "base/rng.h"

#include <stdbool.h>

/* For the item itself: row 0. For model m: row m + 1. */
static inline ams_rng ams_synth_rng(uint64_t seed, uint64_t index, uint32_t row)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_SYNTH);
    rng.counter = index << 16 | (uint64_t)row << 9;
    return rng;
}

static inline bool ams_synth_coin(ams_rng *rng, double probability)
{
    return ams_rng_unit(rng) < probability;
}

/* Not quite uniform over n (bias below n / 2^32), but always one word. */
static inline uint32_t ams_synth_below(ams_rng *rng, uint32_t n)
{
    return ams_below(ams_rng_next(rng), n);
}

#endif
