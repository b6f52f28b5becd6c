/* --json of commands that print a table: one JSON object on standard output in its place. Its
 * names are those of the TSV files' columns, numbers have all their digits, and null stands for
 * what is not known. docs/format.md has the shapes. */
#ifndef AMS_CLI_JSON_H
#define AMS_CLI_JSON_H

#include "ams/frame.h"
#include "cli/cli.h"
#include "console/fill.h"
#include "console/json.h"

#define CLI_JSON CLI_FLAG("--json", "print the table as JSON")
#define CLI_JSON_INTO(job, member)                                                             \
    CLI_FLAG("--json", "print the table as JSON", CLI_INTO_FLAG(job, member))

#endif
