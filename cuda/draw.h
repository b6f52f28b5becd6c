/* k_draw, one block: the slots of the minibatch. As rl/train/draw.c has it.
 *
 * Sample b of B is any slot of the replay but the newest, which do not know their next action
 * yet. With priorities p it is slot i with probability p_i / sum p, where sample b looks in
 * part [b, b + 1) / B of that sum alone, and the weights of the losses, (min p / p_i)^beta,
 * take the least p of the minibatch. */
#ifndef AMS_CUDA_DRAW_H
#define AMS_CUDA_DRAW_H

#include "cuda/act.h"

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

#endif
