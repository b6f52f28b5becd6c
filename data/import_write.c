/* Pass 2 of an import: from the spool to the file, items by id and labels by name. */
#include "data/import.h"

#include "ams/writer.h"
#include "base/memory.h"
#include "data/parts.h"
#include "env/writer_team.h"

#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Items whose rows name no group. */
static const char NO_GROUP_NAME[] = "all";

enum { LISTED_MODELS = 3 };

typedef struct import_canon {
    ams_intake *intake;
    ams_table head;  /* everything but the outputs, in canonical order */
    uint32_t *order; /* (N) item of the intake by place in the file */
    uint32_t *rank;  /* (L) label of the file by label of the intake */
    uint8_t *split;  /* (N) as the rows name it, in the file's order */
    bool with_times;
    uint32_t *label; /* outputs of one execution */
    float *conf;
    ams_spool_output *output;
    size_t label_capacity, conf_capacity, output_capacity;
} import_canon;

static void canon_fini(import_canon *c)
{
    ams_table_fini(&c->head);
    free(c->order);
    free(c->rank);
    free(c->split);
    free(c->label);
    free(c->conf);
    free(c->output);
}

static const uint64_t *runs_of(const import_canon *c, uint32_t place)
{
    return ams_executions_of(&c->intake->executions, c->order[place]);
}

/* Counts the missing executions; the first of them becomes the message. */
static ams_status check_item_complete(import_canon *c, uint32_t place, ams_error *err)
{
    const ams_names *model = &c->intake->models.name;
    const uint64_t *run = runs_of(c, place);
    char missing[512] = "";
    uint32_t count = 0;
    uint64_t there = AMS_NO_RUN;
    for (uint32_t m = 0; m < model->count; m++) {
        if (run[m] != AMS_NO_RUN) {
            there = there == AMS_NO_RUN ? run[m] : there;
        } else if (count++ < LISTED_MODELS) {
            size_t used = strlen(missing);
            snprintf(missing + used, sizeof missing - used, "%s'%s'", used == 0 ? "" : ", ",
                     ams_names_get(model, m));
        }
    }
    c->intake->counts->missing_runs += count;
    if (count == 0 || c->intake->options->allow_missing || c->intake->listed.count > 0) {
        return AMS_OK;
    }
    ams_spool_run first;
    ams_status status = ams_spool_read(c->intake->spool, there, &first, err);
    if (status != AMS_OK) {
        return status;
    }
    char more[32] = "";
    if (count > LISTED_MODELS) {
        snprintf(more, sizeof more, " and %u more", count - LISTED_MODELS);
    }
    return ams_fail(
        err, AMS_BAD_DATA,
        "%s:%llu: expected a row of each of the %u models for item '%s', found none of "
        "%s%s; --allow-missing records them as executions without output, --items those of "
        "listed items",
        c->intake->path[first.file], (unsigned long long)first.line, model->count,
        ams_names_get(&c->intake->item, c->order[place]), missing, more);
}

static ams_status check_complete(import_canon *c, ams_error *err)
{
    ams_status status = ams_names_sort(&c->intake->item, &c->order, err);
    for (uint32_t place = 0; place < c->intake->item.count && status == AMS_OK; place++) {
        status = check_item_complete(c, place, err);
    }
    return status;
}

static ams_status copy_names(ams_names *to, const ams_names *from, ams_error *err)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const char *name = ams_names_get(from, i);
        uint32_t index = 0;
        ams_status status = ams_names_add(to, name, strlen(name), &index, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    return AMS_OK;
}

static ams_status fill_models(import_canon *c, ams_error *err)
{
    ams_table *head = &c->head;
    const ams_model_table *models = &c->intake->models;
    uint32_t count = models->name.count;
    ams_status status = AMS_OK;
    head->n_models = count;
    AMS_TRY(copy_names(&head->model_name, &models->name, err));
    AMS_TRY(copy_names(&head->task_name, &models->task_name, err));
    AMS_TRY(ams_alloc(&head->model_task, count, sizeof *head->model_task, "models", err));
    AMS_TRY(ams_alloc(&head->theta, count, sizeof *head->theta, "models", err));
    AMS_TRY(ams_alloc(&head->time_ms, count, sizeof *head->time_ms, "models", err));
    AMS_TRY(ams_alloc(&head->mem_mb, count, sizeof *head->mem_mb, "models", err));
    memcpy(head->model_task, models->task, count * sizeof *head->model_task);
    memcpy(head->theta, models->theta, count * sizeof *head->theta);
    memcpy(head->mem_mb, models->mem_mb, count * sizeof *head->mem_mb);
    if (models->time_ms != NULL) {
        memcpy(head->time_ms, models->time_ms, count * sizeof *head->time_ms);
    }
out:
    return status;
}

/* Which confidences are valuable, kinds of outputs, and the unit of cost: the options' or the
 * table of models'. */
static ams_status fill_meaning(import_canon *c, ams_error *err)
{
    ams_table *head = &c->head;
    const ams_model_table *models = &c->intake->models;
    const ams_import_options *options = c->intake->options;
    const uint32_t count = head->n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&head->cost_unit,
                          options->cost_unit != NULL ? options->cost_unit : models->cost_unit,
                          err));
    if (models->threshold != NULL) {
        AMS_TRY(ams_alloc(&head->threshold, count, sizeof *head->threshold, "models", err));
        memcpy(head->threshold, models->threshold, count * sizeof *head->threshold);
    }
    if (models->kind != NULL) {
        AMS_TRY(ams_alloc(&head->kind, count, sizeof *head->kind, "models", err));
        memcpy(head->kind, models->kind, count * sizeof *head->kind);
    }
    AMS_TRY(ams_exits_copy(&head->exits, &models->exits, NULL, count, err));
    if (options->threshold != NULL) {
        AMS_TRY(ams_table_set_threshold(head, options->threshold, err));
    }
out:
    return status;
}

/* Labels of skipped rows only do not count. */
static ams_status fill_labels(import_canon *c, ams_error *err)
{
    const ams_intake *intake = c->intake;
    uint32_t *order = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_sort(&intake->label, &order, err));
    AMS_TRY(ams_alloc(&c->rank, intake->label.count, sizeof *c->rank, "labels", err));
    for (uint32_t i = 0; i < intake->label.count; i++) {
        if (intake->label_used[order[i]]) {
            const char *name = ams_names_get(&intake->label, order[i]);
            AMS_TRY(ams_names_add(&c->head.label_name, name, strlen(name), &c->rank[order[i]],
                                  err));
        }
    }
    c->head.n_labels = c->head.label_name.count;
out:
    free(order);
    return status;
}

static ams_status fill_items(import_canon *c, ams_error *err)
{
    ams_intake *intake = c->intake;
    ams_table *head = &c->head;
    uint32_t count = intake->item.count;
    ams_status status = AMS_OK;
    head->n_items = count;
    AMS_TRY(ams_alloc(&head->item_group, count, sizeof *head->item_group, "items", err));
    AMS_TRY(ams_alloc(&head->split, count, sizeof *head->split, "items", err));
    AMS_TRY(ams_alloc(&c->split, count, sizeof *c->split, "items", err));
    for (uint32_t place = 0; place < count; place++) {
        const char *id = ams_names_get(&intake->item, c->order[place]);
        uint32_t index = 0;
        AMS_TRY(ams_names_add(&head->item_id, id, strlen(id), &index, err));
        uint32_t group = intake->item_group[c->order[place]];
        const char *name =
            group == AMS_NO_GROUP ? NO_GROUP_NAME : ams_names_get(&intake->group, group);
        AMS_TRY(ams_names_add(&head->group_name, name, strlen(name), &head->item_group[place],
                              err));
        c->split[place] = intake->item_split[c->order[place]];
    }
    AMS_TRY(ams_split_open_items(head, &intake->options->split, c->split, err));
    status = ams_intake_give_truth(intake, head, c->order, c->rank, err);
out:
    return status;
}

/* The mean over the rows of one model, of the training items or of all. Summed in the file's
 * order, so that it does not depend on the rows' order. 0 without any time. */
static double mean_time(const import_canon *c, uint32_t model, bool training_only)
{
    double sum = 0;
    uint64_t count = 0;
    for (uint32_t place = 0; place < c->head.n_items; place++) {
        const float *time_ms = ams_executions_times(&c->intake->executions, c->order[place]);
        if (time_ms != NULL && !isnan(time_ms[model]) &&
            (!training_only || c->head.split[place] == AMS_TRAIN)) {
            sum += (double)time_ms[model];
            count++;
        }
    }
    return count == 0 ? 0 : sum / (double)count;
}

static ams_status fill_times(import_canon *c, ams_error *err)
{
    ams_import_counts *counts = c->intake->counts;
    c->with_times = counts->rows_without_time < counts->rows;
    if (!c->with_times) {
        counts->rows_without_time = 0; /* none is expected then */
    }
    counts->times_from_rows = c->intake->models.time_ms == NULL;
    for (uint32_t m = 0; m < c->head.n_models && counts->times_from_rows; m++) {
        double mean = mean_time(c, m, true);
        mean = mean > 0 ? mean : mean_time(c, m, false);
        if (mean <= 0) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: row %u: expected a column time_ms, or rows of model '%s' with "
                            "time_ms, found neither",
                            c->intake->options->models_path, m + 1,
                            ams_names_get(&c->head.model_name, m));
        }
        c->head.time_ms[m] = (float)mean;
    }
    return AMS_OK;
}

/* What the file itself records of how it was made. */
static ams_status fill_attributes(import_canon *c, ams_error *err)
{
    const ams_import_options *options = c->intake->options;
    const ams_import_counts *counts = c->intake->counts;
    ams_table *head = &c->head;
    char note[512] = "import";
    size_t used = strlen(note);
    const struct {
        uint64_t count;
        const char *text;
    } notes[] = {
        {counts->bad_rows, "bad rows skipped"},
        {counts->missing_runs, "missing runs recorded without output"},
        {counts->merged_labels, "labels given twice in a run merged"},
        {counts->rows_without_time, "rows without a time given their model's"},
    };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (notes[i].count > 0) {
            snprintf(note + used, sizeof note - used, ", %llu %s",
                     (unsigned long long)notes[i].count, notes[i].text);
            used = strlen(note);
        }
    }
    if (counts->times_from_rows) {
        snprintf(note + used, sizeof note - used, ", model times are means of training rows");
    }
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&path, options->output, err));
    char *base = basename(path);
    char *ending = strrchr(base, '.');
    if (ending != NULL && ending != base) {
        *ending = '\0';
    }
    AMS_TRY(ams_copy_text(&head->name, options->name == NULL ? base : options->name, err));
    for (char *at = head->name; *at != '\0'; at++) { /* a file's name may hold any byte */
        const size_t rest = strlen(at);
        *at = ams_control_at(at, rest) == 0 ? '?' : *at;
    }
    AMS_TRY(ams_copy_text(&head->source, options->source == NULL ? "" : options->source, err));
    AMS_TRY(
        ams_copy_text(&head->license, options->license == NULL ? "" : options->license, err));
    status = ams_note_step(head, "", note, err);
out:
    free(path);
    return status;
}

static int compare_labels(const void *a, const void *b)
{
    uint32_t left = ((const ams_spool_output *)a)->label;
    uint32_t right = ((const ams_spool_output *)b)->label;
    return left < right ? -1 : left > right;
}

/* By insertion where they are few, as nearly always: they are mostly in order already. */
static void sort_outputs(ams_spool_output *output, uint32_t n)
{
    enum { FEW = 32 };
    if (n > FEW) {
        qsort(output, n, sizeof *output, compare_labels);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        const ams_spool_output moved = output[i];
        uint32_t at = i;
        for (; at > 0 && output[at - 1].label > moved.label; at--) {
            output[at] = output[at - 1];
        }
        output[at] = moved;
    }
}

/* The execution's outputs with the file's labels in their order into c->label and c->conf. */
static ams_status read_run(import_canon *c, uint64_t offset, uint32_t *count, ams_error *err)
{
    ams_spool_run run;
    ams_status status = AMS_OK;
    AMS_TRY(ams_spool_read(c->intake->spool, offset, &run, err));
    AMS_TRY(ams_grow(&c->output, &c->output_capacity, run.count, sizeof *c->output,
                     "an execution", err));
    AMS_TRY(ams_grow(&c->label, &c->label_capacity, run.count, sizeof *c->label, "an execution",
                     err));
    AMS_TRY(
        ams_grow(&c->conf, &c->conf_capacity, run.count, sizeof *c->conf, "an execution", err));
    for (uint32_t i = 0; i < run.count; i++) {
        c->output[i] = (ams_spool_output){.label = c->rank[run.output[i].label],
                                          .conf = run.output[i].conf};
    }
    sort_outputs(c->output, run.count);
    for (uint32_t i = 0; i < run.count; i++) {
        c->label[i] = c->output[i].label;
        c->conf[i] = c->output[i].conf;
    }
    *count = run.count;
out:
    return status;
}

static ams_status write_runs(import_canon *c, ams_writer *writer, ams_hasher *hasher,
                             ams_error *err)
{
    uint32_t n_models = c->head.n_models;
    for (uint32_t place = 0; place < c->head.n_items; place++) {
        const uint64_t *offset = runs_of(c, place);
        const float *time_ms = ams_executions_times(&c->intake->executions, c->order[place]);
        ams_hasher_item(hasher, place);
        for (uint32_t m = 0; m < n_models; m++) {
            uint32_t count = 0;
            ams_status status = AMS_OK;
            if (offset[m] != AMS_NO_RUN) {
                status = read_run(c, offset[m], &count, err);
            }
            const float time =
                time_ms == NULL || isnan(time_ms[m]) ? c->head.time_ms[m] : time_ms[m];
            if (status == AMS_OK) {
                status = ams_writer_row(writer, c->label, c->conf, count, time, err);
            }
            if (status != AMS_OK) {
                return status;
            }
            ams_hasher_row(hasher, c->label, c->conf, count, time);
            c->intake->counts->n_outputs += count;
        }
    }
    return AMS_OK;
}

static ams_status write_file(import_canon *c, ams_error *err)
{
    ams_writer *writer = NULL;
    ams_hasher *hasher = NULL;
    bool *used = NULL;
    char hash[AMS_HASH_TEXT];
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&used, c->head.n_labels, sizeof *used, "labels", err));
    memset(used, true, c->head.n_labels);
    AMS_TRY(ams_hasher_create(&hasher, &c->head, c->with_times, used, err));
    AMS_TRY(
        ams_writer_create(&writer, c->intake->options->output, &c->head, c->with_times, err));
    ams_writer_set_team(writer, c->intake->options->team);
    AMS_TRY(write_runs(c, writer, hasher, err));
    ams_hasher_finish(hasher, hash);
    hasher = NULL;
    status = ams_writer_finish(writer, hash, err);
    writer = NULL;
out:
    ams_writer_destroy(writer);
    ams_hasher_destroy(hasher);
    free(used);
    return status;
}

ams_status ams_intake_write(ams_intake *intake, ams_error *err)
{
    import_canon c = {.intake = intake};
    ams_status status = AMS_OK;
    AMS_TRY(check_complete(&c, err));
    AMS_TRY(fill_models(&c, err));
    AMS_TRY(fill_meaning(&c, err));
    AMS_TRY(fill_labels(&c, err));
    AMS_TRY(fill_items(&c, err));
    ams_names_fini(
        &intake->item); /* the head has its own by now; for millions of items it counts */
    AMS_TRY(fill_times(&c, err));
    AMS_TRY(fill_attributes(&c, err));
    intake->counts->n_items = c.head.n_items;
    intake->counts->n_models = c.head.n_models;
    intake->counts->n_labels = c.head.n_labels;
    status = write_file(&c, err);
out:
    canon_fini(&c);
    return status;
}
