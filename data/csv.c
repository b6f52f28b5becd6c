#include "data/csv.h"

#include "base/eight.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

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

/* What stands outside quotes up to the next separator or quote. */
static size_t take_run(ams_csv_cells *cells, const char *text, size_t length, char separator)
{
    char *out = cells->text + cells->used;
    size_t n = 0;
    while (n < length && text[n] != separator && text[n] != '"') {
        out[n] = text[n]; /* cells are short: a copy of all later costs more */
        n++;
    }
    cells->used += n;
    return n;
}

/* The separator or quote that ends a run, or any byte behind a closing quote. */
static ams_status take_mark(ams_csv_cells *cells, char byte, bool closed, ams_error *err)
{
    if (byte == cells->separator) {
        append(cells, '\0');
        return start_cell(cells, err);
    }
    if (closed) {
        return ams_fail(err, AMS_BAD_DATA,
                        "cell %zu: expected a %s after the closing quote, found '%c'",
                        cells->count, cells->separator == ',' ? "comma" : "separator", byte);
    }
    if (cells->used != cells->start[cells->count - 1]) {
        return ams_fail(err, AMS_BAD_DATA,
                        "cell %zu: expected quotes around the whole cell, found one inside",
                        cells->count);
    }
    cells->quoted = true;
    return AMS_OK;
}

/* What stands inside quotes, up to the closing one if the line has it. */
static size_t take_quoted(ams_csv_cells *cells, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '"') {
            append(cells, text[i]);
        } else if (i + 1 < length && text[i + 1] == '"') {
            append(cells, text[i++]);
        } else {
            cells->quoted = false;
            return i + 1;
        }
    }
    return length;
}

/* A line without quotes: a copy with a 0 in place of each separator. */
static ams_status split_plain(ams_csv_cells *cells, const char *line, size_t length,
                              ams_error *err)
{
    const size_t last = length % sizeof(uint64_t);
    ams_status status = AMS_OK;
    cells->used = length + 1;
    cells->count = 1;
    memcpy(cells->text, line, length);
    cells->text[length] = '\0';
    AMS_TRY(ams_grow(&cells->start, &cells->start_capacity, 1, sizeof *cells->start,
                     "cells of a row", err));
    cells->start[0] = 0;
    for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
        uint64_t found =
            ams_eight_each(ams_eight(cells->text + i), (unsigned char)cells->separator);
        if (length - i == last) { /* what stands after the line is not of it */
            found &= (UINT64_C(1) << 8 * last) - 1;
        }
        for (; found != 0; found &= found - 1) {
            const size_t at = i + ams_eight_first(found);
            cells->text[at] = '\0';
            if (cells->count == cells->start_capacity) {
                AMS_TRY(ams_grow(&cells->start, &cells->start_capacity, cells->count + 1,
                                 sizeof *cells->start, "cells of a row", err));
            }
            cells->start[cells->count++] = at + 1;
        }
    }
out:
    return status;
}

ams_status ams_csv_split(ams_csv_cells *cells, const char *line, size_t length, bool *open,
                         ams_error *err)
{
    const bool continued = cells->quoted;
    cells->separator = cells->separator == '\0' ? ',' : cells->separator;
    if (!continued) {
        cells->used = 0;
        cells->count = 0;
    }
    *open = false;
    ams_status status = ams_grow(&cells->text, &cells->text_capacity,
                                 cells->used + length + 2 + sizeof(uint64_t), 1, "a row", err);
    if (status == AMS_OK && !continued && memchr(line, '"', length) == NULL) {
        return split_plain(cells, line, length, err);
    }
    if (status == AMS_OK && !continued) {
        status = start_cell(cells, err);
    } else if (status == AMS_OK) {
        append(cells, '\n');
    }
    bool closed = false; /* behind the closing quote of a cell */
    for (size_t i = 0; i < length && status == AMS_OK;) {
        if (cells->quoted) {
            i += take_quoted(cells, line + i, length - i);
            closed = !cells->quoted;
            continue;
        }
        i += closed ? 0 : take_run(cells, line + i, length - i, cells->separator);
        if (i < length) {
            status = take_mark(cells, line[i++], closed, err);
            closed = false;
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

void ams_csv_fini(ams_csv_cells *cells)
{
    free(cells->text);
    free(cells->start);
    *cells = (ams_csv_cells){0};
}
