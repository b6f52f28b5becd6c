/* What the data commands share. */
#ifndef AMS_CLI_DATA_OPTIONS_H
#define AMS_CLI_DATA_OPTIONS_H

#include "cli/cli.h"
#include "data/data.h"

/* --split 0.5,0.1,0.4 and --seed S where they are given. */
ams_status cli_get_split(const cli_args *args, ams_split_options *split, ams_error *err);

/* The only operand; AMS_USAGE for none or more. `what` names it: "an outputs file". */
ams_status cli_one_operand(const cli_args *args, const char *what, const char **operand,
                           ams_error *err);

/* --memory of the commands that read a file in windows, in MB; 4096 where it is not given. */
ams_status cli_get_memory(const cli_args *args, uint64_t *memory_mb, ams_error *err);
#define CLI_MEMORY_HELP                                                                        \
    "  --memory MB  the file is read in windows, which take some tens of MB; one whose "       \
    "items\n"                                                                                  \
    "               are not sorted by id is read again for its hash, once for each MB "        \
    "megabytes\n"                                                                              \
    "               of it (default 4096). The answer does not depend on it\n"

/* Names given as "a,b", in one or several uses of an option. */
typedef struct cli_names {
    char *text;
    const char **name;
    size_t count;
} cli_names;
ams_status cli_get_names(const cli_args *args, const char *option, cli_names *names,
                         ams_error *err);
void cli_names_fini(cli_names *names);

/* Writes the table and prints one line of what it holds. */
ams_status cli_write_table(const ams_table *table, const char *path, ams_error *err);

#endif
