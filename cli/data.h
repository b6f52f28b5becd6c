/* What the `ams data` commands share. */
#ifndef AMS_CLI_DATA_H
#define AMS_CLI_DATA_H

#include "ams/table.h"
#include "cli/cli.h"
#include "console/fill.h"

/* The row of --memory of commands that read a file from start to end and keep none of it. */
#define CLI_DATA_MEMORY(job, memory_mb)                                                        \
    CLI_VALUE("--memory", "MB",                                                                \
              "the file is read in windows of some tens of MB. A file whose items are not "    \
              "sorted by id is read again for its hash, once per MB megabytes of its size "    \
              "(default 4096). The result does not depend on it",                              \
              CLI_INTO_COUNT(job, memory_mb, UINT64_C(1) << 30))
enum { CLI_DATA_MEMORY_MB = 4096 };

/* Writes the table and prints one line of what it holds. */
ams_status cli_write_table(const ams_table *table, const char *path, ams_error *err);

#endif
