/* A tree of sums in which eight values share a parent, for the host and for a CUDA device: the
 * segment tree of prioritised replay.
 *
 * level[0] (n) has the values, level[k + 1] the sums of eight neighbours of level[k]; the last
 * level is one node of up to 8 sums. Every level is padded with zeros to whole nodes. A node's
 * children are one cache line, so a draw from 100,000 values reads 6 lines where a binary tree
 * reads 17. A sum is always computed from its eight children in their order: the tree is a pure
 * function of the values, nothing drifts, and host and device have the same bits. */
#ifndef AMS_RL_REPLAY_TREE_H
#define AMS_RL_REPLAY_TREE_H

#include "base/device.h"

#include <stdint.h>

enum {
    AMS_TREE_CHILDREN = 8,
    AMS_TREE_LEVELS = 12 /* enough for 2^33 values */
};

/* The sum of a node's children. */
AMS_HOST_DEVICE static inline double ams_tree_sum(const double *child)
{
    double sum = 0;
    for (uint32_t c = 0; c < AMS_TREE_CHILDREN; c++) {
        sum += child[c];
    }
    return sum;
}

/* The child that *at falls into, counted from the node's beginning; *at is then counted from
 * that child's beginning. Where rounding has put *at past the end, it is the last child that is
 * not 0. */
AMS_HOST_DEVICE static inline uint32_t ams_tree_child(const double *child, double *at)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < AMS_TREE_CHILDREN; i++) {
        if (child[i] > 0) {
            last = i;
            if (*at < child[i]) {
                return i;
            }
            *at -= child[i];
        }
    }
    *at = child[last]; /* past its end as well: its last child, and so on down */
    return last;
}

/* The value where the sum of the values in ascending order first exceeds `at`, which is in [0,
 * total); never a value of 0 while there is another. */
AMS_HOST_DEVICE static inline uint64_t ams_tree_find(double *const level[AMS_TREE_LEVELS],
                                                     uint32_t n_levels, double at)
{
    uint64_t i = 0;
    for (uint32_t k = n_levels; k-- > 0;) {
        i = i * AMS_TREE_CHILDREN;
        i += ams_tree_child(level[k] + i, &at);
    }
    return i;
}

#endif
