#include "env/compact.h"

#include "base/memory.h"
#include "env/features.h"
#include "env/math.h"

#include <stdlib.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* A model's byte: LAST of its label, NONE in the places after the last output. */
enum { TOGETHER = AMS_COMPACT_TOGETHER, LAST = 0x80, NONE = 0x40, MODEL = 0x3f };
enum { OUTPUT_BYTES = sizeof(float) + sizeof(uint16_t) + 1 };

bool ams_compact_fits(const ams_env *env)
{
    return !ams_env_binary(env) && env->options.observer.observe == NULL &&
           env->n_labels <= UINT16_MAX;
}

static uint64_t outputs_of(const ams_env *env, uint32_t item)
{
    return env->conf_at[env->entry[item + 1]] - env->conf_at[env->entry[item]];
}

static uint64_t places_of(uint64_t outputs)
{
    return (outputs + TOGETHER - 1) / TOGETHER * TOGETHER;
}

static void pack(const ams_compact *compact, const ams_env *env, uint32_t item)
{
    const uint64_t n = compact->count[item];
    const uint64_t places = places_of(n);
    uint8_t *conf = compact->outputs + compact->start[item];
    uint8_t *label = conf + places * sizeof(float);
    uint8_t *model = label + places * sizeof(uint16_t);
    memset(model, NONE, places);
    for (uint64_t k = 0; k < n; k++) {
        const float held = env->conf[env->conf_at[env->entry[item]] + k] + 0.0F; /* no -0 */
        memcpy(conf + k * sizeof held, &held, sizeof held);
    }
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        const uint16_t of = (uint16_t)env->label[e];
        for (uint64_t bits = env->seen[e]; bits != 0; bits &= bits - 1) {
            const bool last = (bits & (bits - 1)) == 0;
            *model++ = (uint8_t)(ams_lowest(bits) | (last ? LAST : 0));
            memcpy(label, &of, sizeof of);
            label += sizeof of;
        }
    }
}

ams_status ams_compact_init(ams_compact *compact, const ams_env *env, const uint32_t *item,
                            uint32_t n, ams_error *err)
{
    static const char *const what = "the items' outputs";
    *compact = (ams_compact){0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&compact->start, (size_t)env->n_items + 1, sizeof *compact->start, what,
                      err));
    AMS_TRY(ams_alloc(&compact->count, env->n_items, sizeof *compact->count, what, err));
    for (uint32_t k = 0; k < n; k++) {
        compact->count[item[k]] = (uint32_t)outputs_of(env, item[k]);
    }
    for (uint32_t i = 0; i < env->n_items; i++) {
        compact->start[i + 1] = compact->start[i] + places_of(compact->count[i]) * OUTPUT_BYTES;
    }
    AMS_TRY(ams_alloc(&compact->outputs, compact->start[env->n_items] + 1, 1, what, err));
    for (uint32_t bits = 0; bits < 1U << TOGETHER; bits++) {
        uint32_t n_ones = 0;
        for (uint32_t left = bits; left != 0; left &= left - 1) {
            compact->ones[bits][n_ones++] = (uint8_t)ams_lowest(left);
        }
    }
    for (uint32_t k = 0; k < n; k++) {
        pack(compact, env, item[k]);
    }
out:
    if (status != AMS_OK) {
        ams_compact_fini(compact);
    }
    return status;
}

void ams_compact_fini(ams_compact *compact)
{
    free(compact->start);
    free(compact->count);
    free(compact->outputs);
    *compact = (ams_compact){0};
}

/* The item's arrays. */
typedef struct outputs {
    const uint8_t *conf, *label, *model;
    uint32_t n;
} outputs;

static outputs outputs_at(const ams_compact *compact, uint32_t item)
{
    const size_t places = (size_t)places_of(compact->count[item]);
    const uint8_t *conf = compact->outputs + compact->start[item];
    const uint8_t *label = conf + places * sizeof(float);
    return (outputs){conf, label, label + places * sizeof(uint16_t), compact->count[item]};
}

/* Confidences are not negative, so their bits are in their order. Nothing branches on which
 * models ran, which is hard to guess: what does not count is overwritten by the next. */
static uint32_t labels_one_by_one(outputs x, uint64_t mask, uint32_t *index, float *value)
{
    uint32_t labels = 0;
    uint32_t best = 0;
    uint32_t any = 0;
    for (uint32_t k = 0; k < x.n; k++) {
        const uint32_t on = mask >> (x.model[k] & MODEL) & 1;
        const uint32_t last = (x.model[k] & LAST) != 0;
        uint32_t held = 0;
        uint16_t of = 0;
        memcpy(&held, x.conf + (size_t)k * sizeof held, sizeof held);
        memcpy(&of, x.label + (size_t)k * sizeof of, sizeof of);
        held &= -on;
        best = held > best ? held : best;
        any |= on;
        index[labels] = of;
        memcpy(&value[labels], &best, sizeof best);
        labels += last & any;
        best &= last - 1;
        any &= last - 1;
    }
    return labels;
}

#if defined(__AVX2__)

/* All ones for each of the eight models that is in the mask, whose bytes are `of_mask`. */
static inline __m256i ran(__m128i model, __m128i of_mask)
{
    const __m128i bit = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m128i byte = _mm_and_si128(_mm_srli_epi16(model, 3), _mm_set1_epi8(0xf));
    const __m128i own = _mm_shuffle_epi8(bit, _mm_and_si128(model, _mm_set1_epi8(7)));
    const __m128i held = _mm_and_si128(_mm_shuffle_epi8(of_mask, byte), own);
    return _mm256_cvtepi8_epi32(_mm_cmpeq_epi8(held, own));
}

/* The larger of each key and the one `from` says, where that is of the same label. */
static inline __m256i larger(__m256i key, __m256i label, __m256i from)
{
    const __m256i same = _mm256_cmpeq_epi32(label, _mm256_permutevar8x32_epi32(label, from));
    return _mm256_max_epu32(key,
                            _mm256_and_si256(same, _mm256_permutevar8x32_epi32(key, from)));
}

/* Eight outputs at a time. A key is 0 where the model did not run, else the bits of its
 * confidence and 1; the largest of a label comes to its last output. */
static uint32_t labels_together(const ams_compact *compact, outputs x, uint64_t mask,
                                uint32_t *index, float *value)
{
    const __m256i one_before = _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6);
    const __m256i two_before = _mm256_setr_epi32(6, 7, 0, 1, 2, 3, 4, 5);
    const __m256i four_before = _mm256_setr_epi32(4, 5, 6, 7, 0, 1, 2, 3);
    const __m256i ones = _mm256_set1_epi32(1);
    const __m256i end = _mm256_set1_epi32(TOGETHER - 1);
    const __m128i of_mask = _mm_set_epi64x(0, (long long)mask);
    __m256i open_label = _mm256_set1_epi32(-1); /* the one that the eight before ended in */
    __m256i open_key = _mm256_setzero_si256();
    uint32_t labels = 0;
    for (size_t k = 0; k < x.n; k += TOGETHER) {
        const __m128i model = _mm_loadl_epi64((const __m128i *)(const void *)(x.model + k));
        const __m256i label = _mm256_cvtepu16_epi32(
            _mm_loadu_si128((const __m128i *)(const void *)(x.label + k * sizeof(uint16_t))));
        const __m256i conf =
            _mm256_loadu_si256((const __m256i *)(const void *)(x.conf + k * sizeof(float)));
        __m256i key = _mm256_and_si256(ran(model, of_mask), _mm256_add_epi32(conf, ones));
        key = larger(key, label, one_before);
        key = larger(key, label, two_before);
        key = larger(key, label, four_before);
        key = _mm256_max_epu32(
            key, _mm256_and_si256(_mm256_cmpeq_epi32(label, open_label), open_key));
        open_label = _mm256_permutevar8x32_epi32(label, end);
        open_key = _mm256_permutevar8x32_epi32(key, end);
        const int none = _mm256_movemask_ps(
            _mm256_castsi256_ps(_mm256_cmpeq_epi32(key, _mm256_setzero_si256())));
        const uint32_t put = (uint32_t)(_mm_movemask_epi8(model) & ~none) & UINT8_MAX;
        const __m256i from = _mm256_cvtepu8_epi32(
            _mm_loadl_epi64((const __m128i *)(const void *)compact->ones[put]));
        _mm256_storeu_si256((__m256i *)(void *)(index + labels),
                            _mm256_permutevar8x32_epi32(label, from));
        _mm256_storeu_si256((__m256i *)(void *)(value + labels),
                            _mm256_permutevar8x32_epi32(_mm256_sub_epi32(key, ones), from));
        labels += ams_ones(put);
    }
    return labels;
}

#else

static uint32_t labels_together(const ams_compact *compact, outputs x, uint64_t mask,
                                uint32_t *index, float *value)
{
    (void)compact;
    return labels_one_by_one(x, mask, index, value);
}

#endif

static uint32_t with_rest(const ams_env *env, uint64_t mask, uint32_t labels, uint32_t *index,
                          float *value)
{
    return env->n_features == env->n_labels ? labels
                                            : ams_put_rest(env, mask, labels, index, value);
}

uint32_t ams_compact_features(const ams_compact *compact, const ams_env *env, uint32_t item,
                              uint64_t mask, uint32_t *index, float *value)
{
    const outputs x = outputs_at(compact, item);
    return with_rest(env, mask, labels_together(compact, x, mask, index, value), index, value);
}

uint32_t ams_compact_features_narrow(const ams_compact *compact, const ams_env *env,
                                     uint32_t item, uint64_t mask, uint32_t *index,
                                     float *value)
{
    const outputs x = outputs_at(compact, item);
    return with_rest(env, mask, labels_one_by_one(x, mask, index, value), index, value);
}
