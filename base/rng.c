#include "base/rng.h"

#include "base/philox.h"

#include <stddef.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

void ams_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t words[4])
{
    ams_philox_words(seed, stream, counter, words);
}

/* -- many counters at once -- */

#if defined(__AVX512F__)
enum { LANES = 8 }; /* counters, 64 bits each, in one register */
#elif defined(__AVX2__)
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif
typedef uint64_t rng_lanes __attribute__((vector_size(LANES * sizeof(uint64_t))));

/* Of the lower halves of each lane. GCC 12 does not know that one instruction does it. */
static inline rng_lanes half_product(rng_lanes a, rng_lanes b)
{
#if defined(__AVX512F__)
    return (rng_lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (rng_lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (rng_lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

/* Algorithm and constants of Salmon et al., SC 2011; word[k] holds word k of all counters in
 * the lower halves of its lanes. What stands in the upper halves is never read. */
static inline void philox_together(uint64_t seed, rng_lanes word[4])
{
    enum { ROUNDS = 10, HALF = 32 };
    static const uint32_t weyl[2] = {0x9E3779B9, 0xBB67AE85};
    const rng_lanes factor[2] = {(rng_lanes){0} + 0xD2511F53, (rng_lanes){0} + 0xCD9E8D57};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> HALF)};
    for (int round = 0; round < ROUNDS; round++) {
        const rng_lanes a = half_product(factor[0], word[0]);
        const rng_lanes b = half_product(factor[1], word[2]);
        word[0] = (b >> HALF) ^ word[1] ^ (uint64_t)key[0];
        word[1] = b;
        word[2] = (a >> HALF) ^ word[3] ^ (uint64_t)key[1];
        word[3] = a;
        key[0] += weyl[0];
        key[1] += weyl[1];
    }
}

/* The four words of each counter side by side: to (LANES, 4). */
static inline void put_words(const rng_lanes word[4], uint32_t *to)
{
    const rng_lanes a = (word[0] & UINT32_MAX) | word[1] << 32;
    const rng_lanes b = (word[2] & UINT32_MAX) | word[3] << 32;
#if defined(__AVX512F__)
    const rng_lanes first = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    const rng_lanes second = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif defined(__AVX2__)
    const rng_lanes first = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const rng_lanes second = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    const rng_lanes first = __builtin_shufflevector(a, b, 0, 2);
    const rng_lanes second = __builtin_shufflevector(a, b, 1, 3);
#endif
    memcpy(to, &first, sizeof first);
    memcpy(to + 2 * (size_t)LANES, &second, sizeof second);
}

void ams_philox_row(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n,
                    uint32_t *words)
{
    enum {
        CHAINS = 2,
        TOGETHER = CHAINS * LANES
    }; /* one chain waits while the other goes on */
    uint32_t i = 0;
    for (; i + TOGETHER <= n; i += TOGETHER) {
        for (uint32_t c = 0; c < CHAINS; c++) {
            rng_lanes at = {0};
            for (uint32_t k = 0; k < LANES; k++) {
                at[k] = counter + i + (uint64_t)c * LANES + k;
            }
            rng_lanes word[4] = {at, at >> 32, (rng_lanes){0} + stream,
                                 (rng_lanes){0} + (stream >> 32)};
            philox_together(seed, word);
            put_words(word, words + ((size_t)i + (size_t)c * LANES) * 4);
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
