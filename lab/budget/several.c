/* Items with several right labels: how probable each label is once some models were called, the
 * labels that are answered, and how good those are.
 *
 * The posterior of a set is one logistic regression over pairs of item and label, with weights
 * that all labels share and, penalised like the others, weights of each label. A label that no
 * called model said has the probability that its own constant gives: all such pairs of one
 * label are one weighted row. */
#include "lab/budget/parts.h"

#include "ams/answer_scores.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITERATIONS = 100, FOLD_ITERATIONS = 30, STRIDE = 8, SHARED = 3 };

/* Scratch; M models, C labels. */
typedef struct several_work {
    float *seen;         /* (M, C) confidence of what was said of the item; -1 */
    uint32_t *candidate; /* (C) labels that some called model said, ascending */
    uint32_t n_candidates;
    ams_row row;
    budget_rows rows;
    uint32_t *label; /* (rows) 1: right */
    uint8_t *fold, *keep;
    size_t room[6]; /* of start, label, fold, weight, index, value */
    float *p;       /* (C) */
    float *rest;    /* (C) where no model said the label */
    uint32_t *answer;
    double *unsaid; /* (folds, C, 2) pairs that no model said: wrong, right */
} several_work;

static uint32_t features_of(const budget_data *data)
{
    const uint32_t m = data->n_models;
    return 1 + SHARED * m + m * (m - 1) / 2 + data->n_labels * (1 + m);
}

static void put(ams_row *row, uint32_t index, float value)
{
    row->index[row->n] = index;
    row->value[row->n++] = value;
}

/* seen: (M, C); NULL: nobody said the label. */
static void put_pair(const budget_data *data, uint32_t set, uint32_t label, const float *seen,
                     ams_row *row)
{
    const uint32_t models = data->n_models;
    const uint32_t pairs = 1 + SHARED * models;
    const uint32_t own = pairs + models * (models - 1) / 2 + label * (1 + models);
    row->n = 0;
    put(row, 0, 1);
    put(row, own, 1);
    for (uint32_t m = 0; m < models && seen != NULL; m++) {
        const float conf = seen[(size_t)m * data->n_labels + label];
        if ((set >> m & 1) == 0 || conf < 0) {
            continue;
        }
        put(row, 1 + SHARED * m, 1);
        put(row, 2 + SHARED * m, conf);
        put(row, 3 + SHARED * m, -logf(1.01F - conf) / 4.6F);
        put(row, own + 1 + m, conf);
        for (uint32_t k = 0; k < m; k++) {
            if ((set >> k & 1) != 0 && seen[(size_t)k * data->n_labels + label] >= 0) {
                put(row, pairs + m * (m - 1) / 2 + k, 1);
            }
        }
    }
}

/* What the called models said of an item; see_off forgets it. */
static void see(several_work *w, const budget_data *data, uint32_t set, uint32_t item)
{
    const ams_outputs o = ams_budget_outputs(data, item);
    for (uint32_t m = 0; m < data->n_models; m++) {
        for (uint32_t k = 0; k < o.n[m] && (set >> m & 1) != 0; k++) {
            w->seen[(size_t)m * data->n_labels + o.said[m][k].label] = o.said[m][k].conf;
        }
    }
    w->n_candidates = 0;
    for (uint32_t c = 0; c < data->n_labels; c++) {
        bool said = false;
        for (uint32_t m = 0; m < data->n_models; m++) {
            said = said || w->seen[(size_t)m * data->n_labels + c] >= 0;
        }
        if (said) {
            w->candidate[w->n_candidates++] = c;
        }
    }
}

static void see_off(several_work *w, const budget_data *data)
{
    for (uint32_t k = 0; k < w->n_candidates; k++) {
        for (uint32_t m = 0; m < data->n_models; m++) {
            w->seen[(size_t)m * data->n_labels + w->candidate[k]] = -1;
        }
    }
}

static bool is_right(const budget_data *data, uint32_t item, uint32_t label)
{
    for (uint64_t k = data->right_at[item]; k < data->right_at[item + 1]; k++) {
        if (data->right[k] == label) {
            return true;
        }
    }
    return false;
}

static ams_status add_row(several_work *w, bool right, uint8_t fold, float weight,
                          ams_error *err)
{
    budget_rows *r = &w->rows;
    const size_t n = (size_t)r->n + 1;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&r->start, &w->room[0], n + 1, sizeof *r->start, "rows", err));
    AMS_TRY(ams_grow(&w->label, &w->room[1], n, sizeof *w->label, "rows", err));
    AMS_TRY(ams_grow(&w->fold, &w->room[2], n, 1, "rows", err));
    AMS_TRY(ams_grow(&r->weight, &w->room[3], n, sizeof *r->weight, "rows", err));
    const uint64_t at = r->n == 0 ? 0 : r->start[r->n];
    AMS_TRY(ams_grow(&r->index, &w->room[4], at + w->row.n, sizeof *r->index, "rows", err));
    AMS_TRY(ams_grow(&r->value, &w->room[5], at + w->row.n, sizeof *r->value, "rows", err));
    memcpy(r->index + at, w->row.index, w->row.n * sizeof *r->index);
    memcpy(r->value + at, w->row.value, w->row.n * sizeof *r->value);
    r->start[r->n] = at;
    r->start[n] = at + w->row.n;
    w->label[r->n] = right;
    w->fold[r->n] = fold;
    r->weight[r->n++] = weight;
out:
    return status;
}

/* Pairs of the training items. */
static ams_status make_rows(several_work *w, const budget_data *data, uint32_t set,
                            ams_error *err)
{
    const uint32_t labels = data->n_labels;
    ams_status status = AMS_OK;
    w->rows.n = 0;
    memset(w->unsaid, 0, (size_t)AMS_BUDGET_FOLDS * labels * 2 * sizeof *w->unsaid);
    for (uint32_t i = 0; i < data->n_train; i++) {
        double *unsaid = w->unsaid + (size_t)data->fold[i] * labels * 2;
        for (uint32_t c = 0; c < labels; c++) {
            unsaid[(size_t)2 * c]++;
        }
        for (uint64_t k = data->right_at[i]; k < data->right_at[i + 1]; k++) {
            unsaid[(size_t)2 * data->right[k]]--;
            unsaid[(size_t)2 * data->right[k] + 1]++;
        }
        see(w, data, set, i);
        for (uint32_t k = 0; k < w->n_candidates && status == AMS_OK; k++) {
            const bool right = is_right(data, i, w->candidate[k]);
            unsaid[(size_t)2 * w->candidate[k] + right]--;
            put_pair(data, set, w->candidate[k], w->seen, &w->row);
            status = add_row(w, right, data->fold[i], 1, err);
        }
        see_off(w, data);
        AMS_TRY(status);
    }
    for (size_t k = 0; k < (size_t)AMS_BUDGET_FOLDS * labels * 2; k++) {
        if (w->unsaid[k] > 0) {
            const uint32_t pair = (uint32_t)(k % (2 * (size_t)labels));
            put_pair(data, set, pair / 2, NULL, &w->row);
            AMS_TRY(add_row(w, pair % 2 == 1, (uint8_t)(k / (2 * (size_t)labels)),
                            (float)w->unsaid[k], err));
        }
    }
out:
    return status;
}

static float probability(const budget_softmax *model, const ams_row *row)
{
    float score[STRIDE] = {0};
    ams_answers_scores(row, model->weight, model->stride, score);
    return 1 / (1 + expf(score[0] - score[1]));
}

static void make_rest(several_work *w, const budget_data *data, uint32_t set,
                      const budget_softmax *model)
{
    for (uint32_t c = 0; c < data->n_labels; c++) {
        put_pair(data, set, c, NULL, &w->row);
        w->rest[c] = probability(model, &w->row);
    }
}

/* w->p of an item, after make_rest. */
static void make_p(several_work *w, const budget_data *data, uint32_t set,
                   const budget_softmax *model, uint32_t item)
{
    memcpy(w->p, w->rest, data->n_labels * sizeof *w->p);
    see(w, data, set, item);
    for (uint32_t k = 0; k < w->n_candidates; k++) {
        put_pair(data, set, w->candidate[k], w->seen, &w->row);
        w->p[w->candidate[k]] = probability(model, &w->row);
    }
    see_off(w, data);
}

/* ---- answers ---- */

static int ascending(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* The labels to answer with given p: for the expected F1, 2 sum of p / (labels + expected
 * labels), the most probable ones as long as that grows; for exact match those above 1/2. At
 * least one. Returns how many; w->answer ascends. */
static uint32_t answer_by_p(several_work *w, const budget_data *data, ams_belief *belief)
{
    double expected = 0;
    double entropy = 0;
    double hits = 0;
    double product = 1;
    uint32_t n = 0;
    *belief = (ams_belief){.answer = AMS_ANSWERS_NONE};
    for (uint32_t c = 0; c < data->n_labels; c++) {
        const double p = (double)w->p[c];
        expected += p;
        entropy -= p > 1e-9 && p < 1 - 1e-9 ? p * log(p) + (1 - p) * log(1 - p) : 0;
        product *= p > 0.5 ? p : 1 - p;
    }
    for (;;) {
        uint32_t best = AMS_ANSWERS_NONE;
        for (uint32_t c = 0; c < data->n_labels; c++) {
            best =
                w->p[c] >= 0 && (best == AMS_ANSWERS_NONE || w->p[c] > w->p[best]) ? c : best;
        }
        const double p = best == AMS_ANSWERS_NONE ? 0 : (double)w->p[best];
        const double least = data->exact ? 0.5 : hits / (n + expected);
        if (best == AMS_ANSWERS_NONE || (n > 0 && p <= least)) {
            belief->second = (float)p;
            break;
        }
        belief->answer = n == 0 ? best : belief->answer;
        hits += p;
        w->answer[n++] = best;
        w->p[best] = -1; /* taken */
    }
    qsort(w->answer, n, sizeof *w->answer, ascending);
    belief->first = (float)(data->exact ? product : 2 * hits / (n + expected));
    belief->first = belief->first > 1 ? 1 : belief->first;
    belief->entropy = (float)(entropy / (0.6931471805599453 * (1 + expected)));
    belief->class = data->relative ? data->n_models : belief->answer;
    return n;
}

/* The labels by the other rules: those that the last model is sure enough of, that more than
 * half of the models that answered are, or that any is. conf (C), may be NULL. */
static uint32_t answer_by_rule(several_work *w, const budget_data *data, ams_answer_rule rule,
                               uint32_t set, uint32_t last, uint32_t item, float *conf)
{
    const uint32_t called = rule == AMS_ANSWER_LAST ? set & 1U << last : set;
    const uint32_t models = (uint32_t)__builtin_popcount(called);
    uint32_t n = 0;
    see(w, data, called, item);
    for (uint32_t k = 0; k < w->n_candidates; k++) {
        const uint32_t c = w->candidate[k];
        uint32_t votes = 0;
        float most = 0;
        float sum = 0;
        for (uint32_t m = 0; m < data->n_models; m++) {
            const float one = w->seen[(size_t)m * data->n_labels + c];
            votes += one > data->threshold[m];
            most = one > most ? one : most;
            sum += one > 0 ? one : 0;
        }
        const bool in = rule == AMS_ANSWER_VOTE ? 2 * votes > models : votes > 0;
        if (in) {
            w->answer[n++] = c;
        }
        if (conf != NULL) {
            conf[c] = rule == AMS_ANSWER_VOTE ? sum / (float)models : most;
        }
    }
    see_off(w, data);
    return n;
}

static float score_of(const several_work *w, const budget_data *data, uint32_t n, uint32_t item,
                      bool exact)
{
    const uint32_t *right = data->right + data->right_at[item];
    const uint32_t m = (uint32_t)(data->right_at[item + 1] - data->right_at[item]);
    return exact ? ams_answer_exact(w->answer, n, right, m)
                 : (float)ams_answer_f1(w->answer, n, right, m);
}

/* ---- the whole ---- */

static ams_status work_init(several_work *w, const budget_data *data, ams_error *err)
{
    const size_t labels = data->n_labels;
    const size_t models = data->n_models;
    ams_status status = AMS_OK;
    *w = (several_work){.n_candidates = 0};
    AMS_TRY(ams_alloc(&w->seen, models * labels, sizeof *w->seen, "answers", err));
    AMS_TRY(ams_alloc(&w->candidate, labels, sizeof *w->candidate, "answers", err));
    AMS_TRY(ams_alloc(&w->answer, labels, sizeof *w->answer, "answers", err));
    AMS_TRY(ams_alloc(&w->p, labels, sizeof *w->p, "answers", err));
    AMS_TRY(ams_alloc(&w->rest, labels, sizeof *w->rest, "answers", err));
    AMS_TRY(ams_alloc(&w->unsaid, AMS_BUDGET_FOLDS * labels * 2, sizeof *w->unsaid, "answers",
                      err));
    AMS_TRY(ams_budget_row_init(&w->row, data, err));
    for (size_t k = 0; k < models * labels; k++) {
        w->seen[k] = -1;
    }
out:
    return status;
}

static void work_fini(several_work *w)
{
    ams_budget_row_fini(&w->row);
    free(w->seen);
    free(w->candidate);
    free(w->answer);
    free(w->p);
    free(w->rest);
    free(w->unsaid);
    free(w->rows.start);
    free(w->rows.index);
    free(w->rows.value);
    free(w->rows.weight);
    free(w->label);
    free(w->fold);
    free(w->keep);
}

static void answer_items(several_work *w, const budget_data *data, uint32_t set,
                         const budget_softmax *model, int fold, budget_answers *answers)
{
    const size_t here = (size_t)set * data->n_items;
    make_rest(w, data, set, model);
    for (uint32_t i = 0; i < data->n_items; i++) {
        if ((i < data->n_train ? data->fold[i] : AMS_BUDGET_FOLDS) != fold) {
            continue;
        }
        make_p(w, data, set, model, i);
        const uint32_t n = answer_by_p(w, data, &answers->belief[here + i]);
        if (answers->rule == AMS_ANSWER_POSTERIOR) {
            answers->score[here + i] = score_of(w, data, n, i, data->exact);
        }
    }
}

static ams_status fit_set(several_work *w, const budget_data *data, uint32_t set, double ridge,
                          budget_answers *answers, ams_error *err)
{
    budget_softmax *model = &answers->posterior[set];
    float *full = NULL;
    ams_status status = AMS_OK;
    *model =
        (budget_softmax){.n_features = features_of(data), .n_classes = 2, .stride = STRIDE};
    const size_t size = (size_t)model->n_features * STRIDE;
    AMS_TRY(ams_alloc(&model->weight, size, sizeof *model->weight, "a posterior", err));
    AMS_TRY(ams_alloc(&full, size, sizeof *full, "a posterior", err));
    AMS_TRY(make_rows(w, data, set, err));
    free(w->keep);
    AMS_TRY(ams_alloc(&w->keep, w->rows.n, 1, "folds", err));
    AMS_TRY(ams_budget_softmax_fit(model, &w->rows, w->label, NULL, ridge, ITERATIONS, err));
    answer_items(w, data, set, model, AMS_BUDGET_FOLDS, answers);
    memcpy(full, model->weight, size * sizeof *full);
    for (int f = 0; f < AMS_BUDGET_FOLDS; f++) {
        for (uint32_t r = 0; r < w->rows.n; r++) {
            w->keep[r] = w->fold[r] != f;
        }
        memcpy(model->weight, full, size * sizeof *full);
        AMS_TRY(ams_budget_softmax_fit(model, &w->rows, w->label, w->keep, ridge,
                                       FOLD_ITERATIONS, err));
        answer_items(w, data, set, model, f, answers);
    }
    memcpy(model->weight, full, size * sizeof *full);
out:
    free(full);
    return status;
}

ams_status ams_budget_several_make(budget_answers *answers, const budget_data *data,
                                   const ams_budget_options *options, ams_error *err)
{
    const uint32_t sets = 1U << data->n_models;
    several_work w;
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_answers_init(answers, data, options, err));
    AMS_TRY(work_init(&w, data, err));
    for (uint32_t set = 0; set < sets && status == AMS_OK; set++) {
        ams_progress_update(options->progress, set, sets, "posterior");
        status = fit_set(&w, data, set, options->ridge, answers, err);
    }
    for (uint32_t i = 0; i < data->n_items; i++) {
        for (uint32_t m = 0; m < data->n_models; m++) {
            const uint32_t n = answer_by_rule(&w, data, AMS_ANSWER_LAST, 1U << m, m, i, NULL);
            answers->last[(size_t)m * data->n_items + i] =
                score_of(&w, data, n, i, data->exact);
        }
        for (uint32_t set = 0;
             set < sets && answers->score != NULL && answers->rule != AMS_ANSWER_POSTERIOR;
             set++) {
            const uint32_t n = answer_by_rule(&w, data, answers->rule, set, 0, i, NULL);
            answers->score[(size_t)set * data->n_items + i] =
                score_of(&w, data, n, i, data->exact);
        }
    }
    work_fini(&w);
out:
    if (status != AMS_OK) {
        ams_budget_answers_fini(answers);
    }
    return status;
}

ams_status ams_budget_several_scores(const budget_answers *answers, const budget_data *data,
                                     const budget_outcome *outcome, float *conf, float *f1,
                                     float *exact, ams_error *err)
{
    const uint32_t scored = data->n_items - data->n_train;
    const uint32_t sets = 1U << data->n_models;
    several_work w;
    ams_belief belief;
    ams_status status = AMS_OK;
    AMS_TRY(work_init(&w, data, err));
    for (uint32_t set = 0; set < sets; set++) {
        make_rest(&w, data, set, &answers->posterior[set]);
        for (uint32_t k = 0; k < scored; k++) {
            const uint32_t i = data->n_train + k;
            float *row = conf + (size_t)k * data->n_labels;
            uint32_t n = 0;
            if (outcome->calls[k] != set) {
                continue;
            }
            if (outcome->rule == AMS_ANSWER_POSTERIOR) {
                make_p(&w, data, set, &answers->posterior[set], i);
                memcpy(row, w.p, data->n_labels * sizeof *row);
                n = answer_by_p(&w, data, &belief);
            } else {
                n = answer_by_rule(&w, data, outcome->rule, set, outcome->last[k], i, row);
            }
            f1[k] = score_of(&w, data, n, i, false);
            exact[k] = score_of(&w, data, n, i, true);
        }
    }
out:
    work_fini(&w);
    return status;
}
