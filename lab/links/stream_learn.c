/* What is suspected of a prediction on a stream, and how that is learned. */
#include "lab/links/stream_run.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Besides a target's expected losses: how much the models that ran found, by confidence and by
 * number, and a 1. */
enum { MORE = 3 };

double ams_stream_f1(const ams_stream_run *r, const ams_link_map *map, const float *p,
                     const ams_link_items *items, uint32_t item, uint64_t set)
{
    double sum = 0;
    for (uint32_t j = 0; j < r->space.n_models; j++) {
        sum += set >> j & 1
                   ? 1
                   : ams_link_score(&r->space, items, item, j, p, map->tau[j], AMS_LINK_F1);
    }
    return sum / r->space.n_models;
}

ams_status ams_stream_losses_init(ams_loss_sums *l, uint32_t n_models, ams_error *err)
{
    const size_t n = (size_t)n_models + MORE;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&l->weight, n, sizeof *l->weight, "losses", err));
    AMS_TRY(ams_alloc(&l->a, n * n, sizeof *l->a, "losses", err));
    AMS_TRY(ams_alloc(&l->x, n, sizeof *l->x, "losses", err));
    for (uint32_t j = 0; j < n_models; j++) {
        l->weight[j] = 1.0 / n_models;
    }
out:
    return status;
}

void ams_stream_losses_fini(ams_loss_sums *l)
{
    free(l->weight);
    free(l->a);
    free(l->x);
}

/* The features of run->p; returns the mean of the losses to expect. */
static double expect(ams_stream_run *r, const ams_link_items *items, uint32_t item,
                     uint64_t set)
{
    const uint32_t m = r->space.n_models;
    const uint64_t *start = items->start + (size_t)item * m;
    double *x = r->losses.x;
    double sum = 0;
    x[m] = 0;
    x[m + 1] = 0;
    x[m + 2] = 1;
    for (uint32_t j = 0; j < m; j++) {
        const bool ran = set >> j & 1;
        x[j] = ran ? 0 : ams_link_expected_loss(&r->space, j, r->p, r->map.tau[j]);
        sum += x[j];
        for (uint64_t at = start[j]; ran && at < start[j + 1]; at++) {
            x[m] += (double)items->entry[at].source / m;
            x[m + 1] += items->entry[at].valuable ? 1.0 / m : 0;
        }
    }
    return sum / m;
}

double ams_stream_suspect(ams_stream_run *r, uint32_t item, uint64_t set)
{
    double sum = expect(r, &r->items, item, set);
    if (r->label == AMS_LINK_LABEL_LOSS) {
        sum = 0;
        for (uint32_t j = 0; j < r->space.n_models + MORE; j++) {
            sum += r->losses.weight[j] * r->losses.x[j];
        }
    }
    return sum;
}

/* Ridge regression, drawn to 1 / M per target: the losses to expect as they are. */
ams_status ams_stream_fit_losses(ams_stream_run *r, const ams_stream_crossed *crossed,
                                 const ams_stream_window *window, uint64_t set, ams_error *err)
{
    ams_loss_sums *l = &r->losses;
    const uint32_t m = r->space.n_models;
    const size_t n = (size_t)m + MORE;
    memset(l->a, 0, n * n * sizeof *l->a);
    memset(l->weight, 0, n * sizeof *l->weight);
    for (uint32_t i = 0; i < window->items.n; i++) {
        const ams_link_map *map = &crossed->map[1 - window->side[i]];
        ams_link_predict(map, &window->items, i, set, r->p);
        const double loss = 1 - ams_stream_f1(r, &r->map, r->p, &window->items, i, set);
        (void)expect(r, &window->items, i, set);
        for (size_t a = 0; a < n; a++) {
            const double x = window->weight[i] * l->x[a];
            for (size_t b = 0; b < n && x > 0; b++) {
                l->a[a * n + b] += x * l->x[b];
            }
            l->weight[a] += x * loss;
        }
    }
    for (uint32_t j = 0; j < m; j++) {
        l->a[j * n + j] += 1;
        l->weight[j] += 1.0 / m;
    }
    for (size_t a = m; a < n; a++) {
        l->a[a * n + a] += 1e-3;
    }
    if (ams_cholesky((uint32_t)n, l->a) != 0) {
        return ams_fail(err, AMS_DIVERGED, "links: sums of losses are not finite");
    }
    ams_cholesky_solve((uint32_t)n, 1, l->a, l->weight);
    return AMS_OK;
}
