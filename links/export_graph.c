/* A map as layers, and golden inputs of it. */
#include "ams/link_export.h"

#include "base/memory.h"
#include "base/rng.h"
#include "rl/net/backend.h"

#include <math.h>
#include <stdlib.h>

/* -- the graph -- */

static bool is_source(const ams_link_map *map, uint32_t model)
{
    return map->mask >> model & 1;
}

/* Inputs in the order of the map's rows, and the columns that are predicted. */
static void list_columns(ams_link_graph *g)
{
    const ams_link_space *space = &g->file->space;
    const bool any = g->map->form == AMS_LINK_ANY;
    for (uint32_t m = 0; m < space->n_models; m++) {
        for (uint32_t c = space->first[m]; c < space->first[m + 1]; c++) {
            if (any || is_source(g->map, m)) {
                g->input[g->n_inputs++] = c;
            }
            if (any || !is_source(g->map, m)) {
                g->output[g->n_outputs++] = c;
            }
        }
    }
    for (uint32_t m = 0; any && m < space->n_models; m++) {
        g->input[g->n_inputs++] = space->n_columns + m;
    }
}

/* One layer of the columns that are predicted. */
static ams_status add_linear(ams_link_graph *g, ams_error *err)
{
    const ams_link_map *map = g->map;
    const size_t in = g->n_inputs;
    const size_t out = g->n_outputs;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&g->params, (in + 1) * out, sizeof *g->params, "links", err));
    for (size_t k = 0; k < out; k++) {
        for (size_t i = 0; i < in; i++) {
            g->params[i * out + k] = map->weight[i * map->n_columns + g->output[k]];
        }
        g->params[in * out + k] = map->bias[g->output[k]];
    }
    g->block[g->n_blocks++] = (ams_link_block){.n_layers = 1,
                                               .layer = {{.in = g->n_inputs,
                                                          .out = g->n_outputs,
                                                          .w = g->params,
                                                          .b = g->params + in * out}}};
out:
    return status;
}

static void add_networks(ams_link_graph *g)
{
    static const ams_link_activation of_kind[] = {[AMS_LINK_MULTI] = AMS_LINK_SIGMOID,
                                                  [AMS_LINK_SINGLE] = AMS_LINK_SOFTMAX,
                                                  [AMS_LINK_REAL] = AMS_LINK_LINEAR};
    const ams_link_map *map = g->map;
    uint32_t first = 0;
    for (uint32_t m = 0; m < map->n_models; m++) {
        if (is_source(map, m)) {
            continue;
        }
        ams_link_block *b = &g->block[g->n_blocks++];
        const ams_net *net = &map->net[m];
        *b = (ams_link_block){
            .first = first, .n_layers = net->n_layers, .activation = of_kind[map->kind[m]]};
        for (uint32_t k = 0; k < net->n_layers; k++) {
            b->layer[k] = (ams_link_layer){.in = net->width[k],
                                           .out = net->width[k + 1],
                                           .w = net->params + net->weight[k],
                                           .b = net->params + net->bias[k]};
        }
        first += net->width[net->n_layers];
    }
}

ams_status ams_link_graph_init(ams_link_graph *g, const ams_link_file *file, ams_error *err)
{
    const ams_link_space *space = &file->space;
    const size_t most = space->n_columns + (size_t)space->n_models;
    ams_status status = AMS_OK;
    *g = (ams_link_graph){.file = file};
    g->map = file->chosen == AMS_LINK_NOT_CHOSEN ? ams_link_file_any(file)
                                                 : &file->map[file->chosen];
    if (g->map == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "expected links of a chosen set, by `ams links select -o`, or of any "
                        "set, by `ams links train -o`");
    }
    AMS_TRY(ams_alloc(&g->input, most, sizeof *g->input, "links", err));
    AMS_TRY(ams_alloc(&g->output, most, sizeof *g->output, "links", err));
    AMS_TRY(ams_alloc(&g->block, space->n_models, sizeof *g->block, "links", err));
    list_columns(g);
    if (g->map->form == AMS_LINK_NETWORKS) {
        add_networks(g);
    } else {
        status = add_linear(g, err);
    }
out:
    if (status != AMS_OK) {
        ams_link_graph_fini(g);
    }
    return status;
}

void ams_link_graph_fini(ams_link_graph *g)
{
    free(g->input);
    free(g->output);
    free(g->block);
    free(g->params);
    *g = (ams_link_graph){.map = NULL};
}

uint32_t ams_link_graph_model(const ams_link_graph *g, uint32_t column)
{
    const ams_link_space *space = &g->file->space;
    uint32_t m = 0;
    if (column >= space->n_columns) {
        return column - space->n_columns;
    }
    while (column >= space->first[m + 1]) {
        m++;
    }
    return m;
}

const char *ams_link_graph_label(const ams_link_graph *g, uint32_t column)
{
    const ams_link_space *space = &g->file->space;
    if (column >= space->n_columns) {
        return "ran";
    }
    return space->label[column] == AMS_LINK_OTHER ? "other"
           : space->label[column] == AMS_LINK_NONE
               ? "none"
               : ams_names_get(&g->file->label_name, space->label[column]);
}

/* -- golden inputs -- */

/* State b: which models ran (the set's, or, of any subset, some), and about 16 of the sources'
 * columns among theirs, in 1024ths. The first has none. `ran` (B) */
static void draw_inputs(const ams_link_graph *g, ams_sparse *x, uint64_t *ran)
{
    const ams_link_space *space = &g->file->space;
    const bool any = g->map->form == AMS_LINK_ANY;
    ams_rng rng = ams_rng_init(0, AMS_STREAM_GOLDEN);
    uint32_t at = 0;
    for (uint32_t b = 0; b < AMS_GOLDEN_STATES; b++) {
        x->ptr[b] = at;
        const uint64_t some = (uint64_t)ams_rng_next(&rng) << 32 | ams_rng_next(&rng);
        ran[b] = g->map->mask & (!any ? UINT64_MAX : b == 0 ? 0 : some);
        for (uint32_t i = 0; i < g->n_inputs; i++) {
            const uint32_t m = ams_link_graph_model(g, g->input[i]);
            const bool flag = g->input[i] >= space->n_columns;
            const bool drawn = b > 0 && ams_rng_unit(&rng) * g->n_inputs < 16;
            if (!(ran[b] >> m & 1) || (!flag && !drawn)) {
                continue;
            }
            x->value[at] = flag ? 1 : (float)(1 + ams_rng_below(&rng, 1024)) / 1024;
            x->index[at++] = i;
        }
    }
    x->n = AMS_GOLDEN_STATES;
    x->ptr[AMS_GOLDEN_STATES] = at;
}

/* Golden inputs as items, on which the framework predicts. */
static ams_status make_items(const ams_link_graph *g, const ams_sparse *x,
                             ams_link_items *items, ams_error *err)
{
    const uint32_t n_models = g->file->space.n_models;
    uint64_t n = 0;
    ams_status status = AMS_OK;
    *items = (ams_link_items){.n = x->n, .n_models = n_models};
    AMS_TRY(ams_alloc(&items->start, (size_t)x->n * n_models + 1, sizeof *items->start, "items",
                      err));
    AMS_TRY(
        ams_alloc(&items->entry, x->ptr[x->n] + (size_t)1, sizeof *items->entry, "items", err));
    for (uint32_t b = 0; b < x->n; b++) {
        uint32_t at = x->ptr[b];
        for (uint32_t m = 0; m < n_models; m++) {
            /* Inputs are by model; flags, at the end, are no entries. */
            for (; at < x->ptr[b + 1] && g->input[x->index[at]] < g->file->space.first[m + 1];
                 at++) {
                items->entry[n++] =
                    (ams_link_entry){.column = g->input[x->index[at]], .source = x->value[at]};
            }
            items->start[(size_t)b * n_models + m + 1] = n;
        }
    }
out:
    return status;
}

static ams_status predict(const ams_link_graph *g, ams_golden *golden, const uint64_t *ran,
                          ams_error *err)
{
    ams_link_items items = {0};
    float *p = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(make_items(g, &golden->x, &items, err));
    AMS_TRY(ams_alloc(&p, g->map->n_columns, sizeof *p, "predictions", err));
    for (uint32_t b = 0; b < items.n; b++) {
        ams_link_predict(g->map, &items, b, ran[b], p);
        for (uint32_t k = 0; k < g->n_outputs; k++) {
            const float q = p[g->output[k]];
            golden->q[(size_t)b * g->n_outputs + k] = q;
            golden->largest_q = fmaxf(golden->largest_q, fabsf(q));
        }
    }
out:
    ams_link_items_fini(&items);
    free(p);
    return status;
}

ams_status ams_link_golden_init(ams_golden *golden, const ams_link_graph *g, ams_error *err)
{
    const size_t n = (size_t)AMS_GOLDEN_STATES * g->n_outputs;
    uint64_t *ran = NULL;
    ams_status status = AMS_OK;
    *golden = (ams_golden){.n_actions = g->n_outputs};
    AMS_TRY(
        ams_sparse_init(&golden->x, AMS_GOLDEN_STATES, g->n_inputs, g->n_inputs, false, err));
    AMS_TRY(ams_alloc(&golden->q, n, sizeof *golden->q, "golden inputs", err));
    AMS_TRY(ams_alloc(&ran, AMS_GOLDEN_STATES, sizeof *ran, "golden inputs", err));
    draw_inputs(g, &golden->x, ran);
    status = predict(g, golden, ran, err);
out:
    free(ran);
    if (status != AMS_OK) {
        ams_golden_fini(golden);
    }
    return status;
}
