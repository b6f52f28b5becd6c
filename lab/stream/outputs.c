#include "lab/stream/outputs.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <stdlib.h>
#include <string.h>

/* Labels that fewer training items have are left out, and of the others the less frequent. */
enum { LEAST_ITEMS = 8, MOST_LABELS = 400, PARTS = 3 };
static const double PENALTY = 3;

/* An item of a workload. */
typedef struct outputs_item {
    uint32_t part, row;
} outputs_item;

typedef struct outputs_part {
    uint32_t states;
    float *score; /* (items, S, S) to expect: from a state, in a state at or above it */
} outputs_part;

struct ams_stream_outputs {
    outputs_part part[PARTS]; /* but for the training items, which nobody asks about */
};

/* While regressions are fitted, and items read. */
typedef struct outputs_work {
    const ams_stream_data *data;
    ams_regressions *r;
    uint32_t *place; /* (labels of the table) among those in use; AMS_NO_NAME */
    double *gram;    /* (F, F) of the state that is fitted */
    double *x;       /* (F) an item's row */
    uint32_t *used;  /* (F) its columns that are not 0 */
    uint32_t *read;  /* (2, labels of the table) places of the labels of two outputs */
} outputs_work;

/* place: (labels of the table), for those of the output. */
static ams_stage_output read_stage(const outputs_work *o, outputs_item of, uint32_t stage,
                                   uint32_t *place)
{
    const ams_table *t = &o->data->table;
    const uint64_t row = (uint64_t)o->data->item[of.part][of.row] * t->n_models +
                         ams_stream_data_model(o->data, of.part, of.row, stage);
    const uint64_t first = t->indptr[row];
    const uint32_t n = (uint32_t)(t->indptr[row + 1] - first);
    for (uint32_t k = 0; k < n; k++) {
        place[k] = o->place[t->label[first + k]];
    }
    return (ams_stage_output){.place = place, .confidence = t->conf + first, .n = n};
}

/* The item's row in that state; returns how many of its columns are not 0. */
static uint32_t read_row(outputs_work *o, outputs_item item, uint32_t state)
{
    ams_stage_output last = {.n = 0};
    ams_stage_output before = {.n = 0};
    if (state > 0) {
        last = read_stage(o, item, state - 1, o->read);
    }
    if (state > 1) {
        before = read_stage(o, item, state - 2, o->read + o->data->table.n_labels);
    }
    return ams_regressions_row(o->r, state, &last, &before, o->x, o->used);
}

static ams_status fit_state(outputs_work *o, uint32_t state, ams_error *err)
{
    const ams_workload *w = &o->data->work[AMS_TRAIN];
    const uint32_t n = ams_regressions_columns(o->r, state);
    const uint32_t states = o->r->states;
    double *weight = o->r->weight[state];
    memset(o->gram, 0, (size_t)n * n * sizeof *o->gram);
    for (uint32_t i = 0; i < w->n_items; i++) {
        const uint32_t n_used = read_row(o, (outputs_item){AMS_TRAIN, i}, state);
        const float *score = w->score + (size_t)i * states;
        for (uint32_t a = 0; a < n_used; a++) {
            const double x = o->x[o->used[a]];
            double *row = o->gram + (size_t)o->used[a] * n;
            double *to = weight + (size_t)o->used[a] * states;
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
    ams_cholesky_solve(n, states, o->gram, weight);
    return AMS_OK;
}

/* What is to expect in every state from this one on. */
static void fill_state(outputs_work *o, outputs_part *to, uint32_t part, uint32_t state)
{
    const uint32_t states = o->r->states;
    for (uint32_t i = 0; i < o->data->work[part].n_items; i++) {
        const uint32_t n_used = read_row(o, (outputs_item){part, i}, state);
        ams_regressions_predict(o->r, state, o->x, o->used, n_used,
                                to->score + ((size_t)i * states + state) * states);
    }
}

/* -- which labels -- */

static int by_count(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* The most frequent labels of the stages; ties to the lower label. */
static ams_status choose_labels(outputs_work *o, ams_names *chosen, ams_error *err)
{
    const ams_stream_data *d = o->data;
    const ams_table *t = &d->table;
    uint64_t *count = NULL; /* items << 32, and below it the label from the last one down */
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&count, t->n_labels, sizeof *count, "labels", err));
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
    while (chosen->count < t->n_labels && chosen->count < MOST_LABELS &&
           count[chosen->count] >> 32 >= LEAST_ITEMS) {
        const uint32_t label = t->n_labels - 1 - (uint32_t)(count[chosen->count] & UINT32_MAX);
        const char *name = ams_names_get(&t->label_name, label);
        AMS_TRY(ams_names_add(chosen, name, strlen(name), &o->place[label], err));
    }
out:
    free(count);
    return status;
}

/* -- the whole -- */

static void end_work(outputs_work *o)
{
    ams_regressions_destroy(o->r);
    free(o->place);
    free(o->gram);
    free(o->x);
    free(o->used);
    free(o->read);
}

/* o->r is fitted, and items can be read. */
static ams_status begin_work(outputs_work *o, const ams_stream_data *data, ams_error *err)
{
    const ams_workload *w = &data->work[AMS_TRAIN];
    const uint32_t n_labels = data->table.n_labels;
    ams_names chosen = {.count = 0};
    ams_status status = AMS_OK;
    *o = (outputs_work){.data = data};
    if (w->sets) {
        return ams_fail(err, AMS_USAGE,
                        "predictor outputs follows stages; expected mean, calibrated, prior, "
                        "agent, links:FILE, oracle or truth for sets of models");
    }
    if (w->n_items == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the data have no training item to fit a predictor to");
    }
    AMS_TRY(ams_alloc(&o->place, n_labels, sizeof *o->place, "labels", err));
    AMS_TRY(ams_alloc(&o->read, 2 * (size_t)n_labels, sizeof *o->read, "labels", err));
    AMS_TRY(choose_labels(o, &chosen, err));
    AMS_TRY(ams_regressions_create(&o->r, w->n_models, &chosen, err));
    const size_t most = ams_regressions_columns(o->r, w->n_models);
    AMS_TRY(ams_alloc(&o->gram, most * most, sizeof *o->gram, "a regression", err));
    AMS_TRY(ams_alloc(&o->x, most, sizeof *o->x, "a regression", err));
    AMS_TRY(ams_alloc(&o->used, most, sizeof *o->used, "a regression", err));
    for (uint32_t state = 0; state < o->r->states; state++) {
        AMS_TRY(fit_state(o, state, err));
    }
out:
    ams_names_fini(&chosen);
    return status;
}

ams_status ams_stream_outputs_fit(ams_regressions **regressions, const ams_stream_data *data,
                                  ams_error *err)
{
    outputs_work work;
    const ams_status status = begin_work(&work, data, err);
    *regressions = status == AMS_OK ? work.r : NULL;
    work.r = status == AMS_OK ? NULL : work.r;
    end_work(&work);
    return status;
}

ams_status ams_stream_outputs_create(ams_stream_outputs **outputs, const ams_stream_data *data,
                                     ams_error *err)
{
    outputs_work work;
    ams_stream_outputs *o = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(begin_work(&work, data, err));
    const uint32_t states = work.r->states;
    AMS_TRY(ams_alloc(&o, 1, sizeof *o, "a predictor", err));
    for (uint32_t part = AMS_VALIDATION; part < PARTS; part++) {
        o->part[part].states = states;
        AMS_TRY(ams_alloc(&o->part[part].score,
                          (size_t)data->work[part].n_items * states * states, sizeof(float),
                          "scores to expect", err));
        for (uint32_t state = 0; state < states; state++) {
            fill_state(&work, &o->part[part], part, state);
        }
    }
out:
    if (status != AMS_OK) {
        ams_stream_outputs_destroy(o);
        o = NULL;
    }
    end_work(&work);
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
