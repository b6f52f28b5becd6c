/* From the samples' slopes to new weights: gradients, Adam, the target network; and the close
 * of an update. As rl/train/learn.c has it.
 *
 * F features, H units of the first hidden layer, B batch, D = the parameters after the first
 * layer's rows. */
#ifndef AMS_CUDA_STEP_H
#define AMS_CUDA_STEP_H

#include "cuda/learn.h"
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

/* Row f's gradient over the samples that are listed, in their order, after those before them.
 * ends: there are no more. */
AMS_HOST_DEVICE static inline void ams_add_held(const ams_view *v, uint32_t f, uint32_t w,
                                                const ams_scratch *s, int begins, int ends,
                                                uint32_t lane, uint32_t lanes)
{
    const uint32_t h = v->width[1];
    const uint64_t row = v->weight[0] + (uint64_t)f * h;
    const uint32_t n = s->n_held[w];
    const float *slope = v->slope[0];
    const uint32_t *held = s->held + w * AMS_HELD;
    const float *value = s->held_value + w * AMS_HELD;
    AMS_SHARED(held);
    AMS_SHARED(value);
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
        ams_four sum = {{0, 0, 0, 0}};
        ams_four x[AMS_AHEAD];
        uint32_t at[AMS_AHEAD];
        if (!begins) {
            sum = ams_load_four(&v->gradient[row + j]);
        }
        AMS_SUM_AHEAD(
            0, n, at[c] = held[i + c], x[c] = ams_load_four(&slope[(uint64_t)at[c] * h + j]),
            AMS_EACH for (int u = 0; u < 4; u++) { sum.x[u] += value[i + c] * x[c].x[u]; });
        if (!ends || v->options.grad_clip > 0) {
            ams_store_four(&v->gradient[row + j], sum);
        } else {
            ams_step_four(v, row + j, sum);
        }
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

/* -- what follows the rows: block of AMS_DENSE_BLOCK parameters -- */

AMS_HOST_DEVICE static inline float ams_bias_of_parts(const ams_view *v, uint32_t unit)
{
    const uint32_t units = ams_units_before(v, v->n_layers);
    float sum = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        sum += v->bias_part[p * units + unit];
    }
    return sum;
}

/* Gradient of parameter e of a layer k > 0, or of any bias; 0 for what fills up a layer. */
AMS_HOST_DEVICE static inline float ams_dense_gradient(const ams_view *v, uint64_t e)
{
    uint32_t k = v->n_layers - 1;
    while (k > 0 && e < v->weight[k]) {
        k--;
    }
    const uint32_t out = v->width[k + 1];
    const int is_bias = e >= v->bias[k];
    const uint64_t at = e - (is_bias ? v->bias[k] : v->weight[k]);
    if (is_bias && at >= out) {
        return 0;
    }
    if (!is_bias && v->gemm) {
        return v->gradient[e];
    }
    if (is_bias && v->wide) {
        return ams_bias_of_parts(v, ams_units_before(v, k) + (uint32_t)at);
    }
    const uint32_t in = v->width[k];
    const float *slope = v->slope[k] + at % out;
    float sum = 0;
    float dy[AMS_AHEAD];
    if (is_bias) {
        AMS_SUM_AHEAD(0, v->batch, (void)0, dy[c] = AMS_LOAD(&slope[(uint64_t)(i + c) * out]),
                      sum += dy[c]);
        return sum;
    }
    const float *unit = v->out[k - 1] + at / out;
    float x[AMS_AHEAD];
    AMS_SUM_AHEAD(0, v->batch, (void)0, dy[c] = AMS_LOAD(&slope[(uint64_t)(i + c) * out]);
                  x[c] = AMS_LOAD(&unit[(uint64_t)(i + c) * in]), sum += x[c] * dy[c]);
    return sum;
}

AMS_HOST_DEVICE static inline int ams_is_weight(const ams_view *v, uint64_t e)
{
    for (uint32_t k = 1; k < v->n_layers; k++) {
        if (e >= v->weight[k] && e < v->bias[k]) {
            return 1;
        }
    }
    return 0;
}

AMS_HOST_DEVICE static inline void ams_dense_step(const ams_view *v, uint32_t block,
                                                  uint32_t lane, uint32_t lanes)
{
    const uint64_t first = v->bias[0] + (uint64_t)block * AMS_DENSE_BLOCK;
    const int clips = v->options.grad_clip > 0;
    for (uint32_t i = lane; i < AMS_DENSE_BLOCK && first + i < v->n_params; i += lanes) {
        uint64_t e = first + i;
        float g = clips ? v->gradient[e] * *v->clip_factor : ams_dense_gradient(v, e);
        ams_apply(v, e, g, v->options.weight_decay > 0 && ams_is_weight(v, e));
        ams_follow(v, e);
    }
}

/* -- clipping: gradients go to memory first, with the squares of every block -- */

/* Part p of the squares of gradients [first, first + count). */
AMS_HOST_DEVICE static inline double ams_square_part(const ams_view *v, uint64_t first,
                                                     uint32_t count, uint32_t p)
{
    const uint32_t end = ams_part_begin(count, AMS_SUM_PARTS, p + 1);
    double sum = 0;
    for (uint32_t i = ams_part_begin(count, AMS_SUM_PARTS, p); i < end; i++) {
        sum += (double)v->gradient[first + i] * (double)v->gradient[first + i];
    }
    return sum;
}

AMS_HOST_DEVICE static inline double ams_sum_of_parts(const double *part)
{
    double sum = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        sum += part[p];
    }
    return sum;
}

/* Row f's gradient in memory, and the sum of its squares. */
AMS_HOST_DEVICE static inline void ams_warp_squares(const ams_view *v, uint32_t f, uint32_t w,
                                                    const ams_scratch *s)
{
    double *part = s->row_sum + w * AMS_SUM_PARTS;
    const uint64_t first = v->weight[0] + (uint64_t)f * v->width[1];
    ams_warp_look(v, f, w, s);
    if (!s->row_valid[w]) {
        AMS_WARP_STEP(
            v, if (lane == 0) { v->squares[f] = 0; });
        return;
    }
    ams_warp_gradient(v, f, w, s);
    AMS_WARP_STEP(
        v, for (uint32_t p = lane; p < AMS_SUM_PARTS;
                p += lanes) { part[p] = ams_square_part(v, first, v->width[1], p); });
    AMS_WARP_STEP(
        v, if (lane == 0) { v->squares[f] = ams_sum_of_parts(part); });
}

/* First parameter of dense block n, and how many it has. */
AMS_HOST_DEVICE static inline uint32_t ams_dense_params(const ams_view *v, uint32_t n,
                                                        uint64_t *first)
{
    *first = v->bias[0] + (uint64_t)n * AMS_DENSE_BLOCK;
    const uint64_t left = v->n_params - *first;
    return left < AMS_DENSE_BLOCK ? (uint32_t)left : (uint32_t)AMS_DENSE_BLOCK;
}

AMS_HOST_DEVICE static inline void ams_block_dense_squares(const ams_view *v, uint32_t n,
                                                           ams_scratch *s)
{
    uint64_t first;
    const uint32_t count = ams_dense_params(v, n, &first);
    AMS_STEP(
        v, for (uint32_t i = lane; i < count;
                i += lanes) { v->gradient[first + i] = ams_dense_gradient(v, first + i); });
    AMS_STEP(
        v, for (uint32_t p = lane; p < AMS_SUM_PARTS;
                p += lanes) { s->sum[p] = ams_square_part(v, first, count, p); });
    AMS_ALONE(v, v->squares[v->width[0] + n] = ams_sum_of_parts(s->sum));
}

/* Block n of the dense blocks, which take longest and so come first, and those of the rows. */
AMS_HOST_DEVICE static inline void ams_block_gradient(const ams_view *v, uint32_t n,
                                                      ams_scratch *s)
{
    if (n < v->dense_blocks) {
        ams_block_dense_squares(v, n, s);
        return;
    }
    AMS_EACH_WARP(w)
    {
        const uint32_t f = (n - v->dense_blocks) * AMS_STEP_ROWS + w;
        if (f < v->width[0]) {
            ams_warp_squares(v, f, w, s);
        }
    }
}

AMS_HOST_DEVICE static inline void ams_norm_parts(const ams_view *v, ams_scratch *s,
                                                  uint32_t lane, uint32_t lanes)
{
    const uint32_t n = v->width[0] + v->dense_blocks;
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(n, AMS_SUM_PARTS, p + 1);
        double sum = 0;
        for (uint32_t i = ams_part_begin(n, AMS_SUM_PARTS, p); i < end; i++) {
            sum += v->squares[i];
        }
        s->sum[p] = sum;
    }
}

AMS_HOST_DEVICE static inline void ams_set_clip(const ams_view *v, const ams_scratch *s)
{
    const double norm = sqrt(ams_sum_of_parts(s->sum));
    const double most = v->options.grad_clip;
    *v->clip_factor = norm <= most ? 1.0F : (float)(most / norm);
}

/* One block: the factor that cuts the gradient to grad_clip. */
AMS_HOST_DEVICE static inline void ams_block_clip(const ams_view *v, ams_scratch *s)
{
    AMS_STEP(v, ams_norm_parts(v, s, lane, lanes));
    AMS_ALONE(v, ams_set_clip(v, s));
}

/* -- the close of an update: one block -- */

/* What the update to come goes by. */
AMS_HOST_DEVICE static inline void ams_prepare(const ams_view *v)
{
    const ams_train_options *o = &v->options;
    const uint64_t t = v->count->updates;
    const double lr = ams_lr_at((ams_lr_schedule)o->lr_schedule, o->lr, t, o->steps);
    ams_moment *now = &v->moment[AMS_COMING];
    now->epsilon = ams_epsilon_at(t, o->epsilon_start, o->epsilon_end, o->epsilon_steps);
    now->beta = ams_beta_at(t, o->priority_beta, o->steps);
    now->adam = ams_adam_at(lr, o->adam_beta1, o->adam_beta2, o->adam_epsilon, t + 1);
    now->keep = o->weight_decay > 0 ? (float)(1 - lr * o->weight_decay) : 1.0F;
    now->copies = (t + 1) % o->target_every == 0;
}

AMS_HOST_DEVICE static inline void ams_stat_parts(const ams_view *v, ams_scratch *s,
                                                  uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->batch, AMS_SUM_PARTS, p + 1);
        double loss = 0;
        double q = 0;
        for (uint32_t b = ams_part_begin(v->batch, AMS_SUM_PARTS, p); b < end; b++) {
            loss += v->sample_loss[b];
            q += v->sample_q[b];
        }
        s->sum[p] = loss;
        s->sum2[p] = q;
    }
}

AMS_HOST_DEVICE static inline double ams_new_priority(const ams_view *v, uint32_t b)
{
    return ams_priority_of(v->sample_error[b], v->options.priority_alpha,
                           v->options.priority_eps);
}

AMS_HOST_DEVICE static inline void ams_claim_slots(const ams_view *v, uint32_t lane,
                                                   uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        ams_raise(&v->owner[v->slot[b]], b + 1);
    }
}

AMS_HOST_DEVICE static inline void ams_rank_drawn(const ams_view *v, uint32_t lane,
                                                  uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        const double priority = ams_new_priority(v, b);
        v->sample_error[b] = priority; /* for ams_top_parts: its power takes long */
        if (v->owner[v->slot[b]] == b + 1) {
            v->level[0][v->slot[b]] = priority;
        }
    }
}

AMS_HOST_DEVICE static inline void ams_sum_drawn(const ams_view *v, uint32_t k, uint32_t lane,
                                                 uint32_t lanes)
{
    for (uint32_t b = lane; b < v->batch; b += lanes) {
        ams_sum_above(v, k, v->slot[b]);
    }
}

AMS_HOST_DEVICE static inline void ams_top_parts(const ams_view *v, ams_scratch *s,
                                                 uint32_t lane, uint32_t lanes)
{
    for (uint32_t p = lane; p < AMS_SUM_PARTS; p += lanes) {
        uint32_t end = ams_part_begin(v->batch, AMS_SUM_PARTS, p + 1);
        double top = 0;
        for (uint32_t b = ams_part_begin(v->batch, AMS_SUM_PARTS, p); b < end; b++) {
            double priority = v->sample_error[b];
            top = priority > top ? priority : top;
            v->owner[v->slot[b]] = 0;
        }
        s->sum[p] = top;
    }
}

AMS_HOST_DEVICE static inline void ams_set_top(const ams_view *v, const ams_scratch *s)
{
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        *v->top = s->sum[p] > *v->top ? s->sum[p] : *v->top;
    }
}

AMS_HOST_DEVICE static inline void ams_count_update(const ams_view *v, const ams_scratch *s)
{
    ams_trainer_counters *count = v->count;
    count->stat_loss += ams_sum_of_parts(s->sum) / v->batch;
    count->stat_q += ams_sum_of_parts(s->sum2) / v->batch;
    count->stat_updates++;
    count->updates++;
    ams_prepare(v);
}

/* After the view was filled: rewards of slot `first`, `first` + 1, ... as the device computes
 * them, whoever computed those that were there. */
AMS_HOST_DEVICE static inline void ams_refresh_rewards(const ams_view *v, uint64_t first,
                                                       uint64_t stride)
{
    for (uint64_t i = first; i < v->count->replay_size; i += stride) {
        const ams_transition step = v->slots[i];
        v->slot_reward[i] = ams_lookup_reward(&v->env, step.item, step.mask, step.action);
    }
}

AMS_HOST_DEVICE static inline void ams_block_close(const ams_view *v, ams_scratch *s)
{
    if (v->n_levels > 0) {
        AMS_STEP(v, ams_claim_slots(v, lane, lanes));
        AMS_STEP(v, ams_rank_drawn(v, lane, lanes));
        for (uint32_t k = 0; k + 1 < v->n_levels; k++) {
            AMS_STEP(v, ams_sum_drawn(v, k, lane, lanes));
        }
        AMS_STEP(v, ams_top_parts(v, s, lane, lanes));
        AMS_ALONE(v, ams_set_top(v, s));
    }
    AMS_STEP(v, ams_stat_parts(v, s, lane, lanes));
    AMS_ALONE(v, ams_count_update(v, s));
}

/* Block n of STEP: the close of the update, which the others do not wait for; the dense blocks,
 * which take longest; and the rows. */
AMS_HOST_DEVICE static inline void ams_block_step(const ams_view *v, uint32_t n, ams_scratch *s)
{
    if (n == 0) {
        ams_block_close(v, s);
        return;
    }
    if (n - 1 < v->dense_blocks) {
        AMS_STEP(v, ams_dense_step(v, n - 1, lane, lanes));
        return;
    }
    AMS_EACH_WARP(w)
    {
        const uint32_t f = (n - 1 - v->dense_blocks) * AMS_STEP_ROWS + w;
        if (f < v->width[0]) {
            ams_warp_row(v, f, w, s);
        }
    }
}

#endif
