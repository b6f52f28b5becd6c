/* Readers of the parts of an outputs file that ams_table_read and ams_table_file share. Private
 * to env/. */
#ifndef AMS_ENV_TABLE_LOAD_H
#define AMS_ENV_TABLE_LOAD_H

#include "ams/table.h"
#include "env/h5.h"

/* Format, version, numbers of models, labels and items, attributes, models and label names. */
ams_status ams_load_head(ams_table *table, const ams_h5 *file, ams_error *err);
/* Strings [first, first + rows) of the set's n, added to names. index (rows) says which name
 * each is; NULL: names that are there already are refused. */
ams_status ams_load_names(const ams_h5 *file, const char *set, uint64_t n, uint64_t first,
                          uint64_t rows, ams_names *names, uint32_t *index, ams_error *err);

#endif
