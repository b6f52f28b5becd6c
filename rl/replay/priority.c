#include "rl/replay/priority.h"

#include "base/memory.h"
#include "base/rng.h"
#include "rl/net/math.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ams_alloc aligns to one. */
_Static_assert(AMS_TREE_CHILDREN * sizeof(double) == 64, "a node is a cache line");

enum { CHILD_BITS = 3 };
_Static_assert(1 << CHILD_BITS == AMS_TREE_CHILDREN, "places of a level by shifts");

/* Every level is padded with zeros to whole nodes. */
static uint64_t padded(uint64_t width)
{
    return (width + AMS_TREE_CHILDREN - 1) / AMS_TREE_CHILDREN * AMS_TREE_CHILDREN;
}

ams_status ams_priority_init(ams_priority *p, uint64_t n, ams_error *err)
{
    *p = (ams_priority){.n = n, .top = 1};
    uint64_t values = 0;
    for (uint64_t width = padded(n);; width = padded(width / AMS_TREE_CHILDREN)) {
        p->width[p->n_levels++] = width;
        values += width;
        if (width == AMS_TREE_CHILDREN) {
            break;
        }
    }
    ams_status status = ams_alloc(&p->storage, (size_t)values, sizeof *p->storage,
                                  "priorities of the replay", err);
    if (status != AMS_OK) {
        *p = (ams_priority){0};
        return status;
    }
    double *at = p->storage;
    for (uint32_t k = 0; k < p->n_levels; k++) {
        p->level[k] = at;
        at += p->width[k];
    }
    return AMS_OK;
}

void ams_priority_fini(ams_priority *p)
{
    free(p->storage);
    *p = (ams_priority){0};
}

/* Sums above level k's value `i`. */
static void sum_up(ams_priority *p, uint32_t k, uint64_t i)
{
    for (; k + 1 < p->n_levels; k++) {
        i /= AMS_TREE_CHILDREN;
        p->level[k + 1][i] = ams_tree_sum(p->level[k] + i * AMS_TREE_CHILDREN);
    }
}

void ams_priority_set(ams_priority *p, uint64_t slot, double priority)
{
    p->level[0][slot] = priority;
    sum_up(p, 0, slot);
}

double ams_priority_total(const ams_priority *p)
{
    return ams_tree_sum(p->level[p->n_levels - 1]);
}

uint64_t ams_priority_find(const ams_priority *p, double at)
{
    return ams_tree_find(p->level, p->n_levels, at);
}

ams_status ams_priority_rebuild(ams_priority *p, uint64_t size, ams_error *err)
{
    bool good = p->top >= 1 && isfinite(p->top);
    for (uint64_t i = 0; i < size; i++) {
        double priority = p->level[0][i];
        good = good && priority >= 0 && priority <= p->top;
    }
    memset(p->level[0] + size, 0, (size_t)(p->width[0] - size) * sizeof *p->level[0]);
    for (uint32_t k = 0; k + 1 < p->n_levels; k++) {
        for (uint64_t i = 0; i < p->width[k] / AMS_TREE_CHILDREN; i++) {
            p->level[k + 1][i] = ams_tree_sum(p->level[k] + i * AMS_TREE_CHILDREN);
        }
    }
    if (!good || !(ams_priority_total(p) > 0)) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "expected priorities of the replay from 0 to the largest one given, and "
            "not all 0");
    }
    return AMS_OK;
}

/* ams_tree_child without a branch, which a draw makes hard to foretell: how many children end
 * at or before *at. In the rare case that *at is past them all it is the caller's. */
static inline uint32_t children_before(const double *child, double *at)
{
    double rest = *at;
    uint32_t passed = 0;
    uint32_t on = 1;
    for (uint32_t i = 0; i < AMS_TREE_CHILDREN; i++) {
        on &= rest >= child[i];
        rest -= on != 0 ? child[i] : 0;
        passed += on;
    }
    *at = passed < AMS_TREE_CHILDREN ? rest : *at;
    return passed;
}

/* ams_priority_find of `count` draws, level by level, so that one does not wait for the loads
 * and sums of another. */
static void find_together(const ams_priority *p, uint32_t count, double *at, uint64_t *slot)
{
    memset(slot, 0, count * sizeof *slot);
    for (uint32_t k = p->n_levels; k-- > 0;) {
        for (uint32_t i = 0; i < count; i++) {
            const uint64_t first = slot[i] * AMS_TREE_CHILDREN;
            const double *child = p->level[k] + first;
            const uint32_t passed = children_before(child, &at[i]);
            slot[i] =
                first + (passed < AMS_TREE_CHILDREN ? passed : ams_tree_child(child, &at[i]));
            if (k > 0) {
                __builtin_prefetch(p->level[k - 1] + slot[i] * AMS_TREE_CHILDREN);
            }
        }
    }
}

void ams_priority_sample(const ams_priority *p, uint64_t seed, uint64_t t, uint32_t n,
                         uint64_t *slot)
{
    enum { TOGETHER = 64 };
    const double part = ams_priority_total(p) / n;
    for (uint32_t first = 0; first < n; first += TOGETHER) {
        uint32_t words[TOGETHER][4];
        const uint32_t count = n - first < TOGETHER ? n - first : TOGETHER;
        ams_philox_row(seed, AMS_STREAM_SAMPLE, t * n + first, count, words[0]);
        double at[TOGETHER];
        for (uint32_t i = 0; i < count; i++) {
            /* 53 bits: 32 would leave slots of a large replay out. */
            double unit = ams_unit(words[i][0]) + (double)(words[i][1] >> 11) * 0x1p-53;
            at[i] = (first + i + unit) * part;
        }
        find_together(p, count, at, slot + first);
    }
}

/* N and the total cancel out: the largest weight is that of the smallest priority. */
void ams_priority_weights(const ams_priority *p, double beta, uint32_t n, const uint64_t *slot,
                          float *weight)
{
    double least = INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double priority = p->level[0][slot[i]];
        least = priority < least ? priority : least;
    }
    for (uint32_t i = 0; i < n; i++) {
        weight[i] = (float)pow(least / p->level[0][slot[i]], beta);
    }
}

void ams_priority_learn(ams_priority *p, double alpha, double epsilon, uint32_t n,
                        const uint64_t *slot, const float *error)
{
    for (uint32_t i = 0; i < n; i++) {
        double priority = ams_priority_of((double)error[i], alpha, epsilon);
        p->top = priority > p->top ? priority : p->top;
        p->level[0][slot[i]] = priority;
    }
    /* Slots of a minibatch ascend, so those that share a parent follow each other. Level by
     * level, since then no sum waits for the one before. */
    for (uint32_t k = 0, shift = CHILD_BITS; k + 1 < p->n_levels; k++, shift += CHILD_BITS) {
        uint64_t last = UINT64_MAX;
        for (uint32_t i = 0; i < n; i++) {
            const uint64_t parent = slot[i] >> shift;
            if (parent != last) {
                p->level[k + 1][parent] =
                    ams_tree_sum(p->level[k] + parent * AMS_TREE_CHILDREN);
            }
            last = parent;
        }
    }
}
