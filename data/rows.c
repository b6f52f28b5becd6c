#include "data/rows.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool names_csv(const char *path)
{
    static const char *const endings[] = {".csv", ".csv.gz", ".csv.zst"};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t tail = strlen(endings[i]);
        if (length > tail && strcmp(path + length - tail, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

ams_status ams_rows_open(ams_row_reader *reader, const char *path, ams_error *err)
{
    *reader = (ams_row_reader){0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&reader->path, path, err));
    AMS_TRY(ams_lines_open(&reader->lines, path, err));
    if (names_csv(path)) {
        status = ams_csv_open(&reader->csv, reader->path, reader->lines, err);
    } else {
        status = ams_row_parser_create(&reader->json, err);
    }
out:
    if (status != AMS_OK) {
        ams_rows_close(reader);
    }
    return status;
}

void ams_rows_close(ams_row_reader *reader)
{
    ams_csv_close(reader->csv);
    ams_row_parser_destroy(reader->json);
    ams_lines_close(reader->lines);
    free(reader->path);
    *reader = (ams_row_reader){0};
}

/* Messages quote what was read; a terminal must not interpret it as control codes. */
static void hide_control_characters(ams_error *err)
{
    for (char *at = err == NULL ? NULL : err->text; at != NULL && *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            *at = '?';
        }
    }
}

static ams_status next_json(ams_row_reader *reader, bool *found, bool *bad_row, ams_error *err)
{
    const char *line = NULL;
    size_t length = 0;
    do {
        ams_status status = ams_lines_next(reader->lines, &line, &length, err);
        if (status != AMS_OK) {
            return status;
        }
    } while (line != NULL && strspn(line, " \t") == length);
    *found = line != NULL;
    if (line == NULL) {
        return AMS_OK;
    }
    reader->line = ams_lines_number(reader->lines);
    ams_status status = ams_row_parse(reader->json, line, length, &reader->row, err);
    if (status == AMS_BAD_DATA) {
        *bad_row = true;
        ams_error_prefix(err, "%s:%llu", reader->path, (unsigned long long)reader->line);
    }
    return status;
}

ams_status ams_rows_next(ams_row_reader *reader, const ams_row **row, bool *bad_row,
                         ams_error *err)
{
    *row = NULL;
    *bad_row = false;
    bool found = false;
    ams_status status =
        reader->json != NULL
            ? next_json(reader, &found, bad_row, err)
            : ams_csv_next(reader->csv, &reader->row, &reader->line, &found, bad_row, err);
    if (status != AMS_OK) {
        hide_control_characters(err);
        return status;
    }
    *row = found ? &reader->row : NULL;
    return AMS_OK;
}
