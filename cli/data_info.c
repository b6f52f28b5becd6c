/* `ams data info`: what an outputs file holds. */
#include "cli/data_options.h"

#include "base/memory.h"
#include "env/env.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {{"--json", false}};

typedef struct summary {
    ams_table table;
    char hash[AMS_HASH_TEXT];
    uint64_t (*items)[3]; /* (groups) items by split */
    uint64_t *valuable;   /* (M) items for which the model outputs something valuable */
    uint64_t outputs, valuable_outputs;
} summary;

static ams_status summarize(summary *s, const char *path, ams_error *err)
{
    ams_table *table = &s->table;
    float threshold = ams_env_defaults().threshold;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(table, path, err));
    AMS_TRY(ams_table_hash(table, s->hash, err));
    AMS_TRY(ams_alloc(&s->items, table->group_name.count, sizeof *s->items, "groups", err));
    AMS_TRY(ams_alloc(&s->valuable, table->n_models, sizeof *s->valuable, "models", err));
    s->outputs = ams_table_outputs(table);
    for (uint32_t i = 0; i < table->n_items; i++) {
        s->items[table->item_group[i]][table->split[i]]++;
        for (uint32_t m = 0; m < table->n_models; m++) {
            size_t row = (size_t)i * table->n_models + m;
            uint64_t before = s->valuable_outputs;
            for (uint64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++) {
                s->valuable_outputs += table->conf[k] > threshold;
            }
            s->valuable[m] += s->valuable_outputs > before;
        }
    }
out:
    return status;
}

static void print_items(const summary *s)
{
    static const int width = 11;
    uint64_t all[3] = {0};
    printf("%-24s %*s %*s %*s %*s\n", "items by group", width, "train", width, "validation",
           width, "test", width, "all");
    for (uint32_t g = 0; g <= s->table.group_name.count; g++) {
        bool last = g == s->table.group_name.count;
        const uint64_t *count = last ? all : s->items[g];
        printf("  %-22s", last ? "all" : ams_names_get(&s->table.group_name, g));
        for (int part = 0; part < 3; part++) {
            printf(" %*llu", width, (unsigned long long)count[part]);
            all[part] += last ? 0 : count[part];
        }
        uint64_t total = count[0] + count[1] + count[2];
        printf(" %*llu\n", width, (unsigned long long)total);
    }
}

static double share(const summary *s, uint32_t m)
{
    return s->table.n_items == 0 ? 0 : (double)s->valuable[m] / s->table.n_items;
}

static void print_models(const summary *s)
{
    const ams_table *table = &s->table;
    double total = 0;
    printf("%-28s %-24s %10s %10s %6s %9s\n", "models", "task", "time_ms", "mem_mb", "theta",
           "valuable");
    for (uint32_t m = 0; m < table->n_models; m++) {
        total += (double)table->time_ms[m];
        printf(
            "  %-26s %-24s %10.2f %10.1f %6.3g %8.1f%%\n", ams_names_get(&table->model_name, m),
            ams_names_get(&table->task_name, table->model_task[m]), (double)table->time_ms[m],
            (double)table->mem_mb[m], (double)table->theta[m], 100 * share(s, m));
    }
    printf("  %-26s %-24u %10.2f\n", "all", table->task_name.count, total);
    printf("(valuable: share of the items with an output of confidence above %.2g)\n",
           (double)ams_env_defaults().threshold);
}

static void print_text(const summary *s, const char *path)
{
    const ams_table *table = &s->table;
    printf("file       %s\nname       %s\nsource     %s\nlicense    %s\ncreated    %s\n"
           "generator  %s\nhash       %s\n",
           path, table->name, table->source, table->license, table->created, table->generator,
           s->hash);
    printf("size       %u items, %u models, %u labels, %llu outputs, %llu of them valuable\n",
           table->n_items, table->n_models, table->n_labels, (unsigned long long)s->outputs,
           (unsigned long long)s->valuable_outputs);
    printf("run times  %s\n\n", table->run_time_ms == NULL ? "of the models only"
                                                           : "of each run beside the models'");
    print_items(s);
    putchar('\n');
    print_models(s);
}

static json_t *groups_json(const summary *s)
{
    json_t *groups = json_object();
    for (uint32_t g = 0; g < s->table.group_name.count; g++) {
        json_t *counts = json_object();
        for (int part = 0; part < 3; part++) {
            json_object_set_new(counts, ams_split_name((ams_split)part),
                                json_integer((json_int_t)s->items[g][part]));
        }
        json_object_set_new(groups, ams_names_get(&s->table.group_name, g), counts);
    }
    return groups;
}

static json_t *models_json(const summary *s)
{
    const ams_table *table = &s->table;
    json_t *models = json_array();
    for (uint32_t m = 0; m < table->n_models; m++) {
        json_array_append_new(
            models, json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "name",
                              ams_names_get(&table->model_name, m), "task",
                              ams_names_get(&table->task_name, table->model_task[m]), "time_ms",
                              (double)table->time_ms[m], "mem_mb", (double)table->mem_mb[m],
                              "theta", (double)table->theta[m], "valuable", share(s, m)));
    }
    return models;
}

static void print_json(const summary *s)
{
    const ams_table *t = &s->table;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:o, s:o}", "name", t->name,
        "source", t->source, "license", t->license, "created", t->created, "generator",
        t->generator, "content_hash", s->hash, "items", (json_int_t)t->n_items, "labels",
        (json_int_t)t->n_labels, "outputs", (json_int_t)s->outputs, "valuable_outputs",
        (json_int_t)s->valuable_outputs, "run_times", t->run_time_ms != NULL, "groups",
        groups_json(s), "models", models_json(s));
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(json);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    summary s = {0};
    const char *path = NULL;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(summarize(&s, path, err));
    if (cli_has(args, "--json")) {
        print_json(&s);
    } else {
        print_text(&s, path);
    }
out:
    ams_table_fini(&s.table);
    free(s.items);
    free(s.valuable);
    return status;
}

const ams_command ams_cmd_data_info = {
    .name = "data info",
    .summary = "show what an outputs file holds",
    .usage = "ams data info F.h5 [--json]",
    .help = "Prints the data set's name, source and terms, its items by group and split, its "
            "models with\ntime, memory and the share of items for which they output something "
            "valuable, and how the\nfile was made: skipped rows, missing runs, times.\n\n"
            "  --json  the same for programs\n",
    CLI_OPTIONS(options),
    .run = run,
};
