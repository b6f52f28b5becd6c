#include "data/yolo.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/lines.h"
#include "data/rows.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NUMBER = 64, LONGEST_ID = 24, BOX_NUMBERS = 6 };

struct ams_yolo_reader {
    const char *path, *model;
    struct dirent **entry; /* (n_entries) by name, freed by us */
    int n_entries, next;
    char *item;
    char (*id)[LONGEST_ID];
    const char **label;
    double *conf;
    size_t id_capacity, label_capacity, conf_capacity;
};

/* Tools that write labels put their classes beside them. */
static int is_labels(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".txt") == 0 &&
           strcmp(entry->d_name, "classes.txt") != 0;
}

ams_status ams_yolo_open(ams_yolo_reader **reader, const char *path, const char *model,
                         ams_error *err)
{
    *reader = NULL;
    ams_yolo_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return ams_no_memory(err, sizeof *r, "a reader");
    }
    r->path = path;
    r->model = model;
    ams_status status = AMS_OK;
    if (model == NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "--format yolo: expected --model NAME=FOLDER for each folder, found "
                          "'%s' without a model",
                          path);
        goto out;
    }
    r->n_entries = scandir(path, &r->entry, is_labels, alphasort);
    if (r->n_entries < 0) {
        status = ams_fail(err, AMS_IO, "cannot read the folder %s: %s", path, strerror(errno));
        goto out;
    }
    *reader = r;
    return AMS_OK;
out:
    ams_yolo_close(r);
    return status;
}

void ams_yolo_close(ams_yolo_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    for (int i = 0; i < reader->n_entries; i++) {
        free(reader->entry[i]);
    }
    free((void *)reader->entry);
    free(reader->item);
    free(reader->id);
    free((void *)reader->label);
    free(reader->conf);
    free(reader);
}

/* Copies the next number of the line; *line is behind it. false at the end of the line. */
static bool next_word(const char **line, char word[LONGEST_NUMBER])
{
    const char *start = *line + strspn(*line, " \t");
    const size_t length = strcspn(start, " \t");
    snprintf(word, LONGEST_NUMBER, "%.*s", (int)(length < 1000 ? length : 1000), start);
    *line = start + length;
    return length > 0;
}

ams_status ams_yolo_line(const char *line, char id[LONGEST_ID], double *conf, ams_error *err)
{
    char word[LONGEST_NUMBER];
    uint64_t class_id = 0;
    uint64_t count = 0;
    double number = 0;
    while (next_word(&line, word)) {
        if (count == 0 && !ams_parse_u64(word, &class_id)) {
            return ams_fail(err, AMS_BAD_DATA,
                            "expected the number of a class at the beginning, found '%s'",
                            word);
        }
        if (!ams_parse_double(word, &number)) {
            return ams_fail(err, AMS_BAD_DATA, "expected numbers, found '%s'", word);
        }
        count++;
    }
    /* A box is 4 numbers and an outline 6 or more, always even: with the class, the confidence
     * makes the count even. */
    if (count < BOX_NUMBERS || count % 2 != 0) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "expected class, box and confidence, which are 6 numbers, or an outline "
            "in place of the box; found %llu numbers. Let YOLO write confidences, "
            "too: save_conf=True",
            (unsigned long long)count);
    }
    snprintf(id, LONGEST_ID, "%llu", (unsigned long long)class_id);
    *conf = number;
    return AMS_OK;
}

static ams_status add_line(ams_yolo_reader *r, const char *line, ams_row *row, ams_error *err)
{
    const size_t n = row->n_labels;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&r->id, &r->id_capacity, n + 1, sizeof *r->id, "detections", err));
    AMS_TRY(ams_grow(&r->conf, &r->conf_capacity, n + 1, sizeof *r->conf, "detections", err));
    AMS_TRY(ams_yolo_line(line, r->id[n], &r->conf[n], err));
    AMS_TRY(ams_row_check_conf(r->id[n], &r->conf[n], &row->clamped, err));
    row->n_labels++;
out:
    return status;
}

static ams_status read_file(ams_yolo_reader *r, const char *path, ams_row *row, bool *bad_row,
                            ams_error *err)
{
    ams_line_reader *lines = NULL;
    ams_status status = ams_lines_open(&lines, path, err);
    while (status == AMS_OK) {
        const char *line = NULL;
        size_t length = 0;
        status = ams_lines_next(lines, &line, &length, err);
        if (status != AMS_OK || line == NULL) {
            break;
        }
        if (strspn(line, " \t") == length) {
            continue;
        }
        status = add_line(r, line, row, err);
        *bad_row = status == AMS_BAD_DATA;
        if (*bad_row) {
            ams_error_prefix(err, "%s:%llu", path, (unsigned long long)ams_lines_number(lines));
        }
    }
    ams_lines_close(lines);
    return status;
}

ams_status ams_yolo_next(ams_yolo_reader *r, ams_row *row, bool *found, bool *bad_row,
                         ams_error *err)
{
    *bad_row = false;
    *found = r->next < r->n_entries;
    if (!*found) {
        return AMS_OK;
    }
    char *path = NULL;
    const char *name = r->entry[r->next++]->d_name;
    ams_status status = AMS_OK;
    *row = (ams_row){.model = r->model, .time_ms = (double)NAN};
    free(r->item);
    r->item = NULL;
    AMS_TRY(ams_join_path(&path, r->path, name, err));
    AMS_TRY(ams_copy_text(&r->item, name, err));
    r->item[strlen(name) - 4] = '\0'; /* without .txt */
    row->item = r->item;
    status = ams_row_check_name("item", row->item, err);
    *bad_row = status == AMS_BAD_DATA;
    if (status == AMS_OK) {
        status = read_file(r, path, row, bad_row, err);
    }
    if (status == AMS_OK) {
        AMS_TRY(ams_grow(&r->label, &r->label_capacity, row->n_labels, sizeof *r->label,
                         "detections", err));
    }
    for (uint32_t i = 0; i < row->n_labels && status == AMS_OK; i++) {
        r->label[i] = r->id[i];
    }
    row->label = r->label;
    row->conf = r->conf;
out:
    free(path);
    return status;
}
