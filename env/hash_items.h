/* The content hash of items that lie in a table. Private to env/. */
#ifndef AMS_ENV_HASH_ITEMS_H
#define AMS_ENV_HASH_ITEMS_H

#include "ams/writer.h"

/* What ams_hasher_item and ams_hasher_row take, of an item of a table with the models and
 * labels of the hasher's head; its rows need not be in the order of the labels' names. */
ams_status ams_hasher_table_item(ams_hasher *hasher, const ams_table *table, uint32_t item,
                                 ams_error *err);

/* Sets `used` (L) for every true label. */
void ams_mark_truth(const ams_table *table, bool *used);

#endif
