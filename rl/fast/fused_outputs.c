/* The second layer of the fast path, which of an output head per goal computes the one that a
 * state asks. */
#include "rl/fast/fused_kernels.h"
#include "rl/fast/fused_state.h"

#include <string.h>

enum { W = AMS_FUSED_BLOCK };

void ams_fused_sort(const ams_fused *u, ams_fused_heads *heads, const ams_sparse *x)
{
    uint32_t at = 0;
    heads->of = NULL;
    heads->asking[0] = (ams_fused_asking){.n = x->n};
    if (u->heads == 1) {
        return;
    }
    heads->of = x->head;
    for (uint32_t g = 0; g < u->heads; g++) {
        ams_fused_asking *asking = &heads->asking[g];
        *asking = (ams_fused_asking){.sample = heads->sample + at};
        for (uint32_t s = 0; s < x->n; s++) {
            if (x->head[s] == g) {
                heads->sample[at++] = s;
                asking->n++;
            }
        }
    }
}

uint16_t ams_fused_row(const ams_fused *u, const ams_fused_heads *heads, uint32_t sample,
                       uint8_t action)
{
    return (uint16_t)((heads->of == NULL ? 0 : heads->of[sample] * u->a16) + action);
}

/* Of a sample's head, in `outbias` and the like. */
static float *biases_of(const ams_fused *u, const ams_fused_heads *heads, uint32_t sample,
                        float *bias)
{
    return bias + (heads->of == NULL ? 0 : (size_t)heads->of[sample] * u->columns);
}

float ams_fused_bias(const ams_fused *u, const ams_fused_heads *heads, uint32_t sample,
                     uint8_t action)
{
    return biases_of(u, heads, sample, u->outbias.w)[action];
}

/* Head g's first row of a block in `out` and `slope`. */
static size_t rows_at(const ams_fused *u, uint32_t block, uint32_t g)
{
    return ams_in_block(u->out_rows, g * u->a16, block * W);
}

size_t ams_fused_columns_at(const ams_fused *u, uint32_t block, uint32_t g)
{
    return ((size_t)block * u->heads + g) * W * u->columns;
}

void ams_fused_outputs(const ams_fused *u, const ams_fused_heads *heads, const float *columns,
                       const float *y, uint32_t block, float *part)
{
    part += (size_t)block * u->most * u->columns;
    for (uint32_t g = 0; g < u->heads; g++) {
        const ams_fused_asking *asking = &heads->asking[g];
        if (columns == NULL) {
            u->kernels->dots(u->out.w + rows_at(u, block, g), y, asking, u->a16, part,
                             u->columns);
        } else {
            u->kernels->outputs(y, asking, columns + ams_fused_columns_at(u, block, g),
                                u->columns, part);
        }
    }
}

void ams_fused_add_parts(const ams_fused *u, const ams_fused_heads *heads, const float *parts,
                         uint32_t n, const float *bias, float *q)
{
    u->kernels->add_parts(parts, u->blocks, (size_t)u->most * u->columns, n, bias, heads->of,
                          u->columns, q);
}

void ams_fused_turn(const ams_fused *u, const float *out, uint32_t block, float *columns)
{
    for (uint32_t g = 0; g < u->heads; g++) {
        u->kernels->turn(out + rows_at(u, block, g), u->a,
                         columns + ams_fused_columns_at(u, block, g), u->columns);
    }
}

/* -- backward -- */

/* Each state by the output of what was done in it. Without dropout all heads take turns, with
 * it one head goes after the other, as where all outputs have slopes: the same sums. */
static void slopes_taken(const ams_fused *u, const ams_fused_back *back, float *y,
                         uint32_t block, float *bias)
{
    const ams_fused_asking all = {.n = back->state->n};
    const ams_taken_slopes d = {u->takes ? back->dq : u->dq, u->taken_row, u->keep_scale};
    const float *w = u->out.w + rows_at(u, block, 0);
    float *slope = u->slope + rows_at(u, block, 0);
    memset(slope, 0, (size_t)u->out_rows * W * sizeof *slope);
    for (uint32_t g = 0; g < (u->takes ? 1 : u->heads); g++) {
        u->kernels->slopes(&d, u->takes ? &all : &u->learning.asking[g], w, slope, y, bias);
    }
}

void ams_fused_slopes(const ams_fused *u, const ams_fused_back *back, float *y, uint32_t block)
{
    float *bias = u->bias_slope + (size_t)block * W;
    memset(bias, 0, W * sizeof *bias);
    if (back->action != NULL) {
        slopes_taken(u, back, y, block, bias);
        return;
    }
    const ams_output_slopes d = {u->dq, u->a, u->columns, u->keep_scale};
    for (uint32_t g = 0; g < u->heads; g++) {
        const ams_fused_asking *asking = &u->learning.asking[g];
        u->kernels->out_slopes(u->dq, u->columns, y, asking, u->a,
                               u->slope + rows_at(u, block, g));
        u->kernels->unit_slopes(&d, asking, u->out.w + rows_at(u, block, g), y, bias);
    }
}

void ams_fused_slopes_outbias(ams_fused *u, const ams_fused_back *back)
{
    memset(u->outbias_slope, 0, (size_t)u->heads * u->columns * sizeof *u->outbias_slope);
    for (uint32_t s = 0; s < back->state->n; s++) {
        float *bias = biases_of(u, &u->learning, s, u->outbias_slope);
        if (back->action != NULL) {
            bias[back->action[s]] += u->takes ? back->dq[s] : u->dq[s];
            continue;
        }
        for (uint32_t a = 0; a < u->a; a++) {
            bias[a] += back->dq[(size_t)s * u->a + a];
        }
    }
}
