/* A predictor by tenths as a table: a row per state and bin of what is observed. */
#include "base/memory.h"
#include "base/tsv.h"
#include "stream/predict_private.h"

#include <math.h>
#include <stdlib.h>

ams_status ams_fitted_print(const ams_fitted *f, FILE *stream, ams_error *err)
{
    if (f->rule != FITTED_MEAN && f->rule != FITTED_CALIBRATED) {
        return ams_fail(err, AMS_USAGE, "only the predictors mean and calibrated are tables");
    }
    fprintf(stream, "%s\tbin\tbelow", f->sets ? "set" : "stages");
    for (uint32_t l = 0; l < f->states; l++) {
        fprintf(stream, "\tutility_%u", l);
    }
    fputc('\n', stream);
    for (uint32_t row = 0; row < f->states * FITTED_BINS; row++) {
        const uint32_t state = row / FITTED_BINS;
        const uint32_t bin = row % FITTED_BINS;
        /* The last bin has no upper edge. */
        const double edge =
            bin + 1 < FITTED_BINS ? (double)f->edge[state * (FITTED_BINS - 1) + bin] : 1e30;
        fprintf(stream, "%u\t%u\t%.9g", state, bin, edge);
        for (uint32_t l = 0; l < f->states; l++) {
            fprintf(stream, "\t%.9g", (double)f->mean[(size_t)row * f->states + l]);
        }
        fputc('\n', stream);
    }
    return AMS_OK;
}

static ams_status read_cell(const ams_tsv *tsv, size_t row, size_t column, double low,
                            double high, double *value, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_number(tsv, row, column, value, err));
    if (!(*value >= low && *value <= high)) {
        status = ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected %g to %g, found %s", tsv->path,
                          ams_tsv_line(tsv, row), low, high, ams_tsv_cell(tsv, row, column));
    }
out:
    return status;
}

static ams_status read_row(ams_fitted *f, const ams_tsv *tsv, uint32_t row, ams_error *err)
{
    const uint32_t state = row / FITTED_BINS;
    const uint32_t bin = row % FITTED_BINS;
    double value = 0;
    ams_status status = AMS_OK;
    AMS_TRY(read_cell(tsv, row, 0, state, state, &value, err));
    AMS_TRY(read_cell(tsv, row, 1, bin, bin, &value, err));
    AMS_TRY(read_cell(tsv, row, 2, -1e30, 1e30, &value, err));
    if (bin + 1 < FITTED_BINS) {
        f->edge[state * (FITTED_BINS - 1) + bin] = (float)value;
    }
    for (uint32_t l = 0; l < f->states; l++) {
        AMS_TRY(read_cell(tsv, row, 3 + l, 0, 1, &value, err));
        f->mean[(size_t)row * f->states + l] = (float)value;
    }
    for (uint32_t l = 0; row == 0 && l < f->states; l++) {
        f->prior[l] = f->mean[l];
    }
out:
    return status;
}

ams_status ams_fitted_read(ams_fitted **fitted, const char *path, uint32_t n_models, bool sets,
                           ams_error *err)
{
    const size_t states = ams_stream_states(sets, n_models);
    ams_tsv tsv = {.n_rows = 0};
    ams_fitted *f = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_read(&tsv, path, err));
    if (tsv.n_columns != states + 3 || tsv.n_rows != states * FITTED_BINS) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: expected %zu columns and %zu rows, for %s %u %s, found %zu and "
                          "%zu; `ams stream --save-predictor` writes such files",
                          path, states + 3, states * FITTED_BINS, sets ? "sets of" : "the",
                          n_models, sets ? "models" : "stages", tsv.n_columns, tsv.n_rows);
        goto out;
    }
    AMS_TRY(ams_alloc(&f, 1, sizeof *f, "a predictor", err));
    *f = (ams_fitted){.rule = FITTED_MEAN, .states = (uint32_t)states, .sets = sets};
    AMS_TRY(ams_alloc(&f->prior, states, sizeof(float), "means", err));
    AMS_TRY(ams_alloc(&f->edge, states * (FITTED_BINS - 1), sizeof(float), "bins", err));
    AMS_TRY(ams_alloc(&f->mean, states * FITTED_BINS * states, sizeof(float), "means", err));
    for (uint32_t row = 0; row < states * FITTED_BINS; row++) {
        AMS_TRY(read_row(f, &tsv, row, err));
    }
out:
    if (status != AMS_OK) {
        ams_fitted_destroy(f);
        f = NULL;
    }
    ams_tsv_fini(&tsv);
    *fitted = f;
    return status;
}
