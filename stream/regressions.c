/* The predictor `outputs`: its columns and what they let expect. docs/streams.md has both. */
#include "stream/predict_private.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a state: a 1; of the last stage, and of the one before it, a confidence per label,
 * the greatest one and its square; of the last one also the confidences' squares, the second
 * greatest, and the entropy. */
enum { GREATEST, SQUARE, SUMMARIES };
enum { SECOND, ENTROPY, MORE };

/* Columns of the output before the last one; the last one's first ones are the same. */
static uint32_t of_one(const ams_regressions *r)
{
    return r->label.count + SUMMARIES;
}

static uint32_t of_last(const ams_regressions *r)
{
    return of_one(r) + r->label.count + MORE;
}

uint32_t ams_regressions_columns(const ams_regressions *r, uint32_t state)
{
    return 1 + (state > 0 ? of_last(r) : 0) + (state > 1 ? of_one(r) : 0);
}

ams_column_title ams_regressions_title(const ams_regressions *r, uint32_t column)
{
    static const char *const summary[SUMMARIES] = {"greatest", "greatest_squared"};
    static const char *const more[MORE] = {"second", "entropy"};
    const uint32_t n_labels = r->label.count;
    if (column == 0) {
        return (ams_column_title){.output = "-", .input = "one", .label = "-"};
    }
    const bool last = column - 1 < of_last(r);
    uint32_t at = column - 1 - (last ? 0 : of_last(r));
    const bool squares = at >= of_one(r);
    at -= squares ? of_one(r) : 0;
    ams_column_title title = {.output = last ? "last" : "before", .label = "-"};
    if (at < n_labels) {
        title.input = squares ? "confidence_squared" : "confidence";
        title.label = ams_names_get(&r->label, at);
    } else {
        title.input = (squares ? more : summary)[at - n_labels];
    }
    return title;
}

ams_status ams_regressions_create(ams_regressions **regressions, uint32_t n_models,
                                  ams_names *label, ams_error *err)
{
    ams_regressions *r = NULL;
    ams_status status = AMS_OK;
    *regressions = NULL;
    if (n_models == 0 || n_models > AMS_STREAM_STAGES) {
        return ams_fail(err, AMS_USAGE, "regressions: expected 1 to %d stages, found %u",
                        AMS_STREAM_STAGES, n_models);
    }
    AMS_TRY(ams_alloc(&r, 1, sizeof *r, "a predictor", err));
    *r = (ams_regressions){
        .n_models = n_models, .states = ams_stream_states(false, n_models), .label = *label};
    *label = (ams_names){.count = 0};
    for (uint32_t s = 0; s < r->states; s++) {
        AMS_TRY(ams_alloc(&r->weight[s], (size_t)ams_regressions_columns(r, s) * r->states,
                          sizeof(double), "a regression", err));
    }
out:
    if (status != AMS_OK) {
        ams_regressions_destroy(r);
        r = NULL;
    }
    *regressions = r;
    return status;
}

void ams_regressions_destroy(ams_regressions *regressions)
{
    if (regressions != NULL) {
        for (uint32_t s = 0; s < regressions->states; s++) {
            free(regressions->weight[s]);
        }
        ams_names_fini(&regressions->label);
        free(regressions);
    }
}

/* x: the output's columns, which are 0; squares: NULL, or those of the last stage. */
static void read_output(uint32_t n_labels, const ams_stage_output *output, double *x,
                        double *squares)
{
    double first = 0;
    double second = 0;
    double entropy = 0;
    for (uint32_t k = 0; k < output->n; k++) {
        const double conf = (double)output->confidence[k];
        const uint32_t place = output->place[k];
        second = fmax(second, fmin(first, conf));
        first = fmax(first, conf);
        entropy -= conf > 0 ? conf * log(conf) : 0;
        if (place != AMS_NO_NAME) {
            x[place] = conf;
            if (squares != NULL) {
                squares[place] = conf * conf;
            }
        }
    }
    x[n_labels + GREATEST] = first;
    x[n_labels + SQUARE] = first * first;
    if (squares != NULL) {
        squares[n_labels + SECOND] = second;
        squares[n_labels + ENTROPY] = entropy;
    }
}

uint32_t ams_regressions_row(const ams_regressions *r, uint32_t state,
                             const ams_stage_output *last, const ams_stage_output *before,
                             double *x, uint32_t *used)
{
    const uint32_t n = ams_regressions_columns(r, state);
    const uint32_t n_labels = r->label.count;
    uint32_t n_used = 0;
    memset(x, 0, n * sizeof *x);
    x[0] = 1;
    if (state > 0) {
        read_output(n_labels, last, x + 1, x + 1 + of_one(r));
    }
    if (state > 1) {
        read_output(n_labels, before, x + 1 + of_last(r), NULL);
    }
    for (uint32_t c = 0; c < n; c++) {
        if (x[c] != 0) {
            used[n_used++] = c;
        }
    }
    return n_used;
}

void ams_regressions_predict(const ams_regressions *r, uint32_t state, const double *x,
                             const uint32_t *used, uint32_t n_used, float *score)
{
    const double *weight = r->weight[state];
    double least = 0;
    for (uint32_t s = state; s < r->states; s++) {
        double sum = 0;
        for (uint32_t a = 0; a < n_used; a++) {
            sum += x[used[a]] * weight[(size_t)used[a] * r->states + s];
        }
        least = fmin(1, fmax(least, sum));
        score[s] = (float)least;
    }
}
