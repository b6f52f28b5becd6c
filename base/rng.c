#include "base/rng.h"

#include "base/philox.h"
#include "base/philox_lanes.h"

#include <stddef.h>
#include <string.h>

void ams_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t words[4])
{
    ams_philox_words(seed, stream, counter, words);
}

/* -- many counters at once -- */

void ams_philox_row(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n,
                    uint32_t *words)
{
    enum { SETS = 2 };
    uint32_t i = 0;
    for (; i + SETS * AMS_PHILOX_LANES <= n; i += SETS * AMS_PHILOX_LANES) {
        ams_philox_halves drawn[SETS][2];
        ams_philox_from(seed, stream, counter + i, SETS, drawn);
        memcpy(words + (size_t)i * 4, drawn, sizeof drawn);
    }
    for (; i + AMS_PHILOX_LANES <= n; i += AMS_PHILOX_LANES) {
        ams_philox_halves drawn[1][2];
        ams_philox_from(seed, stream, counter + i, 1, drawn);
        memcpy(words + (size_t)i * 4, drawn, sizeof drawn);
    }
    for (; i < n; i++) {
        ams_philox(seed, stream, counter + i, words + (size_t)i * 4);
    }
}

ams_rng ams_rng_init(uint64_t seed, uint64_t stream)
{
    return (ams_rng){.seed = seed, .stream = stream};
}

uint32_t ams_rng_next(ams_rng *rng)
{
    if (rng->left == 0) {
        ams_philox(rng->seed, rng->stream, rng->counter++, rng->words);
        rng->left = 4;
    }
    return rng->words[--rng->left];
}

uint32_t ams_rng_below(ams_rng *rng, uint32_t n)
{
    /* Lemire, "Fast random integer generation in an interval", 2019, algorithm 5. */
    uint64_t product = (uint64_t)ams_rng_next(rng) * n;
    uint32_t low = (uint32_t)product;
    if (low < n) {
        uint32_t threshold = (0U - n) % n;
        while (low < threshold) {
            product = (uint64_t)ams_rng_next(rng) * n;
            low = (uint32_t)product;
        }
    }
    return (uint32_t)(product >> 32);
}

double ams_rng_unit(ams_rng *rng)
{
    return ams_unit(ams_rng_next(rng));
}

void ams_rng_shuffle(ams_rng *rng, uint32_t *values, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = ams_rng_below(rng, i);
        uint32_t kept = values[i - 1];
        values[i - 1] = values[j];
        values[j] = kept;
    }
}
