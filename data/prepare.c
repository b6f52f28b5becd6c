/* What an import's options say of the form of its rows, before the first row is read. */
#include "data/import.h"

#include "base/json.h"
#include "base/memory.h"
#include "data/json_items.h"
#include "data/parts.h"
#include "data/row_parser.h"
#include "data/rows.h"

#include <string.h>

/* "NAME=FILE" */
static ams_status take_model_file(ams_intake *intake, size_t i, size_t file, ams_error *err)
{
    const char *text = intake->options->form.model_files[i];
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0') {
        return ams_fail(err, AMS_USAGE, "option --model: expected NAME=FILE, found '%s'", text);
    }
    ams_status status = ams_format(&intake->model_text[i], "a model's name", err, "%.*s",
                                   (int)(equals - text), text);
    if (status != AMS_OK) {
        return status;
    }
    uint32_t model = 0;
    status = ams_intake_model(intake, intake->model_text[i], &model, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "option --model");
        return AMS_USAGE;
    }
    intake->path[file] = equals + 1;
    intake->model[file] = intake->model_text[i];
    return AMS_OK;
}

static ams_status list_files(ams_intake *intake, const char *const *rows, size_t n_rows,
                             ams_error *err)
{
    const size_t n_model_files = intake->options->form.n_model_files;
    const size_t n_files = n_rows + n_model_files;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&intake->path, n_files, sizeof *intake->path, "files", err));
    AMS_TRY(ams_alloc(&intake->model, n_files, sizeof *intake->model, "files", err));
    AMS_TRY(ams_alloc(&intake->model_text, n_model_files, sizeof *intake->model_text, "files",
                      err));
    for (size_t i = 0; i < n_rows; i++) {
        intake->path[i] = rows[i];
    }
    for (size_t i = 0; i < n_model_files; i++) {
        AMS_TRY(take_model_file(intake, i, n_rows + i, err));
    }
    intake->n_files = n_files;
out:
    return status;
}

/* The id of one of the images in COCO's annotations. */
static ams_status list_image(ams_names *listed, const ams_json_value *value, ams_error *err)
{
    char digits[AMS_DIGITS];
    char found[AMS_JSON_FOUND];
    json_error_t broken;
    uint32_t index = 0;
    json_t *image = json_loadb(value->text, value->length, JSON_DECODE_INT_AS_REAL, &broken);
    const char *id = ams_row_text(json_object_get(image, "id"), digits);
    ams_status status =
        image == NULL ? ams_fail(err, AMS_BAD_DATA, "expected an object, found %s",
                                 ams_json_broken(&broken, found))
        : id == NULL  ? ams_fail(err, AMS_BAD_DATA, "expected an image with an id, found %s",
                                 ams_json_found(json_object_get(image, "id"), found))
                      : ams_row_check_name("item", id, err);
    if (status == AMS_OK) {
        status = ams_names_add(listed, id, strlen(id), &index, err);
    }
    json_decref(image);
    return status;
}

static ams_status list_images(ams_names *listed, ams_line_reader *lines, const char *path,
                              ams_error *err)
{
    ams_json_items *images = NULL;
    ams_json_value value;
    ams_status status = AMS_OK;
    AMS_TRY(ams_json_items_open(&images, path, lines, AMS_JSON_MEMBER, "images", err));
    do {
        AMS_TRY(ams_json_items_next(images, &value, err));
        status = value.text == NULL ? AMS_OK : list_image(listed, &value, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s:%llu", path, (unsigned long long)value.line);
        }
    } while (status == AMS_OK && value.text != NULL);
    if (status == AMS_OK && listed->count == 0) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected images, found none", path);
    }
out:
    ams_json_items_close(images);
    return status;
}

/* An id per line, or COCO's annotations with their images. */
static ams_status list_items(ams_names *listed, const char *path, ams_error *err)
{
    ams_line_reader *lines = NULL;
    char first = '\0';
    ams_status status = AMS_OK;
    AMS_TRY(ams_lines_open(&lines, path, err));
    AMS_TRY(ams_lines_first(lines, &first, err));
    status = first == '{' ? list_images(listed, lines, path, err)
                          : ams_read_ids(listed, lines, path, true, err);
out:
    ams_lines_close(lines);
    return status;
}

ams_status ams_intake_prepare(ams_intake *intake, const char *const *rows, size_t n_rows,
                              ams_error *err)
{
    const ams_row_form *said = &intake->options->form;
    ams_status status = AMS_OK;
    if (!(said->keep >= 0 && said->keep <= 1)) {
        return ams_fail(err, AMS_USAGE,
                        "option --keep: expected a confidence from 0 to 1, found %g",
                        said->keep);
    }
    AMS_TRY(ams_time_unit(said->time_unit, &intake->time_scale, err));
    AMS_TRY(list_files(intake, rows, n_rows, err));
    AMS_TRY(ams_form_init(&intake->form, said, &intake->models.name, err));
    if (said->label_names != NULL) {
        AMS_TRY(ams_label_names_read(&intake->label_names, said->label_names, err));
    }
    if (said->items != NULL) {
        AMS_TRY(list_items(&intake->listed, said->items, err));
    }
out:
    return status;
}

ams_status ams_intake_listed(ams_intake *intake, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < intake->listed.count && status == AMS_OK; i++) {
        uint32_t item = 0;
        status = ams_intake_item(intake, ams_names_get(&intake->listed, i), &item, err);
    }
    return status;
}
