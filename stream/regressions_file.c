/* Regressions as a table: a row per state and column, with a weight for each later state. */
#include "stream/predict_private.h"

#include <stdio.h>
#include <string.h>

enum { TABLE_STATE, TABLE_OUTPUT, TABLE_INPUT, TABLE_LABEL, TABLE_COLUMNS };
static const char *const titles[] = {"stages", "output", "input", "label"};

void ams_regressions_print(const ams_saved_predictor *saved, FILE *stream)
{
    const ams_regressions *r = saved->regressions;
    fputs("predictor\tversion\tmodel", stream);
    for (int k = 0; k < TABLE_COLUMNS; k++) {
        fprintf(stream, "\t%s", titles[k]);
    }
    for (uint32_t s = 0; s < r->states; s++) {
        fprintf(stream, "\tscore_%u", s);
    }
    fputc('\n', stream);
    for (uint32_t s = 0; s < r->states; s++) {
        for (uint32_t c = 0; c < ams_regressions_columns(r, s); c++) {
            const ams_column_title title = ams_regressions_title(r, c);
            fprintf(stream, "%s\t%d\t%s\t%u\t%s\t%s\t%s", ams_saved_predictor_name(saved),
                    SAVED_VERSION, ams_saved_model(saved, s), s, title.output, title.input,
                    title.label);
            for (uint32_t to = 0; to < r->states; to++) {
                fprintf(stream, "\t%.17g", r->weight[s][(size_t)c * r->states + to]);
            }
            fputc('\n', stream);
        }
    }
}

/* Of the rows of the first stage, which begin after the one of no stage: the labels whose
 * confidences they weigh. */
static ams_status take_labels(ams_names *label, const ams_tsv *tsv, const size_t *at,
                              ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t row = 2; row < tsv->n_rows; row++) {
        const char *name = ams_tsv_cell(tsv, row, at[TABLE_LABEL]);
        const uint32_t before = label->count;
        uint32_t index = 0;
        if (strcmp(ams_tsv_cell(tsv, row, at[TABLE_INPUT]), "confidence") != 0) {
            break;
        }
        AMS_TRY(ams_names_add(label, name, strlen(name), &index, err));
        if (label->count == before) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s:%zu: expected each label once, found '%s' again; " SAVED_BY,
                              tsv->path, ams_tsv_line(tsv, row), name);
            goto out;
        }
    }
out:
    return status;
}

static ams_status take_row(ams_saved_predictor *saved, const ams_tsv *tsv, const size_t *at,
                           size_t row, uint32_t state, uint32_t column, ams_error *err)
{
    ams_regressions *r = saved->regressions;
    const ams_column_title title = ams_regressions_title(r, column);
    double *weight = r->weight[state] + (size_t)column * r->states;
    double value = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_saved_check_row(saved, tsv, row, state, "outputs", err));
    AMS_TRY(ams_saved_cell(tsv, row, at[TABLE_STATE], state, state, &value, err));
    AMS_TRY(ams_saved_text(tsv, row, at[TABLE_OUTPUT], title.output, err));
    AMS_TRY(ams_saved_text(tsv, row, at[TABLE_INPUT], title.input, err));
    AMS_TRY(ams_saved_text(tsv, row, at[TABLE_LABEL], title.label, err));
    for (uint32_t to = 0; to < r->states; to++) {
        const double most = to < state ? 0 : SAVED_WEIGHT;
        AMS_TRY(
            ams_saved_cell(tsv, row, at[TABLE_COLUMNS] + to, -most, most, &weight[to], err));
    }
out:
    return status;
}

/* Before weights are allocated: as many as the file holds, whatever it says. */
static ams_status check_rows(uint32_t n_models, const ams_names *label, const ams_tsv *tsv,
                             ams_error *err)
{
    const ams_regressions shape = {.label = *label};
    size_t rows = 0;
    for (uint32_t s = 0; s <= n_models; s++) {
        rows += ams_regressions_columns(&shape, s);
    }
    return tsv->n_rows == rows
               ? AMS_OK
               : ams_fail(err, AMS_BAD_DATA,
                          "%s: expected %zu rows, of %u stages and %u labels, found %zu: "
                          "the file was cut short or changed; " SAVED_BY,
                          tsv->path, rows, n_models, label->count, tsv->n_rows);
}

ams_status ams_regressions_take(ams_saved_predictor *saved, const ams_tsv *tsv, ams_error *err)
{
    size_t at[TABLE_COLUMNS + 1] = {0};
    ams_names label = {.count = 0};
    ams_status status = AMS_OK;
    for (int k = 0; k < TABLE_COLUMNS; k++) {
        AMS_TRY(ams_tsv_require(tsv, titles[k], &at[k], err));
    }
    const uint32_t states = ams_saved_states(tsv, "score", &at[TABLE_COLUMNS]);
    if (states < 2 || states > AMS_STREAM_STAGES + 1) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s:1: expected columns score_0, score_1 ... of at most %d stages, "
                          "found %u of them; " SAVED_BY,
                          tsv->path, AMS_STREAM_STAGES, states);
        goto out;
    }
    saved->n_models = states - 1;
    AMS_TRY(take_labels(&label, tsv, at, err));
    AMS_TRY(check_rows(saved->n_models, &label, tsv, err));
    AMS_TRY(ams_regressions_create(&saved->regressions, saved->n_models, &label, err));
    const ams_regressions *r = saved->regressions;
    for (uint32_t s = 1, row = 1; s < states; row += ams_regressions_columns(r, s), s++) {
        AMS_TRY(ams_saved_take_model(saved, tsv, row, err));
    }
    for (uint32_t s = 0, row = 0; s < states; s++) {
        for (uint32_t c = 0; c < ams_regressions_columns(r, s); c++, row++) {
            AMS_TRY(take_row(saved, tsv, at, row, s, c, err));
        }
    }
out:
    ams_names_fini(&label);
    return status;
}
