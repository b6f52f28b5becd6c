/* `ams data check`: every rule of the format, and whether the content is what was written. */
#include "cli/data.h"
#include "cli/readers.h"
#include "console/options.h"

#include "ams/table_file.h"

#include <stdio.h>
#include <string.h>

static const cli_option options[] = {CLI_DATA_MEMORY};

static ams_status check(const cli_args *args, ams_error *err)
{
    const char *path = NULL;
    uint64_t memory_mb = 0;
    char stored[AMS_HASH_TEXT];
    char found[AMS_HASH_TEXT];
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_get_memory(args, &memory_mb, err));
    AMS_TRY(ams_table_hash_file(path, memory_mb, found, err));
    AMS_TRY(ams_table_stored_hash(path, stored, err));
    if (stored[0] != '\0' && strcmp(stored, found) != 0) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: expected content hash %s as the file states, found %s", path,
                          stored, found);
        goto out;
    }
    printf("%s: right; content hash %s%s\n", path, found,
           stored[0] == '\0' ? " (the file states none)" : " as stated");
out:
    return status;
}

const ams_command ams_cmd_data_check = {
    .name = "data check",
    .summary = "check every rule of an outputs file's format",
    .usage = "ams data check F.h5 [--memory MB]",
    .help = "Reads the whole file, checks every rule of the format and compares the content\n"
            "with the hash that the file states. Exit code 0: the file is right. Exit code 2:\n"
            "it is not; the message says where, what was expected and what was found.\n"
            "\n"
            "Example:\n"
            "  ams data check mine.h5\n",
    CLI_OPTIONS(options),
    .run = check,
};
