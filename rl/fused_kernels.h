/* The inner loops of rl/fused.c, over blocks of AMS_FUSED_BLOCK hidden units. Private to rl/.
 *
 * W = AMS_FUSED_BLOCK. Arrays named by block are (.., W) and 64-byte aligned. */
#ifndef AMS_RL_FUSED_KERNELS_H
#define AMS_RL_FUSED_KERNELS_H

#include "rl/fused.h"

/* A sparse state, and how to read it. */
typedef struct ams_ones_list {
    const uint32_t *index;
    const float *value; /* NULL: ones */
    uint32_t count;
} ams_ones_list;

/* Asks for a row's weights and moments, which are read soon: rows lie anywhere, so the
 * processor cannot know. */
static inline void ams_fused_fetch(const float *w, const float *m, const float *v)
{
    enum { LINE = 16 }; /* floats */
    for (uint32_t j = 0; j < AMS_FUSED_BLOCK; j += LINE) {
        __builtin_prefetch(w + j, 1);
        __builtin_prefetch(m + j, 1);
        __builtin_prefetch(v + j, 1);
    }
}

/* y (W) = max(bias + sum over ones of value * w[index], 0), w (F, W) */
void ams_fused_hidden(const float *w, const float *bias, const ams_ones_list *x, float *y);
/* The same without the max. */
void ams_fused_sum(const float *w, const float *bias, const ams_ones_list *x, float *y);
/* sum of a[j] b[j] over W */
float ams_fused_dot(const float *a, const float *b);
/* q (actions) = w (actions, W) y (W); actions a multiple of 16 */
void ams_fused_dots(const float *w, const float *y, uint32_t actions, float *q);
/* q (n, columns) = y (n, W) w (W, columns); columns a multiple of 32, n <= 4 */
void ams_fused_outputs(const float *y, uint32_t n, const float *w, uint32_t columns, float *q);
/* Brings a row up to date: w, m, v (W). */
void ams_fused_settle(const ams_idle *idle, float *w, float *m, float *v);
/* The same, for the weights alone, written elsewhere. */
void ams_fused_settled(const ams_idle *idle, const float *w, const float *m, const float *v,
                       float *to);
/* g (W) = sum over samples of value * d[sample], d (B, W) */
void ams_fused_gather(const float *d, const ams_ones_list *samples, float *g);
/* Adam's step of n <= W parameters. */
void ams_fused_adam(const ams_adam *adam, uint32_t n, const float *g, float *w, float *m,
                    float *v);
/* One sample: dw += dq y; y becomes dq w where it is above 0; db += the new y. */
void ams_fused_slope(float dq, const float *w, float *dw, float *y, float *db);

#endif
