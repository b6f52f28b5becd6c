/* The arithmetic of a decision: a first layer kept as a running sum, followed by small layers.
 * Header-only and free of dependencies, so that the framework (rl/policy/scorer.c) and the
 * embedded scheduler add in the same order: the same bits, hence the same choices. Compile with
 * contraction (-ffp-contract=fast) in both. */
#ifndef AMS_ONLINE_LAYERS_H
#define AMS_ONLINE_LAYERS_H

#include "online/goals.h"
#include "online/lanes.h"

#include <stddef.h>
#include <stdint.h>

enum { AMS_FULL_ROW = 16, AMS_CHAINS = 4, AMS_UNITS_AT_ONCE = 256 };

/* Weights after the first layer have rows padded with 0 to whole vectors, whatever the width:
 * an output's sums then stay in registers while the rows stream by. */
static inline uint32_t ams_layer_stride(uint32_t outputs)
{
    return (outputs + AMS_FULL_ROW - 1) / AMS_FULL_ROW * AMS_FULL_ROW;
}

/* sum (h) += amount x row (h). */
static inline void ams_layer_add(float *restrict sum, const float *restrict row, uint32_t h,
                                 float amount)
{
    for (uint32_t j = 0; j < h; j++) {
        sum[j] += amount * row[j];
    }
}

/* unit (n) = max(x, 0): for many at once, since beside a multiply-add each would wait for it.
 */
static inline void ams_layer_units(const float *restrict x, uint32_t n, float *restrict unit)
{
    for (uint32_t i = 0; i < n; i++) {
        unit[i] = x[i] > 0 ? x[i] : 0;
    }
}

/* y (stride) += max(x, 0) W for two vectors of columns at a time, in four chains of additions
 * each of which takes every fourth unit: a single chain would wait for its own result. x
 * (units), weight (units, stride) and y on 64-byte boundaries. */
static inline void ams_layer_outputs(const float *x, uint32_t units, const float *weight,
                                     uint32_t stride, float *y)
{
    for (uint32_t c = 0; c < stride; c += 2 * AMS_LANES) {
        const uint32_t second = c + AMS_LANES < stride ? AMS_LANES : 0; /* 0: not kept */
        ams_lanes sum[AMS_CHAINS][2] = {{{0}}};
        float unit[AMS_UNITS_AT_ONCE];
        for (uint32_t first = 0; first < units; first += AMS_UNITS_AT_ONCE) {
            const uint32_t left = units - first;
            const uint32_t n = left < AMS_UNITS_AT_ONCE ? left : AMS_UNITS_AT_ONCE;
            const float *row = weight + (size_t)first * stride + c;
            uint32_t i = 0;
            ams_layer_units(x + first, n, unit);
            for (; i + AMS_CHAINS <= n; i += AMS_CHAINS) {
                for (uint32_t k = 0; k < AMS_CHAINS; k++, row += stride) {
                    sum[k][0] += unit[i + k] * *(const ams_lanes *)row;
                    sum[k][1] += unit[i + k] * *(const ams_lanes *)(row + second);
                }
            }
            for (; i < n; i++, row += stride) {
                sum[0][0] += unit[i] * *(const ams_lanes *)row;
                sum[0][1] += unit[i] * *(const ams_lanes *)(row + second);
            }
        }
        for (size_t p = 0; p < (second > 0 ? 2U : 1U); p++) {
            *(ams_lanes *)(y + c + p * AMS_LANES) +=
                (sum[0][p] + sum[1][p]) + (sum[2][p] + sum[3][p]);
        }
    }
}

/* Of a last layer with an output head per goal, Q (outputs) for the goals that are asked for:
 * those of their heads, of two mixed by their shares. weight (heads, units, stride), bias
 * (heads, outputs), y (stride) and q (outputs) are where they go. No other head is read. */
static inline const float *ams_layer_heads(const float *x, uint32_t units, const float *weight,
                                           const float *bias, uint32_t outputs,
                                           const ams_goal_inputs *goals, float *y, float *q)
{
    const uint32_t stride = ams_layer_stride(outputs);
    for (uint32_t j = 0; goals->n > 1 && j < outputs; j++) {
        q[j] = 0;
    }
    for (uint32_t k = 0; k < goals->n; k++) {
        const float *own = bias + (size_t)goals->at[k] * outputs;
        for (uint32_t j = 0; j < stride; j++) {
            y[j] = j < outputs ? own[j] : 0;
        }
        ams_layer_outputs(x, units, weight + (size_t)goals->at[k] * units * stride, stride, y);
        if (goals->n == 1) {
            return y;
        }
        ams_layer_add(q, y, outputs, goals->share[k]);
    }
    return q;
}

/* Dueling heads A_0 .. A_n-1, V to Q_i = V + A_i - mean of A. */
static inline void ams_layer_dueling(const float *heads, uint32_t n, float *q)
{
    float sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += heads[i];
    }
    float base = heads[n] - sum / (float)n;
    for (uint32_t i = 0; i < n; i++) {
        q[i] = base + heads[i];
    }
}

#endif
