/* DQN (Mnih et al. 2015, algorithm 1): y = r + gamma max over valid a of Q-(s', a). */
#include "rl/agent.h"
#include "rl/math.h"

void ams_targets_dqn(const ams_td_batch *batch, float *y)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        const float *q = batch->q_target + (size_t)i * (batch->n_models + 1);
        float best = ams_masked_max(q, batch->remaining[i], batch->n_models, batch->end_valid);
        y[i] = ams_td_target(batch->reward[i], batch->discount[i], batch->terminal[i], best);
    }
}

const ams_agent ams_agent_dqn = {
    .name = "dqn",
    .help = "deep Q-learning: the target network's maximum over the actions left",
    .lasting = true,
    .targets = ams_targets_dqn,
};
