#include "base/rng.h"

/* Random123's headers are not clean under the project's warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

void ams_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t words[4])
{
    philox4x32_ctr_t ctr = {{(uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)stream,
                             (uint32_t)(stream >> 32)}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t drawn = philox4x32(ctr, key);
    for (int i = 0; i < 4; i++) {
        words[i] = drawn.v[i];
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
