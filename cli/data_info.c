/* `ams data info`: what an outputs file holds. */
#include "cli/data_options.h"

#include "base/memory.h"
#include "env/env.h"
#include "env/table_part.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {{.name = "--json"},
                                     {.name = "--memory", .takes_value = true}};

typedef struct summary {
    ams_table_file *file;
    const ams_table *head; /* of the file */
    char hash[AMS_HASH_TEXT];
    bool run_times;
    ams_names groups;
    uint64_t (*items)[3]; /* (groups) items by split */
    size_t capacity;
    uint64_t
        valuable[AMS_MAX_MODELS]; /* items for which the model outputs something valuable */
    uint64_t outputs, valuable_outputs;
} summary;

/* Those of the window that no window before had. */
static ams_status add_groups(summary *s, const ams_table *window, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t g = s->groups.count; g < window->group_name.count; g++) {
        const char *name = ams_names_get(&window->group_name, g);
        uint32_t index = 0;
        AMS_TRY(
            ams_grow(&s->items, &s->capacity, (size_t)g + 1, sizeof *s->items, "groups", err));
        memset(s->items[g], 0, sizeof s->items[g]);
        AMS_TRY(ams_names_add(&s->groups, name, strlen(name), &index, err));
    }
out:
    return status;
}

static ams_status add_window(void *context, const ams_table *window, uint32_t first,
                             ams_error *err)
{
    summary *s = context;
    float threshold = ams_env_defaults().threshold;
    (void)first;
    ams_status status = add_groups(s, window, err);
    if (status != AMS_OK) {
        return status;
    }
    s->run_times = window->run_time_ms != NULL;
    s->outputs += ams_table_outputs(window);
    for (uint32_t i = 0; i < window->n_items; i++) {
        s->items[window->item_group[i]][window->split[i]]++;
        for (uint32_t m = 0; m < window->n_models; m++) {
            size_t row = (size_t)i * window->n_models + m;
            uint64_t before = s->valuable_outputs;
            for (uint64_t k = window->indptr[row]; k < window->indptr[row + 1]; k++) {
                s->valuable_outputs += window->conf[k] > threshold;
            }
            s->valuable[m] += s->valuable_outputs > before;
        }
    }
    return AMS_OK;
}

static void print_items(const summary *s)
{
    static const int width = 11;
    uint64_t all[3] = {0};
    printf("%-24s %*s %*s %*s %*s\n", "items by group", width, "train", width, "validation",
           width, "test", width, "all");
    for (uint32_t g = 0; g <= s->groups.count; g++) {
        bool last = g == s->groups.count;
        const uint64_t *count = last ? all : s->items[g];
        printf("  %-22s", last ? "all" : ams_names_get(&s->groups, g));
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
    return s->head->n_items == 0 ? 0 : (double)s->valuable[m] / s->head->n_items;
}

static void print_models(const summary *s)
{
    const ams_table *table = s->head;
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
    const ams_table *table = s->head;
    printf("file       %s\nname       %s\nsource     %s\nlicense    %s\ncreated    %s\n"
           "generator  %s\nhash       %s\n",
           path, table->name, table->source, table->license, table->created, table->generator,
           s->hash);
    printf("size       %u items, %u models, %u labels, %llu outputs, %llu of them valuable\n",
           table->n_items, table->n_models, table->n_labels, (unsigned long long)s->outputs,
           (unsigned long long)s->valuable_outputs);
    printf("run times  %s\n\n",
           !s->run_times ? "of the models only" : "of each run beside the models'");
    print_items(s);
    putchar('\n');
    print_models(s);
}

static json_t *groups_json(const summary *s)
{
    json_t *groups = json_object();
    for (uint32_t g = 0; g < s->groups.count; g++) {
        json_t *counts = json_object();
        for (int part = 0; part < 3; part++) {
            json_object_set_new(counts, ams_split_name((ams_split)part),
                                json_integer((json_int_t)s->items[g][part]));
        }
        json_object_set_new(groups, ams_names_get(&s->groups, g), counts);
    }
    return groups;
}

static json_t *models_json(const summary *s)
{
    const ams_table *table = s->head;
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
    const ams_table *t = s->head;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:o, s:o}", "name", t->name,
        "source", t->source, "license", t->license, "created", t->created, "generator",
        t->generator, "content_hash", s->hash, "items", (json_int_t)t->n_items, "labels",
        (json_int_t)t->n_labels, "outputs", (json_int_t)s->outputs, "valuable_outputs",
        (json_int_t)s->valuable_outputs, "run_times", s->run_times, "groups", groups_json(s),
        "models", models_json(s));
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(json);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    summary s = {0};
    const char *path = NULL;
    uint64_t memory_mb = 0;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_get_memory(args, &memory_mb, err));
    AMS_TRY(ams_table_file_open(&s.file, path, err));
    s.head = ams_table_file_head(s.file);
    AMS_TRY(ams_table_file_check(s.file, memory_mb, add_window, &s, s.hash, err));
    if (cli_has(args, "--json")) {
        print_json(&s);
    } else {
        print_text(&s, path);
    }
out:
    ams_table_file_close(s.file);
    ams_names_fini(&s.groups);
    free(s.items);
    return status;
}

const ams_command ams_cmd_data_info = {
    .name = "data info",
    .summary = "show what an outputs file holds",
    .usage = "ams data info F.h5 [--json] [--memory MB]",
    .help = "Prints the data set's name, source and terms, its items by group and split, its "
            "models with\ntime, memory and the share of items for which they output something "
            "valuable, and how the\nfile was made: skipped rows, missing runs, times.\n\n"
            "  --json       the same for programs\n" CLI_MEMORY_HELP,
    CLI_OPTIONS(options),
    .run = run,
};
