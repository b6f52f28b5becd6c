/* Guarantees on several splits, and their tables. */
#include "ams/link_guarantee.h"

#include "base/memory.h"
#include "lab/links/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILLS = 2 };
static const ams_link_filling fills[FILLS] = {AMS_FILL_REFIT, AMS_FILL_CONSTANT};

/* Results of one seed, budget and filling, one per alpha. */
static ams_link_guarantee *row_of(const ams_link_guarantee_study *s, size_t seed,
                                  uint32_t budget, uint32_t fill)
{
    return s->row + ((seed * s->n_budgets + budget) * FILLS + fill) * s->n_alphas;
}

ams_status ams_link_guarantee_study_init(ams_link_guarantee_study *study,
                                         const ams_link_session *session, ams_error *err)
{
    study->total_time_ms = session->total_time_ms;
    snprintf(study->cost_unit, sizeof study->cost_unit, "%s",
             ams_table_cost_unit(&session->table));
    study->total_mem_mb = session->total_mem_mb;
    return ams_alloc(&study->row, study->n_seeds * study->n_budgets * FILLS * study->n_alphas,
                     sizeof *study->row, "results", err);
}

ams_status ams_link_guarantee_study_run(ams_link_guarantee_study *study,
                                        const ams_link_session *session, size_t seed,
                                        ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t b = 0; b < study->n_budgets; b++) {
        ams_choice choice;
        AMS_TRY(
            ams_link_session_choose(session, study->method, &study->budget[b], &choice, err));
        for (uint32_t f = 0; f < FILLS; f++) {
            AMS_TRY(ams_link_guarantee_run(row_of(study, seed, b, f), study->alpha,
                                           study->n_alphas, session, choice.set, fills[f],
                                           study->seed[seed], err));
        }
    }
out:
    return status;
}

void ams_link_guarantee_study_fini(ams_link_guarantee_study *study)
{
    free(study->row);
    study->row = NULL;
}

/* -- the tables -- */

#define SHARE(key, title, text)                                                                \
    {                                                                                          \
        .name = (key), .meaning = (text), .digits = AMS_DECIMALS(6), .head = (title),          \
        .width = 10, .shown = AMS_DECIMALS(2), .scale = 100, .after = " %"                     \
    }

static const ams_column row_columns[] = {
    {.name = "seed", .meaning = "that drew the split"},
    {.name = "time_budget_ms",
     .meaning = "limit on the time of the models that always run, ms"},
    {.name = "mem_budget_mb", .meaning = "limit on their memory, MB"},
    {.name = "fill", .meaning = "how the others are filled in"},
    {.name = "alpha", .meaning = "share of wrong answers that is allowed"},
    {.name = "time_ms",
     .meaning = "mean per item, of the set and of what links abstained for, ms",
     .digits = AMS_COST(3)},
    {.name = "set_time_ms", .meaning = "of the set alone, ms", .digits = AMS_COST(3)},
    {.name = "accepted",
     .meaning = "share of the outputs that links answer",
     .digits = AMS_DECIMALS(6)},
    {.name = "error", .meaning = "share of these that is wrong", .digits = AMS_DECIMALS(6)},
    {.name = "targets",
     .meaning = "models for which links answer at all",
     .digits = AMS_DECIMALS(0)},
    {.name = "over",
     .meaning = "of these, models whose own error is over alpha",
     .digits = AMS_DECIMALS(0)},
    {.name = "f1", .meaning = "mean F1 of all outputs", .digits = AMS_DECIMALS(6)},
};

static const ams_column mean_columns[] = {
    {.name = "time_budget_ms",
     .meaning = "limit on the time of the models that always run, ms"},
    {.name = "mem_budget_mb", .meaning = "limit on their memory, MB"},
    {.name = "alpha",
     .meaning = "share of wrong answers that is allowed",
     .head = "alpha",
     .width = 7,
     .shown = AMS_SIGNIFICANT(3),
     .scale = 100,
     .after = " %"},
    {.name = "fill", .meaning = "how the others are filled in", .head = "fill", .width = -9},
    LINK_TIME_COLUMN("mean over seeds and items, ms"),
    LINK_TIME_SHARE_COLUMN,
    {.name = "accepted",
     .meaning = "share of the outputs that links answer",
     .head = "accepted",
     .width = 10,
     .shown = AMS_DECIMALS(1),
     .scale = 100,
     .after = " %"},
    SHARE("error", "error", "share of these that is wrong"),
    SHARE("worst", "worst", "the same of the worst seed"),
    {.name = "kept", .meaning = "seeds with an error of at most alpha"},
    {.name = "seeds", .meaning = "of so many"},
    {.json = "", .head = "kept", .width = 9},
    {.name = "over",
     .meaning = "share of the answering models whose own error is over alpha",
     .head = "over",
     .width = 10,
     .shown = AMS_DECIMALS(1),
     .scale = 100,
     .after = " %"},
    {.name = "f1",
     .meaning = "mean F1 of all outputs",
     .head = "f1",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
};

static ams_status add_rows(ams_frame *rows, const ams_link_guarantee_study *s, size_t seed,
                           uint32_t b, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t i = 0; status == AMS_OK && i < FILLS * s->n_alphas; i++) {
        const ams_link_guarantee *r = row_of(s, seed, b, 0) + i;
        status = AMS_FRAME_ADD(
            rows, err, ams_cell_count(s->seed[seed]), ams_cell_real(s->budget[b].time_ms),
            ams_cell_real(s->budget[b].mem_mb),
            ams_cell_text(ams_link_fillings[fills[i / s->n_alphas]]), ams_cell_real(r->alpha),
            ams_cell_real(r->time_ms), ams_cell_real(r->without_ms), ams_cell_real(r->accepted),
            ams_cell_real(r->error), ams_cell_real(r->targets), ams_cell_real(r->over),
            ams_cell_real(r->f1));
    }
    return status;
}

static ams_status add_mean(ams_frame *means, const ams_link_guarantee_study *s, uint32_t b,
                           uint32_t f, uint32_t a, ams_error *err)
{
    const double n = (double)s->n_seeds;
    ams_link_guarantee mean = {.alpha = s->alpha[a]};
    double worst = 0;
    double targets = 0;
    double over = 0;
    size_t kept = 0;
    char text[48];
    for (size_t k = 0; k < s->n_seeds; k++) {
        const ams_link_guarantee *r = row_of(s, k, b, f) + a;
        mean.time_ms += r->time_ms / n;
        mean.accepted += r->accepted / n;
        mean.error += r->error / n;
        mean.f1 += r->f1 / n;
        targets += r->targets;
        over += r->over;
        worst = fmax(r->error, worst);
        kept += r->error <= r->alpha;
    }
    snprintf(text, sizeof text, "%zu/%zu", kept, s->n_seeds);
    return AMS_FRAME_ADD(
        means, err, ams_cell_real(s->budget[b].time_ms), ams_cell_real(s->budget[b].mem_mb),
        ams_cell_real(mean.alpha), ams_cell_text(ams_link_fillings[fills[f]]),
        ams_cell_real(mean.time_ms), ams_cell_real(mean.time_ms / s->total_time_ms),
        ams_cell_real(mean.accepted), ams_cell_real(mean.error), ams_cell_real(worst),
        ams_cell_count(kept), ams_cell_count(s->n_seeds), ams_cell_text(text),
        ams_cell_real(targets > 0 ? over / targets : 0), ams_cell_real(mean.f1));
}

ams_status ams_link_guarantee_study_result(const ams_link_guarantee_study *study,
                                           ams_result *result, ams_error *err)
{
    ams_frame *rows = NULL;
    ams_frame *means = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"cost_unit", ams_cell_text(study->cost_unit)}));
    AMS_TRY(ams_result_add_frame(result, "rows", row_columns,
                                 sizeof row_columns / sizeof *row_columns, &rows, err));
    AMS_TRY(ams_result_add_frame(result, "means", mean_columns,
                                 sizeof mean_columns / sizeof *mean_columns, &means, err));
    AMS_TRY(ams_frame_set_unit(means, study->cost_unit, err));
    for (size_t k = 0; k < study->n_seeds; k++) {
        for (uint32_t b = 0; b < study->n_budgets; b++) {
            AMS_TRY(add_rows(rows, study, k, b, err));
        }
    }
    for (uint32_t i = 0; i < study->n_budgets * study->n_alphas * FILLS; i++) {
        AMS_TRY(add_mean(means, study, i / FILLS / study->n_alphas, i % FILLS,
                         i / FILLS % study->n_alphas, err));
    }
out:
    return status;
}
