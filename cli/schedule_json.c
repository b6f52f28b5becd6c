/* What `ams schedule --json` prints: the rows of schedule.tsv with all digits. */
#include "cli/json.h"
#include "cli/schedule.h"
#include "lab/figures/columns.h"

#include <math.h>
#include <string.h>

enum { INTERVALS = 4, SERIES = 1, LIMITS = 2, MEANS = 3 };

/* The next column's name of the header, which *at is moved over. */
static const char *next_column(const char **at, char name[64])
{
    const size_t length = strcspn(*at, "\t\n");
    snprintf(name, 64, "%.*s", (int)length, *at);
    *at += length + ((*at)[length] != '\0');
    return name;
}

static json_t *row_json(const ams_limit_study *s, uint32_t k, uint32_t p)
{
    const ams_limit_series_list *list = &s->list;
    const struct {
        ams_paired_of what;
        uint32_t reference;
    } intervals[INTERVALS] = {{AMS_PAIRED_MEAN, 0},
                              {AMS_PAIRED_LESS, list->fixed},
                              {AMS_PAIRED_OVER, list->random},
                              {AMS_PAIRED_RATIO, list->bound}};
    static const ams_limit_quantity means[MEANS] = {AMS_LIMIT_DONE_MS, AMS_LIMIT_MODELS,
                                                    AMS_LIMIT_CUT};
    double value[LIMITS + 3 * INTERVALS + MEANS];
    size_t n = 0;
    char name[64];
    const char *column = AMS_SCHEDULE_HEADER;
    json_t *row = json_object();
    value[n++] = s->setup->point[p].deadline_ms;
    value[n++] = s->setup->point[p].memory_mb;
    for (size_t i = 0; i < INTERVALS; i++) {
        const ams_interval found =
            ams_paired_interval(&s->paired, intervals[i].what, k, intervals[i].reference, p);
        value[n++] = found.mean;
        value[n++] = found.low;
        value[n++] = found.high;
    }
    for (size_t i = 0; i < MEANS; i++) {
        value[n++] =
            list->series[k].scheduler == NULL ? (double)NAN : ams_limit_mean(s, k, p, means[i]);
    }
    json_object_set_new(row, next_column(&column, name), json_string(list->series[k].label));
    for (size_t i = 0; i < n; i++) {
        json_object_set_new(row, next_column(&column, name), cli_json_number(value[i]));
    }
    return row;
}

ams_status cli_schedule_print_json(const ams_limit_study *study, ams_error *err)
{
    const ams_limit_setup *setup = study->setup;
    json_t *rows = json_array();
    for (uint32_t k = 0; k < study->list.n; k++) {
        for (uint32_t p = 0; p < setup->n_points; p++) {
            if (ams_limit_is_known(study, k, p)) {
                json_array_append_new(rows, row_json(study, k, p));
            }
        }
    }
    return cli_print_json(json_pack("{s:s, s:s, s:i, s:s, s:o}", "data_hash", setup->data_hash,
                                    "split", ams_split_name(setup->options.split), "items",
                                    (int)setup->n_items, "cost_unit",
                                    ams_table_cost_unit(&setup->table), "rows", rows),
                          err);
}
