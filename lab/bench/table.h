/* The made-up table that speed is measured on: the shape of the papers' workload, so that
 * figures can be had without data.
 *
 * 30 models, 10 tasks of 80 to 1 labels, 1,104 labels in all (docs/generated-data.md).
 * What no paper says is our choice: a task is present in an item with a fixed probability and
 * then has a fixed number of labels, drawn with weights 1 / rank; each of the task's three
 * models finds each of them with probability 0.8. The states that a training with END meets
 * then have about 20 labels on, those of whole random orders 26. */
#ifndef AMS_LAB_BENCH_TABLE_H
#define AMS_LAB_BENCH_TABLE_H

#include "ams/table.h"

/* Item i is training, validation or test by i mod 10: 8, 1, 1. The same n_items and seed give
 * the same table on any machine. @return AMS_BACKEND. */
ams_status ams_bench_table(ams_table *table, uint32_t n_items, uint64_t seed, ams_error *err);

#endif
