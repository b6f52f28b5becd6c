/* Frames and results in memory. */
#include "ams/frame.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_cell(ams_cell *cell)
{
    if (cell->kind == AMS_CELL_TEXT) {
        char *own; /* this file's copy, which readers see as const */
        memcpy(&own, &cell->as.text, sizeof own);
        free(own);
    }
}

static ams_status copy_cell(ams_cell *to, const ams_cell *from, ams_error *err)
{
    char *text = NULL;
    *to = *from;
    if (from->kind == AMS_CELL_TEXT) {
        ams_status status = ams_copy_text(&text, from->as.text, err);
        *to = ams_cell_text(text);
        return status;
    }
    return AMS_OK;
}

/* -- frames -- */

ams_status ams_frame_add(ams_frame *frame, const ams_cell *cell, size_t n, ams_error *err)
{
    const size_t used = frame->n_rows * frame->n_columns;
    size_t copied = 0;
    ams_status status = AMS_OK;
    if (n != frame->n_columns) {
        return ams_fail(err, AMS_BACKEND, "a row of %zu cells in a table of %zu columns", n,
                        frame->n_columns);
    }
    AMS_TRY(
        ams_grow(&frame->cell, &frame->room, used + n, sizeof *frame->cell, "a table", err));
    for (; copied < n; copied++) {
        AMS_TRY(copy_cell(&frame->cell[used + copied], &cell[copied], err));
        if (cell[copied].kind == AMS_CELL_REAL) {
            frame->largest[copied] = fmax(frame->largest[copied], fabs(cell[copied].as.real));
        }
    }
    frame->n_rows++;
out:
    while (status != AMS_OK && copied > 0) {
        free_cell(&frame->cell[used + --copied]);
    }
    return status;
}

const ams_cell *ams_frame_cell(const ams_frame *frame, size_t row, const char *column)
{
    for (size_t c = 0; row < frame->n_rows && c < frame->n_columns; c++) {
        if (frame->column[c].name != NULL && strcmp(frame->column[c].name, column) == 0) {
            return &frame->cell[row * frame->n_columns + c];
        }
    }
    return NULL;
}

/* The texts of a column that are its frame's own. */
enum { NAME, JSON, HEAD, OWNED };

/* *at, a text of the column, becomes a copy. */
static ams_status own_text(ams_frame *frame, size_t column, int which, const char **at,
                           const char *text, ams_error *err)
{
    char **own = &frame->text[column * OWNED + (size_t)which];
    char *copy = NULL;
    if (text == NULL) {
        return AMS_OK;
    }
    ams_status status = ams_copy_text(&copy, text, err);
    if (status == AMS_OK) {
        free(*own);
        *own = copy;
        *at = copy;
    }
    return status;
}

ams_status ams_frame_set_head(ams_frame *frame, size_t column, const char *head, ams_error *err)
{
    return own_text(frame, column, HEAD, &frame->column[column].head, head, err);
}

/* "time_ms" is "cost_usd", and "resp. ms" is "resp. usd". */
static bool head_of_unit(char head[64], const char *now, const char *unit)
{
    const size_t length = now == NULL ? 0 : strlen(now);
    if (length > 3 && length < 40 && strcmp(now + length - 3, " ms") == 0) {
        snprintf(head, 64, "%.*s %.20s", (int)length - 3, now, unit);
    } else if (length > 0 && strcmp(now, "time_ms") == 0) {
        snprintf(head, 64, "cost_%.20s", unit);
    } else {
        return false;
    }
    return true;
}

ams_status ams_frame_set_unit(ams_frame *frame, const char *unit, ams_error *err)
{
    char head[64];
    ams_status status = AMS_OK;
    for (size_t c = 0; status == AMS_OK && c < frame->n_columns; c++) {
        if (strcmp(unit, "ms") != 0 && head_of_unit(head, frame->column[c].head, unit)) {
            status = ams_frame_set_head(frame, c, head, err);
        }
    }
    return status;
}

static void frame_destroy(ams_frame *frame)
{
    if (frame == NULL) {
        return;
    }
    for (size_t k = 0; k < frame->n_rows * frame->n_columns; k++) {
        free_cell(&frame->cell[k]);
    }
    for (size_t k = 0; frame->text != NULL && k < frame->n_columns * OWNED; k++) {
        free(frame->text[k]);
    }
    free(frame->cell);
    free((void *)frame->text);
    free(frame->largest);
    free(frame->column);
    free(frame);
}

static ams_status frame_create(ams_frame **frame, const ams_column *column, size_t n,
                               ams_error *err)
{
    ams_frame *made = NULL;
    ams_status status = AMS_OK;
    if (n > AMS_FRAME_COLUMNS) {
        return ams_fail(err, AMS_BACKEND, "a table of %zu columns; expected at most %d", n,
                        AMS_FRAME_COLUMNS);
    }
    AMS_TRY(ams_alloc(&made, 1, sizeof *made, "a table", err));
    made->n_columns = n;
    AMS_TRY(ams_alloc(&made->column, n, sizeof *made->column, "a table", err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&made->text, n * OWNED, sizeof *made->text, "a table", err));
    AMS_TRY(ams_alloc(&made->largest, n, sizeof *made->largest, "a table", err));
    memcpy(made->column, column, n * sizeof *column);
    for (size_t c = 0; c < n; c++) {
        ams_column *own = &made->column[c];
        AMS_TRY(own_text(made, c, NAME, &own->name, own->name, err));
        AMS_TRY(own_text(made, c, JSON, &own->json, own->json, err));
        AMS_TRY(own_text(made, c, HEAD, &own->head, own->head, err));
    }
    *frame = made;
out:
    if (status != AMS_OK) {
        frame_destroy(made);
    }
    return status;
}

/* -- results -- */

static ams_status add_part(ams_result *result, ams_result_part part, ams_error *err)
{
    ams_status status = ams_grow(&result->part, &result->room, result->n + 1,
                                 sizeof *result->part, "a result", err);
    if (status == AMS_OK) {
        result->part[result->n++] = part;
    }
    return status;
}

ams_status ams_result_add_facts(ams_result *result, const ams_fact *fact, size_t n,
                                ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t k = 0; status == AMS_OK && k < n; k++) {
        ams_result_part part = {.name = fact[k].name};
        status = copy_cell(&part.value, &fact[k].value, err);
        if (status == AMS_OK && (status = add_part(result, part, err)) != AMS_OK) {
            free_cell(&part.value);
        }
    }
    return status;
}

ams_status ams_result_add_frame(ams_result *result, const char *name, const ams_column *column,
                                size_t n_columns, ams_frame **frame, ams_error *err)
{
    ams_frame *made = NULL;
    ams_status status = frame_create(&made, column, n_columns, err);
    if (status == AMS_OK) {
        status = add_part(result, (ams_result_part){.name = name, .frame = made}, err);
    }
    if (status == AMS_OK) {
        *frame = made;
    } else {
        frame_destroy(made);
    }
    return status;
}

static const ams_result_part *find_part(const ams_result *result, const char *name)
{
    for (size_t k = 0; k < result->n; k++) {
        if (strcmp(result->part[k].name, name) == 0) {
            return &result->part[k];
        }
    }
    return NULL;
}

ams_frame *ams_result_frame(const ams_result *result, const char *name)
{
    const ams_result_part *part = find_part(result, name);
    return part == NULL ? NULL : part->frame;
}

const ams_cell *ams_result_fact(const ams_result *result, const char *name)
{
    const ams_result_part *part = find_part(result, name);
    return part == NULL || part->frame != NULL ? NULL : &part->value;
}

void ams_result_fini(ams_result *result)
{
    for (size_t k = 0; k < result->n; k++) {
        free_cell(&result->part[k].value);
        frame_destroy(result->part[k].frame);
    }
    free(result->part);
    *result = (ams_result){.n = 0};
}
