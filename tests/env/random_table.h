/* Outputs tables for tests, built in memory. N items, M models, L labels. */
#ifndef AMS_TESTS_ENV_RANDOM_TABLE_H
#define AMS_TESTS_ENV_RANDOM_TABLE_H

#include "ams/table.h"

typedef struct random_table_options {
    uint64_t seed;
    uint32_t n_items, n_models, n_labels;
    uint32_t n_tasks; /* models and labels are dealt to tasks in turn */
    double empty;     /* share of the runs with no output */
    bool recorded;    /* each run brings its own time */
    bool distinct;    /* times and confidences without ties */
    bool truth;       /* items have 0 to 3 right labels */
    bool meaning;     /* each model has its own threshold and kind, costs are in "usd", and
                       * models of the first task are exits of networks, from the last one on */
} random_table_options;

/* 24 items, 6 models, 20 labels, 3 tasks, a third of the runs empty. */
random_table_options random_table_defaults(uint64_t seed);

/* A table that passes ams_table_check. Confidences are multiples of 0.05 and times of 25 ms, so
 * that ties happen, unless `distinct`. Splits go 0, 1, 2, 0, 1, 2. Stops the test on failure.
 */
void random_table(ams_table *table, const random_table_options *options);

/* One output of a table given in full. */
typedef struct given_output {
    uint32_t item, model, label;
    float conf;
} given_output;

/* N items named i0.., M models m0.. with time_ms (M), L labels t/l0.. of one task; outputs
 * sorted by item, model, label. All items are in `split`. */
void given_table(ams_table *table, uint32_t n_items, uint32_t n_models, uint32_t n_labels,
                 const float *time_ms, const given_output *outputs, uint32_t n_outputs,
                 ams_split split);

#endif
