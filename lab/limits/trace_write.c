/* What a trace prints and writes. */
#include "ams/limit_trace.h"

#include "base/file.h"
#include "base/text.h"
#include "env/math.h"
#include "lab/figures/columns.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *model_name(const ams_limit_trace *t, uint32_t m)
{
    return ams_names_get(&t->setup->table.model_name, m);
}

enum { NAME_WIDTH = 26 }; /* of a column of models, at least */

static uint32_t name_width(const ams_limit_trace *t)
{
    uint32_t width = NAME_WIDTH;
    for (uint32_t m = 0; m < t->setup->table.n_models; m++) {
        const uint32_t has = ams_text_width(model_name(t, m));
        width = has > width ? has : width;
    }
    return width < AMS_NAME_IN_TABLE ? width : AMS_NAME_IN_TABLE;
}

static void print_name(const char *name, uint32_t width, FILE *stream)
{
    char shown[AMS_SHORT_BYTES(AMS_NAME_IN_TABLE)];
    ams_text_shorten(shown, name, width);
    fprintf(stream, "%s%*s", shown, ams_text_fill(shown, width), "");
}

/* Of all models one after the other: what times are compared with. */
static double all_ms(const ams_limit_trace *t)
{
    double sum = 0;
    for (uint32_t m = 0; m < t->setup->env->n_models; m++) {
        sum += (double)t->setup->env->time_ms[m];
    }
    return sum;
}

/* Calls `visit` with name and confidence of each label that execution k found first. */
typedef void trace_label_fn(void *context, const char *label, double conf);

static void new_labels(const ams_limit_trace *t, uint32_t k, trace_label_fn *visit,
                       void *context)
{
    const ams_env *env = t->setup->env;
    const ams_schedule_run *run = &t->schedule.run[k];
    uint64_t bit = UINT64_C(1) << run->model;
    uint64_t known = ams_limit_known(&t->schedule, k);
    for (uint64_t e = env->entry[t->setup->item];
         run->finished && e < env->entry[t->setup->item + 1]; e++) {
        if ((env->makers[e] & bit) != 0 && (env->makers[e] & known) == 0) {
            uint32_t at = ams_rank(env->seen[e], bit);
            visit(context, ams_names_get(&t->setup->table.label_name, env->label[e]),
                  (double)env->conf[env->conf_at[e] + at]);
        }
    }
}

/* The first few labels of an execution, and how many more there are. */
typedef struct trace_labels {
    char text[256];
    size_t used;
    uint32_t n;
} trace_labels;

enum { NAMED = 3 };

static void add_text(void *context, const char *label, double conf)
{
    trace_labels *found = context;
    if (found->n++ < NAMED) {
        int wrote = snprintf(found->text + found->used, sizeof found->text - found->used,
                             "%s%.60s %.2f", found->used == 0 ? "" : ", ", label, conf);
        found->used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static void print_run(const ams_limit_trace *t, uint32_t k, FILE *stream)
{
    char begin[AMS_AMOUNT_BYTES];
    char end[AMS_AMOUNT_BYTES];
    const ams_schedule_run *run = &t->schedule.run[k];
    trace_labels found = {.n = 0};
    char rate[48] = "         -          -";
    double full = t->setup->env->full[t->setup->item];
    uint64_t known = ams_limit_known(&t->schedule, k);
    known |= run->finished ? UINT64_C(1) << run->model : 0;
    double value = ams_env_value(t->setup->env, t->setup->item, known);
    new_labels(t, k, add_text, &found);
    if (!isnan(run->value)) {
        const double per = ams_limit_rate(t, run->model, run->value);
        if (fabs(per) >= 1e6 || (fabs(per) < 0.1 && per != 0)) {
            snprintf(rate, sizeof rate, "%10.4f %10.4g", (double)run->value, per);
        } else {
            snprintf(rate, sizeof rate, "%10.4f %10.3f", (double)run->value, per);
        }
    }
    ams_amount_print(begin, run->start_ms, all_ms(t));
    ams_amount_print(end, run->end_ms, all_ms(t));
    fprintf(stream, "%8s %8s  ", begin, end);
    print_name(model_name(t, run->model), name_width(t), stream);
    fprintf(stream, " %8.1f %s %7.4f  ", (double)t->setup->table.mem_mb[run->model], rate,
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

static void print_rest(const ams_limit_trace *t, FILE *stream)
{
    double gain[AMS_MAX_MODELS];
    ams_env_gains(t->setup->env, t->setup->item, t->schedule.seen, gain);
    fputs("\nLeft: ", stream);
    print_name("model", name_width(t), stream);
    char cost[AMS_COST_UNIT_MAX + 8];
    const char *unit = ams_table_cost_unit(&t->setup->table);
    snprintf(cost, sizeof cost, "%s %s", ams_cost_word(unit), unit);
    fprintf(stream, " %9s  memory MB  value then  would have found\n", cost);
    for (uint32_t m = 0; m < t->setup->env->n_models; m++) {
        if ((t->schedule.seen >> m & 1) == 0) {
            char value[16] = "-";
            char time[AMS_AMOUNT_BYTES];
            if (ams_policy_kind_of(t->policy)->values != NULL) {
                snprintf(value, sizeof value, "%.4f", (double)t->rest[m]);
            }
            ams_amount_print(time, (double)t->setup->env->time_ms[m], all_ms(t));
            fputs("      ", stream);
            print_name(model_name(t, m), name_width(t), stream);
            fprintf(stream, " %9s %10.1f %11s  %.4f of the value\n", time,
                    (double)t->setup->table.mem_mb[m], value,
                    t->setup->env->full[t->setup->item] > 0
                        ? gain[m] / t->setup->env->full[t->setup->item]
                        : 0);
        }
    }
}

void ams_limit_trace_print(const ams_limit_trace *t, FILE *stream)
{
    const ams_limit_setup *setup = t->setup;
    const char *unit = ams_table_cost_unit(&setup->table);
    char start[AMS_COST_UNIT_MAX + 8];
    char end[AMS_COST_UNIT_MAX + 8];
    char rate[AMS_COST_UNIT_MAX + 12];
    fprintf(stream, "item %s, %s with %s", ams_names_get(&setup->table.item_id, t->setup->item),
            t->scheduler->name, ams_policy_label(t->policy));
    if (!isinf(t->task.deadline_ms)) {
        fprintf(stream, ", deadline %.6g %s", t->task.deadline_ms, unit);
    }
    if (setup->options.parallel) {
        fprintf(stream, ", memory %.6g MB", t->task.memory_mb);
    }
    snprintf(start, sizeof start, "start %s", unit);
    snprintf(end, sizeof end, "end %s", unit);
    fprintf(stream, "\n\n%8s %8s  ", start, end);
    print_name("model", name_width(t), stream);
    snprintf(rate, sizeof rate, setup->options.parallel ? "/ (%s GB)" : "/ %s",
             ams_table_costs_ms(&setup->table) ? "s" : unit);
    fprintf(stream, " %8s %10s %10s %7s  found\n", "mem MB", "value", rate, "recall");
    for (uint32_t k = 0; k < t->schedule.n; k++) {
        print_run(t, k, stream);
    }
    print_rest(t, stream);
    char done[AMS_AMOUNT_BYTES];
    ams_amount_print(done, t->schedule.done_ms, all_ms(t));
    fprintf(stream,
            "\nrecall %.4f of value %.4f at %s %s; %u runs, %u cut off; at most %.1f MB in "
            "use\n",
            t->schedule.recall, setup->env->full[t->setup->item], done, unit, t->schedule.n,
            t->schedule.cut, t->schedule.peak_mb);
}

static void add_json(void *context, const char *label, double conf)
{
    json_array_append_new(context, json_pack("[s, f]", label, conf));
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *run_json(const ams_limit_trace *t, uint32_t k)
{
    const ams_schedule_run *run = &t->schedule.run[k];
    json_t *labels = json_array();
    json_t *known = json_array();
    new_labels(t, k, add_json, labels);
    for (uint64_t bits = run->seen; bits != 0; bits &= bits - 1) {
        json_array_append_new(known, json_string(model_name(t, ams_lowest(bits))));
    }
    return json_pack("{s:s, s:f, s:f, s:f, s:o, s:o, s:b, s:o, s:o}", "model",
                     model_name(t, run->model), "start_ms", run->start_ms, "end_ms",
                     run->end_ms, "mem_mb", (double)t->setup->table.mem_mb[run->model], "value",
                     number_or_null((double)run->value), "rate",
                     number_or_null(ams_limit_rate(t, run->model, run->value)), "finished",
                     run->finished, "known", known, "found", labels);
}

ams_status ams_limit_trace_print_json(const ams_limit_trace *t, FILE *stream, ams_error *err)
{
    double gain[AMS_MAX_MODELS];
    json_t *runs = json_array();
    json_t *left = json_array();
    ams_env_gains(t->setup->env, t->setup->item, t->schedule.seen, gain);
    for (uint32_t k = 0; k < t->schedule.n; k++) {
        json_array_append_new(runs, run_json(t, k));
    }
    for (uint32_t m = 0; m < t->setup->env->n_models; m++) {
        if ((t->schedule.seen >> m & 1) == 0) {
            bool values = ams_policy_kind_of(t->policy)->values != NULL;
            json_array_append_new(
                left, json_pack("{s:s, s:o, s:f}", "model", model_name(t, m), "value",
                                values ? number_or_null((double)t->rest[m]) : json_null(),
                                "true_gain", gain[m]));
        }
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s?, s:s, s:s, s:o, s:o, s:f, s:f, s:f, s:f, s:i, s:o, s:o}", "item",
        ams_names_get(&t->setup->table.item_id, t->setup->item), "cost_unit",
        ams_table_cost_unit(&t->setup->table), "fit", t->setup->options.fit_path, "policy",
        ams_policy_label(t->policy), "scheduler", t->scheduler->name, "deadline_ms",
        number_or_null(t->task.deadline_ms), "memory_mb", number_or_null(t->task.memory_mb),
        "recall", t->schedule.recall, "full_value", t->setup->env->full[t->setup->item],
        "done_ms", t->schedule.done_ms, "peak_mb", t->schedule.peak_mb, "cut_off",
        (int)t->schedule.cut, "runs", runs, "left", left);
    ams_status status = AMS_OK;
    if (json == NULL || json_dumpf(json, stream, JSON_INDENT(2)) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write the trace as JSON: %s",
                          json == NULL ? "no memory" : strerror(errno));
    }
    fputc('\n', stream);
    json_decref(json);
    return status;
}

static ams_status print_text(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    ams_limit_trace_print(context, stream);
    return AMS_OK;
}

static ams_status print_json(FILE *stream, const void *context, ams_error *err)
{
    return ams_limit_trace_print_json(context, stream, err);
}

/* One row per execution. */
static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    const ams_limit_trace *t = context;
    const ams_limit_setup *setup = t->setup;
    const double full = setup->env->full[setup->item];
    const int n = ams_amount_decimals(setup->env->total_time_ms, 6);
    (void)err;
    fputs(AMS_TRACE_HEADER, stream);
    for (uint32_t k = 0; k < t->schedule.n; k++) {
        const ams_schedule_run *run = &t->schedule.run[k];
        double gain =
            ams_env_gain(setup->env, setup->item, ams_limit_known(&t->schedule, k), run->model);
        fprintf(stream, "%s\t%.*f\t%.*f\t%.6g\t%.6f\t%d\n", model_name(t, run->model), n,
                run->start_ms, n, run->end_ms, (double)setup->table.mem_mb[run->model],
                run->finished && full > 0 ? gain / full : 0, run->finished);
    }
    return AMS_OK;
}

ams_status ams_limit_trace_write(const ams_limit_trace *trace, const char *directory,
                                 ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_file_write(directory, "trace.txt", print_text, trace, err));
    AMS_TRY(ams_file_write(directory, "trace.json", print_json, trace, err));
    status = ams_file_write(directory, AMS_TRACE_TSV, print_rows, trace, err);
out:
    return status;
}
