/* What the `ams data` commands share. */
#ifndef AMS_CLI_DATA_H
#define AMS_CLI_DATA_H

#include "ams/table.h"
#include "cli/cli.h"

/* The row of --memory of commands that read a file from start to end and keep none of it. */
#define CLI_DATA_MEMORY                                                                        \
    CLI_VALUE("--memory", "MB",                                                                \
              "the file is read in windows of some tens of MB. A file whose items are not "    \
              "sorted by id is read again for its hash, once per MB megabytes of its size "    \
              "(default 4096). The result does not depend on it")

/* Writes the table and prints one line of what it holds. */
ams_status cli_write_table(const ams_table *table, const char *path, ams_error *err);

#endif
