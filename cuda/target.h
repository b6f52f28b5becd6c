/* A sample and its targets, by the lanes of a block; k_branch, one block per action of each
 * sample, where all actions have targets. As rl/train/targets.c has it.
 *
 *   y = r_0 + gamma r_1 + ... + gamma^(n - 1) r_(n - 1) + gamma^n worth(s')
 *
 * of the n steps from the sample's state on, or as many as the episode has; s' is the state
 * after them, and worth(s') is 0 where that ends it. With the target network Q' it is
 * max_a Q'(s', a), or Q'(s', a) of the action a that the online network would choose (double),
 * or that was taken next (SARSA).
 *
 * B batch, A = M + 1 actions. */
#ifndef AMS_CUDA_TARGET_H
#define AMS_CUDA_TARGET_H

#include "cuda/draw.h"

/* The slot of the episode's next step, or AMS_NO_SLOT: rl/train/targets.c's step_after. */
AMS_HOST_DEVICE static inline uint64_t ams_slot_after(const ams_view *v, uint64_t slot)
{
    const uint32_t flags = v->slots[slot].flags;
    if ((flags & AMS_FLAG_TERMINAL) != 0 || (flags & AMS_FLAG_NEXT) == 0) {
        return AMS_NO_SLOT;
    }
    uint64_t next = slot + v->envs;
    while (next >= v->capacity) { /* mostly once; a division would take longer */
        next -= v->capacity;
    }
    int known = (v->slots[next].flags & (AMS_FLAG_TERMINAL | AMS_FLAG_NEXT)) != 0;
    return v->newest > 0 && !known ? AMS_NO_SLOT : next;
}

/* The sample's state and, of the steps from it on, reward and next state. */
AMS_HOST_DEVICE static inline void ams_read_sample(const ams_view *v, uint32_t b,
                                                   ams_scratch *s)
{
    s->slot = v->slot[b];
    if (v->n_levels == 0) { /* else DRAW has drawn it */
        s->slot = ams_drawn_slot(v, b);
        v->slot[b] = s->slot;
    }
    ams_transition step = v->slots[s->slot];
    s->item = step.item;
    s->mask = step.mask;
    s->action = step.action;
    s->remaining = ams_view_remaining(v, step.mask);
    double sum = 0;
    double discount = 1;
    uint64_t slot = s->slot;
    for (uint64_t k = 1; slot != AMS_NO_SLOT; k++) {
        step = v->slots[slot];
        sum += discount * (double)v->slot_reward[slot];
        discount *= v->options.gamma;
        slot = k < v->options.nstep ? ams_slot_after(v, slot) : AMS_NO_SLOT;
    }
    s->y_reward = (float)sum;
    s->discount = (float)discount;
    s->next_action = step.next_action;
    s->terminal = (step.flags & AMS_FLAG_TERMINAL) != 0;
    s->next_mask =
        step.action == v->env.n_models ? step.mask : step.mask | (uint64_t)1 << step.action;
}

/* 1 without priorities. */
AMS_HOST_DEVICE static inline void ams_weigh_sample(const ams_view *v, ams_scratch *s)
{
    const ams_moment *now = &v->moment[AMS_NOW];
    s->weight = 1;
    if (v->n_levels > 0) {
        s->weight = (float)pow(now->least / v->level[0][s->slot], now->beta);
    }
}

/* -- targets -- */

/* y of a step into (s->item, next_mask), from s->q of the target network and, for a choice,
 * s->other of the online one. */
AMS_HOST_DEVICE static inline float ams_target_of(const ams_view *v, const ams_scratch *s)
{
    const uint32_t m = v->env.n_models;
    const uint64_t remaining = ams_view_remaining(v, s->next_mask);
    float worth = 0;
    if (v->bootstrap == AMS_BOOTSTRAP_MAX) {
        worth = ams_masked_max(s->q, remaining, m, v->env.options.end);
    } else if (v->bootstrap == AMS_BOOTSTRAP_CHOICE) {
        worth = s->q[ams_masked_argmax(s->other, remaining, m, v->env.options.end)];
    } else {
        worth = s->q[s->next_action];
    }
    return ams_td_target(s->y_reward, s->discount, (int)s->terminal, worth);
}

/* s->y, for the first lane alone, of what ams_read_sample or ams_read_branch put there; s->mask
 * becomes the next state's. With gamma 0 or at an episode's end nothing is asked of a network.
 */
AMS_HOST_DEVICE static inline void ams_block_target(const ams_view *v, ams_scratch *s)
{
    if (v->options.gamma == 0 || s->terminal) {
        AMS_FIRST_LANE(v, s->y = s->y_reward);
        return;
    }
    AMS_FIRST_LANE(v, s->mask = s->next_mask);
    ams_block_q(v, v->target, AMS_WITHOUT_DROPOUT, 0, s, s->q);
    if (v->bootstrap == AMS_BOOTSTRAP_CHOICE) {
        ams_block_q(v, v->online, AMS_WITHOUT_DROPOUT, 1, s, s->other);
    }
    AMS_FIRST_LANE(v, s->y = ams_target_of(v, s));
}

/* targets=all: the step that action a would be in sample b's state. */
AMS_HOST_DEVICE static inline void ams_read_branch(const ams_view *v, uint32_t b, uint32_t a,
                                                   ams_scratch *s)
{
    const ams_transition step = v->slots[v->slot[b]];
    s->item = step.item;
    s->mask = step.mask;
    s->y_reward = 0;
    s->valid = a < v->env.n_models && (step.mask >> a & 1) == 0;
    s->terminal = 1; /* END */
    if (s->valid) {
        s->next_mask = step.mask | (uint64_t)1 << a;
        s->y_reward = ams_lookup_reward(&v->env, s->item, step.mask, a);
        s->discount = (float)v->options.gamma;
        s->terminal = (uint32_t)ams_lookup_finished(&v->env, s->item, s->next_mask);
    }
}

/* targets=all with gamma 0, one lane per action: the targets of sample b are rewards alone. */
AMS_HOST_DEVICE static inline void ams_reward_targets(const ams_view *v, uint32_t b,
                                                      const ams_scratch *s, uint32_t lane,
                                                      uint32_t lanes)
{
    const uint32_t actions = v->env.n_actions;
    for (uint32_t a = lane; a < actions; a += lanes) {
        const int valid = a < v->env.n_models && (s->mask >> a & 1) == 0;
        v->all_target[(uint64_t)b * actions + a] =
            valid ? ams_lookup_reward(&v->env, s->item, s->mask, a) : 0;
    }
}

/* Sample b, the weight of its loss and, where they are rewards, its targets. */
AMS_HOST_DEVICE static inline void ams_block_sample(const ams_view *v, uint32_t b,
                                                    ams_scratch *s)
{
    AMS_ALONE(v, ams_read_sample(v, b, s); ams_weigh_sample(v, s));
    if (v->options.targets == AMS_TARGETS_ALL && v->options.gamma == 0) {
        AMS_LANES(v, ams_reward_targets(v, b, s, lane, lanes)); /* each reads its own */
    }
}

/* Block (b, a) of targets=all: y of action a in sample b's state, in all_target. */
AMS_HOST_DEVICE static inline void ams_block_branch(const ams_view *v, uint32_t b, uint32_t a,
                                                    ams_scratch *s)
{
    AMS_ALONE(v, ams_read_branch(v, b, a, s));
    ams_block_target(v, s);
    AMS_ALONE(v, v->all_target[(uint64_t)b * v->env.n_actions + a] = s->y);
}

#endif
