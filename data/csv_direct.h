/* Records of CSV of usual shapes, many at a time and straight from the file's bytes: one label
 * per record, the other columns before it, no quotes. Whatever is unusual or wrong it leaves to
 * data/csv.h, whose meaning and messages hold. Private to data/. */
#ifndef AMS_DATA_CSV_DIRECT_H
#define AMS_DATA_CSV_DIRECT_H

#include "data/csv.h"
#include "data/csv_labels.h"

/* Most columns of a file that is taken directly. */
enum { AMS_CSV_DIRECT_COLUMNS = 32 };

/* Where what a record says stands; -1: in no column. */
typedef struct ams_csv_layout {
    char separator;
    uint32_t n_columns, head; /* of which stand before label and conf */
    int item, model, group, split, time, label, conf;
    uint32_t n_unknown; /* columns that nobody reads, and the first of them; borrowed */
    const char *unknown;
} ams_csv_layout;
/* False where records of the file are never taken directly. */
bool ams_csv_layout_of(const ams_csv_reader *reader, ams_csv_layout *layout);

/* An execution. Texts are places in ams_csv_direct.text; 0: nothing. */
typedef struct ams_csv_run {
    uint64_t line; /* where its first record stands, from 1 */
    uint32_t item, group, split, model;
    double time_ms; /* NAN: none */
    size_t first;   /* of its outputs */
    uint32_t count, records;
    bool again; /* item, group and split are those of the execution before it */
} ams_csv_run;

typedef struct ams_csv_direct {
    ams_csv_layout layout;
    const ams_names *models; /* borrowed, as model_task (of the names) */
    const uint32_t *model_task;
    /* What the last call found: */
    ams_csv_run *run; /* (n_runs) */
    size_t n_runs;
    uint32_t *label; /* (n_outputs) of `known` */
    double *conf;    /* (n_outputs) 0 to 1 */
    size_t n_outputs;
    char *text;
    size_t bytes;         /* of the text that the runs took */
    uint64_t lines;       /* of it */
    ams_csv_labels known; /* what all calls found */
    /* private */
    size_t text_used;
    size_t run_capacity, label_capacity, conf_capacity, text_capacity;
} ams_csv_direct;

/* An all-zero one with layout, models and model_task set is ready. */
void ams_csv_direct_fini(ams_csv_direct *direct);
/* Takes whole executions from the front of the text, whose first line has the number `line`
 * (from 1) and which is `last` where the file ends with it. It stops before what it does not
 * take, and before the last execution, where more of it may follow. Eight bytes after the text
 * can be read. Only memory can fail. */
ams_status ams_csv_direct_take(ams_csv_direct *direct, const char *text, size_t size, bool last,
                               uint64_t line, ams_error *err);

#endif
