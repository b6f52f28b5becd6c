/* Links of a set in which each target reads its best sources alone. */
#include "ams/links.h"

#include <stdlib.h>
#include <string.h>

/* Up to `most` sources of the mask, of the greatest quality for the target; ties to the lower
 * index. */
static uint64_t best_sources(const double *p, uint32_t n_models, uint64_t mask, uint32_t target,
                             uint32_t most)
{
    uint64_t left = mask;
    for (uint32_t k = 0; k < most && left != 0; k++) {
        uint32_t best = (uint32_t)__builtin_ctzll(left);
        for (uint64_t bits = left; bits != 0; bits &= bits - 1) {
            const uint32_t i = (uint32_t)__builtin_ctzll(bits);
            if (p[(size_t)i * n_models + target] > p[(size_t)best * n_models + target]) {
                best = i;
            }
        }
        left &= ~(UINT64_C(1) << best);
    }
    return mask & ~left;
}

/* The target's columns of `from`, whose sources are some of the map's. */
static void copy_target(ams_link_map *map, const ams_link_map *from,
                        const ams_link_space *space, uint32_t target)
{
    const uint32_t first = space->first[target];
    const size_t bytes = ams_link_width(space, target) * sizeof(float);
    for (uint32_t r = 0; r < map->n_rows; r++) {
        memset(map->weight + (size_t)r * map->n_columns + first, 0, bytes);
    }
    for (uint64_t bits = from->mask; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits);
        for (uint32_t k = 0; k < ams_link_width(space, i); k++) {
            memcpy(map->weight + (size_t)(map->row[i] + k) * map->n_columns + first,
                   from->weight + (size_t)(from->row[i] + k) * from->n_columns + first, bytes);
        }
    }
    memcpy(map->bias + first, from->bias + first, bytes);
}

ams_status ams_link_fit_sparse(ams_link_map *map, const ams_link_space *space,
                               const ams_link_gram *gram, uint64_t mask, const double *p,
                               uint32_t most, ams_error *err)
{
    ams_link_map part = {.mask = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_link_fit(map, space, gram, mask, err));
    for (uint32_t j = 0; j < space->n_models; j++) {
        const uint64_t best = best_sources(p, space->n_models, mask, j, most);
        if (best == mask || (mask >> j & 1)) {
            continue;
        }
        AMS_TRY(ams_link_fit(&part, space, gram, best, err));
        copy_target(map, &part, space, j);
        ams_link_map_fini(&part);
    }
out:
    ams_link_map_fini(&part);
    if (status != AMS_OK) {
        ams_link_map_fini(map);
    }
    return status;
}

uint64_t ams_link_weights(const ams_link_map *map)
{
    uint64_t n = 0;
    for (uint32_t j = 0; map->form == AMS_LINK_NETWORKS && j < map->n_models; j++) {
        n += map->net[j].n_params;
    }
    if (map->form != AMS_LINK_NETWORKS) {
        for (size_t at = 0; at < (size_t)map->n_rows * map->n_columns; at++) {
            n += map->weight[at] != 0;
        }
        n += map->n_columns;
    }
    return n;
}
