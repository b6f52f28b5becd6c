/* Readers of options that several commands have: one for each, so that it means the same and is
 * refused in the same words everywhere. The readers of limits with units are in
 * console/units.h.
 *
 * Each returns AMS_USAGE with the option's name, what was expected and what was found. */
#ifndef AMS_CONSOLE_OPTIONS_H
#define AMS_CONSOLE_OPTIONS_H

#include "console/command.h"

/* A whole number from 1 to `most`; *value stays where the option is not given. */
ams_status cli_get_count(const cli_args *args, const char *option, uint64_t most,
                         uint64_t *value, ams_error *err);
/* A finite number from low to high; *value stays where it is refused. */
ams_status cli_parse_real(const char *option, const char *text, double low, double high,
                          double *value, ams_error *err);
/* The same; *value stays where the option is not given. */
ams_status cli_get_real(const cli_args *args, const char *option, double low, double high,
                        double *value, ams_error *err);
/* One of the words (NULL-terminated) as its index; the first where the option is not given. */
ams_status cli_get_choice(const cli_args *args, const char *option, const char *const *words,
                          int *choice, ams_error *err);

/* A list of words as a bit mask of their indices; *mask stays where it is not given. */
ams_status cli_get_words(const cli_args *args, const char *option, const char *const *words,
                         uint32_t *mask, ams_error *err);
/* "1-5" or "1,2,7", distinct; *seed (*n) is for the caller to free(), also after a failure. */
ams_status cli_parse_seeds(const char *option, const char *text, uint64_t **seed, size_t *n,
                           ams_error *err);

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
