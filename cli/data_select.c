/* `ams data select`: some models, groups or items of an outputs file. */
#include "cli/data_options.h"

#include "base/memory.h"
#include "data/lines.h"

#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {.name = "--models", .takes_value = true}, {.name = "--groups", .takes_value = true},
    {.name = "--items", .takes_value = true},  {.name = "--keep-labels"},
    {.name = "-o", .takes_value = true},       {.name = "--memory", .takes_value = true},
};

/* One id a line; blank lines mean nothing. */
static ams_status read_ids(const char *path, ams_names *ids, ams_error *err)
{
    ams_line_reader *reader = NULL;
    ams_status status = ams_lines_open(&reader, path, err);
    while (status == AMS_OK) {
        const char *line = NULL;
        size_t length = 0;
        uint32_t index = 0;
        status = ams_lines_next(reader, &line, &length, err);
        if (status != AMS_OK || line == NULL) {
            break;
        }
        if (length > 0) {
            status = ams_names_add(ids, line, length, &index, err);
        }
    }
    ams_lines_close(reader);
    if (status == AMS_OK && ids->count == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: expected item ids, one a line, found none", path);
    }
    return status;
}

/* Items of a file that are in the groups and in the list; each is whole where it is empty. */
typedef struct choice {
    const cli_names *groups;
    const ams_names *ids;
    uint32_t *item;
    size_t n, capacity;
    uint32_t n_listed; /* items that are in the list */
} choice;

static bool in_groups(const choice *c, const char *group)
{
    bool chosen = c->groups->count == 0;
    for (size_t g = 0; g < c->groups->count && !chosen; g++) {
        chosen = strcmp(c->groups->name[g], group) == 0;
    }
    return chosen;
}

static ams_status choose_window(void *context, const ams_table *window, uint32_t first,
                                ams_error *err)
{
    choice *c = context;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < window->n_items; i++) {
        const char *id = ams_names_get(&window->item_id, i);
        bool listed =
            c->ids->count == 0 || ams_names_find(c->ids, id, strlen(id)) != AMS_NO_NAME;
        c->n_listed += listed;
        if (listed && in_groups(c, ams_names_get(&window->group_name, window->item_group[i]))) {
            AMS_TRY(ams_grow(&c->item, &c->capacity, c->n + 1, sizeof *c->item, "items", err));
            c->item[c->n++] = first + i;
        }
    }
out:
    return status;
}

/* Only what is chosen, of a file that is too large to be read whole. */
static ams_status read_chosen(ams_table_file *file, const cli_names *groups,
                              const ams_names *ids, ams_table *table, ams_error *err)
{
    choice c = {.groups = groups, .ids = ids};
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_file_check(file, 0, choose_window, &c, NULL, err));
    if (ids->count > 0 && c.n_listed < ids->count) {
        status = ams_fail(err, AMS_USAGE, "select: %u of the %u items in the list are unknown",
                          ids->count - c.n_listed, ids->count);
        goto out;
    }
    if (c.n == 0) {
        status = ams_fail(err, AMS_USAGE,
                          "select: expected at least one item, found none that is in the "
                          "groups and in the list of items");
        goto out;
    }
    AMS_TRY(ams_table_file_read(file, c.item, (uint32_t)c.n, table, err));
out:
    free(c.item);
    return status;
}

static ams_status read_table(const cli_args *args, const char *path, const cli_names *groups,
                             const ams_names *ids, ams_table *table, ams_error *err)
{
    ams_table_file *file = NULL;
    uint64_t memory_mb = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_memory(args, &memory_mb, err));
    AMS_TRY(ams_table_file_open(&file, path, err));
    uint32_t n = ams_table_file_head(file)->n_items;
    bool some = groups->count > 0 || ids->count > 0;
    if (some && ams_table_part_bytes(file, n) > memory_mb << 20) {
        AMS_TRY(read_chosen(file, groups, ids, table, err));
    } else {
        AMS_TRY(ams_table_read(table, path, err));
    }
out:
    ams_table_file_close(file);
    return status;
}

static ams_status select_parts(const cli_args *args, ams_error *err)
{
    const char *path = NULL;
    const char *output = NULL;
    ams_table table = {0};
    ams_table selected = {0};
    cli_names models = {0};
    cli_names groups = {0};
    ams_names ids = {0};
    const char **items = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_require(args, "-o", &output, err));
    AMS_TRY(cli_get_names(args, "--models", &models, err));
    AMS_TRY(cli_get_names(args, "--groups", &groups, err));
    if (cli_has(args, "--items")) {
        AMS_TRY(read_ids(cli_get(args, "--items", ""), &ids, err));
    }
    AMS_TRY(ams_alloc(&items, ids.count, sizeof *items, "items", err));
    for (uint32_t i = 0; i < ids.count; i++) {
        items[i] = ams_names_get(&ids, i);
    }
    ams_selection selection = {.models = models.name,
                               .n_models = models.count,
                               .groups = groups.name,
                               .n_groups = groups.count,
                               .items = items,
                               .n_items = ids.count,
                               .all_labels = cli_has(args, "--keep-labels")};
    AMS_TRY(read_table(args, path, &groups, &ids, &table, err));
    AMS_TRY(ams_data_select(&selected, &table, &selection, err));
    status = cli_write_table(&selected, output, err);
out:
    ams_table_fini(&table);
    ams_table_fini(&selected);
    cli_names_fini(&models);
    cli_names_fini(&groups);
    ams_names_fini(&ids);
    free(items);
    return status;
}

const ams_command ams_cmd_data_select = {
    .name = "data select",
    .summary = "keep some models, groups or items",
    .usage = "ams data select F.h5 [--models A,B] [--groups G,H] [--items LIST]\n"
             "          [--keep-labels] [--memory MB] -o G.h5",
    .help =
        "What is given must hold together: items of the groups that are in the list. Items "
        "keep\ntheir split; labels that no kept run outputs are dropped.\n\n"
        "  --models A,B   these models (repeatable; default all)\n"
        "  --groups G,H   items of these groups (repeatable; default all)\n"
        "  --items LIST   items named in the file LIST, one id a line (default all)\n"
        "  --keep-labels  drop no label, so that a policy trained on one part can be scored "
        "on\n"
        "                 another (transfer)\n"
        "  --memory MB    of a file that needs more (default 4096) only items of the groups "
        "and\n"
        "                 in the list are held in memory\n"
        "  -o G.h5        the file to write; may be F.h5\n",
    CLI_OPTIONS(options),
    .run = select_parts,
};
