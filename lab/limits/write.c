/* The files of a study. */
#include "ams/limit_study.h"

#include "base/text.h"

#include "base/file.h"
#include "lab/figures/columns.h"

#include <jansson.h>
#include <math.h>

/* What the manifest is printed of. */
typedef struct manifest_of {
    const ams_limit_study *study;
    const ams_limit_manifest *manifest;
} manifest_of;

static void put_limits(FILE *stream, const ams_limit_point *point)
{
    fprintf(stream, "\t%.6g", point->deadline_ms);
    if (isinf(point->memory_mb)) {
        fputs("\t-", stream);
    } else {
        fprintf(stream, "\t%.6g", point->memory_mb);
    }
}

#define INTERVAL(key, low, high, text)                                                         \
    {.name = (key), .meaning = (text), .digits = AMS_DECIMALS(6)},                             \
        {.name = (low), .meaning = "its 95 % interval, from", .digits = AMS_DECIMALS(6)},      \
    {                                                                                          \
        .name = (high), .meaning = "its 95 % interval, to", .digits = AMS_DECIMALS(6)          \
    }

static const ams_column columns[] = {
    {.name = AMS_COL_SERIES, .meaning = "policy and scheduler, or a bound"},
    {.name = AMS_COL_DEADLINE_MS, .meaning = "when an item's time is up, in the data's unit"},
    {.name = AMS_COL_MEMORY_MB, .meaning = "what models that run may take together, MB"},
    INTERVAL(AMS_COL_RECALL, AMS_COL_CI_LOW, AMS_COL_CI_HIGH, "mean recall of value"),
    INTERVAL("less_fixed", "less_fixed_low", "less_fixed_high", "its difference to fixed"),
    INTERVAL("over_random", "over_random_low", "over_random_high", "its gain over random"),
    INTERVAL(AMS_COL_OF_BOUND, AMS_COL_OF_BOUND_LOW, AMS_COL_OF_BOUND_HIGH,
             "as a share of the bound"),
    {.name = AMS_COL_TIME_MS, .meaning = "when an item was done, in the data's unit"},
    {.name = AMS_COL_MODELS_RUN,
     .meaning = "models started per item",
     .digits = AMS_DECIMALS(6)},
    {.name = "cut_off",
     .meaning = "of these, cut off by the deadline",
     .digits = AMS_DECIMALS(6)},
};
enum { COLUMNS = sizeof columns / sizeof *columns, TIME = 15, INTERVALS = 4 };

static ams_status add_row(ams_frame *rows, const ams_limit_study *s, uint32_t k, uint32_t p,
                          ams_error *err)
{
    const ams_limit_series_list *list = &s->list;
    const struct {
        ams_paired_of what;
        uint32_t reference;
    } intervals[INTERVALS] = {{AMS_PAIRED_MEAN, 0},
                              {AMS_PAIRED_LESS, list->fixed},
                              {AMS_PAIRED_OVER, list->random},
                              {AMS_PAIRED_RATIO, list->bound}};
    static const ams_limit_quantity means[] = {AMS_LIMIT_DONE_MS, AMS_LIMIT_MODELS,
                                               AMS_LIMIT_CUT};
    ams_cell cell[COLUMNS] = {ams_cell_text(list->series[k].label),
                              ams_cell_real(s->setup->point[p].deadline_ms),
                              ams_cell_real(s->setup->point[p].memory_mb)};
    size_t n = 3;
    for (size_t i = 0; i < INTERVALS; i++) {
        const ams_interval found =
            ams_paired_interval(&s->paired, intervals[i].what, k, intervals[i].reference, p);
        cell[n++] = ams_cell_real(found.mean);
        cell[n++] = ams_cell_real(found.low);
        cell[n++] = ams_cell_real(found.high);
    }
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        cell[n++] = ams_cell_if(list->series[k].scheduler != NULL,
                                ams_cell_real(ams_limit_mean(s, k, p, means[i])));
    }
    return ams_frame_add(rows, cell, n, err);
}

ams_status ams_limit_study_result(const ams_limit_study *s, ams_result *result, ams_error *err)
{
    const ams_limit_setup *setup = s->setup;
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"data_hash", ams_cell_text(setup->data_hash)},
                             {"split", ams_cell_text(ams_split_name(setup->options.split))},
                             {"items", ams_cell_count(setup->n_items)},
                             {"cost_unit", ams_cell_text(ams_table_cost_unit(&setup->table))}));
    AMS_TRY(ams_result_add_frame(result, "rows", columns, COLUMNS, &rows, err));
    rows->column[TIME].digits = AMS_DECIMALS(ams_amount_decimals(setup->env->total_time_ms, 6));
    for (uint32_t k = 0; k < s->list.n; k++) {
        for (uint32_t p = 0; p < setup->n_points; p++) {
            if (ams_limit_is_known(s, k, p)) {
                AMS_TRY(add_row(rows, s, k, p, err));
            }
        }
    }
out:
    return status;
}

static ams_status print_exact(FILE *stream, const void *context, ams_error *err)
{
    const ams_limit_study *s = context;
    const uint32_t exact = s->list.exact;
    (void)err;
    fputs("series\tdeadline_ms\tmemory_mb\titems\tsolved\tmean_nodes\trecall_on_solved\t"
          "optimum_on_solved\tratio\n",
          stream);
    for (uint32_t p = 0; p < s->setup->n_points; p++) {
        uint32_t solved = 0;
        double optimum = ams_limit_solved_recall(s, exact, p, &solved);
        for (uint32_t k = 0; k < s->list.n; k++) {
            double recall = ams_limit_solved_recall(s, k, p, &solved);
            fputs(s->list.series[k].label, stream);
            put_limits(stream, &s->setup->point[p]);
            fprintf(stream, "\t%u\t%u\t%.1f\t%.6f\t%.6f\t%.6f\n", s->list.series[k].scores[0].n,
                    solved, ams_limit_mean(s, exact, p, AMS_LIMIT_MODELS), recall, optimum,
                    optimum > 0 ? recall / optimum : 1);
        }
    }
    return AMS_OK;
}

static ams_status print_timing(FILE *stream, const void *context, ams_error *err)
{
    const ams_limit_study *s = context;
    (void)err;
    fputs("series\tmicroseconds_a_decision\n", stream);
    for (uint32_t k = 0; k < s->list.n; k++) {
        const ams_limit_series *series = &s->list.series[k];
        if (series->scheduler != NULL) {
            fprintf(stream, "%s\t%.3f\n", series->label, series->scores[0].decision_us);
        }
    }
    if (s->list.exact < s->list.n) {
        fprintf(stream, "exact (seconds for all items and limits)\t%.3f\n",
                s->list.exact_seconds);
    }
    return AMS_OK;
}

static json_t *series_json(const ams_limit_series *series)
{
    json_t *seeds = json_array();
    for (uint32_t r = 0; series->policy != NULL && r < series->n_runs; r++) {
        json_array_append_new(seeds,
                              json_integer((json_int_t)ams_policy_seed(series->policy[r])));
    }
    return json_pack("{s:s, s:s, s:o}", "series", series->label, "scheduler",
                     series->scheduler == NULL ? "bound" : series->scheduler->name, "seeds",
                     seeds);
}

static ams_status print_manifest(FILE *stream, const void *context, ams_error *err)
{
    const manifest_of *m = context;
    const ams_limit_study *s = m->study;
    const ams_limit_setup_options *o = &s->setup->options;
    char expect[32] = "mean";
    if (o->expect > 0) {
        snprintf(expect, sizeof expect, "q%.15g", o->expect);
    }
    json_t *series = json_array();
    for (uint32_t k = 0; k < s->list.n; k++) {
        json_array_append_new(series, series_json(&s->list.series[k]));
    }
    json_t *manifest = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:o}",
        "command", m->manifest->command, "version", m->manifest->version, "data", o->data_path,
        "fit", o->fit_path, "data_hash", s->setup->data_hash, "cost_unit",
        ams_table_cost_unit(&s->setup->table), "split", ams_split_name(o->split), "times",
        o->recorded_times ? "recorded" : "mean", "expect", expect, "items",
        (int)s->setup->n_items, "limits", (int)s->setup->n_points, "seed", (json_int_t)o->seed,
        "random_draws", (json_int_t)o->draws, "bootstrap_draws", (json_int_t)s->bootstrap_draws,
        "series", series);
    const int failed = manifest == NULL ? 1 : json_dumpf(manifest, stream, JSON_INDENT(2));
    json_decref(manifest);
    fputc('\n', stream);
    return failed == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the manifest as JSON");
}

ams_status ams_limit_study_write(const ams_limit_study *study, const char *directory,
                                 const ams_limit_manifest *manifest, ams_error *err)
{
    const manifest_of m = {.study = study, .manifest = manifest};
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_limit_study_result(study, &result, err));
    AMS_TRY(ams_frame_write_tsv(ams_result_frame(&result, "rows"), directory, AMS_SCHEDULE_TSV,
                                err));
    AMS_TRY(ams_file_write(directory, "timing.tsv", print_timing, study, err));
    AMS_TRY(ams_file_write(directory, "schedule.json", print_manifest, &m, err));
    if (study->list.exact < study->list.n) {
        AMS_TRY(ams_file_write(directory, "exact.tsv", print_exact, study, err));
    }
out:
    ams_result_fini(&result);
    return status;
}
