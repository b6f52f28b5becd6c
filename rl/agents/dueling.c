/* Dueling networks (Wang et al. 2016): Q = V + A - mean of A, of linear heads V and A on the
 * last hidden layer; the targets are those of DQN and of double DQN. */
#include "ams/agent.h"

const ams_agent ams_agent_dueling = {
    .name = "dueling",
    .help = "DQN whose network separates the state's value from the actions' advantages",
    .dueling = true,
    .targets = ams_targets_dqn,
};

const ams_agent ams_agent_double_dueling = {
    .name = "double-dueling",
    .help = "both: double DQN's targets, a dueling network",
    .wants_online = true,
    .dueling = true,
    .targets = ams_targets_double,
};
