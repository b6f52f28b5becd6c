/* From the samples' slopes to new weights: gradients, Adam, the target network; and the close
 * of an update. As rl/train/learn.c has it.
 *
 * F features, H units of the first hidden layer, B batch, D = the parameters after the first
 * layer's rows. */
#ifndef AMS_CUDA_STEP_H
#define AMS_CUDA_STEP_H

#include "cuda/learn.h"
#include "cuda/pass.h"

/* -- one parameter -- */

/* New values of parameter e, whose gradient is g. */
AMS_HOST_DEVICE static inline void ams_apply(const ams_view *v, uint64_t e, float g, int decays)
{
    const ams_moment *now = v->moment;
    float w = v->online[e];
    float m = v->moment1[e];
    float v2 = v->moment2[e];
    if (decays) {
        w *= now->keep;
    }
    ams_adam_element(&now->adam, g, &w, &m, &v2);
    v->online[e] = w;
    v->moment1[e] = m;
    v->moment2[e] = v2;
}

AMS_HOST_DEVICE static inline void ams_follow(const ams_view *v, uint64_t e)
{
    if (v->options.tau > 0) {
        v->target[e] += (float)v->options.tau * (v->online[e] - v->target[e]);
    } else if (v->moment->copies) {
        v->target[e] = v->online[e];
    }
}

/* Value of feature f, which sample b's state has. */
AMS_HOST_DEVICE static inline float ams_feature_value(const ams_view *v, uint32_t b, uint32_t f)
{
    const ams_env *env = &v->env;
    if (f >= env->n_labels || env->options.features == AMS_FEATURES_LABELS ||
        env->options.features == AMS_FEATURES_LABELS_MASK) {
        return 1.0F;
    }
    const ams_transition step = v->slots[v->slot[b]];
    uint64_t low = env->entry[step.item];
    uint64_t high = env->entry[step.item + 1] - 1; /* it has the feature, so an entry */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (env->label[middle] < f) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ams_lookup_conf(env, low, env->seen[low] & step.mask);
}

/* -- rows of the first layer: block f -- */

/* s->held: the samples that have feature f by AMS_HELD_WORDS words of its bits, `first` the
 * first of them, in ascending order. */
AMS_HOST_DEVICE static inline void ams_list_held(const ams_view *v, uint32_t f, uint32_t first,
                                                 ams_scratch *s, uint32_t lane, uint32_t lanes)
{
    const uint32_t *holds = v->holds + (uint64_t)f * v->words + first;
    const uint32_t left = v->words - first;
    const uint32_t words = left < AMS_HELD_WORDS ? left : (uint32_t)AMS_HELD_WORDS;
    for (uint32_t i = lane; i < words * 32; i += lanes) {
        const uint32_t bit = 1U << i % 32;
        if ((holds[i / 32] & bit) != 0) {
            uint32_t at = ams_ones(holds[i / 32] & (bit - 1));
            for (uint32_t word = 0; word < i / 32; word++) {
                at += ams_ones(holds[word]);
            }
            s->held[at] = first * 32 + i;
            s->held_value[at] = ams_feature_value(v, first * 32 + i, f);
        }
    }
    if (lane == 0) {
        s->n_held = 0;
        for (uint32_t word = 0; word < words; word++) {
            s->n_held += ams_ones(holds[word]);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_add_held(const ams_view *v, ams_scratch *s, int begins,
                                                uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const uint32_t n = s->n_held;
    for (uint32_t j = lane; j < h; j += lanes) {
        float sum = begins ? 0 : s->slope[0][j];
        AMS_UNROLL
        for (uint32_t i = 0; i < n; i++) {
            sum += s->held_value[i] * v->slope[0][(uint64_t)s->held[i] * h + j];
        }
        s->slope[0][j] = sum;
    }
}

/* s->slope[0]: the gradient of row f, summed over the samples in their order. */
AMS_HOST_DEVICE static inline void ams_block_row_gradient(const ams_view *v, uint32_t f,
                                                          ams_scratch *s)
{
    for (uint32_t first = 0; first < v->words; first += AMS_HELD_WORDS) {
        AMS_STEP(v, ams_list_held(v, f, first, s, lane, lanes));
        AMS_STEP(v, ams_add_held(v, s, first == 0, lane, lanes));
    }
}

/* s->valid, 0 before: some sample's state has feature f. */
AMS_HOST_DEVICE static inline void
ams_look_for_row(const ams_view *v, uint32_t f, ams_scratch *s, uint32_t lane, uint32_t lanes)
{
    for (uint32_t word = lane; word < v->words; word += lanes) {
        if (v->holds[(uint64_t)f * v->words + word] != 0) {
            ams_raise(&s->valid, 1);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_block_look(const ams_view *v, uint32_t f, ams_scratch *s)
{
    AMS_ALONE(v, s->valid = 0);
    AMS_STEP(v, ams_look_for_row(v, f, s, lane, lanes));
}

AMS_HOST_DEVICE static inline void
ams_row_step(const ams_view *v, uint32_t f, const ams_scratch *s, uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const int clips = v->options.grad_clip > 0;
    for (uint32_t j = lane; j < h; j += lanes) {
        uint64_t e = v->weight[0] + (uint64_t)f * h + j;
        if (s->valid || v->ever[f]) {
            float g = !s->valid ? 0 : clips ? v->gradient[e] * *v->clip_factor : s->slope[0][j];
            ams_apply(v, e, g, v->options.weight_decay > 0);
        } else if (v->options.weight_decay > 0) {
            v->online[e] *= v->moment->keep;
        } else {
            continue; /* as it was from the start, in the target network as well */
        }
        ams_follow(v, e);
    }
}

AMS_HOST_DEVICE static inline void ams_clear_row(const ams_view *v, uint32_t f,
                                                 const ams_scratch *s, uint32_t lane,
                                                 uint32_t lanes)
{
    for (uint32_t word = lane; s->valid && word < v->words; word += lanes) {
        v->holds[(uint64_t)f * v->words + word] = 0;
    }
    if (lane == 0 && s->valid) {
        v->ever[f] = 1;
    }
}

/* Row f takes its step; with clipping its gradient is there already. */
AMS_HOST_DEVICE static inline void ams_block_row(const ams_view *v, uint32_t f, ams_scratch *s)
{
    ams_block_look(v, f, s);
    if (s->valid && v->options.grad_clip == 0) {
        ams_block_row_gradient(v, f, s);
    }
    AMS_STEP(v, ams_row_step(v, f, s, lane, lanes));
    AMS_STEP(v, ams_clear_row(v, f, s, lane, lanes));
}

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
    const uint32_t j = (uint32_t)(at % out);
    const uint32_t i = (uint32_t)(at / out);
    float sum = 0;
    for (uint64_t b = 0; b < v->batch; b++) {
        float slope = v->slope[k][b * out + j];
        sum += is_bias ? slope : v->out[k - 1][b * v->width[k] + i] * slope;
    }
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

/* Block n of F + dense_blocks. */
AMS_HOST_DEVICE static inline void ams_block_step(const ams_view *v, uint32_t n, ams_scratch *s)
{
    if (n < v->width[0]) {
        ams_block_row(v, n, s);
    } else {
        AMS_STEP(v, ams_dense_step(v, n - v->width[0], lane, lanes));
    }
}

/* -- clipping: gradients go to memory first, with the squares of every block -- */

AMS_HOST_DEVICE static inline uint32_t ams_block_params(const ams_view *v, uint32_t n,
                                                        uint64_t *first)
{
    if (n < v->width[0]) {
        *first = v->weight[0] + (uint64_t)n * v->width[1];
        return v->width[1];
    }
    *first = v->bias[0] + (uint64_t)(n - v->width[0]) * AMS_DENSE_BLOCK;
    uint64_t left = v->n_params - *first;
    return left < AMS_DENSE_BLOCK ? (uint32_t)left : (uint32_t)AMS_DENSE_BLOCK;
}

AMS_HOST_DEVICE static inline void ams_store_gradient(const ams_view *v, uint32_t n,
                                                      const ams_scratch *s, uint32_t lane,
                                                      uint32_t lanes)
{
    uint64_t first;
    const uint32_t count = ams_block_params(v, n, &first);
    for (uint32_t i = lane; i < count; i += lanes) {
        v->gradient[first + i] =
            n < v->width[0] ? s->slope[0][i] : ams_dense_gradient(v, first + i);
    }
}

AMS_HOST_DEVICE static inline void
ams_square_parts(const ams_view *v, uint32_t n, ams_scratch *s, uint32_t lane, uint32_t lanes)
{
    uint64_t first;
    const uint32_t count = ams_block_params(v, n, &first);
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(count, AMS_SUM_PARTS, p + 1);
        double sum = 0;
        for (uint32_t i = ams_part_begin(count, AMS_SUM_PARTS, p); i < end; i++) {
            sum += (double)v->gradient[first + i] * (double)v->gradient[first + i];
        }
        s->sum[p] = sum;
    }
}

AMS_HOST_DEVICE static inline double ams_sum_of_parts(const double *part)
{
    double sum = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        sum += part[p];
    }
    return sum;
}

/* Block n of F + dense_blocks: its gradient and the sum of its squares. */
AMS_HOST_DEVICE static inline void ams_block_gradient(const ams_view *v, uint32_t n,
                                                      ams_scratch *s)
{
    AMS_ALONE(v, v->squares[n] = 0);
    if (n < v->width[0]) {
        ams_block_look(v, n, s);
    }
    if (n < v->width[0] && !s->valid) {
        return;
    }
    if (n < v->width[0]) {
        ams_block_row_gradient(v, n, s);
    }
    AMS_STEP(v, ams_store_gradient(v, n, s, lane, lanes));
    AMS_STEP(v, ams_square_parts(v, n, s, lane, lanes));
    AMS_ALONE(v, v->squares[n] = ams_sum_of_parts(s->sum));
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
    ams_moment *now = v->moment;
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
        if (v->owner[v->slot[b]] == b + 1) {
            v->level[0][v->slot[b]] = ams_new_priority(v, b);
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
            double priority = ams_new_priority(v, b);
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

#endif
