/* What each launch of an update takes on a GPU, by the number of threads that its blocks have:
 * what cuda/sizes.h is to be filled from. */
#ifndef AMS_LAB_BENCH_KERNELS_H
#define AMS_LAB_BENCH_KERNELS_H

#include "ams/cuda.h"
#include "ams/table.h"
#include "lab/bench/bench.h"

enum { AMS_BENCH_BLOCKS = 3 }; /* sizes of blocks: 64, 128 and 256 threads */
extern const uint32_t ams_bench_block_threads[AMS_BENCH_BLOCKS];

/* Launch i of an update at one batch; us[k]: in blocks of ams_bench_block_threads[k]. */
typedef struct ams_kernel_row {
    uint32_t batch, blocks;
    const char *work; /* static */
    double us[AMS_BENCH_BLOCKS];
} ams_kernel_row;

typedef struct ams_kernel_table {
    ams_kernel_row *row;
    size_t n;
    char device[256];
} ams_kernel_table;

/* Trains as in the papers at each of the options' batches, and takes the median of `rounds`
 * updates. table->row is the caller's to fini. @return AMS_BACKEND: no device, or it fails. */
ams_status ams_bench_kernels(const ams_bench_options *options, const ams_table *table,
                             uint32_t rounds, ams_kernel_table *result, ams_error *err);
void ams_bench_kernels_fini(ams_kernel_table *table);
/* TSV with a header, a line per launch and number of threads. */
void ams_bench_kernels_write(const ams_kernel_table *table, const char *commit, FILE *stream);
/* The same as one JSON object with `rows`. @return AMS_IO. */
ams_status ams_bench_kernels_write_json(const ams_kernel_table *table, const char *commit,
                                        FILE *stream, ams_error *err);

#endif
