/* `ams data select`: some models, groups or items of an outputs file. */
#include "cli/data_options.h"

#include "base/memory.h"
#include "data/lines.h"

#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {"--models", true},       {"--groups", true}, {"--items", true},
    {"--keep-labels", false}, {"-o", true},
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
    AMS_TRY(ams_table_read(&table, path, err));
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
             "          [--keep-labels] -o G.h5",
    .help =
        "What is given must hold together: items of the groups that are in the list. Items "
        "keep\ntheir split; labels that no kept run outputs are dropped.\n\n"
        "  --models A,B   these models (repeatable; default all)\n"
        "  --groups G,H   items of these groups (repeatable; default all)\n"
        "  --items LIST   items named in the file LIST, one id a line (default all)\n"
        "  --keep-labels  drop no label, so that a policy trained on one part can be scored "
        "on\n"
        "                 another (transfer)\n"
        "  -o G.h5        the file to write; may be F.h5\n",
    CLI_OPTIONS(options),
    .run = select_parts,
};
