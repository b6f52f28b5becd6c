#include "links/map.h"

#include <stdlib.h>

void ams_link_map_fini(ams_link_map *map)
{
    for (uint32_t j = 0; map->net != NULL && j < map->n_models; j++) {
        ams_net_fini(&map->net[j]);
    }
    free(map->net);
    free(map->weight);
    free(map->bias);
    *map = (ams_link_map){.mask = 0};
}

uint32_t ams_link_map_place(ams_link_map *map, const ams_link_space *space)
{
    const bool any = map->form == AMS_LINK_ANY;
    map->n_rows = 0;
    map->n_columns = space->n_columns;
    map->n_models = space->n_models;
    for (uint32_t m = 0; m < space->n_models; m++) {
        map->column[m] = space->first[m];
        map->kind[m] = space->kind[m];
        map->row[m] = any ? space->first[m] : map->n_rows;
        map->n_rows += any || (map->mask >> m & 1) ? ams_link_width(space, m) : 0;
    }
    map->n_rows += any ? space->n_models : 0;
    return map->n_rows;
}
