/* `ams data select`: some models, groups or items of an outputs file. */
#include "cli/data.h"

#include "ams/data.h"
#include "base/memory.h"
#include "console/options.h"

#include <stdlib.h>

typedef struct select_job {
    ams_selection selection;
    const char *items, *output;
    uint64_t memory_mb;
} select_job;

static const cli_option options[] = {
    CLI_VALUE("--models", "A,B",
              "these models (repeatable; default all); a comma in a name: \\,",
              CLI_INTO_NAMES(select_job, selection.models, selection.n_models)),
    CLI_VALUE("--groups", "G,H", "items of these groups (repeatable; default all)",
              CLI_INTO_NAMES(select_job, selection.groups, selection.n_groups)),
    CLI_FILE("--items", "LIST", CLI_READS,
             "items named in the file LIST, one id per line (default all)",
             CLI_INTO_TEXT(select_job, items)),
    CLI_FLAG("--keep-labels",
             "drop no label, so that a policy trained on one part can be scored "
             "on another (transfer)",
             CLI_INTO_FLAG(select_job, selection.all_labels)),
    CLI_FILE("-o", "G.h5", CLI_WRITES_TABLE, "the file to write; may be F.h5",
             CLI_REQUIRED(select_job, output)),
    CLI_VALUE("--memory", "MB",
              "of a file that needs more (default 4096), only the items chosen "
              "by --groups and --items are held in memory",
              CLI_INTO_COUNT(select_job, memory_mb, UINT64_C(1) << 30)),
};

static ams_status select_parts(const cli_args *args, ams_error *err)
{
    select_job job = {.memory_mb = CLI_DATA_MEMORY_MB};
    const char *path = NULL;
    ams_table selected = {0};
    ams_names ids = {0};
    const char **items = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_fill(args, &job, err));
    if (job.items != NULL) {
        AMS_TRY(ams_data_read_ids(&ids, job.items, err));
    }
    AMS_TRY(ams_alloc(&items, ids.count, sizeof *items, "items", err));
    for (uint32_t i = 0; i < ids.count; i++) {
        items[i] = ams_names_get(&ids, i);
    }
    job.selection.items = items;
    job.selection.n_items = ids.count;
    AMS_TRY(ams_data_select_file(&selected, path, &job.selection, job.memory_mb, err));
    status = cli_write_table(&selected, job.output, err);
out:
    ams_table_fini(&selected);
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
