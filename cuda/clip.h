/* k_gradient and k_clip, with clipping alone: gradients go to memory first, with the sum of the
 * squares of every row and of every dense block; then one block finds the factor that all of
 * them are multiplied by, min(1, grad_clip / |g|). As rl/train/learn.c has it.
 *
 * F features, D dense blocks. */
#ifndef AMS_CUDA_CLIP_H
#define AMS_CUDA_CLIP_H

#include "cuda/dense.h"

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

#endif
