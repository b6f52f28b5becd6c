#include "data/synth/models.h"

#include "data/synth/params.h"

#include <string.h>

enum { NUMBERS = 7, COLUMNS = 3 + NUMBERS };
static const char *const columns[COLUMNS] = {"name",  "task", "scope", "time_ms", "mem_mb",
                                             "skill", "near", "noise", "hit",     "invent"};
static const double bounds[NUMBERS][2] = {{0.001, 1e6}, {0, 1e6}, {-100, 100}, {-100, 100},
                                          {0, 100},     {0, 1},   {0, 1}};

/* "all" or groups of the task, separated by commas. */
static ams_status read_scope(ams_synth_model *model, const ams_synth_labels *labels,
                             const ams_tsv *tsv, size_t row, const char *text, ams_error *err)
{
    if (strcmp(text, "all") == 0) {
        for (uint32_t g = 0; g < labels->n_groups; g++) {
            model->scope |= (uint64_t)(labels->group[g].task == model->task) << g;
        }
        return AMS_OK;
    }
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        uint32_t g = ams_synth_find_group(labels, model->task, at, length);
        if (g == labels->n_groups) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "%s: row %zu: expected 'all' or groups that labels.tsv has of '%s', "
                "found '%.*s'",
                tsv->path, row + 1, ams_synth_task_names[model->task], (int)length, at);
        }
        model->scope |= UINT64_C(1) << g;
        at += length;
        if (*at == '\0') {
            return AMS_OK;
        }
    }
}

static ams_status read_model(ams_synth_models *models, const ams_synth_labels *labels,
                             const ams_tsv *tsv, size_t row, const size_t column[COLUMNS],
                             ams_error *err)
{
    ams_synth_model *m = &models->model[row];
    double *number[NUMBERS] = {&m->time_ms, &m->mem_mb, &m->skill, &m->near,
                               &m->noise,   &m->hit,    &m->invent};
    const char *name = ams_tsv_cell(tsv, row, column[0]);
    uint32_t index = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&models->name, name, strlen(name), &index, err));
    if (index != row || name[0] == '\0') {
        status = ams_fail(err, AMS_BAD_DATA, "%s: row %zu: expected a new name, found '%s'",
                          tsv->path, row + 1, name);
        goto out;
    }
    AMS_TRY(ams_synth_find_task(tsv, row, ams_tsv_cell(tsv, row, column[1]), &m->task, err));
    AMS_TRY(read_scope(m, labels, tsv, row, ams_tsv_cell(tsv, row, column[2]), err));
    for (int i = 0; i < NUMBERS; i++) {
        AMS_TRY(ams_synth_number(tsv, row, column[3 + i], bounds[i][0], bounds[i][1], number[i],
                                 err));
    }
out:
    return status;
}

ams_status ams_synth_models_read(ams_synth_models *models, const ams_synth_labels *labels,
                                 const ams_tsv *tsv, ams_error *err)
{
    size_t column[COLUMNS];
    ams_status status = AMS_OK;
    *models = (ams_synth_models){0};
    for (int i = 0; i < COLUMNS; i++) {
        AMS_TRY(ams_tsv_require(tsv, columns[i], &column[i], err));
    }
    if (tsv->n_rows == 0 || tsv->n_rows > AMS_MAX_MODELS) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: 1 to %d models expected, %zu found",
                          tsv->path, AMS_MAX_MODELS, tsv->n_rows);
        goto out;
    }
    models->count = (uint32_t)tsv->n_rows;
    for (size_t row = 0; row < tsv->n_rows; row++) {
        AMS_TRY(read_model(models, labels, tsv, row, column, err));
    }
out:
    if (status != AMS_OK) {
        ams_synth_models_fini(models);
    }
    return status;
}

void ams_synth_models_fini(ams_synth_models *models)
{
    ams_names_fini(&models->name);
    *models = (ams_synth_models){0};
}
