/* Q of one state by the lanes of a block. Every unit is summed by one lane in a fixed order, so
 * neither the number of lanes nor their order changes a bit. */
#ifndef AMS_CUDA_FORWARD_H
#define AMS_CUDA_FORWARD_H

#include "base/philox.h"
#include "base/rng.h"
#include "cuda/view.h"
#include "env/lookup.h"

/* Of the state's item: entries, of which the first is *first. */
AMS_HOST_DEVICE static inline uint32_t ams_entries(const ams_view *v, const ams_scratch *s,
                                                   uint64_t *first)
{
    *first = v->env.entry[s->item];
    return (uint32_t)(v->env.entry[s->item + 1] - *first);
}

AMS_HOST_DEVICE static inline void ams_clear_places(const ams_view *v, const ams_scratch *s,
                                                    uint32_t lane, uint32_t lanes)
{
    for (uint32_t word = lane; word < ams_place_words(v); word += lanes) {
        s->on[word] = 0;
    }
}

/* The bits of s->on, which are 0 before: one per entry of the item, then one per model where
 * the features have the mask. */
AMS_HOST_DEVICE static inline void ams_find_features(const ams_view *v, const ams_scratch *s,
                                                     uint32_t lane, uint32_t lanes)
{
    uint64_t first;
    const uint32_t entries = ams_entries(v, s, &first);
    const uint32_t places = entries + v->env.n_features - v->env.n_labels;
    for (uint32_t i = lane; i < places; i += lanes) {
        const int on = i < entries ? (v->env.seen[first + i] & s->mask) != 0
                                   : (s->mask >> (i - entries) & 1) != 0;
        if (on) {
            ams_or(&s->on[i / AMS_WORD], 1U << i % AMS_WORD);
        }
    }
}

/* The features whose bits are set: the lane of each counts those before it. */
AMS_HOST_DEVICE static inline void ams_list_features(const ams_view *v, ams_scratch *s,
                                                     uint32_t lane, uint32_t lanes)
{
    const ams_env *env = &v->env;
    const int binary = env->options.features == AMS_FEATURES_LABELS ||
                       env->options.features == AMS_FEATURES_LABELS_MASK;
    uint64_t first;
    const uint32_t entries = ams_entries(v, s, &first);
    const uint32_t places = entries + env->n_features - env->n_labels;
    uint32_t before = 0; /* in the words before word `counted` */
    uint32_t counted = 0;
    for (uint32_t i = lane; i < places; i += lanes) {
        for (; counted < i / AMS_WORD; counted++) {
            before += ams_ones(s->on[counted]);
        }
        const uint32_t bits = s->on[counted];
        const uint32_t bit = 1U << i % AMS_WORD;
        if ((bits & bit) != 0) {
            const uint32_t at = before + ams_ones(bits & (bit - 1));
            const int label = i < entries;
            s->index[at] = label ? env->label[first + i] : env->n_labels + (i - entries);
            s->value[at] = binary || !label ? 1.0F
                                            : ams_lookup_conf(env, first + i,
                                                              env->seen[first + i] & s->mask);
        }
    }
    if (lane == 0) {
        uint32_t n = 0;
        for (uint32_t word = 0; word * AMS_WORD < places; word++) {
            n += ams_ones(s->on[word]);
        }
        s->n_features = n;
    }
}

/* s->index and s->value of the state (s->item, s->mask). */
AMS_HOST_DEVICE static inline void ams_block_features(const ams_view *v, ams_scratch *s)
{
    AMS_STEP(v, ams_clear_places(v, s, lane, lanes));
    AMS_STEP(v, ams_find_features(v, s, lane, lanes));
    AMS_STEP(v, ams_list_features(v, s, lane, lanes));
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

/* out (H) of the features listed in s. */
AMS_HOST_DEVICE static inline void ams_first_layer(const ams_view *v, const float *params,
                                                   int64_t b, const ams_scratch *s, float *out,
                                                   uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const uint32_t stride = h * (uint32_t)sizeof(float);
    const float *w = params + v->weight[0];
    const float *bias = params + v->bias[0];
    const uint32_t *index = s->index;
    const float *value = s->value;
    AMS_SHARED(index);
    AMS_SHARED(value);
    for (uint32_t j = lane; j < h; j += lanes) {
        float sum = bias[j];
        uint32_t feature[AMS_AHEAD];
        float weight[AMS_AHEAD];
        float x[4];
        AMS_SUM_AHEAD(AMS_AHEAD, AMS_AHEAD, 0, s->n_features,
                      AMS_READ_FOUR(&feature[c], &index[i], c),
                      weight[c] = AMS_LOAD(ams_row_float(w, feature[c], stride, j)),
                      AMS_READ_FOUR(x, &value[i], c);
                      sum += x[c % 4] * weight[c]);
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
    const uint32_t stride = out * (uint32_t)sizeof(float);
    const float *w = params + v->weight[k];
    const float *x = s->out[k - 1];
    AMS_SHARED(x);
    for (uint32_t at = lane; at < parts * out; at += lanes) {
        uint32_t p = at / out;
        uint32_t j = at % out;
        float sum = 0;
        float row[AMS_FAR_AHEAD];
        AMS_SUM_AHEAD(AMS_FAR_AHEAD, AMS_AHEAD, ams_part_begin(in, parts, p),
                      ams_part_begin(in, parts, p + 1), (void)0,
                      row[c] = AMS_LOAD(ams_row_float(w, i + c, stride, j)),
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
        ams_block_features(v, s);
    }
    AMS_STEP(v, ams_first_layer(v, params, b, s, s->out[0], lane, lanes));
    for (uint32_t k = 1; k < v->n_layers; k++) {
        AMS_STEP(v, ams_layer_parts(v, params, k, s, lane, lanes));
        AMS_STEP(v, ams_layer_sum(v, params, k, b, s, lane, lanes));
    }
    AMS_STEP(v, ams_heads(v, s->out[v->n_layers - 1], q, lane, lanes));
}

#endif
