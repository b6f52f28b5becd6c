/* Frames for people: on a terminal, and in Markdown. */
#include "lab/frame/cell.h"

#include "base/text.h"

#include <stdlib.h>

/* Spaces are written only where something follows them, so that no line ends in spaces. */
typedef struct frame_line {
    FILE *stream;
    int spaces;
} frame_line;

/* What a column has in one line. */
typedef struct frame_text {
    const char *before, *text, *after;
    char room[AMS_CELL_BYTES];
} frame_text;

static int length_of(const frame_text *text)
{
    return (int)(ams_text_width(text->before) + ams_text_width(text->text) +
                 ams_text_width(text->after));
}

static void head_text(frame_text *out, const ams_column *column)
{
    out->before = out->after = "";
    out->text = column->head;
}

static void cell_text(frame_text *out, const ams_frame *frame, size_t row, size_t c)
{
    const ams_cell *cell = &frame->cell[row * frame->n_columns + c];
    const ams_column *column = &frame->column[c];
    const bool there = cell->kind != AMS_CELL_NONE;
    out->before = there && column->before != NULL ? column->before : "";
    out->after = there && column->after != NULL ? column->after : "";
    out->text = ams_cell_shown(frame, row, c, out->room);
}

static void put(frame_line *line, const frame_text *text, int width)
{
    const int length = length_of(text);
    const int fill = abs(width) > length ? abs(width) - length : 0;
    line->spaces += width > 0 ? fill : 0;
    if (length > 0) {
        fprintf(line->stream, "%*s%s%s%s", line->spaces, "", text->before, text->text,
                text->after);
        line->spaces = 0;
    }
    line->spaces += width > 0 ? 0 : fill;
}

static void end_line(frame_line *line)
{
    fputc('\n', line->stream);
    line->spaces = 0;
}

static int width_of(const ams_frame *frame, size_t c)
{
    frame_text text;
    const bool right = frame->column[c].width == AMS_WIDEST;
    if (frame->column[c].width != 0 && !right) {
        return frame->column[c].width;
    }
    int width = (int)ams_text_width(frame->column[c].head);
    for (size_t row = 0; row < frame->n_rows; row++) {
        cell_text(&text, frame, row, c);
        width = length_of(&text) > width ? length_of(&text) : width;
    }
    return right ? width : -width;
}

static void print_rows(const ams_frame *frame, const uint32_t *order, size_t first, size_t n,
                       FILE *stream)
{
    frame_line line = {.stream = stream};
    frame_text text;
    int width[AMS_FRAME_COLUMNS];
    for (size_t c = 0; c < frame->n_columns; c++) {
        width[c] = frame->column[c].head == NULL ? 0 : width_of(frame, c);
    }
    for (size_t k = 0; k <= n; k++) {
        bool begun = false;
        for (size_t c = 0; c < frame->n_columns; c++) {
            if (frame->column[c].head == NULL) {
                continue;
            }
            if (k == 0) {
                head_text(&text, &frame->column[c]);
            } else {
                cell_text(&text, frame, order == NULL ? first + k - 1 : order[k - 1], c);
            }
            line.spaces += begun;
            begun = true;
            put(&line, &text, width[c]);
        }
        end_line(&line);
    }
}

void ams_frame_print(const ams_frame *frame, FILE *stream)
{
    print_rows(frame, NULL, 0, frame->n_rows, stream);
}

void ams_frame_print_rows(const ams_frame *frame, size_t first, size_t n, FILE *stream)
{
    print_rows(frame, NULL, first, n, stream);
}

void ams_frame_print_order(const ams_frame *frame, const uint32_t *order, size_t n,
                           FILE *stream)
{
    print_rows(frame, order, 0, n, stream);
}

/* A bar would end the cell. */
static void put_escaped(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++) {
        fputs(*text == '|' ? "\\" : "", stream);
        fputc(*text, stream);
    }
}

static void put_markdown(FILE *stream, const frame_text *text)
{
    fputs("| ", stream);
    put_escaped(stream, text->before);
    put_escaped(stream, text->text);
    put_escaped(stream, text->after);
    fputc(' ', stream);
}

void ams_frame_print_markdown(const ams_frame *frame, FILE *stream)
{
    frame_text text;
    for (size_t line = 0; line < frame->n_rows + 2; line++) {
        for (size_t c = 0; c < frame->n_columns; c++) {
            const ams_column *column = &frame->column[c];
            if (column->head == NULL) {
                continue;
            }
            if (line == 1) {
                fputs(column->width > 0 ? "|---:" : "|---", stream);
                continue;
            }
            if (line == 0) {
                head_text(&text, column);
            } else {
                cell_text(&text, frame, line - 2, c);
            }
            put_markdown(stream, &text);
        }
        fputs("|\n", stream);
    }
}
