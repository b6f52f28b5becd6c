/* Deep SARSA: y = r + gamma Q-(s', a') with a' the action that was taken next; no maximum.
 *
 * a' is not known before the environment's next step, so the trainer draws no transition that
 * still waits for it (wants_next). They are the newest of each running episode, at most one an
 * environment: leaving out the newest E slots leaves them out, and nothing else is biased but
 * the few steps by which those slots are drawn later. */
#include "rl/agents/agent.h"
#include "rl/net/math.h"

static void targets(const ams_td_batch *batch, float *y)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        const float *q = batch->q_target + (size_t)i * batch->columns;
        float next = q[batch->next_action[i]];
        y[i] = ams_td_target(batch->reward[i], batch->discount[i], batch->terminal[i], next);
    }
}

const ams_agent ams_agent_sarsa = {
    .name = "sarsa",
    .help = "deep SARSA: the target network's value of the action that was taken next",
    .wants_next = true,
    .targets = targets,
};
