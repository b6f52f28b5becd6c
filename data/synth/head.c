/* The head of a generated table: its models, before there is an item. */
#include "base/memory.h"
#include "data/synth/kind.h"

#include <string.h>

ams_status ams_synth_head_alloc(ams_table *head, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_alloc(&head->model_task, AMS_MAX_MODELS, sizeof *head->model_task, "models", err));
    AMS_TRY(ams_alloc(&head->theta, AMS_MAX_MODELS, sizeof *head->theta, "models", err));
    AMS_TRY(ams_alloc(&head->time_ms, AMS_MAX_MODELS, sizeof *head->time_ms, "models", err));
    AMS_TRY(ams_alloc(&head->mem_mb, AMS_MAX_MODELS, sizeof *head->mem_mb, "models", err));
out:
    return status;
}

ams_status ams_synth_head_model(ams_table *head, const char *name, const char *task,
                                double time_ms, double mem_mb, ams_error *err)
{
    uint32_t m = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&head->model_name, name, strlen(name), &m, err));
    AMS_TRY(ams_names_add(&head->task_name, task, strlen(task), &head->model_task[m], err));
    head->theta[m] = 1;
    head->time_ms[m] = (float)time_ms;
    head->mem_mb[m] = (float)mem_mb;
    head->n_models = m + 1;
out:
    return status;
}
