/* What a network sees of a state: the labels found, the models run, the goal. */
#include "env/features.h"

#include "env/lookup.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

uint32_t ams_put_rest(const ams_env *env, uint64_t mask, uint32_t n, uint32_t *index,
                      float *value)
{
    const bool has_mask = env->n_features > env->n_labels + env->n_goal_inputs;
    mask = has_mask ? mask : 0;
    for (; mask != 0; mask &= mask - 1) {
        index[n] = env->n_labels + ams_lowest(mask);
        if (value != NULL) {
            value[n] = 1.0F;
        }
        n++;
    }
    if (env->goal_at < env->n_goal_inputs) {
        index[n] = env->n_features - env->n_goal_inputs + env->goal_at;
        if (value != NULL) {
            value[n] = 1.0F;
        }
        n++;
    }
    return n;
}

/* The labels that one of `mask` has made, in their order: whether a label is on is hard to
 * guess for a processor, so nothing branches on it. There are at least as many places as
 * entries. */
#if defined(__AVX512F__)
static uint32_t labels_on(const ams_env *env, uint64_t first, uint64_t end, uint64_t mask,
                          uint32_t *index)
{
    enum { AT_ONCE = 16 };
    const __m512i any = _mm512_set1_epi64((long long)mask);
    uint32_t n = 0;
    for (uint64_t e = first; e < end; e += AT_ONCE) {
        const uint64_t left = end - e;
        const uint32_t in = left < AT_ONCE ? (1U << left) - 1 : UINT16_MAX;
        const __mmask8 low = (__mmask8)(in & UINT8_MAX);
        const __mmask8 high = (__mmask8)(in >> 8);
        const __m512i a = _mm512_maskz_loadu_epi64(low, env->makers + e);
        const __m512i b = _mm512_maskz_loadu_epi64(high, env->makers + e + AT_ONCE / 2);
        const __mmask16 on =
            _mm512_kunpackb(_mm512_test_epi64_mask(b, any), _mm512_test_epi64_mask(a, any));
        const __m512i label = _mm512_maskz_loadu_epi32((__mmask16)in, env->label + e);
        _mm512_mask_storeu_epi32(index + n, (__mmask16)in,
                                 _mm512_maskz_compress_epi32(on, label));
        n += ams_ones(on);
    }
    return n;
}
#else
static uint32_t labels_on(const ams_env *env, uint64_t first, uint64_t end, uint64_t mask,
                          uint32_t *index)
{
    uint32_t n = 0;
    for (uint64_t e = first; e < end; e++) { /* what is not on is overwritten by the next */
        index[n] = env->label[e];
        n += (env->makers[e] & mask) != 0; /* == seen */
    }
    return n;
}
#endif

/* The labels that one of `mask` has seen, with the largest confidence among those. Most were
 * seen by one model, so the first one's is read without a question, and overwritten where there
 * is none; a label's own place after its confidences belongs to the next. */
#if defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512VPOPCNTDQ__)
/* Of the entries `on`, whose models are `seen`: the confidence of the lowest model of each
 * `found`, which loses that one. */
static inline __m256 next_conf(const ams_env *env, __mmask8 on, __m512i at, __m512i seen,
                               __m512i *found)
{
    const __m512i before = _mm512_sub_epi64(*found, _mm512_set1_epi64(1));
    const __m512i below = _mm512_andnot_epi64(*found, before); /* the bits under the lowest */
    const __m512i rank = _mm512_popcnt_epi64(_mm512_and_epi64(seen, below));
    *found = _mm512_and_epi64(*found, before);
    return _mm512_mask_i64gather_ps(_mm256_setzero_ps(), on, _mm512_add_epi64(at, rank),
                                    env->conf, sizeof *env->conf);
}

/* The sum of the lanes before each, and of all: (8). */
static inline __m512i sums_before(__m512i x, uint64_t *all)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i sum = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 7));
    sum = _mm512_add_epi64(sum, _mm512_alignr_epi64(sum, zero, 6));
    sum = _mm512_add_epi64(sum, _mm512_alignr_epi64(sum, zero, 4));
    *all = (uint64_t)_mm_extract_epi64(_mm512_extracti64x2_epi64(sum, 3), 1);
    return _mm512_sub_epi64(sum, x);
}

/* Where an entry's confidences are follows from how many models saw those before it. That is
 * quicker than reading it: memory is what the training loop waits for here. */
static uint32_t confs_on(const ams_env *env, uint64_t first, uint64_t end, uint64_t mask,
                         uint32_t *index, float *value)
{
    enum { AT_ONCE = 8 };
    uint64_t conf = env->conf_at[first];
    const __m512i any = _mm512_set1_epi64((long long)mask);
    uint32_t n = 0;
    for (uint64_t e = first; e < end; e += AT_ONCE) {
        const uint64_t left = end - e;
        const __mmask8 in = (__mmask8)(left < AT_ONCE ? (1U << left) - 1 : UINT8_MAX);
        const __m512i seen = _mm512_maskz_loadu_epi64(in, env->seen + e);
        __m512i found = _mm512_and_epi64(seen, any);
        const __mmask8 on = _mm512_test_epi64_mask(found, found);
        uint64_t all = 0;
        const __m512i at = _mm512_add_epi64(_mm512_set1_epi64((long long)conf),
                                            sums_before(_mm512_popcnt_epi64(seen), &all));
        conf += all;
        __m256 best = next_conf(env, on, at, seen, &found);
        for (__mmask8 more = _mm512_mask_test_epi64_mask(on, found, found); more != 0;
             more = _mm512_mask_test_epi64_mask(on, found, found)) {
            best = _mm256_mask_max_ps(best, more, next_conf(env, more, at, seen, &found), best);
        }
        const __m256i label = _mm256_maskz_loadu_epi32(in, env->label + e);
        _mm256_mask_storeu_epi32(index + n, in, _mm256_maskz_compress_epi32(on, label));
        _mm256_mask_storeu_ps(value + n, in, _mm256_maskz_compress_ps(on, best));
        n += ams_ones(on);
    }
    return n;
}
#else
static uint32_t confs_on(const ams_env *env, uint64_t first, uint64_t end, uint64_t mask,
                         uint32_t *index, float *value)
{
    uint32_t n = 0;
    for (uint64_t e = first; e < end; e++) {
        const float *conf = env->conf + env->conf_at[e];
        const uint64_t seen = env->seen[e];
        const uint64_t found = seen & mask;
        const uint64_t others = found & (found - 1);
        float best = conf[ams_rank(seen, found & -found)];
        for (uint64_t bits = others; bits != 0; bits &= bits - 1) {
            const float held = conf[ams_rank(seen, bits & -bits)];
            best = held > best ? held : best;
        }
        index[n] = env->label[e];
        value[n] = best;
        n += found != 0;
    }
    return n;
}
#endif

uint32_t ams_env_features(const ams_env *env, uint32_t item, uint64_t mask, uint32_t *index,
                          float *value)
{
    const ams_env_observer *observer = &env->options.observer;
    const uint64_t end = env->entry[item + 1];
    uint32_t n = 0;
    if (observer->observe != NULL) {
        return observer->observe(observer->context, item, mask, index, value);
    }
    if (ams_env_binary(env)) {
        n = labels_on(env, env->entry[item], end, mask, index);
        for (uint32_t i = 0; value != NULL && i < n; i++) {
            value[i] = 1.0F;
        }
        return env->n_features == env->n_labels ? n : ams_put_rest(env, mask, n, index, value);
    }
    n = confs_on(env, env->entry[item], end, mask, index, value);
    return env->n_features == env->n_labels ? n : ams_put_rest(env, mask, n, index, value);
}
