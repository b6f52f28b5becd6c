/* --json of commands that print a table: one JSON object on standard output in its place. Its
 * names are those of the TSV files' columns, numbers have all their digits, and null stands for
 * what is not known. docs/format.md has the shapes. */
#ifndef AMS_CLI_JSON_H
#define AMS_CLI_JSON_H

#include "ams/frame.h"
#include "cli/cli.h"
#include "console/fill.h"

#include <jansson.h>

#define CLI_JSON CLI_FLAG("--json", "print the table as JSON")
#define CLI_JSON_INTO(job, member)                                                             \
    CLI_FLAG("--json", "print the table as JSON", CLI_INTO_FLAG(job, member))

/* Takes root; NULL: it could not be made. @return AMS_IO, AMS_BACKEND. */
ams_status cli_print_json(json_t *root, ams_error *err);
/* A number, or null where it is not finite: JSON has no others. */
json_t *cli_json_number(double value);

#endif
