/* Predictors in files: what both kinds of tables have in common. */
#include "base/number.h"
#include "stream/predict_private.h"

#include <stdio.h>
#include <string.h>

const char *ams_saved_predictor_name(const ams_saved_predictor *saved)
{
    return saved->regressions != NULL ? "outputs" : ams_predictor_names[saved->fitted->rule];
}

const char *ams_saved_model(const ams_saved_predictor *saved, uint32_t state)
{
    const bool one = saved->sets ? __builtin_popcount(state) == 1 : state > 0;
    const uint32_t model = saved->sets ? (uint32_t)__builtin_ctz(state | 1U << 31) : state - 1;
    return one ? ams_names_get(&saved->model, model) : "-";
}

ams_status ams_saved_cell(const ams_tsv *tsv, size_t row, size_t column, double low,
                          double high, double *value, ams_error *err)
{
    const char *cell = ams_tsv_cell(tsv, row, column);
    char range[64];
    if (ams_parse_double(cell, value) && *value >= low && *value <= high) {
        return AMS_OK;
    }
    snprintf(range, sizeof range, low < high ? "a number from %g to %g" : "%g", low, high);
    return ams_fail(err, AMS_BAD_DATA,
                    "%s:%zu: expected %s in column '%s', found '%s'; " SAVED_BY, tsv->path,
                    ams_tsv_line(tsv, row), range, tsv->cells[column], cell);
}

ams_status ams_saved_text(const ams_tsv *tsv, size_t row, size_t column, const char *expected,
                          ams_error *err)
{
    const char *found = ams_tsv_cell(tsv, row, column);
    return strcmp(found, expected) == 0
               ? AMS_OK
               : ams_fail(err, AMS_BAD_DATA,
                          "%s:%zu: expected '%s' in column '%s', found '%s'; " SAVED_BY,
                          tsv->path, ams_tsv_line(tsv, row), expected, tsv->cells[column],
                          found);
}

uint32_t ams_saved_states(const ams_tsv *tsv, const char *name, size_t *first)
{
    char title[32];
    uint32_t n = 0;
    snprintf(title, sizeof title, "%s_0", name);
    *first = ams_tsv_column(tsv, title);
    while (*first != AMS_NO_COLUMN && *first + n < tsv->n_columns &&
           strcmp(tsv->cells[*first + n], title) == 0) {
        snprintf(title, sizeof title, "%s_%u", name, ++n);
    }
    return n;
}

ams_status ams_saved_take_model(ams_saved_predictor *saved, const ams_tsv *tsv, size_t row,
                                ams_error *err)
{
    const size_t column = ams_tsv_column(tsv, "model");
    const uint32_t before = saved->model.count;
    uint32_t index = 0;
    ams_status status = AMS_OK;
    if (ams_tsv_column(tsv, "predictor") == AMS_NO_COLUMN) {
        return AMS_OK; /* of before models were named */
    }
    const char *name = ams_tsv_cell(tsv, row, column);
    AMS_TRY(ams_names_add(&saved->model, name, strlen(name), &index, err));
    if (saved->model.count == before || *name == '\0') {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s:%zu: expected another model than before in column 'model', found "
                          "'%s'; " SAVED_BY,
                          tsv->path, ams_tsv_line(tsv, row), name);
    }
out:
    return status;
}

ams_status ams_saved_check_row(const ams_saved_predictor *saved, const ams_tsv *tsv, size_t row,
                               uint32_t state, const char *name, ams_error *err)
{
    const size_t kind = ams_tsv_column(tsv, "predictor");
    double value = 0;
    ams_status status = AMS_OK;
    if (kind == AMS_NO_COLUMN) {
        return AMS_OK;
    }
    AMS_TRY(ams_saved_text(tsv, row, kind, name, err));
    AMS_TRY(ams_saved_cell(tsv, row, ams_tsv_column(tsv, "version"), SAVED_VERSION,
                           SAVED_VERSION, &value, err));
    status = ams_saved_text(tsv, row, ams_tsv_column(tsv, "model"),
                            ams_saved_model(saved, state), err);
out:
    return status;
}
