/* From the samples' slopes to new weights: the layers after the first, clipping, and the close
 * of an update; rows.h has the first layer's rows. As rl/train/learn.c has it.
 *
 * F features, H units of the first hidden layer, B batch, D = the parameters after the first
 * layer's rows. */
#ifndef AMS_CUDA_STEP_H
#define AMS_CUDA_STEP_H

#include "cuda/rows.h"

/* -- what follows the rows: block of AMS_DENSE_BLOCK parameters -- */

AMS_HOST_DEVICE static inline float ams_bias_of_parts(const ams_view *v, uint32_t unit)
{
    const uint32_t units = ams_units_before(v, v->n_layers);
    float sum = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        sum += v->bias_part[p * units + unit];
    }
    return sum;
}

/* Gradient of parameter e of a layer k > 0, or of any bias; 0 for what fills up a layer. */
AMS_HOST_DEVICE static inline float ams_dense_gradient(const ams_view *v, uint64_t e)
{
    uint32_t k = v->n_layers - 1;
    while (k > 0 && e < v->weight[k]) {
        k--;
    }
    const uint32_t out = v->width[k + 1];
    const int is_bias = e >= v->bias[k];
    const uint64_t at = e - (is_bias ? v->bias[k] : v->weight[k]);
    if (is_bias && at >= out) {
        return 0;
    }
    if (!is_bias && v->gemm) {
        return v->gradient[e];
    }
    if (is_bias && v->wide) {
        return ams_bias_of_parts(v, ams_units_before(v, k) + (uint32_t)at);
    }
    const uint32_t in = v->width[k];
    const float *slope = v->slope[k] + at % out;
    float sum = 0;
    float dy[AMS_AHEAD];
    if (is_bias) {
        AMS_SUM_AHEAD(0, v->batch, (void)0, dy[c] = AMS_LOAD(&slope[(uint64_t)(i + c) * out]),
                      sum += dy[c]);
        return sum;
    }
    const float *unit = v->out[k - 1] + at / out;
    float x[AMS_AHEAD];
    AMS_SUM_AHEAD(0, v->batch, (void)0, dy[c] = AMS_LOAD(&slope[(uint64_t)(i + c) * out]);
                  x[c] = AMS_LOAD(&unit[(uint64_t)(i + c) * in]), sum += x[c] * dy[c]);
    return sum;
}

AMS_HOST_DEVICE static inline int ams_is_weight(const ams_view *v, uint64_t e)
{
    for (uint32_t k = 1; k < v->n_layers; k++) {
        if (e >= v->weight[k] && e < v->bias[k]) {
            return 1;
        }
    }
    return 0;
}

AMS_HOST_DEVICE static inline void ams_dense_step(const ams_view *v, uint32_t block,
                                                  uint32_t lane, uint32_t lanes)
{
    const uint64_t first = v->bias[0] + (uint64_t)block * AMS_DENSE_BLOCK;
    const int clips = v->options.grad_clip > 0;
    for (uint32_t i = lane; i < AMS_DENSE_BLOCK && first + i < v->n_params; i += lanes) {
        uint64_t e = first + i;
        float g = clips ? v->gradient[e] * *v->clip_factor : ams_dense_gradient(v, e);
        ams_apply(v, e, g, v->options.weight_decay > 0 && ams_is_weight(v, e));
        ams_follow(v, e);
    }
}

/* -- clipping: gradients go to memory first, with the squares of every block -- */

/* Part p of the squares of gradients [first, first + count). */
AMS_HOST_DEVICE static inline double ams_square_part(const ams_view *v, uint64_t first,
                                                     uint32_t count, uint32_t p)
{
    const uint32_t end = ams_part_begin(count, AMS_SUM_PARTS, p + 1);
    double sum = 0;
    for (uint32_t i = ams_part_begin(count, AMS_SUM_PARTS, p); i < end; i++) {
        sum += (double)v->gradient[first + i] * (double)v->gradient[first + i];
    }
    return sum;
}

AMS_HOST_DEVICE static inline double ams_sum_of_parts(const double *part)
{
    double sum = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        sum += part[p];
    }
    return sum;
}

/* Row f's gradient in memory, and the sum of its squares. */
AMS_HOST_DEVICE static inline void ams_warp_squares(const ams_view *v, uint32_t f, uint32_t w,
                                                    const ams_scratch *s)
{
    double *part = s->row_sum + w * AMS_SUM_PARTS;
    const uint64_t first = v->weight[0] + (uint64_t)f * v->width[1];
    ams_warp_look(v, f, w, s);
    if (!s->row_valid[w]) {
        AMS_WARP_STEP(
            v, if (lane == 0) { v->squares[f] = 0; });
        return;
    }
    ams_warp_gradient(v, f, w, s);
    AMS_WARP_STEP(
        v, for (uint32_t p = lane; p < AMS_SUM_PARTS;
                p += lanes) { part[p] = ams_square_part(v, first, v->width[1], p); });
    AMS_WARP_STEP(
        v, if (lane == 0) { v->squares[f] = ams_sum_of_parts(part); });
}

/* First parameter of dense block n, and how many it has. */
AMS_HOST_DEVICE static inline uint32_t ams_dense_params(const ams_view *v, uint32_t n,
                                                        uint64_t *first)
{
    *first = v->bias[0] + (uint64_t)n * AMS_DENSE_BLOCK;
    const uint64_t left = v->n_params - *first;
    return left < AMS_DENSE_BLOCK ? (uint32_t)left : (uint32_t)AMS_DENSE_BLOCK;
}

AMS_HOST_DEVICE static inline void ams_block_dense_squares(const ams_view *v, uint32_t n,
                                                           ams_scratch *s)
{
    uint64_t first;
    const uint32_t count = ams_dense_params(v, n, &first);
    AMS_STEP(
        v, for (uint32_t i = lane; i < count;
                i += lanes) { v->gradient[first + i] = ams_dense_gradient(v, first + i); });
    AMS_STEP(
        v, for (uint32_t p = lane; p < AMS_SUM_PARTS;
                p += lanes) { s->sum[p] = ams_square_part(v, first, count, p); });
    AMS_ALONE(v, v->squares[v->width[0] + n] = ams_sum_of_parts(s->sum));
}

/* Block n of the dense blocks, which take longest and so come first, and those of the rows. */
AMS_HOST_DEVICE static inline void ams_block_gradient(const ams_view *v, uint32_t n,
                                                      ams_scratch *s)
{
    if (n < v->dense_blocks) {
        ams_block_dense_squares(v, n, s);
        return;
    }
    AMS_EACH_WARP(w)
    {
        const uint32_t f = (n - v->dense_blocks) * AMS_STEP_ROWS + w;
        if (f < v->width[0]) {
            ams_warp_squares(v, f, w, s);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_norm_parts(const ams_view *v, ams_scratch *s,
                                                  uint32_t lane, uint32_t lanes)
{
    const uint32_t n = v->width[0] + v->dense_blocks;
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(n, AMS_SUM_PARTS, p + 1);
        double sum = 0;
        for (uint32_t i = ams_part_begin(n, AMS_SUM_PARTS, p); i < end; i++) {
            sum += v->squares[i];
        }
        s->sum[p] = sum;
    }
}

AMS_HOST_DEVICE static inline void ams_set_clip(const ams_view *v, const ams_scratch *s)
{
    const double norm = sqrt(ams_sum_of_parts(s->sum));
    const double most = v->options.grad_clip;
    *v->clip_factor = norm <= most ? 1.0F : (float)(most / norm);
}

/* One block: the factor that cuts the gradient to grad_clip. */
AMS_HOST_DEVICE static inline void ams_block_clip(const ams_view *v, ams_scratch *s)
{
    AMS_STEP(v, ams_norm_parts(v, s, lane, lanes));
    AMS_ALONE(v, ams_set_clip(v, s));
}

/* -- the close of an update: one block -- */

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
            v->owner[v->slot[b]] = 0;
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

/* Block n of STEP: the close of the update, which the others do not wait for; the dense blocks,
 * which take longest; and the rows. */
AMS_HOST_DEVICE static inline void ams_block_step(const ams_view *v, uint32_t n, ams_scratch *s)
{
    if (n == 0) {
        ams_block_close(v, s);
        return;
    }
    if (n - 1 < v->dense_blocks) {
        AMS_STEP(v, ams_dense_step(v, n - 1, lane, lanes));
        return;
    }
    AMS_EACH_WARP(w)
    {
        const uint32_t f = (n - 1 - v->dense_blocks) * AMS_STEP_ROWS + w;
        if (f < v->width[0]) {
            ams_warp_row(v, f, w, s);
        }
    }
}

#endif
