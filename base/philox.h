/* ams_philox for host and device: what ams_philox of base/rng.h calls, and CUDA kernels. */
#ifndef AMS_BASE_PHILOX_H
#define AMS_BASE_PHILOX_H

#include "base/device.h"

#include <stdint.h>

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

AMS_HOST_DEVICE static inline void ams_philox_words(uint64_t seed, uint64_t stream,
                                                    uint64_t counter, uint32_t words[4])
{
    philox4x32_ctr_t ctr = {{(uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)stream,
                             (uint32_t)(stream >> 32)}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t drawn = philox4x32(ctr, key);
    for (int i = 0; i < 4; i++) {
        words[i] = drawn.v[i];
    }
}

#endif
