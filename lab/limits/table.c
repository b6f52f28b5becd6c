/* What `ams schedule` prints: recall of every series at some of the deadlines. */
#include "ams/limit_study.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to SHOWN points from first to last, evenly. */
enum { SHOWN = 7, AFTER = 4 };

static uint32_t shown(uint32_t n, uint32_t k)
{
    return n <= SHOWN ? k : k * (n - 1) / (SHOWN - 1);
}

static uint32_t count_shown(uint32_t n)
{
    return n < SHOWN ? n : SHOWN;
}

static ams_status add_columns(ams_result *result, const ams_limit_study *s, uint32_t first,
                              uint32_t n, ams_frame **table, ams_error *err)
{
    static const ams_column after[AFTER] = {{.head = "  over random   ",
                                             .meaning = "recall over that of random",
                                             .width = 16,
                                             .shown = AMS_SIGNED_DECIMALS(1),
                                             .scale = 100,
                                             .after = " %    "},
                                            {.head = "",
                                             .meaning = "difference to fixed",
                                             .width = 1,
                                             .shown = AMS_SIGNED_DECIMALS(4)},
                                            {.head = "",
                                             .meaning = "its 95 % interval, from",
                                             .width = 1,
                                             .shown = AMS_SIGNED_DECIMALS(4),
                                             .before = "[",
                                             .after = ","},
                                            {.head = "",
                                             .meaning = "its 95 % interval, to",
                                             .width = 1,
                                             .shown = AMS_SIGNED_DECIMALS(4),
                                             .after = "]"}};
    const char *unit = ams_table_cost_unit(&s->setup->table);
    const ams_limit_point *point = s->setup->point + first;
    const uint32_t columns = count_shown(n);
    ams_column all[1 + SHOWN + AFTER] = {{.head = "series", .meaning = "policy and scheduler"}};
    char head[SHOWN][64];
    char difference[96];
    for (uint32_t k = 0; k < columns; k++) {
        snprintf(head[k], sizeof head[k], "%7.4g %s", point[shown(n, k)].deadline_ms, unit);
        all[1 + k] = (ams_column){.head = head[k],
                                  .meaning = "recall by this deadline",
                                  .width = 8 + (int)strlen(unit)};
    }
    memcpy(all + 1 + columns, after, sizeof after);
    snprintf(difference, sizeof difference, "diff. to fixed [95 %%], at %.4g %s",
             point[shown(n, columns / 2)].deadline_ms, unit);
    all[1 + columns + 1].head = difference;
    return ams_result_add_frame(result, "table", all, 1 + columns + AFTER, table, err);
}

static ams_status add_series(ams_frame *table, const ams_limit_study *s, uint32_t k,
                             uint32_t first, uint32_t n, ams_error *err)
{
    const uint32_t columns = count_shown(n);
    const uint32_t middle = first + shown(n, columns / 2);
    const int width = 6 + (int)strlen(ams_table_cost_unit(&s->setup->table));
    const ams_interval over =
        ams_paired_interval(&s->paired, AMS_PAIRED_OVER, k, s->list.random, middle);
    const ams_interval less =
        ams_paired_interval(&s->paired, AMS_PAIRED_LESS, k, s->list.fixed, middle);
    ams_cell cell[1 + SHOWN + AFTER] = {ams_cell_text(s->list.series[k].label)};
    char text[SHOWN][64];
    for (uint32_t c = 0; c < columns; c++) {
        const uint32_t p = first + shown(n, c);
        const double recall = s->paired.mean[(size_t)k * s->setup->n_points + p];
        /* The optimum of some items is not known: theirs may be more. */
        snprintf(text[c], sizeof text[c], "%s%*.4f", ams_limit_is_known(s, k, p) ? "" : ">=",
                 ams_limit_is_known(s, k, p) ? 0 : width, recall);
        cell[1 + c] = ams_cell_text(text[c]);
    }
    cell[1 + columns] = ams_cell_real(over.mean);
    cell[2 + columns] = ams_cell_real(less.mean);
    cell[3 + columns] = ams_cell_real(less.low);
    cell[4 + columns] = ams_cell_real(less.high);
    return ams_frame_add(table, cell, 1 + columns + AFTER, err);
}

ams_status ams_limit_study_table(const ams_limit_study *study, uint32_t first, uint32_t n,
                                 ams_result *result, ams_error *err)
{
    uint32_t *order = NULL;
    ams_frame *table = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&order, study->list.n, sizeof *order, "series", err));
    AMS_TRY(ams_limit_rank(study, first, n, order, err));
    AMS_TRY(add_columns(result, study, first, n, &table, err));
    for (uint32_t row = 0; row < study->list.n; row++) {
        AMS_TRY(add_series(table, study, order[row], first, n, err));
    }
out:
    free(order);
    return status;
}

void ams_limit_print_unsolved(const ams_limit_study *s, FILE *stream)
{
    const ams_limit_series_list *list = &s->list;
    for (uint32_t p = 0; list->exact < list->n && p < s->setup->n_points; p++) {
        const uint32_t items = list->series[list->exact].scores[0].n;
        uint32_t solved = 0;
        ams_limit_solved_recall(s, list->exact, p, &solved);
        if (solved < items) {
            fprintf(stream, "exact: %u of %u items solved at %.4g %s", solved, items,
                    s->setup->point[p].deadline_ms, ams_table_cost_unit(&s->setup->table));
            fprintf(stream, s->setup->options.parallel ? ", %.6g MB\n" : "\n",
                    s->setup->point[p].memory_mb);
        }
    }
}
