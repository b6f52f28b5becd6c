/* Readers of options that several commands have, in the words of this project: memory, splits,
 * rules of stopping. One for each, so that it means the same everywhere.
 *
 * Each returns AMS_USAGE with the option's name, what was expected and what was found. */
#ifndef AMS_CLI_READERS_H
#define AMS_CLI_READERS_H

#include "ams/data.h"
#include "console/command.h"

/* --memory: how much of a file's data is held in memory at once, in MB (2^20 bytes), from 1 to
 * 2^30, so that it can be shifted to bytes; 4096 where it is not given. Commands whose budget
 * is shared between training runs ask cli_has first. `ams schedule` has this limit as
 * --table-memory, since --memory is there what models run in. */
ams_status cli_get_memory(const cli_args *args, uint64_t *memory_mb, ams_error *err);
/* The same limit under another name. */
ams_status cli_get_memory_as(const cli_args *args, const char *option, uint64_t *memory_mb,
                             ams_error *err);

/* --split of commands that score: train, validation or test; test where it is not given. */
ams_status cli_get_split_name(const cli_args *args, ams_split *split, ams_error *err);
/* The same for a table of options: value is an ams_split. */
ams_status cli_read_split(const char *option, const char *text, void *value, ams_error *err);
/* --split of data commands: 0.5,0.1,0.4, and --seed S; *split stays where they are not given.
 */
ams_status cli_get_split(const cli_args *args, ams_split_options *split, ams_error *err);

/* --stop: "never", "end", "value:X", "sum:X" as a stop of include/ams/online.h and X. */
ams_status cli_parse_stop(const char *text, int *stop, double *below, ams_error *err);

#endif
