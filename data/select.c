#include "data/parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* kept[i]: name i is among the wanted ones; all are, if none is named. */
static ams_status mark(bool **kept, const ams_names *known, const char *const *wanted, size_t n,
                       const char *what, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(kept, known->count, sizeof **kept, "a selection", err));
    memset(*kept, n == 0, known->count);
    for (size_t i = 0; i < n; i++) {
        uint32_t index = ams_names_find(known, wanted[i], strlen(wanted[i]));
        if (index != AMS_NO_NAME) {
            (*kept)[index] = true;
            continue;
        }
        return ams_fail(err, AMS_USAGE, "expected a known %s, found '%s'%s", what, wanted[i],
                        ams_list_hint_names(wanted[i], known).text);
    }
out:
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
    ams_columns columns = {
        .model = model, .n_models = n_models, .all_labels = selection->all_labels};
    AMS_TRY(ams_gather(selected, &table, 1, pick, n_picks, &columns, err));
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
