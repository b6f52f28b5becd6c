/* Items to be scored beside training items of another file. */
#include "data/parts.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct fit_join {
    const ams_table *table, *fit;
    ams_split split;
    ams_fit_parts parts; /* that come of fit */
    const char *path;    /* of fit, for messages */
} fit_join;

static bool comes_of_fit(const fit_join *j, uint8_t split)
{
    return split == AMS_TRAIN || (split == AMS_VALIDATION && j->parts == AMS_FIT_AND_TUNE);
}

/* model (M): fit's model for each of the table's. */
static ams_status map_models(const fit_join *j, uint32_t *model, ams_error *err)
{
    const ams_table *t = j->table;
    for (uint32_t m = 0; m < t->n_models; m++) {
        const char *name = ams_names_get(&t->model_name, m);
        const char *task = ams_names_get(&t->task_name, t->model_task[m]);
        model[m] = ams_names_find(&j->fit->model_name, name, strlen(name));
        if (model[m] == AMS_NO_NAME) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: expected all models of the data that is scored, found none "
                            "named '%s'",
                            j->path, name);
        }
        const char *other = ams_names_get(&j->fit->task_name, j->fit->model_task[model[m]]);
        if (strcmp(task, other) != 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: model '%s': task '%s' expected as in the data that is scored, "
                            "found '%s'",
                            j->path, name, task, other);
        }
    }
    return AMS_OK;
}

static ams_status check(const fit_join *j, ams_error *err)
{
    const char *unit = ams_table_cost_unit(j->table);
    const char *other = ams_table_cost_unit(j->fit);
    if (comes_of_fit(j, (uint8_t)j->split)) {
        return ams_fail(err, AMS_USAGE,
                        "the %s items are those of %s; expected the %stest split to be scored",
                        j->split == AMS_TRAIN ? "training" : "validation", j->path,
                        j->parts == AMS_FIT_AND_TUNE ? "" : "validation or ");
    }
    if (strcmp(unit, other) != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: costs in %s expected as in the data that is scored, found %s",
                        j->path, unit, other);
    }
    if (memchr(j->fit->split, AMS_TRAIN, j->fit->n_items) == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected training items, found none; `ams data split` deals items "
                        "to splits",
                        j->path);
    }
    return AMS_OK;
}

/* What is scored must not be what was learned from. */
static ams_status check_leak(const fit_join *j, const ams_pick *pick, uint32_t n,
                             ams_error *err)
{
    for (uint32_t k = 0; k < n; k++) {
        const char *id = ams_names_get(&j->table->item_id, pick[k].item);
        const uint32_t other = ams_names_find(&j->fit->item_id, id, strlen(id));
        if (other != AMS_NO_NAME && comes_of_fit(j, j->fit->split[other])) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: item '%s' is a %s item there and a %s item of the data that "
                            "is scored; expected other items",
                            j->path, id,
                            j->fit->split[other] == AMS_TRAIN ? "training" : "validation",
                            ams_split_name(j->split));
        }
    }
    return AMS_OK;
}

/* The items to be scored. */
static uint32_t list_scored(const fit_join *j, ams_pick *pick)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < j->table->n_items; i++) {
        if (j->table->split[i] == j->split) {
            pick[n++] = (ams_pick){.table = 0, .item = i};
        }
    }
    return n;
}

/* Of fit, or of what is left of it, what comes of it: table `which` of those that are gathered.
 */
static uint32_t list_fit(const fit_join *j, const ams_table *fit, uint32_t which,
                         ams_pick *pick)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < fit->n_items; i++) {
        if (comes_of_fit(j, fit->split[i])) {
            pick[n++] = (ams_pick){.table = which, .item = i};
        }
    }
    return n;
}

/* Those items alone, with the models in the table's order, and what counts and costs there. */
static ams_status training_part(const fit_join *j, ams_table *part, ams_error *err)
{
    uint32_t model[AMS_MAX_MODELS];
    const ams_columns columns = {.model = model, .n_models = j->table->n_models};
    ams_pick *pick = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(map_models(j, model, err));
    AMS_TRY(ams_alloc(&pick, j->fit->n_items, sizeof *pick, "items", err));
    const uint32_t n = list_fit(j, j->fit, 0, pick);
    AMS_TRY(ams_gather(part, &j->fit, 1, pick, n, &columns, err));
out:
    free(pick);
    return status;
}

ams_status ams_data_join_training(ams_table *joined, uint32_t **place, const ams_table *table,
                                  ams_split split, const ams_table *fit, ams_fit_parts parts,
                                  const char *path, ams_error *err)
{
    const fit_join j = {
        .table = table, .fit = fit, .split = split, .parts = parts, .path = path};
    ams_table part = {0};
    ams_pick *pick = NULL;
    uint32_t *found = NULL;
    uint32_t model[AMS_MAX_MODELS];
    const ams_table *const tables[] = {table, &part};
    ams_status status = AMS_OK;
    *joined = (ams_table){0};
    *place = NULL;
    AMS_TRY(check(&j, err));
    AMS_TRY(training_part(&j, &part, err));
    AMS_TRY(
        ams_alloc(&pick, (size_t)table->n_items + part.n_items, sizeof *pick, "items", err));
    const uint32_t scored = list_scored(&j, pick);
    AMS_TRY(check_leak(&j, pick, scored, err));
    const uint32_t n = scored + list_fit(&j, &part, 1, pick + scored);
    AMS_TRY(ams_alloc(&found, n, sizeof *found, "items", err));
    for (uint32_t k = 0; k < n; k++) {
        found[k] = k < scored ? pick[k].item : table->n_items + pick[k].item;
    }
    for (uint32_t m = 0; m < table->n_models; m++) {
        model[m] = m;
    }
    const ams_columns columns = {
        .model = model, .n_models = table->n_models, .all_labels = true};
    AMS_TRY(ams_gather(joined, tables, 2, pick, n, &columns, err));
    *place = found;
    found = NULL;
out:
    free(found);
    free(pick);
    ams_table_fini(&part);
    return status;
}

static ams_status read_fit(ams_table *fit, const char *path, uint64_t memory_mb, ams_error *err)
{
    ams_table_file *file = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_open(&file, path, err));
    const uint64_t need = ams_table_part_bytes(file, ams_table_file_head(file)->n_items);
    if (need > memory_mb << 20) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s needs %llu MB of memory, %llu are allowed; --memory allows more, "
                     "and `ams data select` makes a part of it",
                     path, (unsigned long long)(need >> 20) + 1, (unsigned long long)memory_mb);
        goto out;
    }
    AMS_TRY(ams_table_read(fit, path, err));
out:
    ams_table_file_close(file);
    return status;
}

ams_status ams_data_join_file(ams_table *table, uint32_t **place, ams_split split,
                              ams_fit_parts parts, const char *path, uint64_t memory_mb,
                              ams_error *err)
{
    ams_table fit = {0};
    ams_table joined = {0};
    ams_status status = AMS_OK;
    AMS_TRY(read_fit(&fit, path, memory_mb, err));
    AMS_TRY(ams_data_join_training(&joined, place, table, split, &fit, parts, path, err));
    ams_table_fini(table);
    *table = joined;
out:
    ams_table_fini(&fit);
    return status;
}

ams_status ams_data_refuse_join(const char *path, ams_error *err)
{
    return ams_fail(err, AMS_USAGE,
                    "fitting to %s holds the file that is scored in memory, which is read in "
                    "windows here; give --whole or more --memory, or score a part of it (`ams "
                    "data select`)",
                    path);
}

ams_status ams_data_join_learned(ams_table *table, ams_split split, ams_fit_parts parts,
                                 const char *path, ams_error *err)
{
    uint32_t *place = NULL;
    ams_status status = AMS_OK;
    if (path != NULL) {
        status = ams_data_join_file(table, &place, split, parts, path, UINT64_MAX >> 20, err);
    }
    free(place);
    return status;
}
