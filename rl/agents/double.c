/* Double DQN (van Hasselt et al. 2016, eq. 4): the online network chooses, the target network
 * says what the choice is worth: y = r + gamma Q-(s', argmax over valid a of Q(s', a)). */
#include "rl/agents/agent.h"
#include "rl/net/math.h"

void ams_targets_double(const ams_td_batch *batch, float *y)
{
    const uint32_t m = batch->n_models;
    for (uint32_t i = 0; i < batch->n; i++) {
        const float *online = batch->q_online + (size_t)i * batch->columns;
        const float *target = batch->q_target + (size_t)i * batch->columns;
        uint32_t a = ams_masked_argmax(online, batch->remaining[i], m, batch->end_valid);
        y[i] =
            ams_td_target(batch->reward[i], batch->discount[i], batch->terminal[i], target[a]);
    }
}

const ams_agent ams_agent_double = {
    .name = "double",
    .help = "double DQN: the online network chooses the action, the target network values it",
    .wants_online = true,
    .targets = ams_targets_double,
};
