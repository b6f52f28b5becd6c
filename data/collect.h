/* Records that follow each other become the row of an execution, whether they stood in CSV or
 * JSON. Private to data/. */
#ifndef AMS_DATA_COLLECT_H
#define AMS_DATA_COLLECT_H

#include "ams/data.h"

/* A row with texts of its own. An all-zero one is empty. */
typedef struct ams_collected {
    bool one_truth; /* records agree in it; else theirs add up. Set before the first record */
    bool open;      /* it holds an execution */
    uint64_t line;  /* where its first record stood */
    ams_row row;    /* valid until the next ams_collect_add */
    /* private */
    char *text;
    size_t used, text_capacity;
    size_t unknown;        /* the first unknown field, in text */
    size_t head[4];        /* item, model, group, split in text; 0: none */
    size_t *label, *truth; /* in text */
    const char **names;    /* what row.label and row.truth point to */
    double *conf;
    size_t label_capacity, truth_capacity, names_capacity, conf_capacity;
} ams_collected;

void ams_collect_fini(ams_collected *collected);
/* Whether the record is of the execution that is open. */
bool ams_collect_same(const ams_collected *collected, const ams_row *record);
/* Opens an execution with the record, or adds it to the open one; with which it is known to
 * agree where `agrees` is set.
 * @return AMS_BAD_DATA where it says another group, split, time or only truth than the first
 * record did, or where one of them has no label. */
ams_status ams_collect_add(ams_collected *collected, const ams_row *record, uint64_t line,
                           bool agrees, ams_error *err);
/* Closes the execution; *row is it. */
ams_status ams_collect_give(ams_collected *collected, ams_row *row, ams_error *err);

#endif
