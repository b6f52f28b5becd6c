/* The table that `ams eval` prints. */
#include "ams/score.h"

#include "base/text.h"

#include <stdio.h>

static const ams_column columns[] = {
    {.head = "policy", .meaning = "its label"},
    {.head = "seeds", .meaning = "training runs of that label", .width = 5},
    {.head = "0.5",
     .meaning = "mean time until half of an item's value is recalled",
     .width = 8},
    {.head = "0.8", .meaning = "the same of four fifths", .width = 8},
    {.head = "0.9", .meaning = "the same of nine tenths", .width = 8},
    {.head = "1.0", .meaning = "the same of all", .width = 8},
    {.head = "95 %", .meaning = "its 95 % interval", .width = -18},
    {.head = "models",
     .meaning = "models run until then",
     .width = 6,
     .shown = AMS_DECIMALS(2)},
    {.head = "vs all",
     .meaning = "time saved against running all models",
     .width = 8,
     .shown = AMS_DECIMALS(1),
     .scale = 100,
     .after = "%"},
    {.head = "vs rand",
     .meaning = "time saved against random orders",
     .width = 8,
     .shown = AMS_DECIMALS(1),
     .scale = 100,
     .after = "%"},
    {.head = "95 %", .meaning = "its 95 % interval"},
};

static ams_status add_group(ams_frame *rows, const ams_score_session *s, uint32_t g,
                            double largest, ams_error *err)
{
    static const uint32_t recalls[] = {AMS_AT_50, AMS_AT_80, AMS_AT_90, AMS_AT_100};
    enum { TIMES = sizeof recalls / sizeof *recalls };
    const ams_interval time = ams_score_interval(s, g, AMS_SCORE_TIME_MS, AMS_AT_100);
    const ams_interval all = ams_score_interval(s, g, AMS_SCORE_SAVED_VS_ALL, AMS_AT_100);
    const ams_interval random = ams_score_interval(s, g, AMS_SCORE_SAVED_VS_RANDOM, AMS_AT_100);
    char amount[TIMES][AMS_AMOUNT_BYTES];
    char low[AMS_AMOUNT_BYTES];
    char high[AMS_AMOUNT_BYTES];
    char range[2][2 * AMS_AMOUNT_BYTES + 8];
    for (size_t k = 0; k < TIMES; k++) {
        ams_amount_print(amount[k],
                         ams_score_interval(s, g, AMS_SCORE_TIME_MS, recalls[k]).mean, largest);
    }
    ams_amount_print(low, time.low, largest);
    ams_amount_print(high, time.high, largest);
    snprintf(range[0], sizeof range[0], "[%s, %s]", low, high);
    snprintf(range[1], sizeof range[1], "[%.1f, %.1f]", 100 * random.low, 100 * random.high);
    return AMS_FRAME_ADD(
        rows, err, ams_cell_text(s->group[g].label), ams_cell_count(s->group[g].n_runs),
        ams_cell_text(amount[0]), ams_cell_text(amount[1]), ams_cell_text(amount[2]),
        ams_cell_text(amount[3]), ams_cell_text(range[0]),
        ams_cell_real(ams_score_interval(s, g, AMS_SCORE_MODELS_RUN, AMS_AT_100).mean),
        ams_cell_real(all.mean), ams_cell_real(random.mean), ams_cell_text(range[1]));
}

ams_status ams_score_result(const ams_score_session *s, ams_result *result, ams_error *err)
{
    const double largest = ams_score_interval(s, s->all, AMS_SCORE_TIME_MS, AMS_AT_100).mean;
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_result_add_frame(result, "rows", columns, sizeof columns / sizeof *columns,
                                 &rows, err));
    for (uint32_t k = 0; k < s->n_groups; k++) {
        AMS_TRY(add_group(rows, s, s->rank[k], largest, err));
    }
out:
    return status;
}
