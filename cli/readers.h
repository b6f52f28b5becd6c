/* Readers of options that several commands have, in the words of this project: memory, splits,
 * rules of stopping. One for each, so that it means the same everywhere.
 *
 * Each returns AMS_USAGE with the option's name, what was expected and what was found. */
#ifndef AMS_CLI_READERS_H
#define AMS_CLI_READERS_H

#include "ams/data.h"
#include "console/command.h"

/* --split of commands that score, for a table of options: value is an ams_split. */
ams_status cli_read_split(const char *option, const char *text, void *value, ams_error *err);
/* The same of shares, 0.5,0.1,0.4: value is an ams_split_options. */
ams_status cli_read_shares(const char *option, const char *text, void *value, ams_error *err);

/* Operands where policies were meant: AMS_USAGE that says how they are given. */
ams_status cli_refuse_policies(const cli_args *args, ams_error *err);
/* --stop: "never", "end", "value:X", "sum:X" as a stop of include/ams/online.h and X. */
ams_status cli_parse_stop(const char *text, int *stop, double *below, ams_error *err);

#endif
