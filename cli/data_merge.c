/* `ams data merge`: the items of several outputs files in one. */
#include "cli/data.h"
#include "console/options.h"

#include "ams/data.h"
#include "base/memory.h"

#include <stdlib.h>

static const cli_option options[] = {
    CLI_VALUE("--times", "T",
              "where the files' mean times of a model differ, as those of recordings do: first "
              "(the first file's) or mean (over all items)"),
    CLI_FILE("-o", "C.h5", CLI_WRITES_TABLE, "the file to write; may be one of those read"),
};

static ams_status merge(const cli_args *args, ams_error *err)
{
    const char *output = NULL;
    size_t n = (size_t)args->n_operands;
    ams_table *tables = NULL;
    const ams_table **each = NULL;
    int times = AMS_MERGE_SAME_TIMES;
    /* In the order of ams_merge_times; without the option they have to be the same. */
    static const char *const names[] = {"same", "first", "mean", NULL};
    ams_table merged = {0};
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "-o", &output, err));
    AMS_TRY(cli_get_choice(args, "--times", names, &times, err));
    AMS_TRY(ams_alloc(&tables, n, sizeof *tables, "files", err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&each, n, sizeof *each, "files", err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(ams_table_read(&tables[i], args->operand[i], err));
        each[i] = &tables[i];
    }
    AMS_TRY(ams_data_merge(&merged, each, n, (ams_merge_times)times, err));
    status = cli_write_table(&merged, output, err);
out:
    for (size_t i = 0; tables != NULL && i < n; i++) {
        ams_table_fini(&tables[i]);
    }
    ams_table_fini(&merged);
    free(each);
    free(tables);
    return status;
}

const ams_command ams_cmd_data_merge = {
    .name = "data merge",
    .summary = "put the items of several outputs files into one",
    .usage = "ams data merge A.h5 B.h5... -o C.h5",
    .help =
        "The files must have the same models with the same memory and theta, and no item\n"
        "in common; the same mean times, too, without --times. Items keep their groups and\n"
        "splits. If only some files have the times of executions, those of the others take\n"
        "their model's mean time. Holds all files in memory, twice.\n"
        "\n"
        "Example:\n"
        "  ams data merge photos.h5 more.h5 -o all.h5\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .in_place = true,
    .run = merge,
};
