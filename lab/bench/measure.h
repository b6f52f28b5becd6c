/* Between the files of lab/bench: taking the time of calls, and the bound of what was measured.
 */
#ifndef AMS_LAB_BENCH_MEASURE_H
#define AMS_LAB_BENCH_MEASURE_H

#include "lab/bench/bench.h"

/* Of the clock that the options ask for; only differences mean something. */
double ams_bench_seconds(const ams_bench_options *options);

typedef ams_status ams_bench_call(void *context, ams_error *err);
/* Times calls of `call`, `units` in each, and appends the row without its bound.
 * @return what `call` returned first that is not AMS_OK; AMS_BACKEND. */
ams_status ams_bench_measure(ams_bench *bench, ams_bench_row row, double units,
                             ams_bench_call *call, void *context, ams_error *err);
/* The bound of the last row: operations of one unit, and its bytes in cache and in memory. The
 * machine with that row's number of threads has been measured. */
void ams_bench_bound(ams_bench *bench, double flop, double cache_bytes, double memory_bytes);

#endif
