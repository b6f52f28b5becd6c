/* Greedy roll-outs: in which order a trained policy runs all models on an item. One warp per
 * item: the first layer is kept as a running sum, to which each run adds the rows of what it
 * found; only the later layers are computed again. rl/policy/scorer.c does the same on the CPU,
 * and every sum here has its order of additions.
 *
 * N items, M models, A = M + 1 actions, K layers of weights, width[k] units before and
 * width[k + 1] after layer k. */
#ifndef AMS_CUDA_ROLL_H
#define AMS_CUDA_ROLL_H

#include "ams/policy_file.h"
#include "cuda/view.h"
#include "env/lookup.h"
#include "online/rules.h"

enum { AMS_ROLL_CHAINS = 4 };

/* One policy on one table. Tests build one of host memory. */
typedef struct ams_roll {
    ams_env env; /* its arrays are where the view's are; those that are not read may be NULL */
    int32_t binary, dueling;
    ams_decide decide;
    ams_split split; /* whose items are rolled out */
    uint32_t n_layers, width[AMS_MAX_LAYERS + 1];
    uint64_t weight[AMS_MAX_LAYERS], bias[AMS_MAX_LAYERS];
    const float *params;
    uint8_t *order; /* (N, M); rows of other splits are not written */
    uint32_t words; /* bits for the entries of any item */
    uint32_t lanes; /* on the host: how many lanes a step is cut into */
} ams_roll;

/* What the lanes that work on an item share. */
typedef struct ams_roll_scratch {
    float *sum;    /* (width[1]) the first layer before its ReLU */
    float *out;    /* (width[k + 1]) of each layer k > 0 before its ReLU, one after the other: a
                      pointer each, found by k at run time, would lie in local memory */
    float *last;   /* (width[K]) of them */
    float *q;      /* (A); of a network that is not dueling, `last` */
    float *amount; /* (most entries) what is new of a confidence; not binary */
    uint32_t *found; /* (words) bit e: the run changed entry e */
    uint32_t *model; /* (1) that runs next */
} ams_roll_scratch;

/* Lays the scratch's arrays from base on, which is 16-byte aligned; returns their bytes. With
 * NULL it only measures. */
AMS_HOST_DEVICE static inline uint64_t ams_roll_place(const ams_roll *v, ams_roll_scratch *s,
                                                      unsigned char *base)
{
    uint64_t at = 0;
    s->sum = (float *)ams_take_bytes(base, &at, v->width[1] * sizeof(float));
    uint32_t before = 0;
    for (uint32_t k = 1; k + 1 < v->n_layers; k++) {
        before += v->width[k + 1];
    }
    s->out =
        (float *)ams_take_bytes(base, &at, (before + v->width[v->n_layers]) * sizeof(float));
    s->last = base == NULL ? NULL : s->out + before;
    s->q = s->last;
    if (v->dueling) {
        s->q = (float *)ams_take_bytes(base, &at, v->env.n_actions * sizeof(float));
    }
    s->amount = (float *)ams_take_bytes(
        base, &at, v->binary ? 0 : (uint64_t)v->words * AMS_WORD * sizeof(float));
    s->found = (uint32_t *)ams_take_bytes(base, &at, v->words * sizeof(uint32_t));
    s->model = (uint32_t *)ams_take_bytes(base, &at, sizeof(uint32_t));
    return (at + 15) / 16 * 16;
}

AMS_HOST_DEVICE static inline void ams_roll_begin(const ams_roll *v, const ams_roll_scratch *s,
                                                  uint32_t lane, uint32_t lanes)
{
    for (uint32_t j = lane; j < v->width[1]; j += lanes) {
        s->sum[j] = v->params[v->bias[0] + j];
    }
}

/* -- Q -- */

/* One output of a layer: x (units) before its ReLU, w its column. A chain alone would wait for
 * itself; ams_layer_outputs has as many. */
AMS_HOST_DEVICE static inline float ams_roll_output(const float *x, uint32_t units,
                                                    const float *w, uint32_t stride, float bias)
{
    float sum[AMS_ROLL_CHAINS] = {0, 0, 0, 0};
    uint32_t i = 0;
    for (; i + AMS_ROLL_CHAINS <= units; i += AMS_ROLL_CHAINS) {
        for (uint32_t c = 0; c < AMS_ROLL_CHAINS; c++) {
            const float unit = x[i + c] > 0 ? x[i + c] : 0;
            sum[c] += unit * w[(uint64_t)(i + c) * stride];
        }
    }
    for (; i < units; i++) {
        const float unit = x[i] > 0 ? x[i] : 0;
        sum[0] += unit * w[(uint64_t)i * stride];
    }
    return bias + ((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* y (width[k + 1]) of layer k, whose units before are x. */
AMS_HOST_DEVICE static inline void ams_roll_layer(const ams_roll *v, uint32_t k, const float *x,
                                                  float *y, uint32_t lane, uint32_t lanes)
{
    const uint32_t outputs = v->width[k + 1];
    for (uint32_t j = lane; j < outputs; j += lanes) {
        y[j] = ams_roll_output(x, v->width[k], v->params + v->weight[k] + j, outputs,
                               v->params[v->bias[k] + j]);
    }
}

/* One lane per action would add up the same mean A times. */
AMS_HOST_DEVICE static inline void ams_roll_heads(const ams_roll *v, const ams_roll_scratch *s,
                                                  uint32_t lane)
{
    if (lane == 0) {
        ams_dueling_forward(s->last, v->env.n_actions, s->q);
    }
}

AMS_HOST_DEVICE static inline void ams_roll_q(const ams_roll *v, const ams_roll_scratch *s)
{
    const float *x = s->sum;
    float *y = s->out;
    for (uint32_t k = 1; k < v->n_layers; k++) {
        AMS_WARP_STEP(v, ams_roll_layer(v, k, x, y, lane, lanes));
        x = y;
        y += v->width[k + 1];
    }
    if (v->dueling) {
        AMS_WARP_LANES(v, ams_roll_heads(v, s, lane)); /* it alone reads them */
    }
}

/* -- a run -- */

AMS_HOST_DEVICE static inline uint32_t ams_roll_decide(const ams_roll *v, const float *q,
                                                       uint64_t remaining)
{
    switch (v->decide) {
    case AMS_DECIDE_Q_GREEDY:
        return ams_rule_q_greedy(q, remaining);
    case AMS_DECIDE_COST_Q:
        return ams_rule_cost_q(q, v->env.time_ms, remaining);
    case AMS_DECIDE_ODDS:
        break;
    }
    return ams_rule_odds(q, v->env.log_time, remaining);
}

/* The next model, as place k of the order; nothing is found yet. */
AMS_HOST_DEVICE static inline void ams_roll_choose(const ams_roll *v, const ams_roll_scratch *s,
                                                   uint8_t *next, uint64_t mask, uint32_t lane,
                                                   uint32_t lanes)
{
    if (lane == 0) {
        const uint64_t remaining = v->env.all_models & ~mask;
        const int only = (remaining & (remaining - 1)) == 0; /* the last has no rival */
        *s->model = only ? ams_lowest(remaining) : ams_roll_decide(v, s->q, remaining);
        *next = (uint8_t)*s->model;
    }
    for (uint32_t w = lane; w < v->words; w += lanes) {
        s->found[w] = 0;
    }
}

/* Which entries of the item the run of `bit` changed, and by how much. */
AMS_HOST_DEVICE static inline void ams_roll_find(const ams_roll *v, const ams_roll_scratch *s,
                                                 uint32_t item, uint64_t mask, uint64_t bit,
                                                 uint32_t lane, uint32_t lanes)
{
    const ams_env *env = &v->env;
    const uint64_t first = env->entry[item];
    const uint32_t entries = (uint32_t)(env->entry[item + 1] - first);
    for (uint32_t e = lane; e < entries; e += lanes) {
        const uint64_t seen = env->seen[first + e];
        int changed = (seen & bit) != 0;
        if (changed && v->binary) {
            changed = (seen & mask) == 0;
        } else if (changed) {
            float before = ams_lookup_conf(env, first + e, seen & mask);
            float after = ams_lookup_conf(env, first + e, seen & (mask | bit));
            changed = after > before;
            s->amount[e] = after - before;
        }
        if (changed) {
            ams_or(&s->found[e / AMS_WORD], (uint32_t)1 << e % AMS_WORD);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_roll_add_row(const ams_roll *v,
                                                    const ams_roll_scratch *s, uint32_t feature,
                                                    float amount, uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const float *row = v->params + v->weight[0] + (uint64_t)feature * h;
    for (uint32_t j = lane; j < h; j += lanes) {
        s->sum[j] += amount * row[j];
    }
}

/* Entries ascending, then the model itself. */
AMS_HOST_DEVICE static inline void ams_roll_add(const ams_roll *v, const ams_roll_scratch *s,
                                                uint32_t item, uint32_t model, uint32_t lane,
                                                uint32_t lanes)
{
    const ams_env *env = &v->env;
    const uint32_t *label = env->label + env->entry[item];
    for (uint32_t w = 0; w < v->words; w++) {
        for (uint32_t bits = s->found[w]; bits != 0; bits &= bits - 1) {
            uint32_t e = w * AMS_WORD + ams_lowest(bits);
            ams_roll_add_row(v, s, label[e], v->binary ? 1.0F : s->amount[e], lane, lanes);
        }
    }
    if (env->n_features > env->n_labels) {
        ams_roll_add_row(v, s, env->n_labels + model, 1.0F, lane, lanes);
    }
}

/* The state gains the model's outputs; returns whether it is another one now. */
AMS_HOST_DEVICE static inline int ams_roll_run(const ams_roll *v, const ams_roll_scratch *s,
                                               uint32_t item, uint64_t mask, uint32_t model)
{
    const uint64_t bit = (uint64_t)1 << model;
    uint32_t any = v->env.n_features > v->env.n_labels;
    AMS_WARP_STEP(v, ams_roll_find(v, s, item, mask, bit, lane, lanes));
    for (uint32_t w = 0; w < v->words; w++) {
        any |= s->found[w];
    }
    AMS_WARP_STEP(v, ams_roll_add(v, s, item, model, lane, lanes));
    return any != 0;
}

/* Row `item` of the order. What lies between steps is the same for every lane. */
AMS_HOST_DEVICE static inline void ams_roll_item(const ams_roll *v, uint32_t item,
                                                 const ams_roll_scratch *s)
{
    const uint32_t models = v->env.n_models;
    uint8_t *order = v->order + (uint64_t)item * models;
    uint64_t mask = 0;
    int stale = 1;
    AMS_WARP_STEP(v, ams_roll_begin(v, s, lane, lanes));
    for (uint32_t k = 0; k < models; k++) {
        if (stale && k + 1 < models) {
            ams_roll_q(v, s);
        }
        AMS_WARP_STEP(v, ams_roll_choose(v, s, order + k, mask, lane, lanes));
        const uint32_t model = *s->model;
        stale = k + 1 < models && ams_roll_run(v, s, item, mask, model);
        mask |= (uint64_t)1 << model;
    }
}

#endif
