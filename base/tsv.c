#include "base/tsv.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Cells of one line, appended to *cells; returns how many. */
static ams_status split_line(char *line, char ***cells, size_t *used, size_t *capacity,
                             size_t *count, ams_error *err)
{
    *count = 0;
    for (char *at = line; at != NULL; (*count)++) {
        char *tab = strchr(at, '\t');
        if (tab != NULL) {
            *tab = '\0';
        }
        ams_status status =
            ams_grow(cells, capacity, *used + 1, sizeof **cells, "a table of cells", err);
        if (status != AMS_OK) {
            return status;
        }
        (*cells)[(*used)++] = at;
        at = tab == NULL ? NULL : tab + 1;
    }
    return AMS_OK;
}

static void cut_carriage_return(char *line)
{
    size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\r') {
        line[length - 1] = '\0';
    }
}

/* The row of `count` cells, the last of *used, stays or not. */
static ams_status keep_row(ams_tsv *tsv, size_t number, size_t count, bool log, size_t *used,
                           size_t *lines, ams_error *err)
{
    tsv->line[*lines] = number;
    if (*lines == 0) {
        tsv->n_columns = count;
    } else if (count != tsv->n_columns) {
        if (!log) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s:%zu: expected %zu cells separated by tabs, found %zu",
                            tsv->path, number, tsv->n_columns, count);
        }
        *used -= count;
        return AMS_OK;
    }
    (*lines)++;
    return AMS_OK;
}

static ams_status split_lines(ams_tsv *tsv, bool log, ams_error *err)
{
    size_t used = 0;
    size_t capacity = 0;
    size_t line_capacity = 0;
    size_t number = 1;
    size_t lines = 0;
    /* A byte order mark, as spreadsheets write one, is no part of the first title. */
    static const char mark[] = "\xef\xbb\xbf";
    char *begin = tsv->text;
    begin += begin != NULL && strncmp(begin, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0;
    for (char *line = begin; line != NULL && *line != '\0'; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        cut_carriage_return(line);
        if (*line != '\0') {
            size_t count = 0;
            ams_status status = split_line(line, &tsv->cells, &used, &capacity, &count, err);
            if (status == AMS_OK) {
                status = ams_grow(&tsv->line, &line_capacity, lines + 1, sizeof *tsv->line,
                                  "line numbers", err);
            }
            if (status == AMS_OK) {
                status = keep_row(tsv, number, count, log, &used, &lines, err);
            }
            if (status != AMS_OK) {
                return status;
            }
        }
        line = end == NULL ? NULL : end + 1;
    }
    if (lines == 0 && log) {
        return AMS_OK;
    }
    if (lines == 0) {
        return ams_fail(err, AMS_BAD_DATA, "%s: expected a header line, found an empty file",
                        tsv->path);
    }
    tsv->n_rows = lines - 1;
    return AMS_OK;
}

static ams_status read_tsv(ams_tsv *tsv, const char *path, bool log, ams_error *err)
{
    *tsv = (ams_tsv){0};
    ams_status status = AMS_OK;
    size_t size = 0;
    AMS_TRY(ams_copy_text(&tsv->path, path, err));
    AMS_TRY(ams_read_file(path, (size_t)1 << 30, &tsv->text, &size, err));
    if (log) {
        char *newline = strrchr(tsv->text, '\n');
        size = newline == NULL ? 0 : (size_t)(newline + 1 - tsv->text);
        tsv->text[size] = '\0';
    }
    if (strlen(tsv->text) != size) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: expected text, found a zero byte at offset %zu",
                     path, strlen(tsv->text));
        goto out;
    }
    status = split_lines(tsv, log, err);
out:
    if (status != AMS_OK) {
        ams_tsv_fini(tsv);
    }
    return status;
}

ams_status ams_tsv_read(ams_tsv *tsv, const char *path, ams_error *err)
{
    return read_tsv(tsv, path, false, err);
}

ams_status ams_tsv_read_log(ams_tsv *tsv, const char *path, ams_error *err)
{
    return read_tsv(tsv, path, true, err);
}

ams_status ams_tsv_parse(ams_tsv *tsv, const char *name, const char *text, ams_error *err)
{
    *tsv = (ams_tsv){0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&tsv->path, name, err));
    AMS_TRY(ams_copy_text(&tsv->text, text, err));
    status = split_lines(tsv, false, err);
out:
    if (status != AMS_OK) {
        ams_tsv_fini(tsv);
    }
    return status;
}

void ams_tsv_fini(ams_tsv *tsv)
{
    free(tsv->path);
    free(tsv->text);
    free(tsv->cells);
    free(tsv->line);
    *tsv = (ams_tsv){0};
}

size_t ams_tsv_column(const ams_tsv *tsv, const char *name)
{
    for (size_t i = 0; i < tsv->n_columns; i++) {
        if (strcmp(tsv->cells[i], name) == 0) {
            return i;
        }
    }
    return AMS_NO_COLUMN;
}

ams_status ams_tsv_require(const ams_tsv *tsv, const char *name, size_t *column, ams_error *err)
{
    *column = ams_tsv_column(tsv, name);
    if (*column != AMS_NO_COLUMN) {
        return AMS_OK;
    }
    char found[512] = "";
    for (size_t i = 0; i < tsv->n_columns; i++) {
        strncat(found, i == 0 ? "" : ", ", sizeof found - strlen(found) - 1);
        strncat(found, tsv->cells[i], sizeof found - strlen(found) - 1);
    }
    return ams_fail(err, AMS_BAD_DATA, "%s:1: expected a column '%s', found: %s", tsv->path,
                    name, found);
}

const char *ams_tsv_cell(const ams_tsv *tsv, size_t row, size_t column)
{
    return tsv->cells[(row + 1) * tsv->n_columns + column];
}

size_t ams_tsv_line(const ams_tsv *tsv, size_t row)
{
    return tsv->line[row + 1];
}

ams_status ams_tsv_number(const ams_tsv *tsv, size_t row, size_t column, double *value,
                          ams_error *err)
{
    const char *cell = ams_tsv_cell(tsv, row, column);
    if (ams_parse_double(cell, value)) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: row %zu, column '%s': expected a number, found '%s'", tsv->path,
                    row + 1, tsv->cells[column], cell);
}
