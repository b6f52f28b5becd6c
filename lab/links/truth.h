/* Ground truth as a node of links. Private to lab/links/. */
#ifndef AMS_LAB_LINKS_TRUTH_H
#define AMS_LAB_LINKS_TRUTH_H

#include "ams/table.h"

/* Adds a last model `truth`, which outputs the right labels of an item with confidence 1. Its
 * time and memory are the means of the others, so that no rule divides by 0. Times of single
 * executions are left out.
 * @return AMS_BAD_DATA where an item has no right answer or there are 64 models, AMS_BACKEND;
 * the table then is for ams_table_fini alone. */
ams_status ams_link_add_truth(ams_table *table, ams_error *err);

#endif
