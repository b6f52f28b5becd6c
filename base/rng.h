/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011; Debian's Random123).
 *
 * A number is a pure function of (seed, stream, counter): the draw of slot 17 of update 1,000
 * can be computed anywhere, in any order, on any thread or device, and after a resume. */
#ifndef AMS_BASE_RNG_H
#define AMS_BASE_RNG_H

#include "base/device.h"

#include <stdint.h>

/* Each independent use of a seed has its own stream; new ones are appended, never renumbered,
 * since a renumbered stream changes every committed result. */
typedef enum ams_stream {
    AMS_STREAM_SPLIT = 1,   /* items to train, validation, test; xored with the group's hash */
    AMS_STREAM_INIT = 2,    /* initial weights; counter = parameter index */
    AMS_STREAM_EPISODE = 3, /* which item an environment starts with */
    AMS_STREAM_EXPLORE = 4, /* epsilon-greedy coin and the random action */
    AMS_STREAM_SAMPLE = 5,  /* replay slots of a minibatch */
    AMS_STREAM_RANDOM = 6,  /* the `random` policy's orders */
    AMS_STREAM_BOOTSTRAP = 7,
    AMS_STREAM_STATES = 8,    /* states that the `linear` policy is fitted on */
    AMS_STREAM_DROPOUT = 9,   /* hidden units dropped in an update */
    AMS_STREAM_SPACE = 10,    /* a trial's settings; xored with the key's hash */
    AMS_STREAM_SYNTH = 11,    /* generated items: what is on them and what models see of it */
    AMS_STREAM_ITEMS = 12,    /* training items of a run with items=N */
    AMS_STREAM_GOLDEN = 13,   /* states on which an export is compared with its policy */
    AMS_STREAM_RULES = 14,    /* orders of the `rules-random` policy */
    AMS_STREAM_ARRIVALS = 15, /* when jobs of a stream arrive */
    AMS_STREAM_JOBS = 16,  /* which item a job is, its deadline; counter = client and number */
    AMS_STREAM_NOISE = 17, /* how long executions take; counter = job and model */
    AMS_STREAM_CHOICES = 18, /* costs and links of simulated choices; counter = panel, draw */
    AMS_STREAM_LINKS = 19,   /* of networks as links: initial weights, order, dropout */
    AMS_STREAM_FOLDS = 20,   /* training items to folds */
    AMS_STREAM_MIX = 21,     /* which of two policies decides on an item; counter = item */
    AMS_STREAM_VECTOR_ENV = 22,   /* which item an environment of ams_vector_env is about */
    AMS_STREAM_REFINE_ITEM = 23,  /* items of an update of refinement */
    AMS_STREAM_REFINE_ORDER = 24, /* their orders; counter = update, execution, order */
    AMS_STREAM_TEST = 100         /* tests and generated examples */
} ams_stream;

/* Four independent 32-bit words of (seed, stream, counter). */
void ams_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t words[4]);
/* The same for n consecutive counters: words (n, 4). With vectors this takes a fraction of the
 * time. */
void ams_philox_row(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t n,
                    uint32_t *words);

/* A word as a double in [0, 1): all 32 bits, so the result is exact on every machine. */
AMS_HOST_DEVICE static inline double ams_unit(uint32_t word)
{
    return (double)word * 0x1p-32;
}

/* A word as an integer in [0, n). Bias below n / 2^32, so under 1e-5 for n < 40,000;
 * one multiplication, no loop, which is what a GPU thread needs. */
AMS_HOST_DEVICE static inline uint32_t ams_below(uint32_t word, uint32_t n)
{
    return (uint32_t)(((uint64_t)word * n) >> 32);
}

/* The same words drawn one after the other, for code that is sequential anyway. */
typedef struct ams_rng {
    uint64_t seed, stream, counter;
    uint32_t words[4];
    int left; /* unused words */
} ams_rng;

ams_rng ams_rng_init(uint64_t seed, uint64_t stream);
uint32_t ams_rng_next(ams_rng *rng);
/* Uniform in [0, n), n > 0, without bias (rejection). */
uint32_t ams_rng_below(ams_rng *rng, uint32_t n);
double ams_rng_unit(ams_rng *rng);
/* Fisher-Yates over n values. */
void ams_rng_shuffle(ams_rng *rng, uint32_t *values, uint32_t n);

#endif
