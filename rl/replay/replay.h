/* Replay: a ring of 16-byte transitions. Reward, next state and features are recomputed from
 * the table when a transition is drawn, so a million of them take 16 MB. */
#ifndef AMS_RL_REPLAY_REPLAY_H
#define AMS_RL_REPLAY_REPLAY_H

#include "ams/status.h"

#include <stdint.h>

enum {
    AMS_FLAG_TERMINAL = 1, /* the episode ended with this action */
    AMS_FLAG_NEXT = 2,     /* next_action is known */
    AMS_FLAG_GOAL = 8      /* from this bit on: the goal of the episode, where goals are inputs;
                              else 0 */
};

typedef struct ams_transition {
    uint32_t item;
    uint8_t action; /* n_models = END */
    uint8_t next_action;
    uint16_t flags;
    uint64_t mask; /* models executed before the action */
} ams_transition;
_Static_assert(sizeof(ams_transition) == 16, "a transition is 16 bytes");

typedef struct ams_replay {
    uint64_t capacity, size, head; /* head: where the next one goes */
    ams_transition *slots;
} ams_replay;

ams_status ams_replay_init(ams_replay *replay, uint64_t capacity, ams_error *err);
void ams_replay_fini(ams_replay *replay);
/* Overwrites the oldest when full; returns the slot used. */
uint64_t ams_replay_push(ams_replay *replay, ams_transition transition);
/* Slots of `n` transitions drawn uniformly with replacement from all but the `newest` last
 * ones: draw i has counter `counter` + i of the stream SAMPLE. size > newest. */
void ams_replay_sample(const ams_replay *replay, uint64_t seed, uint64_t counter,
                       uint64_t newest, uint32_t n, uint64_t *slot);

#endif
