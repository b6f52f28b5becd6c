/* The rows of the first layer, one warp per row: the gradient of a row over the samples whose
 * states have its feature, and Adam's step of it in registers. As rl/train/learn.c has it.
 *
 * F features, H units of the first hidden layer, B batch. A row reads and writes H floats of
 * online, moment1 and moment2, of which a lane takes four at a time. */
#ifndef AMS_CUDA_ROWS_H
#define AMS_CUDA_ROWS_H

#include "cuda/forward.h"
#include "cuda/pass.h"

/* -- one parameter -- */

/* New values of parameter e, whose gradient is g. */
AMS_HOST_DEVICE static inline void ams_apply(const ams_view *v, uint64_t e, float g, int decays)
{
    const ams_moment *now = &v->moment[AMS_NOW];
    float w = v->online[e];
    float m = v->moment1[e];
    float v2 = v->moment2[e];
    if (decays) {
        w *= now->keep;
    }
    ams_adam_element(&now->adam, g, &w, &m, &v2);
    v->online[e] = w;
    v->moment1[e] = m;
    v->moment2[e] = v2;
}

AMS_HOST_DEVICE static inline void ams_follow(const ams_view *v, uint64_t e)
{
    if (v->options.tau > 0) {
        v->target[e] += (float)v->options.tau * (v->online[e] - v->target[e]);
    } else if (v->moment[AMS_NOW].copies) {
        v->target[e] = v->online[e];
    }
}

/* Value of feature f, which sample b's state has. */
AMS_HOST_DEVICE static inline float ams_feature_value(const ams_view *v, uint32_t b, uint32_t f)
{
    const ams_env *env = &v->env;
    if (f >= env->n_labels || env->options.features == AMS_FEATURES_LABELS ||
        env->options.features == AMS_FEATURES_LABELS_MASK) {
        return 1.0F;
    }
    const ams_transition step = v->slots[v->slot[b]];
    uint64_t low = env->entry[step.item];
    uint64_t high = env->entry[step.item + 1] - 1; /* it has the feature, so an entry */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (env->label[middle] < f) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ams_lookup_conf(env, low, env->seen[low] & step.mask);
}

/* -- rows of the first layer: one warp per row -- */

/* Warps of a block, each at one row at a time: on the device they are, on the host they take
 * turns. */
#ifdef __CUDA_ARCH__
#define AMS_EACH_WARP(w)                                                                       \
    for (uint32_t w = threadIdx.x / AMS_WARP; w < AMS_STEP_ROWS; w += blockDim.x / AMS_WARP)
#else
#define AMS_EACH_WARP(w) for (uint32_t w = 0; w < AMS_STEP_ROWS; w++)
#endif

/* s->held of warp w: the samples that have feature f by AMS_HELD_WORDS words of its bits,
 * `first` the first of them, in ascending order. */
AMS_HOST_DEVICE static inline void ams_list_held(const ams_view *v, uint32_t f, uint32_t first,
                                                 uint32_t w, const ams_scratch *s,
                                                 uint32_t lane, uint32_t lanes)
{
    const uint32_t *holds = v->holds + (uint64_t)f * v->words + first;
    const uint32_t left = v->words - first;
    const uint32_t words = left < AMS_HELD_WORDS ? left : (uint32_t)AMS_HELD_WORDS;
    uint32_t *held = s->held + w * AMS_HELD;
    float *value = s->held_value + w * AMS_HELD;
    uint32_t before = 0;
    for (uint32_t word = 0; word < words; word++) {
        const uint32_t bits = holds[word];
        for (uint32_t i = lane; i < 32; i += lanes) {
            if ((bits >> i & 1) != 0) {
                const uint32_t at = before + ams_ones(bits & ((1U << i) - 1));
                const uint32_t sample = (first + word) * 32 + i;
                held[at] = sample;
                value[at] = ams_feature_value(v, sample, f);
            }
        }
        before += ams_ones(bits);
    }
    if (lane == 0) {
        s->n_held[w] = before;
    }
}

/* s->row_valid of warp w, 0 before: some sample's state has feature f. */
AMS_HOST_DEVICE static inline void ams_look_for_row(const ams_view *v, uint32_t f, uint32_t w,
                                                    const ams_scratch *s, uint32_t lane,
                                                    uint32_t lanes)
{
    for (uint32_t word = lane; word < v->words; word += lanes) {
        if (v->holds[(uint64_t)f * v->words + word] != 0) {
            ams_raise(&s->row_valid[w], 1);
        }
    }
}

/* Four units of a row, which one load of 16 bytes brings. */
typedef struct ams_four {
    float x[4];
} ams_four;

AMS_HOST_DEVICE static inline ams_four ams_load_four(const float *from)
{
    ams_four to;
#ifdef __CUDA_ARCH__
    const float4 four = __ldca((const float4 *)from);
    to.x[0] = four.x;
    to.x[1] = four.y;
    to.x[2] = four.z;
    to.x[3] = four.w;
#else
    for (int u = 0; u < 4; u++) {
        to.x[u] = from[u];
    }
#endif
    return to;
}

AMS_HOST_DEVICE static inline void ams_store_four(float *to, ams_four four)
{
#ifdef __CUDA_ARCH__
    *(float4 *)to = make_float4(four.x[0], four.x[1], four.x[2], four.x[3]);
#else
    for (int u = 0; u < 4; u++) {
        to[u] = four.x[u];
    }
#endif
}

/* ams_apply and ams_follow of four parameters from e on, a multiple of 4. */
AMS_HOST_DEVICE static inline void ams_step_four(const ams_view *v, uint64_t e, ams_four g)
{
    const ams_moment now = v->moment[AMS_NOW];
    const int decays = v->options.weight_decay > 0;
    const float tau = (float)v->options.tau;
    ams_four w = ams_load_four(&v->online[e]);
    ams_four m = ams_load_four(&v->moment1[e]);
    ams_four v2 = ams_load_four(&v->moment2[e]);
    AMS_EACH
    for (int u = 0; u < 4; u++) {
        w.x[u] = decays ? w.x[u] * now.keep : w.x[u];
        ams_adam_element(&now.adam, g.x[u], &w.x[u], &m.x[u], &v2.x[u]);
    }
    ams_store_four(&v->online[e], w);
    ams_store_four(&v->moment1[e], m);
    ams_store_four(&v->moment2[e], v2);
    if (tau > 0) {
        ams_four t = ams_load_four(&v->target[e]);
        AMS_EACH
        for (int u = 0; u < 4; u++) {
            t.x[u] += tau * (w.x[u] - t.x[u]);
        }
        ams_store_four(&v->target[e], t);
    } else if (now.copies) {
        ams_store_four(&v->target[e], w);
    }
}

/* New values of unit e of a row of the first layer, whose gradient is g. */
AMS_HOST_DEVICE static inline void ams_row_unit(const ams_view *v, uint64_t e, float g)
{
    ams_apply(v, e, g, v->options.weight_decay > 0);
    ams_follow(v, e);
}

/* What is done with the gradient of unit e as far as it is summed: it waits in memory for the
 * next samples or for the clipping, or the unit takes its step. */
AMS_HOST_DEVICE static inline void ams_finish_unit(const ams_view *v, uint64_t e, float sum,
                                                   int ends)
{
    if (!ends || v->options.grad_clip > 0) {
        v->gradient[e] = sum;
    } else {
        ams_row_unit(v, e, sum);
    }
}

/* The same of four units from e on. */
AMS_HOST_DEVICE static inline void ams_finish_four(const ams_view *v, uint64_t e, ams_four sum,
                                                   int ends)
{
    if (!ends || v->options.grad_clip > 0) {
        ams_store_four(&v->gradient[e], sum);
    } else {
        ams_step_four(v, e, sum);
    }
}

AMS_HOST_DEVICE static inline ams_four ams_sum_so_far(const ams_view *v, uint64_t e, int begins)
{
    const ams_four none = {{0, 0, 0, 0}};
    return begins ? none : ams_load_four(&v->gradient[e]);
}

/* Sums over the samples that are listed, in their order, of four units; slope: of the first. */
AMS_HOST_DEVICE static inline void ams_sum_four(const float *slope, uint32_t stride,
                                                const uint32_t *held, const float *value,
                                                uint32_t n, ams_four *a)
{
    uint32_t sample[4];
    float factor[4];
    ams_four x[AMS_ROWS_AHEAD];
    AMS_SHARED(held);
    AMS_SHARED(value);
    AMS_SUM_AHEAD(
        AMS_ROWS_AHEAD, AMS_NEAR_AHEAD, 0, n, (void)0, AMS_READ_FOUR(sample, &held[i], c);
        x[c] = ams_load_four(ams_row_float(slope, sample[c % 4], stride, 0)),
        AMS_READ_FOUR(factor, &value[i], c);
        AMS_EACH for (int u = 0; u < 4; u++) { a->x[u] += factor[c % 4] * x[c].x[u]; });
}

/* Row f's gradient over the samples that are listed, in their order, after those before them.
 * ends: there are no more. */
AMS_HOST_DEVICE static inline void ams_add_held(const ams_view *v, uint32_t f, uint32_t w,
                                                const ams_scratch *s, int begins, int ends,
                                                uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const uint32_t stride = h * (uint32_t)sizeof(float);
    const uint64_t row = v->weight[0] + (uint64_t)f * h;
    const uint32_t n = s->n_held[w];
    const float *slope = v->slope[0];
    const uint32_t *held = s->held + w * AMS_HELD;
    const float *value = s->held_value + w * AMS_HELD;
    /* Few networks have such a width: no loads ahead of the sum, for the registers' sake. */
    for (uint32_t j = lane; h % 4 != 0 && j < h; j += lanes) {
        float sum = begins ? 0 : v->gradient[row + j];
        AMS_ROLLED
        for (uint32_t i = 0; i < n; i++) {
            sum += value[i] * slope[(uint64_t)held[i] * h + j];
        }
        ams_finish_unit(v, row + j, sum, ends);
    }
    for (uint32_t j = 4 * lane; h % 4 == 0 && j < h; j += 4 * lanes) {
        ams_four sum = ams_sum_so_far(v, row + j, begins);
        ams_sum_four(slope + j, stride, held, value, n, &sum);
        ams_finish_four(v, row + j, sum, ends);
    }
}

/* Row f's gradient, and without clipping its step. */
AMS_HOST_DEVICE static inline void ams_warp_gradient(const ams_view *v, uint32_t f, uint32_t w,
                                                     const ams_scratch *s)
{
    for (uint32_t first = 0; first < v->words; first += AMS_HELD_WORDS) {
        const int ends = first + AMS_HELD_WORDS >= v->words;
        AMS_WARP_STEP(v, ams_list_held(v, f, first, w, s, lane, lanes));
        AMS_WARP_STEP(v, ams_add_held(v, f, w, s, first == 0, ends, lane, lanes));
    }
}

AMS_HOST_DEVICE static inline void ams_warp_look(const ams_view *v, uint32_t f, uint32_t w,
                                                 const ams_scratch *s)
{
    AMS_WARP_STEP(
        v, if (lane == 0) { s->row_valid[w] = 0; });
    AMS_WARP_STEP(v, ams_look_for_row(v, f, w, s, lane, lanes));
}

/* The step of a row of which no sample has the feature, or whose gradient is clipped and in
 * memory. */
AMS_HOST_DEVICE static inline void ams_row_step(const ams_view *v, uint32_t f, int valid,
                                                uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const int decays = v->options.weight_decay > 0;
    const int ever = valid || v->ever[f];
    if (!ever && !decays) {
        return; /* as it was from the start, in the target network as well */
    }
    for (uint32_t j = lane; j < h; j += lanes) {
        const uint64_t e = v->weight[0] + (uint64_t)f * h + j;
        if (ever) {
            ams_row_unit(v, e, valid ? v->gradient[e] * *v->clip_factor : 0);
        } else {
            v->online[e] *= v->moment[AMS_NOW].keep;
            ams_follow(v, e);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_clear_row(const ams_view *v, uint32_t f, uint32_t lane,
                                                 uint32_t lanes)
{
    for (uint32_t word = lane; word < v->words; word += lanes) {
        v->holds[(uint64_t)f * v->words + word] = 0;
    }
    if (lane == 0) {
        v->ever[f] = 1;
    }
}

/* Row f takes its step; with clipping its gradient is there already. */
AMS_HOST_DEVICE static inline void ams_warp_row(const ams_view *v, uint32_t f, uint32_t w,
                                                const ams_scratch *s)
{
    ams_warp_look(v, f, w, s);
    const int valid = (int)s->row_valid[w];
    if (valid && v->options.grad_clip == 0) {
        ams_warp_gradient(v, f, w, s);
    } else {
        AMS_WARP_STEP(v, ams_row_step(v, f, valid, lane, lanes));
    }
    if (valid) {
        AMS_WARP_STEP(v, ams_clear_row(v, f, lane, lanes));
    }
}

#endif
