/* The files of an evaluation. What cannot be written shows when a file is committed, so the
 * functions that print need not look. */
#include "ams/score.h"

#include "base/text.h"

#include "base/file.h"
#include "base/version.h"
#include "data/lines.h"
#include "lab/figures/columns.h"
#include "lab/score/parts.h"

#include <jansson.h>
#include <stdlib.h>

/* Means of one policy over the items, and what that saves. */
static ams_status print_summary(FILE *stream, const void *context, ams_error *err)
{
    const ams_score_session *s = context;
    const ams_bootstrap *b = &s->bootstrap;
    const double *all = b->mean + (size_t)s->all * b->n_columns + AMS_COLUMN_TIME_MS;
    const double *random = b->mean + (size_t)s->random * b->n_columns + AMS_COLUMN_TIME_MS;
    const int decimals = ams_amount_decimals(s->env->total_time_ms, 6);
    (void)err;
    fputs(AMS_SUMMARY_HEADER, stream);
    for (uint32_t p = 0; p < s->n_policies; p++) {
        const ams_scored *scored = &s->scored[p];
        for (uint32_t q = 0; q < AMS_RECALLS; q++) {
            const double time_ms = scored->time_ms[q];
            fprintf(stream, "%s\t%llu\t%.1f\t%.*f\t%.6f\t%.6f\t%.6f\n", scored->scores.label,
                    (unsigned long long)scored->scores.seed, ams_required_recall(q), decimals,
                    time_ms, scored->models[q], 1 - time_ms / all[q],
                    random[q] > 0 ? 1 - time_ms / random[q] : 0);
        }
    }
    return AMS_OK;
}

static ams_status print_intervals(FILE *stream, const void *context, ams_error *err)
{
    const ams_score_session *s = context;
    const int decimals = ams_amount_decimals(s->env->total_time_ms, 6);
    (void)err;
    fputs(AMS_INTERVALS_HEADER, stream);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        for (uint32_t q = 0; q < AMS_RECALLS; q++) {
            for (int m = 0; m < AMS_SCORE_METRICS; m++) {
                ams_interval i = ams_score_interval(s, g, (ams_score_metric)m, q);
                const int n = m == AMS_SCORE_TIME_MS ? decimals : 6;
                fprintf(stream, "%s\t%.1f\t%s\t%.*f\t%.*f\t%.*f\n", s->group[g].label,
                        ams_required_recall(q), ams_score_metric_names[m], n, i.mean, n, i.low,
                        n, i.high);
            }
        }
        ams_interval area = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AREA);
        fprintf(stream, "%s\t-\tarea\t%.6f\t%.6f\t%.6f\n", s->group[g].label, area.mean,
                area.low, area.high);
    }
    return AMS_OK;
}

static ams_status print_curves(FILE *stream, const void *context, ams_error *err)
{
    const ams_score_session *s = context;
    /* `all` costs the total at every recall: the mean over items of the time axis' end. */
    const double total_ms = s->bootstrap.mean[(size_t)s->all * s->bootstrap.n_columns];
    const int decimals = ams_amount_decimals(total_ms, 6);
    (void)err;
    fputs(AMS_CURVES_HEADER, stream);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const char *label = s->group[g].label;
        for (uint32_t k = 0; k < AMS_CURVE; k++) {
            ams_interval i = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AT_TIME + k);
            fprintf(stream, "%s\t" AMS_CELL_TIME_MS "\t%.*f\t%.6f\t%.6f\t%.6f\n", label,
                    decimals, total_ms * k / (AMS_CURVE - 1), i.mean, i.low, i.high);
        }
        for (uint32_t k = 0; k <= s->env->n_models; k++) {
            ams_interval i = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AFTER + k);
            fprintf(stream, "%s\t" AMS_CELL_MODELS "\t%u\t%.6f\t%.6f\t%.6f\n", label, k, i.mean,
                    i.low, i.high);
        }
    }
    return AMS_OK;
}

static ams_status print_manifest(FILE *stream, const void *context, ams_error *err)
{
    const ams_score_session *s = context;
    const ams_score_options *o = &s->options;
    json_t *policies = json_array();
    for (uint32_t p = 0; p < s->n_policies; p++) {
        const ams_policy *policy = s->policy[p];
        json_array_append_new(policies, json_pack("{s:s, s:s, s:I, s:I, s:f}", "policy",
                                                  ams_policy_label(policy), "kind",
                                                  ams_policy_kind_of(policy)->name, "seed",
                                                  (json_int_t)ams_policy_seed(policy), "draws",
                                                  (json_int_t)ams_policy_draws(policy),
                                                  "stderr_ms", s->scored[p].scores.stderr_ms));
    }
    json_t *manifest = json_pack(
        "{s:s?, s:s, s:s, s:s?, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:o}", "command",
        o->command, "version", ams_version_commit, "data", o->data_path, "fit", o->fit_path,
        "data_hash", s->data_hash, "cost_unit", ams_table_cost_unit(&s->table), "split",
        ams_split_name(o->split), "times", o->recorded_times ? "recorded" : "mean", "items",
        (int)s->n_items, "items_without_value", (int)s->scored[0].scores.n_empty, "seed",
        (json_int_t)o->seed, "bootstrap_draws", (json_int_t)o->bootstrap_draws, "policies",
        policies);
    ams_status status = AMS_OK;
    if (manifest == NULL || json_dumpf(manifest, stream, JSON_INDENT(2)) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write eval.json");
    }
    fputc('\n', stream);
    json_decref(manifest);
    return status;
}

/* -- items.tsv.zst -- */

/* A name of a list between commas (base/text.h). */
static void put_name(ams_line_writer *writer, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        ams_lines_put(writer, "\\", ams_list_escapes(at));
        ams_lines_put(writer, at, 1);
    }
}

/* The models in the order of draw 0, and time and recall after each. */
static void put_item(ams_line_writer *writer, const ams_score_session *s,
                     const ams_scores *scores, uint32_t row)
{
    const uint32_t item = scores->item[row];
    const uint8_t *order = scores->order + (size_t)row * s->env->n_models;
    const float *times = s->options.recorded_times
                             ? s->table.run_time_ms + (size_t)item * s->env->n_models
                             : s->env->time_ms;
    const int decimals = ams_amount_decimals(s->env->total_time_ms, 3);
    ams_trace trace;
    ams_trace_run(&trace, s->env, item, order, scores->order_n[row], times);
    ams_lines_print(writer, "%s\t%llu\t%s\t", scores->label, (unsigned long long)scores->seed,
                    ams_names_get(&s->table.item_id, item));
    for (uint32_t k = 0; k < trace.n; k++) {
        ams_lines_put(writer, ",", k > 0);
        put_name(writer, ams_names_get(&s->table.model_name, order[k]));
    }
    for (uint32_t k = 1; k <= trace.n; k++) {
        ams_lines_print(writer, "%c%.*f", k == 1 ? '\t' : ',', decimals, trace.time_ms[k]);
    }
    for (uint32_t k = 1; k <= trace.n; k++) {
        ams_lines_print(writer, "%c%.6f", k == 1 ? '\t' : ',', trace.recall[k]);
    }
    /* A policy that runs nothing still fills its columns. */
    ams_lines_print(writer, trace.n == 0 ? "\t\t\n" : "\n");
}

ams_status ams_score_write_items(const ams_score_session *s, const char *directory,
                                 ams_error *err)
{
    char *path = NULL;
    ams_line_writer *writer = NULL;
    ams_status status = AMS_OK;
    if (s->in_windows) {
        return ams_fail(err, AMS_USAGE,
                        "%s was scored in windows, which keep no items to write",
                        s->options.data_path);
    }
    AMS_TRY(ams_join_path(&path, directory, AMS_ITEMS_TSV, err));
    AMS_TRY(ams_lines_create(&writer, path, err));
    ams_lines_print(writer, AMS_ITEMS_HEADER);
    for (uint32_t p = 0; p < s->n_policies; p++) {
        for (uint32_t row = 0; row < s->scored[p].scores.n; row++) {
            put_item(writer, s, &s->scored[p].scores, row);
        }
    }
    status = ams_lines_finish(writer, err);
out:
    free(path);
    return status;
}

/* -- all of them -- */

/* Those of an earlier evaluation would be drawn as if they were of this one. */
static ams_status remove_files_of_items(const char *directory, ams_error *err)
{
    static const char *const names[] = {AMS_DISTRIBUTION_TSV, AMS_POSITIONS_TSV, AMS_ITEMS_TSV};
    ams_status status = AMS_OK;
    for (size_t k = 0; k < sizeof names / sizeof *names && status == AMS_OK; k++) {
        char *path = NULL;
        status = ams_join_path(&path, directory, names[k], err);
        if (status == AMS_OK && ams_exists(path) && remove(path) != 0) {
            status = ams_fail(err, AMS_IO, "cannot remove %s", path);
        }
        free(path);
    }
    return status;
}

ams_status ams_score_write(const ams_score_session *s, const char *directory, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_file_write(directory, AMS_SUMMARY_TSV, print_summary, s, err));
    AMS_TRY(ams_file_write(directory, AMS_INTERVALS_TSV, print_intervals, s, err));
    AMS_TRY(ams_file_write(directory, AMS_CURVES_TSV, print_curves, s, err));
    AMS_TRY(s->in_windows ? remove_files_of_items(directory, err)
                          : ams_score_write_figures(s, directory, err));
    AMS_TRY(ams_file_write(directory, "eval.json", print_manifest, s, err));
out:
    return status;
}
