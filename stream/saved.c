/* Predictors in files: which kind one is of, as a whole. */
#include "base/file.h"
#include "stream/predict_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void ams_saved_predictor_fini(ams_saved_predictor *saved)
{
    ams_fitted_destroy(saved->fitted);
    ams_regressions_destroy(saved->regressions);
    ams_names_fini(&saved->model);
    *saved = (ams_saved_predictor){.fitted = NULL};
}

/* By its first row; a table without the column `predictor` is of before others were written. */
static ams_status name_of(const ams_tsv *tsv, const char **name, ams_error *err)
{
    static const char *const known[] = {"mean", "calibrated", "outputs"};
    size_t column = ams_tsv_column(tsv, "predictor");
    double version = SAVED_VERSION;
    ams_status status = AMS_OK;
    *name = known[0];
    if (column == AMS_NO_COLUMN) {
        return AMS_OK;
    }
    AMS_TRY(ams_tsv_require(tsv, "model", &column, err));
    AMS_TRY(ams_tsv_require(tsv, "version", &column, err));
    if (tsv->n_rows == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected rows, found the header alone; " SAVED_BY, tsv->path);
    }
    AMS_TRY(ams_saved_cell(tsv, 0, column, 1, 1e9, &version, err));
    if (version != SAVED_VERSION) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s:%zu: expected version %d of a predictor, found %g: a later program "
                        "wrote it",
                        tsv->path, ams_tsv_line(tsv, 0), SAVED_VERSION, version);
    }
    const char *found = ams_tsv_cell(tsv, 0, ams_tsv_column(tsv, "predictor"));
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        if (strcmp(found, known[k]) == 0) {
            *name = known[k];
            return AMS_OK;
        }
    }
    status = ams_fail(err, AMS_BAD_DATA,
                      "%s:%zu: expected the predictor mean, calibrated or outputs, found "
                      "'%s'; " SAVED_BY,
                      tsv->path, ams_tsv_line(tsv, 0), found);
out:
    return status;
}

ams_status ams_saved_predictor_read(ams_saved_predictor *saved, const char *path,
                                    ams_error *err)
{
    ams_tsv tsv = {.n_rows = 0};
    const char *name = NULL;
    ams_status status = AMS_OK;
    *saved = (ams_saved_predictor){.fitted = NULL};
    AMS_TRY(ams_tsv_read(&tsv, path, err));
    AMS_TRY(name_of(&tsv, &name, err));
    status = strcmp(name, "outputs") == 0 ? ams_regressions_take(saved, &tsv, err)
                                          : ams_fitted_take(saved, &tsv, name, err);
out:
    ams_tsv_fini(&tsv);
    if (status != AMS_OK) {
        ams_saved_predictor_fini(saved);
    }
    return status;
}

static ams_status print(FILE *stream, const void *context, ams_error *err)
{
    const ams_saved_predictor *saved = context;
    (void)err; /* a stream that takes no more is noticed when the file is complete */
    if (saved->regressions != NULL) {
        ams_regressions_print(saved, stream);
    } else {
        ams_fitted_print(saved, stream);
    }
    return AMS_OK;
}

/* What is written has to be read again. */
static ams_status check_weights(const ams_regressions *r, ams_error *err)
{
    for (uint32_t s = 0; r != NULL && s < r->states; s++) {
        for (size_t k = 0; k < (size_t)ams_regressions_columns(r, s) * r->states; k++) {
            if (!(fabs(r->weight[s][k]) <= SAVED_WEIGHT)) {
                return ams_fail(err, AMS_BAD_DATA,
                                "predictor outputs: expected weights up to %g, found %g",
                                (double)SAVED_WEIGHT, r->weight[s][k]);
            }
        }
    }
    return AMS_OK;
}

ams_status ams_saved_predictor_write(const ams_saved_predictor *saved, const char *path,
                                     ams_error *err)
{
    const ams_fitted *f = saved->fitted;
    ams_status status = AMS_OK;
    if (saved->model.count != saved->n_models ||
        (saved->regressions == NULL &&
         (f == NULL || (f->rule != FITTED_MEAN && f->rule != FITTED_CALIBRATED)))) {
        return ams_fail(err, AMS_USAGE,
                        "expected mean, calibrated or outputs as the predictor that is saved, "
                        "with its models' names, found %s",
                        f != NULL ? ams_predictor_names[f->rule] : "none");
    }
    AMS_TRY(check_weights(saved->regressions, err));
    status = ams_file_write(NULL, path, print, saved, err);
out:
    return status;
}
