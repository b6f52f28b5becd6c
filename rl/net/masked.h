/* The largest of a row of Q-values over the actions that are valid, with vectors where the row
 * has room for them. The scalar definitions are in rl/net/math.h. */
#ifndef AMS_RL_NET_MASKED_H
#define AMS_RL_NET_MASKED_H

#include "rl/net/math.h"

#include <stdbool.h>
#include <string.h>

enum { AMS_MASKED_LANES = 16 };
typedef float ams_masked_vector __attribute__((vector_size(AMS_MASKED_LANES * sizeof(float))));
typedef int32_t ams_masked_lanes
    __attribute__((vector_size(AMS_MASKED_LANES * sizeof(int32_t))));

/* ams_masked_max of a row of `columns` floats, sixteen actions at a time. The row has room for
 * whole vectors, of which what is past the models may be any number, or sixteen models: the
 * last vector then holds some a second time. */
static inline float ams_masked_max_wide(const float *q, uint32_t columns, uint64_t remaining,
                                        uint32_t n_models, bool end_valid)
{
    static const ams_masked_lanes bit = {1,       1 << 1,  1 << 2,  1 << 3, 1 << 4,  1 << 5,
                                         1 << 6,  1 << 7,  1 << 8,  1 << 9, 1 << 10, 1 << 11,
                                         1 << 12, 1 << 13, 1 << 14, 1 << 15};
    ams_masked_vector most = (ams_masked_vector){0} - INFINITY;
    most[0] = end_valid ? q[n_models] : -INFINITY;
    for (uint32_t m = 0; m < n_models; m += AMS_MASKED_LANES) {
        const uint32_t at = m + AMS_MASKED_LANES <= columns ? m : n_models - AMS_MASKED_LANES;
        ams_masked_vector x;
        memcpy(&x, q + at, sizeof x);
        const ams_masked_lanes larger =
            ((bit & (int32_t)(remaining >> at & UINT16_MAX)) != 0) & (x > most); /* 0 or -1 */
        most = (ams_masked_vector)(((ams_masked_lanes)x & larger) |
                                   ((ams_masked_lanes)most & ~larger));
    }
    float best = most[0];
    for (uint32_t j = 1; j < AMS_MASKED_LANES; j++) {
        best = most[j] > best ? most[j] : best;
    }
    return best == -INFINITY ? 0.0F : best;
}

/* ams_masked_max of a row of `columns` floats. */
static inline float ams_row_max(const float *q, uint32_t columns, uint64_t remaining,
                                uint32_t n_models, bool end_valid)
{
    const uint32_t whole =
        (n_models + AMS_MASKED_LANES - 1) / AMS_MASKED_LANES * AMS_MASKED_LANES;
    return columns >= whole || n_models >= AMS_MASKED_LANES
               ? ams_masked_max_wide(q, columns, remaining, n_models, end_valid)
               : ams_masked_max(q, remaining, n_models, end_valid);
}

#endif
