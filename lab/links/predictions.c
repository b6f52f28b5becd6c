/* Outputs of the models that did not run, from those of a chosen set. */
#include "lab/links/predictions.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *label_of(const ams_link_predictions *j, uint32_t column)
{
    const uint32_t label = j->file.space.label[column];
    return label < j->table.n_labels ? ams_names_get(&j->table.label_name, label) : NULL;
}

static bool predicts(const ams_link_predictions *j, uint32_t target, uint32_t column)
{
    return label_of(j, column) != NULL && (double)j->p[column] > j->map->tau[target];
}

static double confidence(float p)
{
    return p > 1 ? 1 : (double)p;
}

void ams_link_predictions_print(ams_link_predictions *j, uint32_t item, FILE *stream)
{
    const ams_link_space *space = &j->file.space;
    ams_link_predict(j->map, &j->items, item, 0, j->p);
    for (uint32_t m = 0; m < space->n_models; m++) {
        const bool ran = j->map->mask >> m & 1;
        fprintf(stream, "%-28s %-7s", ams_names_get(&j->table.model_name, m),
                ran ? "ran" : "linked");
        const uint64_t *row = j->table.indptr + (uint64_t)item * space->n_models + m;
        for (uint64_t at = row[0]; ran && at < row[1]; at++) {
            if (j->table.conf[at] > ams_table_threshold(&j->table, m)) {
                fprintf(stream, " %s %.2f;",
                        ams_names_get(&j->table.label_name, j->table.label[at]),
                        (double)j->table.conf[at]);
            }
        }
        for (uint32_t c = space->first[m]; !ran && c < space->first[m + 1]; c++) {
            if (predicts(j, m, c)) {
                fprintf(stream, " %s %.2f;", label_of(j, c), confidence(j->p[c]));
            }
        }
        fputc('\n', stream);
    }
}

/* The labels that are predicted of a model that did not run. */
static json_t *predicted_labels(const ams_link_predictions *j, uint32_t model)
{
    const ams_link_space *space = &j->file.space;
    json_t *labels = json_array();
    for (uint32_t c = space->first[model]; c < space->first[model + 1]; c++) {
        if (predicts(j, model, c)) {
            const char *name = strchr(label_of(j, c), '/');
            json_array_append_new(labels, json_pack("[s, f]", name + 1, confidence(j->p[c])));
        }
    }
    return labels;
}

/* Those that a model that ran output. */
static json_t *recorded_labels(const ams_link_predictions *j, uint32_t item, uint32_t model)
{
    const uint64_t *row = j->table.indptr + (uint64_t)item * j->table.n_models + model;
    json_t *labels = json_array();
    for (uint64_t at = row[0]; at < row[1]; at++) {
        if (j->table.conf[at] > ams_table_threshold(&j->table, model)) {
            const char *label = ams_names_get(&j->table.label_name, j->table.label[at]);
            json_array_append_new(
                labels, json_pack("[s, f]", strchr(label, '/') + 1, (double)j->table.conf[at]));
        }
    }
    return labels;
}

json_t *ams_link_predictions_json(ams_link_predictions *j, uint32_t item)
{
    json_t *rows = json_array();
    ams_link_predict(j->map, &j->items, item, 0, j->p);
    for (uint32_t m = 0; m < j->file.space.n_models; m++) {
        const bool ran = j->map->mask >> m & 1;
        json_t *labels = ran ? recorded_labels(j, item, m) : predicted_labels(j, m);
        json_array_append_new(rows, json_pack("{s:s, s:b, s:o}", "model",
                                              ams_names_get(&j->table.model_name, m), "ran",
                                              ran, "labels", labels));
    }
    return json_pack("{s:s, s:o}", "item", ams_names_get(&j->table.item_id, item), "rows",
                     rows);
}

static ams_status put_row(FILE *stream, ams_link_predictions *j, uint32_t item, uint32_t model,
                          ams_error *err)
{
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:o}", "item", ams_names_get(&j->table.item_id, item), "group",
        ams_names_get(&j->table.group_name, j->table.item_group[item]), "model",
        ams_names_get(&j->table.model_name, model), "labels", predicted_labels(j, model));
    const bool made = row != NULL;
    const bool written = made &&
                         json_dumpf(row, stream, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0 &&
                         fputc('\n', stream) != EOF;
    json_decref(row);
    return written ? AMS_OK
           : made  ? ams_fail(err, AMS_IO, "cannot write the rows: %s", strerror(errno))
                   : ams_fail(err, AMS_BACKEND, "a row cannot be described as JSON");
}

static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    ams_link_predictions *j = *(ams_link_predictions *const *)context;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < j->table.n_items; i++) {
        ams_link_predict(j->map, &j->items, i, 0, j->p);
        for (uint32_t m = 0; status == AMS_OK && m < j->file.space.n_models; m++) {
            if (!(j->map->mask >> m & 1)) {
                status = put_row(stream, j, i, m, err);
            }
        }
    }
    return status;
}

ams_status ams_link_predictions_open(ams_link_predictions *j, const char *links,
                                     const char *data, ams_error *err)
{
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_link_file_read(&j->file, links, err));
    if (j->file.chosen == AMS_LINK_NOT_CHOSEN) {
        status = ams_fail(err, AMS_USAGE,
                          "%s: no set was chosen for these links; `ams links select -o` "
                          "writes such a file",
                          links);
        goto out;
    }
    j->map = &j->file.map[j->file.chosen];
    AMS_TRY(ams_table_read(&j->table, data, err));
    AMS_TRY(ams_link_file_fit_table(&j->file, &j->table, err));
    AMS_TRY(ams_alloc(&item, j->table.n_items, sizeof *item, "items", err));
    for (uint32_t i = 0; i < j->table.n_items; i++) {
        item[i] = i;
    }
    AMS_TRY(
        ams_link_items_init(&j->items, &j->file.space, &j->table, item, j->table.n_items, err));
    AMS_TRY(ams_alloc(&j->p, j->file.space.n_columns, sizeof *j->p, "predictions", err));
out:
    free(item);
    return status;
}

ams_status ams_link_predictions_write(ams_link_predictions *j, const char *path, ams_error *err)
{
    ams_link_predictions *self = j;
    return ams_file_write(NULL, path, print_rows, &self, err);
}

void ams_link_predictions_fini(ams_link_predictions *j)
{
    ams_link_items_fini(&j->items);
    ams_table_fini(&j->table);
    ams_link_file_fini(&j->file);
    free(j->p);
}
