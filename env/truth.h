/* Reading and checking the right answers of a file. Private to env/. */
#ifndef AMS_ENV_TRUTH_H
#define AMS_ENV_TRUTH_H

#include "ams/table.h"
#include "env/h5.h"

/* The file's, of all n_items items; nothing where it has none. Not checked yet. */
ams_status ams_load_truth(ams_table *table, const ams_h5 *file, ams_error *err);
/* Those of item (part->n_items) of another table with the same labels. */
ams_status ams_truth_pick(ams_table *part, const ams_table *from, const uint32_t *item,
                          ams_error *err);

#endif
