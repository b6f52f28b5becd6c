/* Philox4x32-10 of as many counters as a register has 64-bit lanes, at the width that the
 * including source is compiled for. The numbers do not depend on it: base/rng.h. */
#ifndef AMS_BASE_PHILOX_LANES_H
#define AMS_BASE_PHILOX_LANES_H

#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { AMS_PHILOX_LANES = 8 };
#elif defined(__AVX2__)
enum { AMS_PHILOX_LANES = 4 };
#else
enum { AMS_PHILOX_LANES = 2 };
#endif
typedef uint64_t ams_philox_lanes
    __attribute__((vector_size(AMS_PHILOX_LANES * sizeof(uint64_t))));
/* The four words of each counter, one counter after the other: half of them in each. */
typedef uint32_t ams_philox_halves
    __attribute__((vector_size(AMS_PHILOX_LANES * sizeof(uint64_t))));

/* Of the lower halves of each lane. GCC 12 does not know that one instruction does it. */
__attribute__((always_inline)) static inline ams_philox_lanes
ams_philox_product(ams_philox_lanes a, ams_philox_lanes b)
{
#if defined(__AVX512F__)
    return (ams_philox_lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (ams_philox_lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (ams_philox_lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

/* Algorithm and constants of Salmon et al., SC 2011; word[k] holds word k of all counters in
 * the lower halves of its lanes. What stands in the upper halves is never read. `sets` of them
 * at once, a constant: a round waits for the one before, so another set goes on meanwhile. */
__attribute__((always_inline)) static inline void
ams_philox_together(uint64_t seed, ams_philox_lanes word[][4], int sets)
{
    enum { ROUNDS = 10, HALF = 32 };
    static const uint32_t weyl[2] = {0x9E3779B9, 0xBB67AE85};
    const ams_philox_lanes factor[2] = {(ams_philox_lanes){0} + 0xD2511F53,
                                        (ams_philox_lanes){0} + 0xCD9E8D57};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> HALF)};
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < sets; k++) {
            const ams_philox_lanes a = ams_philox_product(factor[0], word[k][0]);
            const ams_philox_lanes b = ams_philox_product(factor[1], word[k][2]);
            word[k][0] = (b >> HALF) ^ word[k][1] ^ (uint64_t)key[0];
            word[k][1] = b;
            word[k][2] = (a >> HALF) ^ word[k][3] ^ (uint64_t)key[1];
            word[k][3] = a;
        }
        key[0] += weyl[0];
        key[1] += weyl[1];
    }
}

/* The words of the counters from `counter` on: `sets` registers of counters, a constant. */
__attribute__((always_inline)) static inline void ams_philox_from(uint64_t seed,
                                                                  uint64_t stream,
                                                                  uint64_t counter, int sets,
                                                                  ams_philox_halves drawn[][2])
{
#if defined(__AVX512F__)
    const ams_philox_lanes place = {0, 1, 2, 3, 4, 5, 6, 7};
#elif defined(__AVX2__)
    const ams_philox_lanes place = {0, 1, 2, 3};
#else
    const ams_philox_lanes place = {0, 1};
#endif
    enum { MOST = 4 };
    ams_philox_lanes word[MOST][4];
    for (int k = 0; k < sets; k++) {
        const ams_philox_lanes at = place + (counter + (uint64_t)k * AMS_PHILOX_LANES);
        word[k][0] = at;
        word[k][1] = at >> 32;
        word[k][2] = (ams_philox_lanes){0} + stream;
        word[k][3] = (ams_philox_lanes){0} + (stream >> 32);
    }
    ams_philox_together(seed, word, sets);
    for (int k = 0; k < sets; k++) {
        const ams_philox_lanes a = (word[k][0] & UINT32_MAX) | word[k][1] << 32;
        const ams_philox_lanes b = (word[k][2] & UINT32_MAX) | word[k][3] << 32;
#if defined(__AVX512F__)
        drawn[k][0] =
            (ams_philox_halves)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        drawn[k][1] =
            (ams_philox_halves)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif defined(__AVX2__)
        drawn[k][0] = (ams_philox_halves)__builtin_shufflevector(a, b, 0, 4, 1, 5);
        drawn[k][1] = (ams_philox_halves)__builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
        drawn[k][0] = (ams_philox_halves)__builtin_shufflevector(a, b, 0, 2);
        drawn[k][1] = (ams_philox_halves)__builtin_shufflevector(a, b, 1, 3);
#endif
    }
}

#endif
