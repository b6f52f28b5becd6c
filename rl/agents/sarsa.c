/* Deep SARSA: y = r + gamma Q-(s', a') with a' the action that was taken next; no maximum.
 *
 * a' is not known before the environment's next step, so the trainer draws no transition that
 * still waits for it (wants_next). Those are the newest step of each running episode, at most
 * one per environment: leaving out the newest E slots leaves them out. The only bias is that
 * those slots are drawn a few steps later. */
#include "ams/agent.h"
#include "rl/net/math.h"

static void targets(const ams_td_batch *b, float *y)
{
    for (uint32_t i = 0; i < b->n; i++) {
        float next = b->q_target[(size_t)i * b->columns + b->next_action[i]];
        y[i] = ams_td_target(b->reward[i], b->discount[i], b->terminal[i], next);
    }
}

const ams_agent ams_agent_sarsa = {
    .name = "sarsa",
    .help = "deep SARSA: the target network's value of the action that was taken next",
    .wants_next = true,
    .targets = targets,
};
