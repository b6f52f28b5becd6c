/* `ams links predict`: outputs of the models that did not run, from the chosen set's. */
#include "ams/link_file.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "console/options.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("--links", "L.ams", CLI_READS, "links of a chosen set, by `ams links select -o`"),
    CLI_FILE("--data", "F.h5", CLI_READS,
             "outputs file; of the models that do not run nothing is read"),
    CLI_VALUE("--item", "ID", "print this item's outputs, run and linked"),
    CLI_FILE("-o", "R.jsonl", CLI_WRITES_ROWS,
             "write the linked outputs of every item, one execution per line"),
    CLI_FLAG("--json", "with --item: print JSON"),
};

/* What the command holds. */
typedef struct predict_job {
    ams_link_file file;
    ams_table table;
    ams_link_items items;
    const ams_link_map *map;
    float *p; /* (D) */
} predict_job;

static const char *label_of(const predict_job *j, uint32_t column)
{
    const uint32_t label = j->file.space.label[column];
    return label < j->table.n_labels ? ams_names_get(&j->table.label_name, label) : NULL;
}

static bool predicts(const predict_job *j, uint32_t target, uint32_t column)
{
    return label_of(j, column) != NULL && (double)j->p[column] > j->map->tau[target];
}

static double confidence(float p)
{
    return p > 1 ? 1 : (double)p;
}

static void print_item(predict_job *j, uint32_t item)
{
    const ams_link_space *space = &j->file.space;
    ams_link_predict(j->map, &j->items, item, 0, j->p);
    for (uint32_t m = 0; m < space->n_models; m++) {
        const bool ran = j->map->mask >> m & 1;
        printf("%-28s %-7s", ams_names_get(&j->table.model_name, m), ran ? "ran" : "linked");
        const uint64_t *row = j->table.indptr + (uint64_t)item * space->n_models + m;
        for (uint64_t at = row[0]; ran && at < row[1]; at++) {
            if (j->table.conf[at] > ams_table_threshold(&j->table, m)) {
                printf(" %s %.2f;", ams_names_get(&j->table.label_name, j->table.label[at]),
                       (double)j->table.conf[at]);
            }
        }
        for (uint32_t c = space->first[m]; !ran && c < space->first[m + 1]; c++) {
            if (predicts(j, m, c)) {
                printf(" %s %.2f;", label_of(j, c), confidence(j->p[c]));
            }
        }
        putchar('\n');
    }
}

/* The labels that are predicted of a model that did not run. */
static json_t *predicted_labels(const predict_job *j, uint32_t model)
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
static json_t *recorded_labels(const predict_job *j, uint32_t item, uint32_t model)
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

static ams_status print_item_json(predict_job *j, uint32_t item, ams_error *err)
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
    return cli_print_json(
        json_pack("{s:s, s:o}", "item", ams_names_get(&j->table.item_id, item), "rows", rows),
        err);
}

static ams_status put_row(FILE *stream, predict_job *j, uint32_t item, uint32_t model,
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
    predict_job *j = *(predict_job *const *)context;
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

static ams_status open_job(predict_job *j, const cli_args *args, ams_error *err)
{
    const char *links = NULL;
    const char *data = NULL;
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--links", &links, err));
    AMS_TRY(cli_require(args, "--data", &data, err));
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

static ams_status predict(predict_job *j, const cli_args *args, ams_error *err)
{
    const char *id = cli_get(args, "--item", NULL);
    const char *path = cli_get(args, "-o", NULL);
    predict_job *self = j;
    ams_status status = AMS_OK;
    if ((id == NULL) == (path == NULL)) {
        return ams_fail(err, AMS_USAGE, "expected --item ID or -o R.jsonl");
    }
    if (path != NULL && cli_has(args, "--json")) {
        return ams_fail(err, AMS_USAGE, "--json goes with --item; -o writes JSON as it is");
    }
    AMS_TRY(open_job(j, args, err));
    if (id != NULL) {
        const uint32_t item = ams_names_find(&j->table.item_id, id, strlen(id));
        if (item == AMS_NO_NAME) {
            return ams_fail(err, AMS_USAGE, "option --item: the data set has no item '%s'", id);
        }
        if (cli_has(args, "--json")) {
            return print_item_json(j, item, err);
        }
        print_item(j, item);
        return AMS_OK;
    }
    AMS_TRY(ams_file_write(NULL, path, print_rows, &self, err));
    printf("%s: outputs of %d models on %u items, linked to those of %d models\n", path,
           (int)j->file.space.n_models - __builtin_popcountll(j->map->mask), j->table.n_items,
           __builtin_popcountll(j->map->mask));
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    predict_job j = {.map = NULL};
    ams_status status = predict(&j, args, err);
    ams_link_items_fini(&j.items);
    ams_table_fini(&j.table);
    ams_link_file_fini(&j.file);
    free(j.p);
    return status;
}

const ams_command ams_cmd_links_predict = {
    .name = "links predict",
    .summary = "predict the outputs of models that did not run",
    .usage = "ams links predict --links L.ams --data F.h5 (--item ID [--json] | -o R.jsonl)",
    .help =
        "A label is predicted where its value is above the target's threshold. Rows are in\n"
        "the form that `ams data import` reads; confidences of linked outputs are the\n"
        "predicted values, at most 1.\n"
        "\n"
        "Example:\n"
        "  ams links predict --links chosen.ams --data data/photos.h5 --item "
        "pets/pets_02420\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
