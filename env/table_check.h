/* The rules of a table in parts, so that the streaming writer applies the same ones row by row.
 * Private to env/. */
#ifndef AMS_ENV_TABLE_CHECK_H
#define AMS_ENV_TABLE_CHECK_H

#include "ams/table.h"

/* Models and labels, and that there are items. */
ams_status ams_check_models(const ams_table *head, ams_error *err);
/* Models, labels and items: everything but indptr, outputs and execution times. */
ams_status ams_check_head(const ams_table *head, ams_error *err);
/* exits.c: networks and stages of exits. */
ams_status ams_check_exits(const ams_table *head, ams_error *err);
/* The right labels; needs models, labels and n_items. */
ams_status ams_check_truth(const ams_table *head, ams_error *err);
/* label_task (L), free() it: the task of each label's name, AMS_NO_NAME if no model has it. */
ams_status ams_label_tasks(const ams_table *head, uint32_t **label_task, ams_error *err);
/* One execution, row = item * M + model; time_ms is NULL without recorded times. */
ams_status ams_check_row(const ams_table *head, const uint32_t *label_task, uint64_t row,
                         const uint32_t *label, const float *conf, uint64_t count,
                         const float *time_ms, ams_error *err);

#endif
