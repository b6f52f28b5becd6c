/* What `ams trace` prints and writes. */
#include "cli/trace.h"

#include "base/file.h"
#include "base/memory.h"
#include "env/math.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char *model_name(const trace_session *s, uint32_t m)
{
    return ams_names_get(&s->setup.table.model_name, m);
}

/* Label l of the item was first seen in run k: calls tell with its name and confidence. */
typedef void tell_fn(void *context, const char *label, double conf);

static void new_labels(const trace_session *s, uint32_t k, tell_fn *tell, void *context)
{
    const ams_env *env = s->setup.env;
    const ams_schedule_run *run = &s->schedule.run[k];
    uint64_t bit = UINT64_C(1) << run->model;
    uint64_t known = trace_known(&s->schedule, k);
    for (uint64_t e = env->entry[s->item]; run->finished && e < env->entry[s->item + 1]; e++) {
        if ((env->makers[e] & bit) != 0 && (env->makers[e] & known) == 0) {
            uint32_t at = ams_rank(env->seen[e], bit);
            tell(context, ams_names_get(&s->setup.table.label_name, env->label[e]),
                 (double)env->conf[env->conf_at[e] + at]);
        }
    }
}

/* The first few labels of a run, and how many more. */
typedef struct label_text {
    char text[256];
    size_t used;
    uint32_t n;
} label_text;

enum { NAMED = 3 };

static void add_text(void *context, const char *label, double conf)
{
    label_text *t = context;
    if (t->n++ < NAMED) {
        int wrote = snprintf(t->text + t->used, sizeof t->text - t->used, "%s%.60s %.2f",
                             t->used == 0 ? "" : ", ", label, conf);
        t->used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static void print_run(const trace_session *s, uint32_t k, FILE *stream)
{
    const ams_schedule_run *run = &s->schedule.run[k];
    label_text found = {.n = 0};
    char rate[48] = "         -          -";
    double full = s->setup.env->full[s->item];
    uint64_t known = trace_known(&s->schedule, k);
    known |= run->finished ? UINT64_C(1) << run->model : 0;
    double value = ams_env_value(s->setup.env, s->item, known);
    new_labels(s, k, add_text, &found);
    if (!isnan(run->value)) {
        snprintf(rate, sizeof rate, "%10.4f %10.3f", (double)run->value,
                 trace_rate(s, run->model, run->value));
    }
    fprintf(stream, "%8.1f %8.1f  %-26s %8.1f %s %7.4f  ", run->start_ms, run->end_ms,
            model_name(s, run->model), (double)s->setup.table.mem_mb[run->model], rate,
            full > 0 ? value / full : 1);
    if (!run->finished) {
        fputs("cut off at the deadline\n", stream);
    } else if (found.n == 0) {
        fputs("nothing new\n", stream);
    } else if (found.n > NAMED) {
        fprintf(stream, "%s and %u more\n", found.text, found.n - NAMED);
    } else {
        fprintf(stream, "%s\n", found.text);
    }
}

static void print_left(const trace_session *s, FILE *stream)
{
    double gain[AMS_MAX_MODELS];
    ams_env_gains(s->setup.env, s->item, s->schedule.seen, gain);
    fputs("\nLeft: model                         time ms  memory MB  value then  would have "
          "found\n",
          stream);
    for (uint32_t m = 0; m < s->setup.env->n_models; m++) {
        if ((s->schedule.seen >> m & 1) == 0) {
            char value[16] = "-";
            if (s->policy->kind->values != NULL) {
                snprintf(value, sizeof value, "%.4f", (double)s->left[m]);
            }
            fprintf(
                stream, "      %-26s %9.1f %10.1f %11s  %.4f of the value\n", model_name(s, m),
                (double)s->setup.env->time_ms[m], (double)s->setup.table.mem_mb[m], value,
                s->setup.env->full[s->item] > 0 ? gain[m] / s->setup.env->full[s->item] : 0);
        }
    }
}

void trace_print(const trace_session *s, FILE *stream)
{
    const schedule_setup *setup = &s->setup;
    fprintf(stream, "item %s, %s with %s", ams_names_get(&setup->table.item_id, s->item),
            s->scheduler->name, s->policy->label);
    if (!isinf(s->task.deadline_ms)) {
        fprintf(stream, ", deadline %.6g ms", s->task.deadline_ms);
    }
    if (setup->parallel) {
        fprintf(stream, ", memory %.6g MB", s->task.memory_mb);
    }
    fprintf(stream, "\n\n%8s %8s  %-26s %8s %10s %10s %7s  found\n", "start ms", "end ms",
            "model", "mem MB", "value", setup->parallel ? "/ (s GB)" : "/ s", "recall");
    for (uint32_t k = 0; k < s->schedule.n; k++) {
        print_run(s, k, stream);
    }
    print_left(s, stream);
    fprintf(stream,
            "\nrecall %.4f of value %.4f at %.1f ms; %u runs, %u cut off; at most %.1f MB in "
            "use\n",
            s->schedule.recall, setup->env->full[s->item], s->schedule.done_ms, s->schedule.n,
            s->schedule.cut, s->schedule.peak_mb);
}

static void add_json(void *context, const char *label, double conf)
{
    json_array_append_new(context, json_pack("[s, f]", label, conf));
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *run_json(const trace_session *s, uint32_t k)
{
    const ams_schedule_run *run = &s->schedule.run[k];
    json_t *labels = json_array();
    json_t *known = json_array();
    new_labels(s, k, add_json, labels);
    for (uint64_t bits = run->seen; bits != 0; bits &= bits - 1) {
        json_array_append_new(known, json_string(model_name(s, ams_lowest(bits))));
    }
    return json_pack("{s:s, s:f, s:f, s:f, s:o, s:o, s:b, s:o, s:o}", "model",
                     model_name(s, run->model), "start_ms", run->start_ms, "end_ms",
                     run->end_ms, "mem_mb", (double)s->setup.table.mem_mb[run->model], "value",
                     number_or_null((double)run->value), "rate",
                     number_or_null(trace_rate(s, run->model, run->value)), "finished",
                     run->finished, "known", known, "found", labels);
}

ams_status trace_print_json(const trace_session *s, FILE *stream, ams_error *err)
{
    double gain[AMS_MAX_MODELS];
    json_t *runs = json_array();
    json_t *left = json_array();
    ams_env_gains(s->setup.env, s->item, s->schedule.seen, gain);
    for (uint32_t k = 0; k < s->schedule.n; k++) {
        json_array_append_new(runs, run_json(s, k));
    }
    for (uint32_t m = 0; m < s->setup.env->n_models; m++) {
        if ((s->schedule.seen >> m & 1) == 0) {
            bool values = s->policy->kind->values != NULL;
            json_array_append_new(
                left, json_pack("{s:s, s:o, s:f}", "model", model_name(s, m), "value",
                                values ? number_or_null((double)s->left[m]) : json_null(),
                                "true_gain", gain[m]));
        }
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:f, s:f, s:f, s:f, s:i, s:o, s:o}", "item",
        ams_names_get(&s->setup.table.item_id, s->item), "policy", s->policy->label,
        "scheduler", s->scheduler->name, "deadline_ms", number_or_null(s->task.deadline_ms),
        "memory_mb", number_or_null(s->task.memory_mb), "recall", s->schedule.recall,
        "full_value", s->setup.env->full[s->item], "done_ms", s->schedule.done_ms, "peak_mb",
        s->schedule.peak_mb, "cut_off", (int)s->schedule.cut, "runs", runs, "left", left);
    ams_status status = AMS_OK;
    if (json == NULL || json_dumpf(json, stream, JSON_INDENT(2)) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write the trace as JSON");
    }
    fputc('\n', stream);
    json_decref(json);
    return status;
}

/* For the Gantt picture: one row a run. */
static void print_rows(const trace_session *s, FILE *stream)
{
    fputs("model\tstart_ms\tend_ms\tmem_mb\tnew_share\tfinished\n", stream);
    for (uint32_t k = 0; k < s->schedule.n; k++) {
        const ams_schedule_run *run = &s->schedule.run[k];
        double full = s->setup.env->full[s->item];
        double gain =
            ams_env_gain(s->setup.env, s->item, trace_known(&s->schedule, k), run->model);
        fprintf(stream, "%s\t%.6f\t%.6f\t%.6g\t%.6f\t%d\n", model_name(s, run->model),
                run->start_ms, run->end_ms, (double)s->setup.table.mem_mb[run->model],
                run->finished && full > 0 ? gain / full : 0, run->finished);
    }
}

typedef enum trace_file { TRACE_TEXT, TRACE_JSON, TRACE_ROWS } trace_file;

static ams_status write_one(const trace_session *s, const char *name, trace_file what,
                            ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    if (what == TRACE_TEXT) {
        trace_print(s, file.stream);
    } else if (what == TRACE_ROWS) {
        print_rows(s, file.stream);
    } else {
        status = trace_print_json(s, file.stream, err);
    }
    if (status == AMS_OK) {
        status = ams_file_commit(&file, err);
    } else {
        ams_file_abort(&file);
    }
out:
    free(path);
    return status;
}

/* As `ams plot DIR --what gantt -o DIR` would. */
static ams_status draw(const trace_session *s, ams_error *err)
{
    char words[5][16] = {"plot", "", "--what", "gantt", "-o"};
    char *folder = NULL;
    cli_args args;
    ams_status status = ams_copy_text(&folder, s->directory, err);
    if (status != AMS_OK) {
        return status;
    }
    char *argv[] = {words[0], folder, words[2], words[3], words[4], folder, NULL};
    status = cli_parse(&args, 6, argv, ams_cmd_plot.options, ams_cmd_plot.n_options, err);
    if (status == AMS_OK) {
        status = ams_cmd_plot.run(&args, err);
        cli_args_fini(&args);
    }
    free(folder);
    return status;
}

ams_status trace_write(const trace_session *s, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(s->directory, err));
    AMS_TRY(write_one(s, "trace.txt", TRACE_TEXT, err));
    AMS_TRY(write_one(s, "trace.json", TRACE_JSON, err));
    AMS_TRY(write_one(s, "trace.tsv", TRACE_ROWS, err));
    if (s->schedule.n > 0) {
        status = draw(s, err);
    }
out:
    return status;
}
