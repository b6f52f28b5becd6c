/* What `ams bench` holds while it runs. Private to cli/bench*.c. */
#ifndef AMS_CLI_BENCH_H
#define AMS_CLI_BENCH_H

#include "base/tsv.h"
#include "cli/cli.h"
#include "lab/bench/bench.h"
#include "lab/bench/table.h"
#include "rl/run/cpu_info.h"

typedef struct bench_session {
    ams_bench bench;
    ams_table table;
    ams_cpu_info cpu;
    uint64_t items;
    double tolerance;
    const char *against; /* NULL: nothing to compare with */
    ams_tsv record;
} bench_session;

/* Reads the figures to compare with before anything is measured; path may be NULL.
 * @return AMS_IO, AMS_BAD_DATA. */
ams_status bench_read_record(bench_session *s, const char *path, ams_error *err);
/* Prints now / then of every figure that both have.
 * @return AMS_USAGE when one lost more than the tolerance, or none is in both. */
ams_status bench_compare(const bench_session *s, ams_error *err);

/* Refuses what --what precision cannot have. @return AMS_USAGE; AMS_BACKEND: no device, with
 * the reason. */
ams_status bench_precision_check(const bench_session *s, const cli_args *args, ams_error *err);
/* Measures, prints and writes --tsv. */
ams_status bench_precision(const bench_session *s, const cli_args *args, ams_error *err);

#endif
