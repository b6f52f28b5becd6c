/* Where the executions of an import stand and how long they took, item by item. Private to
 * data/.
 *
 * In blocks that never move: an array that grows is copied again and again, and touches twice
 * the memory that it holds, whose pages the system clears one by one. */
#ifndef AMS_DATA_EXECUTIONS_H
#define AMS_DATA_EXECUTIONS_H

#include "ams/status.h"

#include <stddef.h>
#include <stdint.h>

#define AMS_NO_RUN UINT64_MAX

enum { AMS_EXECUTIONS_BLOCK = 256 }; /* items per block */

typedef struct ams_executions_block {
    uint64_t *offset; /* (AMS_EXECUTIONS_BLOCK, M) in the spool */
    float *time_ms;   /* the same; NULL while no execution has a time */
} ams_executions_block;

typedef struct ams_executions {
    uint32_t n_models; /* to be set first */
    uint32_t n_items;
    ams_executions_block *block;
    size_t n_blocks, capacity;
} ams_executions;

void ams_executions_fini(ams_executions *executions);
/* One more item, without executions. */
ams_status ams_executions_add(ams_executions *executions, ams_error *err);
/* A time that is not NAN. */
ams_status ams_executions_set_time(ams_executions *executions, uint32_t item, uint32_t model,
                                   float time_ms, ams_error *err);

/* (M) places of an item's executions in the spool, AMS_NO_RUN where there is none. */
static inline uint64_t *ams_executions_of(const ams_executions *executions, uint32_t item)
{
    return executions->block[item / AMS_EXECUTIONS_BLOCK].offset +
           (size_t)(item % AMS_EXECUTIONS_BLOCK) * executions->n_models;
}

/* (M) times of an item's executions, NAN where a row has none; NULL where none has. */
static inline const float *ams_executions_times(const ams_executions *executions, uint32_t item)
{
    const float *time_ms = executions->block[item / AMS_EXECUTIONS_BLOCK].time_ms;
    return time_ms == NULL
               ? NULL
               : time_ms + (size_t)(item % AMS_EXECUTIONS_BLOCK) * executions->n_models;
}

#endif
