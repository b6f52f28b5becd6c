/* What several functions of data/ share. Private to it. */
#ifndef AMS_DATA_PARTS_H
#define AMS_DATA_PARTS_H

#include "ams/data.h"
#include "base/tsv.h"
#include "data/lines.h"

enum { AMS_NO_SPLIT = 0xFF };

/* Splits the items whose `given` is AMS_NO_SPLIT, the others keep theirs. given == NULL: all.
 */
ams_status ams_split_open_items(ams_table *table, const ams_split_options *options,
                                const uint8_t *given, ams_error *err);

/* The attribute `created`: now in UTC, or the time in the environment's SOURCE_DATE_EPOCH, with
 * which files are reproduced byte for byte. free() it. */
ams_status ams_created_text(char **created, ams_error *err);

/* Replaces the table's attributes `created` and `generator`: "<old>; ams VERSION data <what>".
 */
ams_status ams_note_step(ams_table *table, const char *old, const char *what, ams_error *err);

/* What is left of a reader of `path`: an id per line; blank lines mean nothing. as_rows: each
 * has to be what rows may call an item. Messages start with "path:line: ". */
ams_status ams_read_ids(ams_names *ids, ams_line_reader *lines, const char *path, bool as_rows,
                        ams_error *err);

/* ams_tsv_read of a file that may be compressed. */
ams_status ams_tsv_read_packed(ams_tsv *tsv, const char *path, ams_error *err);

typedef struct ams_pick { /* an item of one of several tables */
    uint32_t table, item;
} ams_pick;

typedef struct ams_columns { /* what a gathered table has of its models and labels */
    const uint32_t *model;   /* (n_models) indices, in the order of the new table */
    uint32_t n_models;
    bool all_labels; /* also those that these models do not output for the items */
} ams_columns;

/* A new table of the picked items in that order, of the models and labels in `columns`, labels
 * sorted by name. All tables have the same models. Executions without a time of their own take
 * their model's if any table has execution times. The attributes stay "". */
ams_status ams_gather(ams_table *gathered, const ams_table *const *tables, size_t n_tables,
                      const ams_pick *pick, uint32_t n_picks, const ams_columns *columns,
                      ams_error *err);

#endif
