#include "data/csv.h"

#include "base/memory.h"

#include <stdlib.h>

static ams_status start_cell(ams_csv_cells *cells, ams_error *err)
{
    ams_status status = ams_grow(&cells->start, &cells->start_capacity, cells->count + 1,
                                 sizeof *cells->start, "cells of a row", err);
    if (status == AMS_OK) {
        cells->start[cells->count++] = cells->used;
    }
    return status;
}

static void append(ams_csv_cells *cells, char byte)
{
    cells->text[cells->used++] = byte;
}

/* What may follow a byte outside quotes. */
static ams_status take_plain(ams_csv_cells *cells, char byte, bool *closed, ams_error *err)
{
    if (byte == (cells->separator == '\0' ? ',' : cells->separator)) {
        append(cells, '\0');
        *closed = false;
        return start_cell(cells, err);
    }
    if (*closed) {
        return ams_fail(err, AMS_BAD_DATA,
                        "cell %zu: expected a %s after the closing quote, found '%c'",
                        cells->count, cells->separator == '\0' ? "comma" : "separator", byte);
    }
    if (byte != '"') {
        append(cells, byte);
        return AMS_OK;
    }
    if (cells->used != cells->start[cells->count - 1]) {
        return ams_fail(err, AMS_BAD_DATA,
                        "cell %zu: expected quotes around the whole cell, found one inside",
                        cells->count);
    }
    cells->quoted = true;
    return AMS_OK;
}

ams_status ams_csv_split(ams_csv_cells *cells, const char *line, size_t length, bool *open,
                         ams_error *err)
{
    bool continued = cells->quoted;
    if (!continued) {
        cells->used = 0;
        cells->count = 0;
    }
    *open = false;
    ams_status status = ams_grow(&cells->text, &cells->text_capacity, cells->used + length + 2,
                                 1, "a row", err);
    if (status == AMS_OK && !continued) {
        status = start_cell(cells, err);
    } else if (status == AMS_OK) {
        append(cells, '\n');
    }
    bool closed = false; /* after the closing quote of a cell */
    for (size_t i = 0; i < length && status == AMS_OK; i++) {
        if (!cells->quoted) {
            status = take_plain(cells, line[i], &closed, err);
        } else if (line[i] != '"') {
            append(cells, line[i]);
        } else if (i + 1 < length && line[i + 1] == '"') {
            append(cells, line[i++]);
        } else {
            cells->quoted = false;
            closed = true;
        }
    }
    if (status != AMS_OK) {
        cells->quoted = false;
        return status;
    }
    *open = cells->quoted;
    if (!*open) {
        append(cells, '\0');
    }
    return AMS_OK;
}

const char *ams_csv_cell(const ams_csv_cells *cells, size_t column)
{
    return cells->text + cells->start[column];
}

void ams_csv_fini(ams_csv_cells *cells)
{
    free(cells->text);
    free(cells->start);
    *cells = (ams_csv_cells){0};
}
