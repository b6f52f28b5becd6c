/* Curves from tables, and the data file of a figure. */
#include "lab/figures/data.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_figure_series *find_series(ams_figure_data *data, size_t folder, const char *label)
{
    for (size_t i = data->n; i-- > 0;) {
        if (data->series[i].folder == folder && strcmp(data->series[i].label, label) == 0) {
            return &data->series[i];
        }
    }
    return NULL;
}

static ams_status add_series(ams_figure_data *data, size_t folder, const char *label,
                             ams_figure_series **series, ams_error *err)
{
    *series = find_series(data, folder, label);
    if (*series != NULL) {
        return AMS_OK;
    }
    ams_status status = ams_grow(&data->series, &data->capacity, data->n + 1,
                                 sizeof *data->series, "curves", err);
    if (status == AMS_OK) {
        data->series[data->n] = (ams_figure_series){.folder = folder};
        *series = &data->series[data->n];
        status = ams_copy_text(&(*series)->label, label, err);
    }
    data->n += status == AMS_OK ? 1 : 0;
    return status;
}

static ams_status add_point(ams_figure_series *series, const ams_tsv *tsv, size_t row,
                            const size_t *columns, ams_error *err)
{
    ams_status status =
        ams_grow(&series->v, &series->capacity, (series->n + 1) * AMS_FIGURE_COLUMNS,
                 sizeof *series->v, "points", err);
    for (size_t c = 0; status == AMS_OK && c < AMS_FIGURE_COLUMNS; c++) {
        double *v = &series->v[series->n * AMS_FIGURE_COLUMNS + c];
        *v = (double)NAN;
        if (columns[c] != AMS_NO_COLUMN &&
            strcmp(ams_tsv_cell(tsv, row, columns[c]), "-") != 0) {
            status = ams_tsv_number(tsv, row, columns[c], v, err);
        }
    }
    series->n += status == AMS_OK ? 1 : 0;
    return status;
}

/* Whether the cell is the value, or one of those between its bars. */
static bool is_among(const char *value, const char *cell)
{
    const size_t length = strlen(cell);
    for (const char *at = value; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, cell, length) == 0 && (at[length] == '\0' || at[length] == '|')) {
            return true;
        }
    }
    return false;
}

static ams_status read_rows(ams_figure_data *data, const ams_tsv *tsv, size_t folder,
                            const char *name, ams_error *err)
{
    const ams_figure_kind *kind = data->kind;
    const char *value = kind->value == NULL ? data->subject : kind->value;
    size_t columns[AMS_FIGURE_COLUMNS];
    size_t label = 0;
    size_t filter = 0;
    ams_status status = AMS_OK;
    if (kind->label != NULL) {
        AMS_TRY(ams_tsv_require(tsv, kind->label, &label, err));
    }
    if (kind->filter != NULL) {
        AMS_TRY(ams_tsv_require(tsv, kind->filter, &filter, err));
    }
    for (size_t c = 0; c < AMS_FIGURE_COLUMNS; c++) {
        columns[c] = AMS_NO_COLUMN;
        if (kind->columns[c] != NULL) {
            AMS_TRY(ams_tsv_require(tsv, kind->columns[c], &columns[c], err));
        }
    }
    for (size_t row = 0; row < tsv->n_rows; row++) {
        if (kind->filter != NULL && !is_among(value, ams_tsv_cell(tsv, row, filter))) {
            continue;
        }
        ams_figure_series *series;
        const char *curve = kind->label == NULL ? name : ams_tsv_cell(tsv, row, label);
        AMS_TRY(add_series(data, folder, curve, &series, err));
        AMS_TRY(add_point(series, tsv, row, columns, err));
    }
out:
    return status;
}

/* The policy that a figure of one policy is of: the one asked for, or the first trained one, or
 * the first. */
static ams_status choose_subject(ams_figure_data *data, const ams_tsv *tsv, const char *wanted,
                                 ams_error *err)
{
    size_t column = 0;
    const char *found = NULL;
    ams_status status = ams_tsv_require(tsv, data->kind->filter, &column, err);
    if (status != AMS_OK || data->subject != NULL) {
        return status;
    }
    for (size_t row = 0; row < tsv->n_rows; row++) {
        const char *policy = ams_tsv_cell(tsv, row, column);
        if (wanted != NULL ? strcmp(policy, wanted) == 0
                           : found == NULL || (ams_figure_is_baseline(found) &&
                                               !ams_figure_is_baseline(policy))) {
            found = policy;
        }
    }
    if (found == NULL && wanted != NULL && tsv->n_rows > 0) {
        return ams_fail(err, AMS_USAGE,
                        "option --policy: %s has no '%s'; its first is '%s', its last '%s'",
                        tsv->path, wanted, ams_tsv_cell(tsv, 0, column),
                        ams_tsv_cell(tsv, tsv->n_rows - 1, column));
    }
    return found == NULL ? AMS_OK : ams_copy_text(&data->subject, found, err);
}

ams_status ams_figure_find(char **path, const char *folder, const char *file, bool *found,
                           ams_error *err)
{
    char in_eval[64];
    snprintf(in_eval, sizeof in_eval, "eval/%s", file);
    const char *const places[] = {file, in_eval};
    ams_status status = AMS_OK;
    *found = false;
    for (int i = 0; i < 2 && status == AMS_OK && !*found; i++) {
        free(*path);
        *path = NULL;
        status = ams_join_path(path, folder, places[i], err);
        *found = status == AMS_OK && ams_exists(*path);
    }
    return status;
}

static ams_status read_folder(ams_figure_data *data, const char *const *folders,
                              size_t n_folders, size_t folder, const char *subject,
                              ams_error *err)
{
    bool found = false;
    char *path = NULL;
    char *name = NULL;
    ams_tsv tsv = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_figure_folder_name(&name, folders, n_folders, folder, err));
    AMS_TRY(ams_figure_find(&path, folders[folder], data->kind->file, &found, err));
    AMS_TRY(ams_tsv_read(&tsv, path, err));
    if (ams_figure_of_one(data->kind)) {
        AMS_TRY(choose_subject(data, &tsv, subject, err));
    }
    if (!ams_figure_of_one(data->kind) || data->subject != NULL) {
        AMS_TRY(ams_figure_unit(data, path, err));
        status = read_rows(data, &tsv, folder, name, err);
    }
out:
    ams_tsv_fini(&tsv);
    free(path);
    free(name);
    return status;
}

/* A folder as one would call it: "." and ".." are resolved, where they can be. */
static ams_status resolve(char **path, const char *folder, ams_error *err)
{
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/') {
        end--;
    }
    const bool dots = (end >= 1 && folder[end - 1] == '.') &&
                      (end == 1 || folder[end - 2] == '/' ||
                       (folder[end - 2] == '.' && (end == 2 || folder[end - 3] == '/')));
    *path = dots ? realpath(folder, NULL) : NULL;
    return *path != NULL ? AMS_OK : ams_copy_text(path, folder, err);
}

/* The folders that have the figure's file: only those are to be told apart. */
static ams_status list_drawn(const ams_figure_kind *kind, const char *const *folders,
                             size_t n_folders, char **drawn, size_t *n, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < n_folders && status == AMS_OK; i++) {
        char *path = NULL;
        bool found = false;
        status = ams_figure_find(&path, folders[i], kind->file, &found, err);
        free(path);
        if (status == AMS_OK && found) {
            status = resolve(&drawn[*n], folders[i], err);
            *n += status == AMS_OK;
        }
    }
    return status;
}

ams_status ams_figure_data_read(ams_figure_data *data, const ams_figure_kind *kind,
                                const char *const *folders, size_t n_folders,
                                const char *subject, ams_names *trained, ams_error *err)
{
    *data = (ams_figure_data){.kind = kind};
    char **drawn = NULL;
    size_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&drawn, n_folders, sizeof *drawn, "folders", err));
    AMS_TRY(list_drawn(kind, folders, n_folders, drawn, &n, err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(read_folder(data, (const char *const *)drawn, n, i, subject, err));
    }
    status = ams_figure_arrange(data, (const char *const *)drawn, n, trained, err);
out:
    for (size_t i = 0; i < n; i++) {
        free(drawn[i]);
    }
    free(drawn);
    if (status != AMS_OK) {
        ams_figure_data_fini(data);
    }
    return status;
}

static ams_status print_data(FILE *stream, const void *context, ams_error *err)
{
    const ams_figure_data *data = context;
    size_t columns = 0;
    (void)err; /* what cannot be written shows when the file is committed */
    fputs("series\tkey\tstyle", stream);
    while (columns < AMS_FIGURE_COLUMNS && data->kind->columns[columns] != NULL) {
        fprintf(stream, "\t%s", data->kind->columns[columns++]);
    }
    fputs(data->subject == NULL ? "\n" : "\tpolicy\n", stream);
    for (size_t i = 0; i < data->n; i++) {
        const ams_figure_series *series = &data->series[i];
        for (size_t row = 0; row < series->n; row++) {
            fprintf(stream, "%s\t%s\t%d", series->label, series->legend, series->style);
            for (size_t c = 0; c < columns; c++) {
                double v = series->v[row * AMS_FIGURE_COLUMNS + c];
                /* printf may write "-nan", which gnuplot does not know. */
                isnan(v) ? fputs("\tNaN", stream) : fprintf(stream, "\t%.9g", v);
            }
            if (data->subject != NULL) {
                fprintf(stream, "\t%s", data->subject);
            }
            fputc('\n', stream);
        }
    }
    return AMS_OK;
}

ams_status ams_figure_data_write(const ams_figure_data *data, const char *directory,
                                 ams_error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s.tsv", data->kind->name);
    return ams_file_write(directory, name, print_data, data, err);
}

void ams_figure_data_fini(ams_figure_data *data)
{
    for (size_t i = 0; i < data->n; i++) {
        free(data->series[i].label);
        free(data->series[i].legend);
        free(data->series[i].apart);
        free(data->series[i].v);
    }
    free(data->series);
    free(data->subject);
    *data = (ams_figure_data){0};
}
