/* New tables from items, models and labels of others: what select and merge have in common. */
#include "data/parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct gather_state {
    ams_table *out;
    const ams_table *const *table;
    size_t n_tables;
    const ams_pick *pick;
    const uint32_t *model;
    uint32_t **rank; /* (n_tables) (L of each) label of the new table */
} gather_state;

static ams_status add(ams_names *names, const char *name, uint32_t *index, ams_error *err)
{
    return ams_names_add(names, name, strlen(name), index, err);
}

static ams_status gather_models(gather_state *g, uint32_t n_models, ams_error *err)
{
    const ams_table *from = g->table[0];
    ams_table *out = g->out;
    ams_status status = AMS_OK;
    out->n_models = n_models;
    AMS_TRY(ams_alloc(&out->model_task, n_models, sizeof *out->model_task, "models", err));
    AMS_TRY(ams_alloc(&out->theta, n_models, sizeof *out->theta, "models", err));
    AMS_TRY(ams_alloc(&out->time_ms, n_models, sizeof *out->time_ms, "models", err));
    AMS_TRY(ams_alloc(&out->mem_mb, n_models, sizeof *out->mem_mb, "models", err));
    AMS_TRY(ams_copy_text(&out->cost_unit, ams_table_cost_unit(from), err));
    if (from->threshold != NULL) {
        AMS_TRY(ams_alloc(&out->threshold, n_models, sizeof *out->threshold, "models", err));
    }
    if (from->kind != NULL) {
        AMS_TRY(ams_alloc(&out->kind, n_models, sizeof *out->kind, "models", err));
    }
    AMS_TRY(ams_exits_copy(&out->exits, &from->exits, g->model, n_models, err));
    for (uint32_t i = 0; i < n_models; i++) {
        uint32_t m = g->model[i];
        uint32_t index = 0;
        AMS_TRY(add(&out->model_name, ams_names_get(&from->model_name, m), &index, err));
        AMS_TRY(add(&out->task_name, ams_names_get(&from->task_name, from->model_task[m]),
                    &out->model_task[i], err));
        out->theta[i] = from->theta[m];
        out->time_ms[i] = from->time_ms[m];
        out->mem_mb[i] = from->mem_mb[m];
        if (out->threshold != NULL && from->threshold != NULL) {
            out->threshold[i] = from->threshold[m];
        }
        if (out->kind != NULL && from->kind != NULL) {
            out->kind[i] = from->kind[m];
        }
    }
out:
    return status;
}

static ams_status gather_items(gather_state *g, uint32_t n_picks, ams_error *err)
{
    ams_table *out = g->out;
    ams_status status = AMS_OK;
    out->n_items = n_picks;
    AMS_TRY(ams_alloc(&out->item_group, n_picks, sizeof *out->item_group, "items", err));
    AMS_TRY(ams_alloc(&out->split, n_picks, sizeof *out->split, "items", err));
    for (uint32_t i = 0; i < n_picks; i++) {
        const ams_table *from = g->table[g->pick[i].table];
        uint32_t item = g->pick[i].item;
        uint32_t index = 0;
        AMS_TRY(add(&out->item_id, ams_names_get(&from->item_id, item), &index, err));
        AMS_TRY(add(&out->group_name, ams_names_get(&from->group_name, from->item_group[item]),
                    &out->item_group[i], err));
        out->split[i] = from->split[item];
    }
out:
    return status;
}

/* Whether the label of a table is of a task that the new one has. */
static bool has_task(const gather_state *g, const ams_table *from, uint32_t label)
{
    const char *name = ams_names_get(&from->label_name, label);
    return ams_names_find(&g->out->task_name, name, strcspn(name, "/")) != AMS_NO_NAME;
}

/* Marks true labels in g->rank. */
static void count_truth(gather_state *g)
{
    for (uint32_t i = 0; i < g->out->n_items; i++) {
        const ams_pick pick = g->pick[i];
        const ams_table *from = g->table[pick.table];
        const uint32_t *label = NULL;
        const uint32_t count = ams_table_truth(from, pick.item, &label);
        for (uint32_t k = 0; k < count; k++) {
            if (has_task(g, from, label[k])) {
                g->rank[pick.table][label[k]] = 1;
            }
        }
    }
}

static ams_status copy_truth(gather_state *g, ams_error *err)
{
    ams_answer *answers = NULL;
    size_t n = 0;
    size_t capacity = 0;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < g->out->n_items; i++) {
        const ams_pick pick = g->pick[i];
        const ams_table *from = g->table[pick.table];
        const uint32_t *label = NULL;
        const uint32_t count = ams_table_truth(from, pick.item, &label);
        AMS_TRY(ams_grow(&answers, &capacity, n + count, sizeof *answers, "truth", err));
        for (uint32_t k = 0; k < count; k++) {
            if (has_task(g, from, label[k])) {
                answers[n++] = (ams_answer){i, g->rank[pick.table][label[k]]};
            }
        }
    }
    status = ams_table_set_truth(g->out, answers, n, err);
out:
    free(answers);
    return status;
}

/* Marks in g->rank the labels that occur, and fills indptr. */
static ams_status count_outputs(gather_state *g, ams_error *err)
{
    ams_table *out = g->out;
    size_t runs = (size_t)out->n_items * out->n_models;
    ams_status status = ams_alloc(&out->indptr, runs + 1, sizeof *out->indptr, "outputs", err);
    for (size_t run = 0; run < runs && status == AMS_OK; run++) {
        ams_pick pick = g->pick[run / out->n_models];
        const ams_table *from = g->table[pick.table];
        size_t row = (size_t)pick.item * from->n_models + g->model[run % out->n_models];
        for (uint64_t k = from->indptr[row]; k < from->indptr[row + 1]; k++) {
            g->rank[pick.table][from->label[k]] = 1;
        }
        out->indptr[run + 1] = out->indptr[run] + from->indptr[row + 1] - from->indptr[row];
    }
    return status;
}

/* Turns the marks into indices of the labels' names in their order. */
static ams_status rank_labels(gather_state *g, ams_error *err)
{
    ams_names all = {0};
    uint32_t *order = NULL;
    ams_status status = AMS_OK;
    for (size_t t = 0; t < g->n_tables; t++) {
        for (uint32_t l = 0; l < g->table[t]->n_labels; l++) {
            if (g->rank[t][l] != 0) {
                uint32_t index = 0;
                AMS_TRY(add(&all, ams_names_get(&g->table[t]->label_name, l), &index, err));
            }
        }
    }
    AMS_TRY(ams_names_sort(&all, &order, err));
    for (uint32_t i = 0; i < all.count; i++) {
        uint32_t index = 0;
        AMS_TRY(add(&g->out->label_name, ams_names_get(&all, order[i]), &index, err));
    }
    g->out->n_labels = all.count;
    for (size_t t = 0; t < g->n_tables; t++) {
        for (uint32_t l = 0; l < g->table[t]->n_labels; l++) {
            const char *name = ams_names_get(&g->table[t]->label_name, l);
            g->rank[t][l] = ams_names_find(&g->out->label_name, name, strlen(name));
        }
    }
out:
    ams_names_fini(&all);
    free(order);
    return status;
}

/* Labels of an execution in the new order, by insertion: they are few, and mostly in order
 * already. */
static void copy_run(gather_state *g, ams_pick pick, size_t row, uint64_t at)
{
    const ams_table *from = g->table[pick.table];
    uint32_t *label = g->out->label + at;
    float *conf = g->out->conf + at;
    uint64_t first = from->indptr[row];
    for (uint64_t k = 0; k < from->indptr[row + 1] - first; k++) {
        uint32_t moved = g->rank[pick.table][from->label[first + k]];
        uint64_t place = k;
        for (; place > 0 && label[place - 1] > moved; place--) {
            label[place] = label[place - 1];
            conf[place] = conf[place - 1];
        }
        label[place] = moved;
        conf[place] = from->conf[first + k];
    }
}

static ams_status copy_outputs(gather_state *g, ams_error *err)
{
    ams_table *out = g->out;
    size_t runs = (size_t)out->n_items * out->n_models;
    bool with_times = false;
    for (size_t t = 0; t < g->n_tables; t++) {
        with_times = with_times || g->table[t]->run_time_ms != NULL;
    }
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&out->label, out->indptr[runs], sizeof *out->label, "outputs", err));
    AMS_TRY(ams_alloc(&out->conf, out->indptr[runs], sizeof *out->conf, "outputs", err));
    if (with_times) {
        AMS_TRY(ams_alloc(&out->run_time_ms, runs, sizeof *out->run_time_ms, "execution times",
                          err));
    }
    for (size_t run = 0; run < runs; run++) {
        ams_pick pick = g->pick[run / out->n_models];
        const ams_table *from = g->table[pick.table];
        uint32_t m = g->model[run % out->n_models];
        size_t row = (size_t)pick.item * from->n_models + m;
        copy_run(g, pick, row, out->indptr[run]);
        if (with_times) {
            out->run_time_ms[run] =
                from->run_time_ms == NULL ? from->time_ms[m] : from->run_time_ms[row];
        }
    }
out:
    return status;
}

static ams_status clear_attributes(ams_table *table, ams_error *err)
{
    char **attribute[] = {&table->name, &table->created, &table->generator, &table->source,
                          &table->license};
    ams_status status = AMS_OK;
    for (size_t i = 0; i < sizeof attribute / sizeof attribute[0] && status == AMS_OK; i++) {
        status = ams_copy_text(attribute[i], "", err);
    }
    return status;
}

ams_status ams_gather(ams_table *gathered, const ams_table *const *tables, size_t n_tables,
                      const ams_pick *pick, uint32_t n_picks, const ams_columns *columns,
                      ams_error *err)
{
    *gathered = (ams_table){0};
    gather_state g = {.out = gathered,
                      .table = tables,
                      .n_tables = n_tables,
                      .pick = pick,
                      .model = columns->model};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&g.rank, n_tables, sizeof *g.rank, "labels", err));
    for (size_t t = 0; t < n_tables; t++) {
        AMS_TRY(ams_alloc(&g.rank[t], tables[t]->n_labels, sizeof *g.rank[t], "labels", err));
        for (uint32_t l = 0; columns->all_labels && l < tables[t]->n_labels; l++) {
            g.rank[t][l] = 1;
        }
    }
    AMS_TRY(clear_attributes(gathered, err));
    AMS_TRY(gather_models(&g, columns->n_models, err));
    AMS_TRY(gather_items(&g, n_picks, err));
    AMS_TRY(count_outputs(&g, err));
    count_truth(&g);
    AMS_TRY(rank_labels(&g, err));
    AMS_TRY(copy_outputs(&g, err));
    status = copy_truth(&g, err);
out:
    for (size_t t = 0; g.rank != NULL && t < n_tables; t++) {
        free(g.rank[t]);
    }
    free(g.rank);
    if (status != AMS_OK) {
        ams_table_fini(gathered);
    }
    return status;
}
