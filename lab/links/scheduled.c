#include "ams/link_scheduled.h"

#include "ams/schedule.h"
#include "base/memory.h"
#include "lab/links/adaptive.h"
#include "lab/links/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The models that finished on each item of a split. */
typedef struct scheduled_part {
    uint64_t *ran; /* (n) */
    uint32_t n;
    double models, time_ms;
} scheduled_part;

static ams_status schedule_part(const ams_link_scheduled *s, const ams_policy *policy,
                                ams_split split, double deadline_ms, scheduled_part *part,
                                ams_error *err)
{
    const ams_table *t = &s->session->table;
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    void *worker = NULL;
    ams_status status = AMS_OK;
    *part = (scheduled_part){.n = 0};
    AMS_TRY(ams_alloc(&part->ran, t->n_items, sizeof *part->ran, "schedules", err));
    if (kind->worker_create != NULL) {
        AMS_TRY(kind->worker_create(policy, &worker, err));
    }
    const ams_schedule_task task = {
        .env = s->env,
        .scheduler =
            ams_scheduler_named(kind->values != NULL ? "algorithm1" : "first-fit", false),
        .policy = policy,
        .worker = worker,
        .expected_ms = s->env->time_ms,
        .mem_mb = t->mem_mb,
        .deadline_ms = deadline_ms};
    for (uint32_t i = 0; i < t->n_items; i++) {
        ams_schedule schedule;
        if (t->split[i] != split) {
            continue;
        }
        ams_policy_aim(policy, worker, deadline_ms);
        ams_schedule_item(&schedule, &task, i, 0, s->env->time_ms);
        part->ran[part->n++] = schedule.seen;
        part->models += __builtin_popcountll(schedule.seen);
        for (uint32_t m = 0; m < t->n_models; m++) {
            part->time_ms += schedule.seen >> m & 1 ? s->session->time_ms[m] : 0;
        }
    }
out:
    if (worker != NULL && kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
    return status;
}

static ams_status add_rows(ams_link_scheduled *s, ams_link_fill *fill, uint32_t fillings,
                           const ams_policy *policy, double deadline_ms, ams_error *err)
{
    scheduled_part validation = {.n = 0};
    scheduled_part measured = {.n = 0};
    ams_link_accuracy accuracy;
    ams_status status = AMS_OK;
    AMS_TRY(schedule_part(s, policy, AMS_VALIDATION, deadline_ms, &validation, err));
    AMS_TRY(schedule_part(s, policy, s->session->options.split, deadline_ms, &measured, err));
    const ams_link_ran tuned = {.each = validation.ran};
    const ams_link_ran ran = {.each = measured.ran};
    AMS_TRY(ams_link_fill_tune(&fill[AMS_FILL_CONSTANT], &tuned, err));
    AMS_TRY(ams_link_fill_measure(&fill[AMS_FILL_CONSTANT], &ran, &accuracy, NULL, err));
    const double floor = accuracy.mean[AMS_LINK_F1];
    for (uint32_t f = 0; f < AMS_FILLINGS; f++) {
        if (!(fillings >> f & 1)) {
            continue;
        }
        AMS_TRY(ams_link_fill_tune(&fill[f], &tuned, err));
        AMS_TRY(ams_link_fill_measure(&fill[f], &ran, &accuracy, NULL, err));
        s->row[s->n_rows++] = (ams_scheduled_row){.label = ams_policy_label(policy),
                                                  .core = (double)NAN,
                                                  .deadline_ms = deadline_ms,
                                                  .filling = (ams_link_filling)f,
                                                  .models = measured.models / measured.n,
                                                  .time_ms = measured.time_ms / measured.n,
                                                  .f1 = accuracy.mean[AMS_LINK_F1],
                                                  .floor = floor};
    }
out:
    free(validation.ran);
    free(measured.ran);
    return status;
}

/* A core set and its adaptive rest. */
static ams_status add_core(ams_link_scheduled *s, double share, double deadline_ms,
                           ams_error *err)
{
    const ams_link_session *session = s->session;
    const ams_link_budget budget = {share * deadline_ms, (double)INFINITY};
    const ams_link_items *const items[2] = {&session->validation, &session->measured};
    ams_choice choice = {.set = 0};
    ams_link_fill fill[2] = {{.session = NULL}, {.session = NULL}};
    uint64_t *ran[2] = {NULL, NULL};
    ams_link_accuracy linked;
    ams_link_accuracy floor;
    ams_scheduled_row *row = &s->row[s->n_rows];
    ams_status status = AMS_OK;
    if (share > 0) {
        AMS_TRY(ams_link_session_choose(session, AMS_CHOOSE_FACILITY, &budget, &choice, err));
    }
    AMS_TRY(ams_link_fill_init(&fill[0], session, AMS_FILL_REFIT, choice.set, err));
    AMS_TRY(ams_link_fill_init(&fill[1], session, AMS_FILL_CONSTANT, choice.set, err));
    for (int k = 0; k < 2; k++) {
        AMS_TRY(ams_alloc(&ran[k], items[k]->n, sizeof **ran, "schedules", err));
        AMS_TRY(
            ams_link_run_adaptive(&fill[0], choice.set, deadline_ms, items[k], ran[k], err));
    }
    const ams_link_ran tuned = {.each = ran[0]};
    const ams_link_ran measured = {.each = ran[1]};
    AMS_TRY(ams_link_fill_tune(&fill[0], &tuned, err));
    AMS_TRY(ams_link_fill_tune(&fill[1], &tuned, err));
    AMS_TRY(ams_link_fill_measure(&fill[0], &measured, &linked, NULL, err));
    AMS_TRY(ams_link_fill_measure(&fill[1], &measured, &floor, NULL, err));
    *row = (ams_scheduled_row){.label = "core",
                               .core = share,
                               .deadline_ms = deadline_ms,
                               .filling = AMS_FILL_REFIT,
                               .f1 = linked.mean[AMS_LINK_F1],
                               .floor = floor.mean[AMS_LINK_F1]};
    for (uint32_t i = 0; i < items[1]->n; i++) {
        row->models += (double)__builtin_popcountll(ran[1][i]) / items[1]->n;
        for (uint32_t m = 0; m < session->space.n_models; m++) {
            row->time_ms += ran[1][i] >> m & 1 ? session->time_ms[m] / items[1]->n : 0;
        }
    }
    s->n_rows++;
out:
    for (int k = 0; k < 2; k++) {
        ams_link_fill_fini(&fill[k]);
        free(ran[k]);
    }
    return status;
}

ams_status ams_link_scheduled_run(ams_link_scheduled *s, const ams_link_session *session,
                                  const ams_link_scheduled_options *o, ams_error *err)
{
    const ams_env_options options = ams_env_defaults();
    const uint32_t fillings = o->fillings;
    const uint32_t any_set = 1U << AMS_FILL_NOTHING | 1U << AMS_FILL_CONSTANT |
                             1U << AMS_FILL_BEST | 1U << AMS_FILL_MEAN | 1U << AMS_FILL_ANY;
    ams_link_fill fill[AMS_FILLINGS] = {{.session = NULL}};
    const size_t rows =
        o->n_deadlines *
        ((size_t)o->n_specs * (uint32_t)__builtin_popcount(fillings) + o->n_cores);
    ams_status status = AMS_OK;
    *s = (ams_link_scheduled){.session = session};
    if ((fillings & ~any_set) != 0) {
        return ams_fail(err, AMS_USAGE,
                        "each item has a set of its own, so it is filled by nothing, constant, "
                        "best, mean or any");
    }
    AMS_TRY(ams_env_create(&s->env, &session->table, &options, err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&s->policy, o->n_specs, sizeof *s->policy, "policies", err));
    AMS_TRY(ams_alloc(&s->row, rows, sizeof *s->row, "rows", err));
    for (; s->n_policies < o->n_specs; s->n_policies++) {
        AMS_TRY(ams_policy_create(&s->policy[s->n_policies], o->spec[s->n_policies],
                                  &session->table, s->env, err));
    }
    for (uint32_t f = 0; f < AMS_FILLINGS; f++) {
        if ((fillings | 1U << AMS_FILL_CONSTANT) >> f & 1) {
            AMS_TRY(ams_link_fill_init(&fill[f], session, (ams_link_filling)f, 0, err));
        }
    }
    for (uint32_t d = 0; d < o->n_deadlines; d++) {
        for (uint32_t p = 0; p < o->n_specs; p++) {
            AMS_TRY(add_rows(s, fill, fillings, s->policy[p], o->deadline_ms[d], err));
        }
        for (uint32_t c = 0; c < o->n_cores; c++) {
            AMS_TRY(add_core(s, o->core[c], o->deadline_ms[d], err));
        }
    }
out:
    for (uint32_t f = 0; f < AMS_FILLINGS; f++) {
        ams_link_fill_fini(&fill[f]);
    }
    if (status != AMS_OK) {
        ams_link_scheduled_fini(s);
    }
    return status;
}

void ams_link_scheduled_fini(ams_link_scheduled *s)
{
    for (uint32_t p = 0; p < s->n_policies; p++) {
        ams_policy_destroy(s->policy[p]);
    }
    free((void *)s->policy);
    free(s->row);
    ams_env_destroy(s->env);
    *s = (ams_link_scheduled){.row = NULL};
}

static const ams_column columns[] = {
    {.name = "policy", .meaning = "what schedules", .head = "policy", .width = -24},
    {.name = "deadline_ms", .meaning = "when its time is up, ms"},
    {.name = "fill",
     .meaning = "how what did not run is filled in",
     .head = "fill",
     .width = -10},
    {.name = "models",
     .meaning = "mean per item that finished",
     .digits = AMS_DECIMALS(4),
     .head = "models",
     .width = 8,
     .shown = AMS_DECIMALS(2)},
    {.name = "time_ms",
     .meaning = "their mean time per item, ms",
     .digits = AMS_COST(3),
     .head = "time_ms",
     .width = 9,
     .shown = AMS_COST(1)},
    {.name = "f1",
     .meaning = "mean F1 of all outputs",
     .digits = AMS_DECIMALS(6),
     .head = "f1",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "floor",
     .meaning = "the same executions, filled with constants",
     .digits = AMS_DECIMALS(6),
     .head = "floor",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "skill",
     .meaning = "what links add, as a share of 1 - floor",
     .digits = AMS_DECIMALS(6),
     .head = "skill",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
};

ams_status ams_link_scheduled_result(const ams_link_scheduled *s, ams_result *result,
                                     ams_error *err)
{
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_link_result_rows(result, s->session, columns, sizeof columns / sizeof *columns,
                                 &rows, err));
    for (uint32_t k = 0; k < s->n_rows; k++) {
        const ams_scheduled_row *r = &s->row[k];
        char core[32];
        snprintf(core, sizeof core, "core:%g", r->core);
        const char *name = isnan(r->core) ? r->label : core;
        AMS_TRY(AMS_FRAME_ADD(rows, err, ams_cell_text(name), ams_cell_real(r->deadline_ms),
                              ams_cell_text(ams_link_fillings[r->filling]),
                              ams_cell_real(r->models), ams_cell_real(r->time_ms),
                              ams_cell_real(r->f1), ams_cell_real(r->floor),
                              ams_cell_real(ams_link_skill(r->f1, r->floor))));
    }
out:
    return status;
}

ams_status ams_link_scheduled_write(const ams_link_scheduled *s, const char *path,
                                    ams_error *err)
{
    ams_result result = {.n = 0};
    ams_status status = ams_link_scheduled_result(s, &result, err);
    if (status == AMS_OK) {
        status = ams_frame_write_tsv(ams_result_frame(&result, "rows"), NULL, path, err);
    }
    ams_result_fini(&result);
    return status;
}
