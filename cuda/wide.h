/* k_first, k_activate, k_value, k_loss, k_slope and k_bias: the wide path, an update whose
 * dense layers are whole matrix products, made by cuBLAS, where learn.h has a block for each
 * sample. Taken where ams_wide_pays says so; states, targets, losses and slopes are those of
 * learn.h, and only the order of the layers' sums is another.
 *
 * A pass takes the rows of some states through one of the networks, layer by layer: the first
 * is summed here from the states' features, after it a product and what is done to each unit
 * take turns. B batch, A actions, R rows of a pass, K layers. */
#ifndef AMS_CUDA_WIDE_H
#define AMS_CUDA_WIDE_H

#include "cuda/learn.h"
#include "cuda/step.h"

/* What dropout knows the pass's row by. */
AMS_HOST_DEVICE static inline int64_t ams_pass_sample(const ams_pass *pass, uint32_t row)
{
    const int64_t without = AMS_WITHOUT_DROPOUT;
    return pass->states == AMS_STATES_DRAWN ? (int64_t)row : without;
}

/* -- forward -- */

AMS_HOST_DEVICE static inline void ams_read_next(const ams_view *v, const ams_pass *pass,
                                                 uint32_t row, ams_scratch *s)
{
    const uint32_t actions = v->env.n_actions;
    if (v->options.targets == AMS_TARGETS_ALL) {
        const uint64_t i = pass->first + row;
        ams_read_branch(v, (uint32_t)(i / actions), (uint32_t)(i % actions), s);
    } else {
        ams_read_sample(v, row, s);
    }
}

/* The pass's state: s->item and s->mask; s->valid: something is asked of it. */
AMS_HOST_DEVICE static inline void ams_read_row(const ams_view *v, const ams_pass *pass,
                                                uint32_t row, ams_scratch *s)
{
    if (pass->states == AMS_STATES_DRAWN) {
        ams_read_sample(v, row, s);
        s->valid = 1;
        return;
    }
    ams_read_next(v, pass, row, s);
    s->valid = !s->terminal;
    s->mask = s->valid ? s->next_mask : s->mask;
}

AMS_HOST_DEVICE static inline void ams_no_units(uint32_t n, float *out, uint32_t lane,
                                                uint32_t lanes)
{
    for (uint32_t j = lane; j < n; j += lanes) {
        out[j] = 0;
    }
}

/* Block `row`: its units of the first layer; 0 where nothing is asked. */
AMS_HOST_DEVICE static inline void ams_block_first(const ams_view *v, const ams_pass *pass,
                                                   uint32_t row, ams_scratch *s)
{
    float *out = ams_pass_units(v, pass, 0) + (uint64_t)row * v->width[1];
    AMS_ALONE(v, ams_read_row(v, pass, row, s));
    if (!s->valid) {
        AMS_LANES(v, ams_no_units(v->width[1], out, lane, lanes));
        return;
    }
    ams_block_features(v, s);
    AMS_LANES(v, ams_first_layer(v, ams_pass_params(v, pass), ams_pass_sample(pass, row), s,
                                 out, lane, lanes));
    if (pass->states == AMS_STATES_DRAWN) {
        AMS_LANES(v, ams_hold_features(v, row, s, lane, lanes));
    }
}

/* Where the units of block n end, of all rows of `width`. */
AMS_HOST_DEVICE static inline uint64_t ams_wide_end(const ams_pass *pass, uint32_t width,
                                                    uint32_t n)
{
    const uint64_t all = (uint64_t)pass->rows * width;
    const uint64_t end = ((uint64_t)n + 1) * AMS_WIDE_BLOCK;
    return end < all ? end : all;
}

/* Units of hidden layer pass->layer, of which there is the product, in place. */
AMS_HOST_DEVICE static inline void ams_wide_activate(const ams_view *v, const ams_pass *pass,
                                                     uint32_t n, uint32_t lane, uint32_t lanes)
{
    const uint32_t k = pass->layer;
    const uint32_t width = v->width[k + 1];
    const uint64_t end = ams_wide_end(pass, width, n);
    const float *bias = ams_pass_params(v, pass) + v->bias[k];
    float *y = ams_pass_units(v, pass, k);
    for (uint64_t i = (uint64_t)n * AMS_WIDE_BLOCK + lane; i < end; i += lanes) {
        const uint32_t row = (uint32_t)i / width; /* a pass has fewer than 2^32 units */
        const uint32_t j = (uint32_t)i % width;
        y[i] = ams_activate(v, k, ams_pass_sample(pass, row), j, y[i] + bias[j]);
    }
}

AMS_HOST_DEVICE static inline void ams_add_biases(const ams_view *v, const float *params,
                                                  float *heads, uint32_t lane, uint32_t lanes)
{
    const uint32_t k = v->n_layers - 1;
    for (uint32_t j = lane; j < v->width[k + 1]; j += lanes) {
        heads[j] += params[v->bias[k] + j];
    }
}

/* q (A) of the row whose products of the last layer are there; once, since it adds biases. */
AMS_HOST_DEVICE static inline void ams_block_row_q(const ams_view *v, const ams_pass *pass,
                                                   uint32_t row, float *q)
{
    const uint32_t k = v->n_layers - 1;
    float *heads = ams_pass_units(v, pass, k) + (uint64_t)row * v->width[k + 1];
    AMS_STEP(v, ams_add_biases(v, ams_pass_params(v, pass), heads, lane, lanes));
    AMS_STEP(v, ams_heads(v, heads, q, lane, lanes));
}

/* -- targets and loss -- */

/* s->y, for the first lane alone, of the step that leads to the next state in `row`, as
 * ams_block_target has it. */
AMS_HOST_DEVICE static inline void ams_block_worth(const ams_view *v, uint32_t row,
                                                   ams_scratch *s)
{
    if (v->options.gamma == 0 || s->terminal) {
        AMS_FIRST_LANE(v, s->y = s->y_reward);
        return;
    }
    ams_pass pass = {AMS_STATES_NEXT, 1, 0, 0, 0};
    ams_block_row_q(v, &pass, row, s->q);
    if (v->bootstrap == AMS_BOOTSTRAP_CHOICE) {
        pass.target = 0;
        ams_block_row_q(v, &pass, row, s->other);
    }
    AMS_FIRST_LANE(v, s->y = ams_target_of(v, s));
}

/* Block `row` of targets=all: the target of the action that leads there. */
AMS_HOST_DEVICE static inline void ams_block_value(const ams_view *v, const ams_pass *pass,
                                                   uint32_t row, ams_scratch *s)
{
    AMS_ALONE(v, ams_read_next(v, pass, row, s));
    ams_block_worth(v, row, s);
    AMS_FIRST_LANE(v, v->all_target[pass->first + row] = s->y);
}

/* Block b: from Q of sample b to the slopes of the last layer's outputs. */
AMS_HOST_DEVICE static inline void ams_block_loss(const ams_view *v, uint32_t b, ams_scratch *s)
{
    const ams_pass drawn = {AMS_STATES_DRAWN, 0, 0, 0, 0};
    float *heads = v->slope[v->n_layers - 1] + (uint64_t)b * v->width[v->n_layers];
    ams_block_sample(v, b, s);
    if (v->options.targets == AMS_TARGETS_TAKEN) {
        ams_block_worth(v, b, s);
    }
    ams_block_row_q(v, &drawn, b, s->q);
    AMS_STEP(v, ams_slopes(v, b, s, lane, lanes));
    AMS_FIRST_LANE(v, ams_note_sample(v, b, s));
    AMS_LANES(v, ams_head_slopes(v, s, heads, lane, lanes));
}

/* -- backward -- */

/* Slopes of the units of layer pass->layer, of which there is the product, in place. */
AMS_HOST_DEVICE static inline void ams_wide_slope(const ams_view *v, const ams_pass *pass,
                                                  uint32_t n, uint32_t lane, uint32_t lanes)
{
    const uint32_t k = pass->layer;
    const uint64_t end = ams_wide_end(pass, v->width[k + 1], n);
    for (uint64_t i = (uint64_t)n * AMS_WIDE_BLOCK + lane; i < end; i += lanes) {
        v->slope[k][i] = ams_slope_through(v, v->out[k][i], v->slope[k][i]);
    }
}

/* Block n: a part of the samples' slopes of AMS_WIDE_UNITS units, in their order. */
AMS_HOST_DEVICE static inline void ams_wide_bias(const ams_view *v, uint32_t n, uint32_t lane,
                                                 uint32_t lanes)
{
    const uint32_t p = n % AMS_SUM_PARTS;
    const uint32_t units = ams_units_before(v, v->n_layers);
    const uint32_t first = n / AMS_SUM_PARTS * AMS_WIDE_UNITS;
    const uint64_t end = ams_part_begin(v->batch, AMS_SUM_PARTS, p + 1);
    for (uint32_t i = lane; i < AMS_WIDE_UNITS && first + i < units; i += lanes) {
        uint32_t k = 0;
        uint32_t j = first + i;
        for (; j >= v->width[k + 1]; k++) {
            j -= v->width[k + 1];
        }
        float sum = 0;
        for (uint64_t b = ams_part_begin(v->batch, AMS_SUM_PARTS, p); b < end; b++) {
            sum += v->slope[k][b * v->width[k + 1] + j];
        }
        v->bias_part[p * units + first + i] = sum;
    }
}

#endif
