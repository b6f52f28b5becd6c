/* The parameters after the first layer's rows, one lane per parameter and AMS_DENSE_BLOCK per
 * block: their gradients and Adam's step. As rl/train/learn.c has it.
 *
 *   dW[i, j] = sum_b x_b[i] dy_b[j]    db[j] = sum_b dy_b[j]     b ascending
 *
 * with the units x (B, width[k]) before and the slopes dy (B, width[k + 1]) after layer k. */
#ifndef AMS_CUDA_DENSE_H
#define AMS_CUDA_DENSE_H

#include "cuda/rows.h"

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
        AMS_SUM_AHEAD(AMS_AHEAD, AMS_AHEAD, 0, v->batch, (void)0,
                      dy[c] = AMS_LOAD(&slope[(uint64_t)(i + c) * out]), sum += dy[c]);
        return sum;
    }
    const float *unit = v->out[k - 1] + at / out;
    float x[AMS_AHEAD];
    AMS_SUM_AHEAD(AMS_AHEAD, AMS_AHEAD, 0, v->batch, (void)0,
                  dy[c] = AMS_LOAD(&slope[(uint64_t)(i + c) * out]);
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

#endif
