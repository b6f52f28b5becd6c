/* Workloads of streams from a table of recorded outputs. */
#include "ams/data.h"
#include "ams/stream_study.h"
#include "base/memory.h"
#include "lab/stream/agent.h"
#include "lab/stream/stages.h"

#include <stdlib.h>
#include <string.h>

/* The model's label of most confidence; AMS_NO_NAME where it output none. */
static uint32_t top_label(const ams_table *table, uint32_t item, uint32_t model, float *conf)
{
    const uint64_t row = (uint64_t)item * table->n_models + model;
    uint32_t label = AMS_NO_NAME;
    *conf = 0;
    for (uint64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++) {
        if (table->conf[k] > *conf) {
            *conf = table->conf[k];
            label = table->label[k];
        }
    }
    return label;
}

/* Whether the label is one of the item's right ones. */
static bool is_right(const ams_table *table, uint32_t item, uint32_t label)
{
    const uint32_t *right = NULL;
    const uint32_t n = ams_table_truth(table, item, &right);
    for (uint32_t k = 0; k < n; k++) {
        if (right[k] == label) {
            return true;
        }
    }
    return false;
}

static ams_status check_truth(const ams_table *table, const char *path, ams_error *err)
{
    const uint32_t *right = NULL;
    for (uint32_t i = 0; i < table->n_items; i++) {
        if (ams_table_truth(table, i, &right) == 0) {
            return ams_fail(
                err, AMS_BAD_DATA,
                "%s: expected a right answer of every item, found none of '%s'; "
                "`ams data import --truth` adds them, and without them the score is "
                "the value",
                path, ams_names_get(&table->item_id, i));
        }
    }
    return AMS_OK;
}

/* An item of a workload, and where its numbers go, each (S). */
typedef struct data_row {
    uint32_t part, row, item; /* item: its place in the table */
    float *observed, *utility, *score;
} data_row;

/* By the confidence of the stage that ended last. */
static void fill_truth(const ams_stream_data *d, const ams_workload *w, const data_row *row)
{
    for (uint32_t l = 1; l <= w->n_models; l++) {
        const uint32_t model = ams_stream_data_model(d, row->part, row->row, l - 1);
        const uint32_t label = top_label(&d->table, row->item, model, &row->observed[l]);
        row->utility[l] = row->observed[l];
        row->score[l] = is_right(&d->table, row->item, label) ? 1 : 0;
    }
}

/* By the share of the value of the chosen models; an item without value is whole at once. */
static void fill_value(const ams_stream_data *d, const ams_workload *w, const data_row *row)
{
    const uint32_t states = ams_stream_states(w->sets, w->n_models);
    const float *observed = row->observed;
    for (uint32_t s = states; s-- > 0;) {
        uint64_t mask = 0;
        const uint64_t in_state = ams_stream_mask(w->sets, s);
        for (uint32_t k = 0; k < w->n_models; k++) {
            mask |= (in_state >> k & 1) << ams_stream_data_model(d, row->part, row->row, k);
        }
        const double value = ams_env_value(d->env, row->item, mask);
        row->observed[s] = (float)value;
        row->utility[s] = s == 0                     ? 0
                          : observed[states - 1] > 0 ? observed[s] / observed[states - 1]
                                                     : 1;
        row->score[s] = row->utility[s];
    }
}

static ams_status list_items(ams_stream_data *d, uint32_t part, uint8_t split,
                             const ams_workload *shape, ams_error *err)
{
    const ams_table *t = &d->table;
    ams_workload *w = &d->work[part];
    ams_status status = AMS_OK;
    *w = *shape;
    AMS_TRY(ams_alloc(&d->item[part], t->n_items, sizeof(uint32_t), "items", err));
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->split[i] == split) {
            d->item[part][w->n_items++] = i;
        }
    }
out:
    return status;
}

static ams_status fill_part(ams_stream_data *d, uint32_t part, ams_error *err)
{
    const ams_table *t = &d->table;
    ams_workload *w = &d->work[part];
    const size_t states = ams_stream_states(w->sets, w->n_models);
    const size_t n = w->n_items;
    float *block = NULL;
    float *times = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&d->block[part], 3 * states * n, sizeof *block, "a workload", err));
    block = d->block[part];
    w->observed = block;
    w->utility = block + states * n;
    w->score = block + 2 * states * n;
    w->item_time_ms = d->expected[part];
    if (t->run_time_ms != NULL) {
        AMS_TRY(ams_alloc(&d->times[part], n * w->n_models, sizeof *times, "times", err));
        times = d->times[part];
        w->run_time_ms = times;
    }
    for (uint32_t row = 0; row < n; row++) {
        const data_row to = {.part = part,
                             .row = row,
                             .item = d->item[part][row],
                             .observed = block + states * row,
                             .utility = block + states * (n + row),
                             .score = block + states * (2 * n + row)};
        for (uint32_t k = 0; times != NULL && k < w->n_models; k++) {
            times[(size_t)row * w->n_models + k] =
                t->run_time_ms[(size_t)to.item * t->n_models +
                               ams_stream_data_model(d, part, row, k)];
        }
        if (d->truth) {
            fill_truth(d, w, &to);
        } else {
            fill_value(d, w, &to);
        }
    }
out:
    return status;
}

static void count_classes(ams_stream_data *d)
{
    const char *task = ams_names_get(&d->table.task_name, d->table.model_task[d->model[0]]);
    const size_t length = strlen(task);
    for (uint32_t l = 0; l < d->table.n_labels; l++) {
        const char *label = ams_names_get(&d->table.label_name, l);
        d->n_classes += strncmp(label, task, length) == 0 && label[length] == '/';
    }
}

static ams_status open_data(ams_stream_data *d, const ams_stream_data_options *o,
                            ams_error *err)
{
    const ams_env_options env = ams_env_defaults();
    const uint8_t split[] = {AMS_TRAIN, AMS_VALIDATION, (uint8_t)o->split};
    ams_workload shape = {.sets = o->sets};
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&d->table, o->path, err));
    AMS_TRY(ams_table_hash(&d->table, d->hash, err));
    AMS_TRY(ams_data_join_learned(&d->table, o->split, AMS_FIT_AND_TUNE, o->fit_path, err));
    AMS_TRY(ams_stream_choose_models(d, o, &shape.n_models, err));
    shape.time_ms = d->time_ms;
    shape.mem_mb = d->mem_mb;
    shape.unit = ams_table_cost_unit(&d->table);
    AMS_TRY(ams_env_create(&d->env, &d->table, &env, err));
    d->truth = o->score == AMS_STREAM_TRUTH ||
               (o->score == AMS_STREAM_AUTO && !o->sets && ams_table_has_truth(&d->table));
    if (d->truth && o->sets) {
        status =
            ams_fail(err, AMS_USAGE,
                     "right answers score stages, whose labels replace each other; sets are "
                     "scored by their value");
        goto out;
    }
    if (d->truth) {
        AMS_TRY(check_truth(&d->table, o->path, err));
        count_classes(d);
    }
    for (uint32_t part = 0; part < 3; part++) {
        AMS_TRY(list_items(d, part, split[part], &shape, err));
    }
    if (d->policy != NULL) {
        AMS_TRY(ams_stream_order_items(d, err));
    }
    for (uint32_t part = 0; part < 3; part++) {
        AMS_TRY(fill_part(d, part, err));
    }
    if (d->work[2].n_items == 0) {
        status = ams_fail(err, AMS_BAD_DATA, "%s has no item of the split %s", o->path,
                          ams_split_name(o->split));
        goto out;
    }
    if (o->policy != NULL) {
        AMS_TRY(ams_stream_agent_create(&d->agent, d, o->policy, err));
    }
out:
    return status;
}

ams_status ams_stream_data_open(ams_stream_data *data, const ams_stream_data_options *options,
                                ams_error *err)
{
    *data = (ams_stream_data){.env = NULL};
    const ams_status status = open_data(data, options, err);
    if (status != AMS_OK) {
        ams_stream_data_fini(data);
    }
    return status;
}

void ams_stream_data_fini(ams_stream_data *data)
{
    ams_stream_agent_destroy(data->agent);
    for (uint32_t part = 0; part < 3; part++) {
        free(data->block[part]);
        free(data->times[part]);
        free(data->expected[part]);
        free(data->order[part]);
        free(data->item[part]);
    }
    free(data->policy);
    free(data->time_ms);
    free(data->mem_mb);
    ams_env_destroy(data->env);
    ams_table_fini(&data->table);
    *data = (ams_stream_data){.env = NULL};
}
