#include "ams/agent.h"

#include <stddef.h>

const ams_agent *const ams_agents[] = {&ams_agent_dqn, &ams_agent_double, &ams_agent_sarsa,
                                       &ams_agent_dueling, &ams_agent_double_dueling};
/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
const uint32_t ams_n_agents = sizeof ams_agents / sizeof *ams_agents;
const char *const ams_agent_names[] = {"dqn",     "double",         "sarsa",
                                       "dueling", "double-dueling", NULL};
