/* A training run as kernels see it: pointers into the device's memory, and how its parts are
 * laid out. Runs that are trained together are an array of views, one row of the grid per run.
 * Tests build one of host memory and run the same steps.
 *
 * N items, M models, F features, A = M + 1 actions, B batch, E environments, S most features of
 * a state, K layers of weights, width[k] units before and width[k + 1] after layer k. */
#ifndef AMS_CUDA_VIEW_H
#define AMS_CUDA_VIEW_H

#include "rl/train/state.h"

/* Rows of the first layer that a block works on, one per warp; a simulated block has fewer. */
#ifndef AMS_ROWS_OF_BLOCK
#define AMS_ROWS_OF_BLOCK 8
#endif

enum {
    AMS_WARP = 32,
    /* Sums over many elements are cut into so many parts, each added in order, the parts in
     * order after that: the bits depend on this number and on nothing else. */
    AMS_SUM_PARTS = 32,
    AMS_MOST_SUMS = 72,    /* parts, or one per action: at most 65 */
    AMS_DOT_PARTS = 8,     /* the same for a layer's units, where the layer is narrow */
    AMS_NARROW = 512,      /* outputs of a layer that counts as narrow */
    AMS_DENSE_BLOCK = 256, /* parameters after the first layer's rows that a block works on */
    AMS_HELD_WORDS = 8,    /* words of `holds` whose samples a warp lists at a time: */
    AMS_HELD = 32 * AMS_HELD_WORDS,
    AMS_STEP_ROWS = AMS_ROWS_OF_BLOCK,
    AMS_AHEAD = 8,       /* loads that are under way at a time, AMS_SUM_AHEAD; */
    AMS_FAR_AHEAD = 16,  /* where registers suffice, */
    AMS_ROWS_AHEAD = 12, /* of vectors, */
    AMS_NEAR_AHEAD = 4,  /* and where they are few */
    AMS_NOW = 0,         /* view.moment: of the update at hand, */
    AMS_COMING = 1,      /* and of the one to come */
    AMS_WORD = 32,       /* bits of a word */
    AMS_ROW_WORKS = 8    /* the first of ams_work: launched for all runs at once */
};

/* Where a target gets what the next state is worth. */
typedef enum ams_bootstrap {
    AMS_BOOTSTRAP_MAX,    /* largest Q of the target network */
    AMS_BOOTSTRAP_CHOICE, /* the online network's choice, as the target network values it */
    AMS_BOOTSTRAP_NEXT    /* the action that was taken next */
} ams_bootstrap;

/* What an update's number decides. */
typedef struct ams_moment {
    double epsilon, beta;
    double least; /* priority of the minibatch, once it is drawn */
    ams_adam adam;
    float keep;     /* weights shrink by this factor before Adam's step; 1: they do not */
    int32_t copies; /* the target network becomes the online one */
} ams_moment;

typedef struct ams_view {
    ams_env env; /* its arrays are where the view's are */
    ams_train_options options;
    ams_bootstrap bootstrap;
    int32_t decide; /* ams_decide, or -1: largest Q */
    int32_t dueling;
    int32_t gemm;    /* gradients of dense layers come from cuBLAS, in `gradient` */
    int32_t wide;    /* and so does every product of a dense layer: wide.h */
    uint32_t newest; /* slots at the ring's head that are not drawn: 0 or E */
    uint32_t batch, envs, n_train;
    const uint32_t *train_item; /* (n_train) */

    uint32_t n_layers, width[AMS_MAX_LAYERS + 1];
    uint64_t weight[AMS_MAX_LAYERS], bias[AMS_MAX_LAYERS], n_params;
    float *online, *target, *moment1, *moment2; /* (n_params) */
    float *gradient;                            /* (n_params) with clipping or gemm */
    uint8_t *ever;                              /* (F) rows that ever had a gradient */

    ams_trainer_counters *count;
    ams_moment *moment; /* (2) STEP's block that closes an update writes the coming one, while
                           its other blocks read the one at hand */
    uint32_t *ticket;   /* (1) blocks of ACT that have chosen; 0 between launches */
    uint64_t capacity;  /* of the replay */
    ams_transition *slots;
    float *slot_reward;
    double *level[AMS_TREE_LEVELS]; /* priorities and their sums; n_levels = 0: none */
    uint64_t level_width[AMS_TREE_LEVELS];
    uint32_t n_levels;
    double *top;
    uint32_t *owner; /* (capacity) last sample of the minibatch that drew the slot, and one; 0
                        between updates */

    uint32_t *item; /* (E) and so are these */
    uint64_t *mask, *last_slot;
    uint8_t *action, *done;
    float *reward;

    uint64_t *slot;                                /* (B) drawn */
    float *all_target;                             /* (B, A) of targets=all */
    float *out[AMS_MAX_LAYERS];                    /* (B, width[k + 1]) activations */
    float *slope[AMS_MAX_LAYERS];                  /* their gradients */
    double *sample_loss, *sample_q, *sample_error; /* (B) */
    uint32_t next_rows; /* R: next states that are asked for Q at a time */
    float
        *next_units[2]; /* (R, widest hidden layer) their activations, layer by layer in turn */
    float *worth[2];    /* (R, outputs) by the target network, and by the online one */
    float *bias_part;   /* (AMS_SUM_PARTS, units of all layers) */
    uint32_t *holds;    /* (F, words) bit s: sample s has the feature; 0 between updates */
    uint32_t words;     /* of a row of holds */
    double *squares;    /* (F + dense blocks) of the gradient, with clipping */
    float *clip_factor; /* (1) */
    uint32_t dense_blocks;
    uint8_t *order; /* (N, M) how items are scheduled: validation */
    /* Of each work that is launched for all runs at once; others may have more, or fewer. */
    uint32_t blocks[AMS_ROW_WORKS];
    uint32_t lanes; /* on the host: how many lanes a step is cut into */
} ams_view;

/* What the lanes of a block share while they work on a state. */
typedef struct ams_scratch {
    uint32_t item;
    uint64_t mask;
    uint64_t slot, next_mask;
    float y_reward, discount, y, weight;
    uint32_t terminal, next_action, action, valid;
    uint64_t remaining;
    float *part, *q, *other, *dq; /* (parts), (A), (A), (A) */
    float *out[AMS_MAX_LAYERS], *slope[AMS_MAX_LAYERS];
    double *sum, *sum2; /* (64) each: parts of sums, or one per action */
    uint32_t *on;       /* (S bits) of an item's possible features, which the state has */
    uint32_t *index;    /* (S) the state's features in the order of its item's entries, */
    float *value;       /* (S) and their values */
    uint32_t n_features;
    /* Of each row that a warp works on, (AMS_STEP_ROWS, ...): */
    uint32_t *held;      /* (AMS_HELD) samples whose states have the feature, */
    float *held_value;   /* and its values there */
    uint32_t *n_held;    /* (1) */
    uint32_t *row_valid; /* (1) some sample's state has the feature */
    double *row_sum;     /* (AMS_SUM_PARTS) */
} ams_scratch;

/* A step of a block's work: `call` for every lane of `lanes`, and none goes on before all have
 * done it. On the device a lane is a thread. Within a step no lane reads what another writes.
 *
 * AMS_LANES is one for which none waits: until the next at which they do, none needs what
 * another writes in it, or writes what another reads. AMS_ALONE and AMS_FIRST_LANE are the same
 * for what the first lane does alone. tests/cuda/sim/barriers.sh takes out every place where
 * lanes wait, and wants a test to fail without it. */
#ifdef __CUDA_ARCH__
#define AMS_LANES(v, call)                                                                     \
    do {                                                                                       \
        const uint32_t lane = threadIdx.x;                                                     \
        const uint32_t lanes = blockDim.x;                                                     \
        call;                                                                                  \
    } while (0)
#define AMS_FIRST_LANE(v, call)                                                                \
    do {                                                                                       \
        if (threadIdx.x == 0) {                                                                \
            call;                                                                              \
        }                                                                                      \
    } while (0)
#define AMS_STEP(v, call)                                                                      \
    do {                                                                                       \
        AMS_LANES(v, call);                                                                    \
        __syncthreads();                                                                       \
    } while (0)
#define AMS_ALONE(v, call)                                                                     \
    do {                                                                                       \
        AMS_FIRST_LANE(v, call);                                                               \
        __syncthreads();                                                                       \
    } while (0)
#else
#define AMS_LANES(v, call)                                                                     \
    do {                                                                                       \
        const uint32_t lanes = (v)->lanes;                                                     \
        for (uint32_t lane = 0; lane < lanes; lane++) {                                        \
            call;                                                                              \
        }                                                                                      \
    } while (0)
#define AMS_FIRST_LANE(v, call)                                                                \
    do {                                                                                       \
        call;                                                                                  \
    } while (0)
#define AMS_STEP(v, call) AMS_LANES(v, call)
#define AMS_ALONE(v, call) AMS_FIRST_LANE(v, call)
#endif

/* The same for the lanes of a warp, as roll.h and rows.h have it. */
#ifdef __CUDA_ARCH__
#define AMS_WARP_LANES(v, call)                                                                \
    do {                                                                                       \
        const uint32_t lane = threadIdx.x % AMS_WARP;                                          \
        const uint32_t lanes = AMS_WARP;                                                       \
        (void)lanes;                                                                           \
        call;                                                                                  \
    } while (0)
#define AMS_WARP_STEP(v, call)                                                                 \
    do {                                                                                       \
        AMS_WARP_LANES(v, call);                                                               \
        __syncwarp();                                                                          \
    } while (0)
#else
#define AMS_WARP_LANES(v, call) AMS_LANES(v, call)
#define AMS_WARP_STEP(v, call) AMS_LANES(v, call)
#endif

/* Several lanes may write this at a time, all of them the same. The simulated device tells the
 * thread sanitizer so. */
#ifndef AMS_PUT_SAME
#define AMS_PUT_SAME(to, value) (*(to) = (value))
#endif

/* Hints for the device's compiler: a loop of a fixed length is unrolled, another is not; a load
 * from global memory that may stay in the first-level cache; what a local pointer points to. */
#ifdef __CUDA_ARCH__
#define AMS_EACH _Pragma("unroll")
#define AMS_ROLLED _Pragma("unroll 1")
#define AMS_LOAD(p) __ldca(p)
#define AMS_SHARED(p) __builtin_assume(__isShared(p))
#else
#define AMS_EACH
#define AMS_ROLLED
#define AMS_LOAD(p) (*(p))
#define AMS_SHARED(p) ((void)(p))
#endif

/* Word c of four that one load from shared memory brings, with element c % 4 = 0: to[c % 4] =
 * from[c]. On the host they come one by one. */
#ifdef __CUDA_ARCH__
#define AMS_READ_FOUR(to, from, c)                                                             \
    do {                                                                                       \
        if ((c) % 4 == 0) {                                                                    \
            const float4 four_ = *(const float4 *)&(from)[c];                                  \
            memcpy(to, &four_, sizeof four_);                                                  \
        }                                                                                      \
    } while (0)
#else
#define AMS_READ_FOUR(to, from, c) ((to)[0] = (from)[0])
#endif

/* A sum over elements [begin, end) whose loads do not wait for each other: `ahead` are under
 * way at a time, where a plain loop would wait the latency of the second-level cache for each.
 * `find` puts where element i + c is into an array at c < ahead, `load` brings it from global
 * memory into another, `add` adds it; they are statements. The order of additions is that of
 * the elements. On the host they come one by one. */
#ifdef __CUDA_ARCH__
#define AMS_ALL_AHEAD(ahead, condition, statement)                                             \
    AMS_EACH                                                                                   \
    for (uint32_t c = 0; c < (ahead); c++) {                                                   \
        if (condition) {                                                                       \
            statement;                                                                         \
        }                                                                                      \
    }
#define AMS_SUM_AHEAD(ahead, rest, begin, end, find, load, add)                                \
    do {                                                                                       \
        const uint32_t end_ = (end);                                                           \
        uint32_t i = (begin);                                                                  \
        AMS_ROLLED                                                                             \
        for (; i + (ahead) <= end_; i += (ahead)) {                                            \
            AMS_ALL_AHEAD(ahead, true, find)                                                   \
            AMS_ALL_AHEAD(ahead, true, load)                                                   \
            AMS_ALL_AHEAD(ahead, true, add)                                                    \
        }                                                                                      \
        AMS_ROLLED                                                                             \
        for (; i < end_; i += (rest)) {                                                        \
            const uint32_t left_ = end_ - i;                                                   \
            AMS_ALL_AHEAD(rest, c < left_, find)                                               \
            AMS_ALL_AHEAD(rest, c < left_, load)                                               \
            AMS_ALL_AHEAD(rest, c < left_, add)                                                \
        }                                                                                      \
    } while (0)
#else
#define AMS_SUM_AHEAD(ahead, rest, begin, end, find, load, add)                                \
    do {                                                                                       \
        const uint32_t end_ = (end);                                                           \
        const uint32_t c = 0;                                                                  \
        for (uint32_t i = (begin); i < end_; i++) {                                            \
            find;                                                                              \
            load;                                                                              \
            add;                                                                               \
        }                                                                                      \
    } while (0)
#endif

/* Whether this is the last of n blocks to come here; what they wrote before is seen by it. It
 * leaves *ticket at 0. By one lane of each, after a barrier. */
AMS_HOST_DEVICE static inline int ams_comes_last(uint32_t *ticket, uint32_t n)
{
#ifdef __CUDA_ARCH__
    __threadfence();
    const uint32_t before = atomicAdd(ticket, 1);
    __threadfence();
#else
    const uint32_t before = (*ticket)++;
#endif
    if (before + 1 != n) {
        return 0;
    }
#ifdef __CUDA_ARCH__
    (void)atomicExch(ticket, 0); /* an ordinary store would race with the others' additions */
#else
    *ticket = 0;
#endif
    return 1;
}

/* Integers only: their result does not depend on the order. */
AMS_HOST_DEVICE static inline void ams_or(uint32_t *word, uint32_t bits)
{
#ifdef __CUDA_ARCH__
    atomicOr(word, bits);
#else
    *word |= bits;
#endif
}

AMS_HOST_DEVICE static inline void ams_raise(uint32_t *word, uint32_t value)
{
#ifdef __CUDA_ARCH__
    atomicMax(word, value);
#else
    *word = value > *word ? value : *word;
#endif
}

/* First element of part p of n elements in `parts` parts; that of part p + 1 is its end. */
AMS_HOST_DEVICE static inline uint32_t ams_part_begin(uint32_t n, uint32_t parts, uint32_t p)
{
    return (uint32_t)((uint64_t)n * p / parts);
}

AMS_HOST_DEVICE static inline double ams_sum_of_parts(const double *part)
{
    double sum = 0;
    for (uint32_t p = 0; p < AMS_SUM_PARTS; p++) {
        sum += part[p];
    }
    return sum;
}

/* Blocks that the rows of the first layer take. */
AMS_HOST_DEVICE static inline uint32_t ams_row_blocks(const ams_view *v)
{
    return (v->width[0] + AMS_STEP_ROWS - 1) / AMS_STEP_ROWS;
}

/* Float e of row r of a matrix with rows of `stride` bytes: one multiply-add of an address. */
AMS_HOST_DEVICE static inline const float *ams_row_float(const float *matrix, uint32_t r,
                                                         uint32_t stride, uint32_t e)
{
    return (const float *)((const char *)(matrix + e) + (uint64_t)r * stride);
}

AMS_HOST_DEVICE static inline uint32_t ams_dot_parts(uint32_t outputs)
{
    return outputs <= AMS_NARROW ? AMS_DOT_PARTS : 1;
}

/* -- the shared memory of a block -- */

/* The simulated device leaves a gap after each array, which nothing may touch. */
#ifndef AMS_GAP
#define AMS_GAP 0
#define AMS_GUARD(from, bytes) ((void)0)
#endif

/* The next `bytes` of what begins at base, of which *at are taken; NULL with NULL. */
AMS_HOST_DEVICE static inline void *ams_take_bytes(unsigned char *base, uint64_t *at,
                                                   uint64_t bytes)
{
    void *array = base == NULL ? NULL : base + *at;
    *at += bytes;
    if (AMS_GAP > 0) {
        const uint64_t end = (*at + 7) / 8 * 8 + AMS_GAP;
        if (base != NULL) {
            AMS_GUARD(base + *at, end - *at);
        }
        *at = end;
    }
    return array;
}

/* The same for n words that are read four at a time: 16-byte aligned, whole fours. */
AMS_HOST_DEVICE static inline void *ams_take_fours(unsigned char *base, uint64_t *at,
                                                   uint64_t n)
{
    *at = (*at + 15) / 16 * 16;
    return ams_take_bytes(base, at, (n + 3) / 4 * 16);
}

/* Words of the bits of an item's possible features. */
AMS_HOST_DEVICE static inline uint32_t ams_place_words(const ams_view *v)
{
    return (v->env.max_features + AMS_WORD - 1) / AMS_WORD;
}

/* Lays the arrays of ams_scratch that hold a state and its Q, from base on, which is 16-byte
 * aligned; returns their bytes. With NULL it only measures. */
AMS_HOST_DEVICE static inline uint64_t
ams_scratch_place_state(const ams_view *v, ams_scratch *s, unsigned char *base)
{
    const uint32_t actions = v->env.n_actions;
    uint64_t at = 0;
    s->sum = (double *)ams_take_bytes(base, &at, AMS_MOST_SUMS * sizeof(double));
    s->sum2 = (double *)ams_take_bytes(base, &at, AMS_MOST_SUMS * sizeof(double));
    s->index = (uint32_t *)ams_take_fours(base, &at, v->env.max_features);
    s->value = (float *)ams_take_fours(base, &at, v->env.max_features);
    s->on = (uint32_t *)ams_take_bytes(base, &at, ams_place_words(v) * sizeof(uint32_t));
    s->q = (float *)ams_take_bytes(base, &at, (actions + 1) * sizeof(float));
    s->other = (float *)ams_take_bytes(base, &at, (actions + 1) * sizeof(float));
    s->dq = (float *)ams_take_bytes(base, &at, (actions + 1) * sizeof(float));
    return at;
}

/* The same with the arrays that hold the layers' units. */
AMS_HOST_DEVICE static inline uint64_t ams_scratch_place(const ams_view *v, ams_scratch *s,
                                                         unsigned char *base)
{
    uint64_t at = ams_scratch_place_state(v, s, base);
    uint32_t parts = 0;
    for (uint32_t k = 0; k < v->n_layers; k++) {
        s->out[k] = (float *)ams_take_bytes(base, &at, v->width[k + 1] * sizeof(float));
        s->slope[k] = (float *)ams_take_bytes(base, &at, v->width[k + 1] * sizeof(float));
        if (k > 0) {
            uint32_t n = ams_dot_parts(v->width[k + 1]) * v->width[k + 1];
            parts = n > parts ? n : parts;
        }
    }
    const uint64_t rows = AMS_STEP_ROWS;
    at = (at + 7) / 8 * 8;
    s->row_sum = (double *)ams_take_bytes(base, &at, rows * AMS_SUM_PARTS * sizeof(double));
    s->held = (uint32_t *)ams_take_fours(base, &at, rows * AMS_HELD);
    s->held_value = (float *)ams_take_fours(base, &at, rows * AMS_HELD);
    s->n_held = (uint32_t *)ams_take_bytes(base, &at, rows * sizeof(uint32_t));
    s->row_valid = (uint32_t *)ams_take_bytes(base, &at, rows * sizeof(uint32_t));
    s->part = (float *)ams_take_bytes(base, &at, parts * sizeof(float));
    return (at + 7) / 8 * 8;
}

#endif
