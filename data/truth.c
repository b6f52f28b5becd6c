/* The right answers of an import: from rows or a table of their own, and into the file. */
#include "data/import.h"

#include "base/memory.h"
#include "base/tsv.h"
#include "data/parts.h"
#include "data/rows.h"

#include <stdlib.h>
#include <string.h>

/* Of a row of the table: which task it speaks of. */
static ams_status find_task(const ams_intake *intake, const ams_tsv *tsv, size_t row,
                            size_t column, uint32_t *task, ams_error *err)
{
    const ams_names *tasks = &intake->models.task_name;
    *task = 0;
    if (column == AMS_NO_COLUMN) {
        return AMS_OK;
    }
    const char *name = ams_tsv_cell(tsv, row, column);
    *task = ams_names_find(tasks, name, strlen(name));
    if (*task == AMS_NO_NAME) {
        return ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected a task of %s, found '%s'",
                        tsv->path, ams_tsv_line(tsv, row), intake->options->models_path, name);
    }
    return AMS_OK;
}

static ams_status take_answers(ams_intake *intake, const ams_tsv *tsv, ams_error *err)
{
    size_t item_column = 0;
    size_t truth_column = 0;
    const size_t task_column = ams_tsv_column(tsv, "task");
    uint64_t taken = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, "item", &item_column, err));
    AMS_TRY(ams_tsv_require(tsv, "truth", &truth_column, err));
    if (task_column == AMS_NO_COLUMN && intake->models.task_name.count > 1) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected a column 'task', since the models have %u tasks, found "
                        "none",
                        tsv->path, intake->models.task_name.count);
    }
    for (size_t row = 0; row < tsv->n_rows; row++) {
        const char *id = ams_tsv_cell(tsv, row, item_column);
        const char *label = ams_tsv_cell(tsv, row, truth_column);
        const uint32_t item = ams_names_find(&intake->item, id, strlen(id));
        uint32_t task = 0;
        AMS_TRY(find_task(intake, tsv, row, task_column, &task, err));
        if (item == AMS_NO_NAME || label[0] == '\0') {
            intake->counts->truth_left_out++;
            continue;
        }
        status = ams_row_check_name("label", label, err);
        if (status == AMS_OK) {
            status = ams_intake_answer_name(intake, id, &label, err);
        }
        if (status != AMS_OK) {
            ams_error_prefix(err, "%s:%zu", tsv->path, ams_tsv_line(tsv, row));
            goto out;
        }
        AMS_TRY(ams_intake_answer(intake, item, task, label, err));
        taken++;
    }
    if (taken == 0) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: expected the truth of items that have rows, found %zu line%s "
                          "and none of such an item",
                          tsv->path, tsv->n_rows, tsv->n_rows == 1 ? "" : "s");
    }
out:
    return status;
}

ams_status ams_intake_truth(ams_intake *intake, ams_error *err)
{
    ams_tsv tsv = {0};
    ams_status status = AMS_OK;
    if (intake->options->truth_path == NULL) {
        return AMS_OK;
    }
    AMS_TRY(ams_tsv_read_packed(&tsv, intake->options->truth_path, err));
    status = take_answers(intake, &tsv, err);
out:
    ams_tsv_fini(&tsv);
    return status;
}

ams_status ams_intake_give_truth(ams_intake *intake, ams_table *head, const uint32_t *order,
                                 const uint32_t *rank, ams_error *err)
{
    uint32_t *place = NULL;
    ams_status status = AMS_OK;
    if (intake->n_answers == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&place, head->n_items, sizeof *place, "truth", err));
    for (uint32_t i = 0; i < head->n_items; i++) {
        place[order[i]] = i;
    }
    for (size_t i = 0; i < intake->n_answers; i++) {
        ams_answer *answer = &intake->answer[i];
        *answer = (ams_answer){.item = place[answer->item], .label = rank[answer->label]};
    }
    AMS_TRY(ams_table_set_truth(head, intake->answer, intake->n_answers, err));
    for (uint32_t i = 0; i < head->n_items; i++) {
        const uint32_t *label = NULL;
        intake->counts->items_with_truth += ams_table_truth(head, i, &label) > 0;
    }
out:
    free(place);
    return status;
}
