#include "cli/plot_data.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Baselines look the same in every figure; numbers are line types of plots/style.gp. */
static const struct {
    const char *label;
    int style;
} baselines[] = {
    {"all", 1},    {"random", 2},     {"optimal", 3},           {"oracle", 4},
    {"fixed", 5},  {"valuable", 6},   {"cooccur", 7},           {"knn", 8},
    {"linear", 9}, {"rules", 10},     {"optimal*", 3},          {"bound", 23},
    {"exact", 4},  {"first-fit", 24}, {"algorithm1:truth", 25}, {"algorithm2:truth", 25}};
enum { VALUABLE = 6 };
/* A second dozen repeats the colours of the first with other dashes and points. */
static const int trained_styles[] = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                                     26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37};
enum { N_TRAINED = sizeof trained_styles / sizeof *trained_styles };

/* -- names of folders -- */

/* The part of the path that ends before path[end]: its start, and *length. */
static size_t part_before(const char *path, size_t end, size_t *length)
{
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    *length = end - start;
    return start;
}

static bool same_part(const char *a, size_t end_a, const char *b, size_t end_b)
{
    size_t length_a;
    size_t length_b;
    size_t at_a = part_before(a, end_a, &length_a);
    size_t at_b = part_before(b, end_b, &length_b);
    return length_a == length_b && memcmp(a + at_a, b + at_b, length_a) == 0;
}

/* What tells the folder from the others: its last part, less the parts at the end that all of
 * them share ("photos" of photos/eval beside pets/eval); the path where even that is not
 * enough. */
static ams_status folder_name(char **name, const char *const *folders, size_t n, size_t which,
                              ams_error *err)
{
    const char *path = folders[which];
    size_t cut = 0; /* characters at the end, the same of all folders */
    for (bool shared = n > 1; shared;) {
        size_t length = strlen(path) > cut ? strlen(path) - cut : 0;
        size_t part = 0;
        size_t start = part_before(path, length, &part);
        for (size_t i = 0; i < n && shared; i++) {
            size_t other = strlen(folders[i]) > cut ? strlen(folders[i]) - cut : 0;
            shared = part > 0 && other > 0 && same_part(path, length, folders[i], other);
        }
        cut = shared ? strlen(path) - start : cut;
    }
    size_t length = 0;
    size_t start = part_before(path, strlen(path) - cut, &length);
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(folders[i]) > cut ? strlen(folders[i]) - cut : 0;
        if (i != which && same_part(path, strlen(path) - cut, folders[i], other)) {
            start = 0;
            length = strlen(path);
        }
    }
    ams_status status = ams_copy_text(name, path + start, err);
    if (status == AMS_OK) {
        (*name)[length] = 0;
    }
    return status;
}

/* -- reading -- */

static plot_series *find_series(plot_data *data, size_t folder, const char *label)
{
    for (size_t i = data->n; i-- > 0;) {
        if (data->series[i].folder == folder && strcmp(data->series[i].label, label) == 0) {
            return &data->series[i];
        }
    }
    return NULL;
}

static ams_status add_series(plot_data *data, size_t folder, const char *label,
                             plot_series **series, ams_error *err)
{
    *series = find_series(data, folder, label);
    if (*series != NULL) {
        return AMS_OK;
    }
    ams_status status = ams_grow(&data->series, &data->capacity, data->n + 1,
                                 sizeof *data->series, "curves", err);
    if (status == AMS_OK) {
        data->series[data->n] = (plot_series){.folder = folder};
        *series = &data->series[data->n];
        status = ams_copy_text(&(*series)->label, label, err);
    }
    data->n += status == AMS_OK ? 1 : 0;
    return status;
}

static ams_status add_point(plot_series *series, const ams_tsv *tsv, size_t row,
                            const size_t *columns, ams_error *err)
{
    ams_status status = ams_grow(&series->v, &series->capacity, (series->n + 1) * PLOT_COLUMNS,
                                 sizeof *series->v, "points", err);
    for (size_t c = 0; status == AMS_OK && c < PLOT_COLUMNS; c++) {
        double *v = &series->v[series->n * PLOT_COLUMNS + c];
        *v = (double)NAN;
        if (columns[c] != AMS_NO_COLUMN &&
            strcmp(ams_tsv_cell(tsv, row, columns[c]), "-") != 0) {
            status = ams_tsv_number(tsv, row, columns[c], v, err);
        }
    }
    series->n += status == AMS_OK ? 1 : 0;
    return status;
}

static ams_status read_rows(plot_data *data, const ams_tsv *tsv, size_t folder,
                            const char *name, ams_error *err)
{
    const plot_kind *kind = data->kind;
    const char *value = kind->value == NULL ? data->subject : kind->value;
    size_t columns[PLOT_COLUMNS];
    size_t label = 0;
    size_t filter = 0;
    ams_status status = AMS_OK;
    if (kind->label != NULL) {
        AMS_TRY(ams_tsv_require(tsv, kind->label, &label, err));
    }
    if (kind->filter != NULL) {
        AMS_TRY(ams_tsv_require(tsv, kind->filter, &filter, err));
    }
    for (size_t c = 0; c < PLOT_COLUMNS; c++) {
        columns[c] = AMS_NO_COLUMN;
        if (kind->columns[c] != NULL) {
            AMS_TRY(ams_tsv_require(tsv, kind->columns[c], &columns[c], err));
        }
    }
    for (size_t row = 0; row < tsv->n_rows; row++) {
        if (kind->filter != NULL && strcmp(ams_tsv_cell(tsv, row, filter), value) != 0) {
            continue;
        }
        plot_series *series;
        const char *curve = kind->label == NULL ? name : ams_tsv_cell(tsv, row, label);
        AMS_TRY(add_series(data, folder, curve, &series, err));
        AMS_TRY(add_point(series, tsv, row, columns, err));
    }
out:
    return status;
}

static bool is_baseline(const char *label)
{
    for (size_t i = 0; i < sizeof baselines / sizeof *baselines; i++) {
        size_t length = strlen(baselines[i].label);
        /* "fixed,items=300" is one, too. */
        if (strncmp(baselines[i].label, label, length) == 0 &&
            (label[length] == '\0' || label[length] == ',')) {
            return true;
        }
    }
    return false;
}

/* The policy that a figure of one policy is of: the one asked for, or the first trained one, or
 * the first. */
static ams_status settle_subject(plot_data *data, const ams_tsv *tsv, const char *wanted,
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
                           : found == NULL || (is_baseline(found) && !is_baseline(policy))) {
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

ams_status plot_data_path(char **path, const char *folder, const char *file, bool *found,
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

static ams_status read_folder(plot_data *data, const char *const *folders, size_t n_folders,
                              size_t folder, const char *subject, ams_error *err)
{
    bool found = false;
    char *path = NULL;
    char *name = NULL;
    ams_tsv tsv = {0};
    ams_status status = AMS_OK;
    AMS_TRY(folder_name(&name, folders, n_folders, folder, err));
    AMS_TRY(plot_data_path(&path, folders[folder], data->kind->file, &found, err));
    if (found) {
        AMS_TRY(ams_tsv_read(&tsv, path, err));
        if (plot_of_one(data->kind)) {
            AMS_TRY(settle_subject(data, &tsv, subject, err));
            found = data->subject != NULL;
        }
    }
    if (found) {
        AMS_TRY(read_rows(data, &tsv, folder, name, err));
    }
out:
    ams_tsv_fini(&tsv);
    free(path);
    free(name);
    return status;
}

/* -- legends, styles, order -- */

static ams_status join(char **text, const char *a, const char *b, const char *c, ams_error *err)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 4;
    *text = malloc(size);
    if (*text == NULL) {
        return ams_no_memory(err, size, "a label");
    }
    snprintf(*text, size, "%s (%s%s)", a, b, c);
    return AMS_OK;
}

/* "dqn" of two evaluations becomes "dqn (eval-a)" and "dqn (eval-b)". */
static ams_status part_labels(plot_data *data, const char *const *folders, size_t n_folders,
                              ams_error *err)
{
    char **labels = NULL;
    char *name = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&labels, data->n, sizeof *labels, "labels", err));
    for (size_t i = 0; i < data->n; i++) {
        const plot_series *series = &data->series[i];
        for (size_t k = 0; k < data->n && labels[i] == NULL; k++) {
            if (k != i && strcmp(data->series[k].label, series->label) == 0) {
                AMS_TRY(folder_name(&name, folders, n_folders, series->folder, err));
                AMS_TRY(join(&labels[i], series->label, name, "", err));
                free(name);
                name = NULL;
            }
        }
    }
    for (size_t i = 0; i < data->n; i++) {
        if (labels[i] != NULL) {
            free(data->series[i].label);
            data->series[i].label = labels[i];
            labels[i] = NULL;
        }
    }
out:
    for (size_t i = 0; labels != NULL && i < data->n; i++) {
        free(labels[i]);
    }
    free(labels);
    free(name);
    return status;
}

/* Length of "dqn" in "dqn-0", where runs of a configuration are told apart by their seed. */
static size_t without_seed(const char *label)
{
    size_t length = strlen(label);
    size_t end = length;
    while (end > 0 && label[end - 1] >= '0' && label[end - 1] <= '9') {
        end--;
    }
    return end < length && end > 1 && label[end - 1] == '-' ? end - 1 : length;
}

static size_t legend_length(const plot_data *data, const char *label)
{
    return data->kind->label == NULL ? without_seed(label) : strlen(label);
}

static ams_status find_style(int *style, const char *label, size_t length, ams_names *trained,
                             ams_error *err)
{
    for (size_t i = 0; i < sizeof baselines / sizeof *baselines; i++) {
        if (strlen(baselines[i].label) == length &&
            memcmp(baselines[i].label, label, length) == 0) {
            *style = baselines[i].style;
            return AMS_OK;
        }
    }
    uint32_t index;
    ams_status status = ams_names_add(trained, label, length, &index, err);
    if (status == AMS_OK) {
        *style = trained_styles[index % N_TRAINED];
    }
    return status;
}

static ams_status set_legend(plot_data *data, plot_series *series, ams_names *trained,
                             ams_error *err)
{
    size_t length = legend_length(data, series->label);
    unsigned seeds = 0;
    for (size_t i = 0; i < data->n; i++) {
        const char *other = data->series[i].label;
        seeds +=
            legend_length(data, other) == length && memcmp(other, series->label, length) == 0;
    }
    ams_status status = AMS_OK;
    char number[16];
    char *name = NULL;
    AMS_TRY(find_style(&series->style, series->label, length, trained, err));
    AMS_TRY(ams_copy_text(&name, series->label, err));
    if (seeds > 1) {
        name[length] = 0;
        snprintf(number, sizeof number, "%u", seeds);
        AMS_TRY(join(&series->legend, name, number, " seeds", err));
    } else {
        series->legend = name;
        name = NULL;
    }
out:
    free(name);
    return status;
}

/* Where a curve stands: its mean height, or where its learning has ended. */
static double own_standing(const plot_data *data, const plot_series *series)
{
    double sum = 0;
    double last = 0;
    size_t n = 0;
    for (size_t i = 0; i < series->n; i++) {
        double y = series->v[i * PLOT_COLUMNS + (size_t)data->kind->standing];
        if (!isnan(y)) {
            sum += y;
            last = y;
            n++;
        }
    }
    if (plot_of_one(data->kind)) { /* the lowest first, and last what has none */
        return n == 0 ? -HUGE_VAL : -sum / (double)n;
    }
    return data->kind->by_last || n == 0 ? last : sum / (double)n;
}

static void set_standings(plot_data *data)
{
    for (size_t i = 0; i < data->n; i++) {
        double sum = 0;
        size_t n = 0;
        for (size_t k = 0; k < data->n; k++) {
            if (strcmp(data->series[k].legend, data->series[i].legend) == 0) {
                sum += own_standing(data, &data->series[k]);
                n++;
            }
        }
        data->series[i].standing = sum / (double)n;
    }
}

static int by_standing(const void *left, const void *right)
{
    const plot_series *a = left;
    const plot_series *b = right;
    if (a->standing != b->standing) {
        return a->standing > b->standing ? -1 : 1;
    }
    int order = strcmp(a->legend, b->legend);
    return order != 0 ? order : strcmp(a->label, b->label);
}

/* `valuable` is no order but one time: a level line over the required recall, and nothing where
 * recall grows. */
static void level_valuable(plot_data *data)
{
    size_t kept = 0;
    for (size_t i = 0; i < data->n; i++) {
        plot_series *series = &data->series[i];
        bool valuable = data->kind->label != NULL && strcmp(series->label, "valuable") == 0;
        if (valuable && data->kind->valuable == PLOT_VALUABLE_OUT) {
            free(series->label);
            free(series->v);
            continue;
        }
        bool level = valuable && data->kind->valuable == PLOT_VALUABLE_LEVEL;
        for (size_t k = 0; level && k < series->n; k++) {
            memcpy(&series->v[k * PLOT_COLUMNS + 1],
                   &series->v[(series->n - 1) * PLOT_COLUMNS + 1],
                   (PLOT_COLUMNS - 1) * sizeof *series->v);
        }
        data->series[kept++] = *series;
    }
    data->n = kept;
}

ams_status plot_data_read(plot_data *data, const plot_kind *kind, const char *const *folders,
                          size_t n_folders, const char *subject, ams_names *trained,
                          ams_error *err)
{
    *data = (plot_data){.kind = kind};
    ams_status status = AMS_OK;
    for (size_t i = 0; i < n_folders; i++) {
        AMS_TRY(read_folder(data, folders, n_folders, i, subject, err));
    }
    level_valuable(data);
    AMS_TRY(part_labels(data, folders, n_folders, err));
    for (size_t i = 0; i < data->n; i++) {
        AMS_TRY(set_legend(data, &data->series[i], trained, err));
    }
    set_standings(data);
    if (data->n > 0) {
        qsort(data->series, data->n, sizeof *data->series, by_standing);
    }
out:
    if (status != AMS_OK) {
        plot_data_fini(data);
    }
    return status;
}

ams_status plot_data_write(const plot_data *data, const char *path, ams_error *err)
{
    ams_file file;
    ams_status status = ams_file_create(&file, path, err);
    if (status != AMS_OK) {
        return status;
    }
    fputs("series\tkey\tstyle", file.stream);
    size_t columns = 0;
    while (columns < PLOT_COLUMNS && data->kind->columns[columns] != NULL) {
        fprintf(file.stream, "\t%s", data->kind->columns[columns++]);
    }
    fputs(data->subject == NULL ? "\n" : "\tpolicy\n", file.stream);
    for (size_t i = 0; i < data->n; i++) {
        const plot_series *series = &data->series[i];
        for (size_t row = 0; row < series->n; row++) {
            fprintf(file.stream, "%s\t%s\t%d", series->label, series->legend, series->style);
            for (size_t c = 0; c < columns; c++) {
                double v = series->v[row * PLOT_COLUMNS + c];
                /* printf may write "-nan", which gnuplot does not know. */
                isnan(v) ? fputs("\tNaN", file.stream) : fprintf(file.stream, "\t%.9g", v);
            }
            if (data->subject != NULL) {
                fprintf(file.stream, "\t%s", data->subject);
            }
            fputc('\n', file.stream);
        }
    }
    return ams_file_commit(&file, err);
}

void plot_data_fini(plot_data *data)
{
    for (size_t i = 0; i < data->n; i++) {
        free(data->series[i].label);
        free(data->series[i].legend);
        free(data->series[i].v);
    }
    free(data->series);
    free(data->subject);
    *data = (plot_data){0};
}
