/* Readers of options that several commands have: one for each, so that it means the same and is
 * refused in the same words everywhere. The readers of limits with units are in cli/units.h.
 *
 * Each returns AMS_USAGE with the option's name, what was expected and what was found. */
#ifndef AMS_CLI_OPTIONS_H
#define AMS_CLI_OPTIONS_H

#include "ams/data.h"
#include "cli/cli.h"

/* A whole number from 1 to `most`; *value stays where the option is not given. */
ams_status cli_get_count(const cli_args *args, const char *option, uint64_t most,
                         uint64_t *value, ams_error *err);
/* A finite number from low to high; *value stays where the option is not given. */
ams_status cli_get_real(const cli_args *args, const char *option, double low, double high,
                        double *value, ams_error *err);
/* One of the words (NULL-terminated) as its index; the first where the option is not given. */
ams_status cli_get_choice(const cli_args *args, const char *option, const char *const *words,
                          int *choice, ams_error *err);

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
/* --split of data commands: 0.5,0.1,0.4, and --seed S; *split stays where they are not given.
 */
ams_status cli_get_split(const cli_args *args, ams_split_options *split, ams_error *err);

/* The only operand; AMS_USAGE for none or more. `what` names it: "an outputs file". */
ams_status cli_one_operand(const cli_args *args, const char *what, const char **operand,
                           ams_error *err);
/* AMS_USAGE for a command that takes options only. */
ams_status cli_no_operands(const cli_args *args, ams_error *err);

/* Names given as "a,b", in one or several uses of an option. All zero where there is none. */
typedef struct cli_names {
    char *text; /* private */
    const char **name;
    size_t count;
} cli_names;
ams_status cli_get_names(const cli_args *args, const char *option, cli_names *names,
                         ams_error *err);
void cli_names_fini(cli_names *names);

#endif
