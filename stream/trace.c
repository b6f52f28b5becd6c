/* Recorded requests: a table with a column per quantity. */
#include "ams/stream_sim.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/tsv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 30 };

typedef struct trace_columns {
    size_t arrival, deadline, item, client;
} trace_columns;

/* One request while they are put in order. */
typedef struct trace_row {
    double arrival_ms, deadline_ms;
    uint32_t item, client;
    uint64_t place;
} trace_row;

typedef struct trace_items {
    uint32_t n;
    ams_item_lookup *lookup;
    const void *context;
} trace_items;

/* What a killed server left of its last row: no line end, and fewer cells than the header. */
static void cut_torn_row(char *text)
{
    char *last = strrchr(text, '\n');
    size_t cells = 0;
    for (const char *at = text; *at != '\0' && *at != '\n'; at++) {
        cells += *at == '\t';
    }
    for (const char *at = last; at != NULL && *at != '\0'; at++) {
        cells -= *at == '\t' && cells > 0;
    }
    if (last != NULL && last[1] != '\0' && cells > 0) {
        last[1] = '\0';
    }
}

/* Commas separate cells where the header has no tab. */
static ams_status read_cells(ams_tsv *tsv, const char *path, ams_error *err)
{
    char *text = NULL;
    size_t size = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_read_file(path, MOST_BYTES, &text, &size, err));
    const size_t header = strcspn(text, "\n");
    if (memchr(text, '\t', header) == NULL) {
        for (size_t k = 0; k < size; k++) {
            text[k] = text[k] == ',' ? '\t' : text[k];
        }
    }
    cut_torn_row(text);
    status = ams_tsv_parse(tsv, path, text, err);
out:
    free(text);
    return status;
}

static ams_status read_item(const ams_tsv *tsv, size_t row, const trace_columns *at,
                            const trace_items *items, uint32_t *item, ams_error *err)
{
    uint64_t place = 0;
    if (at->item == AMS_NO_COLUMN) {
        *item = (uint32_t)(row % items->n);
        return AMS_OK;
    }
    const char *text = ams_tsv_cell(tsv, row, at->item);
    if (items->lookup != NULL && items->lookup(items->context, text, item)) {
        return AMS_OK;
    }
    if (!ams_parse_u64(text, &place) || place >= items->n) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s:%zu: expected the id of an item of the split or a place below %u, "
                        "found '%s'",
                        tsv->path, ams_tsv_line(tsv, row), items->n, text);
    }
    *item = (uint32_t)place;
    return AMS_OK;
}

static ams_status read_row(const ams_tsv *tsv, size_t row, const trace_columns *at,
                           const trace_items *items, trace_row *read, ams_error *err)
{
    double deadline = 0;
    uint64_t client = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_number(tsv, row, at->arrival, &read->arrival_ms, err));
    AMS_TRY(ams_tsv_number(tsv, row, at->deadline, &deadline, err));
    if (!(read->arrival_ms >= 0) || !(deadline > 0) || !isfinite(read->arrival_ms + deadline)) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "%s:%zu: expected an arrival of at least 0 and a deadline above 0, found "
            "%g and %g",
            tsv->path, ams_tsv_line(tsv, row), read->arrival_ms, deadline);
    }
    read->deadline_ms = read->arrival_ms + deadline;
    read->place = row;
    AMS_TRY(read_item(tsv, row, at, items, &read->item, err));
    if (at->client != AMS_NO_COLUMN &&
        (!ams_parse_u64(ams_tsv_cell(tsv, row, at->client), &client) || client > UINT32_MAX)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s:%zu: expected the number of a client, found '%s'", tsv->path,
                        ams_tsv_line(tsv, row), ams_tsv_cell(tsv, row, at->client));
    }
    read->client = (uint32_t)client;
out:
    return status;
}

static int by_arrival(const void *a, const void *b)
{
    const trace_row *x = a;
    const trace_row *y = b;
    if (x->arrival_ms != y->arrival_ms) {
        return x->arrival_ms < y->arrival_ms ? -1 : 1;
    }
    return (x->place > y->place) - (x->place < y->place);
}

static ams_status keep_rows(ams_stream_trace *trace, const trace_row *row, size_t n,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&trace->arrival_ms, n, sizeof *trace->arrival_ms, "a trace", err));
    AMS_TRY(ams_alloc(&trace->deadline_ms, n, sizeof *trace->deadline_ms, "a trace", err));
    AMS_TRY(ams_alloc(&trace->item, n, sizeof *trace->item, "a trace", err));
    AMS_TRY(ams_alloc(&trace->client, n, sizeof *trace->client, "a trace", err));
    for (size_t k = 0; k < n; k++) {
        trace->arrival_ms[k] = row[k].arrival_ms;
        trace->deadline_ms[k] = row[k].deadline_ms;
        trace->item[k] = row[k].item;
        trace->client[k] = row[k].client;
    }
    trace->n = n;
out:
    return status;
}

ams_status ams_stream_trace_read(ams_stream_trace *trace, const char *path, uint32_t n_items,
                                 ams_item_lookup *lookup, const void *context, ams_error *err)
{
    const trace_items items = {.n = n_items, .lookup = lookup, .context = context};
    ams_tsv tsv = {.n_rows = 0};
    trace_columns at = {.arrival = 0};
    trace_row *row = NULL;
    ams_status status = AMS_OK;
    *trace = (ams_stream_trace){.n = 0};
    AMS_TRY(read_cells(&tsv, path, err));
    AMS_TRY(ams_tsv_require(&tsv, "arrival_ms", &at.arrival, err));
    AMS_TRY(ams_tsv_require(&tsv, "deadline_ms", &at.deadline, err));
    at.item = ams_tsv_column(&tsv, "item");
    at.client = ams_tsv_column(&tsv, "client");
    if (tsv.n_rows == 0 || n_items == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: expected at least one request and one item", path);
        goto out;
    }
    AMS_TRY(ams_alloc(&row, tsv.n_rows, sizeof *row, "a trace", err));
    for (size_t k = 0; k < tsv.n_rows; k++) {
        AMS_TRY(read_row(&tsv, k, &at, &items, &row[k], err));
    }
    qsort(row, tsv.n_rows, sizeof *row, by_arrival);
    status = keep_rows(trace, row, tsv.n_rows, err);
out:
    if (status != AMS_OK) {
        ams_stream_trace_fini(trace);
    }
    free(row);
    ams_tsv_fini(&tsv);
    return status;
}

void ams_stream_trace_fini(ams_stream_trace *trace)
{
    free(trace->arrival_ms);
    free(trace->deadline_ms);
    free(trace->item);
    free(trace->client);
    *trace = (ams_stream_trace){.n = 0};
}
