/* Networks for all targets of a set, or for all pairs, over the threads of a pool. */
#include "links/network.h"

#include "base/memory.h"
#include "links/map.h"

#include <stdlib.h>
#include <string.h>

void ams_link_inputs_fini(ams_link_inputs *inputs)
{
    free(inputs->start);
    free(inputs->index);
    free(inputs->value);
    *inputs = (ams_link_inputs){.n = 0};
}

ams_status ams_link_inputs_init(ams_link_inputs *inputs, const ams_link_space *space,
                                const ams_link_items *items, uint64_t mask, ams_error *err)
{
    const size_t most = items->start[(size_t)items->n * items->n_models];
    uint32_t first[AMS_MAX_MODELS] = {0};
    uint32_t n = 0;
    ams_status status = AMS_OK;
    *inputs = (ams_link_inputs){.n = items->n};
    for (uint32_t m = 0; m < space->n_models; m++) {
        first[m] = inputs->columns;
        inputs->columns += mask >> m & 1 ? ams_link_width(space, m) : 0;
    }
    AMS_TRY(ams_alloc(&inputs->start, (size_t)items->n + 1, sizeof(uint32_t), "inputs", err));
    AMS_TRY(ams_alloc(&inputs->index, most, sizeof(uint32_t), "inputs", err));
    AMS_TRY(ams_alloc(&inputs->value, most, sizeof(float), "inputs", err));
    for (uint32_t i = 0; i < items->n; i++) {
        for (uint64_t bits = mask; bits != 0; bits &= bits - 1) {
            const uint32_t m = (uint32_t)__builtin_ctzll(bits);
            const size_t row = (size_t)i * items->n_models + m;
            for (uint64_t at = items->start[row]; at < items->start[row + 1]; at++) {
                inputs->index[n] = first[m] + items->entry[at].column - space->first[m];
                inputs->value[n++] = items->entry[at].source;
            }
        }
        inputs->start[i + 1] = n;
    }
out:
    return status; /* the caller ends them */
}

/* All targets of all items: (n, D). */
static ams_status fill_targets(float **y, const ams_link_space *space,
                               const ams_link_items *items, ams_error *err)
{
    ams_status status =
        ams_alloc(y, (size_t)items->n * space->n_columns, sizeof **y, "targets", err);
    for (uint32_t i = 0; status == AMS_OK && i < items->n; i++) {
        const uint64_t *start = items->start + (size_t)i * items->n_models;
        for (uint64_t at = start[0]; at < start[items->n_models]; at++) {
            (*y)[(size_t)i * space->n_columns + items->entry[at].column] =
                items->entry[at].target;
        }
    }
    return status;
}

/* Training of the targets of some sets: a shard is a set and a target. */
typedef struct networks_run {
    const ams_link_network_data *data;
    const ams_link_network_options *options;
    ams_link_map *map; /* (sets) */
    uint32_t sets, first_shard, n_shards;
    ams_link_inputs *training, *validation; /* (sets) */
    float *y_training, *y_validation;
    ams_status *status; /* (sets M) */
    ams_error *error;   /* (sets M) */
} networks_run;

static void train_shard(void *context, uint32_t index)
{
    networks_run *r = context;
    const ams_link_space *space = r->data->space;
    const uint32_t shard = r->first_shard + index;
    const uint32_t set = shard / space->n_models;
    const uint32_t target = shard % space->n_models;
    if (r->map[set].mask >> target & 1) {
        return;
    }
    const uint32_t first = space->first[target];
    const ams_link_network_job job = {
        .training = {&r->training[set], r->y_training + first, space->n_columns},
        .validation = {&r->validation[set], r->y_validation + first, space->n_columns},
        .kind = (ams_link_kind)space->kind[target],
        .outputs = ams_link_width(space, target),
        .number = shard,
        .options = r->options};
    r->status[shard] = ams_link_network_train(&r->map[set].net[target], &job, &r->error[shard]);
}

static ams_status begin_map(ams_link_map *map, const ams_link_space *space, uint64_t mask,
                            ams_error *err)
{
    *map = (ams_link_map){.form = AMS_LINK_NETWORKS, .mask = mask};
    ams_link_map_place(map, space);
    for (uint32_t m = 0; m < space->n_models; m++) {
        map->tau[m] = ams_link_at_level(space, m, 0.5);
    }
    return ams_alloc(&map->net, space->n_models, sizeof *map->net, "networks", err);
}

static ams_status run_networks(networks_run *r, ams_pool *pool, const ams_progress *progress,
                               ams_error *err)
{
    const uint32_t shards = r->sets * r->data->space->n_models;
    /* Often enough to show progress, rarely enough that threads do not wait for each other. */
    const uint32_t together = 8 * (pool == NULL ? 1 : ams_pool_threads(pool));
    for (r->first_shard = 0; r->first_shard < shards; r->first_shard += together) {
        const uint32_t left = shards - r->first_shard;
        r->n_shards = left < together ? left : together;
        ams_pool_run(pool, r->n_shards, train_shard, r);
        for (uint32_t k = r->first_shard; k < r->first_shard + r->n_shards; k++) {
            if (r->status[k] != AMS_OK) {
                *err = r->error[k];
                return r->status[k];
            }
        }
        ams_progress_update(progress, r->first_shard + r->n_shards, shards, NULL);
    }
    return AMS_OK;
}

/* map (sets): their masks are set already. */
static ams_status fit_sets(ams_link_map *map, uint32_t sets, const uint64_t *mask,
                           networks_run *r, ams_pool *pool, const ams_progress *progress,
                           ams_error *err)
{
    const ams_link_space *space = r->data->space;
    const size_t shards = (size_t)sets * space->n_models;
    ams_status status = AMS_OK;
    r->map = map;
    r->sets = sets;
    AMS_TRY(ams_alloc(&r->training, sets, sizeof *r->training, "networks", err));
    AMS_TRY(ams_alloc(&r->validation, sets, sizeof *r->validation, "networks", err));
    AMS_TRY(ams_alloc(&r->status, shards, sizeof *r->status, "networks", err));
    AMS_TRY(ams_alloc(&r->error, shards, sizeof *r->error, "networks", err));
    AMS_TRY(fill_targets(&r->y_training, space, r->data->training, err));
    AMS_TRY(fill_targets(&r->y_validation, space, r->data->validation, err));
    for (uint32_t s = 0; s < sets; s++) {
        AMS_TRY(begin_map(&map[s], space, mask[s], err));
        AMS_TRY(ams_link_inputs_init(&r->training[s], space, r->data->training, mask[s], err));
        AMS_TRY(
            ams_link_inputs_init(&r->validation[s], space, r->data->validation, mask[s], err));
    }
    status = run_networks(r, pool, progress, err);
out:
    for (uint32_t s = 0; s < sets; s++) {
        if (r->training != NULL && r->validation != NULL) {
            ams_link_inputs_fini(&r->training[s]);
            ams_link_inputs_fini(&r->validation[s]);
        }
        if (status != AMS_OK) {
            ams_link_map_fini(&map[s]);
        }
    }
    free(r->training);
    free(r->validation);
    free(r->status);
    free(r->error);
    free(r->y_training);
    free(r->y_validation);
    return status;
}

ams_status ams_link_fit_networks(ams_link_map *map, const ams_link_network_data *data,
                                 uint64_t mask, const ams_link_network_options *options,
                                 ams_pool *pool, const ams_progress *progress, ams_error *err)
{
    networks_run r = {.data = data, .options = options};
    *map = (ams_link_map){.mask = 0};
    return fit_sets(map, 1, &mask, &r, pool, progress, err);
}

ams_status ams_link_fit_pair_networks(ams_link_map *map, const ams_link_network_data *data,
                                      const ams_link_network_options *options, ams_pool *pool,
                                      const ams_progress *progress, ams_error *err)
{
    networks_run r = {.data = data, .options = options};
    uint64_t mask[AMS_MAX_MODELS];
    for (uint32_t m = 0; m < data->space->n_models; m++) {
        mask[m] = UINT64_C(1) << m;
        map[m] = (ams_link_map){.mask = 0};
    }
    return fit_sets(map, data->space->n_models, mask, &r, pool, progress, err);
}
