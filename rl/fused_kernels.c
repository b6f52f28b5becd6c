#include "rl/fused_kernels.h"

#include <string.h>

enum {
    W = AMS_FUSED_BLOCK,
    LANES = 16,
    PARTS = W / LANES,
    TOGETHER = 6, /* samples that share a read of the output layer */
    AHEAD = 3     /* rows between asking for one and its turn */
};

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

/* Into whatever version calls it, else it would be compiled for the plainest machine. */
#define INLINE static inline __attribute__((always_inline))

/* sum (PARTS) += rows `index` of w, times their values unless those are NULL. */
INLINE void add_rows(vector sum[PARTS], const float *w, const uint32_t *index,
                     const float *value, uint32_t n)
{
    for (uint32_t i = 0; value == NULL && i < n; i++) {
        const vector *row = (const vector *)(w + (size_t)index[i] * W);
        sum[0] += row[0];
        sum[1] += row[1];
        sum[2] += row[2];
        sum[3] += row[3];
    }
    for (uint32_t i = 0; value != NULL && i < n; i++) {
        const vector *row = (const vector *)(w + (size_t)index[i] * W);
        sum[0] += value[i] * row[0];
        sum[1] += value[i] * row[1];
        sum[2] += value[i] * row[2];
        sum[3] += value[i] * row[3];
    }
}

/* sum (PARTS) += the rows of w whose bits are set. */
INLINE void add_marked(vector sum[PARTS], const float *w, uint64_t marks)
{
    for (; marks != 0; marks &= marks - 1) {
        const vector *row = (const vector *)(w + (size_t)ams_lowest(marks) * W);
        sum[0] += row[0];
        sum[1] += row[1];
        sum[2] += row[2];
        sum[3] += row[3];
    }
}

INLINE void add_state(vector sum[PARTS], const float *w, const ams_sparse *x, uint32_t s)
{
    const uint32_t at = x->ptr[s];
    add_rows(sum, w, x->index + at, x->value == NULL ? NULL : x->value + at,
             x->ptr[s + 1] - at);
}

KERNEL void ams_fused_sum(const float *w, const float *bias, const ams_sparse *x,
                          uint32_t first, uint32_t last, float *y, uint32_t stride)
{
    for (uint32_t s = first; s < last; s++) {
        vector sum[PARTS];
        memcpy(sum, bias, sizeof sum);
        add_state(sum, w, x, s);
        memcpy(y + (size_t)s * stride, sum, sizeof sum);
    }
}

INLINE void hidden_one(const float *w, const float *bias, const ams_sparse *x, uint32_t s,
                       float *y)
{
    vector sum[PARTS];
    memcpy(sum, bias, sizeof sum);
    add_state(sum, w, x, s);
    float flat[W];
    memcpy(flat, sum, sizeof flat);
    for (uint32_t j = 0; j < W; j++) {
        y[(size_t)s * W + j] = flat[j] > 0 ? flat[j] : 0;
    }
}

#ifdef __AVX512F__

/* A row of W floats in registers, of which only AVX-512 has enough: members, since arrays that
 * two loops write go through memory. */
typedef struct wide {
    vector a, b, c, d;
} wide;

INLINE wide add_row(wide sum, const float *row)
{
    const vector *x = (const vector *)row;
    return (wide){sum.a + x[0], sum.b + x[1], sum.c + x[2], sum.d + x[3]};
}

/* max(x, 0): of what is not larger, NaN too, no bit is left. */
INLINE vector positive(vector x)
{
    typedef int32_t lanes __attribute__((vector_size(64)));
    return (vector)((lanes)x & (x > 0));
}

INLINE void put_positive(wide x, float *y)
{
    vector *unit = (vector *)y;
    unit[0] = positive(x.a);
    unit[1] = positive(x.b);
    unit[2] = positive(x.c);
    unit[3] = positive(x.d);
}

/* Of states s and s + 1 without values: while one sum waits for an addition, the other goes on.
 */
INLINE void hidden_two(const float *w, const float *bias, const ams_sparse *x, uint32_t s,
                       float *y)
{
    const vector *start = (const vector *)bias;
    const uint32_t *i = x->index + x->ptr[s];
    const uint32_t *const i_end = x->index + x->ptr[s + 1];
    const uint32_t *k = i_end;
    const uint32_t *const k_end = x->index + x->ptr[s + 2];
    wide sum = {start[0], start[1], start[2], start[3]};
    wide next = sum;
    while (i < i_end && k < k_end) {
        sum = add_row(sum, w + (size_t)*i++ * W);
        next = add_row(next, w + (size_t)*k++ * W);
    }
    while (i < i_end) {
        sum = add_row(sum, w + (size_t)*i++ * W);
    }
    while (k < k_end) {
        next = add_row(next, w + (size_t)*k++ * W);
    }
    put_positive(sum, y + (size_t)s * W);
    put_positive(next, y + (size_t)(s + 1) * W);
}

/* Returns how many states of x it has done. */
INLINE uint32_t hidden_pairs(const float *w, const float *bias, const ams_sparse *x, float *y)
{
    uint32_t s = 0;
    for (; x->value == NULL && s + 2 <= x->n; s += 2) {
        hidden_two(w, bias, x, s, y);
    }
    return s;
}

#else

INLINE uint32_t hidden_pairs(const float *w, const float *bias, const ams_sparse *x, float *y)
{
    (void)w;
    (void)bias;
    (void)x;
    (void)y;
    return 0;
}

#endif

KERNEL void ams_fused_hidden(const float *w, const float *bias, const ams_sparse *x, float *y)
{
    for (uint32_t s = hidden_pairs(w, bias, x, y); s < x->n; s++) {
        hidden_one(w, bias, x, s, y);
    }
}

KERNEL void ams_fused_taken(const float *w, const uint8_t *action, const float *y, uint32_t n,
                            float *q)
{
    for (uint32_t s = 0; s < n; s++) {
        const vector *a = (const vector *)(w + (size_t)action[s] * W);
        const vector *b = (const vector *)(y + (size_t)s * W);
        vector sum = (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3]);
        float lane[LANES];
        memcpy(lane, &sum, sizeof lane);
        for (uint32_t half = LANES / 2; half > 0; half /= 2) {
            for (uint32_t i = 0; i < half; i++) {
                lane[i] += lane[i + half];
            }
        }
        q[s] = lane[0];
    }
}

/* Lanes 0..7: sums of a's neighbours; 8..15: of b's. */
#define NEIGHBOURS(a, b)                                                                       \
    (__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28,      \
                             30) +                                                             \
     __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))

/* Sixteen sums over sixteen lanes each, in a tree: afterwards lane i is the i-th sum. */
INLINE void sixteen_dots(const float *w, const vector unit[PARTS], float *q)
{
    vector sum[LANES];
    for (uint32_t i = 0; i < LANES; i++) {
        const vector *row = (const vector *)(w + (size_t)i * W);
        sum[i] = (row[0] * unit[0] + row[1] * unit[1]) + (row[2] * unit[2] + row[3] * unit[3]);
    }
    for (uint32_t left = LANES / 2; left > 0; left /= 2) {
        for (uint32_t i = 0; i < left; i++) {
            sum[i] = NEIGHBOURS(sum[(size_t)2 * i], sum[(size_t)2 * i + 1]);
        }
    }
    memcpy(q, sum, sizeof *sum);
}

KERNEL void ams_fused_dots(const float *w, const float *y, uint32_t n, uint32_t a16, float *q,
                           uint32_t columns)
{
    for (uint32_t s = 0; s < n; s++) {
        vector unit[PARTS];
        memcpy(unit, y + (size_t)s * W, sizeof unit);
        for (uint32_t a = 0; a < a16; a += LANES) {
            sixteen_dots(w + (size_t)a * W, unit, q + (size_t)s * columns + a);
        }
    }
}

/* Of up to TOGETHER samples. Twelve sums at once, so that a multiply-add need not wait for the
 * one before (measured: 4 samples take 1.5 times as long, 8 1.1 times). */
INLINE void few_outputs(const float *y, uint32_t n, const float *w, uint32_t columns, float *q)
{
    const float *row[TOGETHER];
    for (uint32_t s = 0; s < TOGETHER; s++) {
        /* Samples that are not there compute nonsense that is not kept. */
        row[s] = y + (s < n ? (size_t)s * W : 0);
    }
    for (uint32_t c = 0; c < columns; c += 2 * LANES) {
        vector sum[TOGETHER][2] = {{{0}}};
        for (uint32_t j = 0; j < W; j++) {
            const vector *at = (const vector *)(w + (size_t)j * columns + c);
            for (uint32_t s = 0; s < TOGETHER; s++) {
                sum[s][0] += row[s][j] * at[0];
                sum[s][1] += row[s][j] * at[1];
            }
        }
        for (uint32_t s = 0; s < n; s++) {
            memcpy(q + (size_t)s * columns + c, sum[s], sizeof sum[s]);
        }
    }
}

KERNEL void ams_fused_outputs(const float *y, uint32_t n, const float *w, uint32_t columns,
                              float *q)
{
    for (uint32_t s = 0; s < n; s += TOGETHER) {
        few_outputs(y + (size_t)s * W, n - s < TOGETHER ? n - s : TOGETHER, w, columns,
                    q + (size_t)s * columns);
    }
}

KERNEL void ams_fused_add_parts(const float *part, uint32_t blocks, size_t apart, uint32_t n,
                                const float *bias, uint32_t columns, float *q)
{
    for (size_t at = 0; at < (size_t)n * columns; at += columns) {
        for (uint32_t c = 0; c < columns; c += LANES) {
            vector sum;
            memcpy(&sum, bias + c, sizeof sum);
            for (uint32_t block = 0; block < blocks; block++) {
                vector added;
                memcpy(&added, part + block * apart + at + c, sizeof added);
                sum += added;
            }
            memcpy(q + at + c, &sum, sizeof sum);
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

INLINE void settle_row(const ams_idle *idle, float *restrict w, float *restrict m,
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

KERNEL void ams_fused_settle(const ams_idles *idles, const ams_waiting *waiting,
                             const ams_block *rows)
{
    const ams_waiting x = *waiting;
    const ams_block b = *rows;
    for (uint32_t i = 0; i < x.n; i++) {
        if (i + AHEAD < x.n) {
            ams_fused_fetch(&b, x.row[i + AHEAD]);
        }
        const size_t at = (size_t)x.row[i] * W;
        const ams_idle idle = ams_idle_of(idles, x.waited[i]);
        settle_row(&idle, b.w + at, b.m + at, b.v + at);
    }
}

/* On copies, which stay in registers: of the arrays themselves, which might overlap, the
 * compiler reads again what it has just written. */
INLINE void adam_lanes(const ams_adam *adam, const float *g, float *w, float *m, float *v)
{
    float moved[LANES];
    float mean[LANES];
    float square[LANES];
    memcpy(moved, w, sizeof moved);
    memcpy(mean, m, sizeof mean);
    memcpy(square, v, sizeof square);
    for (uint32_t j = 0; j < LANES; j++) {
        ams_adam_element(adam, g[j], &moved[j], &mean[j], &square[j]);
    }
    memcpy(w, moved, sizeof moved);
    memcpy(m, mean, sizeof mean);
    memcpy(v, square, sizeof square);
}

INLINE void adam_row(const ams_adam *adam, uint32_t n, const float *g, float *w, float *m,
                     float *v)
{
    uint32_t i = 0;
#pragma GCC unroll 4
    for (; i + LANES <= n; i += LANES) {
        adam_lanes(adam, g + i, w + i, m + i, v + i);
    }
    for (; i < n; i++) {
        ams_adam_element(adam, g[i], &w[i], &m[i], &v[i]);
    }
}

KERNEL void ams_fused_step_rows(const ams_adam *adam, const ams_touched *touched,
                                const float *d, const ams_block *rows)
{
    const ams_adam a = *adam;
    const ams_block b = *rows;
    const ams_rows *x = touched->rows;
    const uint32_t ahead = AHEAD * touched->stride;
    for (uint32_t i = touched->first; i < x->n_touched; i += touched->stride) {
        if (i + ahead < x->n_touched) {
            ams_fused_fetch(&b, x->touched[i + ahead]);
        }
        vector sum[PARTS] = {{0}};
        if (x->marked) {
            add_marked(sum, d, x->marks[i]);
        } else {
            const uint32_t from = x->start[i];
            add_rows(sum, d, x->sample + from, touched->valued ? x->value + from : NULL,
                     x->start[i + 1] - from);
        }
        _Alignas(64) float g[W];
        memcpy(g, sum, sizeof g);
        const size_t at = (size_t)x->touched[i] * W;
        adam_row(&a, W, g, b.w + at, b.m + at, b.v + at);
    }
}

KERNEL void ams_fused_adam(const ams_adam *adam, uint32_t n, const float *restrict g,
                           float *restrict w, float *restrict m, float *restrict v)
{
    const ams_adam a = *adam;
    adam_row(&a, n, g, w, m, v);
}

KERNEL void ams_fused_slopes(const float *dq, const uint8_t *action, uint32_t n,
                             const float *restrict w, float *restrict dw, float *restrict y,
                             float *restrict db)
{
    for (uint32_t s = 0; s < n; s++) {
        const size_t at = (size_t)action[s] * W;
        float *restrict unit = y + (size_t)s * W;
        for (uint32_t j = 0; j < W; j++) {
            dw[at + j] += dq[s] * unit[j];
            unit[j] = unit[j] > 0 ? dq[s] * w[at + j] : 0;
            db[j] += unit[j];
        }
    }
}
