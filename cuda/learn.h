/* k_learn, one block per sample: from its draw to the slopes of its loss. As rl/train/learn.c
 * has it.
 *
 * Of the n actions that sample b learns, with its weight w_b:
 *
 *   dq[a] = w_b loss'(Q(s, a), y_a) / (n B)         (A)
 *   dx[i] = sum_j W[i, j] dy[j]  where x[i] > 0     (width[k]) of the units before layer k,
 *                                                   from the slopes dy (width[k + 1]) after it
 *
 * The rows of units and slopes go to memory, where rows.h and dense.h sum them over samples.
 *
 * B batch, A = M + 1 actions. */
#ifndef AMS_CUDA_LEARN_H
#define AMS_CUDA_LEARN_H

#include "cuda/target.h"

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
        AMS_SUM_AHEAD(AMS_AHEAD, AMS_AHEAD, 0, out, slope[c] = slopes[i + c],
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
    for (uint32_t i = lane; i < s->n_features; i += lanes) {
        ams_or(&v->holds[(uint64_t)s->index[i] * v->words + b / 32], 1U << b % 32);
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

/* Block b: sample b, from its draw to the slopes of its loss. */
AMS_HOST_DEVICE static inline void ams_block_learn(const ams_view *v, uint32_t b,
                                                   ams_scratch *s)
{
    ams_block_sample(v, b, s);
    if (v->options.targets == AMS_TARGETS_TAKEN) {
        ams_block_target(v, s);
        AMS_FIRST_LANE(v, ams_state_again(v, s));
    }
    ams_block_q(v, v->online, (int64_t)b, 0, s, s->q);
    AMS_STEP(v, ams_slopes(v, b, s, lane, lanes));
    AMS_FIRST_LANE(v, ams_note_sample(v, b, s));
    AMS_STEP(v, ams_head_slopes(v, s, s->slope[v->n_layers - 1], lane, lanes));
    for (uint32_t k = v->n_layers - 1; k > 0; k--) {
        AMS_STEP(v, ams_slopes_before(v, k, s, lane, lanes));
    }
    AMS_STEP(v, ams_keep_sample(v, b, s, lane, lanes));
}

#endif
