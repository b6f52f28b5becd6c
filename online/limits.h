/* What to start now, when time and memory are short: Algorithms 1 and 2 of the papers, and the
 * rules they are measured against. Header-only, no allocation, no I/O, no state: every decision
 * is a pure function of the moment, so the simulator and an online scheduler share it.
 *
 * Call it when an item begins and after every execution that ends, with fresh values; start the
 * models whose bits come back. No bits: wait if something runs, else the item is done.
 *
 * M models (at most 64: one mask word). Times in ms since the item began, memory in MB. */
#ifndef AMS_ONLINE_LIMITS_H
#define AMS_ONLINE_LIMITS_H

#include "ams/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A model needs some memory: keeps value / (time x memory) finite. */
static inline float ams_limit_memory(float mem_mb)
{
    return mem_mb > 1e-3F ? mem_mb : 1e-3F;
}

static inline bool ams_fits_time(const ams_moment *at, const ams_limit_options *o, uint32_t m)
{
    /* Summed as the clock will be summed, so that what fits here ends in time there. */
    if (at->now_ms + (double)at->time_ms[m] <= at->deadline_ms) {
        return true;
    }
    if (o->late == AMS_LATE_NEVER || at->now_ms >= at->deadline_ms) {
        return false;
    }
    return o->late == AMS_LATE_ANY || (double)at->time_ms[m] <= at->deadline_ms;
}

/* used_mb includes what was started in this decision. */
static inline bool ams_fits_memory(const ams_moment *at, double used_mb, uint32_t m)
{
    return at->mem_mb == NULL || used_mb + (double)at->mem_mb[m] <= at->memory_mb;
}

static inline bool ams_wanted(const ams_moment *at, const ams_limit_options *o, uint32_t m)
{
    return o->negative != AMS_NEGATIVE_SKIP || at->value[m] > 0;
}

/* Remaining models that may start now while used_mb is in use. */
static inline uint64_t ams_startable(const ams_moment *at, const ams_limit_options *o,
                                     uint64_t remaining, double used_mb)
{
    uint64_t fit = 0;
    for (uint64_t bits = remaining; bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        if (ams_wanted(at, o, m) && ams_fits_time(at, o, m) &&
            ams_fits_memory(at, used_mb, m)) {
            fit |= bits & -bits;
        }
    }
    return fit;
}

/* Value per cost, such that more is better whatever the sign. */
static inline float ams_limit_score(float value, float cost, ams_negative negative)
{
    if (value >= 0) {
        return value / cost;
    }
    return negative == AMS_NEGATIVE_CLAMP ? 0 : value * cost;
}

/* What a value is divided by. */
typedef enum ams_cost { AMS_COST_NONE, AMS_COST_TIME, AMS_COST_MEMORY, AMS_COST_AREA } ams_cost;

static inline float ams_limit_cost(const ams_moment *at, ams_cost cost, uint32_t m)
{
    float memory = at->mem_mb == NULL ? 1 : ams_limit_memory(at->mem_mb[m]);
    switch (cost) {
    case AMS_COST_TIME:
        return at->time_ms[m];
    case AMS_COST_MEMORY:
        return memory;
    case AMS_COST_AREA:
        return at->time_ms[m] * memory;
    case AMS_COST_NONE:
        break;
    }
    return 1;
}

/* The candidate (not 0) with the largest value per cost; ties to the shorter, then the lower
 * index. */
static inline uint32_t ams_limit_best(const ams_moment *at, const ams_limit_options *o,
                                      uint64_t candidates, ams_cost cost)
{
    uint32_t best = (uint32_t)__builtin_ctzll(candidates);
    float best_score =
        ams_limit_score(at->value[best], ams_limit_cost(at, cost, best), o->negative);
    for (uint64_t bits = candidates & (candidates - 1); bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        float score = ams_limit_score(at->value[m], ams_limit_cost(at, cost, m), o->negative);
        if (score > best_score || (score == best_score && at->time_ms[m] < at->time_ms[best])) {
            best = m;
            best_score = score;
        }
    }
    return best;
}

/* The stop rule, over the models that did not start yet. */
static inline bool ams_should_stop(const ams_moment *at, const ams_limit_options *o)
{
    float largest = -__builtin_inff();
    double sum = 0;
    for (uint64_t bits = at->remaining; bits != 0; bits &= bits - 1) {
        float value = at->value[__builtin_ctzll(bits)];
        largest = value > largest ? value : largest;
        sum += value > 0 ? (double)value : 0;
    }
    switch (o->stop) {
    case AMS_STOP_VALUE:
        return (double)largest < o->stop_below;
    case AMS_STOP_SUM:
        return sum < o->stop_below;
    case AMS_STOP_END:
        return at->end_value > largest;
    case AMS_STOP_NEVER:
        break;
    }
    return false;
}

/* Algorithm 1: one model at a time, the largest value per time among those that end in time.
 * "Drop models with time > remaining budget; run argmax Q/time" is one line here; "subtract;
 * update the state; repeat" are the calls. With another cost the same loop is Q-greedy. */
static inline uint64_t ams_serial_best(const ams_moment *at, const ams_limit_options *o,
                                       ams_cost cost)
{
    if (at->running != 0 || ams_should_stop(at, o)) {
        return 0;
    }
    uint64_t candidates = ams_startable(at, o, at->remaining, 0);
    return candidates == 0 ? 0 : UINT64_C(1) << ams_limit_best(at, o, candidates, cost);
}

static inline uint64_t ams_algorithm_1(const ams_moment *at, const ams_limit_options *o)
{
    return ams_serial_best(at, o, AMS_COST_TIME);
}

/* One m* of Algorithm 2 and what ends by its end, beyond `started`: the models of both. Nothing
 * is added if nothing fits. The printed algorithm never subtracts the memory of m*, never tests
 * m* against the deadline, and its inner loop does not end when nothing fits. Here every start
 * passes both tests, and the loop ends when no model does. */
static inline uint64_t ams_algorithm_2_step(const ams_moment *at, const ams_limit_options *o,
                                            uint64_t started, double *used_mb)
{
    /* "Among models that fit the free memory": and, which it leaves out, the deadline. */
    uint64_t candidates = ams_startable(at, o, at->remaining & ~started, *used_mb);
    if (candidates == 0) {
        return started;
    }
    /* "m* = argmax Q / (time x mem)"; normalising time and memory does not move the argmax. */
    uint32_t m = ams_limit_best(at, o, candidates, AMS_COST_AREA);
    /* "temporary deadline = now + m*.time" */
    double until = at->now_ms + (double)at->time_ms[m];
    while (true) {
        started |= UINT64_C(1) << m;
        *used_mb += (double)at->mem_mb[m];
        /* "fill the free memory with argmax Q / mem among those that end by it" */
        candidates = 0;
        for (uint64_t bits = at->remaining & ~started; bits != 0; bits &= bits - 1) {
            uint32_t k = (uint32_t)__builtin_ctzll(bits);
            bool in_time = at->now_ms + (double)at->time_ms[k] <= until;
            candidates |= in_time ? bits & -bits : 0;
        }
        candidates = ams_startable(at, o, candidates, *used_mb);
        if (candidates == 0) {
            return started;
        }
        m = ams_limit_best(at, o, candidates, AMS_COST_MEMORY);
    }
}

/* Algorithm 2, as the papers' words have it: one m* per decision, then "wait for one to
 * finish", which is the next call. */
static inline uint64_t ams_algorithm_2(const ams_moment *at, const ams_limit_options *o)
{
    double used_mb = at->used_mb;
    return ams_should_stop(at, o) ? 0 : ams_algorithm_2_step(at, o, 0, &used_mb);
}

/* Algorithm 2 with another m*, and another temporary deadline, at the same moment for as long
 * as any model fits. */
static inline uint64_t ams_algorithm_2_again(const ams_moment *at, const ams_limit_options *o)
{
    double used_mb = at->used_mb;
    uint64_t started = 0;
    uint64_t before = 0;
    if (ams_should_stop(at, o)) {
        return 0;
    }
    do {
        before = started;
        started = ams_algorithm_2_step(at, o, started, &used_mb);
    } while (started != before);
    return started;
}

/* Largest value per cost that fits, again and again until nothing does. */
static inline uint64_t ams_parallel_best(const ams_moment *at, const ams_limit_options *o,
                                         ams_cost cost)
{
    uint64_t started = 0;
    double used_mb = at->used_mb;
    if (ams_should_stop(at, o)) {
        return 0;
    }
    while (true) {
        uint64_t candidates = ams_startable(at, o, at->remaining & ~started, used_mb);
        if (candidates == 0) {
            return started;
        }
        uint32_t m = ams_limit_best(at, o, candidates, cost);
        started |= UINT64_C(1) << m;
        used_mb += (double)at->mem_mb[m];
    }
}

/* First fit: the models of `order` (n) in that order, each started as soon as it fits. `value`
 * may be NULL: nothing is skipped or stopped. */
static inline uint64_t ams_first_fit(const ams_moment *at, const ams_limit_options *o,
                                     const uint8_t *order, uint32_t n)
{
    uint64_t started = 0;
    double used_mb = at->used_mb;
    if (at->mem_mb == NULL && at->running != 0) {
        return 0;
    }
    for (uint32_t k = 0; k < n; k++) {
        uint32_t m = order[k];
        if ((at->remaining >> m & 1) == 0 || !ams_fits_time(at, o, m) ||
            !ams_fits_memory(at, used_mb, m)) {
            continue;
        }
        started |= UINT64_C(1) << m;
        if (at->mem_mb == NULL) {
            return started;
        }
        used_mb += (double)at->mem_mb[m];
    }
    return started;
}

#endif
