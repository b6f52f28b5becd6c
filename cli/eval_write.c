/* The files of `ams eval`, and of `ams compare` in its folder eval/. */
#include "cli/eval.h"

#include "ams_commit.h"

#include "base/file.h"
#include "data/lines.h"

#include <jansson.h>
#include <stdlib.h>

typedef void print_fn(const eval_session *s, FILE *stream);

/* Means of one run over its items, and what that saves. */
static void print_summary(const eval_session *s, FILE *stream)
{
    const double *all = s->bootstrap.mean + (size_t)s->all * s->bootstrap.n_columns;
    const double *random = s->bootstrap.mean + (size_t)s->random * s->bootstrap.n_columns;
    fputs("policy\tseed\trequired_recall\ttime_ms\tmodels_run\tsaved_vs_all\tsaved_vs_random\n",
          stream);
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_scores *scores = &s->run[r].scores;
        for (uint32_t q = 0; q < AMS_RECALLS; q++) {
            double time_ms = s->run[r].time_ms[q];
            double other = random[AMS_COLUMN_TIME_MS + q];
            fprintf(stream, "%s\t%llu\t%.1f\t%.6f\t%.6f\t%.6f\t%.6f\n", scores->label,
                    (unsigned long long)scores->seed, ams_required_recall(q), time_ms,
                    s->run[r].models[q], 1 - time_ms / all[AMS_COLUMN_TIME_MS + q],
                    other > 0 ? 1 - time_ms / other : 0);
        }
    }
}

static void print_intervals(const eval_session *s, FILE *stream)
{
    fputs("policy\trequired_recall\tmetric\tmean\tci_low\tci_high\n", stream);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        for (uint32_t q = 0; q < AMS_RECALLS; q++) {
            for (int m = 0; m < EVAL_METRICS; m++) {
                ams_interval i = eval_interval(s, g, (eval_metric)m, q);
                fprintf(stream, "%s\t%.1f\t%s\t%.6f\t%.6f\t%.6f\n", s->group[g].label,
                        ams_required_recall(q), eval_metric_names[m], i.mean, i.low, i.high);
            }
        }
        ams_interval area = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AREA);
        fprintf(stream, "%s\t-\tarea\t%.6f\t%.6f\t%.6f\n", s->group[g].label, area.mean,
                area.low, area.high);
    }
}

static void print_curves(const eval_session *s, FILE *stream)
{
    /* `all` costs the total at every recall: the mean over items of the time axis' end. */
    double total_ms = s->bootstrap.mean[(size_t)s->all * s->bootstrap.n_columns];
    fputs("policy\tx_kind\tx\trecall\tci_low\tci_high\n", stream);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        for (uint32_t k = 0; k < AMS_CURVE; k++) {
            ams_interval i = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AT_TIME + k);
            fprintf(stream, "%s\ttime_ms\t%.6f\t%.6f\t%.6f\t%.6f\n", s->group[g].label,
                    total_ms * k / (AMS_CURVE - 1), i.mean, i.low, i.high);
        }
        for (uint32_t k = 0; k <= s->env->n_models; k++) {
            ams_interval i = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AFTER + k);
            fprintf(stream, "%s\tmodels\t%u\t%.6f\t%.6f\t%.6f\n", s->group[g].label, k, i.mean,
                    i.low, i.high);
        }
    }
}

static ams_status write_tsv(const eval_session *s, const char *name, print_fn *print,
                            ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    print(s, file.stream);
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

/* One row an item: the models in the order of draw 0, and time and recall after each. */
static void put_item(ams_line_writer *writer, const eval_session *s, const ams_scores *scores,
                     uint32_t row)
{
    uint32_t item = scores->item[row];
    const float *times = s->options.recorded_times
                             ? s->table.run_time_ms + (size_t)item * s->env->n_models
                             : s->env->time_ms;
    ams_trace trace;
    ams_trace_run(&trace, s->env, item, scores->order + (size_t)row * s->env->n_models,
                  scores->order_n[row], times);
    ams_lines_print(writer, "%s\t%llu\t%s\t", scores->label, (unsigned long long)scores->seed,
                    ams_names_get(&s->table.item_id, item));
    for (uint32_t k = 0; k < trace.n; k++) {
        uint32_t m = scores->order[(size_t)row * s->env->n_models + k];
        ams_lines_print(writer, "%s%s", k == 0 ? "" : ",",
                        ams_names_get(&s->table.model_name, m));
    }
    for (uint32_t k = 1; k <= trace.n; k++) {
        ams_lines_print(writer, "%c%.3f", k == 1 ? '\t' : ',', trace.time_ms[k]);
    }
    for (uint32_t k = 1; k <= trace.n; k++) {
        ams_lines_print(writer, "%c%.6f", k == 1 ? '\t' : ',', trace.recall[k]);
    }
    /* A policy that runs nothing still fills its columns. */
    ams_lines_print(writer, trace.n == 0 ? "\t\t\n" : "\n");
}

static ams_status write_items(const eval_session *s, ams_error *err)
{
    char *path = NULL;
    ams_line_writer *writer = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, "items.tsv.zst", err));
    AMS_TRY(ams_lines_create(&writer, path, err));
    ams_lines_print(writer, "policy\tseed\titem\torder\ttime_ms\trecall\n");
    for (uint32_t r = 0; r < s->n_runs; r++) {
        for (uint32_t row = 0; row < s->run[r].scores.n; row++) {
            put_item(writer, s, &s->run[r].scores, row);
        }
    }
    status = ams_lines_finish(writer, err);
out:
    free(path);
    return status;
}

static void print_manifest(const eval_session *s, FILE *stream)
{
    json_t *policies = json_array();
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_policy *policy = s->run[r].policy;
        json_array_append_new(policies, json_pack("{s:s, s:s, s:I, s:I, s:f}", "policy",
                                                  policy->label, "kind", policy->kind->name,
                                                  "seed", (json_int_t)policy->seed, "draws",
                                                  (json_int_t)policy->draws, "stderr_ms",
                                                  s->run[r].scores.stderr_ms));
    }
    json_t *manifest = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:o}", "command", s->command,
        "version", AMS_VERSION ", commit " AMS_COMMIT, "data", s->data_path, "data_hash",
        s->data_hash, "split", s->split_name, "times",
        s->options.recorded_times ? "recorded" : "mean", "items", (int)s->n_items,
        "items_without_value", (int)s->run[0].scores.n_empty, "seed", (json_int_t)s->seed,
        "bootstrap_draws", (json_int_t)s->bootstrap_draws, "policies", policies);
    json_dumpf(manifest, stream, JSON_INDENT(2));
    fputc('\n', stream);
    json_decref(manifest);
}

/* Those of an earlier evaluation would be drawn as if they were of this one. */
static ams_status remove_files_of_items(const eval_session *s, ams_error *err)
{
    static const char *const names[] = {"distribution.tsv", "positions.tsv", "items.tsv.zst"};
    ams_status status = AMS_OK;
    for (size_t k = 0; k < sizeof names / sizeof *names && status == AMS_OK; k++) {
        char *path = NULL;
        status = ams_join_path(&path, s->directory, names[k], err);
        if (status == AMS_OK && ams_exists(path) && remove(path) != 0) {
            status = ams_fail(err, AMS_IO, "cannot remove %s", path);
        }
        free(path);
    }
    return status;
}

ams_status eval_write(const eval_session *s, bool items, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(s->directory, err));
    AMS_TRY(write_tsv(s, "summary.tsv", print_summary, err));
    AMS_TRY(write_tsv(s, "intervals.tsv", print_intervals, err));
    AMS_TRY(write_tsv(s, "curves.tsv", print_curves, err));
    /* Folded scores have no items of their own. */
    AMS_TRY(s->parts == NULL ? eval_write_figures(s, err) : remove_files_of_items(s, err));
    if (items && s->parts == NULL) {
        AMS_TRY(write_items(s, err));
    }
    AMS_TRY(write_tsv(s, "eval.json", print_manifest, err));
out:
    return status;
}
