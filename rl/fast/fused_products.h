/* The part of rl/fast/fused_kernels.c that multiplies a minibatch with a block's part of the
 * second layer, which is all small matrices. Included there alone, since the kernels are
 * compiled for several machines. */
#ifndef AMS_RL_FAST_FUSED_PRODUCTS_H
#define AMS_RL_FAST_FUSED_PRODUCTS_H

#include "base/philox_lanes.h"
#include "base/rng.h"
#include "online/lanes.h"
#include "rl/fast/fused_kernels.h"

#include <string.h>

enum {
    W = AMS_FUSED_BLOCK,
    LANES = AMS_LANES,
    TOGETHER = 6 /* rows of a product that share a read of its second factor */
};

typedef ams_lanes vector;

#define INLINE static inline __attribute__((always_inline))

/* y where x > 0, else 0, where x is NaN, too: of those no bit is left. */
INLINE vector where_positive(vector x, vector y)
{
    typedef int32_t bits __attribute__((vector_size(AMS_LANES_BYTES)));
    return (vector)((bits)y & (x > 0));
}

/* A product of matrices with few columns: c (rows, columns) = sum over r < depth of
 * a[row * across + r * down] b[r] with b (depth, columns). */
typedef struct factors {
    const float *a;
    size_t across, down;
    uint32_t depth;
    const float *b;
    size_t columns;             /* of b */
    const uint32_t *row, *term; /* which rows of a and c, which r; NULL: all from 0 on */
} factors;

INLINE size_t picked(const uint32_t *list, uint32_t i)
{
    return list == NULL ? i : list[i];
}

/* Two vectors of columns from `c` on, of up to TOGETHER rows from `row` on. Twelve sums at
 * once, so that a multiply-add need not wait for the one before (measured: 4 rows take 1.5
 * times as long, 8 1.1 times). */
INLINE void few_rows(const factors *f, uint32_t row, uint32_t n, uint32_t c,
                     vector sum[TOGETHER][2])
{
    const float *a[TOGETHER];
    for (uint32_t i = 0; i < TOGETHER; i++) {
        /* Rows that are not there compute nonsense that is not kept. */
        a[i] = f->a + picked(f->row, row + (i < n ? i : 0)) * f->across;
        sum[i][0] = (vector){0};
        sum[i][1] = (vector){0};
    }
    for (uint32_t r = 0; r < f->depth; r++) {
        const size_t at = picked(f->term, r);
        const vector *b = (const vector *)(f->b + at * f->columns + c);
        for (uint32_t i = 0; i < TOGETHER; i++) {
            sum[i][0] += a[i][at * f->down] * b[0];
            sum[i][1] += a[i][at * f->down] * b[1];
        }
    }
}

INLINE uint32_t at_most_together(uint32_t left)
{
    return left < TOGETHER ? left : TOGETHER;
}

/* Each product twice: where all samples ask one head, no list is looked into. */
INLINE void outputs_of(const float *y, uint32_t n, const uint32_t *sample, const float *w,
                       uint32_t columns, float *q)
{
    const factors f = {y, W, 1, W, w, columns, sample, NULL};
    for (uint32_t s = 0; s < n; s += TOGETHER) {
        for (uint32_t c = 0; c < columns; c += 2 * LANES) {
            vector sum[TOGETHER][2];
            few_rows(&f, s, at_most_together(n - s), c, sum);
            for (uint32_t i = 0; i < at_most_together(n - s); i++) {
                memcpy(q + picked(sample, s + i) * columns + c, sum[i], sizeof sum[i]);
            }
        }
    }
}

static void outputs(const float *y, const ams_fused_asking *asking, const float *w,
                    uint32_t columns, float *q)
{
    if (asking->sample == NULL) {
        outputs_of(y, asking->n, NULL, w, columns, q);
    } else {
        outputs_of(y, asking->n, asking->sample, w, columns, q);
    }
}

INLINE void out_slopes_of(const float *dq, uint32_t columns, const float *y, uint32_t n,
                          const uint32_t *sample, uint32_t a, float *dw)
{
    const factors f = {dq, 1, columns, n, y, W, NULL, sample};
    for (uint32_t row = 0; row < a; row += TOGETHER) {
        for (uint32_t c = 0; c < W; c += 2 * LANES) {
            vector sum[TOGETHER][2];
            few_rows(&f, row, at_most_together(a - row), c, sum);
            for (uint32_t i = 0; i < at_most_together(a - row); i++) {
                memcpy(dw + (size_t)(row + i) * W + c, sum[i], sizeof sum[i]);
            }
        }
    }
}

static void out_slopes(const float *dq, uint32_t columns, const float *y,
                       const ams_fused_asking *asking, uint32_t a, float *dw)
{
    if (asking->sample == NULL) {
        out_slopes_of(dq, columns, y, asking->n, NULL, a, dw);
    } else {
        out_slopes_of(dq, columns, y, asking->n, asking->sample, a, dw);
    }
}

INLINE void unit_slopes_of(const ams_output_slopes *d, uint32_t n, const uint32_t *sample,
                           const float *w, float *y, float *db)
{
    const float scale = d->scale;
    const factors f = {d->dq, d->columns, 1, d->a, w, W, sample, NULL};
    vector bias[W / LANES];
    memcpy(bias, db, sizeof bias);
    for (uint32_t s = 0; s < n; s += TOGETHER) {
        for (uint32_t c = 0; c < W; c += 2 * LANES) {
            vector sum[TOGETHER][2];
            few_rows(&f, s, at_most_together(n - s), c, sum);
            for (uint32_t i = 0; i < at_most_together(n - s); i++) {
                vector *unit = (vector *)(y + picked(sample, s + i) * W + c);
                for (uint32_t k = 0; k < 2; k++) {
                    unit[k] = where_positive(unit[k], scale * sum[i][k]);
                    bias[c / LANES + k] += unit[k];
                }
            }
        }
    }
    memcpy(db, bias, sizeof bias);
}

static void unit_slopes(const ams_output_slopes *d, const ams_fused_asking *asking,
                        const float *w, float *y, float *db)
{
    if (asking->sample == NULL) {
        unit_slopes_of(d, asking->n, NULL, w, y, db);
    } else {
        unit_slopes_of(d, asking->n, asking->sample, w, y, db);
    }
}

static void turn(const float *w, uint32_t a, float *to, uint32_t columns)
{
    for (uint32_t j = 0; j < W; j++) {
        for (uint32_t i = 0; i < a; i++) {
            to[(size_t)j * columns + i] = w[(size_t)i * W + j];
        }
    }
}

/* Four units share a counter, so a register's counters are two vectors of units. */
static void leave_out(const ams_fused_drop *drop, uint32_t n, float *y)
{
    enum { WORDS = 4, COUNTERS = W / WORDS, SETS = 2, AT_ONCE = SETS * AMS_PHILOX_LANES };
    const ams_fused_drop d = *drop;
    for (uint32_t s = 0; s < n; s++) {
        const uint64_t counter = d.counter + s * d.apart;
        vector *unit = (vector *)(y + (size_t)s * W);
        for (uint32_t c = 0; c < COUNTERS; c += AT_ONCE) {
            ams_philox_halves drawn[SETS][2];
            ams_philox_from(d.seed, AMS_STREAM_DROPOUT, counter + c, SETS, drawn);
            for (uint32_t k = 0; k < 2 * SETS; k++, unit++) {
                *unit = (vector)((ams_philox_halves)(d.scale * *unit) &
                                 (ams_philox_halves)(drawn[k / 2][k % 2] >= d.below));
            }
        }
    }
}

#endif
