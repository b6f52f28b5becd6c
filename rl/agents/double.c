/* Double DQN (van Hasselt et al. 2016, eq. 4): the online network chooses, the target network
 * says what the choice is worth: y = r + gamma Q-(s', argmax over valid a of Q(s', a)). */
#include "ams/agent.h"
#include "rl/net/math.h"

void ams_targets_double(const ams_td_batch *b, float *y)
{
    for (uint32_t i = 0; i < b->n; i++) {
        const float *online = b->q_online + (size_t)i * b->columns;
        const float *target = b->q_target + (size_t)i * b->columns;
        uint32_t a = ams_masked_argmax(online, b->remaining[i], b->n_models, b->end_valid);
        y[i] = ams_td_target(b->reward[i], b->discount[i], b->terminal[i], target[a]);
    }
}

const ams_agent ams_agent_double = {
    .name = "double",
    .help = "double DQN: the online network chooses the action, the target network values it",
    .wants_online = true,
    .targets = ams_targets_double,
};
