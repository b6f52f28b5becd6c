/* Frames and results for programs: TSV and JSON. */
#include "base/file.h"
#include "lab/frame/cell.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static ams_status print_tsv(FILE *stream, const void *context, ams_error *err)
{
    const ams_frame *frame = context;
    char room[AMS_CELL_BYTES];
    (void)err;
    for (size_t line = 0; line <= frame->n_rows; line++) {
        const char *tab = "";
        for (size_t c = 0; c < frame->n_columns; c++) {
            const ams_column *column = &frame->column[c];
            if (column->name == NULL) {
                continue;
            }
            const char *text = column->name;
            if (line > 0) {
                text = ams_cell_plain(frame, line - 1, c, room);
            }
            fprintf(stream, "%s%s", tab, text);
            tab = "\t";
        }
        fputc('\n', stream);
    }
    return AMS_OK;
}

ams_status ams_frame_write_tsv(const ams_frame *frame, const char *directory, const char *file,
                               ams_error *err)
{
    return ams_file_write(directory, file, print_tsv, frame, err);
}

/* -- JSON; what cannot be made is NULL, and jansson refuses it where it is put -- */

static json_t *cell_json(const ams_cell *cell)
{
    switch (cell->kind) {
    case AMS_CELL_REAL:
        return json_real(cell->as.real);
    case AMS_CELL_COUNT:
        return json_integer((json_int_t)cell->as.count);
    case AMS_CELL_FLAG:
        return json_boolean(cell->as.flag);
    case AMS_CELL_TEXT:
        return json_string(cell->as.text);
    case AMS_CELL_NONE:
        break;
    }
    return json_null();
}

/* Under "a.b": the field b of the object a. */
static int set_json(json_t *object, const char *name, json_t *value)
{
    for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char outer[64];
        snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
        json_t *inner = json_object_get(object, outer);
        if (inner == NULL) {
            inner = json_object();
            (void)json_object_set_new(object, outer, inner);
        }
        object = inner;
    }
    return json_object_set_new(object, name, value);
}

static json_t *frame_json(const ams_frame *frame)
{
    json_t *rows = json_array();
    int failed = 0;
    for (size_t row = 0; row < frame->n_rows; row++) {
        json_t *object = json_object();
        for (size_t c = 0; c < frame->n_columns; c++) {
            const ams_column *column = &frame->column[c];
            const char *key = column->json == NULL ? column->name : column->json;
            if (key != NULL && key[0] != '\0') {
                failed |=
                    set_json(object, key, cell_json(&frame->cell[row * frame->n_columns + c]));
            }
        }
        failed |= json_array_append_new(rows, object);
    }
    if (failed != 0) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}

ams_status ams_result_print_json(const ams_result *result, FILE *stream, ams_error *err)
{
    json_t *root = json_object();
    int failed = 0;
    for (size_t k = 0; k < result->n; k++) {
        const ams_result_part *part = &result->part[k];
        failed |=
            set_json(root, part->name,
                     part->frame == NULL ? cell_json(&part->value) : frame_json(part->frame));
    }
    if (failed != 0 || root == NULL) {
        json_decref(root);
        return ams_fail(err, AMS_BACKEND,
                        "the table cannot be described as JSON: a name is not UTF-8, or there "
                        "is no memory");
    }
    const bool written = json_dumpf(root, stream, JSON_INDENT(2)) == 0 &&
                         fputc('\n', stream) != EOF && fflush(stream) == 0;
    json_decref(root);
    return written
               ? AMS_OK
               : ams_fail(err, AMS_IO, "cannot write the table as JSON: %s", strerror(errno));
}
