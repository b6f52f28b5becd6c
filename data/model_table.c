#include "ams/data.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/tsv.h"
#include "data/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status add_names(ams_model_table *models, const ams_tsv *tsv, size_t row,
                            const size_t column[2], ams_error *err)
{
    const char *name = ams_tsv_cell(tsv, row, column[0]);
    const char *task = ams_tsv_cell(tsv, row, column[1]);
    ams_status status = ams_row_check_name("model", name, err);
    if (status == AMS_OK) {
        status = ams_row_check_name("task", task, err);
    }
    if (status != AMS_OK) {
        return status;
    }
    /* Labels are named "task/label"; a slash in the task would let two tasks share one. */
    if (strchr(task, '/') != NULL) {
        return ams_fail(err, AMS_BAD_DATA, "expected a task without '/', found '%s'", task);
    }
    uint32_t index = 0;
    status = ams_names_add(&models->name, name, strlen(name), &index, err);
    if (status == AMS_OK && index != row) {
        return ams_fail(err, AMS_BAD_DATA, "expected distinct models, found '%s' again", name);
    }
    if (status == AMS_OK) {
        status = ams_names_add(&models->task_name, task, strlen(task), &models->task[row], err);
    }
    return status;
}

/* A column of numbers; without it every model has `otherwise`. */
static ams_status read_numbers(float *values, const ams_tsv *tsv, const char *name,
                               float otherwise, bool zero_allowed, ams_error *err)
{
    size_t column = ams_tsv_column(tsv, name);
    for (size_t row = 0; row < tsv->n_rows; row++) {
        if (column == AMS_NO_COLUMN) {
            values[row] = otherwise;
            continue;
        }
        double value = 0;
        ams_status status = ams_tsv_number(tsv, row, column, &value, err);
        if (status != AMS_OK) {
            return status;
        }
        values[row] = (float)value;
        if (!isfinite(values[row]) || values[row] < 0 || (values[row] <= 0 && !zero_allowed)) {
            return ams_fail(
                err, AMS_BAD_DATA, "%s: row %zu, column '%s': expected %s, found %s%s",
                tsv->path, row + 1, name,
                zero_allowed ? "0 or more, below 3.4e38" : "more than 0 and below 3.4e38",
                ams_tsv_cell(tsv, row, column),
                values[row] <= 0 && values[row] >= 0 && !zero_allowed
                    ? "; what costs nothing has a small value, such as 0.001"
                    : "");
        }
    }
    return AMS_OK;
}

static ams_status read_thresholds(ams_model_table *models, const ams_tsv *tsv, ams_error *err)
{
    ams_status status = AMS_OK;
    if (ams_tsv_column(tsv, "threshold") == AMS_NO_COLUMN) {
        return AMS_OK;
    }
    AMS_TRY(
        ams_alloc(&models->threshold, tsv->n_rows, sizeof *models->threshold, "models", err));
    AMS_TRY(read_numbers(models->threshold, tsv, "threshold", 0, true, err));
    for (size_t row = 0; row < tsv->n_rows; row++) {
        if (!(models->threshold[row] < 1)) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: row %zu, column 'threshold': expected 0 to below 1, found %g",
                            tsv->path, row + 1, (double)models->threshold[row]);
        }
    }
out:
    return status;
}

static ams_status read_kinds(ams_model_table *models, const ams_tsv *tsv, ams_error *err)
{
    const size_t column = ams_tsv_column(tsv, "kind");
    ams_status status = AMS_OK;
    if (column == AMS_NO_COLUMN) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&models->kind, tsv->n_rows, sizeof *models->kind, "models", err));
    for (size_t row = 0; row < tsv->n_rows; row++) {
        const char *cell = ams_tsv_cell(tsv, row, column);
        uint8_t k = 0;
        while (ams_output_kinds[k] != NULL && strcmp(cell, ams_output_kinds[k]) != 0) {
            k++;
        }
        if (ams_output_kinds[k] == NULL) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: row %zu, column 'kind': expected multi, single or real, found "
                            "'%s'",
                            tsv->path, row + 1, cell);
        }
        models->kind[row] = k;
    }
out:
    return status;
}

/* The row's stage: its cell, or without that column one more than the network's last. */
static ams_status read_stage(const ams_model_table *models, const ams_tsv *tsv, size_t row,
                             size_t column, uint32_t *stage, ams_error *err)
{
    const char *network = ams_tsv_cell(tsv, row, ams_tsv_column(tsv, "stage_of"));
    uint64_t number = 1;
    for (size_t k = 0; k < row && column == AMS_NO_COLUMN; k++) {
        number += strcmp(network, ams_tsv_cell(tsv, k, ams_tsv_column(tsv, "stage_of"))) == 0;
    }
    if (column != AMS_NO_COLUMN && (!ams_parse_u64(ams_tsv_cell(tsv, row, column), &number) ||
                                    number == 0 || number > AMS_MAX_MODELS)) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "%s: row %zu, column 'stage': expected a number from 1 to %d, since the "
            "model is an exit of '%s', found '%s'",
            tsv->path, row + 1, AMS_MAX_MODELS, network, ams_tsv_cell(tsv, row, column));
    }
    for (size_t k = 0; k < row; k++) {
        if (strcmp(network, ams_tsv_cell(tsv, k, ams_tsv_column(tsv, "stage_of"))) != 0) {
            continue;
        }
        if (models->task[k] != models->task[row]) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "%s: row %zu: expected one task of the exits of network '%s', found "
                "'%s' here and '%s' in row %zu",
                tsv->path, row + 1, network,
                ams_names_get(&models->task_name, models->task[row]),
                ams_names_get(&models->task_name, models->task[k]), k + 1);
        }
        if (models->exits.stage[k] == number) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: row %zu, column 'stage': expected each stage of network '%s' "
                            "once, found %u in row %zu, too",
                            tsv->path, row + 1, network, (uint32_t)number, k + 1);
        }
    }
    *stage = (uint32_t)number;
    return AMS_OK;
}

/* Of which networks models are exits; an empty cell: of none. */
static ams_status read_exits(ams_model_table *models, const ams_tsv *tsv, ams_error *err)
{
    const size_t of = ams_tsv_column(tsv, "stage_of");
    const size_t column = ams_tsv_column(tsv, "stage");
    ams_status status = AMS_OK;
    if (of == AMS_NO_COLUMN && column != AMS_NO_COLUMN) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected a column 'stage_of' with the networks whose stages the "
                        "column 'stage' numbers, found none",
                        tsv->path);
    }
    for (size_t row = 0; of != AMS_NO_COLUMN && row < tsv->n_rows; row++) {
        const char *network = ams_tsv_cell(tsv, row, of);
        uint32_t stage = 0;
        if (network[0] != '\0') {
            if (ams_row_check_name("network", network, err) != AMS_OK) {
                ams_error_prefix(err, "%s: row %zu", tsv->path, row + 1);
                return AMS_BAD_DATA;
            }
            AMS_TRY(read_stage(models, tsv, row, column, &stage, err));
        }
        AMS_TRY(ams_exits_set(&models->exits, tsv->n_rows, row, network, stage, err));
    }
out:
    return status;
}

/* One unit, which each row repeats. */
static ams_status read_cost_unit(ams_model_table *models, const ams_tsv *tsv, ams_error *err)
{
    const size_t column = ams_tsv_column(tsv, "cost_unit");
    for (size_t row = 0; column != AMS_NO_COLUMN && row < tsv->n_rows; row++) {
        const char *unit = ams_tsv_cell(tsv, row, column);
        if (ams_check_cost_unit(unit, err) != AMS_OK) {
            ams_error_prefix(err, "%s: row %zu", tsv->path, row + 1);
            return AMS_BAD_DATA;
        }
        if (row > 0 && strcmp(unit, models->cost_unit) != 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: row %zu, column 'cost_unit': expected %s as in the first row, "
                            "found %s",
                            tsv->path, row + 1, models->cost_unit, unit);
        }
        snprintf(models->cost_unit, sizeof models->cost_unit, "%s", unit);
    }
    return AMS_OK;
}

static ams_status read_names(ams_model_table *models, const ams_tsv *tsv, ams_error *err)
{
    size_t column[2];
    ams_status status = ams_tsv_require(tsv, "name", &column[0], err);
    if (status == AMS_OK) {
        status = ams_tsv_require(tsv, "task", &column[1], err);
    }
    for (size_t row = 0; row < tsv->n_rows && status == AMS_OK; row++) {
        status = add_names(models, tsv, row, column, err);
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s: row %zu", tsv->path, row + 1);
        }
    }
    return status;
}

/* cost: NULL where time_ms is optional. */
static ams_status read_table(ams_model_table *models, const char *path, const char *cost,
                             ams_error *err)
{
    const char *column = cost == NULL ? "time_ms" : cost;
    size_t at = 0;
    *models = (ams_model_table){0};
    ams_tsv tsv;
    ams_status status = ams_tsv_read(&tsv, path, err);
    if (status != AMS_OK) {
        return status;
    }
    size_t count = tsv.n_rows;
    if (count == 0 || count > AMS_MAX_MODELS) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected 1 to %d models, found %zu", path,
                          AMS_MAX_MODELS, count);
        goto out;
    }
    AMS_TRY(ams_alloc(&models->task, count, sizeof *models->task, "models", err));
    AMS_TRY(ams_alloc(&models->mem_mb, count, sizeof *models->mem_mb, "models", err));
    AMS_TRY(ams_alloc(&models->theta, count, sizeof *models->theta, "models", err));
    AMS_TRY(read_names(models, &tsv, err));
    AMS_TRY(read_numbers(models->mem_mb, &tsv, "mem_mb", 0, true, err));
    AMS_TRY(read_numbers(models->theta, &tsv, "theta", 1, false, err));
    AMS_TRY(read_thresholds(models, &tsv, err));
    AMS_TRY(read_kinds(models, &tsv, err));
    AMS_TRY(read_exits(models, &tsv, err));
    AMS_TRY(read_cost_unit(models, &tsv, err));
    if (cost != NULL) {
        AMS_TRY(ams_tsv_require(&tsv, cost, &at, err));
    }
    if (ams_tsv_column(&tsv, column) != AMS_NO_COLUMN) {
        AMS_TRY(ams_alloc(&models->time_ms, count, sizeof *models->time_ms, "models", err));
        AMS_TRY(read_numbers(models->time_ms, &tsv, column, 0, false, err));
    }
out:
    ams_tsv_fini(&tsv);
    if (status != AMS_OK) {
        ams_model_table_fini(models);
    }
    return status;
}

ams_status ams_model_table_read(ams_model_table *models, const char *path, ams_error *err)
{
    return read_table(models, path, NULL, err);
}

ams_status ams_model_table_read_cost(ams_model_table *models, const char *path,
                                     const char *column, ams_error *err)
{
    return read_table(models, path, column, err);
}

void ams_model_table_fini(ams_model_table *models)
{
    ams_names_fini(&models->name);
    ams_names_fini(&models->task_name);
    free(models->task);
    free(models->time_ms);
    free(models->mem_mb);
    free(models->theta);
    free(models->threshold);
    free(models->kind);
    ams_exits_fini(&models->exits);
    *models = (ams_model_table){0};
}
