/* `ams data info`: what an outputs file holds. */
#include "cli/data.h"
#include "console/options.h"

#include "ams/data.h"
#include "ams/table_file.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

typedef struct info_job {
    uint64_t memory_mb;
    bool json;
} info_job;

static const cli_option options[] = {
    CLI_FLAG("--json", "the same for programs", CLI_INTO_FLAG(info_job, json)),
    CLI_DATA_MEMORY(info_job, memory_mb),
};

/* `table`: the file's head, without items and outputs. */
typedef struct info_file {
    const ams_table *table;
    ams_data_summary summary;
} info_file;

static void print_items(const info_file *f)
{
    static const int width = 11;
    uint64_t all[3] = {0};
    printf("%-24s %*s %*s %*s %*s\n", "items by group", width, "train", width, "validation",
           width, "test", width, "all");
    for (uint32_t g = 0; g <= f->summary.groups.count; g++) {
        bool last = g == f->summary.groups.count;
        const uint64_t *count = last ? all : f->summary.items[g];
        printf("  %-22s", last ? "all" : ams_names_get(&f->summary.groups, g));
        for (int part = 0; part < 3; part++) {
            printf(" %*llu", width, (unsigned long long)count[part]);
            all[part] += last ? 0 : count[part];
        }
        uint64_t total = count[0] + count[1] + count[2];
        printf(" %*llu\n", width, (unsigned long long)total);
    }
}

static double share(const info_file *f, uint32_t m)
{
    return f->table->n_items == 0 ? 0 : (double)f->summary.valuable[m] / f->table->n_items;
}

/* Of a column of models or tasks: the longest name, within limits. */
static uint32_t width_of(const ams_names *names)
{
    uint32_t width = 24;
    for (uint32_t i = 0; i < names->count; i++) {
        const uint32_t has = ams_text_width(ams_names_get(names, i));
        width = has > width ? has : width;
    }
    return width < AMS_NAME_IN_TABLE ? width : AMS_NAME_IN_TABLE;
}

static void print_name(const char *name, uint32_t width)
{
    char shown[AMS_SHORT_BYTES(AMS_NAME_IN_TABLE)];
    ams_text_shorten(shown, name, width);
    printf("%s%*s ", shown, ams_text_fill(shown, width), "");
}

/* Two decimals, four of a small price beside dear ones, or what small and huge ones need. */
static void print_time(double time_ms, double all_ms)
{
    char text[AMS_AMOUNT_BYTES];
    if (all_ms >= 10 && all_ms < 1e7) {
        printf("%10.*f", time_ms > 0 && time_ms < 0.1 ? 4 : 2, time_ms);
    } else {
        ams_amount_print(text, time_ms, all_ms);
        printf("%10s", text);
    }
}

static void print_models(const info_file *f)
{
    const ams_table *table = f->table;
    uint32_t width = width_of(&table->model_name);
    const uint32_t task = width_of(&table->task_name);
    double total = 0;
    width = width < 26 ? 26 : width;
    for (uint32_t m = 0; m < table->n_models; m++) {
        total += (double)table->time_ms[m];
    }
    const bool one = ams_table_one_threshold(table);
    const bool kinds = ams_table_has_kinds(table);
    char cost[AMS_COST_UNIT_MAX + 8];
    snprintf(cost, sizeof cost, "cost %s", ams_table_cost_unit(table));
    print_name("models", width + 2);
    print_name("task", task);
    printf("%10s %10s %6s %9s%s%s\n", ams_table_costs_ms(table) ? "time_ms" : cost, "mem_mb",
           "theta", "valuable", one ? "" : " threshold", kinds ? " kind" : "");
    for (uint32_t m = 0; m < table->n_models; m++) {
        fputs("  ", stdout);
        print_name(ams_names_get(&table->model_name, m), width);
        print_name(ams_names_get(&table->task_name, table->model_task[m]), task);
        print_time((double)table->time_ms[m], total);
        printf(" %10.1f %6.3g %8.1f%%", (double)table->mem_mb[m], (double)table->theta[m],
               100 * share(f, m));
        if (!one) {
            printf(" %9.4g", (double)ams_table_threshold(table, m));
        }
        printf("%s%s\n", kinds ? " " : "",
               kinds ? ams_output_kinds[ams_table_kind(table, m)] : "");
    }
    fputs("  ", stdout);
    print_name("all", width);
    printf("%-*u ", (int)task, table->task_name.count);
    print_time(total, total);
    putchar('\n');
    if (one) {
        printf("(valuable: share of the items with an output of confidence above %.4g)\n",
               (double)ams_table_threshold(table, 0));
    } else {
        puts("(valuable: share of the items with an output of confidence above the threshold)");
    }
}

static void print_text(const info_file *f, const char *path)
{
    const ams_table *table = f->table;
    printf("file       %s\nname       %s\nsource     %s\nlicense    %s\ncreated    %s\n"
           "generator  %s\nhash       %s\n",
           path, table->name, table->source, table->license, table->created, table->generator,
           f->summary.hash);
    printf("size       %u items, %u models, %u labels, %llu outputs, %llu of them valuable\n",
           table->n_items, table->n_models, table->n_labels,
           (unsigned long long)f->summary.outputs,
           (unsigned long long)f->summary.valuable_outputs);
    if (f->summary.items_with_truth > 0) {
        printf("truth      of %llu items, %llu labels\n",
               (unsigned long long)f->summary.items_with_truth,
               (unsigned long long)f->summary.true_labels);
    }
    printf("%stimes      %s\n\n", f->summary.exits,
           !f->summary.run_times ? "of the models only"
                                 : "of each execution, and of the models");
    print_items(f);
    putchar('\n');
    print_models(f);
}

static json_t *groups_json(const info_file *f)
{
    json_t *groups = json_object();
    for (uint32_t g = 0; g < f->summary.groups.count; g++) {
        json_t *counts = json_object();
        for (int part = 0; part < 3; part++) {
            json_object_set_new(counts, ams_split_name((ams_split)part),
                                json_integer((json_int_t)f->summary.items[g][part]));
        }
        json_object_set_new(groups, ams_names_get(&f->summary.groups, g), counts);
    }
    return groups;
}

static json_t *models_json(const info_file *f)
{
    const ams_table *table = f->table;
    json_t *models = json_array();
    for (uint32_t m = 0; m < table->n_models; m++) {
        json_array_append_new(
            models, json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:s, s:s, s:i, s:f}", "name",
                              ams_names_get(&table->model_name, m), "task",
                              ams_names_get(&table->task_name, table->model_task[m]), "time_ms",
                              (double)table->time_ms[m], "mem_mb", (double)table->mem_mb[m],
                              "theta", (double)table->theta[m], "threshold",
                              (double)ams_table_threshold(table, m), "kind",
                              ams_output_kinds[ams_table_kind(table, m)], "stage_of",
                              ams_table_stage_of(table, m), "stage",
                              (int)ams_table_stage(table, m), "valuable", share(f, m)));
    }
    return models;
}

static void print_json(const info_file *f)
{
    const ams_table *t = f->table;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o}",
                  "name", t->name, "source", t->source, "license", t->license, "created",
                  t->created, "generator", t->generator, "content_hash", f->summary.hash,
                  "cost_unit", ams_table_cost_unit(t), "items", (json_int_t)t->n_items,
                  "labels", (json_int_t)t->n_labels, "outputs", (json_int_t)f->summary.outputs,
                  "valuable_outputs", (json_int_t)f->summary.valuable_outputs,
                  "items_with_truth", (json_int_t)f->summary.items_with_truth, "run_times",
                  f->summary.run_times, "groups", groups_json(f), "models", models_json(f));
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(json);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_table_file *file = NULL;
    info_file info = {.table = NULL};
    const char *path = NULL;
    info_job job = {.memory_mb = CLI_DATA_MEMORY_MB};
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(ams_table_file_open(&file, path, err));
    info.table = ams_table_file_head(file);
    AMS_TRY(ams_data_summarize(&info.summary, file, job.memory_mb, err));
    if (job.json) {
        print_json(&info);
    } else {
        print_text(&info, path);
    }
out:
    ams_table_file_close(file);
    ams_data_summary_fini(&info.summary);
    return status;
}

const ams_command ams_cmd_data_info = {
    .name = "data info",
    .summary = "show what an outputs file holds",
    .usage = "ams data info F.h5 [--json] [--memory MB]",
    .help = "Prints the data set's name, source and terms, its items by group and split, its\n"
            "models with their time, memory and the share of items for which they output\n"
            "something valuable, and how the file was made: skipped rows, missing executions,\n"
            "times.\n"
            "\n"
            "Example:\n"
            "  ams data info photos.h5\n",
    CLI_OPTIONS(options),
    .run = run,
};
