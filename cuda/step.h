/* k_step: new weights from the samples' slopes, and the close of the update.
 *
 * Adam of a parameter w with gradient g, in update t (rl/net/math.h):
 *
 *   m = beta1 m + (1 - beta1) g    v = beta2 v + (1 - beta2) g^2
 *   w = w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
 *
 * after a weight has been multiplied by 1 - lr weight_decay; then the target network follows.
 * Blocks: one that closes, D dense ones (dense.h), one per AMS_STEP_ROWS rows (rows.h). */
#ifndef AMS_CUDA_STEP_H
#define AMS_CUDA_STEP_H

#include "cuda/clip.h"
#include "cuda/close.h"

/* Block n of STEP: the close of the update, which the others do not wait for; the dense blocks,
 * which take longest; and the rows. */
AMS_HOST_DEVICE static inline void ams_block_step(const ams_view *v, uint32_t n, ams_scratch *s)
{
    if (n == 0) {
        ams_block_close(v, s);
        return;
    }
    if (n - 1 < v->dense_blocks) {
        AMS_STEP(v, ams_dense_step(v, n - 1, lane, lanes));
        return;
    }
    AMS_EACH_WARP(w)
    {
        const uint32_t f = (n - 1 - v->dense_blocks) * AMS_STEP_ROWS + w;
        if (f < v->width[0]) {
            ams_warp_row(v, f, w, s);
        }
    }
}

#endif
