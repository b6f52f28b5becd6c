#include "links/blend.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void predict_best(const ams_link_blend *b, const ams_link_items *items, uint32_t item,
                         uint64_t ran, float *out)
{
    for (uint32_t j = 0; j < b->space->n_models; j++) {
        const ams_link_map *best = b->constant;
        for (uint64_t bits = ran & ~(UINT64_C(1) << j); bits != 0; bits &= bits - 1) {
            const ams_link_map *pair = &b->pair[__builtin_ctzll(bits)];
            best = pair->quality[j] > best->quality[j] ? pair : best;
        }
        ams_link_predict_range(best, items, item, b->space->first[j], b->space->first[j + 1],
                               out);
    }
}

/* out += weight * (link of the source), column by column. */
static void add_link(const ams_link_blend *b, const ams_link_items *items, uint32_t item,
                     uint32_t source, float *out)
{
    const uint32_t columns = b->space->n_columns;
    const float *weight = b->weight + (size_t)source * columns;
    ams_link_predict(&b->pair[source], items, item, 0, b->scratch);
    for (uint32_t c = 0; c < columns; c++) {
        out[c] += weight[c] * b->scratch[c];
    }
}

/* Weights of the sources that ran, scaled so that their sizes add up to those of all. */
static void rescale(const ams_link_blend *b, uint64_t ran, float *out)
{
    const uint32_t columns = b->space->n_columns;
    for (uint32_t c = 0; c < columns; c++) {
        double all = 0;
        double here = 0;
        for (uint32_t i = 0; i < b->space->n_models; i++) {
            const double size = fabs((double)b->weight[(size_t)i * columns + c]);
            all += size;
            here += ran >> i & 1 ? size : 0;
        }
        out[c] *= here > 0 ? (float)(all / here) : 1.0F;
    }
}

static void predict_sum(const ams_link_blend *b, const ams_link_items *items, uint32_t item,
                        uint64_t ran, float *out)
{
    const uint32_t columns = b->space->n_columns;
    if (ran == 0) {
        ams_link_predict(b->constant, items, item, 0, out);
        return;
    }
    memset(out, 0, columns * sizeof *out);
    for (uint64_t bits = ran; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits);
        add_link(b, items, item, i, out);
    }
    if (b->kind == AMS_BLEND_REWEIGHTED) {
        rescale(b, ran, out);
    } else if (b->kind == AMS_BLEND_MEAN) {
        /* Weights are 1: targets that did not run have all of `ran` as sources. */
        for (uint32_t c = 0; c < columns; c++) {
            out[c] /= (float)__builtin_popcountll(ran);
        }
    }
}

static void predict_blend(const void *context, const ams_link_items *items, uint32_t item,
                          uint64_t ran, float *out)
{
    const ams_link_blend *b = context;
    if (b->kind == AMS_BLEND_BEST) {
        predict_best(b, items, item, ran, out);
    } else if (b->kind == AMS_BLEND_CONCAT && ran != 0) {
        ams_link_concat_predict(b, items, item, ran, out);
    } else {
        predict_sum(b, items, item, ran, out);
    }
}

ams_link_predictor ams_link_blend_predictor(const ams_link_blend *blend)
{
    return (ams_link_predictor){blend, predict_blend};
}

/* -- the paper's weights -- */

/* Sums over training items for the least squares of each column: of the M links' outputs. */
typedef struct blend_sums {
    uint32_t n_models, n_columns;
    double *gg; /* (D, M, M) */
    double *gy; /* (D, M) */
    float *g;   /* (M, D) of one item */
    float *y;   /* (D) */
    double *a;  /* (M, M) */
} blend_sums;

static ams_status sums_init(blend_sums *s, const ams_link_space *space, ams_error *err)
{
    const size_t m = space->n_models;
    const size_t d = space->n_columns;
    ams_status status = AMS_OK;
    s->n_models = space->n_models;
    s->n_columns = space->n_columns;
    AMS_TRY(ams_alloc(&s->gg, d * m * m, sizeof *s->gg, "weights of ensembles", err));
    AMS_TRY(ams_alloc(&s->gy, d * m, sizeof *s->gy, "weights of ensembles", err));
    AMS_TRY(ams_alloc(&s->g, d * m, sizeof *s->g, "weights of ensembles", err));
    AMS_TRY(ams_alloc(&s->y, d, sizeof *s->y, "weights of ensembles", err));
    AMS_TRY(ams_alloc(&s->a, m * m, sizeof *s->a, "weights of ensembles", err));
out:
    return status;
}

static void sums_fini(blend_sums *s)
{
    free(s->gg);
    free(s->gy);
    free(s->g);
    free(s->y);
    free(s->a);
}

static void add_training_item(blend_sums *s, const ams_link_blend *b,
                              const ams_link_items *items, uint32_t item)
{
    const uint32_t m = s->n_models;
    const uint64_t *start = items->start + (size_t)item * m;
    memset(s->y, 0, s->n_columns * sizeof *s->y);
    for (uint64_t at = start[0]; at < start[m]; at++) {
        s->y[items->entry[at].column] = items->entry[at].target;
    }
    for (uint32_t i = 0; i < m; i++) {
        ams_link_predict(&b->pair[i], items, item, 0, s->g + (size_t)i * s->n_columns);
    }
    for (uint32_t c = 0; c < s->n_columns; c++) {
        double *gg = s->gg + (size_t)c * m * m;
        for (uint32_t i = 0; i < m; i++) {
            const double g = (double)s->g[(size_t)i * s->n_columns + c];
            s->gy[(size_t)c * m + i] += g * (double)s->y[c];
            for (uint32_t k = 0; k <= i; k++) {
                gg[(size_t)i * m + k] += g * (double)s->g[(size_t)k * s->n_columns + c];
            }
        }
    }
}

/* Weights of one column from all sources but its own model. */
static ams_status solve_column(blend_sums *s, ams_link_blend *b, uint32_t target,
                               uint32_t column, ams_error *err)
{
    const uint32_t m = s->n_models;
    const double *gg = s->gg + (size_t)column * m * m;
    const double start = 1.0 / (m > 1 ? m - 1 : 1);
    double y[AMS_MAX_MODELS];
    for (uint32_t i = 0; i < m; i++) {
        const bool own_row = i == target;
        for (uint32_t k = 0; k <= i; k++) {
            const bool own = own_row || k == target;
            s->a[(size_t)i * m + k] = own ? 0 : gg[(size_t)i * m + k];
        }
        s->a[(size_t)i * m + i] += 1;
        y[i] = own_row ? 0 : s->gy[(size_t)column * m + i] + start;
    }
    if (ams_cholesky(m, s->a) != 0) {
        return ams_fail(err, AMS_DIVERGED, "links: sums of ensembles are not finite");
    }
    ams_cholesky_solve(m, 1, s->a, y);
    for (uint32_t i = 0; i < m; i++) {
        b->weight[(size_t)i * s->n_columns + column] = (float)y[i];
    }
    return AMS_OK;
}

static ams_status fit_weights(ams_link_blend *b, const ams_link_items *items, ams_error *err)
{
    blend_sums s = {0};
    ams_status status = AMS_OK;
    AMS_TRY(sums_init(&s, b->space, err));
    for (uint32_t item = 0; item < items->n; item++) {
        add_training_item(&s, b, items, item);
    }
    for (uint32_t j = 0; j < b->space->n_models; j++) {
        for (uint32_t c = b->space->first[j]; c < b->space->first[j + 1]; c++) {
            AMS_TRY(solve_column(&s, b, j, c, err));
        }
    }
out:
    sums_fini(&s);
    return status;
}

ams_status ams_link_blend_init(ams_link_blend *blend, ams_link_blend_kind kind,
                               const ams_link_space *space, const ams_link_map *pair,
                               const ams_link_map *constant, const ams_link_items *items,
                               ams_error *err)
{
    const size_t cells = (size_t)space->n_models * space->n_columns;
    ams_status status = AMS_OK;
    *blend = (ams_link_blend){.kind = kind, .space = space, .pair = pair, .constant = constant};
    AMS_TRY(ams_alloc(&blend->weight, cells, sizeof *blend->weight, "an ensemble", err));
    AMS_TRY(ams_alloc(&blend->scratch, space->n_columns, sizeof *blend->scratch, "an ensemble",
                      err));
    for (size_t at = 0; at < cells; at++) {
        blend->weight[at] = 1;
    }
    if (kind == AMS_BLEND_WEIGHTS || kind == AMS_BLEND_REWEIGHTED) {
        AMS_TRY(fit_weights(blend, items, err));
    } else if (kind == AMS_BLEND_CONCAT) {
        AMS_TRY(ams_link_concat_fit(blend, items, err));
    }
out:
    if (status != AMS_OK) {
        ams_link_blend_fini(blend);
    }
    return status;
}

void ams_link_blend_fini(ams_link_blend *blend)
{
    for (uint32_t j = 0; j < AMS_MAX_MODELS; j++) {
        free(blend->dense[j]);
    }
    free(blend->bias);
    free(blend->weight);
    free(blend->scratch);
    *blend = (ams_link_blend){0};
}
