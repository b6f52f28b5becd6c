/* The labels of a CSV file, found by their bytes: eight at a time, so one of up to 16 is two
 * words that are compared as numbers. Private to data/. */
#ifndef AMS_DATA_CSV_LABELS_H
#define AMS_DATA_CSV_LABELS_H

#include "ams/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A label of a task, whatever executions have it. */
typedef struct ams_csv_label {
    uint64_t low, high; /* its first and last eight bytes, or a hash of a long one */
    uint32_t task, length;
    size_t text;    /* in ams_csv_labels.names, with its 0 */
    uint32_t index; /* for the caller to fill in, AMS_NO_NAME at first */
} ams_csv_label;

typedef struct ams_csv_labels { /* an all-zero one is empty */
    ams_csv_label *label;       /* (n) */
    uint32_t n;
    char *names;
    /* private */
    uint32_t *slot; /* (slots) of label + 1 */
    uint32_t slots;
    size_t names_used, capacity, names_capacity;
} ams_csv_labels;

void ams_csv_labels_fini(ams_csv_labels *labels);
/* The place of the label, which is added where it is not known; eight bytes after the text can
 * be read. *taken becomes false where it is no right name. Only memory can fail. */
ams_status ams_csv_labels_find(ams_csv_labels *labels, uint32_t task, const char *text,
                               size_t length, uint32_t *label, bool *taken, ams_error *err);

#endif
