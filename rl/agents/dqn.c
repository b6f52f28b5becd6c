/* DQN (Mnih et al. 2015, algorithm 1): y = r + gamma max over valid a of Q-(s', a). */
#include "rl/agents/agent.h"
#include "rl/net/math.h"

#include <string.h>

enum { LANES = 16 };
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t lanes __attribute__((vector_size(LANES * sizeof(int32_t))));

/* ams_masked_max, sixteen actions at a time, of a row with room for that. */
static float wide_max(const float *q, uint64_t remaining, uint32_t n_models, bool end_valid)
{
    static const lanes bit = {1,       1 << 1,  1 << 2,  1 << 3, 1 << 4,  1 << 5,
                              1 << 6,  1 << 7,  1 << 8,  1 << 9, 1 << 10, 1 << 11,
                              1 << 12, 1 << 13, 1 << 14, 1 << 15};
    vector most = (vector){0} - INFINITY;
    most[0] = end_valid ? q[n_models] : -INFINITY;
    for (uint32_t m = 0; m < n_models; m += LANES) {
        vector x;
        memcpy(&x, q + m, sizeof x);
        const lanes larger =
            ((bit & (int32_t)(remaining >> m & UINT16_MAX)) != 0) & (x > most); /* 0 or -1 */
        most = (vector)(((lanes)x & larger) | ((lanes)most & ~larger));
    }
    float best = most[0];
    for (uint32_t j = 1; j < LANES; j++) {
        best = most[j] > best ? most[j] : best;
    }
    return best == -INFINITY ? 0.0F : best;
}

void ams_targets_dqn(const ams_td_batch *batch, float *y)
{
    const uint32_t m = batch->n_models;
    const bool wide = batch->columns >= (m + LANES - 1) / LANES * LANES;
    for (uint32_t i = 0; i < batch->n; i++) {
        const float *q = batch->q_target + (size_t)i * batch->columns;
        const uint64_t left = batch->remaining[i];
        float best = wide ? wide_max(q, left, m, batch->end_valid)
                          : ams_masked_max(q, left, m, batch->end_valid);
        y[i] = ams_td_target(batch->reward[i], batch->discount[i], batch->terminal[i], best);
    }
}

const ams_agent ams_agent_dqn = {
    .name = "dqn",
    .help = "deep Q-learning: the target network's maximum over the actions left",
    .lasting = true,
    .targets = ams_targets_dqn,
};
