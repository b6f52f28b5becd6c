#include "data/executions.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

void ams_executions_fini(ams_executions *executions)
{
    for (size_t k = 0; k < executions->n_blocks; k++) {
        free(executions->block[k].offset);
        free(executions->block[k].time_ms);
    }
    free(executions->block);
    *executions = (ams_executions){0};
}

static ams_status add_block(ams_executions *e, ams_error *err)
{
    const size_t runs = (size_t)AMS_EXECUTIONS_BLOCK * e->n_models;
    ams_executions_block block = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&e->block, &e->capacity, e->n_blocks + 1, sizeof *e->block, "executions",
                     err));
    AMS_TRY(ams_alloc_unset(&block.offset, runs, sizeof *block.offset, "executions", err));
    e->block[e->n_blocks++] = block;
out:
    return status;
}

ams_status ams_executions_add(ams_executions *executions, ams_error *err)
{
    const uint32_t item = executions->n_items;
    ams_status status = AMS_OK;
    if (item / AMS_EXECUTIONS_BLOCK == executions->n_blocks) {
        AMS_TRY(add_block(executions, err));
    }
    executions->n_items++;
    uint64_t *offset = ams_executions_of(executions, item);
    for (uint32_t m = 0; m < executions->n_models; m++) {
        offset[m] = AMS_NO_RUN;
    }
out:
    return status;
}

ams_status ams_executions_set_time(ams_executions *executions, uint32_t item, uint32_t model,
                                   float time_ms, ams_error *err)
{
    const size_t runs = (size_t)AMS_EXECUTIONS_BLOCK * executions->n_models;
    ams_executions_block *block = &executions->block[item / AMS_EXECUTIONS_BLOCK];
    ams_status status = AMS_OK;
    if (block->time_ms == NULL) {
        AMS_TRY(
            ams_alloc_unset(&block->time_ms, runs, sizeof *block->time_ms, "executions", err));
        for (size_t k = 0; k < runs; k++) {
            block->time_ms[k] = NAN;
        }
    }
    block->time_ms[(size_t)(item % AMS_EXECUTIONS_BLOCK) * executions->n_models + model] =
        time_ms;
out:
    return status;
}
