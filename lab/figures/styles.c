/* How the curves of a figure look: labels, legends, line types, order. */
#include "lab/figures/data.h"

#include "base/memory.h"
#include "rl/run/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Baselines look the same in every figure; numbers are line types of plots/style.gp. */
static const struct figure_baseline {
    const char *label;
    int style;
} baselines[] = {{"all", 1},
                 {"random", 2},
                 {"optimal", 3},
                 {"oracle", 4},
                 {"fixed", 5},
                 {"valuable", 6},
                 {"cooccur", 7},
                 {"knn", 8},
                 {"linear", 9},
                 {"rules", 10},
                 {"optimal*", 3},
                 {"bound", 23},
                 {"bound-online", 3},
                 {"exact", 4},
                 {"first-fit", 24},
                 {"algorithm1:truth", 25},
                 {"algorithm2:truth", 25},
                 {"algorithm2-again:truth", 6}};
/* A second dozen repeats the colours of the first with other dashes and points. */
static const int trained_styles[] = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                                     26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37};
enum { N_TRAINED = sizeof trained_styles / sizeof *trained_styles };

bool ams_figure_is_baseline(const char *label)
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

ams_status ams_figure_folder_name(char **name, const char *const *folders, size_t n,
                                  size_t which, ams_error *err)
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

/* -- legends -- */

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
static ams_status make_distinct(ams_figure_data *data, const char *const *folders,
                                size_t n_folders, ams_error *err)
{
    char **labels = NULL;
    char *name = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&labels, data->n, sizeof *labels, "labels", err));
    for (size_t i = 0; i < data->n; i++) {
        const ams_figure_series *series = &data->series[i];
        for (size_t k = 0; k < data->n && labels[i] == NULL; k++) {
            if (k != i && strcmp(data->series[k].label, series->label) == 0) {
                AMS_TRY(ams_figure_folder_name(&name, folders, n_folders, series->folder, err));
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

/* Length of "dqn" in "dqn-0": training runs of one configuration differ by their seed. */
static size_t without_seed(const char *label)
{
    size_t length = strlen(label);
    size_t end = length;
    while (end > 0 && label[end - 1] >= '0' && label[end - 1] <= '9') {
        end--;
    }
    return end < length && end > 1 && label[end - 1] == '-' ? end - 1 : length;
}

static size_t legend_length(const ams_figure_data *data, const char *label)
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

static const char *apart_of(const ams_figure_series *series)
{
    return series->apart == NULL ? "" : series->apart;
}

/* Of curves that are runs: their settings, compared among those of one name. The label, which
 * differs by then, may have been lengthened by the folder. */
static ams_status set_apart(ams_figure_data *data, const char *const *folders, ams_error *err)
{
    ams_run_settings *all = NULL;
    char text[256];
    ams_status status = AMS_OK;
    if (data->kind->label != NULL) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&all, data->n, sizeof *all, "settings", err));
    for (size_t i = 0; i < data->n; i++) {
        const char *label = data->series[i].label;
        snprintf(all[i].label, sizeof all[i].label, "%.*s", (int)without_seed(label), label);
        AMS_TRY(ams_run_settings_read(&all[i], folders[data->series[i].folder], err));
    }
    for (size_t i = 0; i < data->n; i++) {
        (void)ams_run_settings_apart(all, data->n, &all[i], text, sizeof text);
        AMS_TRY(ams_copy_text(&data->series[i].apart, text, err));
    }
out:
    free(all);
    return status;
}

static ams_status set_legend(ams_figure_data *data, ams_figure_series *series,
                             ams_names *trained, ams_error *err)
{
    size_t length = legend_length(data, series->label);
    unsigned seeds = 0;
    for (size_t i = 0; i < data->n; i++) {
        const char *other = data->series[i].label;
        seeds += legend_length(data, other) == length &&
                 memcmp(other, series->label, length) == 0 &&
                 strcmp(apart_of(&data->series[i]), apart_of(series)) == 0;
    }
    ams_status status = AMS_OK;
    char number[16];
    char *name = NULL;
    const bool alone = seeds == 1; /* its name is its own */
    AMS_TRY(ams_format(&name, "a legend", err, "%.*s%s",
                       (int)(alone ? strlen(series->label) : length), series->label,
                       apart_of(series)));
    AMS_TRY(find_style(&series->style, name,
                       alone && *apart_of(series) == '\0' ? length : strlen(name), trained,
                       err));
    if (seeds > 1) {
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

/* What curves are sorted by: the mean height, or the last value. */
static double own_standing(const ams_figure_data *data, const ams_figure_series *series)
{
    double sum = 0;
    double last = 0;
    size_t n = 0;
    for (size_t i = 0; i < series->n; i++) {
        double y = series->v[i * AMS_FIGURE_COLUMNS + (size_t)data->kind->standing];
        if (!isnan(y)) {
            sum += y;
            last = y;
            n++;
        }
    }
    if (ams_figure_of_one(data->kind)) { /* the lowest first, and last what has none */
        return n == 0 ? -HUGE_VAL : -sum / (double)n;
    }
    return data->kind->by_last || n == 0 ? last : sum / (double)n;
}

static void set_standings(ams_figure_data *data)
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
    const ams_figure_series *a = left;
    const ams_figure_series *b = right;
    if (a->standing != b->standing) {
        return a->standing > b->standing ? -1 : 1;
    }
    int order = strcmp(a->legend, b->legend);
    return order != 0 ? order : strcmp(a->label, b->label);
}

/* `valuable` is no order but one time: a level line over the required recall, and nothing where
 * recall grows. */
static void level_valuable(ams_figure_data *data)
{
    size_t kept = 0;
    for (size_t i = 0; i < data->n; i++) {
        ams_figure_series *series = &data->series[i];
        bool valuable = data->kind->label != NULL && strcmp(series->label, "valuable") == 0;
        if (valuable && data->kind->valuable == AMS_VALUABLE_OUT) {
            free(series->label);
            free(series->v);
            continue;
        }
        bool level = valuable && data->kind->valuable == AMS_VALUABLE_LEVEL;
        for (size_t k = 0; level && k < series->n; k++) {
            memcpy(&series->v[k * AMS_FIGURE_COLUMNS + 1],
                   &series->v[(series->n - 1) * AMS_FIGURE_COLUMNS + 1],
                   (AMS_FIGURE_COLUMNS - 1) * sizeof *series->v);
        }
        data->series[kept++] = *series;
    }
    data->n = kept;
}

/* `all` is no order either: whatever recall is required costs all of its time, as tables say.
 * So it has none until its end, and then all that it comes to. */
static void raise_all(ams_figure_data *data)
{
    for (size_t i = 0; data->kind->recall && i < data->n; i++) {
        ams_figure_series *series = &data->series[i];
        if (strcmp(series->label, "all") != 0 || series->n < 2) {
            continue;
        }
        for (size_t k = 0; k + 1 < series->n; k++) {
            for (size_t c = 1; c < AMS_FIGURE_COLUMNS; c++) {
                double *v = &series->v[k * AMS_FIGURE_COLUMNS + c];
                *v = isnan(*v) ? *v : 0;
            }
        }
        const double end = series->v[(series->n - 1) * AMS_FIGURE_COLUMNS];
        series->v[(series->n - 2) * AMS_FIGURE_COLUMNS] = end; /* upright */
    }
}

ams_status ams_figure_arrange(ams_figure_data *data, const char *const *folders,
                              size_t n_folders, ams_names *trained, ams_error *err)
{
    ams_status status = AMS_OK;
    level_valuable(data);
    raise_all(data);
    AMS_TRY(make_distinct(data, folders, n_folders, err));
    AMS_TRY(set_apart(data, folders, err));
    for (size_t i = 0; i < data->n; i++) {
        AMS_TRY(set_legend(data, &data->series[i], trained, err));
    }
    set_standings(data);
    if (data->n > 0) {
        qsort(data->series, data->n, sizeof *data->series, by_standing);
    }
out:
    return status;
}
