#include "lab/frame/cell.h"

#include "base/text.h"

#include <stdio.h>

enum { COST = AMS_COST(0) };

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

const char *ams_cell_plain(const ams_frame *frame, size_t row, size_t c,
                           char room[AMS_CELL_BYTES])
{
    static const char *const words[] = {"no", "yes"};
    ams_digits digits = frame->column[c].digits;
    if (digits & COST) {
        digits = AMS_DECIMALS(ams_amount_decimals(frame->largest[c], digits & 0xff));
    }
    return print_cell(&frame->cell[row * frame->n_columns + c], digits, 1, words, room);
}

const char *ams_cell_shown(const ams_frame *frame, size_t row, size_t c,
                           char room[AMS_CELL_BYTES])
{
    const ams_cell *cell = &frame->cell[row * frame->n_columns + c];
    const ams_column *column = &frame->column[c];
    const double largest = frame->largest[c];
    ams_digits digits = column->shown;
    const char *const words[] = {column->no == NULL ? "no" : column->no,
                                 column->yes == NULL ? "yes" : column->yes};
    const double scale = column->scale > 0 ? column->scale : 1;
    if (cell->kind == AMS_CELL_NONE) {
        return column->absent == NULL ? "-" : column->absent;
    }
    if (digits & COST) {
        const bool plain = largest == 0 || (largest >= 1 && largest < 1e7);
        digits = plain ? AMS_DECIMALS(digits & 0xff) : AMS_SIGNIFICANT(4);
    }
    return print_cell(cell, digits, scale, words, room);
}
