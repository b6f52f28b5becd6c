/* Links from every model to every other one, and how good they are; shared by the processes of
 * a team, an errand per source. */
#include "lab/links/pairs.h"
#include "base/memory.h"
#include "base/team.h"

#include <string.h>

static ams_status rate(ams_link_session *s, ams_link_map *map, ams_error *err)
{
    return ams_link_rate_map(map, &s->space, &s->validation, !s->options.papers_threshold, err);
}

/* The map without its pointers, then what they point to. */
static ams_status put_map(const ams_link_map *map, ams_bytes *bytes, ams_error *err)
{
    const size_t weights = (size_t)map->n_rows * map->n_columns;
    ams_link_map head = *map;
    ams_status status = AMS_OK;
    head.net = NULL;
    head.weight = NULL;
    head.bias = NULL;
    AMS_TRY(ams_bytes_put(bytes, &head, sizeof head, err));
    AMS_TRY(ams_bytes_put(bytes, map->weight, weights * sizeof *map->weight, err));
    status = ams_bytes_put(bytes, map->bias, map->n_columns * sizeof *map->bias, err);
out:
    return status;
}

static ams_status get_map(ams_link_map *map, ams_bytes *bytes, ams_error *err)
{
    ams_status status = ams_bytes_get(bytes, map, sizeof *map, err);
    if (status != AMS_OK) {
        return status;
    }
    map->net = NULL;
    map->weight = NULL;
    map->bias = NULL;
    const size_t weights = (size_t)map->n_rows * map->n_columns;
    AMS_TRY(ams_alloc(&map->weight, weights, sizeof *map->weight, "links", err));
    AMS_TRY(ams_alloc(&map->bias, map->n_columns, sizeof *map->bias, "links", err));
    AMS_TRY(ams_bytes_get(bytes, map->weight, weights * sizeof *map->weight, err));
    status = ams_bytes_get(bytes, map->bias, map->n_columns * sizeof *map->bias, err);
out:
    return status; /* the session ends the map */
}

static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    ams_link_session *s = context;
    ams_link_map map = {.mask = 0};
    ams_status status = AMS_OK;
    if (errand->a >= s->space.n_models) {
        return ams_fail(err, AMS_BACKEND, "a link of model %u of %u", (unsigned)errand->a,
                        s->space.n_models);
    }
    AMS_TRY(ams_link_fit(&map, &s->space, &s->gram, UINT64_C(1) << errand->a, err));
    AMS_TRY(rate(s, &map, err));
    status = put_map(&map, result, err);
out:
    ams_link_map_fini(&map);
    return status;
}

static ams_status fold(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    ams_link_session *s = context;
    return get_map(&s->pair[errand->a], result, err);
}

static ams_status fit_in_team(ams_link_session *s, ams_error *err)
{
    ams_team_errand errand[AMS_MAX_MODELS];
    if (!ams_team_leads(s->options.team)) {
        return ams_team_serve(s->options.team, work, s, err);
    }
    for (uint32_t i = 0; i < s->space.n_models; i++) {
        errand[i] = (ams_team_errand){.a = i};
    }
    return ams_team_run(s->options.team, errand, s->space.n_models, work, s, fold, s, err);
}

static ams_status fit_here(ams_link_session *s, ams_error *err)
{
    ams_status status = AMS_OK;
    if (s->options.networks) {
        const ams_link_network_data data = {&s->space, &s->training, &s->validation};
        AMS_TRY(ams_pool_create(&s->pool, s->options.threads, err));
        AMS_TRY(ams_link_fit_pair_networks(s->pair, &data, &s->options.network, s->pool,
                                           s->options.progress, err));
    } else {
        AMS_TRY(ams_link_fit_pairs(s->pair, &s->space, &s->gram, err));
    }
    for (uint32_t i = 0; i < s->space.n_models; i++) {
        AMS_TRY(rate(s, &s->pair[i], err));
    }
out:
    return status;
}

ams_status ams_link_session_fit_pairs(ams_link_session *s, ams_error *err)
{
    const uint32_t n_models = s->space.n_models;
    const bool together = ams_team_size(s->options.team) > 1 && !s->options.networks;
    ams_status status = AMS_OK;
    if (!together && !ams_team_leads(s->options.team)) {
        return AMS_HELPED; /* one process trains networks, with its threads */
    }
    AMS_TRY(together ? fit_in_team(s, err) : fit_here(s, err));
    AMS_TRY(ams_team_dismiss(s->options.team, err));
    for (uint32_t i = 0; i < n_models && status == AMS_OK; i++) {
        memcpy(s->p + (size_t)i * n_models, s->pair[i].quality, n_models * sizeof *s->p);
    }
    if (status == AMS_OK) {
        AMS_TRY(ams_link_fit_constant(&s->constant, &s->space, &s->gram, err));
        AMS_TRY(rate(s, &s->constant, err));
        memcpy(s->p0, s->constant.quality, n_models * sizeof *s->p0);
    }
out:
    return status;
}
