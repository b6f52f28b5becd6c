/* The tables of a study. */
#include "lab/budget/parts.h"

#include "ams/frame.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/figures/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the head is the unit of costs. */
enum { UNIT_COLUMN = 7, SCORE_COLUMN = 8, F1_COLUMN = 13 };

static const ams_column curve_columns[] = {
    {.name = AMS_COL_POLICY,
     .meaning = "what decides which models are called",
     .head = "policy",
     .width = -24},
    {.name = AMS_COL_SEED, .meaning = "of folds, mixing and intervals", .json = ""},
    {.name = "lambda",
     .meaning = "price of a unit of cost, in right answers",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
    {.name = AMS_COL_BUDGET,
     .meaning = "mean cost per item that was asked for",
     .digits = AMS_SIGNIFICANT(7),
     .head = "budget",
     .width = 10,
     .shown = AMS_SIGNIFICANT(4)},
    {.name = AMS_COL_COST,
     .meaning = "mean cost per scored item",
     .digits = AMS_SIGNIFICANT(7),
     .head = "cost",
     .width = 10,
     .shown = AMS_SIGNIFICANT(4)},
    {.name = "cost_low",
     .meaning = "its 95 % interval, from",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
    {.name = "cost_high",
     .meaning = "its 95 % interval, to",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
    {.json = "", .head = "", .width = 10, .absent = ""},
    {.name = AMS_COL_SCORE,
     .meaning = "share of right answers",
     .digits = AMS_SIGNIFICANT(7),
     .json = "right",
     .head = "right",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = AMS_COL_SCORE_LOW,
     .meaning = "its 95 % interval, from",
     .digits = AMS_SIGNIFICANT(7),
     .json = "ci_low",
     .head = "",
     .width = 10,
     .shown = AMS_DECIMALS(4),
     .before = "[",
     .after = ","},
    {.name = AMS_COL_SCORE_HIGH,
     .meaning = "its 95 % interval, to",
     .digits = AMS_SIGNIFICANT(7),
     .json = "ci_high",
     .head = "95 %",
     .width = 7,
     .shown = AMS_DECIMALS(4),
     .after = "]"},
    {.name = "train_cost",
     .meaning = "mean cost per training item",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
    {.name = "train_score",
     .meaning = "share of right answers on training items",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
    {.name = "f1",
     .meaning = "F1 where items have several right labels",
     .digits = AMS_SIGNIFICANT(7),
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "exact",
     .meaning = "share of items with exactly the right labels",
     .digits = AMS_SIGNIFICANT(7),
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "map",
     .meaning = "mean average precision over labels",
     .digits = AMS_SIGNIFICANT(7),
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "models", .meaning = "after which an order is cut off"},
};

static const ams_column area_columns[] = {
    {.name = AMS_COL_POLICY,
     .meaning = "what decides which models are called",
     .head = "policy",
     .width = -24},
    {.name = AMS_COL_SEED, .meaning = "of folds, mixing and intervals", .json = ""},
    {.name = "area",
     .meaning = "mean share of right answers over all budgets",
     .digits = AMS_SIGNIFICANT(7),
     .head = "area",
     .width = 10,
     .shown = AMS_DECIMALS(4)},
    {.name = "cost_of_single",
     .meaning = "least cost at which it is as right as that model",
     .digits = AMS_SIGNIFICANT(7)},
    {.json = "", .head = "as right as that at"},
    {.name = "single", .meaning = "the best single model on training items", .json = ""},
    {.name = "single_cost",
     .meaning = "its mean cost per scored item",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
    {.name = "single_score",
     .meaning = "its share of right answers",
     .digits = AMS_SIGNIFICANT(7),
     .json = ""},
};

static ams_status add_point(ams_frame *rows, const ams_budget *budget,
                            const ams_budget_point *p, ams_error *err)
{
    return AMS_FRAME_ADD(
        rows, err, ams_cell_text(p->policy), ams_cell_count(budget->seed),
        ams_cell_real(p->lambda), ams_cell_real(p->budget), ams_cell_real(p->cost.mean),
        ams_cell_real(p->cost.low), ams_cell_real(p->cost.high), ams_cell_none(),
        ams_cell_real(p->score.mean), ams_cell_real(p->score.low), ams_cell_real(p->score.high),
        ams_cell_real(p->train_cost), ams_cell_real(p->train_score), ams_cell_real(p->f1),
        ams_cell_real(p->exact), ams_cell_real(p->map),
        p->n_models == 0 ? ams_cell_none() : ams_cell_count(p->n_models));
}

static ams_status add_curve(ams_frame *curves, const ams_budget *budget,
                            const ams_budget_curve *c, ams_error *err)
{
    const ams_budget_point *single = &budget->point[budget->best_single];
    char cost[64] = "no cost";
    if (!isnan(c->cost_of_single)) {
        snprintf(cost, sizeof cost, "%.4g, %.0f %% of its cost", c->cost_of_single,
                 100 * c->cost_of_single / single->cost.mean);
    }
    return AMS_FRAME_ADD(curves, err, ams_cell_text(c->policy), ams_cell_count(budget->seed),
                         ams_cell_real(c->area), ams_cell_real(c->cost_of_single),
                         ams_cell_text(cost), ams_cell_text(single->policy),
                         ams_cell_real(single->cost.mean), ams_cell_real(single->score.mean));
}

ams_status ams_budget_result(const ams_budget *b, ams_result *result, ams_error *err)
{
    ams_frame *rows = NULL;
    ams_frame *curves = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"cost_unit", ams_cell_text(b->cost_unit)},
                             {"training_items", ams_cell_count(b->n_train)},
                             {"items", ams_cell_count(b->n_scored)},
                             {"items_without_truth", ams_cell_count(b->n_without_truth)},
                             {"items_with_several", ams_cell_count(b->n_several)},
                             {"labels", ams_cell_count(b->n_classes)},
                             {"best_single", ams_cell_text(b->point[b->best_single].policy)}));
    AMS_TRY(ams_result_add_frame(result, "rows", curve_columns,
                                 sizeof curve_columns / sizeof *curve_columns, &rows, err));
    AMS_TRY(ams_frame_set_head(rows, UNIT_COLUMN, b->cost_unit, err));
    if (b->several) {
        AMS_TRY(ams_frame_set_head(rows, SCORE_COLUMN, b->exact ? "exact" : "F1", err));
        AMS_TRY(ams_frame_set_head(rows, F1_COLUMN, "F1", err));
        AMS_TRY(ams_frame_set_head(rows, F1_COLUMN + 1, "exact", err));
        AMS_TRY(ams_frame_set_head(rows, F1_COLUMN + 2, "mAP", err));
    }
    for (size_t k = 0; k < b->n_points; k++) {
        AMS_TRY(add_point(rows, b, &b->point[k], err));
    }
    AMS_TRY(ams_result_add_frame(result, "curves", area_columns,
                                 sizeof area_columns / sizeof *area_columns, &curves, err));
    for (size_t k = 0; k < b->n_curves; k++) {
        AMS_TRY(add_curve(curves, b, &b->curve[k], err));
    }
out:
    return status;
}

ams_status ams_budget_write(const ams_budget *budget, const char *folder, ams_error *err)
{
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(folder, err));
    AMS_TRY(ams_budget_result(budget, &result, err));
    AMS_TRY(ams_frame_write_tsv(ams_result_frame(&result, "rows"), folder, AMS_BUDGET_CURVE_TSV,
                                err));
    status = ams_frame_write_tsv(ams_result_frame(&result, "curves"), folder,
                                 AMS_BUDGET_SUMMARY_TSV, err);
out:
    ams_result_fini(&result);
    return status;
}

/* All but policies at one price, and orders after one number of models: those that are met at a
 * budget, and single models. */
static ams_status print_points(const ams_budget *b, const ams_frame *rows, FILE *out,
                               ams_error *err)
{
    uint32_t *order = NULL;
    size_t n = 0;
    ams_status status = ams_alloc(&order, b->n_points, sizeof *order, "rows", err);
    for (size_t k = 0; status == AMS_OK && k < b->n_points; k++) {
        if (!isnan(b->point[k].budget) || strncmp(b->point[k].policy, "single:", 7) == 0) {
            order[n++] = (uint32_t)k;
        }
    }
    if (status == AMS_OK) {
        ams_frame_print_order(rows, order, n, out);
    }
    free(order);
    return status;
}

/* A policy that cannot call as little as a budget allows, such as a cascade, which asks at
 * least one model: what it pays is no fault of the controller. */
static void print_overrun(const ams_budget *b, const ams_budget_curve *curve, FILE *out)
{
    double most = -1; /* of the budgets below */
    double paid = 0;
    for (size_t k = 0; k < b->n_points; k++) {
        const ams_budget_point *p = &b->point[k];
        if (p->name_index == curve->name_index && p->budget < 0.99 * curve->least &&
            p->budget > most) {
            most = p->budget;
            paid = p->cost.mean;
        }
    }
    if (most >= 0) {
        fprintf(
            out,
            "%s: pays %.4g at the budget %.4g, since the least that it can call costs that. "
            "Expected budgets from %.4g on; `exact` may call nothing\n",
            curve->policy, paid, most, curve->least);
    }
}

ams_status ams_budget_print(const ams_budget *b, FILE *out, ams_error *err)
{
    const ams_budget_point *single = &b->point[b->best_single];
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_budget_result(b, &result, err));
    fprintf(out, "%u training items, %u scored; %u models, %u labels\n", b->n_train,
            b->n_scored, b->n_models, b->n_classes);
    if (b->n_without_truth + b->n_several > 0) {
        fprintf(out, "left out: %u items without a right label; %u have several\n",
                b->n_without_truth, b->n_several);
    }
    AMS_TRY(print_points(b, ams_result_frame(&result, "rows"), out, err));
    for (size_t k = 0; k < b->n_curves; k++) {
        print_overrun(b, &b->curve[k], out);
    }
    fprintf(out, "\nbest single model: %s, right %.4f at %.4g %s\n", single->policy,
            single->score.mean, single->cost.mean, b->cost_unit);
    ams_frame_print(ams_result_frame(&result, "curves"), out);
out:
    ams_result_fini(&result);
    return status;
}
