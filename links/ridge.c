/* Ridge regression from sums: centred, so that biases are not penalised. */
#include "ams/links.h"

#include "base/memory.h"
#include "links/map.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_status map_init(ams_link_map *map, const ams_link_space *space, ams_link_form form,
                           uint64_t mask, ams_error *err)
{
    ams_status status = AMS_OK;
    *map = (ams_link_map){.form = form, .mask = mask};
    ams_link_map_place(map, space);
    for (uint32_t m = 0; m < space->n_models; m++) {
        map->tau[m] = ams_link_at_level(space, m, 0.5);
    }
    AMS_TRY(ams_alloc(&map->weight, (size_t)map->n_rows * map->n_columns, sizeof *map->weight,
                      "links", err));
    AMS_TRY(ams_alloc(&map->bias, map->n_columns, sizeof *map->bias, "links", err));
out:
    return status; /* the caller ends the map */
}

/* A system: the columns `source` (n) of the Gram matrix against the columns `target` (k). */
typedef struct ridge_system {
    const ams_link_gram *gram;
    uint32_t n, k;
    uint32_t *source, *target; /* (D) each has room for all */
    double *a, *b;             /* (D, D) each has room for all */
} ridge_system;

static ams_status system_init(ridge_system *s, const ams_link_gram *gram, uint32_t rows,
                              ams_error *err)
{
    const size_t columns = gram->n_columns;
    ams_status status = AMS_OK;
    *s = (ridge_system){.gram = gram};
    AMS_TRY(ams_alloc(&s->source, columns, sizeof *s->source, "a system", err));
    AMS_TRY(ams_alloc(&s->target, columns, sizeof *s->target, "a system", err));
    AMS_TRY(ams_alloc(&s->a, (size_t)rows * rows, sizeof *s->a, "a system", err));
    AMS_TRY(ams_alloc(&s->b, rows * columns, sizeof *s->b, "a system", err));
out:
    return status;
}

static void system_fini(ridge_system *s)
{
    free(s->source);
    free(s->target);
    free(s->a);
    free(s->b);
}

static void choose_columns(ridge_system *s, const ams_link_space *space, uint64_t mask)
{
    s->n = 0;
    s->k = 0;
    for (uint32_t m = 0; m < space->n_models; m++) {
        for (uint32_t c = space->first[m]; c < space->first[m + 1]; c++) {
            if (mask >> m & 1) {
                s->source[s->n++] = c;
            } else {
                s->target[s->k++] = c;
            }
        }
    }
}

/* a: centred X'X plus the penalty; b: centred X'Y. Solves for the weights, in place of b. */
static ams_status solve(ridge_system *s, double lambda, ams_error *err)
{
    const ams_link_gram *g = s->gram;
    const size_t columns = g->n_columns;
    for (uint32_t i = 0; i < s->n; i++) {
        const double mean = g->x[s->source[i]] / g->n;
        const double *xx = g->xx + s->source[i] * columns;
        const double *xy = g->xy + s->source[i] * columns;
        for (uint32_t j = 0; j < s->n; j++) {
            s->a[(size_t)i * s->n + j] = xx[s->source[j]] - mean * g->x[s->source[j]];
        }
        s->a[(size_t)i * s->n + i] += lambda;
        for (uint32_t j = 0; j < s->k; j++) {
            s->b[(size_t)i * s->k + j] = xy[s->target[j]] - mean * g->y[s->target[j]];
        }
    }
    if (s->n > 0 && ams_cholesky(s->n, s->a) != 0) {
        return ams_fail(err, AMS_DIVERGED,
                        "links: sums of the training items are not finite, or the penalty %g "
                        "is too small for them",
                        lambda);
    }
    if (s->n > 0 && s->k > 0) {
        ams_cholesky_solve(s->n, s->k, s->a, s->b);
    }
    return AMS_OK;
}

ams_status ams_link_fit(ams_link_map *map, const ams_link_space *space,
                        const ams_link_gram *gram, uint64_t mask, ams_error *err)
{
    ridge_system s = {0};
    ams_status status = AMS_OK;
    AMS_TRY(map_init(map, space, AMS_LINK_SUBSET, mask, err));
    AMS_TRY(system_init(&s, gram, map->n_rows, err));
    choose_columns(&s, space, mask);
    AMS_TRY(solve(&s, space->options.lambda, err));
    for (uint32_t j = 0; j < s.k; j++) {
        double bias = gram->y[s.target[j]] / gram->n;
        for (uint32_t i = 0; i < s.n; i++) {
            const double w = s.b[(size_t)i * s.k + j];
            map->weight[(size_t)i * map->n_columns + s.target[j]] = (float)w;
            bias -= w * (gram->x[s.source[i]] / gram->n);
        }
        map->bias[s.target[j]] = (float)bias;
    }
out:
    system_fini(&s);
    if (status != AMS_OK) {
        ams_link_map_fini(map);
    }
    return status;
}

ams_status ams_link_fit_pairs(ams_link_map *map, const ams_link_space *space,
                              const ams_link_gram *gram, ams_error *err)
{
    ams_status status = AMS_OK;
    uint32_t m = 0;
    for (; m < space->n_models && status == AMS_OK; m++) {
        status = ams_link_fit(&map[m], space, gram, UINT64_C(1) << m, err);
    }
    while (status != AMS_OK && m > 0) {
        ams_link_map_fini(&map[--m]);
    }
    return status;
}

ams_status ams_link_fit_constant(ams_link_map *map, const ams_link_space *space,
                                 const ams_link_gram *gram, ams_error *err)
{
    return ams_link_fit(map, space, gram, 0, err);
}

/* -- any subset -- */

/* Rows of the design of ANY: columns, flags, and a 1 for the bias at the end. Of a row: which
 * model it belongs to, or M for the 1. */
static uint32_t model_of_row(const ams_link_space *space, const uint32_t *owner, uint32_t row)
{
    const uint32_t flags = space->n_columns;
    return row < flags ? owner[row] : row - flags;
}

/* E of the product of two rows over an item's share s ~ U(0,1): flags are 1 where their model
 * ran, and the kept share is E s = 1/2 of one model, E s^2 = 1/3 of two. */
static double any_cell(const ams_link_space *space, const ams_link_gram *g,
                       const uint32_t *owner, uint32_t a, uint32_t b)
{
    const uint32_t columns = space->n_columns;
    const uint32_t ma = model_of_row(space, owner, a);
    const uint32_t mb = model_of_row(space, owner, b);
    const bool one_a = ma == space->n_models;
    const bool one_b = mb == space->n_models;
    const double kept = one_a && one_b ? 1 : one_a || one_b || ma == mb ? 0.5 : 1.0 / 3;
    double sum = g->n;
    if (a < columns && b < columns) {
        sum = g->xx[(size_t)a * columns + b];
    } else if (a < columns) {
        sum = g->x[a];
    } else if (b < columns) {
        sum = g->x[b];
    }
    return kept * sum;
}

/* The rows that the target may read: all but its own. */
static uint32_t any_rows(const ams_link_space *space, const uint32_t *owner, uint32_t target,
                         uint32_t *row)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r <= space->n_columns + space->n_models; r++) {
        if (model_of_row(space, owner, r) != target) {
            row[n++] = r;
        }
    }
    return n;
}

static ams_status fit_any_target(ams_link_map *map, const ams_link_space *space,
                                 const ams_link_gram *g, uint32_t target, const uint32_t *owner,
                                 const double *full, ridge_system *s, ams_error *err)
{
    const uint32_t rows = space->n_columns + space->n_models + 1;
    const uint32_t first = space->first[target];
    s->n = any_rows(space, owner, target, s->source);
    s->k = ams_link_width(space, target);
    for (uint32_t i = 0; i < s->n; i++) {
        const uint32_t r = s->source[i];
        for (uint32_t j = 0; j < s->n; j++) {
            s->a[(size_t)i * s->n + j] = full[(size_t)r * rows + s->source[j]];
        }
        s->a[(size_t)i * s->n + i] += r == rows - 1 ? 0 : space->options.any_lambda;
        for (uint32_t j = 0; j < s->k; j++) {
            const double sum = r < space->n_columns
                                   ? g->xy[(size_t)r * space->n_columns + first + j]
                                   : g->y[first + j];
            s->b[(size_t)i * s->k + j] = (r == rows - 1 ? 1 : 0.5) * sum;
        }
    }
    if (ams_cholesky(s->n, s->a) != 0) {
        return ams_fail(err, AMS_DIVERGED, "links: sums of the training items are not finite");
    }
    ams_cholesky_solve(s->n, s->k, s->a, s->b);
    for (uint32_t i = 0; i < s->n; i++) {
        const uint32_t r = s->source[i];
        float *to = r == rows - 1 ? map->bias : map->weight + (size_t)r * map->n_columns;
        for (uint32_t j = 0; j < s->k; j++) {
            to[first + j] = (float)s->b[(size_t)i * s->k + j];
        }
    }
    return AMS_OK;
}

ams_status ams_link_fit_any(ams_link_map *map, const ams_link_space *space,
                            const ams_link_gram *gram, ams_error *err)
{
    const uint32_t rows = space->n_columns + space->n_models + 1;
    ridge_system s = {0};
    double *full = NULL;
    uint32_t *owner = NULL;
    ams_status status = AMS_OK;
    const uint64_t all =
        space->n_models == 64 ? UINT64_MAX : (UINT64_C(1) << space->n_models) - 1;
    AMS_TRY(map_init(map, space, AMS_LINK_ANY, all, err));
    AMS_TRY(ams_alloc(&s.source, rows, sizeof *s.source, "a system", err));
    AMS_TRY(ams_alloc(&s.a, (size_t)rows * rows, sizeof *s.a, "a system", err));
    AMS_TRY(ams_alloc(&s.b, (size_t)rows * rows, sizeof *s.b, "a system", err));
    AMS_TRY(ams_alloc(&full, (size_t)rows * rows, sizeof *full, "a system", err));
    AMS_TRY(ams_alloc(&owner, space->n_columns, sizeof *owner, "a system", err));
    for (uint32_t m = 0; m < space->n_models; m++) {
        for (uint32_t c = space->first[m]; c < space->first[m + 1]; c++) {
            owner[c] = m;
        }
    }
    for (uint32_t a = 0; a < rows; a++) {
        for (uint32_t b = 0; b < rows; b++) {
            full[(size_t)a * rows + b] = any_cell(space, gram, owner, a, b);
        }
    }
    for (uint32_t m = 0; m < space->n_models; m++) {
        AMS_TRY(fit_any_target(map, space, gram, m, owner, full, &s, err));
    }
out:
    system_fini(&s);
    free(full);
    free(owner);
    if (status != AMS_OK) {
        ams_link_map_fini(map);
    }
    return status;
}
