/* The ensemble of the paper's code: a dense layer on the outputs of all links to a target. */
#include "links/blend.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 }; /* items per matrix product */

/* Target j: its W columns, and F = M W inputs; source i's are [i W, (i + 1) W). Its own links
 * stay 0. */
typedef struct concat_fit {
    ams_link_blend *blend;
    const ams_link_items *items;
    uint32_t target, w, f;
    float *x, *y;          /* (CHUNK, F), (CHUNK, W) */
    float *product;        /* (F, F) of a chunk */
    double *xx, *xy;       /* (F, F), (F, W) */
    double *x_sum, *y_sum; /* (F), (W) */
} concat_fit;

static ams_status fit_init(concat_fit *c, uint32_t widest, ams_error *err)
{
    const size_t w = widest;
    const size_t f = w * c->blend->space->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->x, CHUNK * f, sizeof *c->x, "an ensemble", err));
    AMS_TRY(ams_alloc(&c->y, CHUNK * w, sizeof *c->y, "an ensemble", err));
    AMS_TRY(ams_alloc(&c->product, f * f, sizeof *c->product, "an ensemble", err));
    AMS_TRY(ams_alloc(&c->xx, f * f, sizeof *c->xx, "an ensemble", err));
    AMS_TRY(ams_alloc(&c->xy, f * w, sizeof *c->xy, "an ensemble", err));
    AMS_TRY(ams_alloc(&c->x_sum, f, sizeof *c->x_sum, "an ensemble", err));
    AMS_TRY(ams_alloc(&c->y_sum, w, sizeof *c->y_sum, "an ensemble", err));
out:
    return status;
}

static void fit_fini(concat_fit *c)
{
    free(c->x);
    free(c->y);
    free(c->product);
    free(c->xx);
    free(c->xy);
    free(c->x_sum);
    free(c->y_sum);
}

/* Inputs and targets of an item, and their sums. */
static void read_item(concat_fit *c, uint32_t item, float *x, float *y)
{
    const ams_link_blend *b = c->blend;
    const uint32_t first = b->space->first[c->target];
    const size_t row = (size_t)item * c->items->n_models + c->target;
    for (uint32_t i = 0; i < b->space->n_models; i++) {
        if (i != c->target) {
            ams_link_predict_range(&b->pair[i], c->items, item, first, first + c->w,
                                   b->scratch);
            memcpy(x + (size_t)i * c->w, b->scratch + first, c->w * sizeof *x);
        }
    }
    for (uint64_t at = c->items->start[row]; at < c->items->start[row + 1]; at++) {
        y[c->items->entry[at].column - first] = c->items->entry[at].target;
    }
    for (uint32_t k = 0; k < c->f; k++) {
        c->x_sum[k] += (double)x[k];
    }
    for (uint32_t k = 0; k < c->w; k++) {
        c->y_sum[k] += (double)y[k];
    }
}

static void add_product(double *sum, const float *product, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        sum[at] += (double)product[at];
    }
}

static void sum_up(concat_fit *c)
{
    const size_t f = c->f;
    memset(c->xx, 0, f * f * sizeof *c->xx);
    memset(c->xy, 0, f * c->w * sizeof *c->xy);
    memset(c->x_sum, 0, f * sizeof *c->x_sum);
    memset(c->y_sum, 0, c->w * sizeof *c->y_sum);
    for (uint32_t first = 0; first < c->items->n; first += CHUNK) {
        const uint32_t left = c->items->n - first;
        const uint32_t n = left < CHUNK ? left : CHUNK;
        memset(c->x, 0, n * f * sizeof *c->x);
        memset(c->y, 0, (size_t)n * c->w * sizeof *c->y);
        for (uint32_t k = 0; k < n; k++) {
            read_item(c, first + k, c->x + k * f, c->y + (size_t)k * c->w);
        }
        ams_gemm_at(c->f, c->f, n, c->x, c->f, c->x, c->product);
        add_product(c->xx, c->product, f * f);
        ams_gemm_at(c->f, c->w, n, c->x, c->f, c->y, c->product);
        add_product(c->xy, c->product, f * c->w);
    }
}

/* Centred, so that the bias has no penalty. */
static ams_status solve(concat_fit *c, ams_error *err)
{
    ams_link_blend *b = c->blend;
    const uint32_t first = b->space->first[c->target];
    const double n = c->items->n;
    const size_t f = c->f;
    for (size_t i = 0; i < f; i++) {
        for (size_t k = 0; k < f; k++) {
            c->xx[i * f + k] -= c->x_sum[i] * (c->x_sum[k] / n);
        }
        c->xx[i * f + i] += b->space->options.lambda;
        for (uint32_t k = 0; k < c->w; k++) {
            c->xy[i * c->w + k] -= c->x_sum[i] * (c->y_sum[k] / n);
        }
    }
    if (ams_cholesky(c->f, c->xx) != 0) {
        return ams_fail(err, AMS_DIVERGED, "links: sums of ensembles are not finite");
    }
    ams_cholesky_solve(c->f, c->w, c->xx, c->xy);
    for (uint32_t k = 0; k < c->w; k++) {
        double bias = c->y_sum[k] / n;
        for (size_t i = 0; i < f; i++) {
            const double weight = c->xy[i * c->w + k];
            b->dense[c->target][i * c->w + k] = (float)weight;
            bias -= weight * (c->x_sum[i] / n);
        }
        b->bias[first + k] = (float)bias;
    }
    return AMS_OK;
}

ams_status ams_link_concat_fit(ams_link_blend *blend, const ams_link_items *items,
                               ams_error *err)
{
    const ams_link_space *space = blend->space;
    concat_fit c = {.blend = blend, .items = items};
    uint32_t widest = 0;
    ams_status status = AMS_OK;
    for (uint32_t j = 0; j < space->n_models; j++) {
        const uint32_t w = ams_link_width(space, j);
        widest = w > widest ? w : widest;
        AMS_TRY(ams_alloc(&blend->dense[j], (size_t)space->n_models * w * w, sizeof(float),
                          "an ensemble", err));
    }
    AMS_TRY(ams_alloc(&blend->bias, space->n_columns, sizeof *blend->bias, "an ensemble", err));
    AMS_TRY(fit_init(&c, widest, err));
    for (uint32_t j = 0; j < space->n_models; j++) {
        c.target = j;
        c.w = ams_link_width(space, j);
        c.f = c.w * space->n_models;
        sum_up(&c);
        AMS_TRY(solve(&c, err));
    }
out:
    fit_fini(&c);
    return status;
}

void ams_link_concat_predict(const ams_link_blend *blend, const ams_link_items *items,
                             uint32_t item, uint64_t ran, float *out)
{
    const ams_link_space *space = blend->space;
    memcpy(out, blend->bias, space->n_columns * sizeof *out);
    for (uint64_t bits = ran; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits);
        ams_link_predict(&blend->pair[i], items, item, 0, blend->scratch);
        for (uint32_t j = 0; j < space->n_models; j++) {
            const uint32_t first = space->first[j];
            const uint32_t w = ams_link_width(space, j);
            const float *dense = blend->dense[j] + (size_t)i * w * w;
            for (uint32_t a = 0; j != i && a < w; a++) {
                const float g = blend->scratch[first + a];
                for (uint32_t k = 0; k < w; k++) {
                    out[first + k] += g * dense[(size_t)a * w + k];
                }
            }
        }
    }
}
