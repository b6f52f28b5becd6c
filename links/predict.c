#include "ams/links.h"

#include "links/network.h"

#include <stdlib.h>
#include <string.h>

static void add_row(float *out, const float *row, float value, uint32_t first, uint32_t last)
{
    for (uint32_t c = first; c < last; c++) {
        out[c] += value * row[c];
    }
}

/* Adds what the model's outputs say. */
static void add_source(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                       uint32_t model, const uint32_t range[2], float *out)
{
    const uint64_t *start = items->start + (size_t)item * items->n_models + model;
    for (uint64_t at = start[0]; at < start[1]; at++) {
        const ams_link_entry *e = &items->entry[at];
        const size_t row = map->row[model] + (e->column - map->column[model]);
        add_row(out, map->weight + row * map->n_columns, e->source, range[0], range[1]);
    }
}

/* A target of NETWORKS into its columns of out. */
static void predict_network(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                            uint32_t target, float *out)
{
    const ams_net *net = &map->net[target];
    const uint32_t h = net->width[1];
    float hidden[AMS_MAX_UNITS];
    memcpy(hidden, net->params + net->bias[0], h * sizeof *hidden);
    for (uint64_t bits = map->mask; bits != 0; bits &= bits - 1) {
        const uint32_t m = (uint32_t)__builtin_ctzll(bits);
        const uint64_t *start = items->start + (size_t)item * items->n_models + m;
        for (uint64_t at = start[0]; at < start[1]; at++) {
            const ams_link_entry *e = &items->entry[at];
            const size_t row = map->row[m] + (e->column - map->column[m]);
            add_row(hidden, net->params + net->weight[0] + row * h, e->source, 0, h);
        }
    }
    ams_link_network_predict(net, (ams_link_kind)map->kind[target], hidden,
                             out + map->column[target]);
}

void ams_link_predict_range(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                            uint32_t first, uint32_t last, float *out)
{
    const uint32_t range[2] = {first, last};
    if (map->form == AMS_LINK_NETWORKS) {
        for (uint32_t j = 0; j < items->n_models; j++) {
            if (!(map->mask >> j & 1) && map->column[j] >= first && map->column[j] < last) {
                predict_network(map, items, item, j, out);
            }
        }
        return;
    }
    memcpy(out + first, map->bias + first, (last - first) * sizeof *out);
    for (uint64_t bits = map->mask; bits != 0; bits &= bits - 1) {
        add_source(map, items, item, (uint32_t)__builtin_ctzll(bits), range, out);
    }
}

void ams_link_add(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                  uint32_t ran, float *out)
{
    const uint32_t columns = map->n_columns;
    const uint32_t all[2] = {0, columns};
    add_source(map, items, item, ran, all, out);
    add_row(out, map->weight + ((size_t)columns + ran) * columns, 1.0F, 0, columns);
}

void ams_link_predict(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                      uint64_t ran, float *out)
{
    const uint32_t columns = map->n_columns;
    if (map->form != AMS_LINK_ANY) {
        ams_link_predict_range(map, items, item, 0, columns, out);
        return;
    }
    memcpy(out, map->bias, columns * sizeof *out);
    for (uint64_t bits = ran & map->mask; bits != 0; bits &= bits - 1) {
        ams_link_add(map, items, item, (uint32_t)__builtin_ctzll(bits), out);
    }
}

static void predict_map(const void *context, const ams_link_items *items, uint32_t item,
                        uint64_t ran, float *out)
{
    ams_link_predict(context, items, item, ran, out);
}

ams_link_predictor ams_link_map_predictor(const ams_link_map *map)
{
    return (ams_link_predictor){map, predict_map};
}
