#include "base/rng.h"

#include "base/philox.h"

#include <stddef.h>

void ams_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t words[4])
{
    ams_philox_words(seed, stream, counter, words);
}

enum { TOGETHER = 16 }; /* counters: one AVX-512 register of 32-bit words */

/* Algorithm and constants of Salmon et al., SC 2011; words[k] holds word k of all counters. */
static void philox_together(uint64_t seed, uint32_t words[4][TOGETHER])
{
    enum { ROUNDS = 10 };
    static const uint32_t factor[2] = {0xD2511F53, 0xCD9E8D57};
    static const uint32_t weyl[2] = {0x9E3779B9, 0xBB67AE85};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TOGETHER; i++) {
            uint64_t a = (uint64_t)factor[0] * words[0][i];
            uint64_t b = (uint64_t)factor[1] * words[2][i];
            words[0][i] = (uint32_t)(b >> 32) ^ words[1][i] ^ key[0];
            words[1][i] = (uint32_t)b;
            words[2][i] = (uint32_t)(a >> 32) ^ words[3][i] ^ key[1];
            words[3][i] = (uint32_t)a;
        }
        key[0] += weyl[0];
        key[1] += weyl[1];
    }
}

void ams_philox_row(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n,
                    uint32_t *words)
{
    uint32_t i = 0;
    for (; i + TOGETHER <= n; i += TOGETHER) {
        _Alignas(64) uint32_t drawn[4][TOGETHER];
        for (uint32_t k = 0; k < TOGETHER; k++) {
            uint64_t at = counter + i + k;
            drawn[0][k] = (uint32_t)at;
            drawn[1][k] = (uint32_t)(at >> 32);
            drawn[2][k] = (uint32_t)stream;
            drawn[3][k] = (uint32_t)(stream >> 32);
        }
        philox_together(seed, drawn);
        for (uint32_t k = 0; k < TOGETHER; k++) {
            for (int w = 0; w < 4; w++) {
                words[(size_t)(i + k) * 4 + (size_t)w] = drawn[w][k];
            }
        }
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
