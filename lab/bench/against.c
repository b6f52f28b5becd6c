#include "lab/bench/against.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { FIGURE, VARIANT, BATCH, THREADS, MEDIAN, COMMIT };

ams_status ams_bench_record_read(ams_bench_record *record, const char *path, ams_error *err)
{
    static const char *const names[AMS_BENCH_RECORD_COLUMNS] = {"figure",  "variant", "batch",
                                                                "threads", "median",  "commit"};
    double median = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_read(&record->tsv, path, err));
    for (int i = 0; i < AMS_BENCH_RECORD_COLUMNS; i++) {
        AMS_TRY(ams_tsv_require(&record->tsv, names[i], &record->column[i], err));
    }
    for (size_t r = 0; r < record->tsv.n_rows; r++) {
        AMS_TRY(ams_tsv_number(&record->tsv, r, record->column[MEDIAN], &median, err));
        if (median <= 0) {
            status = ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected a median above 0, found %g",
                              path, ams_tsv_line(&record->tsv, r), median);
            goto out;
        }
    }
out:
    return status;
}

void ams_bench_record_fini(ams_bench_record *record)
{
    ams_tsv_fini(&record->tsv);
}

static bool is_same(const ams_bench_record *record, size_t r, const ams_bench_row *row)
{
    char batch[16];
    char threads[16];
    snprintf(batch, sizeof batch, "%u", row->batch);
    snprintf(threads, sizeof threads, "%u", row->threads);
    const char *const expected[] = {row->figure, row->variant, batch, threads};
    for (int i = FIGURE; i <= THREADS; i++) {
        if (strcmp(ams_tsv_cell(&record->tsv, r, record->column[i]), expected[i]) != 0) {
            return false;
        }
    }
    return true;
}

ams_status ams_bench_compare(const ams_bench *bench, const ams_bench_record *record,
                             double tolerance, ams_bench_ratio **ratio, size_t *n,
                             ams_error *err)
{
    size_t capacity = 0;
    ams_status status = AMS_OK;
    *ratio = NULL;
    *n = 0;
    for (size_t i = 0; i < bench->n_rows; i++) {
        const ams_bench_row *row = &bench->row[i];
        for (size_t r = 0; r < record->tsv.n_rows; r++) {
            double then = 0;
            if (!is_same(record, r, row)) {
                continue;
            }
            AMS_TRY(ams_tsv_number(&record->tsv, r, record->column[MEDIAN], &then, err));
            AMS_TRY(ams_grow(ratio, &capacity, *n + 1, sizeof **ratio, "figures", err));
            (*ratio)[(*n)++] = (ams_bench_ratio){
                .row = row,
                .ratio = row->median / then,
                .commit = ams_tsv_cell(&record->tsv, r, record->column[COMMIT]),
                .slower = row->median / then < 1 - tolerance};
        }
    }
out:
    return status;
}
