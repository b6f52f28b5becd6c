/* Means of a stream's strategies over its segments, with paired intervals. */
#include "ams/link_stream.h"

#include "ams/paired.h"
#include "base/memory.h"
#include "lab/links/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DRAWS = 2000 };

static const ams_column label_columns[] = {
    {.name = "labels", .meaning = "strategy: what is labelled", .head = "labels", .width = -10},
    LINK_TIME_COLUMN("mean time per item, labels and profiles included, ms"),
    LINK_TIME_SHARE_COLUMN,
    {.name = "labelled",
     .meaning = "share of the items on which all models run",
     .head = "labelled",
     .width = 10,
     .shown = AMS_DECIMALS(1),
     .scale = 100,
     .after = " %"},
    {.name = "accuracy",
     .meaning = "mean F1 of all outputs",
     .head = "accuracy",
     .width = 9,
     .shown = AMS_DECIMALS(4)},
    {.name = "unrun",
     .meaning = "the same of the items that links answered",
     .head = "unrun",
     .width = 9,
     .shown = AMS_DECIMALS(4)},
    {.name = "predicted",
     .meaning = "of all items as predicted, also of those labelled after that",
     .head = "predicted",
     .width = 10,
     .shown = AMS_DECIMALS(4)},
    {.name = "floor",
     .meaning = "as unrun, filled with constants",
     .head = "floor",
     .width = 9,
     .shown = AMS_DECIMALS(4)},
    {.name = "skill",
     .meaning = "what links add, as a share of 1 - floor",
     .head = "skill",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "difference",
     .meaning = "of unrun to that of the first strategy",
     .head = "  unrun - none [95 %]",
     .width = -9,
     .shown = AMS_SIGNED_DECIMALS(4),
     .before = "  "},
    {.name = "ci_low",
     .meaning = "its 95 % interval over segments, from",
     .head = "",
     .shown = AMS_SIGNED_DECIMALS(4),
     .before = "[",
     .after = ","},
    {.name = "ci_high",
     .meaning = "its 95 % interval over segments, to",
     .head = "",
     .shown = AMS_SIGNED_DECIMALS(4),
     .after = "]"},
};
enum { DIFFERENCE = 9 };

static const ams_column reuse_columns[] = {
    {.json = "", .head = "all run", .width = -20},
    {.name = "theta", .meaning = "they run where the cheapest output changed by more"},
    {.name = "every", .meaning = "they run on every item of so many"},
    LINK_TIME_COLUMN("mean time per item, ms"),
    LINK_TIME_SHARE_COLUMN,
    {.name = "run_share",
     .meaning = "share of the items on which all models run",
     .head = "all run",
     .width = 10,
     .shown = AMS_DECIMALS(1),
     .scale = 100,
     .after = " %"},
    {.name = "accuracy",
     .meaning = "mean F1 of all outputs",
     .head = "accuracy",
     .width = 9,
     .shown = AMS_DECIMALS(4)},
};

/* Accuracies of each strategy's segments, for intervals over segments. value (n, segments) */
static ams_status bootstrap(const ams_link_stream *s, const uint32_t *label, uint32_t n,
                            double *value, ams_paired *paired, ams_error *err)
{
    const double *first[AMS_LINK_LABELS];
    ams_paired_group group[AMS_LINK_LABELS];
    const ams_bootstrap_options how = {.seed = s->options.seed, .draws = DRAWS};
    for (uint32_t k = 0; k < n; k++) {
        first[k] = value + (size_t)k * s->n_segments;
        group[k] = (ams_paired_group){.run = &first[k], .n_runs = 1};
        for (uint32_t i = 0; i < s->n_segments; i++) {
            value[(size_t)k * s->n_segments + i] = s->segment[label[k]][i].unrun;
        }
    }
    return ams_paired_run(paired, group, n, s->n_segments, 1, &how, err);
}

static ams_status add_label(ams_frame *rows, const ams_link_stream *s, uint32_t label,
                            ams_interval less, ams_error *err)
{
    const ams_link_stream_means mean = ams_link_stream_mean(s, (ams_link_label)label);
    return AMS_FRAME_ADD(
        rows, err, ams_cell_text(ams_link_labels[label]), ams_cell_real(mean.time_ms),
        ams_cell_real(mean.time_ms / s->total_time_ms), ams_cell_real(mean.labelled),
        ams_cell_real(mean.accuracy), ams_cell_real(mean.unrun), ams_cell_real(mean.predicted),
        ams_cell_real(mean.floor), ams_cell_real(ams_link_skill(mean.unrun, mean.floor)),
        ams_cell_real(less.mean), ams_cell_real(less.low), ams_cell_real(less.high));
}

static ams_status add_labels(ams_frame *rows, const ams_link_stream *s, ams_error *err)
{
    uint32_t label[AMS_LINK_LABELS];
    uint32_t n = 0;
    double *value = NULL;
    char head[64];
    ams_paired paired = {0};
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < AMS_LINK_LABELS; k++) {
        if (s->segment[k] != NULL) {
            label[n++] = k;
        }
    }
    AMS_TRY(ams_alloc(&value, (size_t)n * s->n_segments, sizeof *value, "intervals", err));
    AMS_TRY(bootstrap(s, label, n, value, &paired, err));
    snprintf(head, sizeof head, "  unrun - %s [95 %%]", ams_link_labels[label[0]]);
    AMS_TRY(ams_frame_set_head(rows, DIFFERENCE, head, err));
    for (uint32_t k = 0; k < n; k++) {
        AMS_TRY(add_label(rows, s, label[k],
                          ams_paired_interval(&paired, AMS_PAIRED_LESS, k, 0, 0), err));
    }
out:
    ams_paired_fini(&paired);
    free(value);
    return status;
}

static ams_status add_reuse(ams_frame *rows, const ams_link_stream *s, const ams_link_reuse *r,
                            ams_error *err)
{
    char name[32];
    if (r->every > 0) {
        snprintf(name, sizeof name, "every %u items", r->every);
    } else {
        snprintf(name, sizeof name, "trigger over %.2f", r->theta);
    }
    return AMS_FRAME_ADD(rows, err, ams_cell_text(name), ams_cell_real(r->theta),
                         ams_cell_if(r->every > 0, ams_cell_count(r->every)),
                         ams_cell_real(r->time_ms),
                         ams_cell_real(r->time_ms / s->total_time_ms),
                         ams_cell_real(r->run_share), ams_cell_real(r->accuracy));
}

ams_status ams_link_stream_result(const ams_link_stream *s, ams_result *result, ams_error *err)
{
    ams_frame *labels = NULL;
    ams_frame *reuse = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(
        result, err, {"cost_unit", ams_cell_text(ams_table_cost_unit(&s->table))},
        {"items", ams_cell_count(s->n)}, {"warm_up", ams_cell_count(s->warm_up)},
        {"segments", ams_cell_count(s->n_segments)},
        {"segment_items", ams_cell_count(s->options.segment)}));
    AMS_TRY(ams_result_add_frame(result, "labels", label_columns,
                                 sizeof label_columns / sizeof *label_columns, &labels, err));
    AMS_TRY(ams_frame_set_unit(labels, ams_table_cost_unit(&s->table), err));
    AMS_TRY(add_labels(labels, s, err));
    AMS_TRY(ams_result_add_frame(result, "reuse", reuse_columns,
                                 sizeof reuse_columns / sizeof *reuse_columns, &reuse, err));
    AMS_TRY(ams_frame_set_unit(reuse, ams_table_cost_unit(&s->table), err));
    for (uint32_t k = 0; k < AMS_LINK_REUSES; k++) {
        AMS_TRY(add_reuse(reuse, s, &s->reuse[k], err));
    }
out:
    return status;
}
