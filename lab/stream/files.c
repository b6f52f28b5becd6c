/* Files of a workload besides its data: recorded requests, a fitted predictor. */
#include "ams/stream_study.h"

#include "base/file.h"

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

static ams_status print_predictor(FILE *stream, const void *context, ams_error *err)
{
    return ams_fitted_print(context, stream, err);
}

ams_status ams_stream_data_write_predictor(const ams_stream_data *data, const char *path,
                                           ams_error *err)
{
    ams_fitted *fitted = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_fitted_create(&fitted, "mean", &data->work[0], &data->work[0], 0, err));
    status = ams_file_write(NULL, path, print_predictor, fitted, err);
out:
    ams_fitted_destroy(fitted);
    return status;
}
