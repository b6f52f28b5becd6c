#include "env/table_check.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool positive(float value)
{
    return isfinite(value) && value > 0;
}

static ams_status check_counts(const ams_table *t, ams_error *err)
{
    if (t->n_models == 0 || t->n_models > AMS_MAX_MODELS) {
        return ams_fail(err, AMS_BAD_DATA, "1 to %d models expected, %u found", AMS_MAX_MODELS,
                        t->n_models);
    }
    if (t->n_items == 0) {
        return ams_fail(err, AMS_BAD_DATA, "at least one item expected, none found");
    }
    return AMS_OK;
}

static ams_status check_distinct(const char *what, uint32_t expected, const ams_names *names,
                                 ams_error *err)
{
    if (names->count != expected) {
        return ams_fail(err, AMS_BAD_DATA, "%s: %u distinct names expected, %u found", what,
                        expected, names->count);
    }
    return AMS_OK;
}

static ams_status check_model(const ams_table *t, uint32_t m, ams_error *err)
{
    const char *name = ams_names_get(&t->model_name, m);
    if (t->model_task[m] >= t->task_name.count) {
        return ams_fail(err, AMS_BAD_DATA, "model %u (%s): task below %u expected, %u found", m,
                        name, t->task_name.count, t->model_task[m]);
    }
    if (!positive(t->theta[m])) {
        return ams_fail(err, AMS_BAD_DATA, "model %u (%s): theta above 0 expected, %g found", m,
                        name, (double)t->theta[m]);
    }
    if (!positive(t->time_ms[m])) {
        return ams_fail(err, AMS_BAD_DATA, "model %u (%s): time_ms above 0 expected, %g found",
                        m, name, (double)t->time_ms[m]);
    }
    const float threshold = ams_table_threshold(t, m);
    if (!(threshold >= 0 && threshold < 1)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "model %u (%s): threshold from 0 to below 1 expected, %g found", m,
                        name, (double)threshold);
    }
    if (t->kind != NULL && t->kind[m] > AMS_OUTPUT_REAL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "model %u (%s): kind of at most %d expected, %u found", m, name,
                        AMS_OUTPUT_REAL, t->kind[m]);
    }
    if (!isfinite(t->mem_mb[m]) || t->mem_mb[m] < 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "model %u (%s): mem_mb of at least 0 expected, %g found", m, name,
                        (double)t->mem_mb[m]);
    }
    return AMS_OK;
}

static ams_status check_tasks(const ams_table *t, ams_error *err)
{
    for (uint32_t k = 0; k < t->task_name.count; k++) {
        const char *name = ams_names_get(&t->task_name, k);
        if (name[0] == '\0' || strchr(name, '/') != NULL) {
            return ams_fail(err, AMS_BAD_DATA,
                            "task '%s': a name without '/' expected, since labels are named "
                            "\"task/label\"",
                            name);
        }
    }
    return AMS_OK;
}

static ams_status check_label(const ams_table *t, uint32_t l, ams_error *err)
{
    const char *name = ams_names_get(&t->label_name, l);
    const char *slash = strchr(name, '/');
    if (slash == NULL || slash == name || slash[1] == '\0') {
        return ams_fail(err, AMS_BAD_DATA, "label %u: \"task/label\" expected, '%s' found", l,
                        name);
    }
    return AMS_OK;
}

static ams_status check_item(const ams_table *t, uint32_t i, ams_error *err)
{
    const char *id = ams_names_get(&t->item_id, i);
    if (t->split[i] > AMS_TEST) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "item %u (%s): split 0 (train), 1 (validation) or 2 (test) expected, %u "
            "found",
            i, id, t->split[i]);
    }
    if (t->item_group[i] >= t->group_name.count) {
        return ams_fail(err, AMS_BAD_DATA, "item %u (%s): group below %u expected, %u found", i,
                        id, t->group_name.count, t->item_group[i]);
    }
    return AMS_OK;
}

ams_status ams_check_models(const ams_table *head, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(check_counts(head, err));
    AMS_TRY(check_distinct("models", head->n_models, &head->model_name, err));
    AMS_TRY(check_distinct("labels", head->n_labels, &head->label_name, err));
    AMS_TRY(check_tasks(head, err));
    if (ams_check_cost_unit(ams_table_cost_unit(head), err) != AMS_OK) {
        status = AMS_BAD_DATA;
        goto out;
    }
    for (uint32_t m = 0; m < head->n_models; m++) {
        AMS_TRY(check_model(head, m, err));
    }
    AMS_TRY(ams_check_exits(head, err));
    for (uint32_t l = 0; l < head->n_labels; l++) {
        AMS_TRY(check_label(head, l, err));
    }
out:
    return status;
}

static ams_status check_answers(const ams_table *t, const uint32_t *label_task, uint32_t item,
                                ams_error *err)
{
    for (uint64_t k = t->truth_indptr[item]; k < t->truth_indptr[item + 1]; k++) {
        const uint32_t label = t->truth[k];
        if (label >= t->n_labels) {
            return ams_fail(err, AMS_BAD_DATA,
                            "truth of item %u: label below %u expected, %u found", item,
                            t->n_labels, label);
        }
        if (k > t->truth_indptr[item] && label <= t->truth[k - 1]) {
            return ams_fail(err, AMS_BAD_DATA,
                            "truth of item %u: labels in ascending order expected, %u found "
                            "after %u",
                            item, label, t->truth[k - 1]);
        }
        if (label_task[label] == AMS_NO_NAME) {
            return ams_fail(err, AMS_BAD_DATA,
                            "truth of item %u: a label of a task of the models expected, '%s' "
                            "found",
                            item, ams_names_get(&t->label_name, label));
        }
    }
    return AMS_OK;
}

ams_status ams_check_truth(const ams_table *t, ams_error *err)
{
    uint32_t *label_task = NULL;
    ams_status status = AMS_OK;
    if (t->truth_indptr == NULL) {
        return AMS_OK;
    }
    if (t->truth_indptr[0] != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "/items/truth_indptr: 0 expected at its start, %llu found",
                        (unsigned long long)t->truth_indptr[0]);
    }
    /* All bounds first: nothing past the last one is there. */
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->truth_indptr[i + 1] < t->truth_indptr[i]) {
            return ams_fail(err, AMS_BAD_DATA,
                            "/items/truth_indptr falls from %llu to %llu after item %u",
                            (unsigned long long)t->truth_indptr[i],
                            (unsigned long long)t->truth_indptr[i + 1], i);
        }
    }
    AMS_TRY(ams_label_tasks(t, &label_task, err));
    for (uint32_t i = 0; i < t->n_items; i++) {
        AMS_TRY(check_answers(t, label_task, i, err));
    }
out:
    free(label_task);
    return status;
}

ams_status ams_check_head(const ams_table *head, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_check_models(head, err));
    AMS_TRY(check_distinct("items", head->n_items, &head->item_id, err));
    for (uint32_t i = 0; i < head->n_items; i++) {
        AMS_TRY(check_item(head, i, err));
    }
    status = ams_check_truth(head, err);
out:
    return status;
}

ams_status ams_label_tasks(const ams_table *head, uint32_t **label_task, ams_error *err)
{
    ams_status status =
        ams_alloc(label_task, head->n_labels, sizeof **label_task, "the labels' tasks", err);
    for (uint32_t l = 0; l < head->n_labels && status == AMS_OK; l++) {
        const char *name = ams_names_get(&head->label_name, l);
        (*label_task)[l] = ams_names_find(&head->task_name, name, strcspn(name, "/"));
    }
    return status;
}

static ams_status row_fail(const ams_table *t, uint64_t row, ams_error *err)
{
    ams_error_prefix(err, "item %s, model %s",
                     ams_names_get(&t->item_id, (uint32_t)(row / t->n_models)),
                     ams_names_get(&t->model_name, (uint32_t)(row % t->n_models)));
    return AMS_BAD_DATA;
}

ams_status ams_check_row(const ams_table *head, const uint32_t *label_task, uint64_t row,
                         const uint32_t *label, const float *conf, uint64_t count,
                         const float *time_ms, ams_error *err)
{
    uint32_t task = head->model_task[row % head->n_models];
    for (uint64_t k = 0; k < count; k++) {
        if (label[k] >= head->n_labels) {
            ams_fail(err, AMS_BAD_DATA, "label below %u expected, %u found", head->n_labels,
                     label[k]);
            return row_fail(head, row, err);
        }
        if (k > 0 && label[k] <= label[k - 1]) {
            ams_fail(err, AMS_BAD_DATA, "labels in ascending order expected, %u found after %u",
                     label[k], label[k - 1]);
            return row_fail(head, row, err);
        }
        if (label_task[label[k]] != task) {
            ams_fail(err, AMS_BAD_DATA, "labels of its task '%s' expected, '%s' found",
                     ams_names_get(&head->task_name, task),
                     ams_names_get(&head->label_name, label[k]));
            return row_fail(head, row, err);
        }
        if (!(conf[k] >= 0 && conf[k] <= 1)) {
            ams_fail(err, AMS_BAD_DATA, "confidence in [0, 1] expected, %g found",
                     (double)conf[k]);
            return row_fail(head, row, err);
        }
    }
    if (time_ms != NULL && !positive(*time_ms)) {
        ams_fail(err, AMS_BAD_DATA, "the execution's time_ms above 0 expected, %g found",
                 (double)*time_ms);
        return row_fail(head, row, err);
    }
    return AMS_OK;
}

static ams_status check_indptr(const ams_table *t, uint64_t nnz, ams_error *err)
{
    uint64_t rows = (uint64_t)t->n_items * t->n_models;
    if (t->indptr[0] != 0) {
        return ams_fail(err, AMS_BAD_DATA, "indptr: 0 expected at its start, %llu found",
                        (unsigned long long)t->indptr[0]);
    }
    for (uint64_t r = 0; r < rows; r++) {
        if (t->indptr[r + 1] < t->indptr[r]) {
            return ams_fail(err, AMS_BAD_DATA, "indptr falls from %llu to %llu after row %llu",
                            (unsigned long long)t->indptr[r],
                            (unsigned long long)t->indptr[r + 1], (unsigned long long)r);
        }
    }
    if (t->indptr[rows] != nnz) {
        return ams_fail(err, AMS_BAD_DATA,
                        "indptr: %llu (the outputs) expected at its end, %llu "
                        "found",
                        (unsigned long long)nnz, (unsigned long long)t->indptr[rows]);
    }
    return AMS_OK;
}

ams_status ams_table_check(const ams_table *table, uint64_t nnz, ams_error *err)
{
    uint32_t *label_task = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_check_head(table, err));
    AMS_TRY(check_indptr(table, nnz, err));
    AMS_TRY(ams_label_tasks(table, &label_task, err));
    uint64_t rows = (uint64_t)table->n_items * table->n_models;
    for (uint64_t r = 0; r < rows; r++) {
        uint64_t first = table->indptr[r];
        AMS_TRY(ams_check_row(table, label_task, r, table->label + first, table->conf + first,
                              table->indptr[r + 1] - first,
                              table->run_time_ms == NULL ? NULL : table->run_time_ms + r, err));
    }
out:
    free(label_task);
    return status;
}
