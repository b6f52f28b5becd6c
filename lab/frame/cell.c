#include "lab/frame/cell.h"

#include <stdio.h>

static void print_real(char out[AMS_CELL_BYTES], double value, ams_digits digits)
{
    const int n = digits & 0xff;
    if (digits & 0x200) {
        snprintf(out, AMS_CELL_BYTES, "%+.*f", n, value);
    } else if (digits & 0x100) {
        snprintf(out, AMS_CELL_BYTES, "%.*f", n, value);
    } else {
        snprintf(out, AMS_CELL_BYTES, "%.*g", digits == 0 ? 6 : n, value);
    }
}

/* A number; the other kinds are texts. */
static const char *print_cell(const ams_cell *cell, ams_digits digits, double scale,
                              const char *const no_yes[2], char room[AMS_CELL_BYTES])
{
    switch (cell->kind) {
    case AMS_CELL_REAL:
        print_real(room, cell->as.real * scale, digits);
        return room;
    case AMS_CELL_COUNT:
        snprintf(room, AMS_CELL_BYTES, "%llu", (unsigned long long)cell->as.count);
        return room;
    case AMS_CELL_FLAG:
        return no_yes[cell->as.flag];
    case AMS_CELL_TEXT:
        return cell->as.text;
    case AMS_CELL_NONE:
        break;
    }
    return "-";
}

const char *ams_cell_plain(const ams_cell *cell, const ams_column *column,
                           char room[AMS_CELL_BYTES])
{
    static const char *const words[] = {"no", "yes"};
    return print_cell(cell, column->digits, 1, words, room);
}

const char *ams_cell_shown(const ams_cell *cell, const ams_column *column,
                           char room[AMS_CELL_BYTES])
{
    const char *const words[] = {column->no == NULL ? "no" : column->no,
                                 column->yes == NULL ? "yes" : column->yes};
    const double scale = column->scale > 0 ? column->scale : 1;
    if (cell->kind == AMS_CELL_NONE) {
        return column->absent == NULL ? "-" : column->absent;
    }
    return print_cell(cell, column->shown, scale, words, room);
}
