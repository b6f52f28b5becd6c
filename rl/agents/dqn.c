/* DQN (Mnih et al. 2015, algorithm 1): y = r + gamma max over valid a of Q-(s', a). */
#include "ams/agent.h"
#include "rl/net/masked.h"

void ams_targets_dqn(const ams_td_batch *b, float *y)
{
    for (uint32_t i = 0; i < b->n; i++) {
        const float *q = b->q_target + (size_t)i * b->columns;
        float best = ams_row_max(q, b->columns, b->remaining[i], b->n_models, b->end_valid);
        y[i] = ams_td_target(b->reward[i], b->discount[i], b->terminal[i], best);
    }
}

const ams_agent ams_agent_dqn = {
    .name = "dqn",
    .help = "deep Q-learning: the target network's maximum over the actions that remain",
    .lasting = true,
    .targets = ams_targets_dqn,
};
