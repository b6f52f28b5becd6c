/* Q of one state by the lanes of a block. Every unit is summed by one lane in a fixed order, so
 * neither the number of lanes nor their order changes a bit. */
#ifndef AMS_CUDA_FORWARD_H
#define AMS_CUDA_FORWARD_H

#include "base/philox.h"
#include "base/rng.h"
#include "cuda/view.h"
#include "env/lookup.h"

/* Places of a state's features: one an entry of its item, then one a model where the features
 * have the mask. What is not on leaves its place empty, so nothing has to be counted. */
AMS_HOST_DEVICE static inline void ams_list_features(const ams_view *v, ams_scratch *s,
                                                     uint32_t lane, uint32_t lanes)
{
    const ams_env *env = &v->env;
    const uint64_t first = env->entry[s->item];
    const uint32_t entries = (uint32_t)(env->entry[s->item + 1] - first);
    const int binary = env->options.features == AMS_FEATURES_LABELS ||
                       env->options.features == AMS_FEATURES_LABELS_MASK;
    const uint32_t models = env->n_features - env->n_labels;
    for (uint32_t i = lane; i < entries; i += lanes) {
        uint64_t found = env->seen[first + i] & s->mask;
        s->index[i] = found == 0 ? (uint32_t)AMS_NO_FEATURE : env->label[first + i];
        s->value[i] = binary || found == 0 ? 1.0F : ams_lookup_conf(env, first + i, found);
    }
    for (uint32_t m = lane; m < models; m += lanes) {
        uint32_t on = (uint32_t)(s->mask >> m & 1);
        s->index[entries + m] = on != 0 ? env->n_labels + m : (uint32_t)AMS_NO_FEATURE;
        s->value[entries + m] = 1.0F;
    }
    if (lane == 0) {
        s->n_places = entries + models;
    }
}

/* What dropout makes of unit j after layer `layer` in sample b: as ams_cpu_dropout. */
AMS_HOST_DEVICE static inline float ams_dropped(const ams_view *v, uint32_t layer, uint32_t b,
                                                uint32_t j, float y)
{
    const uint32_t units = v->width[layer + 1];
    const uint64_t before = (v->count->updates * AMS_MAX_LAYERS + layer) * v->batch + b;
    const double rate = v->options.dropout;
    uint32_t words[4];
    ams_philox_words(v->options.seed, AMS_STREAM_DROPOUT, before * ((units + 3) / 4) + j / 4,
                     words);
    return ams_unit(words[j % 4]) < rate ? 0 : y * (float)(1 / (1 - rate));
}

enum { AMS_WITHOUT_DROPOUT = -1 };

/* Unit j before the next layer: what is below 0 is 0, and left out what dropout leaves out. */
AMS_HOST_DEVICE static inline float ams_activate(const ams_view *v, uint32_t layer, int64_t b,
                                                 uint32_t j, float y)
{
    y = y > 0 ? y : 0;
    return b == AMS_WITHOUT_DROPOUT || v->options.dropout == 0
               ? y
               : ams_dropped(v, layer, (uint32_t)b, j, y);
}

AMS_HOST_DEVICE static inline uint32_t ams_row_of(uint32_t feature)
{
    return feature == (uint32_t)AMS_NO_FEATURE ? 0 : feature;
}

/* out (H) of the features listed in s. */
AMS_HOST_DEVICE static inline void ams_first_layer(const ams_view *v, const float *params,
                                                   int64_t b, const ams_scratch *s, float *out,
                                                   uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const float *w = params + v->weight[0];
    const float *bias = params + v->bias[0];
    const uint32_t *index = s->index;
    const float *value = s->value;
    AMS_SHARED(index);
    AMS_SHARED(value);
    for (uint32_t j = lane; j < h; j += lanes) {
        float sum = bias[j];
        uint32_t f[AMS_AHEAD];
        float row[AMS_AHEAD];
        /* Row 0 in the place of none: a load that depends on a condition is made to wait. */
        AMS_SUM_AHEAD(0, s->n_places, f[c] = index[i + c],
                      row[c] = AMS_LOAD(&w[(uint64_t)ams_row_of(f[c]) * h + j]),
                      sum =
                          f[c] == (uint32_t)AMS_NO_FEATURE ? sum : sum + value[i + c] * row[c]);
        out[j] = ams_activate(v, 0, b, j, sum);
    }
}

/* Parts of layer k's sums: part p of output j at part[p * outputs + j]. */
AMS_HOST_DEVICE static inline void ams_layer_parts(const ams_view *v, const float *params,
                                                   uint32_t k, ams_scratch *s, uint32_t lane,
                                                   uint32_t lanes)
{
    const uint32_t in = v->width[k];
    const uint32_t out = v->width[k + 1];
    const uint32_t parts = ams_dot_parts(out);
    const float *w = params + v->weight[k];
    const float *x = s->out[k - 1];
    AMS_SHARED(x);
    for (uint32_t at = lane; at < parts * out; at += lanes) {
        uint32_t p = at / out;
        uint32_t j = at % out;
        float sum = 0;
        float row[AMS_AHEAD];
        AMS_SUM_AHEAD(ams_part_begin(in, parts, p), ams_part_begin(in, parts, p + 1), (void)0,
                      row[c] = AMS_LOAD(&w[(uint64_t)(i + c) * out + j]),
                      sum += x[i + c] * row[c]);
        s->part[at] = sum;
    }
}

AMS_HOST_DEVICE static inline void ams_layer_sum(const ams_view *v, const float *params,
                                                 uint32_t k, int64_t b, ams_scratch *s,
                                                 uint32_t lane, uint32_t lanes)
{
    const uint32_t out = v->width[k + 1];
    const uint32_t parts = ams_dot_parts(out);
    for (uint32_t j = lane; j < out; j += lanes) {
        float sum = params[v->bias[k] + j];
        for (uint32_t p = 0; p < parts; p++) {
            sum += s->part[p * out + j];
        }
        s->out[k][j] = k + 1 < v->n_layers ? ams_activate(v, k, b, j, sum) : sum;
    }
}

/* Q of the heads; one lane per action would add up the same mean A times. */
AMS_HOST_DEVICE static inline void ams_heads(const ams_view *v, const float *heads, float *q,
                                             uint32_t lane, uint32_t lanes)
{
    const uint32_t actions = v->env.n_actions;
    if (v->dueling) {
        if (lane == 0) {
            ams_dueling_forward(heads, actions, q);
        }
        return;
    }
    for (uint32_t a = lane; a < actions; a += lanes) {
        q[a] = heads[a];
    }
}

/* q (A) of the state (s->item, s->mask) by `params`, with the dropout of sample b or without. A
 * list of its features is in s->index already when `listed`. */
AMS_HOST_DEVICE static inline void ams_block_q(const ams_view *v, const float *params,
                                               int64_t b, int listed, ams_scratch *s, float *q)
{
    if (!listed) {
        AMS_STEP(v, ams_list_features(v, s, lane, lanes));
    }
    AMS_STEP(v, ams_first_layer(v, params, b, s, s->out[0], lane, lanes));
    for (uint32_t k = 1; k < v->n_layers; k++) {
        AMS_STEP(v, ams_layer_parts(v, params, k, s, lane, lanes));
        AMS_STEP(v, ams_layer_sum(v, params, k, b, s, lane, lanes));
    }
    AMS_STEP(v, ams_heads(v, s->out[v->n_layers - 1], q, lane, lanes));
}

#endif
