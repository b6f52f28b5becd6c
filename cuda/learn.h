/* Learning from one sample of the minibatch by the lanes of a block: draw it, find its target,
 * and the slope of its loss. As rl/train/targets.c and rl/train/learn.c have it.
 *
 * B batch, A = M + 1 actions. */
#ifndef AMS_CUDA_LEARN_H
#define AMS_CUDA_LEARN_H

#include "cuda/act.h"

/* -- draws -- */

/* Place k of the slots left when the newest before the head are taken out. */
AMS_HOST_DEVICE static inline uint64_t ams_older_slot(const ams_view *v, uint64_t k)
{
    const uint64_t head = v->count->replay_head;
    if (head < v->newest) {
        return k + head;
    }
    return k < head - v->newest ? k : k + v->newest;
}

/* The replay's slot that is sample b of this update. */
AMS_HOST_DEVICE static inline uint64_t ams_drawn_slot(const ams_view *v, uint32_t b)
{
    uint32_t words[4];
    ams_philox_words(v->options.seed, AMS_STREAM_SAMPLE, v->count->updates * v->batch + b,
                     words);
    if (v->n_levels == 0) {
        return ams_older_slot(
            v, ams_below(words[0], (uint32_t)(v->count->replay_size - v->newest)));
    }
    double unit = ams_unit(words[0]) + (double)(words[1] >> 11) * 0x1p-53;
    const double part = ams_tree_sum(v->level[v->n_levels - 1]) / v->batch;
    return ams_tree_find(v->level, v->n_levels, (b + unit) * part);
}

/* Lane by lane: the minibatch's slots, before anything asks for the least priority of them. */
AMS_HOST_DEVICE static inline void ams_draw_slots(const ams_view *v, uint32_t lane,
                                                  uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        v->slot[b] = ams_drawn_slot(v, b);
    }
}

AMS_HOST_DEVICE static inline void ams_least_parts(const ams_view *v, ams_scratch *s,
                                                   uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->batch, AMS_SUM_PARTS, p + 1);
        double least = INFINITY;
        for (uint32_t b = ams_part_begin(v->batch, AMS_SUM_PARTS, p); b < end; b++) {
            double priority = v->level[0][v->slot[b]];
            least = priority < least ? priority : least;
        }
        s->sum[p] = least;
    }
}

AMS_HOST_DEVICE static inline void ams_set_least(const ams_view *v, const ams_scratch *s)
{
    double least = INFINITY;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        least = s->sum[p] < least ? s->sum[p] : least;
    }
    v->moment[AMS_NOW].least = least;
}

/* One block: the minibatch's slots and, with priorities, the least of theirs. */
AMS_HOST_DEVICE static inline void ams_block_draw(const ams_view *v, ams_scratch *s)
{
    AMS_STEP(v, ams_draw_slots(v, lane, lanes));
    if (v->n_levels > 0) {
        AMS_STEP(v, ams_least_parts(v, s, lane, lanes));
        AMS_ALONE(v, ams_set_least(v, s));
    }
}

/* -- the sample -- */

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

/* s->y for what ams_read_sample or ams_read_branch put there; s->mask becomes the next state's.
 * With gamma 0 or at an episode's end nothing is asked of a network. */
AMS_HOST_DEVICE static inline void ams_block_target(const ams_view *v, ams_scratch *s)
{
    if (v->options.gamma == 0 || s->terminal) {
        AMS_ALONE(v, s->y = s->y_reward);
        return;
    }
    AMS_ALONE(v, s->mask = s->next_mask);
    ams_block_q(v, v->target, AMS_WITHOUT_DROPOUT, 0, s, s->q);
    if (v->bootstrap == AMS_BOOTSTRAP_CHOICE) {
        ams_block_q(v, v->online, AMS_WITHOUT_DROPOUT, 1, s, s->other);
    }
    AMS_ALONE(v, s->y = ams_target_of(v, s));
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

/* Block (b, a) of targets=all: y of action a in sample b's state, in all_target. */
AMS_HOST_DEVICE static inline void ams_block_branch(const ams_view *v, uint32_t b, uint32_t a,
                                                    ams_scratch *s)
{
    AMS_ALONE(v, ams_read_branch(v, b, a, s));
    ams_block_target(v, s);
    AMS_ALONE(v, v->all_target[(uint64_t)b * v->env.n_actions + a] = s->y);
}

/* -- loss and slopes -- */

AMS_HOST_DEVICE static inline int ams_learns(const ams_view *v, const ams_scratch *s,
                                             uint32_t a)
{
    if (v->options.targets == AMS_TARGETS_TAKEN) {
        return a == s->action;
    }
    return a < v->env.n_models ? (s->remaining >> a & 1) != 0 : v->env.options.end;
}

AMS_HOST_DEVICE static inline uint32_t ams_learned(const ams_view *v, const ams_scratch *s)
{
    return v->options.targets == AMS_TARGETS_TAKEN
               ? 1
               : ams_ones(s->remaining) + (v->env.options.end ? 1 : 0);
}

/* Slope, loss and error of each action, one lane per action. */
AMS_HOST_DEVICE static inline void ams_slopes(const ams_view *v, uint32_t b, ams_scratch *s,
                                              uint32_t lane, uint32_t lanes)
{
    const uint32_t actions = v->env.n_actions;
    const int taken = v->options.targets == AMS_TARGETS_TAKEN;
    const ams_loss loss = {(ams_loss_kind)v->options.loss, (float)v->options.huber_delta};
    const uint32_t n = ams_learned(v, s);
    for (uint32_t a = lane; a < actions; a += lanes) {
        s->dq[a] = 0;
        s->sum[a] = 0;
        s->sum2[a] = 0;
        if (ams_learns(v, s, a)) {
            float y = taken ? s->y : v->all_target[(uint64_t)b * actions + a];
            float slope = ams_loss_slope(loss, s->q[a], y);
            s->dq[a] = s->weight * slope / (float)n / (float)v->batch;
            s->sum[a] = (double)ams_loss_value(loss, s->q[a], y);
            s->sum2[a] = (double)ams_loss_error(loss, s->q[a], y);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_note_sample(const ams_view *v, uint32_t b,
                                                   const ams_scratch *s)
{
    const uint32_t n = ams_learned(v, s);
    double losses = 0;
    double errors = 0;
    for (uint32_t a = 0; a < v->env.n_actions; a++) {
        losses += s->sum[a];
        errors += s->sum2[a];
    }
    v->sample_loss[b] = n == 0 ? 0 : (double)s->weight * (losses / n);
    v->sample_error[b] = n == 0 ? 0 : (double)(float)(errors / n);
    v->sample_q[b] = (double)s->q[s->action];
}

/* heads: the slopes of the last layer's outputs. */
AMS_HOST_DEVICE static inline void ams_head_slopes(const ams_view *v, const ams_scratch *s,
                                                   float *heads, uint32_t lane, uint32_t lanes)
{
    const uint32_t actions = v->env.n_actions;
    if (v->dueling) {
        if (lane == 0) {
            ams_dueling_backward(s->dq, actions, heads);
        }
        return;
    }
    for (uint32_t a = lane; a < actions; a += lanes) {
        heads[a] = s->dq[a];
    }
}

/* The slope of a unit before ReLU and dropout, which made `out` of it. */
AMS_HOST_DEVICE static inline float ams_slope_through(const ams_view *v, float out, float slope)
{
    const double rate = v->options.dropout;
    slope = out > 0 ? slope : 0;
    return rate > 0 ? slope * (float)(1 / (1 - rate)) : slope;
}

/* Slope of the units before layer k, through ReLU and dropout. */
AMS_HOST_DEVICE static inline void
ams_slopes_before(const ams_view *v, uint32_t k, ams_scratch *s, uint32_t lane, uint32_t lanes)
{
    const uint32_t out = v->width[k + 1];
    const float *w = v->online + v->weight[k];
    const float *slopes = s->slope[k];
    AMS_SHARED(slopes);
    for (uint32_t n = lane; n < v->width[k]; n += lanes) {
        float sum = 0;
        float slope[AMS_AHEAD];
        float row[AMS_AHEAD];
        /* Of Q(s, a), a single slope is not 0. */
        AMS_SUM_AHEAD(0, out, slope[c] = slopes[i + c],
                      row[c] = AMS_LOAD(&w[(uint64_t)n * out + i + c]),
                      sum = slope[c] != 0 ? sum + slope[c] * row[c] : sum);
        s->slope[k - 1][n] = ams_slope_through(v, s->out[k - 1][n], sum);
    }
}

/* Sets the bits of the features listed in s. */
AMS_HOST_DEVICE static inline void ams_hold_features(const ams_view *v, uint32_t b,
                                                     const ams_scratch *s, uint32_t lane,
                                                     uint32_t lanes)
{
    for (uint32_t i = lane; i < s->n_places; i += lanes) {
        if (s->index[i] != (uint32_t)AMS_NO_FEATURE) {
            ams_or(&v->holds[(uint64_t)s->index[i] * v->words + b / 32], 1U << b % 32);
        }
    }
}

/* What the gradient needs of the sample. */
AMS_HOST_DEVICE static inline void ams_keep_sample(const ams_view *v, uint32_t b,
                                                   const ams_scratch *s, uint32_t lane,
                                                   uint32_t lanes)
{
    for (uint32_t k = 0; k < v->n_layers; k++) {
        const uint32_t n = v->width[k + 1];
        for (uint32_t j = lane; j < n; j += lanes) {
            v->out[k][(uint64_t)b * n + j] = s->out[k][j];
            v->slope[k][(uint64_t)b * n + j] = s->slope[k][j];
        }
    }
    ams_hold_features(v, b, s, lane, lanes);
}

AMS_HOST_DEVICE static inline void ams_state_again(const ams_view *v, ams_scratch *s)
{
    s->mask = v->slots[s->slot].mask;
}

/* Sample b, the weight of its loss and, where they are rewards, its targets. */
AMS_HOST_DEVICE static inline void ams_block_sample(const ams_view *v, uint32_t b,
                                                    ams_scratch *s)
{
    AMS_ALONE(v, ams_read_sample(v, b, s); ams_weigh_sample(v, s));
    if (v->options.targets == AMS_TARGETS_ALL && v->options.gamma == 0) {
        AMS_STEP(v, ams_reward_targets(v, b, s, lane, lanes));
    }
}

/* Block b: sample b, from its draw to the slopes of its loss. */
AMS_HOST_DEVICE static inline void ams_block_learn(const ams_view *v, uint32_t b,
                                                   ams_scratch *s)
{
    ams_block_sample(v, b, s);
    if (v->options.targets == AMS_TARGETS_TAKEN) {
        ams_block_target(v, s);
        AMS_ALONE(v, ams_state_again(v, s));
    }
    ams_block_q(v, v->online, (int64_t)b, 0, s, s->q);
    AMS_STEP(v, ams_slopes(v, b, s, lane, lanes));
    AMS_ALONE(v, ams_note_sample(v, b, s));
    AMS_STEP(v, ams_head_slopes(v, s, s->slope[v->n_layers - 1], lane, lanes));
    for (uint32_t k = v->n_layers - 1; k > 0; k--) {
        AMS_STEP(v, ams_slopes_before(v, k, s, lane, lanes));
    }
    AMS_STEP(v, ams_keep_sample(v, b, s, lane, lanes));
}

#endif
