/* Between the files of `ams bench`. */
#ifndef AMS_CLI_BENCH_H
#define AMS_CLI_BENCH_H

#include "cli/cli.h"
#include "lab/bench/bench.h"

/* What is no option of the library. */
typedef struct bench_settings {
    uint64_t items;   /* of the generated table */
    double tolerance; /* share of the speed that --against lets be lost */
} bench_settings;

/* Fills both, with defaults where options are not given. @return AMS_USAGE. */
ams_status cli_bench_read_options(ams_bench_options *o, bench_settings *how,
                                  const cli_args *args, ams_error *err);

/* `--what precision`: refuses options that it cannot have. @return AMS_USAGE; AMS_BACKEND: no
 * device, with the reason. */
ams_status cli_bench_precision_check(const ams_bench_options *options, const cli_args *args,
                                     ams_error *err);
/* The same of `--what kernels`. */
ams_status cli_bench_kernels_check(const ams_bench_options *options, const cli_args *args,
                                   ams_error *err);
/* Both measure, print and write --tsv. */
ams_status cli_bench_kernels(const ams_bench_options *options, const ams_table *table,
                             const cli_args *args, ams_error *err);
ams_status cli_bench_precision(const ams_bench_options *options, const ams_table *table,
                               const cli_args *args, ams_error *err);

#endif
