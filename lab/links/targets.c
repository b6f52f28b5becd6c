/* Every link between two models, and the link of any set. */
#include "ams/link_selection.h"

#include "ams/link_file.h"
#include "base/memory.h"

#include <stdlib.h>

/* The best source of a target. */
static uint32_t best_source(const ams_link_session *s, uint32_t j)
{
    const uint32_t n = s->space.n_models;
    uint32_t best = j == 0 ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i != j && s->p[(size_t)i * n + j] > s->p[(size_t)best * n + j]) {
            best = i;
        }
    }
    return best;
}

static const ams_column columns[] = {
    {.name = "target",
     .meaning = "the model that is predicted",
     .head = "target",
     .width = -28},
    {.name = "columns", .meaning = "labels that are predicted", .head = "columns", .width = 8},
    {.name = "constant",
     .meaning = "F1 on validation of a constant prediction",
     .head = "constant",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "best",
     .meaning = "F1 on validation of the best single source",
     .head = "best",
     .width = 8,
     .shown = AMS_DECIMALS(4),
     .absent = ""},
    {.name = "from",
     .meaning = "which source that is",
     .head = " from",
     .before = " ",
     .absent = ""},
};

ams_status ams_link_session_result(const ams_link_session *s, ams_result *result,
                                   ams_error *err)
{
    const uint32_t n = s->space.n_models;
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"data_hash", ams_cell_text(s->data_hash)},
                             {"training_items", ams_cell_count(s->training.n)},
                             {"validation_items", ams_cell_count(s->validation.n)}));
    AMS_TRY(ams_result_add_frame(result, "rows", columns, sizeof columns / sizeof *columns,
                                 &rows, err));
    for (uint32_t j = 0; j < n; j++) {
        const uint32_t best = n > 1 ? best_source(s, j) : 0;
        AMS_TRY(AMS_FRAME_ADD(
            rows, err, ams_cell_text(ams_names_get(&s->table.model_name, j)),
            ams_cell_count(ams_link_width(&s->space, j)), ams_cell_real(s->p0[j]),
            ams_cell_if(n > 1, ams_cell_real(s->p[(size_t)best * n + j])),
            ams_cell_if(n > 1, ams_cell_text(ams_names_get(&s->table.model_name, best)))));
    }
out:
    return status;
}

ams_status ams_link_session_write(const ams_link_session *s, const char *path, ams_error *err)
{
    const uint32_t n = s->space.n_models;
    const ams_link_ran all = {.set = 0};
    const ams_link_map **map = NULL;
    ams_link_map any = {.weight = NULL};
    ams_status status = AMS_OK;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&map, (size_t)n + 2, sizeof *map, "links", err));
    AMS_TRY(ams_link_fit_any(&any, &s->space, &s->gram, err));
    const ams_link_predictor predictor = ams_link_map_predictor(&any);
    AMS_TRY(ams_link_rate(&predictor, &s->space, &s->validation, &all, false, any.tau,
                          any.quality, err));
    for (uint32_t i = 0; i < n; i++) {
        map[i] = &s->pair[i];
    }
    map[n] = &s->constant;
    map[n + 1] = &any;
    status = ams_link_file_write(path, &s->table, s->data_hash, &s->space, map, n + 2,
                                 AMS_LINK_NOT_CHOSEN, err);
out:
    ams_link_map_fini(&any);
    free((void *)map);
    return status;
}
