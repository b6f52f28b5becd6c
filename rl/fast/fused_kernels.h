/* The inner loops of rl/fast/fused.c, over blocks of AMS_FUSED_BLOCK hidden units. Private to
 * rl/.
 *
 * W = AMS_FUSED_BLOCK. Arrays named by block are (.., W) and 64-byte aligned. */
#ifndef AMS_RL_FAST_FUSED_KERNELS_H
#define AMS_RL_FAST_FUSED_KERNELS_H

#include "env/fetch.h"
#include "rl/fast/fused.h"

/* Weights and moments of a block: (F, W) each. */
typedef struct ams_block {
    float *w, *m, *v;
} ams_block;

/* Asks for a row's weights and moments, which are read soon: rows lie anywhere, so the
 * processor cannot know. */
AMS_FETCHES void ams_fused_fetch(const ams_block *rows, uint32_t row)
{
    enum { LINE = 16 }; /* floats */
    const size_t at = (size_t)row * AMS_FUSED_BLOCK;
    for (uint32_t j = 0; j < AMS_FUSED_BLOCK; j += LINE) {
        __builtin_prefetch(rows->w + at + j, 0, 2);
        __builtin_prefetch(rows->m + at + j, 0, 2);
        __builtin_prefetch(rows->v + at + j, 0, 2);
    }
}

/* The rows that a minibatch touched. */
typedef struct ams_touched {
    const ams_rows *rows;
    bool valued; /* samples have other values than 1 */
    const float
        *kept;    /* (rows touched, W) their gradients, which are known; NULL: they are not */
    float factor; /* of those */
} ams_touched;

/* Samples that ask the same head of the output layer. */
typedef struct ams_fused_asking {
    uint32_t n;
    const uint32_t *sample; /* (n) ascending; NULL: all from 0 on */
} ams_fused_asking;

/* The slope of the loss by the outputs of a minibatch's samples, each by those of its head. */
typedef struct ams_output_slopes {
    const float *dq;     /* (B, columns), past `a` 0 */
    uint32_t a, columns; /* columns: whole vectors */
    float scale;         /* of the hidden units that dropout has left */
} ams_output_slopes;

/* The same where a sample has a slope by one output alone. */
typedef struct ams_taken_slopes {
    const float *dq;     /* (B) */
    const uint16_t *row; /* (B) the output's, in the layer's weights */
    float scale;         /* as above */
} ams_taken_slopes;

/* What a block's dropout draws: the words of W / 4 counters of the stream DROPOUT per sample,
 * from `counter` on, those of the next sample `apart` after them. */
typedef struct ams_fused_drop {
    uint64_t seed, counter, apart;
    uint32_t below; /* words of units that are left out */
    float scale;    /* of the others */
} ams_fused_drop;

/* Which rows have waited, and for how many updates each, n of them. */
typedef struct ams_waiting {
    const uint32_t *row, *waited;
    uint32_t n;
} ams_waiting;

/* Whole minibatches each, so that neither a call nor a choice stands between two rows or
 * samples. */
typedef struct ams_fused_kernels {
    uint32_t bits; /* of the vectors they are made of */

    /* y (n, W) = max(bias + sum over ones of value * w[index], 0) of the n states x; w (F, W)
     */
    void (*hidden)(const float *w, const float *bias, const ams_sparse *x, float *y);
    /* q[s] = sum over W of w[row[s]] y[s]; w (rows, W), y (n, W) */
    void (*taken)(const float *w, const uint16_t *row, const float *y, uint32_t n, float *q);
    /* Of the samples that ask, here and below: q (B, columns) = y (B, W) times w (a16, W)
     * transposed; a16 <= columns are whole 16s */
    void (*dots)(const float *w, const float *y, const ams_fused_asking *asking, uint32_t a16,
                 float *q, uint32_t columns);
    /* q (B, columns) = y (B, W) w (W, columns); columns a multiple of 32 */
    void (*outputs)(const float *y, const ams_fused_asking *asking, const float *w,
                    uint32_t columns, float *q);
    /* dw (a, W) = dq (B, columns) transposed times y (B, W) */
    void (*out_slopes)(const float *dq, uint32_t columns, const float *y,
                       const ams_fused_asking *asking, uint32_t a, float *dw);
    /* y becomes scale * dq w where it is above 0; db (W) += the sum of the new y. w (a, W), y
     * (B, W) */
    void (*unit_slopes)(const ams_output_slopes *d, const ams_fused_asking *asking,
                        const float *w, float *y, float *db);
    /* to (W, columns) = w (a, W) transposed */
    void (*turn)(const float *w, uint32_t a, float *to, uint32_t columns);
    /* y (n, W) becomes 0 where its unit's word is below drop->below, else scale times as much
     */
    void (*leave_out)(const ams_fused_drop *drop, uint32_t n, float *y);
    /* q (n, columns) = bias (heads, columns) of each sample's head (NULL: of the only one) +
     * the blocks' parts in their order, each (n, columns) and `apart` floats after the one
     * before; columns a multiple of 16 */
    void (*add_parts)(const float *part, uint32_t blocks, size_t apart, uint32_t n,
                      const float *bias, const uint8_t *head, uint32_t columns, float *q);
    /* Brings rows up to date. */
    void (*catch_up)(const ams_idles *idles, const ams_waiting *waiting, const ams_block *rows);
    /* The same of one row, for the weights alone, written elsewhere: (W) each. */
    void (*caught_up)(const ams_idle *idle, const float *w, const float *m, const float *v,
                      float *to);
    /* Adam's step of rows whose gradient is the sum over their samples of value * d[sample],
     * from `keep` times the weights; d (B, W) */
    void (*step_rows)(const ams_adam *adam, float keep, const ams_touched *touched,
                      const float *d, const ams_block *rows);
    /* g (rows touched, W) = those gradients; squares (W) += the sum of their squares. */
    void (*keep_rows)(const ams_touched *touched, const float *d, float *g, double *squares);
    /* The same step of n parameters. */
    void (*adam)(const ams_adam *adam, float keep, uint32_t n, const float *g, float *w,
                 float *m, float *v);
    /* Both, of samples that have a slope by one output each: dw[row] += dq y; y becomes scale *
     * dq w[row] where it is above 0; db += the new y. dq, row (B), w, dw (rows, W), y (B, W),
     * db (W) */
    void (*slopes)(const ams_taken_slopes *d, const ams_fused_asking *asking, const float *w,
                   float *dw, float *y, float *db);
} ams_fused_kernels;

/* Those compiled for what the whole program is. */
extern const ams_fused_kernels ams_fused_kernels_built;
/* The same source for wider machines, in a program for any x86-64. */
#ifdef AMS_FUSED_FAMILY
extern const ams_fused_kernels ams_fused_kernels_avx2, ams_fused_kernels_avx512;
#endif
/* The fastest that this machine can run. */
const ams_fused_kernels *ams_fused_kernels_here(void);

#endif
