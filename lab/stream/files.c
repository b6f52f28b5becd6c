/* Files of a workload besides its data: recorded requests, a fitted predictor. */
#include "ams/stream_study.h"

#include "lab/stream/outputs.h"

#include <string.h>

/* An item's place among those of the split. */
static bool find_item(const void *context, const char *id, uint32_t *item)
{
    const ams_stream_data *d = context;
    const uint32_t row = ams_names_find(&d->table.item_id, id, strlen(id));
    uint32_t low = 0;
    uint32_t high = d->work[2].n_items;
    while (row != AMS_NO_NAME && low < high) { /* places rise */
        const uint32_t middle = (low + high) / 2;
        if (d->item[2][middle] < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *item = low;
    return row != AMS_NO_NAME && low < d->work[2].n_items && d->item[2][low] == row;
}

ams_status ams_stream_data_read_trace(const ams_stream_data *data, ams_stream_trace *trace,
                                      const char *path, ams_error *err)
{
    return ams_stream_trace_read(trace, path, data->work[2].n_items, find_item, data, err);
}

/* Stages of models that differ from item to item have no names. */
static ams_status name_models(ams_saved_predictor *saved, const ams_stream_data *d,
                              ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < saved->n_models; k++) {
        const char *name = ams_names_get(&d->table.model_name, d->model[k]);
        uint32_t index = 0;
        AMS_TRY(ams_names_add(&saved->model, name, strlen(name), &index, err));
    }
    if (d->order[AMS_TRAIN] != NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "a predictor is saved of stages that are one model each: expected "
                          "--stages with a network, task:NAME or models, found policy:%s",
                          d->policy);
    }
out:
    return status;
}

ams_status ams_stream_data_write_predictor(const ams_stream_data *data, const char *predictor,
                                           const char *path, ams_error *err)
{
    const ams_workload *w = &data->work[AMS_TRAIN];
    ams_saved_predictor saved = {.sets = w->sets, .n_models = w->n_models};
    ams_status status = AMS_OK;
    predictor = predictor == NULL ? "mean" : predictor;
    AMS_TRY(name_models(&saved, data, err));
    if (strcmp(predictor, "outputs") == 0) {
        AMS_TRY(ams_stream_outputs_fit(&saved.regressions, data, err));
    } else if (strcmp(predictor, "mean") == 0 || strcmp(predictor, "calibrated") == 0) {
        AMS_TRY(ams_fitted_create(&saved.fitted, predictor, w, w, 0, err));
    } else {
        status =
            ams_fail(err, AMS_USAGE,
                     "expected mean, calibrated or outputs as the predictor that is saved, "
                     "found %s",
                     predictor);
        goto out;
    }
    status = ams_saved_predictor_write(&saved, path, err);
out:
    ams_saved_predictor_fini(&saved);
    return status;
}
