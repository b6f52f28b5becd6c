#include "lab/stream/outputs.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Labels that fewer training items have are left out, and of the others the less frequent. */
enum { LEAST_ITEMS = 8, MOST_LABELS = 400, PARTS = 3 };
static const double PENALTY = 3;

/* Columns of a state's regression: a 1; of the last stage, and of the one before it, a
 * confidence per label, the greatest one and its square; of the last one also the confidences'
 * squares, the second greatest, and the entropy. */
enum { GREATEST, SQUARE, SUMMARIES };
enum { SECOND, ENTROPY, MORE };

/* An item of a workload. */
typedef struct outputs_item {
    uint32_t part, row;
} outputs_item;

typedef struct outputs_part {
    uint32_t states;
    float *score; /* (items, S, S) to expect: from a state, in a state at or above it */
} outputs_part;

struct ams_stream_outputs {
    const ams_stream_data *data; /* while it is created */
    uint32_t n_labels;
    uint32_t *place; /* (labels of the table) among those in use; AMS_NO_NAME */
    uint32_t states;
    outputs_part part[PARTS]; /* but for the training items, which nobody asks about */
    double *gram, *weight;    /* (F, F), (F, S) of the state that is fitted */
    double *x;                /* (F) an item's row */
    uint32_t *used;           /* (F) its columns that are not 0 */
};

static uint32_t n_columns(const ams_stream_outputs *o, uint32_t state)
{
    const uint32_t one = o->n_labels + SUMMARIES;
    return 1 + (state > 0 ? one + o->n_labels + MORE : 0) + (state > 1 ? one : 0);
}

/* Of the output of a stage; x: its columns, which are 0; squares: NULL, or those of the last
 * stage. */
static void read_stage(const ams_stream_outputs *o, outputs_item of, uint32_t stage, double *x,
                       double *squares)
{
    const ams_table *t = &o->data->table;
    const uint64_t row = (uint64_t)o->data->item[of.part][of.row] * t->n_models +
                         ams_stream_data_model(o->data, of.part, of.row, stage);
    double first = 0;
    double second = 0;
    double entropy = 0;
    for (uint64_t k = t->indptr[row]; k < t->indptr[row + 1]; k++) {
        const double conf = (double)t->conf[k];
        const uint32_t place = o->place[t->label[k]];
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
    x[o->n_labels + GREATEST] = first;
    x[o->n_labels + SQUARE] = first * first;
    if (squares != NULL) {
        squares[o->n_labels + SECOND] = second;
        squares[o->n_labels + ENTROPY] = entropy;
    }
}

/* The item's row in that state; returns how many of its columns are not 0. */
static uint32_t read_row(ams_stream_outputs *o, outputs_item item, uint32_t state)
{
    const uint32_t n = n_columns(o, state);
    const uint32_t one = o->n_labels + SUMMARIES;
    uint32_t n_used = 0;
    memset(o->x, 0, n * sizeof *o->x);
    o->x[0] = 1;
    if (state > 0) {
        read_stage(o, item, state - 1, o->x + 1, o->x + 1 + one);
    }
    if (state > 1) {
        read_stage(o, item, state - 2, o->x + 1 + one + o->n_labels + MORE, NULL);
    }
    for (uint32_t c = 0; c < n; c++) {
        if (o->x[c] != 0) {
            o->used[n_used++] = c;
        }
    }
    return n_used;
}

static ams_status fit_state(ams_stream_outputs *o, uint32_t state, ams_error *err)
{
    const ams_stream_data *d = o->data;
    const ams_workload *w = &d->work[AMS_TRAIN];
    const uint32_t n = n_columns(o, state);
    const uint32_t states = o->states;
    memset(o->gram, 0, (size_t)n * n * sizeof *o->gram);
    memset(o->weight, 0, (size_t)n * states * sizeof *o->weight);
    for (uint32_t i = 0; i < w->n_items; i++) {
        const uint32_t n_used = read_row(o, (outputs_item){AMS_TRAIN, i}, state);
        const float *score = w->score + (size_t)i * states;
        for (uint32_t a = 0; a < n_used; a++) {
            const double x = o->x[o->used[a]];
            double *row = o->gram + (size_t)o->used[a] * n;
            double *to = o->weight + (size_t)o->used[a] * states;
            for (uint32_t b = 0; b < n_used; b++) {
                row[o->used[b]] += x * o->x[o->used[b]];
            }
            for (uint32_t s = state; s < states; s++) {
                to[s] += x * (double)score[s];
            }
        }
    }
    for (uint32_t c = 0; c < n; c++) { /* the mean is not drawn to 0 */
        o->gram[(size_t)c * n + c] += c == 0 ? 1e-6 : PENALTY;
    }
    if (ams_cholesky(n, o->gram) != 0) {
        return ams_fail(err, AMS_BAD_DATA, "predictor outputs: sums of outputs are not finite");
    }
    ams_cholesky_solve(n, states, o->gram, o->weight);
    return AMS_OK;
}

/* What is to expect in every state from this one on: probabilities that do not fall. */
static void fill_state(ams_stream_outputs *o, uint32_t part, uint32_t state)
{
    const uint32_t states = o->states;
    for (uint32_t i = 0; i < o->data->work[part].n_items; i++) {
        const uint32_t n_used = read_row(o, (outputs_item){part, i}, state);
        float *score = o->part[part].score + ((size_t)i * states + state) * states;
        double least = 0;
        for (uint32_t s = state; s < states; s++) {
            double sum = 0;
            for (uint32_t a = 0; a < n_used; a++) {
                sum += o->x[o->used[a]] * o->weight[(size_t)o->used[a] * states + s];
            }
            least = fmin(1, fmax(least, sum));
            score[s] = (float)least;
        }
    }
}

/* -- which labels -- */

static int by_count(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* Numbers the most frequent labels of the stages; ties to the lower label. */
static ams_status choose_labels(ams_stream_outputs *o, ams_error *err)
{
    const ams_stream_data *d = o->data;
    const ams_table *t = &d->table;
    uint64_t *count = NULL; /* items << 32, and below it the label from the last one down */
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&count, t->n_labels, sizeof *count, "labels", err));
    AMS_TRY(ams_alloc(&o->place, t->n_labels, sizeof *o->place, "labels", err));
    for (uint32_t l = 0; l < t->n_labels; l++) {
        count[l] = t->n_labels - l - 1;
        o->place[l] = AMS_NO_NAME;
    }
    for (uint32_t i = 0; i < d->work[AMS_TRAIN].n_items; i++) {
        for (uint32_t m = 0; m < d->work[AMS_TRAIN].n_models; m++) {
            const uint64_t row = (uint64_t)d->item[AMS_TRAIN][i] * t->n_models + d->model[m];
            for (uint64_t k = t->indptr[row]; k < t->indptr[row + 1]; k++) {
                count[t->label[k]] += UINT64_C(1) << 32;
            }
        }
    }
    qsort(count, t->n_labels, sizeof *count, by_count);
    while (o->n_labels < t->n_labels && o->n_labels < MOST_LABELS &&
           count[o->n_labels] >> 32 >= LEAST_ITEMS) {
        const uint32_t label = t->n_labels - 1 - (uint32_t)(count[o->n_labels] & UINT32_MAX);
        o->place[label] = o->n_labels++;
    }
out:
    free(count);
    return status;
}

/* -- the whole -- */

static ams_status fit(ams_stream_outputs *o, ams_error *err)
{
    const uint32_t states = o->states;
    ams_status status = AMS_OK;
    AMS_TRY(choose_labels(o, err));
    const size_t most = n_columns(o, states - 1);
    AMS_TRY(ams_alloc(&o->gram, most * most, sizeof *o->gram, "a regression", err));
    AMS_TRY(ams_alloc(&o->weight, most * states, sizeof *o->weight, "a regression", err));
    AMS_TRY(ams_alloc(&o->x, most, sizeof *o->x, "a regression", err));
    AMS_TRY(ams_alloc(&o->used, most, sizeof *o->used, "a regression", err));
    for (uint32_t part = AMS_VALIDATION; part < PARTS; part++) {
        o->part[part].states = states;
        AMS_TRY(ams_alloc(&o->part[part].score,
                          (size_t)o->data->work[part].n_items * states * states, sizeof(float),
                          "scores to expect", err));
    }
    for (uint32_t state = 0; state < states; state++) {
        AMS_TRY(fit_state(o, state, err));
        for (uint32_t part = AMS_VALIDATION; part < PARTS; part++) {
            fill_state(o, part, state);
        }
    }
out:
    free(o->place);
    free(o->gram);
    free(o->weight);
    free(o->x);
    free(o->used);
    return status;
}

ams_status ams_stream_outputs_create(ams_stream_outputs **outputs, const ams_stream_data *data,
                                     ams_error *err)
{
    const ams_workload *w = &data->work[AMS_TRAIN];
    ams_stream_outputs *o = NULL;
    ams_status status = AMS_OK;
    *outputs = NULL;
    if (w->sets) {
        return ams_fail(err, AMS_USAGE,
                        "predictor outputs follows stages; expected mean, calibrated, prior, "
                        "agent, links:FILE, oracle or truth for sets of models");
    }
    if (w->n_items == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the data have no training item to fit a predictor to");
    }
    AMS_TRY(ams_alloc(&o, 1, sizeof *o, "a predictor", err));
    o->data = data;
    o->states = ams_stream_states(false, w->n_models);
    status = fit(o, err);
    o->data = NULL;
out:
    if (status != AMS_OK) {
        ams_stream_outputs_destroy(o);
        o = NULL;
    }
    *outputs = o;
    return status;
}

void ams_stream_outputs_destroy(ams_stream_outputs *outputs)
{
    for (uint32_t part = AMS_VALIDATION; outputs != NULL && part < PARTS; part++) {
        free(outputs->part[part].score);
    }
    free(outputs);
}

static void predict(const void *state, const ams_stream_job *job, float *u)
{
    const outputs_part *part = state;
    const uint32_t from = ams_stream_state(false, job->done);
    const float *score = part->score + ((size_t)job->item * part->states + from) * part->states;
    memcpy(u + from, score + from, (part->states - from) * sizeof *u);
}

ams_predictor ams_stream_outputs_predictor(const ams_stream_outputs *outputs, uint32_t part)
{
    return (ams_predictor){
        .name = "outputs", .state = &outputs->part[part], .predict = predict};
}
