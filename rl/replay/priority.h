/* Priorities of the replay's slots, and draws in proportion to them (Schaul et al. 2016,
 * proportional variant; docs/definitions.md "Prioritised replay").
 *
 * The priorities are the values of a tree of sums (rl/replay/tree.h). The tree is a pure
 * function of them, so a checkpoint needs no more than the priorities themselves. */
#ifndef AMS_RL_REPLAY_PRIORITY_H
#define AMS_RL_REPLAY_PRIORITY_H

#include "ams/status.h"
#include "rl/replay/tree.h"

typedef struct ams_priority {
    uint64_t n;      /* slots; 0: not in use */
    double top;      /* largest priority ever given, at least 1: what a new slot gets */
    double *storage; /* of all levels, 64-byte aligned */
    double *level[AMS_TREE_LEVELS]; /* level[0]: (n) priorities; the last: up to 8 sums */
    uint64_t width[AMS_TREE_LEVELS];
    uint32_t n_levels;
} ams_priority;

/* n slots of priority 0, which are never drawn. */
ams_status ams_priority_init(ams_priority *p, uint64_t n, ams_error *err);
void ams_priority_fini(ams_priority *p);

void ams_priority_set(ams_priority *p, uint64_t slot, double priority);
double ams_priority_total(const ams_priority *p);
/* The slot where the sum of the priorities in ascending order first exceeds `at`, which is in
 * [0, total); never one of priority 0 while there is another. */
uint64_t ams_priority_find(const ams_priority *p, double at);
/* All sums, after the caller has written the first `size` values of level[0], and `top`; the
 * others become 0. @return AMS_BAD_DATA if one is not within 0 and `top`, or if none is
 * positive. */
ams_status ams_priority_rebuild(ams_priority *p, uint64_t size, ams_error *err);

/* Slots of a minibatch of n: [0, total) is cut into n equal parts, and draw i of update t,
 * which is counter t * n + i of the stream SAMPLE, falls into part i. total > 0. */
void ams_priority_sample(const ams_priority *p, uint64_t seed, uint64_t t, uint32_t n,
                         uint64_t *slot);
/* weight (n) = (1 / (N P(slot)))^beta, divided by the largest of them. */
void ams_priority_weights(const ams_priority *p, double beta, uint32_t n, const uint64_t *slot,
                          float *weight);
/* Each drawn slot's priority becomes (error + epsilon)^alpha; that of a slot which was drawn
 * twice, by its later error. */
void ams_priority_learn(ams_priority *p, double alpha, double epsilon, uint32_t n,
                        const uint64_t *slot, const float *error);

#endif
