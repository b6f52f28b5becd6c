#include "data/parts.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `advice` ends the message. */
static ams_status check_number(const char *what, const char *model, float first, float other,
                               size_t t, const char *advice, ams_error *err)
{
    /* The model tables must be the same; NaN cannot stand in them. */
    if (first == other) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "merge: expected %s %.9g of model '%s' as in the first file, found %.9g in "
                    "file %zu%s",
                    what, (double)first, model, (double)other, t + 1, advice);
}

static ams_status check_model(const ams_table *a, const ams_table *b, uint32_t m, size_t t,
                              ams_merge_times times, ams_error *err)
{
    const char *model = ams_names_get(&a->model_name, m);
    const char *other = ams_names_get(&b->model_name, m);
    const char *task = ams_names_get(&a->task_name, a->model_task[m]);
    const char *other_task = ams_names_get(&b->task_name, b->model_task[m]);
    if (strcmp(model, other) != 0 || strcmp(task, other_task) != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "merge: expected model %u to be '%s' (%s) as in the first file, found "
                        "'%s' (%s) in file %zu",
                        m + 1, model, task, other, other_task, t + 1);
    }
    if (ams_table_kind(a, m) != ams_table_kind(b, m)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "merge: expected outputs of the kind %s of model '%s' as in the first "
                        "file, found %s in file %zu; import them with the same --models "
                        "models.tsv",
                        ams_output_kinds[ams_table_kind(a, m)], model,
                        ams_output_kinds[ams_table_kind(b, m)], t + 1);
    }
    if (strcmp(ams_table_stage_of(a, m), ams_table_stage_of(b, m)) != 0 ||
        ams_table_stage(a, m) != ams_table_stage(b, m)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "merge: expected stage %u of network '%s' to be model '%s' as in the "
                        "first file, found stage %u of '%s' in file %zu; import them with the "
                        "same --models models.tsv",
                        ams_table_stage(a, m), ams_table_stage_of(a, m), model,
                        ams_table_stage(b, m), ams_table_stage_of(b, m), t + 1);
    }
    ams_status status = AMS_OK;
    static const char import[] = "; import them with the same --models models.tsv";
    AMS_TRY(check_number("theta", model, a->theta[m], b->theta[m], t, import, err));
    AMS_TRY(check_number("threshold", model, ams_table_threshold(a, m),
                         ams_table_threshold(b, m), t,
                         "; `ams data threshold` sets a file's thresholds", err));
    if (times == AMS_MERGE_SAME_TIMES) {
        AMS_TRY(check_number("time_ms", model, a->time_ms[m], b->time_ms[m], t,
                             "; --times first takes the first file's times, --times mean the "
                             "mean over all items",
                             err));
    }
    status = check_number("mem_mb", model, a->mem_mb[m], b->mem_mb[m], t, import, err);
out:
    return status;
}

static ams_status check_models(const ams_table *const *tables, size_t n, ams_merge_times times,
                               ams_error *err)
{
    for (size_t t = 1; t < n; t++) {
        if (tables[t]->n_models != tables[0]->n_models) {
            return ams_fail(err, AMS_BAD_DATA,
                            "merge: expected %u models as in the first file, found %u in file "
                            "%zu",
                            tables[0]->n_models, tables[t]->n_models, t + 1);
        }
        const char *unit = ams_table_cost_unit(tables[0]);
        const char *other = ams_table_cost_unit(tables[t]);
        if (strcmp(unit, other) != 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "merge: expected costs in %s as in the first file, found %s in "
                            "file %zu; import them with the same --cost-unit",
                            unit, other, t + 1);
        }
        for (uint32_t m = 0; m < tables[0]->n_models; m++) {
            ams_status status = check_model(tables[0], tables[t], m, t, times, err);
            if (status != AMS_OK) {
                return status;
            }
        }
    }
    return AMS_OK;
}

/* All items of all tables, sorted by id. */
static ams_status pick_all(const ams_table *const *tables, size_t n, ams_pick **pick,
                           uint32_t *count, ams_error *err)
{
    ams_names ids = {0};
    ams_pick *found = NULL;
    uint32_t *order = NULL;
    size_t capacity = 0;
    ams_status status = AMS_OK;
    for (size_t t = 0; t < n; t++) {
        for (uint32_t i = 0; i < tables[t]->n_items; i++) {
            const char *id = ams_names_get(&tables[t]->item_id, i);
            uint32_t known = ids.count;
            uint32_t index = 0;
            AMS_TRY(
                ams_grow(&found, &capacity, (size_t)known + 1, sizeof *found, "items", err));
            AMS_TRY(ams_names_add(&ids, id, strlen(id), &index, err));
            if (index != known) {
                status =
                    ams_fail(err, AMS_BAD_DATA,
                             "merge: expected distinct items, found '%s' in file %u and in "
                             "file %zu",
                             id, found[index].table + 1, t + 1);
                goto out;
            }
            found[known] = (ams_pick){.table = (uint32_t)t, .item = i};
        }
    }
    AMS_TRY(ams_names_sort(&ids, &order, err));
    AMS_TRY(ams_alloc(pick, ids.count, sizeof **pick, "items", err));
    for (uint32_t i = 0; i < ids.count; i++) {
        (*pick)[i] = found[order[i]];
    }
    *count = ids.count;
out:
    ams_names_fini(&ids);
    free(found);
    free(order);
    return status;
}

/* The distinct texts of one attribute, which stands `offset` bytes into the table. */
static ams_status join(char **joined, const ams_table *const *tables, size_t n, size_t offset,
                       const char *between, ams_error *err)
{
    ams_names texts = {0};
    char *text = NULL;
    size_t length = 1;
    ams_status status = AMS_OK;
    for (size_t t = 0; t < n; t++) {
        const char *one = NULL;
        memcpy(&one, (const char *)tables[t] + offset, sizeof one);
        uint32_t index = 0;
        if (one != NULL && one[0] != '\0') {
            AMS_TRY(ams_names_add(&texts, one, strlen(one), &index, err));
            length += strlen(one) + strlen(between);
        }
    }
    AMS_TRY(ams_alloc(&text, length, 1, "an attribute", err));
    for (uint32_t i = 0; i < texts.count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, length - used, "%s%s", i == 0 ? "" : between,
                 ams_names_get(&texts, i));
    }
    free(*joined);
    *joined = text;
out:
    ams_names_fini(&texts);
    return status;
}

static ams_status join_attributes(ams_table *merged, const ams_table *const *tables, size_t n,
                                  ams_error *err)
{
    char *generator = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(join(&merged->name, tables, n, offsetof(ams_table, name), " + ", err));
    AMS_TRY(join(&merged->source, tables, n, offsetof(ams_table, source), "; ", err));
    AMS_TRY(join(&merged->license, tables, n, offsetof(ams_table, license), "; ", err));
    AMS_TRY(join(&generator, tables, n, offsetof(ams_table, generator), "; ", err));
    status = ams_note_step(merged, generator, "merge", err);
out:
    free(generator);
    return status;
}

/* Each file's mean counts for its items. */
static void average_times(ams_table *merged, const ams_table *const *tables, size_t n)
{
    for (uint32_t m = 0; m < merged->n_models; m++) {
        double sum = 0;
        double items = 0;
        for (size_t t = 0; t < n; t++) {
            sum += (double)tables[t]->time_ms[m] * tables[t]->n_items;
            items += tables[t]->n_items;
        }
        if (items > 0) {
            merged->time_ms[m] = (float)(sum / items);
        }
    }
}

ams_status ams_data_merge(ams_table *merged, const ams_table *const *tables, size_t n,
                          ams_merge_times times, ams_error *err)
{
    *merged = (ams_table){0};
    if (n == 0) {
        return ams_fail(err, AMS_USAGE, "merge: expected at least one file, found none");
    }
    ams_pick *pick = NULL;
    uint32_t count = 0;
    uint32_t model[AMS_MAX_MODELS];
    for (uint32_t m = 0; m < tables[0]->n_models; m++) {
        model[m] = m;
    }
    ams_status status = AMS_OK;
    AMS_TRY(check_models(tables, n, times, err));
    AMS_TRY(pick_all(tables, n, &pick, &count, err));
    ams_columns columns = {.model = model, .n_models = tables[0]->n_models};
    AMS_TRY(ams_gather(merged, tables, n, pick, count, &columns, err));
    if (times == AMS_MERGE_MEAN_TIMES) {
        average_times(merged, tables, n);
    }
    status = join_attributes(merged, tables, n, err);
out:
    free(pick);
    if (status != AMS_OK) {
        ams_table_fini(merged);
    }
    return status;
}
