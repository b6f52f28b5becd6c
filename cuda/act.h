/* k_act, one block per environment: an epsilon-greedy choice; the last block takes the step of
 * every environment and writes the replay. The same draws as rl/train/act.c, from the same
 * counters.
 *
 *   a = a random action with probability epsilon, else the rule's of Q(s, .)
 *
 * E environments, A = M + 1 actions, END = M. */
#ifndef AMS_CUDA_ACT_H
#define AMS_CUDA_ACT_H

#include "ams/policy_file.h"
#include "cuda/forward.h"
#include "online/rules.h"

enum { AMS_CUDA_UNDECIDED = 255 };

/* The k-th lowest one of `bits`, k < number of ones. */
AMS_HOST_DEVICE static inline uint32_t ams_nth_one(uint64_t bits, uint32_t k)
{
    while (k-- > 0) {
        bits &= bits - 1;
    }
    return ams_lowest(bits);
}

AMS_HOST_DEVICE static inline uint64_t ams_view_remaining(const ams_view *v, uint64_t mask)
{
    return v->env.all_models & ~mask;
}

AMS_HOST_DEVICE static inline void ams_explore(const ams_view *v, uint32_t i, ams_scratch *s)
{
    uint32_t words[4];
    ams_philox_words(v->options.seed, AMS_STREAM_EXPLORE, v->count->acts * v->envs + i, words);
    s->item = v->item[i];
    s->mask = v->mask[i];
    s->action = AMS_CUDA_UNDECIDED;
    if (ams_unit(words[0]) < v->moment[AMS_COMING].epsilon) {
        uint64_t remaining = ams_view_remaining(v, s->mask);
        uint32_t models = ams_ones(remaining);
        uint32_t k = ams_below(words[1], models + (v->env.options.end ? 1 : 0));
        s->action = k == models ? v->env.n_models : ams_nth_one(remaining, k);
    }
}

AMS_HOST_DEVICE static inline uint32_t ams_decide_by(const ams_view *v, const float *q,
                                                     uint64_t remaining)
{
    switch (v->options.decide) {
    case AMS_DECIDE_Q_GREEDY:
        return ams_rule_q_greedy(q, remaining);
    case AMS_DECIDE_COST_Q:
        return ams_rule_cost_q(q, v->env.time_ms, remaining);
    default:
        return ams_rule_odds(q, v->env.log_time, remaining);
    }
}

AMS_HOST_DEVICE static inline uint32_t ams_greedy(const ams_view *v, const float *q,
                                                  uint64_t remaining)
{
    const uint32_t end = v->env.n_models;
    if (v->decide < 0) {
        return ams_masked_argmax(q, remaining, end, v->env.options.end);
    }
    uint32_t model = ams_decide_by(v, q, remaining);
    return v->env.options.end && q[end] > q[model] ? end : model;
}

AMS_HOST_DEVICE static inline void ams_take(const ams_view *v, uint32_t i, ams_scratch *s)
{
    v->action[i] = (uint8_t)(s->action != AMS_CUDA_UNDECIDED
                                 ? s->action
                                 : ams_greedy(v, s->q, ams_view_remaining(v, s->mask)));
}

/* -- the step, by one block for all environments -- */

AMS_HOST_DEVICE static inline uint64_t ams_new_slot(const ams_view *v, uint32_t i)
{
    return (v->count->replay_head + i) % v->capacity;
}

/* The last step of each running episode learns what came next: before any slot is written
 * again, as one environment after the other would have it. */
AMS_HOST_DEVICE static inline void ams_link_steps(const ams_view *v, uint32_t lane,
                                                  uint32_t lanes)
{
    for (uint32_t i = lane; i < v->envs; i += lanes) {
        if (v->last_slot[i] != AMS_NO_SLOT) {
            ams_transition *previous = &v->slots[v->last_slot[i]];
            previous->next_action = v->action[i];
            previous->flags = (uint16_t)(previous->flags | AMS_FLAG_NEXT);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_push_steps(const ams_view *v, uint32_t lane,
                                                  uint32_t lanes)
{
    const uint32_t end = v->env.n_models;
    for (uint32_t i = lane; i < v->envs; i += lanes) {
        uint32_t action = v->action[i];
        uint64_t mask = v->mask[i];
        uint64_t next = action == end ? mask : mask | (uint64_t)1 << action;
        uint64_t slot = ams_new_slot(v, i);
        int done = action == end || ams_lookup_finished(&v->env, v->item[i], next);
        ams_transition step;
        step.item = v->item[i];
        step.action = (uint8_t)action;
        step.next_action = 0;
        step.flags = (uint16_t)(done ? AMS_FLAG_TERMINAL : 0);
        step.mask = mask;
        v->slots[slot] = step;
        v->slot_reward[slot] = ams_lookup_reward(&v->env, v->item[i], mask, action);
        v->last_slot[i] = slot;
        v->mask[i] = next;
        v->done[i] = (uint8_t)done;
    }
}

/* Slots in the replay once environment i has pushed its step. */
AMS_HOST_DEVICE static inline uint64_t ams_size_after(const ams_view *v, uint32_t i)
{
    uint64_t size = v->count->replay_size + i + 1;
    return size < v->capacity ? size : v->capacity;
}

/* rl/train/train.c's give_priority: slots whose next action is known by now get the largest. */
AMS_HOST_DEVICE static inline void ams_rank_known(const ams_view *v, uint32_t lane,
                                                  uint32_t lanes)
{
    for (uint32_t i = lane; i < v->envs; i += lanes) {
        if (ams_size_after(v, i) > v->newest) {
            uint64_t slot = ams_new_slot(v, i);
            v->level[0][(slot + v->capacity - v->newest) % v->capacity] = *v->top;
        }
    }
}

AMS_HOST_DEVICE static inline void ams_rank_new(const ams_view *v, uint32_t lane,
                                                uint32_t lanes)
{
    for (uint32_t i = lane; v->newest > 0 && i < v->envs; i += lanes) {
        v->level[0][ams_new_slot(v, i)] = 0;
    }
}

/* The sum above level k that the slot counts in, from its children in their order: the same one
 * for all slots below it. */
AMS_HOST_DEVICE static inline void ams_sum_above(const ams_view *v, uint32_t k, uint64_t slot)
{
    uint64_t i = slot;
    for (uint32_t up = 0; up <= k; up++) {
        i /= AMS_TREE_CHILDREN;
    }
    AMS_PUT_SAME(&v->level[k + 1][i], ams_tree_sum(v->level[k] + i * AMS_TREE_CHILDREN));
}

AMS_HOST_DEVICE static inline void ams_sum_acted(const ams_view *v, uint32_t k, uint32_t lane,
                                                 uint32_t lanes)
{
    for (uint32_t i = lane; i < v->envs; i += lanes) {
        uint64_t slot = ams_new_slot(v, i);
        ams_sum_above(v, k, slot);
        ams_sum_above(v, k, (slot + v->capacity - v->newest) % v->capacity);
    }
}

/* Episodes that end among the environments of a part. */
AMS_HOST_DEVICE static inline void ams_count_ends(const ams_view *v, ams_scratch *s,
                                                  uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->envs, AMS_SUM_PARTS, p + 1);
        double n = 0;
        for (uint32_t i = ams_part_begin(v->envs, AMS_SUM_PARTS, p); i < end; i++) {
            n += v->done[i];
        }
        s->sum[p] = n;
    }
}

/* Each ended episode's environment begins another: the draws go by the order of the
 * environments. A lane does whole parts. */
AMS_HOST_DEVICE static inline void ams_begin_episodes(const ams_view *v, const ams_scratch *s,
                                                      uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->envs, AMS_SUM_PARTS, p + 1);
        uint64_t begun = v->count->begun;
        for (uint32_t before = 0; before < p; before++) {
            begun += (uint64_t)s->sum[before];
        }
        for (uint32_t i = ams_part_begin(v->envs, AMS_SUM_PARTS, p); i < end; i++) {
            if (v->done[i]) {
                uint32_t words[4];
                ams_philox_words(v->options.seed, AMS_STREAM_EPISODE, begun++, words);
                v->item[i] = v->train_item[ams_below(words[0], v->n_train)];
                v->mask[i] = 0;
                v->last_slot[i] = AMS_NO_SLOT;
            }
        }
    }
}

AMS_HOST_DEVICE static inline void ams_count_steps(const ams_view *v, const ams_scratch *s)
{
    uint64_t ended = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        ended += (uint64_t)s->sum[p];
    }
    ams_trainer_counters *count = v->count;
    count->replay_size = ams_size_after(v, v->envs - 1);
    count->replay_head = ams_new_slot(v, v->envs);
    count->acts++;
    count->begun += ended;
    count->episodes += ended;
}

AMS_HOST_DEVICE static inline void ams_block_remember(const ams_view *v, ams_scratch *s)
{
    AMS_STEP(v, ams_link_steps(v, lane, lanes));
    if (v->n_levels > 0) { /* in arrays that steps do not touch */
        AMS_LANES(v, ams_rank_known(v, lane, lanes));
    }
    AMS_STEP(v, ams_push_steps(v, lane, lanes));
    if (v->n_levels > 0) {
        AMS_STEP(v, ams_rank_new(v, lane, lanes));
        for (uint32_t k = 0; k + 1 < v->n_levels; k++) {
            AMS_STEP(v, ams_sum_acted(v, k, lane, lanes));
        }
    }
    AMS_STEP(v, ams_count_ends(v, s, lane, lanes));
    AMS_STEP(v, ams_begin_episodes(v, s, lane, lanes));
    AMS_ALONE(v, ams_count_steps(v, s); v->moment[AMS_NOW] = v->moment[AMS_COMING]);
}

/* Block i: environment i's action. The last block to have chosen takes all environments' steps,
 * since a launch of its own would cost as much as they do. */
AMS_HOST_DEVICE static inline void ams_block_act(const ams_view *v, uint32_t i, ams_scratch *s)
{
    AMS_ALONE(v, ams_explore(v, i, s));
    if (s->action == AMS_CUDA_UNDECIDED) {
        ams_block_q(v, v->online, AMS_WITHOUT_DROPOUT, 0, s, s->q);
    }
    AMS_ALONE(v, ams_take(v, i, s); s->valid = (uint32_t)ams_comes_last(v->ticket, v->envs));
    if (s->valid) {
        ams_block_remember(v, s);
    }
}

#endif
