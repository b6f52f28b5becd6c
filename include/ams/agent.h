/* Agents: how a target is made of what the networks say of the next state. One file per agent,
 * which reads like its equation; everything else of training is the trainer's. */
#ifndef AMS_AGENT_H
#define AMS_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A minibatch of B transitions as an agent sees it; A = n_models + 1 actions. */
typedef struct ams_td_batch {
    uint32_t n, n_models;
    bool end_valid;             /* END may be taken in every state */
    const float *reward;        /* (B) discounted sum over the steps up to the next state */
    const float *discount;      /* (B) of the next state: gamma to the number of those steps */
    const uint8_t *terminal;    /* (B) */
    const uint64_t *remaining;  /* (B) models that have not run in the next state */
    const uint8_t *next_action; /* (B) what the behaviour policy did next */
    uint32_t columns;           /* floats between the rows of Q, at least A */
    const float *q_target;      /* (B, A) target network on the next states */
    const float *q_online; /* (B, A) online network on the next states; NULL unless wanted */
} ams_td_batch;

typedef struct ams_agent {
    const char *name;
    const char *help;
    bool wants_online; /* q_online */
    bool wants_next;   /* next_action; the trainer then draws only transitions that have one */
    bool lasting;      /* y depends on the transition and the target network alone */
    bool dueling;      /* the network has heads of advantage and value */
    /* y (B): what Q(s, a) should be. */
    void (*targets)(const ams_td_batch *batch, float *y);
} ams_agent;

extern const ams_agent ams_agent_dqn;
extern const ams_agent ams_agent_double;
extern const ams_agent ams_agent_sarsa;
extern const ams_agent ams_agent_dueling;
extern const ams_agent ams_agent_double_dueling;

/* Targets that more than one agent has. */
void ams_targets_dqn(const ams_td_batch *batch, float *y);
void ams_targets_double(const ams_td_batch *batch, float *y);

/* All agents, in the order of the key `agent`. */
extern const ams_agent *const ams_agents[];
extern const uint32_t ams_n_agents;
extern const char *const ams_agent_names[]; /* NULL-terminated, same order */

#ifdef __cplusplus
}
#endif
#endif
