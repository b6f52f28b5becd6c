#include "ams/link_guarantee.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

/* All targets together: the chance that the error of any of them is over alpha. */
static const double DELTA = 0.05;

/* How sure the sets are: predictions for every item and target of a part. */
typedef struct guarantee_part {
    uint32_t n;
    double *score;  /* (M, n) */
    uint8_t *wrong; /* (M, n) */
    double *f1;     /* (M, n) */
} guarantee_part;

typedef struct guarantee_run {
    const ams_link_session *session;
    uint64_t set;
    ams_link_map map;
    ams_link_items tuning, calibration;
    guarantee_part tuned, calibrated, measured;
} guarantee_run;

/* Distance of the decision that is nearest to being another one. */
static double margin(const ams_link_space *space, uint32_t target, const float *p, double tau)
{
    double least = (double)INFINITY;
    double first = -(double)INFINITY;
    double second = tau;
    for (uint32_t c = space->first[target]; c < space->first[target + 1]; c++) {
        const double x = (double)p[c];
        if (space->label[c] != AMS_LINK_OTHER && space->label[c] != AMS_LINK_NONE) {
            least = fmin(least, fabs(x - tau));
        }
        if (x > first) {
            second = fmax(second, first);
            first = x;
        } else {
            second = fmax(second, x);
        }
    }
    /* Without labels there is nothing to decide: as sure as can be, and a finite level. */
    return space->kind[target] == AMS_LINK_SINGLE ? fabs(first - second) : fmin(least, 1);
}

static ams_status part_init(guarantee_part *part, guarantee_run *r, const ams_link_items *items,
                            ams_error *err)
{
    const ams_link_space *space = &r->session->space;
    const size_t cells = (size_t)space->n_models * items->n;
    float *p = NULL;
    ams_status status = AMS_OK;
    part->n = items->n;
    AMS_TRY(ams_alloc(&p, space->n_columns, sizeof *p, "predictions", err));
    AMS_TRY(ams_alloc(&part->score, cells, sizeof *part->score, "predictions", err));
    AMS_TRY(ams_alloc(&part->wrong, cells, sizeof *part->wrong, "predictions", err));
    AMS_TRY(ams_alloc(&part->f1, cells, sizeof *part->f1, "predictions", err));
    for (uint32_t i = 0; i < items->n; i++) {
        ams_link_predict(&r->map, items, i, r->set, p);
        for (uint32_t j = 0; j < space->n_models; j++) {
            double score[AMS_LINK_METRICS];
            const size_t at = (size_t)j * items->n + i;
            ams_link_score_all(space, items, i, j, p, r->map.tau[j], score);
            part->score[at] = margin(space, j, p, r->map.tau[j]);
            part->wrong[at] = score[AMS_LINK_EXACT] < 1;
            part->f1[at] = score[AMS_LINK_F1];
        }
    }
out:
    free(p);
    return status;
}

static void part_fini(guarantee_part *part)
{
    free(part->score);
    free(part->wrong);
    free(part->f1);
}

static ams_accept_sample sample_of(const guarantee_part *part, uint32_t target)
{
    const size_t at = (size_t)target * part->n;
    return (ams_accept_sample){part->n, part->score + at, part->wrong + at};
}

/* The validation split in two halves. */
static ams_status halve(guarantee_run *r, uint64_t seed, ams_error *err)
{
    const ams_link_session *s = r->session;
    const ams_table *t = &s->table;
    uint32_t *item = NULL;
    uint32_t n = 0;
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_ITEMS);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&item, t->n_items, sizeof *item, "items", err));
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->split[i] == AMS_VALIDATION) {
            item[n++] = i;
        }
    }
    if (n < 4) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "a guarantee needs items of the validation split; found %u", n);
        goto out;
    }
    ams_rng_shuffle(&rng, item, n);
    AMS_TRY(ams_link_items_init(&r->tuning, &s->space, t, item, n / 2, err));
    AMS_TRY(ams_link_items_init(&r->calibration, &s->space, t, item + n / 2, n - n / 2, err));
out:
    free(item);
    return status;
}

static void measure(const guarantee_run *r, ams_link_guarantee *g)
{
    const ams_link_session *s = r->session;
    const uint32_t n = r->measured.n;
    const uint32_t n_models = s->space.n_models;
    uint64_t accepted = 0;
    uint64_t wrong = 0;
    uint64_t pairs = 0;
    double f1 = 0;
    for (uint32_t j = 0; j < n_models; j++) {
        uint32_t own = 0;
        uint32_t own_wrong = 0;
        if (r->set >> j & 1) {
            g->without_ms += s->time_ms[j];
            f1 += n;
            continue;
        }
        for (uint32_t i = 0; i < n; i++) {
            const size_t at = (size_t)j * n + i;
            const bool takes = ams_accepts(g->level[j], r->measured.score[at]);
            own += takes;
            own_wrong += takes && r->measured.wrong[at];
            f1 += takes ? r->measured.f1[at] : 1;
        }
        g->time_ms += s->time_ms[j] * (n - own) / n;
        g->targets += own > 0;
        g->over += own_wrong > g->alpha * own;
        pairs += n;
        accepted += own;
        wrong += own_wrong;
    }
    g->time_ms += g->without_ms;
    g->accepted = pairs > 0 ? (double)accepted / (double)pairs : 0;
    g->error = accepted > 0 ? (double)wrong / (double)accepted : 0;
    g->f1 = f1 / n / n_models;
}

static ams_status prepare(guarantee_run *r, ams_link_filling filling, uint64_t seed,
                          ams_error *err)
{
    const ams_link_session *s = r->session;
    const ams_link_network_data data = {&s->space, &s->training, &r->tuning};
    ams_status status = AMS_OK;
    AMS_TRY(halve(r, seed, err));
    if (filling == AMS_FILL_CONSTANT || r->set == 0) {
        AMS_TRY(ams_link_fit_constant(&r->map, &s->space, &s->gram, err));
    } else if (s->options.networks) {
        AMS_TRY(ams_link_fit_networks(&r->map, &data, r->set, &s->options.network, s->pool,
                                      NULL, err));
    } else {
        AMS_TRY(ams_link_fit(&r->map, &s->space, &s->gram, r->set, err));
    }
    AMS_TRY(
        ams_link_rate_map(&r->map, &s->space, &r->tuning, !s->options.papers_threshold, err));
    AMS_TRY(part_init(&r->tuned, r, &r->tuning, err));
    AMS_TRY(part_init(&r->calibrated, r, &r->calibration, err));
    status = part_init(&r->measured, r, &s->measured, err);
out:
    return status;
}

ams_status ams_link_guarantee_run(ams_link_guarantee *result, const double *alpha, uint32_t n,
                                  const ams_link_session *session, uint64_t set,
                                  ams_link_filling filling, uint64_t seed, ams_error *err)
{
    guarantee_run r = {.session = session, .set = set};
    const uint32_t linked = session->space.n_models - (uint32_t)__builtin_popcountll(set);
    /* As many rules as linked targets are found at once, so each has its share (Bonferroni). */
    const double delta = DELTA / (linked > 0 ? linked : 1);
    ams_status status = AMS_OK;
    AMS_TRY(prepare(&r, filling, seed, err));
    for (uint32_t k = 0; k < n; k++) {
        result[k] = (ams_link_guarantee){.alpha = alpha[k], .set = set};
        for (uint32_t j = 0; j < session->space.n_models; j++) {
            const ams_accept_sample tuned = sample_of(&r.tuned, j);
            const ams_accept_sample calibrated = sample_of(&r.calibrated, j);
            result[k].level[j] = set >> j & 1
                                     ? -(double)INFINITY
                                     : ams_accept_level(&tuned, &calibrated, alpha[k], delta);
        }
        measure(&r, &result[k]);
    }
out:
    part_fini(&r.tuned);
    part_fini(&r.calibrated);
    part_fini(&r.measured);
    ams_link_items_fini(&r.tuning);
    ams_link_items_fini(&r.calibration);
    ams_link_map_fini(&r.map);
    return status;
}
