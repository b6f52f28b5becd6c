/* `ams data check`: every rule of the format, and whether the content is what was written. */
#include "cli/data.h"

#include "ams/table_file.h"
#include "base/team.h"
#include "console/options.h"

#include <stdio.h>
#include <string.h>

typedef struct check_job {
    uint64_t memory_mb;
} check_job;

static const cli_option options[] = {CLI_DATA_MEMORY(check_job, memory_mb)};

static ams_status check(const cli_args *args, ams_error *err)
{
    check_job job = {.memory_mb = CLI_DATA_MEMORY_MB};
    const char *path = NULL;
    char stored[AMS_HASH_TEXT];
    char found[AMS_HASH_TEXT];
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_fill(args, &job, err));
    if (!ams_team_leads(args->team)) {
        return AMS_HELPED; /* the hash is of all in order: others would only wait */
    }
    AMS_TRY(ams_table_hash_file(path, job.memory_mb, found, err));
    AMS_TRY(ams_table_stored_hash(path, stored, err));
    if (stored[0] != '\0' && strcmp(stored, found) != 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected content hash %s as the file states, found %s", path,
                        stored, found);
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
