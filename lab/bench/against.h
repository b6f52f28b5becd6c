/* Figures compared with a record: a file that ams_bench_write wrote before, or another machine
 * did. */
#ifndef AMS_LAB_BENCH_AGAINST_H
#define AMS_LAB_BENCH_AGAINST_H

#include "base/tsv.h"
#include "lab/bench/bench.h"

enum { AMS_BENCH_RECORD_COLUMNS = 6 };

/* Start with all zero. */
typedef struct ams_bench_record {
    ams_tsv tsv;
    size_t column[AMS_BENCH_RECORD_COLUMNS]; /* private */
} ams_bench_record;

/* Reads it before anything is measured; the caller's to fini, after a failure, too.
 * @return AMS_IO; AMS_BAD_DATA: no such column, or a median that is not above 0. */
ams_status ams_bench_record_read(ams_bench_record *record, const char *path, ams_error *err);
void ams_bench_record_fini(ams_bench_record *record);

/* One figure that both have. */
typedef struct ams_bench_ratio {
    const ams_bench_row *row; /* of the bench */
    double ratio;             /* median now / median then */
    const char *commit;       /* of the record; borrowed from it */
    bool slower;              /* ratio below 1 - tolerance */
} ams_bench_ratio;

/* Every row of the bench with every row of the record of the same figure, variant, batch and
 * threads, in that order. *ratio (*n) is the caller's to free(); n = 0: nothing in common.
 * @return AMS_BACKEND. */
ams_status ams_bench_compare(const ams_bench *bench, const ams_bench_record *record,
                             double tolerance, ams_bench_ratio **ratio, size_t *n,
                             ams_error *err);

#endif
