/* What numeric ids of labels, or other codes, stand for. Private to data/. */
#ifndef AMS_DATA_LABEL_NAMES_H
#define AMS_DATA_LABEL_NAMES_H

#include "ams/names.h"

/* An all-zero one is empty. */
typedef struct ams_label_names {
    ams_names id;    /* as rows have it */
    ams_names name;  /* distinct */
    uint32_t *of_id; /* (id.count) index in name */
    size_t capacity;
} ams_label_names;

/* By what the file holds (docs/format.md): JSON, `id,name` where its name ends in .csv or .tsv,
 * else a name per line, the first of which has the id 0. Plain or compressed. */
ams_status ams_label_names_read(ams_label_names *names, const char *path, ams_error *err);
void ams_label_names_fini(ams_label_names *names);
/* The name of an id, or NULL. */
const char *ams_label_name(const ams_label_names *names, const char *id);

#endif
