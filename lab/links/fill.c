#include "ams/link_session.h"

#include <string.h>

const char *const ams_link_fillings[] = {"nothing",    "constant", "best", "mean",  "weights",
                                         "reweighted", "concat",   "any",  "refit", NULL};

static ams_status make_blend(ams_link_fill *fill, ams_link_blend_kind kind, ams_error *err)
{
    const ams_link_session *s = fill->session;
    ams_status status = ams_link_blend_init(&fill->blend, kind, &s->space, s->pair,
                                            &s->constant, &s->training, err);
    fill->predictor = ams_link_blend_predictor(&fill->blend);
    return status;
}

static ams_status fit_set(const ams_link_session *s, uint64_t set, ams_link_map *map,
                          ams_error *err)
{
    const ams_link_network_data data = {&s->space, &s->training, &s->validation};
    const uint32_t most = s->options.sources;
    if (most > 0 && !s->options.networks) {
        return ams_link_fit_sparse(map, &s->space, &s->gram, set, s->p, most, err);
    }
    return s->options.networks && set != 0
               ? ams_link_fit_networks(map, &data, set, &s->options.network, s->pool, NULL, err)
               : ams_link_fit(map, &s->space, &s->gram, set, err);
}

static ams_status make(ams_link_fill *fill, uint64_t set, ams_error *err)
{
    const ams_link_session *s = fill->session;
    ams_status status = AMS_OK;
    switch (fill->filling) {
    case AMS_FILL_BEST:
        return make_blend(fill, AMS_BLEND_BEST, err);
    case AMS_FILL_MEAN:
        return make_blend(fill, AMS_BLEND_MEAN, err);
    case AMS_FILL_WEIGHTS:
        return make_blend(fill, AMS_BLEND_WEIGHTS, err);
    case AMS_FILL_REWEIGHTED:
        return make_blend(fill, AMS_BLEND_REWEIGHTED, err);
    case AMS_FILL_CONCAT:
        return make_blend(fill, AMS_BLEND_CONCAT, err);
    case AMS_FILL_ANY:
        status = ams_link_fit_any(&fill->map, &s->space, &s->gram, err);
        break;
    case AMS_FILL_REFIT:
        status = fit_set(s, set, &fill->map, err);
        break;
    default:
        fill->predictor = ams_link_map_predictor(&s->constant);
        return AMS_OK;
    }
    fill->predictor = ams_link_map_predictor(&fill->map);
    return status;
}

ams_status ams_link_fill_tune(ams_link_fill *fill, const ams_link_ran *ran, ams_error *err)
{
    const ams_link_session *s = fill->session;
    return ams_link_rate(&fill->predictor, &s->space, &s->validation, ran,
                         !s->options.papers_threshold, fill->tau, fill->quality, err);
}

ams_status ams_link_fill_init(ams_link_fill *fill, const ams_link_session *session,
                              ams_link_filling filling, uint64_t set, ams_error *err)
{
    const ams_link_ran ran = {.set = set};
    ams_status status = AMS_OK;
    *fill = (ams_link_fill){.filling = filling, .session = session};
    for (uint32_t m = 0; m < session->space.n_models; m++) {
        fill->tau[m] = ams_link_at_level(&session->space, m, 0.5);
    }
    AMS_TRY(make(fill, set, err));
    AMS_TRY(ams_link_fill_tune(fill, &ran, err));
out:
    if (status != AMS_OK) {
        ams_link_fill_fini(fill);
    }
    return status;
}

void ams_link_fill_fini(ams_link_fill *fill)
{
    ams_link_map_fini(&fill->map);
    ams_link_blend_fini(&fill->blend);
    *fill = (ams_link_fill){0};
}

/* What did not run is wrong, even where its true set is empty: the paper's Standalone. */
static void measure_nothing(const ams_link_fill *fill, const ams_link_ran *ran,
                            ams_link_accuracy *accuracy, double *item_f1)
{
    const ams_link_session *s = fill->session;
    const uint32_t n = s->measured.n;
    *accuracy = (ams_link_accuracy){.seconds = 0};
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t set = ams_link_ran_on(ran, i);
        const double share = (double)__builtin_popcountll(set) / s->space.n_models;
        for (uint32_t k = 0; k < AMS_LINK_METRICS; k++) {
            accuracy->mean[k] += share / n;
            for (uint32_t j = 0; j < s->space.n_models; j++) {
                accuracy->target[j][k] += (double)(set >> j & 1) / n;
            }
        }
        if (item_f1 != NULL) {
            item_f1[i] = share;
        }
    }
}

ams_status ams_link_fill_measure(const ams_link_fill *fill, const ams_link_ran *ran,
                                 ams_link_accuracy *accuracy, double *item_f1, ams_error *err)
{
    const ams_link_session *s = fill->session;
    if (fill->filling == AMS_FILL_NOTHING) {
        measure_nothing(fill, ran, accuracy, item_f1);
        return AMS_OK;
    }
    return ams_link_measure(&fill->predictor, fill->tau, &s->space, &s->measured, ran, accuracy,
                            item_f1, err);
}
