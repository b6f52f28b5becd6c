/* `ams bench --against`: the figures of now over those of a file. */
#include "cli/bench.h"

#include <stdio.h>
#include <string.h>

enum { FIGURE, VARIANT, BATCH, THREADS, MEDIAN, COMMIT, COLUMNS };
static const char *const names[COLUMNS] = {"figure",  "variant", "batch",
                                           "threads", "median",  "commit"};

static ams_status find_columns(const ams_tsv *tsv, size_t column[COLUMNS], ams_error *err)
{
    ams_status status = AMS_OK;
    for (int i = 0; i < COLUMNS && status == AMS_OK; i++) {
        status = ams_tsv_require(tsv, names[i], &column[i], err);
    }
    return status;
}

ams_status bench_read_record(bench_session *s, const char *path, ams_error *err)
{
    size_t column[COLUMNS];
    double median = 0;
    ams_status status = AMS_OK;
    if (path == NULL) {
        return AMS_OK;
    }
    s->against = path;
    AMS_TRY(ams_tsv_read(&s->record, path, err));
    AMS_TRY(find_columns(&s->record, column, err));
    for (size_t r = 0; r < s->record.n_rows; r++) {
        AMS_TRY(ams_tsv_number(&s->record, r, column[MEDIAN], &median, err));
        if (median <= 0) {
            status =
                ams_fail(err, AMS_BAD_DATA, "%s: row %zu: expected a median above 0, found %g",
                         path, r + 1, median);
            goto out;
        }
    }
out:
    return status;
}

static bool same(const ams_tsv *tsv, size_t r, const size_t column[COLUMNS],
                 const ams_bench_row *row)
{
    char batch[16];
    char threads[16];
    snprintf(batch, sizeof batch, "%u", row->batch);
    snprintf(threads, sizeof threads, "%u", row->threads);
    return strcmp(ams_tsv_cell(tsv, r, column[FIGURE]), row->figure) == 0 &&
           strcmp(ams_tsv_cell(tsv, r, column[VARIANT]), row->variant) == 0 &&
           strcmp(ams_tsv_cell(tsv, r, column[BATCH]), batch) == 0 &&
           strcmp(ams_tsv_cell(tsv, r, column[THREADS]), threads) == 0;
}

ams_status bench_compare(const bench_session *s, ams_error *err)
{
    size_t column[COLUMNS];
    uint32_t compared = 0;
    uint32_t slower = 0;
    ams_status status = AMS_OK;
    if (s->against == NULL) {
        return AMS_OK;
    }
    AMS_TRY(find_columns(&s->record, column, err));
    printf("\nnow / then, %s\n", s->against);
    for (size_t i = 0; i < s->bench.n_rows; i++) {
        const ams_bench_row *row = &s->bench.row[i];
        for (size_t r = 0; r < s->record.n_rows; r++) {
            double then = 0;
            if (!same(&s->record, r, column, row)) {
                continue;
            }
            AMS_TRY(ams_tsv_number(&s->record, r, column[MEDIAN], &then, err));
            double ratio = row->median / then;
            bool lost = ratio < 1 - s->tolerance;
            printf("%-10s %-7s %6u %8u %8.3f  of commit %s%s\n", row->figure, row->variant,
                   row->batch, row->threads, ratio, ams_tsv_cell(&s->record, r, column[COMMIT]),
                   lost ? "  SLOWER" : "");
            compared++;
            slower += lost;
        }
    }
    if (compared == 0) {
        status = ams_fail(err, AMS_USAGE, "%s has none of the figures that were measured",
                          s->against);
    } else if (slower > 0) {
        status =
            ams_fail(err, AMS_USAGE, "%u of %u figures are slower than %s by more than %g %%",
                     slower, compared, s->against, 100 * s->tolerance);
    }
out:
    return status;
}
