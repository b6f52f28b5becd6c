#include "rl/fused_kernels.h"

#include <string.h>

enum { W = AMS_FUSED_BLOCK, LANES = 16, PARTS = W / LANES };

/* 16 floats: one AVX-512 register; the compiler splits it where the CPU has narrower ones. */
typedef float vector __attribute__((vector_size(64), may_alias));

/* Built for a whole family of machines, these loops still want the wide registers of the one at
 * hand: the loader then picks among three versions. Built for this machine there is one. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) &&                    \
    !defined(__AVX2__) && !defined(__SANITIZE_ADDRESS__)
#define KERNEL __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define KERNEL
#endif

/* sum (PARTS) += the ones' rows */
#define ADD_ROWS(sum, w, x)                                                                    \
    do {                                                                                       \
        const uint32_t *index = (x)->index;                                                    \
        const float *value = (x)->value;                                                       \
        const uint32_t n = (x)->count;                                                         \
        if (value == NULL) {                                                                   \
            for (uint32_t i = 0; i < n; i++) {                                                 \
                const vector *row = (const vector *)((w) + (size_t)index[i] * W);              \
                (sum)[0] += row[0];                                                            \
                (sum)[1] += row[1];                                                            \
                (sum)[2] += row[2];                                                            \
                (sum)[3] += row[3];                                                            \
            }                                                                                  \
        } else {                                                                               \
            for (uint32_t i = 0; i < n; i++) {                                                 \
                const vector *row = (const vector *)((w) + (size_t)index[i] * W);              \
                (sum)[0] += value[i] * row[0];                                                 \
                (sum)[1] += value[i] * row[1];                                                 \
                (sum)[2] += value[i] * row[2];                                                 \
                (sum)[3] += value[i] * row[3];                                                 \
            }                                                                                  \
        }                                                                                      \
    } while (0)

KERNEL void ams_fused_sum(const float *w, const float *bias, const ams_ones_list *x, float *y)
{
    vector sum[PARTS];
    memcpy(sum, bias, sizeof sum);
    ADD_ROWS(sum, w, x);
    memcpy(y, sum, sizeof sum);
}

KERNEL void ams_fused_hidden(const float *w, const float *bias, const ams_ones_list *x,
                             float *y)
{
    vector sum[PARTS];
    memcpy(sum, bias, sizeof sum);
    ADD_ROWS(sum, w, x);
    float flat[W];
    memcpy(flat, sum, sizeof flat);
    for (uint32_t j = 0; j < W; j++) {
        y[j] = flat[j] > 0 ? flat[j] : 0;
    }
}

KERNEL void ams_fused_gather(const float *d, const ams_ones_list *samples, float *g)
{
    vector sum[PARTS] = {{0}};
    const uint32_t *index = samples->index;
    const float *value = samples->value;
    for (uint32_t i = 0; i < samples->count; i++) {
        const vector *row = (const vector *)(d + (size_t)index[i] * W);
        const float x = value == NULL ? 1.0F : value[i];
        sum[0] += x * row[0];
        sum[1] += x * row[1];
        sum[2] += x * row[2];
        sum[3] += x * row[3];
    }
    memcpy(g, sum, sizeof sum);
}

KERNEL float ams_fused_dot(const float *a, const float *b)
{
    const vector *x = (const vector *)a;
    const vector *y = (const vector *)b;
    vector sum = (x[0] * y[0] + x[1] * y[1]) + (x[2] * y[2] + x[3] * y[3]);
    float lane[LANES];
    memcpy(lane, &sum, sizeof lane);
    for (uint32_t half = LANES / 2; half > 0; half /= 2) {
        for (uint32_t i = 0; i < half; i++) {
            lane[i] += lane[i + half];
        }
    }
    return lane[0];
}

/* Lanes 0..7: sums of a's neighbours; 8..15: of b's. */
#define NEIGHBOURS(a, b)                                                                       \
    (__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28,      \
                             30) +                                                             \
     __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))

/* Sixteen sums over sixteen lanes each, in a tree: afterwards lane i is the i-th sum. */
KERNEL void ams_fused_dots(const float *w, const float *y, uint32_t actions, float *q)
{
    vector unit[PARTS];
    memcpy(unit, y, sizeof unit);
    for (uint32_t a = 0; a < actions; a += LANES) {
        vector sum[LANES];
        for (uint32_t i = 0; i < LANES; i++) {
            const vector *row = (const vector *)(w + (size_t)(a + i) * W);
            sum[i] =
                (row[0] * unit[0] + row[1] * unit[1]) + (row[2] * unit[2] + row[3] * unit[3]);
        }
        for (uint32_t left = LANES / 2; left > 0; left /= 2) {
            for (uint32_t i = 0; i < left; i++) {
                sum[i] = NEIGHBOURS(sum[(size_t)2 * i], sum[(size_t)2 * i + 1]);
            }
        }
        memcpy(q + a, sum, sizeof *sum);
    }
}

/* Eight sums at once, so that a multiply-add need not wait for the one before. */
KERNEL void ams_fused_outputs(const float *y, uint32_t n, const float *w, uint32_t columns,
                              float *q)
{
    /* Samples that are not there compute nonsense that is not kept. */
    const float *row[4] = {y, y + (n > 1 ? W : 0), y + (n > 2 ? 2 * W : 0),
                           y + (n > 3 ? 3 * W : 0)};
    for (uint32_t c = 0; c < columns; c += 2 * LANES) {
        vector sum[4][2] = {{{0}}};
        for (uint32_t j = 0; j < W; j++) {
            const vector *at = (const vector *)(w + (size_t)j * columns + c);
            sum[0][0] += row[0][j] * at[0];
            sum[0][1] += row[0][j] * at[1];
            sum[1][0] += row[1][j] * at[0];
            sum[1][1] += row[1][j] * at[1];
            sum[2][0] += row[2][j] * at[0];
            sum[2][1] += row[2][j] * at[1];
            sum[3][0] += row[3][j] * at[0];
            sum[3][1] += row[3][j] * at[1];
        }
        for (uint32_t s = 0; s < n; s++) {
            memcpy(q + (size_t)s * columns + c, sum[s], sizeof sum[s]);
        }
    }
}

KERNEL void ams_fused_settled(const ams_idle *idle, const float *restrict w,
                              const float *restrict m, const float *restrict v,
                              float *restrict to)
{
    const ams_idle k = *idle;
    for (uint32_t j = 0; j < W; j++) {
        float u = 1 / (sqrtf(v[j]) + k.e);
        float z = k.e * u;
        to[j] = w[j] - m[j] * k.move * u * (1 + k.spread * z * z);
    }
}

KERNEL void ams_fused_settle(const ams_idle *idle, float *restrict w, float *restrict m,
                             float *restrict v)
{
    const ams_idle k = *idle;
    for (uint32_t j = 0; j < W; j++) {
        float u = 1 / (sqrtf(v[j]) + k.e);
        float z = k.e * u;
        w[j] -= m[j] * k.move * u * (1 + k.spread * z * z);
        m[j] *= k.keep1;
        v[j] *= k.keep2;
    }
}

KERNEL void ams_fused_adam(const ams_adam *adam, uint32_t n, const float *restrict g,
                           float *restrict w, float *restrict m, float *restrict v)
{
    const ams_adam a = *adam;
    for (uint32_t i = 0; i < n; i++) {
        ams_adam_element(&a, g[i], &w[i], &m[i], &v[i]);
    }
}

KERNEL void ams_fused_slope(float dq, const float *restrict w, float *restrict dw,
                            float *restrict y, float *restrict db)
{
    for (uint32_t j = 0; j < W; j++) {
        dw[j] += dq * y[j];
        y[j] = y[j] > 0 ? dq * w[j] : 0;
        db[j] += y[j];
    }
}
