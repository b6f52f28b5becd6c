/* Between the files of `ams run`. */
#ifndef AMS_CLI_RUN_H
#define AMS_CLI_RUN_H

#include "cli/cli.h"
#include "serve/runner.h"

/* Runs every model on every item by itself and writes the rows that `ams data import` reads to
 * `path`, the table of models beside it, both whole or not at all. A model that fails ends it.
 */
ams_status run_record(const ams_programs *programs, const cli_args *args, const char *path,
                      size_t output_bytes, ams_error *err);

#endif
