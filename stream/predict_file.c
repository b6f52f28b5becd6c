/* A predictor by tenths as a table: a row per state and bin of what is observed. */
#include "base/memory.h"
#include "stream/predict_private.h"

#include <stdio.h>
#include <string.h>

/* Where the columns stand; the first one is "stages", or of sets "set". */
typedef struct means_columns {
    size_t state, bin, below, utility; /* utility: the first of as many as there are states */
} means_columns;

void ams_fitted_print(const ams_saved_predictor *saved, FILE *stream)
{
    const ams_fitted *f = saved->fitted;
    fprintf(stream, "%s\tbin\tbelow", f->sets ? "set" : "stages");
    for (uint32_t l = 0; l < f->states; l++) {
        fprintf(stream, "\tutility_%u", l);
    }
    fputs("\tpredictor\tversion\tmodel\n", stream);
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
        fprintf(stream, "\t%s\t%d\t%s\n", ams_saved_predictor_name(saved), SAVED_VERSION,
                ams_saved_model(saved, state));
    }
}

static ams_status take_row(ams_fitted *f, const ams_tsv *tsv, const means_columns *at,
                           uint32_t row, ams_error *err)
{
    const uint32_t state = row / FITTED_BINS;
    const uint32_t bin = row % FITTED_BINS;
    double value = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_saved_cell(tsv, row, at->state, state, state, &value, err));
    AMS_TRY(ams_saved_cell(tsv, row, at->bin, bin, bin, &value, err));
    AMS_TRY(ams_saved_cell(tsv, row, at->below, -1e30, 1e30, &value, err));
    if (bin + 1 < FITTED_BINS) {
        f->edge[state * (FITTED_BINS - 1) + bin] = (float)value;
    }
    for (uint32_t l = 0; l < f->states; l++) {
        AMS_TRY(ams_saved_cell(tsv, row, at->utility + l, 0, 1, &value, err));
        f->mean[(size_t)row * f->states + l] = (float)value;
    }
    for (uint32_t l = 0; row == 0 && l < f->states; l++) {
        f->prior[l] = f->mean[l];
    }
out:
    return status;
}

/* Columns and rows fit together: sets saved->sets and n_models. */
static ams_status find_columns(ams_saved_predictor *saved, const ams_tsv *tsv,
                               means_columns *at, ams_error *err)
{
    const uint32_t states = ams_saved_states(tsv, "utility", &at->utility);
    ams_status status = AMS_OK;
    saved->sets = ams_tsv_column(tsv, "set") != AMS_NO_COLUMN;
    saved->n_models =
        saved->sets && states > 0 ? (uint32_t)__builtin_ctz(states) : states - (states > 0);
    const uint32_t most = saved->sets ? AMS_STREAM_SETS : AMS_STREAM_STAGES;
    AMS_TRY(ams_tsv_require(tsv, saved->sets ? "set" : "stages", &at->state, err));
    AMS_TRY(ams_tsv_require(tsv, "bin", &at->bin, err));
    AMS_TRY(ams_tsv_require(tsv, "below", &at->below, err));
    if (saved->n_models == 0 || saved->n_models > most ||
        ams_stream_states(saved->sets, saved->n_models) != states ||
        tsv->n_rows != (size_t)states * FITTED_BINS) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: expected columns utility_0 ... of each number of at most %u "
                          "stages, or of each set of at most %u models, and %d rows for each "
                          "of them, found %u and %zu rows; " SAVED_BY,
                          tsv->path, AMS_STREAM_STAGES, AMS_STREAM_SETS, FITTED_BINS, states,
                          tsv->n_rows);
    }
out:
    return status;
}

ams_status ams_fitted_take(ams_saved_predictor *saved, const ams_tsv *tsv, const char *name,
                           ams_error *err)
{
    means_columns at = {.state = 0};
    ams_status status = AMS_OK;
    AMS_TRY(find_columns(saved, tsv, &at, err));
    const size_t states = ams_stream_states(saved->sets, saved->n_models);
    AMS_TRY(ams_alloc(&saved->fitted, 1, sizeof *saved->fitted, "a predictor", err));
    ams_fitted *f = saved->fitted;
    *f = (ams_fitted){.rule = strcmp(name, "mean") == 0 ? FITTED_MEAN : FITTED_CALIBRATED,
                      .states = (uint32_t)states,
                      .sets = saved->sets};
    AMS_TRY(ams_alloc(&f->prior, states, sizeof(float), "means", err));
    AMS_TRY(ams_alloc(&f->edge, states * (FITTED_BINS - 1), sizeof(float), "bins", err));
    AMS_TRY(ams_alloc(&f->mean, states * FITTED_BINS * states, sizeof(float), "means", err));
    for (uint32_t m = 0; m < saved->n_models; m++) {
        const uint32_t state = saved->sets ? UINT32_C(1) << m : m + 1;
        AMS_TRY(ams_saved_take_model(saved, tsv, (size_t)state * FITTED_BINS, err));
    }
    for (uint32_t row = 0; row < states * FITTED_BINS; row++) {
        AMS_TRY(ams_saved_check_row(saved, tsv, row, row / FITTED_BINS, name, err));
        AMS_TRY(take_row(f, tsv, &at, row, err));
    }
out:
    return status;
}
