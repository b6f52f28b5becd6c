/* The items, models and labels of one task, as the budget's files use them. */
#include "lab/budget/parts.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

static ams_status find_task(const ams_table *table, const char *name, uint32_t *task,
                            ams_error *err)
{
    if (name == NULL && table->task_name.count > 1) {
        return ams_fail(err, AMS_USAGE,
                        "the models have %u tasks; --task names the one to be answered",
                        table->task_name.count);
    }
    *task = name == NULL ? 0 : ams_names_find(&table->task_name, name, strlen(name));
    if (*task == AMS_NO_NAME) {
        return ams_fail(err, AMS_USAGE, "expected a task of the data, found '%s'", name);
    }
    return AMS_OK;
}

static ams_status take_models(budget_data *data, const ams_table *table, uint32_t task,
                              ams_error *err)
{
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (table->model_task[m] != task) {
            continue;
        }
        if (data->n_models == AMS_BUDGET_MODELS) {
            return ams_fail(err, AMS_USAGE,
                            "expected at most %d models of the task, found more; `ams data "
                            "select --models` keeps some",
                            AMS_BUDGET_MODELS);
        }
        data->model[data->n_models] = m;
        data->threshold[data->n_models] = ams_table_threshold(table, m);
        data->cost[data->n_models++] = (double)table->time_ms[m];
    }
    return AMS_OK;
}

/* Classes: the task's labels, by their order in the table. class (L) */
static ams_status take_classes(budget_data *data, const ams_table *table, uint32_t task,
                               uint32_t *class, ams_error *err)
{
    const char *name = ams_names_get(&table->task_name, task);
    const size_t length = strlen(name);
    ams_status status = AMS_OK;
    for (uint32_t l = 0; l < table->n_labels; l++) {
        const char *label = ams_names_get(&table->label_name, l);
        class[l] = AMS_BUDGET_NONE;
        if (strncmp(label, name, length) == 0 && label[length] == '/') {
            AMS_TRY(ams_names_add(&data->label_name, label, strlen(label), &class[l], err));
        }
    }
    data->n_labels = data->label_name.count;
    data->relative = data->n_labels > AMS_ANSWERS_ABSOLUTE;
    data->n_classes = ams_answers_classes(data->n_models, data->n_labels, data->relative);
out:
    return status;
}

/* The right labels of an item that are of the task; right NULL: only how many. */
static uint32_t right_labels(const ams_table *table, const uint32_t *class, uint32_t item,
                             uint32_t *right)
{
    const uint32_t *label = NULL;
    const uint32_t n = ams_table_truth(table, item, &label);
    uint32_t found = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (class[label[k]] != AMS_BUDGET_NONE) {
            if (right != NULL) {
                right[found] = class[label[k]];
            }
            found++;
        }
    }
    return found;
}

static ams_status take_item(budget_data *data, const ams_table *table, const uint32_t *class,
                            uint32_t item, size_t *room, ams_error *err)
{
    const uint32_t n = right_labels(table, class, item, NULL);
    const uint64_t at = data->right_at[data->n_items];
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&data->right, room, at + n, sizeof *data->right, "items", err));
    (void)right_labels(table, class, item, data->right + at);
    data->several = data->several || n > 1;
    data->item[data->n_items] = item;
    data->truth[data->n_items++] = data->right[at];
    data->right_at[data->n_items] = at + n;
out:
    return status;
}

static ams_status take_items(budget_data *data, const ams_table *table, const uint32_t *class,
                             ams_split split, ams_budget *counts, ams_error *err)
{
    const ams_split part[2] = {AMS_TRAIN, split};
    size_t room = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&data->item, table->n_items, sizeof *data->item, "items", err));
    AMS_TRY(ams_alloc(&data->truth, table->n_items, sizeof *data->truth, "items", err));
    AMS_TRY(ams_alloc(&data->right_at, (size_t)table->n_items + 1, sizeof *data->right_at,
                      "items", err));
    for (int p = 0; p < 2; p++) {
        for (uint32_t i = 0; i < table->n_items; i++) {
            const uint32_t n =
                table->split[i] == part[p] ? right_labels(table, class, i, NULL) : 0;
            counts->n_without_truth += table->split[i] == part[p] && n == 0;
            counts->n_several += n > 1;
            if (n > 0) {
                AMS_TRY(take_item(data, table, class, i, &room, err));
            }
        }
        data->n_train = p == 0 ? data->n_items : data->n_train;
    }
    if (data->n_train < 2 * AMS_BUDGET_FOLDS || data->n_items == data->n_train) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "expected training and %s items with right labels, found %u and %u "
                          "(%u have none); `ams data import --truth` brings right labels, "
                          "`ams data split` deals items to splits",
                          ams_split_name(split), data->n_train, data->n_items - data->n_train,
                          counts->n_without_truth);
    }
out:
    return status;
}

static ams_status take_outputs(budget_data *data, const ams_table *table, const uint32_t *class,
                               ams_error *err)
{
    const uint32_t m_count = data->n_models;
    const size_t rows = (size_t)data->n_items * m_count;
    uint64_t at = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&data->first, rows + 1, sizeof *data->first, "outputs", err));
    for (int pass = 0; pass < 2; pass++) {
        at = 0;
        for (size_t r = 0; r < rows; r++) {
            const uint64_t row =
                (uint64_t)data->item[r / m_count] * table->n_models + data->model[r % m_count];
            data->first[r] = at;
            for (uint64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++, at++) {
                if (pass == 1) {
                    data->output[at] = (ams_said){class[table->label[k]], table -> conf[k]};
                }
            }
        }
        data->first[rows] = at;
        if (pass == 0) {
            AMS_TRY(ams_alloc(&data->output, at, sizeof *data->output, "outputs", err));
        }
    }
out:
    return status;
}

static ams_status deal_folds(budget_data *data, uint64_t seed, ams_error *err)
{
    uint32_t *order = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&order, data->n_train, sizeof *order, "folds", err));
    AMS_TRY(ams_alloc(&data->fold, data->n_train, sizeof *data->fold, "folds", err));
    for (uint32_t i = 0; i < data->n_train; i++) {
        order[i] = i;
    }
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_FOLDS);
    ams_rng_shuffle(&rng, order, data->n_train);
    for (uint32_t i = 0; i < data->n_train; i++) {
        data->fold[order[i]] = (uint8_t)(i % AMS_BUDGET_FOLDS);
    }
out:
    free(order);
    return status;
}

ams_status ams_budget_data_make(budget_data *data, const ams_table *table,
                                const ams_budget_options *options, ams_budget *counts,
                                ams_error *err)
{
    uint32_t *class = NULL;
    uint32_t task = 0;
    ams_status status = AMS_OK;
    *data = (budget_data){.exact = options->exact};
    if (!ams_table_has_truth(table)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected right labels of the items, found none; `ams data import "
                        "--truth` brings them");
    }
    AMS_TRY(find_task(table, options->task, &task, err));
    AMS_TRY(take_models(data, table, task, err));
    AMS_TRY(ams_alloc(&class, table->n_labels, sizeof *class, "classes", err));
    AMS_TRY(take_classes(data, table, task, class, err));
    AMS_TRY(take_items(data, table, class, options->split, counts, err));
    AMS_TRY(take_outputs(data, table, class, err));
    AMS_TRY(deal_folds(data, options->seed, err));
out:
    free(class);
    if (status != AMS_OK) {
        ams_budget_data_fini(data);
    }
    return status;
}

void ams_budget_data_fini(budget_data *data)
{
    free(data->item);
    free(data->truth);
    free(data->right_at);
    free(data->right);
    free(data->fold);
    free(data->first);
    free(data->output);
    ams_names_fini(&data->label_name);
    *data = (budget_data){0};
}

double ams_budget_set_cost(const budget_data *data, uint32_t set)
{
    double cost = 0;
    for (uint32_t m = 0; m < data->n_models; m++) {
        cost += (set >> m & 1) != 0 ? data->cost[m] : 0;
    }
    return cost;
}
