/* What rl/fast/fused.c and rl/fast/fused_outputs.c compute on, and rl/fast/fused_state.c makes,
 * saves and restores. Private to those three. */
#ifndef AMS_RL_FAST_FUSED_STATE_H
#define AMS_RL_FAST_FUSED_STATE_H

#include "rl/fast/fused.h"
#include "rl/fast/fused_kernels.h"

/* N parameters of a part of the network, by block. */
typedef struct ams_fused_part {
    float *w, *m, *v;
} ams_fused_part;

/* Who asks which head of the second layer. */
typedef struct ams_fused_heads {
    const uint8_t *of; /* (n) each sample's; NULL: there is one head */
    ams_fused_asking asking[AMS_MAX_GOALS];
    uint32_t *sample; /* (most) behind asking; owned */
} ams_fused_heads;

struct ams_fused {
    const ams_fused_kernels *kernels;
    const ams_train_options *options;
    ams_pool *pool;
    ams_net net; /* the layout outside; params NULL */
    uint32_t f, h, blocks, most;
    /* Of the second layer: heads, outputs of each, these in whole vectors of rows and of
     * columns; rows of all heads. */
    uint32_t heads, a, a16, columns, out_rows;
    bool takes; /* ams_fused_takes */
    bool eager; /* no row waits: each update leaves all of them where it should */

    ams_fused_part rows; /* (blocks, F, W) */
    ams_fused_part bias; /* (H) */
    /* (blocks, heads, a16, W): the output layer transposed; a head's rows past A are 0 */
    ams_fused_part out;
    ams_fused_part outbias; /* (heads, columns), past A 0 */
    float *slope;           /* (blocks, heads, a16, W) gradient of `out`, */
    float *bias_slope;      /* (H) of `bias` */
    float *outbias_slope;   /* (heads, columns) and of `outbias` */
    /* With grad_clip, which has to know all of a gradient before the first step: (blocks, F, W)
     * that of the rows touched, in their order, and (H) sums of its squares by units; else NULL
     */
    float *kept;
    double *squares;
    float *out_columns; /* (blocks, heads, W, columns) `out` as it is read; NULL if `takes` */
    /* The target network, its output layer as it is read: (blocks, heads, W, columns); its bias
     * as outbias. */
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
    ams_fused_heads learning;      /* states of the minibatch */
    ams_fused_heads asked;         /* states that are asked about */
    uint16_t *taken_row;           /* (most) rows of `out` of the actions taken */

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
/* Who of x asks which head. */
void ams_fused_sort(const ams_fused *fused, ams_fused_heads *heads, const ams_sparse *x);
/* An action of a sample: its row in `out`, and its bias in the online network. */
uint16_t ams_fused_row(const ams_fused *fused, const ams_fused_heads *heads, uint32_t sample,
                       uint8_t action);
float ams_fused_bias(const ams_fused *fused, const ams_fused_heads *heads, uint32_t sample,
                     uint8_t action);
/* Where a head's part of a block begins in `out_columns` and `target_out`. */
size_t ams_fused_columns_at(const ams_fused *fused, uint32_t block, uint32_t head);
/* What a block adds to the outputs that are asked for, in its place of `part` (blocks, most,
 * columns). y (n, W) are its units; `columns` the layer as it is read, NULL: that is `out`. */
void ams_fused_outputs(const ams_fused *fused, const ams_fused_heads *heads,
                       const float *columns, const float *y, uint32_t block, float *part);
/* q (n, columns) = biases + all blocks' parts. */
void ams_fused_add_parts(const ams_fused *fused, const ams_fused_heads *heads,
                         const float *parts, uint32_t n, const float *bias, float *q);
/* A block of `out` as it is read, in its place of `columns`. */
void ams_fused_turn(const ams_fused *fused, const float *out, uint32_t block, float *columns);
/* The gradient of the block's part of the second layer goes to `slope`, that of its biases to
 * `bias_slope`; slopes of the minibatch's units take the place of their activations y. */
void ams_fused_slopes(const ams_fused *fused, const ams_fused_back *back, float *y,
                      uint32_t block);
/* And that of the outputs' biases. */
void ams_fused_slopes_outbias(ams_fused *fused, const ams_fused_back *back);
/* Parameters of `out` in a block and of `outbias`, up to the last that is one. */
static inline uint32_t ams_fused_out_params(const ams_fused *fused)
{
    return (fused->out_rows - fused->a16 + fused->a) * AMS_FUSED_BLOCK;
}
static inline uint32_t ams_fused_outbias_params(const ams_fused *fused)
{
    return (fused->heads - 1) * fused->columns + fused->a;
}
/* Of weights that do not wait. */
void ams_fused_copy_to_target(ams_fused *fused);
/* The target goes `share` of the way to weights that do not wait. */
void ams_fused_blend_target(ams_fused *fused, float share);

#endif
