/* The front door: one thin file per command. Only cli/ prints and exits.
 *
 * Results go to stdout, progress and messages to stderr. Exit codes are ams_status. */
#ifndef AMS_CLI_CLI_H
#define AMS_CLI_CLI_H

#include "ams/progress.h"
#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What an option, or an operand, has to do with files. Before a command starts, cli/files.h
 * compares what it reads with what it writes, and tests what it writes. */
typedef enum cli_file {
    CLI_NO_FILE,
    CLI_READS,           /* a file or folder; of NAME=PATH and RULE:PATH it is PATH */
    CLI_WRITES_TABLE,    /* an outputs file, HDF5 */
    CLI_WRITES_POLICY,   /* a policy.ams */
    CLI_WRITES_LINKS,    /* links, as `ams links` writes them */
    CLI_WRITES_ROWS,     /* JSON Lines and, under the name of `ams data export`, their models */
    CLI_WRITES_RECORD,   /* the same, under the name of `ams run --record` */
    CLI_WRITES_TSV,      /* tab-separated values */
    CLI_WRITES_JSON,     /* one JSON object */
    CLI_WRITES_MARKDOWN, /* begins with a heading */
    CLI_WRITES_FOLDER,   /* files in that folder */
    CLI_READS_FOLDER     /* reads a folder and writes files into it (an operand) */
} cli_file;

/* Options of a command: one row each; values may repeat. "--name value" and "--name=value" both
 * work; "--" ends options. An unknown option is AMS_USAGE with the nearest known one. Help, man
 * pages and completion are made of these rows. */
typedef struct cli_option {
    const char *name;  /* "--data", "-o" */
    const char *value; /* what help calls its value, "F.h5"; NULL: it takes none */
    const char *help;  /* what it does, with its default; cli/help.c breaks its lines */
    bool takes_value;  /* set by the macros below; a row without help is taken and not shown */
    bool standard_output; /* "-" stands for it, as the command says */
    cli_file file;
} cli_option;

/* A row of a table, with a value and without. */
#define CLI_VALUE(option, what, text)                                                          \
    {                                                                                          \
        .name = (option), .value = (what), .help = (text), .takes_value = true                 \
    }
/* The same of an option whose value is the name of a file or folder. */
#define CLI_FILE(option, what, kind, text)                                                     \
    {                                                                                          \
        .name = (option), .value = (what), .help = (text), .takes_value = true, .file = (kind) \
    }
#define CLI_FLAG(option, text)                                                                 \
    {                                                                                          \
        .name = (option), .help = (text)                                                       \
    }

typedef struct cli_args {
    const char **value;  /* values of options in order given, beside: */
    const char **option; /* the option's name as in the table; value is NULL if it takes none */
    int n_options;
    const char **operand; /* what is no option */
    int n_operands;
    int argc; /* as given; argv[0] is the command's name */
    char **argv;
} cli_args;

typedef struct ams_command {
    const char *name;    /* "train", "data import" */
    const char *summary; /* one line */
    const char *usage;   /* "ams train --data F.h5 ..." */
    const char
        *help; /* the rest of `ams help NAME`, after its options: what it does, examples */
    const cli_option *options; /* one row each; NULL: none */
    size_t n_options;
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

/* Each defined in its own file (cli/train.c, cli/data_import.c, ...); the table is in
 * cli/main.c. */
extern const ams_command ams_cmd_doctor, ams_cmd_data_import, ams_cmd_data_info,
    ams_cmd_data_check, ams_cmd_data_split, ams_cmd_data_merge, ams_cmd_data_select,
    ams_cmd_data_threshold, ams_cmd_data_export, ams_cmd_data_synth, ams_cmd_train,
    ams_cmd_sweep, ams_cmd_tune, ams_cmd_eval, ams_cmd_compare, ams_cmd_plot, ams_cmd_list,
    ams_cmd_bench, ams_cmd_schedule_deadline, ams_cmd_schedule_memory, ams_cmd_trace,
    ams_cmd_export, ams_cmd_average, ams_cmd_report, ams_cmd_serve, ams_cmd_run,
    ams_cmd_reproduce;
extern const ams_command ams_cmd_links_eval, ams_cmd_links_guarantee, ams_cmd_links_predict,
    ams_cmd_links_select, ams_cmd_links_schedule, ams_cmd_links_simulate, ams_cmd_links_stream,
    ams_cmd_links_train;
extern const ams_command ams_cmd_stream, ams_cmd_budget;

/* main.c parses before it runs a command; argv stays borrowed. */
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

/* --seeds: "1-5" or "1,2,7", distinct; *seed (*n) is for the caller to free(). */
ams_status cli_get_seeds(const cli_args *args, const char *otherwise, uint64_t **seed,
                         size_t *n, ams_error *err);

/* Progress on stderr: a bar redrawn in place on a terminal, else one line every 10 s. NO_COLOR
 * and TERM=dumb are respected. */
typedef struct cli_progress {
    const char *what;
    double started, last; /* seconds, monotonic */
    /* At the first update. What was done before, by an earlier run, took none of this time. */
    double first_done, first_at;
    bool terminal;
    bool done; /* the last update was of all the work */
    bool begun, shown;
} cli_progress;
void cli_progress_begin(cli_progress *progress, const char *what);
/* done / total in any unit; `note` is appended ("loss 0.12"). Cheap to call often. */
void cli_progress_update(cli_progress *progress, double done, double total, const char *note);
void cli_progress_end(cli_progress *progress);
/* What a library reports, as a bar and lines on stderr; lives as long as `progress`. */
ams_progress cli_progress_listener(cli_progress *progress);

/* The command line as one text, for manifests; free() it. */
char *cli_command_line(const cli_args *args);

#endif
