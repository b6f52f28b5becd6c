/* The answer to every item for every set of called models, by every rule. */
#include "lab/budget/parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *const ams_answer_rules[AMS_BUDGET_RULES + 1] = {"last", "vote", "best-confidence",
                                                            "posterior", NULL};

enum { FULL_ITERATIONS = 150, FOLD_ITERATIONS = 40, LANES = 8 };

ams_status ams_budget_row_init(ams_row *row, const budget_data *data, ams_error *err)
{
    const size_t rows = (size_t)data->n_items * data->n_models;
    uint64_t most = 0;
    ams_status status = AMS_OK;
    for (size_t r = 0; r < rows; r++) {
        const uint64_t n = data->first[r + 1] - data->first[r];
        most = n > most ? n : most;
    }
    *row = (ams_row){0};
    const size_t room = ams_answers_row_room(data->n_models, most);
    AMS_TRY(ams_alloc(&row->index, room, sizeof *row->index, "features", err));
    AMS_TRY(ams_alloc(&row->value, room, sizeof *row->value, "features", err));
out:
    return status;
}

void ams_budget_row_fini(ams_row *row)
{
    free(row->index);
    free(row->value);
    *row = (ams_row){0};
}

static void rows_fini(budget_rows *rows)
{
    free(rows->start);
    free(rows->index);
    free(rows->value);
    *rows = (budget_rows){0};
}

/* Of all items. */
static ams_status rows_make(budget_rows *rows, const budget_data *data, uint32_t set,
                            ams_row *row, ams_error *err)
{
    size_t index_room = 0;
    size_t value_room = 0;
    uint64_t used = 0;
    ams_status status = AMS_OK;
    *rows = (budget_rows){.n = data->n_items};
    AMS_TRY(
        ams_alloc(&rows->start, (size_t)data->n_items + 1, sizeof *rows->start, "rows", err));
    for (uint32_t i = 0; i < data->n_items; i++) {
        const ams_outputs outputs = ams_budget_outputs(data, i);
        ams_answers_row(&outputs, set, row);
        AMS_TRY(ams_grow(&rows->index, &index_room, used + row->n, sizeof *rows->index, "rows",
                         err));
        AMS_TRY(ams_grow(&rows->value, &value_room, used + row->n, sizeof *rows->value, "rows",
                         err));
        memcpy(rows->index + used, row->index, row->n * sizeof *row->index);
        memcpy(rows->value + used, row->value, row->n * sizeof *row->value);
        used += row->n;
        rows->start[i + 1] = used;
    }
out:
    return status;
}

/* ---- the posterior ---- */

/* Scratch of a fit. */
typedef struct answers_work {
    ams_row row;
    budget_rows rows;
    uint32_t *class; /* (N) that is right */
    uint8_t *keep;   /* (n_train) */
    float *full, *p;
} answers_work;

static void work_fini(answers_work *w)
{
    rows_fini(&w->rows);
    free(w->class);
    free(w->keep);
    free(w->full);
    free(w->p);
    w->class = NULL;
    w->keep = NULL;
    w->full = w->p = NULL;
}

static ams_status work_init(answers_work *w, const budget_data *data, uint32_t set,
                            budget_softmax *model, ams_error *err)
{
    ams_status status = AMS_OK;
    *model = (budget_softmax){
        .n_features = ams_answers_features((uint32_t)__builtin_popcount(set), data->n_classes),
        .n_classes = data->n_classes,
        .stride = (data->n_classes + LANES - 1) / LANES * LANES};
    const size_t size = (size_t)model->n_features * model->stride;
    AMS_TRY(rows_make(&w->rows, data, set, &w->row, err));
    AMS_TRY(ams_alloc(&model->weight, size, sizeof *model->weight, "a posterior", err));
    AMS_TRY(ams_alloc(&w->full, size, sizeof *w->full, "a posterior", err));
    AMS_TRY(ams_alloc(&w->p, model->stride, sizeof *w->p, "a posterior", err));
    AMS_TRY(ams_alloc(&w->keep, data->n_train, 1, "folds", err));
    AMS_TRY(ams_alloc(&w->class, data->n_train, sizeof *w->class, "classes", err));
    for (uint32_t i = 0; i < data->n_train; i++) {
        const ams_outputs outputs = ams_budget_outputs(data, i);
        w->class[i] = ams_answers_right_class(&outputs, set, data->truth[i]);
    }
out:
    return status;
}

static void apply_to(const budget_softmax *model, const answers_work *w,
                     const budget_data *data, uint32_t set, uint32_t item, ams_belief *belief)
{
    const uint64_t first = w->rows.start[item];
    const ams_row row = {(uint32_t)(w->rows.start[item + 1] - first), w->rows.index + first,
                         w->rows.value + first};
    const ams_outputs outputs = ams_budget_outputs(data, item);
    memset(w->p, 0, model->stride * sizeof *w->p);
    ams_answers_scores(&row, model->weight, model->stride, w->p);
    belief[item] = ams_answers_believe(&outputs, set, w->p);
}

/* belief (N): of a training item by what was fitted without its fold. */
static ams_status fit_set(const budget_data *data, uint32_t set, double ridge, answers_work *w,
                          budget_softmax *model, ams_belief *belief, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(work_init(w, data, set, model, err));
    const size_t size = (size_t)model->n_features * model->stride * sizeof(float);
    w->rows.n = data->n_train;
    AMS_TRY(
        ams_budget_softmax_fit(model, &w->rows, w->class, NULL, ridge, FULL_ITERATIONS, err));
    for (uint32_t i = data->n_train; i < data->n_items; i++) {
        apply_to(model, w, data, set, i, belief);
    }
    memcpy(w->full, model->weight, size);
    for (int f = 0; f < AMS_BUDGET_FOLDS; f++) {
        for (uint32_t i = 0; i < data->n_train; i++) {
            w->keep[i] = data->fold[i] != f;
        }
        memcpy(model->weight, w->full, size);
        AMS_TRY(ams_budget_softmax_fit(model, &w->rows, w->class, w->keep, ridge,
                                       FOLD_ITERATIONS, err));
        for (uint32_t i = 0; i < data->n_train; i++) {
            if (!w->keep[i]) {
                apply_to(model, w, data, set, i, belief);
            }
        }
    }
    memcpy(model->weight, w->full, size);
out:
    work_fini(w);
    return status;
}

/* ---- how good the answers are ---- */

static void score_all(budget_answers *answers, const budget_data *data)
{
    const uint32_t sets = 1U << data->n_models;
    for (uint32_t i = 0; i < data->n_items; i++) {
        const ams_outputs outputs = ams_budget_outputs(data, i);
        const uint32_t truth = data->truth[i];
        for (uint32_t m = 0; m < data->n_models; m++) {
            float conf = 0;
            answers->last[(size_t)m * data->n_items + i] =
                ams_answers_top(&outputs, m, &conf) == truth;
        }
        for (uint32_t set = 0; set < sets && answers->score != NULL; set++) {
            const size_t at = (size_t)set * data->n_items + i;
            answers->score[at] = ams_answers_by(&outputs, set, (int)answers->rule, 0,
                                                &answers->belief[at]) == truth;
        }
    }
}

ams_status ams_budget_answers_init(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err)
{
    const uint32_t sets = 1U << data->n_models;
    const size_t cells = (size_t)sets * data->n_items;
    ams_status status = AMS_OK;
    *answers = (budget_answers){.n_models = data->n_models, .rule = options->rule};
    AMS_TRY(ams_alloc(&answers->belief, cells, sizeof *answers->belief, "answers", err));
    AMS_TRY(ams_alloc(&answers->last, (size_t)data->n_models * data->n_items,
                      sizeof *answers->last, "answers", err));
    AMS_TRY(ams_alloc(&answers->posterior, sets, sizeof *answers->posterior, "answers", err));
    if (options->rule != AMS_ANSWER_LAST) {
        AMS_TRY(ams_alloc(&answers->score, cells, sizeof *answers->score, "answers", err));
    }
out:
    return status;
}

ams_status ams_budget_answers_make(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err)
{
    const uint32_t sets = 1U << data->n_models;
    answers_work work = {.row = {0}};
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_answers_init(answers, data, options, err));
    AMS_TRY(ams_budget_row_init(&work.row, data, err));
    for (uint32_t set = 0; set < sets; set++) {
        ams_progress_update(options->progress, set, sets, "posterior");
        AMS_TRY(fit_set(data, set, options->ridge, &work, &answers->posterior[set],
                        answers->belief + (size_t)set * data->n_items, err));
    }
    score_all(answers, data);
out:
    ams_budget_row_fini(&work.row);
    if (status != AMS_OK) {
        ams_budget_answers_fini(answers);
    }
    return status;
}

void ams_budget_answers_fini(budget_answers *answers)
{
    for (uint32_t set = 0; answers->posterior != NULL && set < 1U << answers->n_models; set++) {
        free(answers->posterior[set].weight);
    }
    free(answers->posterior);
    free(answers->belief);
    free(answers->score);
    free(answers->last);
    *answers = (budget_answers){0};
}
