/* Records of CSV, each of one line or, with quotes, several. */
#include "data/csv.h"

enum { LONGEST_RECORD = 1 << 20 };

ams_status ams_csv_record(ams_csv_records *records, bool *found, bool *bad, ams_error *err)
{
    *found = false;
    *bad = false;
    bool open = false;
    do {
        const char *line = NULL;
        size_t length = 0;
        ams_status status = ams_lines_next(records->lines, &line, &length, err);
        if (status != AMS_OK) {
            return status;
        }
        if (line == NULL && !open) {
            return AMS_OK;
        }
        bool too_long = open && records->cells.used > LONGEST_RECORD;
        if (line == NULL || too_long) {
            records->cells.quoted = false;
            *bad = true;
            return ams_fail(err, AMS_BAD_DATA, "expected a closing quote, found %s",
                            too_long ? "none within 1 MiB" : "the end of the file");
        }
        if (!open) {
            if (length == 0) {
                continue; /* blank lines mean nothing */
            }
            records->line = ams_lines_number(records->lines);
        }
        status = ams_csv_split(&records->cells, line, length, &open, err);
        if (status != AMS_OK) {
            *bad = status == AMS_BAD_DATA;
            return status;
        }
        *found = !open;
    } while (!*found);
    if (records->n_columns != 0 && records->cells.count != records->n_columns) {
        *bad = true;
        return ams_fail(err, AMS_BAD_DATA, "expected %zu cells, found %zu", records->n_columns,
                        records->cells.count);
    }
    return AMS_OK;
}

ams_status ams_csv_header(ams_csv_records *records, const char *expected, ams_error *err)
{
    bool found = false;
    bool bad = false;
    ams_status status = ams_csv_record(records, &found, &bad, err);
    if (status == AMS_OK && !found) {
        status = ams_fail(err, AMS_BAD_DATA, "expected the header %s, found no line", expected);
        bad = true;
    }
    if (status != AMS_OK && bad) {
        ams_error_prefix(err, "%s:1", records->path);
    }
    records->n_columns = records->cells.count;
    return status;
}
