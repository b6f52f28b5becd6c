/* What the two dynamic programs share: memory that is kept between plans. Private to stream/.
 */
#ifndef AMS_STREAM_PLANNER_H
#define AMS_STREAM_PLANNER_H

#include "ams/stream.h"

/* An end of a choice for the first jobs of a plan over sets. */
typedef struct planner_node {
    float end_ms[AMS_STREAM_SETS]; /* (machines) after the earliest t0 */
    uint32_t level;                /* sum of rewards */
    uint32_t parent;               /* in the row before */
    uint32_t option;               /* of this row's job */
    uint32_t next;                 /* candidates: the next one of its level */
} planner_node;

struct ams_planner {
    uint32_t cell;
    uint64_t rows, dropped;
    /* Depths: row i is at time[start[i]], its levels 0 .. start[i+1] - start[i] - 1. */
    float *time;
    size_t time_capacity;
    size_t *start;
    size_t start_capacity;
    uint64_t *key; /* (kept) of the jobs whose rows hold */
    size_t key_capacity;
    uint32_t kept;
    double t0_ms, first_ms;
    /* Sets. */
    planner_node *node; /* rows, one after the other */
    size_t node_capacity;
    planner_node *candidate;
    size_t candidate_capacity;
    uint32_t *head; /* (levels) first candidate of each level */
    size_t head_capacity;
};

/* A limit in float that is never above the one in double. */
static inline float ams_planner_limit(double ms)
{
    float limit = (float)ms;
    return (double)limit > ms ? __builtin_nextafterf(limit, -__builtin_inff()) : limit;
}

#endif
