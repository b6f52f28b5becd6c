/* Training with a device's products in tf32 and bf16: its speed, and how good the agents are
 * compared with those trained in fp32. */
#ifndef AMS_LAB_BENCH_PRECISION_H
#define AMS_LAB_BENCH_PRECISION_H

#include "ams/accelerator.h"
#include "ams/status.h"
#include "ams/table.h"

#include <stdint.h>
#include <stdio.h>

enum { AMS_PRECISIONS = 3, AMS_PRECISION_SEEDS = 1000 };

typedef struct ams_precision_options {
    const ams_accelerator *accelerator;
    uint32_t batch, seeds; /* seeds: 0, 1, ... up to AMS_PRECISION_SEEDS of them */
    uint64_t updates;      /* of each training, more than 1 */
} ams_precision_options;

/* Over seeds; sd: of a sample, 0 for a single seed. */
typedef struct ams_spread {
    double mean, sd, low, high;
} ams_spread;
ams_spread ams_spread_of(const double *value, uint32_t n);

typedef struct ams_precision_row {
    const char *name; /* static: fp32, tf32, bf16 */
    ams_spread rate;  /* updates/s */
    /* Of the weights after the last update on the validation split: mean time to required
     * recall 0.8, 0.9 and 1.0, and what it is more than with the same seed in fp32. */
    ams_spread time_ms, difference_ms;
} ams_precision_row;

/* Trains with the default keys, except for the options' members. @return AMS_USAGE: no
 * validation items; AMS_BACKEND: the device fails. */
ams_status ams_bench_precision(const ams_table *table, const ams_precision_options *options,
                               ams_precision_row row[AMS_PRECISIONS], ams_error *err);
/* TSV with a header. */
void ams_bench_precision_write(const ams_precision_options *options,
                               const ams_precision_row row[AMS_PRECISIONS], const char *commit,
                               const char *device, FILE *stream);
/* The same as one JSON object with `rows`. cost_unit: of the table's times. @return AMS_IO. */
ams_status ams_bench_precision_write_json(const ams_precision_options *options,
                                          const ams_precision_row row[AMS_PRECISIONS],
                                          const char *commit, const char *device,
                                          const char *cost_unit, FILE *stream, ams_error *err);

#endif
