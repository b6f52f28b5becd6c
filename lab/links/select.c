/* One choice of models, and what links make of it. */
#include "ams/link_selection.h"

#include "ams/link_file.h"

#include <math.h>
#include <string.h>

ams_status ams_link_selection_run(ams_link_selection *c, const ams_link_session *s,
                                  ams_link_method method, const ams_link_budget *budget,
                                  ams_error *err)
{
    ams_link_accuracy linked;
    ams_link_accuracy constant;
    ams_link_fill floor = {.session = NULL};
    ams_status status = AMS_OK;
    *c = (ams_link_selection){.session = s, .method = method, .budget = *budget};
    AMS_TRY(ams_link_session_choose(s, method, budget, &c->choice, err));
    const ams_link_ran ran = {.set = c->choice.set};
    AMS_TRY(ams_link_fill_init(&c->fill, s, AMS_FILL_REFIT, ran.set, err));
    AMS_TRY(ams_link_fill_measure(&c->fill, &ran, &linked, NULL, err));
    AMS_TRY(ams_link_fill_init(&floor, s, AMS_FILL_CONSTANT, ran.set, err));
    AMS_TRY(ams_link_fill_measure(&floor, &ran, &constant, NULL, err));
    for (uint32_t m = 0; m < s->space.n_models; m++) {
        c->time_ms += ran.set >> m & 1 ? s->time_ms[m] : 0;
        c->mem_mb += ran.set >> m & 1 ? s->mem_mb[m] : 0;
    }
    c->link_us = 1e6 * linked.seconds / s->measured.n;
    c->f1 = linked.mean[AMS_LINK_F1];
    c->floor = constant.mean[AMS_LINK_F1];
out:
    ams_link_fill_fini(&floor);
    return status;
}

void ams_link_selection_fini(ams_link_selection *selection)
{
    ams_link_fill_fini(&selection->fill);
}

static const ams_column columns[] = {
    {.name = "model", .meaning = "its name", .head = "model", .width = -28},
    {.name = "time_ms",
     .meaning = "time of an execution, ms",
     .head = "time_ms",
     .width = 9,
     .shown = AMS_COST(1)},
    {.name = "mem_mb",
     .meaning = "memory of an execution, MB",
     .head = "mem_mb",
     .width = 9,
     .shown = AMS_COST(1)},
    {.name = "runs",
     .meaning = "whether it is chosen to run",
     .head = "",
     .width = 6,
     .yes = "runs",
     .no = "linked"},
    {.name = "f1",
     .meaning = "mean F1 of its outputs, 1 where it runs",
     .head = "F1",
     .width = 9,
     .shown = AMS_DECIMALS(4)},
};

ams_status ams_link_selection_result(const ams_link_selection *c, ams_result *result,
                                     ams_error *err)
{
    const ams_link_session *s = c->session;
    const bool links = c->method != AMS_CHOOSE_REFIT && c->method != AMS_CHOOSE_CONSTANT;
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(
        result, err, {"data_hash", ams_cell_text(s->data_hash)},
        {"cost_unit", ams_cell_text(ams_table_cost_unit(&s->table))},
        {"method", ams_cell_text(ams_link_methods[c->method])},
        {"items", ams_cell_count(s->measured.n)},
        {"objective", ams_cell_if(links, ams_cell_real(c->choice.value))},
        {"bound", ams_cell_if(links, ams_cell_real(c->choice.bound))},
        {"optimal", ams_cell_flag(c->choice.optimal)}, {"time_ms", ams_cell_real(c->time_ms)},
        {"mem_mb", ams_cell_real(c->mem_mb)}, {"link_us", ams_cell_real(c->link_us)},
        {"f1", ams_cell_real(c->f1)}, {"floor", ams_cell_real(c->floor)},
        {"skill", ams_cell_real(ams_link_skill(c->f1, c->floor))}));
    AMS_TRY(ams_result_add_frame(result, "rows", columns, sizeof columns / sizeof *columns,
                                 &rows, err));
    AMS_TRY(ams_frame_set_unit(rows, ams_table_cost_unit(&s->table), err));
    for (uint32_t m = 0; m < s->space.n_models; m++) {
        const bool runs = (c->choice.set >> m & 1) != 0;
        AMS_TRY(AMS_FRAME_ADD(rows, err, ams_cell_text(ams_names_get(&s->table.model_name, m)),
                              ams_cell_real(s->time_ms[m]), ams_cell_real(s->mem_mb[m]),
                              ams_cell_flag(runs),
                              ams_cell_real(runs ? 1 : c->fill.quality[m])));
    }
out:
    return status;
}

ams_status ams_link_selection_write(ams_link_selection *c, const char *path, ams_error *err)
{
    const ams_link_session *s = c->session;
    const ams_link_map *const map = &c->fill.map;
    memcpy(c->fill.map.tau, c->fill.tau, sizeof c->fill.tau);
    memcpy(c->fill.map.quality, c->fill.quality, sizeof c->fill.quality);
    return ams_link_file_write(path, &s->table, s->data_hash, &s->space, &map, 1, 0, err);
}
