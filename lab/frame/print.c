/* Frames for people: on a terminal, and in Markdown. */
#include "lab/frame/cell.h"

#include "base/text.h"

#include <stdlib.h>

/* Spaces are written only where something follows them, so that no line ends in spaces. */
typedef struct frame_line {
    FILE *stream;
    int spaces;
} frame_line;

static void put(frame_line *line, const char *text, int width)
{
    const int length = (int)ams_text_width(text);
    const int fill = abs(width) > length ? abs(width) - length : 0;
    line->spaces += width > 0 ? fill : 0;
    if (text[0] != '\0') {
        fprintf(line->stream, "%*s%s", line->spaces, "", text);
        line->spaces = 0;
    }
    line->spaces += width > 0 ? 0 : fill;
}

static void end_line(frame_line *line)
{
    fputc('\n', line->stream);
    line->spaces = 0;
}

static const char *shown(const ams_frame *frame, size_t row, size_t c,
                         char room[AMS_CELL_BYTES])
{
    return ams_cell_shown(&frame->cell[row * frame->n_columns + c], &frame->column[c], room);
}

static int width_of(const ams_frame *frame, size_t c)
{
    char room[AMS_CELL_BYTES];
    if (frame->column[c].width != 0) {
        return frame->column[c].width;
    }
    int width = (int)ams_text_width(frame->column[c].head);
    for (size_t row = 0; row < frame->n_rows; row++) {
        const int length = (int)ams_text_width(shown(frame, row, c, room));
        width = length > width ? length : width;
    }
    return -width;
}

static void print_rows(const ams_frame *frame, const uint32_t *order, size_t first, size_t n,
                       FILE *stream)
{
    frame_line line = {.stream = stream};
    char room[AMS_CELL_BYTES];
    int width[AMS_FRAME_COLUMNS];
    for (size_t c = 0; c < frame->n_columns; c++) {
        width[c] = frame->column[c].head == NULL ? 0 : width_of(frame, c);
    }
    for (size_t k = 0; k <= n; k++) {
        bool begun = false;
        for (size_t c = 0; c < frame->n_columns; c++) {
            if (frame->column[c].head != NULL) {
                line.spaces += begun;
                begun = true;
                put(&line,
                    k == 0
                        ? frame->column[c].head
                        : shown(frame, order == NULL ? first + k - 1 : order[k - 1], c, room),
                    width[c]);
            }
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
static void put_markdown(FILE *stream, const char *text)
{
    fputs("| ", stream);
    for (; *text != '\0'; text++) {
        fputs(*text == '|' ? "\\" : "", stream);
        fputc(*text, stream);
    }
    fputc(' ', stream);
}

void ams_frame_print_markdown(const ams_frame *frame, FILE *stream)
{
    char room[AMS_CELL_BYTES];
    for (size_t line = 0; line < frame->n_rows + 2; line++) {
        for (size_t c = 0; c < frame->n_columns; c++) {
            const ams_column *column = &frame->column[c];
            if (column->head != NULL && line == 1) {
                fputs(column->width > 0 ? "|---:" : "|---", stream);
            } else if (column->head != NULL) {
                put_markdown(stream,
                             line == 0 ? column->head : shown(frame, line - 2, c, room));
            }
        }
        fputs("|\n", stream);
    }
}
