/* What is suspected of a prediction on a stream, and how that is learned. */
#include "lab/links/stream_run.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double ams_stream_f1(const ams_stream_run *r, const ams_link_map *map, const float *p,
                     uint32_t item, uint64_t set)
{
    double sum = 0;
    for (uint32_t j = 0; j < r->space.n_models; j++) {
        sum += set >> j & 1
                   ? 1
                   : ams_link_score(&r->space, &r->items, item, j, p, map->tau[j], AMS_LINK_F1);
    }
    return sum / r->space.n_models;
}

ams_status ams_stream_losses_init(ams_loss_sums *l, uint32_t n_models, ams_error *err)
{
    const size_t n = (size_t)n_models + 1;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&l->xx, n * n, sizeof *l->xx, "losses", err));
    AMS_TRY(ams_alloc(&l->xy, n, sizeof *l->xy, "losses", err));
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
    free(l->xx);
    free(l->xy);
    free(l->weight);
    free(l->a);
    free(l->x);
}

/* The features of run->p; returns the mean of the losses to expect. */
static double expect(ams_stream_run *r, uint64_t set)
{
    const uint32_t m = r->space.n_models;
    double sum = 0;
    for (uint32_t j = 0; j < m; j++) {
        r->losses.x[j] =
            set >> j & 1 ? 0 : ams_link_expected_loss(&r->space, j, r->p, r->map.tau[j]);
        sum += r->losses.x[j];
    }
    r->losses.x[m] = 1;
    return sum / m;
}

double ams_stream_suspect(ams_stream_run *r, uint64_t set)
{
    double sum = expect(r, set);
    if (r->label == AMS_LINK_LABEL_LOSS) {
        sum = 0;
        for (uint32_t j = 0; j <= r->space.n_models; j++) {
            sum += r->losses.weight[j] * r->losses.x[j];
        }
    }
    return sum;
}

/* Ridge regression, drawn to 1 / M per target: the losses to expect as they are. */
ams_status ams_stream_fit_losses(ams_stream_run *r, ams_error *err)
{
    ams_loss_sums *l = &r->losses;
    const uint32_t m = r->space.n_models;
    const size_t n = (size_t)m + 1;
    memcpy(l->a, l->xx, n * n * sizeof *l->a);
    memcpy(l->weight, l->xy, n * sizeof *l->weight);
    for (uint32_t j = 0; j < m; j++) {
        l->a[j * n + j] += 1;
        l->weight[j] += 1.0 / m;
    }
    l->a[n * n - 1] += 1e-3;
    if (ams_cholesky((uint32_t)n, l->a) != 0) {
        return ams_fail(err, AMS_DIVERGED, "links: sums of losses are not finite");
    }
    ams_cholesky_solve((uint32_t)n, 1, l->a, l->weight);
    return AMS_OK;
}

void ams_stream_learn_loss(ams_stream_run *r, uint32_t item, uint64_t set)
{
    ams_loss_sums *l = &r->losses;
    const size_t n = (size_t)r->space.n_models + 1;
    ams_link_predict(&r->map, &r->items, item, set, r->p);
    const double loss = 1 - ams_stream_f1(r, &r->map, r->p, item, set);
    (void)expect(r, set);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            l->xx[a * n + b] += l->x[a] * l->x[b];
        }
        l->xy[a] += l->x[a] * loss;
    }
}

void ams_stream_forget(ams_stream_run *r, uint32_t n)
{
    const double factor = pow(0.5, (double)n / r->stream->options.window);
    const size_t width = (size_t)r->space.n_models + 1;
    ams_link_gram_forget(&r->gram, factor);
    ams_link_gram_forget(&r->half[0], factor);
    ams_link_gram_forget(&r->half[1], factor);
    for (size_t at = 0; at < width * width; at++) {
        r->losses.xx[at] *= factor;
    }
    for (size_t at = 0; at < width; at++) {
        r->losses.xy[at] *= factor;
    }
}
