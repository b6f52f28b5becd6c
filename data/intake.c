/* Pass 1 of an import: rows into the spool; names and places stay in memory. */
#include "data/import.h"

#include "base/memory.h"
#include "data/parts.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { LABELS_FOUND = 4096 };

void ams_intake_fini(ams_intake *intake)
{
    ams_model_table_fini(&intake->models);
    ams_spool_destroy(intake->spool);
    ams_names_fini(&intake->item);
    ams_names_fini(&intake->group);
    ams_names_fini(&intake->label);
    free(intake->found);
    ams_executions_fini(&intake->executions);
    free(intake->item_group);
    free(intake->item_split);
    free(intake->label_used);
    free(intake->label_run);
    free(intake->output);
    free(intake->answer);
    free(intake->text);
    free((void *)intake->path);
    free((void *)intake->model);
    for (size_t i = 0; i < intake->options->form.n_model_files && intake->model_text != NULL;
         i++) {
        free(intake->model_text[i]);
    }
    free((void *)intake->model_text);
    ams_form_fini(&intake->form);
    ams_label_names_fini(&intake->label_names);
    ams_names_fini(&intake->listed);
    *intake = (ams_intake){0};
}

/* The rows of an item mostly follow each other. */
static uint32_t find_item(const ams_intake *intake, const char *name)
{
    const uint32_t last = intake->last_item;
    return last < intake->item.count && strcmp(ams_names_get(&intake->item, last), name) == 0
               ? last
               : ams_names_find(&intake->item, name, strlen(name));
}

/* And its models mostly come in the order of their table. */
static uint32_t find_model(const ams_intake *intake, const char *name)
{
    const ams_names *known = &intake->models.name;
    const uint32_t next = intake->last_model + 1 < known->count ? intake->last_model + 1 : 0;
    return known->count > 0 && strcmp(ams_names_get(known, next), name) == 0
               ? next
               : ams_names_find(known, name, strlen(name));
}

bool ams_intake_has(const ams_intake *intake, const ams_row *row)
{
    const uint32_t item = find_item(intake, row->item);
    const uint32_t model = ams_names_find(&intake->models.name, row->model, strlen(row->model));
    return item != AMS_NO_NAME && model != AMS_NO_NAME &&
           ams_executions_of(&intake->executions, item)[model] != AMS_NO_RUN;
}

ams_status ams_intake_model(const ams_intake *intake, const char *name, uint32_t *model,
                            ams_error *err)
{
    const ams_names *known = &intake->models.name;
    *model = find_model(intake, name);
    if (*model != AMS_NO_NAME) {
        return AMS_OK;
    }
    const char *candidates[AMS_MAX_MODELS];
    for (uint32_t i = 0; i < known->count; i++) {
        candidates[i] = ams_names_get(known, i);
    }
    return ams_fail(err, AMS_BAD_DATA, "expected a model of %s, found '%s'%s",
                    intake->options->models_path, name,
                    ams_hint_of(name, candidates, known->count, "'").text);
}

/* What an item's earlier rows stated must hold. */
static ams_status check_item(ams_intake *intake, const ams_row *row, uint32_t item,
                             uint32_t model, ams_error *err)
{
    const uint64_t offset = ams_executions_of(&intake->executions, item)[model];
    if (offset != AMS_NO_RUN) {
        ams_spool_run first;
        ams_status status = ams_spool_read(intake->spool, offset, &first, err);
        return status != AMS_OK
                   ? status
                   : ams_fail(
                         err, AMS_BAD_DATA,
                         "expected one execution of each model on an item, found model '%s' on "
                         "item '%s' again, first at %s:%llu",
                         row->model, row->item, intake->path[first.file],
                         (unsigned long long)first.line);
    }
    uint32_t group = intake->item_group[item];
    if (row->group != NULL && group != AMS_NO_GROUP &&
        strcmp(ams_names_get(&intake->group, group), row->group) != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected group '%s' of item '%s' as in an earlier row, found '%s'",
                        ams_names_get(&intake->group, group), row->item, row->group);
    }
    uint8_t split = intake->item_split[item];
    if (row->split != NULL && split != AMS_NO_SPLIT &&
        strcmp(ams_split_name((ams_split)split), row->split) != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected split '%s' of item '%s' as in an earlier row, found '%s'",
                        ams_split_name((ams_split)split), row->item, row->split);
    }
    return AMS_OK;
}

/* Adds "task/label", or finds it. */
static ams_status add_label(ams_intake *intake, uint32_t task, const char *label, size_t tail,
                            uint32_t *index, ams_error *err)
{
    const char *name = ams_names_get(&intake->models.task_name, task);
    size_t head = strlen(name);
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_grow(&intake->text, &intake->text_capacity, head + tail + 1, 1, "a label", err));
    memcpy(intake->text, name, head);
    intake->text[head] = '/';
    memcpy(intake->text + head + 1, label, tail);
    uint32_t known = intake->label.count;
    AMS_TRY(ams_names_add(&intake->label, intake->text, head + tail + 1, index, err));
    if (*index == known) {
        size_t count = (size_t)known + 1;
        AMS_TRY(ams_grow(&intake->label_used, &intake->used_capacity, count,
                         sizeof *intake->label_used, "labels", err));
        AMS_TRY(ams_grow(&intake->label_run, &intake->run_capacity, count,
                         sizeof *intake->label_run, "labels", err));
        intake->label_used[known] = false;
        intake->label_run[known] = 0;
    }
out:
    return status;
}

/* Where a label may have been found before. */
static uint32_t place_of(uint32_t task, const char *label, size_t length)
{
    return (uint32_t)XXH3_64bits_withSeed(label, length, task) % LABELS_FOUND;
}

ams_status ams_intake_label(ams_intake *intake, uint32_t task, const char *label,
                            uint32_t *index, ams_error *err)
{
    const size_t length = strlen(label);
    ams_status status = AMS_OK;
    if (intake->found == NULL) {
        AMS_TRY(ams_alloc(&intake->found, LABELS_FOUND, sizeof *intake->found, "labels", err));
    }
    ams_label_found *found = &intake->found[place_of(task, label, length)];
    if (found->index > 0 && found->task == task && found->length == length &&
        memcmp(ams_names_get(&intake->label, found->index - 1) + found->head, label, length) ==
            0) {
        *index = found->index - 1;
        return AMS_OK;
    }
    AMS_TRY(add_label(intake, task, label, length, index, err));
    const size_t head = strlen(ams_names_get(&intake->models.task_name, task)) + 1;
    *found = (ams_label_found){
        .index = *index + 1, .task = task, .head = (uint32_t)head, .length = (uint32_t)length};
out:
    return status;
}

static ams_status refuse_label(const ams_row *row, const char *label, ams_error *err)
{
    return ams_fail(
        err, AMS_BAD_DATA,
        "expected a label once in an execution, found '%s' twice in that of model '%s' on "
        "item '%s'; --merge-labels keeps the larger confidence",
        label, row->model, row->item);
}

/* Several objects of one label are what detectors find. */
static bool detects(const ams_intake *intake)
{
    const ams_row_format format = intake->form.format;
    return format == AMS_FORMAT_COCO || format == AMS_FORMAT_YOLO ||
           format == AMS_FORMAT_FIFTYONE;
}

/* A label seen before in this execution keeps its larger confidence. */
static void merge_output(ams_spool_run *run, ams_spool_output *outputs, ams_spool_output again)
{
    uint32_t i = 0;
    while (outputs[i].label != again.label) {
        i++;
    }
    outputs[i].conf = again.conf > outputs[i].conf ? again.conf : outputs[i].conf;
    run->merged++;
}

/* False where the label came before in this execution and is not to be merged. */
static bool put_output(ams_intake *intake, ams_spool_run *run, ams_spool_output output)
{
    if (intake->label_run[output.label] != intake->runs) {
        intake->label_run[output.label] = intake->runs;
        intake->output[run->count++] = output;
        return true;
    }
    const bool merged = intake->options->merge_labels || detects(intake);
    if (merged) {
        merge_output(run, intake->output, output);
    }
    return merged;
}

/* The label that an id or code of the row stands for. */
static ams_status name_label(const ams_intake *intake, const ams_row *row, const char **label,
                             ams_error *err)
{
    if (intake->label_names.id.count == 0) {
        return AMS_OK;
    }
    const char *name = ams_label_name(&intake->label_names, *label);
    if (name == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a label that %s names, found '%s' of model '%s' on item '%s'",
                        intake->options->form.label_names, *label, row->model, row->item);
    }
    *label = name;
    return AMS_OK;
}

ams_status ams_intake_answer_name(const ams_intake *intake, const char *item,
                                  const char **label, ams_error *err)
{
    const ams_label_names *names = &intake->label_names;
    if (names->id.count == 0) {
        return AMS_OK;
    }
    const char *name = ams_label_name(names, *label);
    if (name == NULL && ams_names_find(&names->name, *label, strlen(*label)) == AMS_NO_NAME) {
        return ams_fail(err, AMS_BAD_DATA,
                        "expected a label that %s names, found '%s' as truth of item '%s'",
                        intake->options->form.label_names, *label, item);
    }
    *label = name == NULL ? *label : name;
    return AMS_OK;
}

static ams_status read_outputs(ams_intake *intake, const ams_row *row, uint32_t model,
                               ams_spool_run *run, ams_error *err)
{
    ams_status status = ams_grow(&intake->output, &intake->output_capacity, row->n_labels,
                                 sizeof *intake->output, "outputs of a row", err);
    intake->runs++;
    for (uint32_t i = 0; i < row->n_labels && status == AMS_OK; i++) {
        /* + 0: a negative zero would be other bits in the content hash. */
        ams_spool_output output = {.conf = (float)row->conf[i] + 0.0F};
        const char *label = row->label[i];
        if (row->conf[i] < intake->options->form.keep) {
            run->left_out++;
            continue;
        }
        AMS_TRY(name_label(intake, row, &label, err));
        AMS_TRY(
            ams_intake_label(intake, intake->models.task[model], label, &output.label, err));
        if (!put_output(intake, run, output)) {
            status = refuse_label(row, label, err);
        }
    }
out:
    run->output = intake->output;
    return status;
}

/* The same of labels that are known. */
static ams_status read_direct(ams_intake *intake, const ams_direct_row *direct,
                              ams_spool_run *run, ams_error *err)
{
    const ams_row *row = &direct->row;
    ams_status status = ams_grow(&intake->output, &intake->output_capacity, row->n_labels,
                                 sizeof *intake->output, "outputs of a row", err);
    intake->runs++;
    for (uint32_t i = 0; i < row->n_labels && status == AMS_OK; i++) {
        if (row->conf[i] < intake->options->form.keep) {
            run->left_out++;
        } else if (!put_output(intake, run,
                               (ams_spool_output){.label = direct->label[i],
                                                  .conf = (float)row->conf[i] + 0.0F})) {
            const uint32_t task = intake->models.task[direct->model];
            const size_t head = strlen(ams_names_get(&intake->models.task_name, task)) + 1;
            status =
                refuse_label(row, ams_names_get(&intake->label, direct->label[i]) + head, err);
        }
    }
    run->output = intake->output;
    return status;
}

ams_status ams_intake_item(ams_intake *intake, const char *id, uint32_t *item, ams_error *err)
{
    uint32_t known = intake->item.count;
    ams_status status = AMS_OK;
    AMS_TRY(ams_names_add(&intake->item, id, strlen(id), item, err));
    if (*item != known) {
        return AMS_OK;
    }
    size_t count = (size_t)known + 1;
    AMS_TRY(ams_grow(&intake->item_group, &intake->group_capacity, count,
                     sizeof *intake->item_group, "items", err));
    AMS_TRY(ams_grow(&intake->item_split, &intake->split_capacity, count,
                     sizeof *intake->item_split, "items", err));
    intake->executions.n_models = intake->models.name.count;
    AMS_TRY(ams_executions_add(&intake->executions, err));
    intake->item_group[known] = AMS_NO_GROUP;
    intake->item_split[known] = AMS_NO_SPLIT;
out:
    return status;
}

ams_status ams_intake_answer(ams_intake *intake, uint32_t item, uint32_t task,
                             const char *label, ams_error *err)
{
    ams_answer answer = {.item = item};
    ams_status status = AMS_OK;
    AMS_TRY(ams_intake_label(intake, task, label, &answer.label, err));
    intake->label_used[answer.label] = true;
    /* The rows of an item mostly follow each other, and repeat its truth. */
    for (size_t i = intake->n_answers; i > 0 && intake->answer[i - 1].item == item; i--) {
        if (intake->answer[i - 1].label == answer.label) {
            return AMS_OK;
        }
    }
    AMS_TRY(ams_grow(&intake->answer, &intake->answer_capacity, intake->n_answers + 1,
                     sizeof *intake->answer, "truth", err));
    intake->answer[intake->n_answers++] = answer;
out:
    return status;
}

/* The row is right: from here on only memory or disk can fail. */
static ams_status keep_row(ams_intake *intake, const ams_row *row, uint32_t item,
                           uint32_t model, ams_spool_run *run, ams_error *err)
{
    ams_status status = AMS_OK;
    if (item == AMS_NO_NAME) {
        AMS_TRY(ams_intake_item(intake, row->item, &item, err));
    }
    intake->last_item = item;
    intake->last_model = model;
    if (row->group != NULL && intake->item_group[item] == AMS_NO_GROUP) {
        AMS_TRY(ams_names_add(&intake->group, row->group, strlen(row->group),
                              &intake->item_group[item], err));
    }
    if (row->split != NULL && intake->item_split[item] == AMS_NO_SPLIT) {
        ams_split split = AMS_TRAIN;
        (void)ams_split_parse(row->split, &split); /* the parsers let no other text through */
        intake->item_split[item] = (uint8_t)split;
    }
    uint64_t *offset = &ams_executions_of(&intake->executions, item)[model];
    AMS_TRY(ams_spool_add(intake->spool, run, offset, err));
    const double time_ms =
        intake->options->cost == NULL ? row->time_ms * intake->time_scale : (double)NAN;
    if (!isnan(time_ms)) {
        AMS_TRY(ams_executions_set_time(&intake->executions, item, model, (float)time_ms, err));
    }
    for (uint32_t i = 0; i < row->n_truth; i++) {
        const char *label = row->truth[i];
        AMS_TRY(ams_intake_answer_name(intake, row->item, &label, err));
        AMS_TRY(ams_intake_answer(intake, item, intake->models.task[model], label, err));
    }
    for (uint32_t i = 0; i < run->count; i++) {
        intake->label_used[run->output[i].label] = true;
    }
    intake->counts->rows++;
    intake->counts->merged_labels += run->merged;
    intake->counts->below_keep += run->left_out;
    intake->counts->rows_without_time += isnan(time_ms) ? 1 : 0;
    if (row->unknown_fields > 0 && intake->counts->unknown_fields == 0) {
        char *name = intake->counts->unknown_field;
        strncpy(name, row->unknown_field, sizeof intake->counts->unknown_field - 1);
    }
    intake->counts->unknown_fields += row->unknown_fields;
    intake->counts->clamped += row->clamped;
out:
    return status;
}

/* What options say beyond the rows' form. A right label that has no name is found before
 * anything of the row is kept. */
static ams_status check_unusual(const ams_intake *intake, const ams_row *row, ams_error *err)
{
    ams_status status = AMS_OK;
    if (intake->listed.count > 0 &&
        ams_names_find(&intake->listed, row->item, strlen(row->item)) == AMS_NO_NAME) {
        return ams_fail(err, AMS_BAD_DATA, "expected an item of %s, found '%s'",
                        intake->options->form.items, row->item);
    }
    for (uint32_t i = 0; i < row->n_truth && status == AMS_OK; i++) {
        const char *label = row->truth[i];
        status = ams_intake_answer_name(intake, row->item, &label, err);
    }
    const bool other_unit = intake->time_scale < 1 || intake->time_scale > 1;
    if (status == AMS_OK && other_unit && !isnan(row->time_ms)) {
        status = ams_row_check_time(row->time_ms * intake->time_scale, err);
    }
    return status;
}

static void say_where(const ams_intake *intake, uint32_t file, uint64_t line, ams_error *err)
{
    ams_error_prefix(err, "%s:%llu", intake->path[file], (unsigned long long)line);
}

ams_status ams_intake_row(ams_intake *intake, const ams_row *row, uint32_t file, uint64_t line,
                          ams_error *err)
{
    uint32_t model = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_intake_model(intake, row->model, &model, err));
    AMS_TRY(check_unusual(intake, row, err));
    uint32_t item = find_item(intake, row->item);
    if (item != AMS_NO_NAME) {
        AMS_TRY(check_item(intake, row, item, model, err));
    }
    ams_spool_run run = {.line = line, .file = file};
    AMS_TRY(read_outputs(intake, row, model, &run, err));
    status = keep_row(intake, row, item, model, &run, err);
out:
    if (status == AMS_BAD_DATA) {
        say_where(intake, file, line, err);
    }
    return status;
}

ams_status ams_intake_direct(ams_intake *intake, const ams_direct_row *direct, uint32_t file,
                             uint64_t line, ams_error *err)
{
    const ams_row *row = &direct->row;
    const uint32_t model = direct->model;
    ams_status status = AMS_OK;
    AMS_TRY(check_unusual(intake, row, err));
    const uint32_t item = direct->again ? intake->last_item : find_item(intake, row->item);
    if (item != AMS_NO_NAME &&
        (!direct->again || ams_executions_of(&intake->executions, item)[model] != AMS_NO_RUN)) {
        AMS_TRY(check_item(intake, row, item, model, err));
    }
    ams_spool_run run = {.line = line, .file = file};
    AMS_TRY(read_direct(intake, direct, &run, err));
    status = keep_row(intake, row, item, model, &run, err);
out:
    if (status == AMS_BAD_DATA) {
        say_where(intake, file, line, err);
    }
    return status;
}
