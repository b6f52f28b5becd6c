/* The contract of a command: its table of options, its texts, its arguments.
 *
 * Results go to stdout, progress and messages to stderr. Exit codes are ams_status. */
#ifndef AMS_CONSOLE_COMMAND_H
#define AMS_CONSOLE_COMMAND_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What an option, or an operand, has to do with files. Before a command starts, console/files.h
 * compares what it reads with what it writes, and tests what it writes. */
typedef enum cli_file {
    CLI_NO_FILE,
    CLI_READS,           /* a file or folder; of NAME=PATH and RULE:PATH it is PATH */
    CLI_WRITES_TABLE,    /* an outputs file, HDF5 */
    CLI_WRITES_POLICY,   /* a policy.ams */
    CLI_WRITES_LINKS,    /* links, as `ams links` writes them */
    CLI_WRITES_ROWS,     /* JSON Lines; no device */
    CLI_WRITES_RECORD,   /* the same, which may be continued */
    CLI_WRITES_TSV,      /* tab-separated values */
    CLI_WRITES_REQUESTS, /* appends to requests, as `ams serve --trace` writes them */
    CLI_WRITES_JSON,     /* one JSON object */
    CLI_WRITES_MARKDOWN, /* begins with a heading */
    CLI_WRITES_HTML,     /* a whole page */
    CLI_WRITES_FOLDER,   /* files in that folder */
    CLI_READS_FOLDER     /* reads a folder and writes files into it (an operand) */
} cli_file;

/* The path of what is written with the file `of`, for the caller to free(). */
typedef ams_status cli_beside(char **path, const char *of, ams_error *err);

/* How an option's value is read into a field of the command's job. */
typedef enum cli_type {
    CLI_UNREAD,
    CLI_IS_TEXT,    /* const char *, borrowed from the arguments */
    CLI_IS_FLAG,    /* bool: whether it is given */
    CLI_IS_COUNT,   /* uint32_t, uint64_t or size_t, from `least` to `most` */
    CLI_IS_THREADS, /* the same from 1 to 256; where it is not given, one per processor */
    CLI_IS_REAL,    /* double from `low` to `high`; the field is divided by `scale` */
    CLI_IS_CHOICE,  /* an enum, int or bool: which of `words` */
    CLI_IS_WORDS,   /* uint32_t: a bit per word of a list */
    CLI_IS_NAMES,   /* const char *const *, a list between commas, and how many */
    CLI_IS_TEXTS,   /* the same: the values of every use of the option */
    CLI_IS_SEEDS,   /* const uint64_t *, and how many: "1-5" or "1,2,7" */
    CLI_IS_REALS,   /* const double *, and how many, each from `low` to `high` */
    CLI_IS_OTHER    /* what `read` makes of it */
} cli_type;

/* `value` is the field. @return AMS_USAGE that names the option, what was expected and found.
 */
typedef ams_status cli_reader(const char *option, const char *text, void *value,
                              ams_error *err);

typedef struct cli_into {
    cli_type type;
    bool required;                   /* AMS_USAGE where it is not given */
    unsigned short size, count_size; /* of the fields */
    size_t offset, count;            /* of the field in the job, of the number of values */
    uint64_t least, most;
    double low, high, scale;
    const char *const *words; /* NULL-terminated */
    cli_reader *read;
} cli_into;

/* Options of a command: one row each; values may repeat. "--name value" and "--name=value" both
 * work; "--" ends options. An unknown option is AMS_USAGE with the nearest known one. Help, man
 * pages and completion are made of these rows. */
typedef struct cli_option {
    const char *name;  /* "--data", "-o" */
    const char *value; /* what help calls its value, "F.h5"; NULL: it takes none */
    const char *help;  /* what it does, with its default; console/help.c breaks its lines */
    bool takes_value;  /* set by the macros below; a row without help is taken and not shown */
    bool standard_output; /* "-" stands for it, as the command says */
    cli_file file;
    cli_beside *beside; /* the path of a table that is written with it; NULL: none is */
    const char *unless; /* the option that names this second file itself; NULL: none does */
    /* "--agent", or "--score truth|exact": it says nothing without that option (with one of
     * these values), or with it; AMS_USAGE then. NULL: it does not depend on another. */
    const char *with, *without;
    cli_into into; /* where its value goes (console/fill.h); all zero: the command asks */
} cli_option;

/* A row of a table, with a value and without: the help text, and after it what else there is to
 * say, as CLI_INTO_COUNT(job, draws, 1000). */
#define CLI_VALUE(option, what, ...)                                                           \
    {                                                                                          \
        .name = (option), .value = (what), .takes_value = true, .help = __VA_ARGS__            \
    }
/* The same of an option whose value is the name of a file or folder. */
#define CLI_FILE(option, what, kind, ...)                                                      \
    {                                                                                          \
        .name = (option), .value = (what), .takes_value = true, .file = (kind),                \
        .help = __VA_ARGS__                                                                    \
    }
#define CLI_FLAG(option, ...)                                                                  \
    {                                                                                          \
        .name = (option), .help = __VA_ARGS__                                                  \
    }

/* What was read of the arguments, and lives as long as they do. */
typedef struct cli_kept {
    void **block;
    size_t n, room;
} cli_kept;

typedef struct cli_args {
    const char **value;  /* values of options in order given, beside: */
    const char **option; /* the option's name as in the table; value is NULL if it takes none */
    int n_options;
    const char **operand; /* what is no option */
    int n_operands;
    int argc; /* as given; argv[0] is the command's name */
    char **argv;
    const cli_option *table; /* (n_table) the command's */
    size_t n_table;
    struct ams_team *team; /* of the program; NULL: this process alone */
    cli_kept *kept;        /* private */
} cli_args;

typedef struct ams_command {
    const char *name;    /* "train", "data import" */
    const char *summary; /* one line */
    const char *usage;   /* "ams train --data F.h5 ..." */
    const char
        *help; /* the rest of `ams help NAME`, after its options: what it does, examples */
    const cli_option *options; /* one row each; NULL: none */
    size_t n_options;
    bool only_options;        /* it takes no operands */
    cli_file operands;        /* what the operands are */
    bool in_place;            /* an operand may be written in place: -o names it again */
    const char *const *makes; /* files that it writes into its folder and that may be inputs,
                                 too; NULL at the end, or NULL: none */
    /* Returns the exit code; the message is in err. */
    ams_status (*run)(const cli_args *args, ams_error *err);
} ams_command;

/* `ams help NAME`. */
void cli_print_help(const ams_command *command);

/* In an ams_command's initializer. */
#define CLI_OPTIONS(table) .options = (table), .n_options = sizeof(table) / sizeof *(table)
/* The same of a command that takes options only. */
#define CLI_ONLY_OPTIONS(table) CLI_OPTIONS(table), .only_options = true

/* main.c parses before it runs a command; argv stays borrowed.
 * @return AMS_USAGE: an option that is not known, lacks a value, or that would be ignored for
 * want of another one. */
ams_status cli_parse(cli_args *args, int argc, char **argv, const cli_option *options,
                     size_t n_options, ams_error *err);
void cli_args_fini(cli_args *args);
/* Last value given, or `otherwise`. */
const char *cli_get(const cli_args *args, const char *option, const char *otherwise);
bool cli_has(const cli_args *args, const char *option);
/* The i-th value of a repeatable option, NULL past the end. */
const char *cli_get_nth(const cli_args *args, const char *option, int i);
/* AMS_USAGE naming the option where it is missing or not a whole number. */
ams_status cli_require(const cli_args *args, const char *option, const char **value,
                       ams_error *err);
ams_status cli_get_u64(const cli_args *args, const char *option, uint64_t *value,
                       ams_error *err);

/* Frees `block` with the arguments; at once where it fails. */
ams_status cli_keep(const cli_args *args, void *block, ams_error *err);
/* The command line as one text, for manifests; lives as long as args. NULL: no memory. */
const char *cli_command_line(const cli_args *args);

#endif
