/* The links of a chosen set on a table: what they predict of the models that did not run. */
#ifndef AMS_LAB_LINKS_PREDICTIONS_H
#define AMS_LAB_LINKS_PREDICTIONS_H

#include "ams/link_file.h"

#include <jansson.h>
#include <stdio.h>

/* All zero before it is opened, and after a failure: fini() it all the same. */
typedef struct ams_link_predictions {
    ams_link_file file;
    ams_table table;
    ams_link_items items;
    const ams_link_map *map; /* of the chosen set */
    float *p;                /* (D) scratch */
} ams_link_predictions;

/* The links of `ams links select -o` and a table of the same models.
 * @return AMS_IO, AMS_BAD_DATA; AMS_USAGE: no set was chosen; AMS_BACKEND. */
ams_status ams_link_predictions_open(ams_link_predictions *j, const char *links,
                                     const char *data, ams_error *err);
void ams_link_predictions_fini(ams_link_predictions *j);

/* One item: what the set output above the table's thresholds, and what is predicted of the
 * others; for people, and as an object for the caller to json_decref (NULL: no memory). */
void ams_link_predictions_print(ams_link_predictions *j, uint32_t item, FILE *stream);
json_t *ams_link_predictions_json(ams_link_predictions *j, uint32_t item);
/* The predictions of every item, as rows of JSON Lines. @return AMS_IO, AMS_BACKEND. */
ams_status ams_link_predictions_write(ams_link_predictions *j, const char *path,
                                      ams_error *err);

#endif
