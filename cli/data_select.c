/* `ams data select`: some models, groups or items of an outputs file. */
#include "cli/data.h"
#include "cli/readers.h"
#include "console/options.h"

#include "base/memory.h"

#include <stdlib.h>

static const cli_option options[] = {
    CLI_VALUE("--models", "A,B", "these models (repeatable; default all)"),
    CLI_VALUE("--groups", "G,H", "items of these groups (repeatable; default all)"),
    CLI_FILE("--items", "LIST", CLI_READS,
             "items named in the file LIST, one id per line (default all)"),
    CLI_FLAG("--keep-labels",
             "drop no label, so that a policy trained on one part can be scored "
             "on another (transfer)"),
    CLI_FILE("-o", "G.h5", CLI_WRITES_TABLE, "the file to write; may be F.h5"),
    CLI_VALUE("--memory", "MB",
              "of a file that needs more (default 4096), only the items chosen "
              "by --groups and --items are held in memory"),
};

static ams_status select_parts(const cli_args *args, ams_error *err)
{
    const char *path = NULL;
    const char *output = NULL;
    uint64_t memory_mb = 0;
    ams_table selected = {0};
    cli_names models = {0};
    cli_names groups = {0};
    ams_names ids = {0};
    const char **items = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_require(args, "-o", &output, err));
    AMS_TRY(cli_get_memory(args, &memory_mb, err));
    AMS_TRY(cli_get_names(args, "--models", &models, err));
    AMS_TRY(cli_get_names(args, "--groups", &groups, err));
    if (cli_has(args, "--items")) {
        AMS_TRY(ams_data_read_ids(&ids, cli_get(args, "--items", ""), err));
    }
    AMS_TRY(ams_alloc(&items, ids.count, sizeof *items, "items", err));
    for (uint32_t i = 0; i < ids.count; i++) {
        items[i] = ams_names_get(&ids, i);
    }
    const ams_selection selection = {.models = models.name,
                                     .n_models = models.count,
                                     .groups = groups.name,
                                     .n_groups = groups.count,
                                     .items = items,
                                     .n_items = ids.count,
                                     .all_labels = cli_has(args, "--keep-labels")};
    AMS_TRY(ams_data_select_file(&selected, path, &selection, memory_mb, err));
    status = cli_write_table(&selected, output, err);
out:
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
        "All conditions must hold: items of the groups that are also in the list. Items\n"
        "keep their split. Labels that no kept model outputs are dropped.\n"
        "\n"
        "Example:\n"
        "  ams data select data/photos.h5 --groups coco_like --models facemesh -o part.h5\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .in_place = true,
    .run = select_parts,
};
