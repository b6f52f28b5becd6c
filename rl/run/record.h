/* What a training run's folder says of the run, for those who compare and export runs. */
#ifndef AMS_RL_RUN_RECORD_H
#define AMS_RL_RUN_RECORD_H

#include "ams/table.h"

/* manifest.json: the data set that the run was trained on. *path is the caller's to free.
 * @return AMS_BAD_DATA where there is no manifest, or it does not say. */
ams_status ams_run_record_data(const char *directory, char **path, char hash[AMS_HASH_TEXT],
                               ams_error *err);
/* config.ini: the key `items`, how many training items the run was limited to; 0: all, also in
 * folders from before there was such a key. @return AMS_IO, AMS_BAD_DATA. */
ams_status ams_run_record_items(const char *directory, uint64_t *items, ams_error *err);
/* timing.tsv: seconds of training, over all processes that continued the run; NAN where there
 * is no such file. @return AMS_IO, AMS_BAD_DATA. */
ams_status ams_run_record_seconds(const char *directory, double *seconds, ams_error *err);

#endif
