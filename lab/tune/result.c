/* A search as a result: the rows of tune.tsv in the order of ranks. */
#include "ams/tune.h"

#include "base/memory.h"

#include <stdlib.h>

/* Two columns each: one for programs, one for people, who want the short ones alone. */
static ams_status add_columns(const ams_tune *tune, ams_result *result, ams_frame **rows,
                              ams_error *err)
{
    const size_t n = ams_tune_columns(tune);
    ams_column *column = NULL;
    char(*head)[AMS_TUNE_CELL + 1] = NULL;
    bool first = true;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&column, 2 * n, sizeof *column, "a table", err));
    AMS_TRY(ams_alloc(&head, n, sizeof *head, "a table", err));
    for (size_t c = 0; c < n; c++) {
        ams_column *shown = &column[2 * c + 1];
        head[c][0] = ' ';
        ams_tune_head(tune, c, head[c] + 1);
        column[2 * c].name = head[c] + 1;
        shown->json = "";
        if (ams_tune_is_short(tune, c)) {
            shown->head = head[c] + (first ? 1 : 0);
            shown->before = first ? "" : " ";
            shown->width = AMS_WIDEST;
            first = false;
        }
    }
    status = ams_result_add_frame(result, "rows", column, 2 * n, rows, err);
out:
    free(column);
    free(head);
    return status;
}

static ams_status add_trial(const ams_tune *tune, const ams_trial *trial, ams_frame *rows,
                            ams_error *err)
{
    const size_t n = ams_tune_columns(tune);
    ams_cell *cell = NULL;
    char(*text)[AMS_TUNE_CELL] = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&cell, 2 * n, sizeof *cell, "a table", err));
    AMS_TRY(ams_alloc(&text, n, sizeof *text, "a table", err));
    for (size_t c = 0; c < n; c++) {
        double number = 0;
        ams_tune_cell(tune, trial, c, text[c]);
        cell[2 * c] =
            ams_tune_number(tune, trial, c, &number)
                ? ams_cell_real(number)
                : ams_cell_if(text[c][0] != '-' || text[c][1] != '\0', ams_cell_text(text[c]));
        cell[2 * c + 1] = ams_cell_text(text[c]);
    }
    status = ams_frame_add(rows, cell, 2 * n, err);
out:
    free(cell);
    free(text);
    return status;
}

ams_status ams_tune_result(const ams_tune *tune, ams_result *result, ams_error *err)
{
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(
        AMS_RESULT_FACTS(result, err, {"data_hash", ams_cell_text(tune->data_hash)},
                         {"metric", ams_cell_text(ams_tune_by_area(tune) ? "area" : "time_ms")},
                         {"cost_unit", ams_cell_text(tune->cost_unit)}));
    AMS_TRY(add_columns(tune, result, &rows, err));
    for (uint32_t rank = 1; rank <= tune->n_trials; rank++) {
        const ams_trial *trial = ams_tune_ranked(tune, rank);
        AMS_TRY(trial == NULL ? AMS_OK : add_trial(tune, trial, rows, err));
    }
out:
    return status;
}
