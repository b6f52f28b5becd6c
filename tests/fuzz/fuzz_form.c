/* Rows in other forms. The first line of the input says the form: its format's place, a byte of
 * separator or -, and --columns; what follows is the file, read as rows and as names of labels.
 * Whatever comes, nothing breaks, and a row that is taken keeps the promises of data.h. */
#include "data/label_names.h"
#include "data/rows.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the form says of every row, the row has. */
static void check_constants(const ams_row *row, const ams_form *form)
{
    const char *group = ams_form_constant(form, AMS_PART_GROUP);
    const char *split = ams_form_constant(form, AMS_PART_SPLIT);
    const char *truth = ams_form_constant(form, AMS_PART_TRUTH);
    need(group == NULL || strcmp(row->group, group) == 0);
    need(split == NULL || strcmp(row->split, split) == 0);
    need(truth == NULL || (row->n_truth > 0 && strcmp(row->truth[0], truth) == 0));
    need(ams_form_constant(form, AMS_PART_TIME) == NULL || !isnan(row->time_ms));
}

static void check_row(const ams_row *row, const ams_form *form)
{
    ams_split split = AMS_TRAIN;
    check_constants(row, form);
    need(row->item[0] != '\0' && row->model[0] != '\0');
    need(row->group == NULL || row->group[0] != '\0');
    need(row->split == NULL || ams_split_parse(row->split, &split));
    need(isnan(row->time_ms) || row->time_ms > 0);
    for (uint32_t i = 0; i < row->n_labels; i++) {
        need(row->label[i][0] != '\0' && row->conf[i] >= 0 && row->conf[i] <= 1);
    }
    for (uint32_t i = 0; i < row->n_truth; i++) {
        need(row->truth[i][0] != '\0');
    }
}

static void read_rows(const char *path, const ams_form *form)
{
    ams_row_reader reader;
    ams_error err;
    if (ams_rows_open(&reader, path, form, "m", &err) != AMS_OK) {
        return;
    }
    const ams_row *row = NULL;
    bool bad_row = false;
    do {
        if (ams_rows_next(&reader, &row, &bad_row, &err) != AMS_OK && !bad_row) {
            break; /* the file cannot be read on */
        }
        if (row != NULL) {
            check_row(row, form);
        }
    } while (row != NULL || bad_row);
    ams_rows_close(&reader);
}

static void read_names(const char *path)
{
    ams_label_names names;
    if (ams_label_names_read(&names, path, NULL) == AMS_OK) {
        need(names.id.count > 0);
        for (uint32_t i = 0; i < names.id.count; i++) {
            const char *name = ams_label_name(&names, ams_names_get(&names.id, i));
            need(name != NULL && name[0] != '\0');
        }
    }
    ams_label_names_fini(&names);
}

static void read_detections(const char *text)
{
    char id[24];
    double conf = 0;
    if (ams_yolo_line(text, id, &conf, NULL) == AMS_OK) {
        need(id[0] >= '0' && id[0] <= '9' && !isnan(conf));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char columns[256] = "";
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    if (end == NULL || end - data < 2 || end - data >= (ptrdiff_t)sizeof columns ||
        data[0] < '0' || data[0] > '3') {
        return 0;
    }
    char separator[2] = {data[1] == '-' ? '\0' : (char)data[1], '\0'};
    memcpy(columns, data + 2, (size_t)(end - data) - 2);
    const ams_row_form said = {.format = (ams_row_format)(data[0] - '0'),
                               .columns = columns,
                               .separator = separator[0] == '\0' ? NULL : separator,
                               .label_names = "names"};
    ams_names models = {0};
    uint32_t index = 0;
    need(ams_names_add(&models, "m", 1, &index, NULL) == AMS_OK);
    need(ams_names_add(&models, "n", 1, &index, NULL) == AMS_OK);
    const size_t rest = size - (size_t)(end - data) - 1;
    fuzz_file file = fuzz_file_open(end + 1, rest);
    ams_form form;
    ams_error err;
    if (ams_form_init(&form, &said, &models, &err) == AMS_OK) {
        read_rows(file.path, &form);
        ams_form_fini(&form);
    }
    read_names(file.path);
    char line[128];
    snprintf(line, sizeof line, "%.*s", (int)(rest < 100 ? rest : 100), (const char *)end + 1);
    read_detections(line);
    fuzz_file_close(&file);
    ams_names_fini(&models);
    return 0;
}
