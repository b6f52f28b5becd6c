/* Parts of an outputs file that is too large to be read whole: some of its items at a time.
 *
 * Memory that an open file takes: its models and labels, and per item one byte (the split) and,
 * where it has truth, 8 bytes and 4 per true label; a
 * part takes what a table of its items takes. What is read is checked as ams_table_read checks
 * it; whether ids differ is known within a part only. */
#ifndef AMS_TABLE_FILE_H
#define AMS_TABLE_FILE_H

#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_table_file ams_table_file;

/* @return what ams_table_read returns. */
ams_status ams_table_file_open(ams_table_file **file, const char *path, ams_error *err);
void ams_table_file_close(ams_table_file *file); /* accepts NULL */

/* Attributes, models and labels; n_items, split (N) and truth are the whole file's, and nothing
 * else of items and outputs is there. */
const ams_table *ams_table_file_head(const ams_table_file *file);
uint64_t ams_table_file_outputs(const ams_table_file *file);

/* The items item[0..n), ascending, as a table of n items in that order. Items near each other
 * in the file cost one read, so a window costs what its items cost; a sample at most what the
 * whole file costs. */
ams_status ams_table_file_read(ams_table_file *file, const uint32_t *item, uint32_t n,
                               ams_table *part, ams_error *err);

/* A window of a walk through the file: n_items of its items as a table that the walker owns.
 * Its group_name has the groups of all windows so far, in order of first appearance in the
 * file; `first` is the place of its first item. */
typedef ams_status ams_table_visit_fn(void *context, const ams_table *window, uint32_t first,
                                      ams_error *err);

/* Checks the whole file as ams_table_read does, with the same messages, and computes what
 * ams_table_hash would, a window of items at a time; `visit`, if not NULL, sees every window
 * once, in order. The file is read once where its items are sorted by id and all its labels
 * occur, as in those that `ams data import` writes, and twice where only the labels are not as
 * they should; otherwise ids take about 50 bytes per item, and for the hash the file is read
 * again once for each memory_mb that a table of it takes. hash NULL: it is not wanted. */
ams_status ams_table_file_check(ams_table_file *file, uint64_t memory_mb,
                                ams_table_visit_fn *visit, void *context,
                                char hash[AMS_HASH_TEXT], ams_error *err);
/* The same for a file given by its name. */
ams_status ams_table_hash_file(const char *path, uint64_t memory_mb, char hash[AMS_HASH_TEXT],
                               ams_error *err);

/* Place of the item with that id, AMS_NO_NAME if there is none; reads ids only. */
ams_status ams_table_file_find(ams_table_file *file, const char *id, uint32_t *item,
                               ams_error *err);

/* Bytes that a table of n average items takes, and an environment made of it. */
uint64_t ams_table_part_bytes(const ams_table_file *file, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif
