/* Parts of an outputs file that is too large to be read whole: some of its items at a time.
 *
 * Memory that an open file takes: its models and labels, and one byte an item (the splits); a
 * part takes what a table of its items takes. What is read is checked as ams_table_read checks
 * it; whether ids differ is known within a part only. */
#ifndef AMS_ENV_TABLE_PART_H
#define AMS_ENV_TABLE_PART_H

#include "env/table.h"

typedef struct ams_table_file ams_table_file;

/* @return what ams_table_read returns. */
ams_status ams_table_file_open(ams_table_file **file, const char *path, ams_error *err);
void ams_table_file_close(ams_table_file *file); /* accepts NULL */

/* Attributes, models and labels; n_items and split (N) are the whole file's, and nothing else
 * of items and outputs is there. */
const ams_table *ams_table_file_head(const ams_table_file *file);
uint64_t ams_table_file_outputs(const ams_table_file *file);

/* The items item[0..n), ascending, as a table of n items in that order. Items near each other
 * in the file cost one read, so a window costs what its items cost; a sample at most what the
 * whole file costs. */
ams_status ams_table_file_read(ams_table_file *file, const uint32_t *item, uint32_t n,
                               ams_table *part, ams_error *err);

/* Bytes that a table of n average items takes, and an environment made of it. */
uint64_t ams_table_part_bytes(const ams_table_file *file, uint64_t n);

#endif
