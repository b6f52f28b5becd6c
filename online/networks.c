#include "online/networks.h"

#include "online/layers.h"

#include <string.h>

static uint32_t actions_of(const ams_networks *s)
{
    return s->width[s->n_layers] - (s->dueling ? 1 : 0);
}

static uint32_t widest(const ams_networks *s)
{
    uint32_t most = 0;
    for (uint32_t k = 1; k <= s->n_layers; k++) {
        most = s->width[k] > most ? s->width[k] : most;
    }
    return most;
}

uint64_t ams_networks_size(const ams_networks *s)
{
    uint64_t size = 0;
    for (uint32_t k = 0; k < s->n_layers; k++) {
        size += ((uint64_t)s->width[k] + 1) * s->width[k + 1];
    }
    return size;
}

uint64_t ams_networks_room(const ams_networks *s)
{
    return 2 * (uint64_t)widest(s) + actions_of(s);
}

/* The outputs of one network; `block` moves on to the next. */
static const float *outputs_of(const ams_networks *s, const float **block, const ams_row *row,
                               float *room)
{
    float *x = room;
    float *y = room + widest(s);
    for (uint32_t k = 0; k < s->n_layers; k++) {
        const uint32_t in = s->width[k];
        const uint32_t out = s->width[k + 1];
        const float *weight = *block;
        memcpy(y, weight + (size_t)in * out, out * sizeof *y);
        for (uint32_t i = 0; i < (k == 0 ? row->n : in); i++) {
            const uint32_t at = k == 0 ? row->index[i] : i;
            const float amount = k == 0 ? row->value[i] : x[i];
            if (k == 0 || amount > 0) {
                ams_layer_add(y, weight + (size_t)at * out, out, amount);
            }
        }
        *block += ((size_t)in + 1) * out;
        float *swap = x;
        x = y;
        y = swap;
    }
    return x;
}

void ams_networks_mean(const ams_networks *s, const float *block, const ams_row *row,
                       float *room, float *q)
{
    const uint32_t actions = actions_of(s);
    float *one = room + (size_t)2 * widest(s);
    memset(q, 0, actions * sizeof *q);
    for (uint32_t k = 0; k < s->n; k++) {
        const float *heads = outputs_of(s, &block, row, room);
        if (s->dueling) {
            ams_layer_dueling(heads, actions, one);
            heads = one;
        }
        for (uint32_t a = 0; a < actions; a++) {
            q[a] += heads[a] / (float)s->n;
        }
    }
}
