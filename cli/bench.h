/* Between the files of `ams bench`. */
#ifndef AMS_CLI_BENCH_H
#define AMS_CLI_BENCH_H

#include "ams/options.h"
#include "cli/cli.h"
#include "console/fill.h"
#include "lab/bench/bench.h"

typedef struct cli_bench_list {
    uint32_t value[AMS_BENCH_LIST], n; /* n = 0: not given */
} cli_bench_list;

typedef struct cli_bench_job {
    ams_bench_options bench;
    cli_bench_list batches, threads;
    uint32_t items;   /* of the generated table */
    int device;       /* as ams_device_names has it */
    double tolerance; /* share of the speed that --against lets be lost */
    const char *data, *table, *tsv, *json, *against;
} cli_bench_job;

/* Bits of figures; a list of numbers. */
cli_reader cli_read_figures, cli_read_batches, cli_read_threads;
extern const char *const cli_bench_clocks[];
/* What has to hold of the options together, after cli_fill. @return AMS_USAGE. */
ams_status cli_bench_check(cli_bench_job *job, const cli_args *args, ams_error *err);

/* `--what precision`: refuses options that it cannot have. @return AMS_USAGE; AMS_BACKEND: no
 * device, with the reason. */
ams_status cli_bench_precision_check(const ams_bench_options *options, const cli_args *args,
                                     ams_error *err);
/* The same of `--what kernels`. */
ams_status cli_bench_kernels_check(const ams_bench_options *options, const cli_args *args,
                                   ams_error *err);
/* Both measure, print and write --tsv. */
ams_status cli_bench_kernels(const ams_bench_options *options, const ams_table *table,
                             const char *tsv, const char *json, ams_error *err);
ams_status cli_bench_precision(const ams_bench_options *options, const ams_table *table,
                               const char *tsv, const char *json, ams_error *err);

#endif
