/* What `ams schedule` prints. */
#include "cli/schedule.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Up to SHOWN points from first to last, evenly. */
enum { SHOWN = 7 };

static uint32_t shown(uint32_t n, uint32_t k)
{
    return n <= SHOWN ? k : k * (n - 1) / (SHOWN - 1);
}

static void print_series(const ams_limit_study *s, uint32_t series, uint32_t first, uint32_t n)
{
    const ams_limit_series_list *list = &s->list;
    const uint32_t columns = n < SHOWN ? n : SHOWN;
    const uint32_t middle = first + shown(n, columns / 2);
    /* As wide as the deadlines of the heading. */
    const int width = 8 + (int)strlen(ams_table_cost_unit(&s->setup->table));
    for (uint32_t k = 0; k < columns; k++) {
        const uint32_t p = first + shown(n, k);
        printf(ams_limit_is_known(s, series, p) ? " %*.4f" : " >=%*.4f",
               ams_limit_is_known(s, series, p) ? width : width - 2,
               s->paired.mean[(size_t)series * s->setup->n_points + p]);
    }
    const ams_interval over =
        ams_paired_interval(&s->paired, AMS_PAIRED_OVER, series, list->random, middle);
    const ams_interval less =
        ams_paired_interval(&s->paired, AMS_PAIRED_LESS, series, list->fixed, middle);
    printf("   %+8.1f %%     %+.4f [%+.4f, %+.4f]\n", 100 * over.mean, less.mean, less.low,
           less.high);
}

/* The table of one memory budget: points first to first + n - 1, the best series first. */
static ams_status print_budget(const ams_limit_study *s, uint32_t first, uint32_t n, int width,
                               uint32_t *order, ams_error *err)
{
    const uint32_t columns = n < SHOWN ? n : SHOWN;
    const char *unit = ams_table_cost_unit(&s->setup->table);
    ams_status status = ams_limit_rank(s, first, n, order, err);
    if (status != AMS_OK) {
        return status;
    }
    printf("%-*s", width, "series");
    for (uint32_t k = 0; k < columns; k++) {
        printf(" %7.4g %s", s->setup->point[first + shown(n, k)].deadline_ms, unit);
    }
    printf("   over random    diff. to fixed [95 %%], at %.4g %s\n",
           s->setup->point[first + shown(n, columns / 2)].deadline_ms, unit);
    for (uint32_t row = 0; row < s->list.n; row++) {
        printf("%-*s", width, s->list.series[order[row]].label);
        print_series(s, order[row], first, n);
    }
    return AMS_OK;
}

static void print_unsolved(const ams_limit_study *s)
{
    const ams_limit_series_list *list = &s->list;
    for (uint32_t p = 0; list->exact < list->n && p < s->setup->n_points; p++) {
        const uint32_t items = list->series[list->exact].scores[0].n;
        uint32_t solved = 0;
        ams_limit_solved_recall(s, list->exact, p, &solved);
        if (solved < items) {
            printf("exact: %u of %u items solved at %.4g %s", solved, items,
                   s->setup->point[p].deadline_ms, ams_table_cost_unit(&s->setup->table));
            printf(s->setup->options.parallel ? ", %.6g MB\n" : "\n",
                   s->setup->point[p].memory_mb);
        }
    }
}

ams_status cli_schedule_print(const ams_limit_study *study, ams_error *err)
{
    const ams_limit_setup *setup = study->setup;
    const ams_limit_point *point = setup->point;
    uint32_t *order = NULL;
    int width = 6;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&order, study->list.n, sizeof *order, "series", err));
    for (uint32_t k = 0; k < study->list.n; k++) {
        int length = (int)strlen(study->list.series[k].label);
        width = length > width ? length : width;
    }
    printf("Mean recall of value by a deadline, %u %s items.\n", setup->n_items,
           ams_split_name(setup->options.split));
    for (uint32_t first = 0, n = 0; first < setup->n_points; first += n) {
        for (n = 1; first + n < setup->n_points &&
                    point[first + n].memory_mb == point[first].memory_mb;
             n++) {
        }
        if (setup->options.parallel) {
            printf("\nMemory %.6g MB:\n", point[first].memory_mb);
        }
        AMS_TRY(print_budget(study, first, n, width, order, err));
    }
    print_unsolved(study);
out:
    free(order);
    return status;
}
