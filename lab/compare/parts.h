/* What the files of lab/compare/ share. Private to lab/compare/. */
#ifndef AMS_LAB_COMPARE_PARTS_H
#define AMS_LAB_COMPARE_PARTS_H

#include "ams/compare.h"

/* -- runs.c -- */

/* The finished runs in EXP/runs, by name; the others are counted and reported.
 * @return AMS_USAGE (none is finished), AMS_IO, AMS_BAD_DATA. */
ams_status ams_compare_find_runs(ams_compare *c, ams_error *err);
void ams_compare_free_runs(ams_compare *c);

/* -- items.c: baselines on the samples that runs learned from -- */

/* Fills c->items for the runs and the other policies that are there, then fits each baseline
 * once more for every sample of training items that a run learned from.
 * @return AMS_USAGE (the runs learned from other data), AMS_BACKEND. */
ams_status ams_compare_add_samples(ams_compare *c, ams_error *err);
/* Whether the baseline was also fitted to samples. */
bool ams_compare_has_samples(const ams_compare *c, const char *name);

/* -- rows.c -- */

/* Every row of the table, after the scores are there. */
ams_status ams_compare_make_rows(ams_compare *c, ams_error *err);

/* -- learning.c, training_items.c: ams_print_fn of an ams_compare -- */

ams_status ams_compare_print_learning(FILE *stream, const void *compare, ams_error *err);
ams_status ams_compare_print_items(FILE *stream, const void *compare, ams_error *err);
/* Whether a figure by training items has more than one place on its axis, and all runs learned
 * from the data set at hand, whose training split is the end of that axis. */
bool ams_compare_varies_items(const ams_compare *c);

#endif
