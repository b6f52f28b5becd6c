#include "data/synth/labels.h"

#include "base/memory.h"
#include "data/synth/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ams_synth_task_names[AMS_SYNTH_TASKS] = {
    "object detection", "place classification",  "face detection",
    "face landmarks",   "pose estimation",       "emotion",
    "gender",           "action classification", "hand landmarks",
    "dog breeds"};

enum { MOST_IN_GROUP = 10000, LABEL_TEXT = 256 };

ams_status ams_synth_find_task(const ams_tsv *tsv, size_t row, const char *name,
                               ams_synth_task *task, ams_error *err)
{
    for (int t = 0; t < AMS_SYNTH_TASKS; t++) {
        if (strcmp(name, ams_synth_task_names[t]) == 0) {
            *task = (ams_synth_task)t;
            return AMS_OK;
        }
    }
    const char *near = ams_nearest(name, ams_synth_task_names, AMS_SYNTH_TASKS);
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: row %zu: expected one of the story's ten tasks, found '%s'; did you "
                    "mean '%s'?",
                    tsv->path, row + 1, name, near == NULL ? ams_synth_task_names[0] : near);
}

uint32_t ams_synth_find_group(const ams_synth_labels *labels, ams_synth_task task,
                              const char *name, size_t length)
{
    for (uint32_t g = 0; g < labels->n_groups; g++) {
        if (labels->group[g].task == task && strlen(labels->group[g].name) == length &&
            memcmp(labels->group[g].name, name, length) == 0) {
            return g;
        }
    }
    return labels->n_groups;
}

static ams_status add_label(ams_synth_labels *labels, ams_names *names, const char *text,
                            size_t length, const ams_tsv *tsv, size_t row, ams_error *err)
{
    char full[LABEL_TEXT];
    ams_synth_group *group = &labels->group[labels->n_groups];
    uint32_t index = 0;
    int size = snprintf(full, sizeof full, "%s/%.*s", ams_synth_task_names[group->task],
                        (int)(length < LABEL_TEXT ? length : LABEL_TEXT), text);
    if (length == 0 || size >= LABEL_TEXT) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: row %zu: expected names of 1 to 200 bytes, separated by commas",
                        tsv->path, row + 1);
    }
    uint32_t before = names->count;
    ams_status status = ams_names_add(names, full, (size_t)size, &index, err);
    if (status == AMS_OK && index != before) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: row %zu: label '%s' stands there twice",
                          tsv->path, row + 1, full);
    }
    group->count++;
    return status;
}

/* count == 0: the names themselves; else "name-001" and so on, one name. */
static ams_status add_names(ams_synth_labels *labels, ams_names *names, const ams_tsv *tsv,
                            size_t row, const char *text, uint32_t count, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < count; i++) {
        char numbered[LABEL_TEXT];
        int size = snprintf(numbered, sizeof numbered, "%.200s-%03u", text, i + 1);
        AMS_TRY(add_label(labels, names, numbered, (size_t)size, tsv, row, err));
    }
    for (const char *at = text; count == 0; at++) {
        size_t length = strcspn(at, ",");
        AMS_TRY(add_label(labels, names, at, length, tsv, row, err));
        at += length;
        if (*at == '\0') {
            break;
        }
    }
out:
    return status;
}

static ams_status read_group(ams_synth_labels *labels, ams_names *names, const ams_tsv *tsv,
                             size_t row, const size_t column[7], ams_error *err)
{
    ams_synth_group *group = &labels->group[labels->n_groups];
    const char *name = ams_tsv_cell(tsv, row, column[1]);
    double count = 0;
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_synth_find_task(tsv, row, ams_tsv_cell(tsv, row, column[0]), &group->task, err));
    if (labels->n_groups > 0 && group->task < group[-1].task) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: row %zu: tasks in the order of the built-in "
                          "file expected, '%s' found after '%s'",
                          tsv->path, row + 1, ams_synth_task_names[group->task],
                          ams_synth_task_names[group[-1].task]);
        goto out;
    }
    if (strlen(name) >= sizeof group->name || name[0] == '\0' ||
        ams_synth_find_group(labels, group->task, name, strlen(name)) < labels->n_groups) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: row %zu: expected a group of 1 to %zu bytes "
                          "that is new in its task, found '%s'",
                          tsv->path, row + 1, sizeof group->name - 1, name);
        goto out;
    }
    snprintf(group->name, sizeof group->name, "%s", name);
    AMS_TRY(ams_synth_number(tsv, row, column[3], 0, MOST_IN_GROUP, &count, err));
    for (int s = 0; s < AMS_SYNTH_SCENES; s++) {
        AMS_TRY(ams_synth_number(tsv, row, column[4 + s], 0, 1000, &group->weight[s], err));
    }
    group->first = names->count;
    AMS_TRY(add_names(labels, names, tsv, row, ams_tsv_cell(tsv, row, column[2]),
                      (uint32_t)count, err));
    labels->n_groups++;
out:
    return status;
}

static ams_status read_groups(ams_synth_labels *labels, ams_names *names, const ams_tsv *tsv,
                              ams_error *err)
{
    static const char *const columns[] = {"task",   "group", "names", "count",
                                          "indoor", "urban", "nature"};
    size_t column[7];
    ams_status status = AMS_OK;
    for (int i = 0; i < 7; i++) {
        AMS_TRY(ams_tsv_require(tsv, columns[i], &column[i], err));
    }
    if (tsv->n_rows > AMS_SYNTH_MAX_GROUPS) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: at most %d groups expected, %zu found",
                          tsv->path, AMS_SYNTH_MAX_GROUPS, tsv->n_rows);
        goto out;
    }
    for (size_t row = 0; row < tsv->n_rows; row++) {
        AMS_TRY(read_group(labels, names, tsv, row, column, err));
    }
    for (int t = 0; t < AMS_SYNTH_TASKS; t++) {
        uint32_t g = labels->first_group[t];
        while (g < labels->n_groups && labels->group[g].task == (ams_synth_task)t) {
            g++;
        }
        labels->first_group[t + 1] = g;
        if (g == labels->first_group[t]) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s: expected labels of the task '%s', found "
                              "none",
                              tsv->path, ams_synth_task_names[t]);
            goto out;
        }
    }
out:
    return status;
}

ams_status ams_synth_labels_read(ams_synth_labels *labels, const ams_tsv *tsv, ams_error *err)
{
    ams_names names = {0};
    uint32_t *order = NULL;
    ams_status status = AMS_OK;
    *labels = (ams_synth_labels){0};
    AMS_TRY(read_groups(labels, &names, tsv, err));
    labels->count = names.count;
    AMS_TRY(ams_names_sort(&names, &order, err));
    AMS_TRY(ams_alloc(&labels->id, names.count, sizeof *labels->id, "labels", err));
    for (uint32_t i = 0; i < names.count; i++) {
        const char *name = ams_names_get(&names, order[i]);
        AMS_TRY(ams_names_add(&labels->name, name, strlen(name), &labels->id[order[i]], err));
    }
out:
    ams_names_fini(&names);
    free(order);
    if (status != AMS_OK) {
        ams_synth_labels_fini(labels);
    }
    return status;
}

void ams_synth_labels_fini(ams_synth_labels *labels)
{
    ams_names_fini(&labels->name);
    free(labels->id);
    *labels = (ams_synth_labels){0};
}
