/* What rl/fast/fused.c computes on, and rl/fast/fused_state.c makes, saves and restores.
 * Private to those two. */
#ifndef AMS_RL_FAST_FUSED_STATE_H
#define AMS_RL_FAST_FUSED_STATE_H

#include "rl/fast/fused.h"

/* N parameters of a part of the network, by block. */
typedef struct ams_fused_part {
    float *w, *m, *v;
} ams_fused_part;

struct ams_fused {
    const struct ams_fused_kernels *kernels;
    const ams_train_options *options;
    ams_pool *pool;
    ams_net net; /* the layout outside; params NULL */
    uint32_t f, h, a, blocks, a16, columns, most;
    bool takes; /* ams_fused_takes */
    bool eager; /* no row waits: each update leaves all of them where it should */

    ams_fused_part rows; /* (blocks, F, W) */
    ams_fused_part bias; /* (H) */
    ams_fused_part out;  /* (blocks, a16, W): the output layer transposed; rows past A are 0 */
    ams_fused_part outbias; /* (columns), past A 0 */
    float *slope;           /* (blocks, a16, W) gradient of `out`, */
    float *bias_slope;      /* (H) of `bias` */
    float *outbias_slope;   /* (columns) and of `outbias` */
    /* With grad_clip, which has to know all of a gradient before the first step: (blocks, F, W)
     * that of the rows touched, in their order, and (H) sums of its squares by units; else NULL
     */
    float *kept;
    double *squares;
    float *out_columns; /* (blocks, W, columns) `out` as it is read; NULL if `takes` */
    /* The target network, its output layer as it is read: (blocks, W, columns); its bias as
     * outbias. */
    float *target_rows, *target_bias, *target_out, *target_outbias;

    /* (blocks, most, W) of the states that a block was asked about last: after
     * ams_fused_forward or ams_fused_learn those that learn */
    float *hidden;
    float *dq;        /* (most, columns) slopes by all outputs; NULL if `takes` */
    float keep_scale; /* of the units that dropout left in them */
    /* (blocks, most, columns) what a block adds to Q; (blocks, most) to that of taken actions
     */
    float *part, *target_part, *taken_part;
    float *q, *q_target, *q_taken; /* (most, columns), (most, columns), (most) */

    ams_idle_clock clock; /* clock.t: updates done */
    uint64_t *reached;    /* (F) updates that the row has seen */
    /* (F + 1) rows to bring up to t, and for how long they have waited; a place more for one
     * that does not wait after all */
    uint32_t *waiting, *waited;
    uint32_t n_waiting;
    ams_idles idles; /* of clock.t = */
    uint64_t idles_at;
};

/* Where element (row, unit) of a matrix (rows, H) stands when it is cut into blocks of units.
 */
static inline size_t ams_in_block(uint32_t rows, uint32_t row, uint32_t unit)
{
    return ((size_t)(unit / AMS_FUSED_BLOCK) * rows + row) * AMS_FUSED_BLOCK +
           unit % AMS_FUSED_BLOCK;
}
/* Of weights that do not wait. */
void ams_fused_copy_to_target(ams_fused *fused);
/* The target goes `share` of the way to weights that do not wait. */
void ams_fused_blend_target(ams_fused *fused, float share);

#endif
