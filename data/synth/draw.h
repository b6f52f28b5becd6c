/* Random numbers of one item. Private to data/synth/.
 *
 * Each item has 2^16 blocks of four words: a row of 2^9 for what is on it, and one for each
 * model, so that the output of a model does not depend on how many numbers another one used. */
#ifndef AMS_DATA_SYNTH_DRAW_H
#define AMS_DATA_SYNTH_DRAW_H

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

/* The normal distribution as a table: libm's functions differ between machines. */
enum {
    AMS_SYNTH_STEPS = 64,
    AMS_SYNTH_REACH = 5,
    AMS_SYNTH_CELLS = 2 * AMS_SYNTH_REACH * AMS_SYNTH_STEPS
};
typedef struct ams_synth_normal {
    double below[AMS_SYNTH_CELLS + 1]; /* P(x < -REACH + k / STEPS), 0 and 1 at the ends */
    uint16_t guide[257];               /* last cell that starts at or below j / 256 */
} ams_synth_normal;
void ams_synth_normal_init(ams_synth_normal *normal);
/* Mean 0, deviation 1, within -5 and 5; one word. */
double ams_synth_draw_normal(const ams_synth_normal *normal, ams_rng *rng);

#endif
