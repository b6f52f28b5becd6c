/* The close of an update, by one block of k_step: statistics, new priorities, and what the
 * update to come goes by; k_prepare and k_refresh, when a run begins. As rl/train/train.c has
 * it.
 *
 * The priority of sample b is (|error_b| + eps)^alpha; where a slot was drawn more than once,
 * the last of its samples counts. Sums above it in the tree come from their children in order.
 */
#ifndef AMS_CUDA_CLOSE_H
#define AMS_CUDA_CLOSE_H

#include "cuda/act.h"

/* What the update to come goes by. */
AMS_HOST_DEVICE static inline void ams_prepare(const ams_view *v)
{
    const ams_train_options *o = &v->options;
    const uint64_t t = v->count->updates;
    const double lr = ams_lr_at((ams_lr_schedule)o->lr_schedule, o->lr, t, o->steps);
    ams_moment *now = &v->moment[AMS_COMING];
    now->epsilon = ams_epsilon_at(t, o->epsilon_start, o->epsilon_end, o->epsilon_steps);
    now->beta = ams_beta_at(t, o->priority_beta, o->steps);
    now->adam = ams_adam_at(lr, o->adam_beta1, o->adam_beta2, o->adam_epsilon, t + 1);
    now->keep = o->weight_decay > 0 ? (float)(1 - lr * o->weight_decay) : 1.0F;
    now->copies = (t + 1) % o->target_every == 0;
}

AMS_HOST_DEVICE static inline void ams_stat_parts(const ams_view *v, ams_scratch *s,
                                                  uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->batch, AMS_SUM_PARTS, p + 1);
        double loss = 0;
        double q = 0;
        for (uint32_t b = ams_part_begin(v->batch, AMS_SUM_PARTS, p); b < end; b++) {
            loss += v->sample_loss[b];
            q += v->sample_q[b];
        }
        s->sum[p] = loss;
        s->sum2[p] = q;
    }
}

AMS_HOST_DEVICE static inline double ams_new_priority(const ams_view *v, uint32_t b)
{
    return ams_priority_of(v->sample_error[b], v->options.priority_alpha,
                           v->options.priority_eps);
}

AMS_HOST_DEVICE static inline void ams_claim_slots(const ams_view *v, uint32_t lane,
                                                   uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        ams_raise(&v->owner[v->slot[b]], b + 1);
    }
}

AMS_HOST_DEVICE static inline void ams_rank_drawn(const ams_view *v, uint32_t lane,
                                                  uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        const double priority = ams_new_priority(v, b);
        v->sample_error[b] = priority; /* for ams_top_parts: its power takes long */
        if (v->owner[v->slot[b]] == b + 1) {
            v->level[0][v->slot[b]] = priority;
        }
    }
}

AMS_HOST_DEVICE static inline void ams_sum_drawn(const ams_view *v, uint32_t k, uint32_t lane,
                                                 uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        ams_sum_above(v, k, v->slot[b]);
    }
}

AMS_HOST_DEVICE static inline void ams_top_parts(const ams_view *v, ams_scratch *s,
                                                 uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->batch, AMS_SUM_PARTS, p + 1);
        double top = 0;
        for (uint32_t b = ams_part_begin(v->batch, AMS_SUM_PARTS, p); b < end; b++) {
            double priority = v->sample_error[b];
            top = priority > top ? priority : top;
            AMS_PUT_SAME(&v->owner[v->slot[b]], 0); /* samples may share a slot */
        }
        s->sum[p] = top;
    }
}

AMS_HOST_DEVICE static inline void ams_set_top(const ams_view *v, const ams_scratch *s)
{
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        *v->top = s->sum[p] > *v->top ? s->sum[p] : *v->top;
    }
}

AMS_HOST_DEVICE static inline void ams_count_update(const ams_view *v, const ams_scratch *s)
{
    ams_trainer_counters *count = v->count;
    count->stat_loss += ams_sum_of_parts(s->sum) / v->batch;
    count->stat_q += ams_sum_of_parts(s->sum2) / v->batch;
    count->stat_updates++;
    count->updates++;
    ams_prepare(v);
}

AMS_HOST_DEVICE static inline void ams_block_close(const ams_view *v, ams_scratch *s)
{
    if (v->n_levels > 0) {
        AMS_STEP(v, ams_claim_slots(v, lane, lanes));
        AMS_STEP(v, ams_rank_drawn(v, lane, lanes));
        for (uint32_t k = 0; k + 1 < v->n_levels; k++) {
            AMS_STEP(v, ams_sum_drawn(v, k, lane, lanes));
        }
        AMS_STEP(v, ams_top_parts(v, s, lane, lanes));
        AMS_ALONE(v, ams_set_top(v, s));
    }
    AMS_STEP(v, ams_stat_parts(v, s, lane, lanes));
    AMS_ALONE(v, ams_count_update(v, s));
}

/* After the view was filled: rewards of slot `first`, `first` + 1, ... as the device computes
 * them, whoever computed those that were there. */
AMS_HOST_DEVICE static inline void ams_refresh_rewards(const ams_view *v, uint64_t first,
                                                       uint64_t stride)
{
    for (uint64_t i = first; i < v->count->replay_size; i += stride) {
        const ams_transition step = v->slots[i];
        v->slot_reward[i] = ams_lookup_reward(&v->env, step.item, step.mask, step.action);
    }
}

#endif
