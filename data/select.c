#include "data/parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* kept[i]: name i is among the wanted ones; all are, if none is named. */
static ams_status mark(bool **kept, const ams_names *known, const char *const *wanted, size_t n,
                       const char *what, ams_error *err)
{
    const char **candidates = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(kept, known->count, sizeof **kept, "a selection", err));
    memset(*kept, n == 0, known->count);
    for (size_t i = 0; i < n; i++) {
        uint32_t index = ams_names_find(known, wanted[i], strlen(wanted[i]));
        if (index != AMS_NO_NAME) {
            (*kept)[index] = true;
            continue;
        }
        AMS_TRY(ams_alloc(&candidates, known->count, sizeof *candidates, "names", err));
        for (uint32_t k = 0; k < known->count; k++) {
            candidates[k] = ams_names_get(known, k);
        }
        const char *near = ams_nearest(wanted[i], candidates, known->count);
        status = ams_fail(err, AMS_USAGE, "select: expected a known %s, found '%s'%s%s%s", what,
                          wanted[i], near == NULL ? "" : "; did you mean '",
                          near == NULL ? "" : near, near == NULL ? "" : "'?");
        goto out;
    }
out:
    free(candidates);
    return status;
}

static ams_status copy_attributes(ams_table *to, const ams_table *from, ams_error *err)
{
    char **attribute[] = {&to->name, &to->source, &to->license};
    const char *text[] = {from->name, from->source, from->license};
    for (size_t i = 0; i < sizeof attribute / sizeof attribute[0]; i++) {
        free(*attribute[i]);
        ams_status status = ams_copy_text(attribute[i], text[i] == NULL ? "" : text[i], err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return ams_note_step(to, from->generator, "select", err);
}

/* The table's labels, all and in its order, in place of those that kept runs output. */
static ams_status keep_labels(ams_table *selected, const ams_table *table, ams_error *err)
{
    uint32_t *index = NULL; /* (L selected) in the table */
    ams_names all = {0};
    uint32_t added = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&index, selected->n_labels, sizeof *index, "labels", err));
    for (uint32_t l = 0; l < table->n_labels; l++) {
        const char *name = ams_names_get(&table->label_name, l);
        uint32_t old = ams_names_find(&selected->label_name, name, strlen(name));
        AMS_TRY(ams_names_add(&all, name, strlen(name), &added, err));
        if (old != AMS_NO_NAME) {
            index[old] = l;
        }
    }
    size_t runs = (size_t)selected->n_items * selected->n_models;
    for (size_t run = 0; run < runs; run++) {
        for (uint64_t k = selected->indptr[run]; k < selected->indptr[run + 1]; k++) {
            /* A row stays sorted: insertion, since the table's order may be another one. */
            uint32_t label = index[selected->label[k]];
            float conf = selected->conf[k];
            uint64_t at = k;
            for (; at > selected->indptr[run] && selected->label[at - 1] > label; at--) {
                selected->label[at] = selected->label[at - 1];
                selected->conf[at] = selected->conf[at - 1];
            }
            selected->label[at] = label;
            selected->conf[at] = conf;
        }
    }
    ams_names_fini(&selected->label_name);
    selected->label_name = all;
    selected->n_labels = table->n_labels;
    all = (ams_names){0};
out:
    ams_names_fini(&all);
    free(index);
    return status;
}

ams_status ams_data_select(ams_table *selected, const ams_table *table,
                           const ams_selection *selection, ams_error *err)
{
    *selected = (ams_table){0};
    bool *models = NULL;
    bool *groups = NULL;
    bool *items = NULL;
    ams_pick *pick = NULL;
    uint32_t n_picks = 0;
    uint32_t model[AMS_MAX_MODELS];
    uint32_t n_models = 0;
    ams_status status = AMS_OK;
    AMS_TRY(mark(&models, &table->model_name, selection->models, selection->n_models, "model",
                 err));
    AMS_TRY(mark(&groups, &table->group_name, selection->groups, selection->n_groups, "group",
                 err));
    AMS_TRY(mark(&items, &table->item_id, selection->items, selection->n_items, "item", err));
    AMS_TRY(ams_alloc(&pick, table->n_items, sizeof *pick, "items", err));
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (models[m]) {
            model[n_models++] = m;
        }
    }
    for (uint32_t i = 0; i < table->n_items; i++) {
        if (items[i] && groups[table->item_group[i]]) {
            pick[n_picks++] = (ams_pick){.table = 0, .item = i};
        }
    }
    if (n_picks == 0) {
        status = ams_fail(err, AMS_USAGE,
                          "select: expected at least one item, found none that is "
                          "in the groups and in the list of items");
        goto out;
    }
    AMS_TRY(ams_gather(selected, &table, 1, pick, n_picks, model, n_models, err));
    if (selection->keep_labels) {
        AMS_TRY(keep_labels(selected, table, err));
    }
    status = copy_attributes(selected, table, err);
out:
    free(models);
    free(groups);
    free(items);
    free(pick);
    if (status != AMS_OK) {
        ams_table_fini(selected);
    }
    return status;
}
