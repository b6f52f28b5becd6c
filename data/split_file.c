/* Splits that others have drawn, from a table of items. */
#include "ams/data.h"

#include "base/memory.h"
#include "base/tsv.h"
#include "data/lines.h"
#include "data/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ams_status ams_tsv_read_packed(ams_tsv *tsv, const char *path, ams_error *err)
{
    ams_line_reader *reader = NULL;
    char *text = NULL;
    size_t used = 0;
    size_t capacity = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_lines_open(&reader, path, err));
    for (;;) {
        const char *line = NULL;
        size_t length = 0;
        AMS_TRY(ams_lines_next(reader, &line, &length, err));
        AMS_TRY(ams_grow(&text, &capacity, used + length + 2, 1, path, err));
        if (line == NULL) {
            break;
        }
        memcpy(text + used, line, length);
        text[used + length] = '\n';
        used += length + 1;
    }
    text[used] = '\0';
    status = ams_tsv_parse(tsv, path, text, err);
out:
    ams_lines_close(reader);
    free(text);
    return status;
}

/* The column that is asked for, `split`, or the only one besides `item`. */
static ams_status find_column(const ams_tsv *tsv, const char *asked, size_t item,
                              size_t *column, ams_error *err)
{
    if (asked != NULL) {
        return ams_tsv_require(tsv, asked, column, err);
    }
    *column = ams_tsv_column(tsv, "split");
    if (*column == AMS_NO_COLUMN && tsv->n_columns == 2) {
        *column = 1 - item;
    }
    if (*column == AMS_NO_COLUMN) {
        return ams_fail(err, AMS_USAGE,
                        "%s: expected a column 'split', found %zu columns without it; "
                        "--column names one",
                        tsv->path, tsv->n_columns);
    }
    return AMS_OK;
}

static ams_status take_split(ams_table *table, const ams_tsv *tsv, size_t row,
                             const size_t column[2], uint8_t *given, ams_error *err)
{
    const char *id = ams_tsv_cell(tsv, row, column[0]);
    const char *name = ams_tsv_cell(tsv, row, column[1]);
    const uint32_t item = ams_names_find(&table->item_id, id, strlen(id));
    ams_split split = AMS_TRAIN;
    if (!ams_split_parse(name, &split)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s:%zu: expected split train, validation or test, found '%s'",
                        tsv->path, ams_tsv_line(tsv, row), name);
    }
    if (item == AMS_NO_NAME) {
        return AMS_OK; /* of a larger set that the table is a part of */
    }
    if (given[item] != AMS_NO_SPLIT) {
        return ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected each item once, found '%s' again",
                        tsv->path, ams_tsv_line(tsv, row), id);
    }
    given[item] = (uint8_t)split;
    return AMS_OK;
}

static ams_status check_all_given(const ams_table *table, const uint8_t *given,
                                  const char *path, ams_error *err)
{
    uint32_t missing = 0;
    uint32_t first = 0;
    for (uint32_t i = table->n_items; i-- > 0;) {
        if (given[i] == AMS_NO_SPLIT) {
            missing++;
            first = i;
        }
    }
    if (missing > 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected a split of each of the %u items, found none of %u, '%s' "
                        "among them",
                        path, table->n_items, missing, ams_names_get(&table->item_id, first));
    }
    return AMS_OK;
}

ams_status ams_data_split_from(ams_table *table, const char *path, const char *column,
                               ams_error *err)
{
    ams_tsv tsv = {0};
    uint8_t *given = NULL;
    size_t at[2];
    char what[256];
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_read_packed(&tsv, path, err));
    AMS_TRY(ams_tsv_require(&tsv, "item", &at[0], err));
    AMS_TRY(find_column(&tsv, column, at[0], &at[1], err));
    AMS_TRY(ams_alloc(&given, table->n_items, sizeof *given, "splits", err));
    memset(given, AMS_NO_SPLIT, table->n_items);
    for (size_t row = 0; row < tsv.n_rows; row++) {
        AMS_TRY(take_split(table, &tsv, row, at, given, err));
    }
    AMS_TRY(check_all_given(table, given, path, err));
    memcpy(table->split, given, table->n_items);
    const char *base = strrchr(path, '/');
    snprintf(what, sizeof what, "split from %.100s, column %.100s",
             base == NULL ? path : base + 1, column == NULL ? "split" : column);
    status = ams_note_step(table, table->generator, what, err);
out:
    free(given);
    ams_tsv_fini(&tsv);
    return status;
}
