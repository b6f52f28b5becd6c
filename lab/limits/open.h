/* Between the files of lab/limits: opening the data of a setup. */
#ifndef AMS_LAB_LIMITS_OPEN_H
#define AMS_LAB_LIMITS_OPEN_H

#include "ams/limit_setup.h"

/* Fills table, and of the one item: item and file_item; of the file: data_hash, n_items and,
 * where it is read in windows, file and file_item. */
ams_status ams_limit_open_item(ams_limit_setup *setup, ams_error *err);
ams_status ams_limit_open_file(ams_limit_setup *setup, ams_error *err);

#endif
