/* The answer to every item for every set of called models, by every rule. */
#include "lab/budget/parts.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ams_answer_rules[AMS_BUDGET_RULES + 1] = {"last", "vote", "best-confidence",
                                                            "posterior", NULL};

enum { FULL_ITERATIONS = 150, FOLD_ITERATIONS = 40, LANES = 8 };

/* ---- features ---- */

uint32_t ams_budget_features(const budget_data *data, uint32_t set)
{
    const uint32_t models = (uint32_t)__builtin_popcount(set);
    return 1 + AMS_BUDGET_TRANSFORMS * data->n_classes * models +
           models * (models - 1) / 2 * data->n_classes;
}

ams_status ams_budget_row_init(budget_row *row, const budget_data *data, ams_error *err)
{
    const size_t rows = (size_t)data->n_items * data->n_models;
    uint64_t most = 0;
    ams_status status = AMS_OK;
    for (size_t r = 0; r < rows; r++) {
        const uint64_t n = data->first[r + 1] - data->first[r];
        most = n > most ? n : most;
    }
    *row = (budget_row){0};
    const size_t room = 32 + (size_t)data->n_models * (size_t)(most + 2 + data->n_models);
    AMS_TRY(ams_alloc(&row->index, room, sizeof *row->index, "features", err));
    AMS_TRY(ams_alloc(&row->value, room, sizeof *row->value, "features", err));
out:
    return status;
}

void ams_budget_row_fini(budget_row *row)
{
    free(row->index);
    free(row->value);
    *row = (budget_row){0};
}

static void put(budget_row *row, uint32_t index, float value)
{
    row->index[row->n] = index;
    row->value[row->n++] = value;
}

/* That two models say the same; without it their agreement would count as two opinions. */
static void put_agreements(const budget_data *data, uint32_t set, uint32_t item, uint32_t base,
                           budget_row *row)
{
    uint32_t top[AMS_BUDGET_MODELS];
    uint32_t n = 0;
    for (uint32_t m = 0; m < data->n_models; m++) {
        float conf = 0;
        if ((set >> m & 1) == 0) {
            continue;
        }
        top[n] = ams_budget_top(data, item, m, &conf);
        for (uint32_t k = 0; k < n; k++, base += data->n_classes) {
            if (top[k] == top[n] && top[n] != AMS_BUDGET_NONE) {
                put(row, base + top[n], 1);
            }
        }
        n++;
    }
}

void ams_budget_row_make(const budget_data *data, uint32_t set, uint32_t item, budget_row *row)
{
    const uint32_t classes = data->n_classes;
    uint32_t base = 1;
    row->n = 0;
    put(row, 0, 1);
    for (uint32_t m = 0; m < data->n_models; m++) {
        if ((set >> m & 1) == 0) {
            continue;
        }
        const size_t r = (size_t)item * data->n_models + m;
        float conf = 0;
        const uint32_t top = ams_budget_top(data, item, m, &conf);
        for (uint64_t k = data->first[r]; k < data->first[r + 1]; k++) {
            put(row, base + data->output[k].label, data->output[k].conf);
        }
        if (top != AMS_BUDGET_NONE) {
            put(row, base + classes + top, 1);
            put(row, base + 2 * classes + top, -logf(1.01F - conf) / 4.6F);
        }
        base += AMS_BUDGET_TRANSFORMS * classes;
    }
    put_agreements(data, set, item, base, row);
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
                            budget_row *row, ams_error *err)
{
    size_t index_room = 0;
    size_t value_room = 0;
    uint64_t used = 0;
    ams_status status = AMS_OK;
    *rows = (budget_rows){.n = data->n_items};
    AMS_TRY(
        ams_alloc(&rows->start, (size_t)data->n_items + 1, sizeof *rows->start, "rows", err));
    for (uint32_t i = 0; i < data->n_items; i++) {
        ams_budget_row_make(data, set, i, row);
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

static budget_belief believe(const float *p, uint32_t n)
{
    budget_belief b = {.first = -1, .second = -1};
    double entropy = 0;
    for (uint32_t c = 0; c < n; c++) {
        if (p[c] > b.first) {
            b.second = b.first;
            b.first = p[c];
            b.answer = c;
        } else if (p[c] > b.second) {
            b.second = p[c];
        }
        entropy -= p[c] > 1e-9F ? (double)p[c] * log((double)p[c]) : 0;
    }
    b.second = b.second < 0 ? 0 : b.second;
    b.entropy = n > 1 ? (float)(entropy / log((double)n)) : 0;
    return b;
}

static void apply_to(const budget_softmax *model, const budget_rows *rows, uint32_t item,
                     float *p, budget_belief *belief)
{
    const uint64_t first = rows->start[item];
    ams_budget_softmax_apply(model, rows->index + first, rows->value + first,
                             rows->start[item + 1] - first, p);
    belief[item] = believe(p, model->n_classes);
}

/* belief (N): of a training item by what was fitted without its fold. */
static ams_status fit_set(const budget_data *data, uint32_t set, double ridge, budget_row *row,
                          budget_belief *belief, ams_error *err)
{
    budget_softmax model = {.n_features = ams_budget_features(data, set),
                            .n_classes = data->n_classes,
                            .stride = (data->n_classes + LANES - 1) / LANES * LANES};
    const size_t size = (size_t)model.n_features * model.stride;
    budget_rows rows = {0};
    float *full = NULL;
    float *p = NULL;
    uint8_t *keep = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(rows_make(&rows, data, set, row, err));
    AMS_TRY(ams_alloc(&model.weight, size, sizeof *model.weight, "a posterior", err));
    AMS_TRY(ams_alloc(&full, size, sizeof *full, "a posterior", err));
    AMS_TRY(ams_alloc(&p, model.stride, sizeof *p, "a posterior", err));
    AMS_TRY(ams_alloc(&keep, data->n_train, 1, "folds", err));
    rows.n = data->n_train;
    AMS_TRY(
        ams_budget_softmax_fit(&model, &rows, data->truth, NULL, ridge, FULL_ITERATIONS, err));
    for (uint32_t i = data->n_train; i < data->n_items; i++) {
        apply_to(&model, &rows, i, p, belief);
    }
    memcpy(full, model.weight, size * sizeof *full);
    for (int f = 0; f < AMS_BUDGET_FOLDS; f++) {
        for (uint32_t i = 0; i < data->n_train; i++) {
            keep[i] = data->fold[i] != f;
        }
        memcpy(model.weight, full, size * sizeof *full);
        AMS_TRY(ams_budget_softmax_fit(&model, &rows, data->truth, keep, ridge, FOLD_ITERATIONS,
                                       err));
        for (uint32_t i = 0; i < data->n_train; i++) {
            if (!keep[i]) {
                apply_to(&model, &rows, i, p, belief);
            }
        }
    }
out:
    rows_fini(&rows);
    free(model.weight);
    free(full);
    free(p);
    free(keep);
    return status;
}

/* ---- the other rules ---- */

/* sum (C) of confidences of the labels that are some called model's greatest, votes (C) how
 * often each is. */
static uint32_t vote(const budget_data *data, uint32_t set, uint32_t item, uint32_t *votes,
                     double *sum)
{
    uint32_t best = AMS_BUDGET_NONE;
    memset(votes, 0, data->n_classes * sizeof *votes);
    memset(sum, 0, data->n_classes * sizeof *sum);
    for (uint32_t m = 0; m < data->n_models; m++) {
        float conf = 0;
        const uint32_t top =
            (set >> m & 1) != 0 ? ams_budget_top(data, item, m, &conf) : AMS_BUDGET_NONE;
        if (top != AMS_BUDGET_NONE) {
            votes[top]++;
            sum[top] += (double)conf;
        }
    }
    for (uint32_t c = 0; c < data->n_classes; c++) {
        if (votes[c] > 0 && (best == AMS_BUDGET_NONE || votes[c] > votes[best] ||
                             (votes[c] == votes[best] && sum[c] > sum[best]))) {
            best = c;
        }
    }
    return best;
}

static uint32_t most_confident(const budget_data *data, uint32_t set, uint32_t item)
{
    uint32_t best = AMS_BUDGET_NONE;
    float most = -1;
    for (uint32_t m = 0; m < data->n_models; m++) {
        float conf = 0;
        const uint32_t top = ams_budget_top(data, item, m, &conf);
        if ((set >> m & 1) != 0 && conf > most) {
            most = conf;
            best = top;
        }
    }
    return best;
}

static ams_status mark_right(budget_answers *answers, const budget_data *data, ams_error *err)
{
    const uint32_t sets = 1U << data->n_models;
    uint32_t *votes = NULL;
    double *sum = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&votes, data->n_classes, sizeof *votes, "votes", err));
    AMS_TRY(ams_alloc(&sum, data->n_classes, sizeof *sum, "votes", err));
    for (uint32_t set = 0; set < sets; set++) {
        for (uint32_t i = 0; i < data->n_items; i++) {
            const size_t at = (size_t)set * data->n_items + i;
            const uint32_t truth = data->truth[i];
            answers->right[AMS_ANSWER_POSTERIOR][at] = answers->belief[at].answer == truth;
            answers->right[AMS_ANSWER_VOTE][at] = vote(data, set, i, votes, sum) == truth;
            answers->right[AMS_ANSWER_CONFIDENT][at] = most_confident(data, set, i) == truth;
            for (uint32_t m = 0; m < data->n_models; m++) {
                float conf = 0;
                answers->right[AMS_ANSWER_LAST]
                              [((size_t)set * data->n_models + m) * data->n_items + i] =
                    (set >> m & 1) != 0 && ams_budget_top(data, i, m, &conf) == truth;
            }
        }
    }
out:
    free(votes);
    free(sum);
    return status;
}

ams_status ams_budget_answers_make(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err)
{
    const uint32_t sets = 1U << data->n_models;
    const size_t cells = (size_t)sets * data->n_items;
    budget_row row = {0};
    ams_status status = AMS_OK;
    *answers = (budget_answers){0};
    AMS_TRY(ams_alloc(&answers->belief, cells, sizeof *answers->belief, "answers", err));
    for (int rule = 0; rule < AMS_BUDGET_RULES; rule++) {
        AMS_TRY(ams_alloc(&answers->right[rule],
                          cells * (rule == AMS_ANSWER_LAST ? data->n_models : 1), 1, "answers",
                          err));
    }
    AMS_TRY(ams_budget_row_init(&row, data, err));
    for (uint32_t set = 0; set < sets; set++) {
        ams_progress_update(options->progress, set, sets, "posterior");
        AMS_TRY(fit_set(data, set, options->ridge, &row,
                        answers->belief + (size_t)set * data->n_items, err));
    }
    AMS_TRY(mark_right(answers, data, err));
out:
    ams_budget_row_fini(&row);
    if (status != AMS_OK) {
        ams_budget_answers_fini(answers);
    }
    return status;
}

void ams_budget_answers_fini(budget_answers *answers)
{
    free(answers->belief);
    for (int rule = 0; rule < AMS_BUDGET_RULES; rule++) {
        free(answers->right[rule]);
    }
    *answers = (budget_answers){0};
}
