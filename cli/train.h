/* What `ams train` makes of its arguments: shared by a run alone and by many together. Private
 * to cli/train*.c. */
#ifndef AMS_CLI_TRAIN_H
#define AMS_CLI_TRAIN_H

#include "base/pool.h"
#include "cli/cli.h"
#include "cli/device.h"
#include "rl/run/run.h"

#include <stdio.h>

enum { TRAIN_OPTIONS = 11 };
extern const cli_option train_options[TRAIN_OPTIONS];

/* A run to be; all zero: none. */
typedef struct train_session {
    ams_train_options train;
    cli_device device;
    uint64_t memory_mb;
    uint64_t until; /* 0: to the end */
    char *data_path;
    char *directory;
    char *command;
    ams_table *table; /* owned or another session's, and so is env */
    ams_env *env;
    bool owns_table, owns_env;
    bool partial;                  /* the table is the part that items and seed ask for */
    char data_hash[AMS_HASH_TEXT]; /* of the file, where it is known; else "" */
    ams_pool *pool;                /* borrowed, for validations; NULL: one thread */
    cli_progress bar;
} train_session;

/* Options, folder and path of the data; nothing is opened. */
ams_status train_settle(train_session *s, const cli_args *args, ams_error *err);
/* Reads the data and makes the environment, or borrows what is the same from the n sessions
 * before, which then have to outlive this one. */
ams_status train_open_data(train_session *s, const train_session *before, size_t n,
                           ams_error *err);
void train_session_fini(train_session *s);

/* How the session is run; borrows it. */
ams_run_options train_run_options(train_session *s);
/* What is to be said of a run that has ended well: notes to `notes`, the result to `out`. */
void train_tell_notes(const train_session *s, const ams_run_result *result, FILE *notes);
void train_print_result(const train_session *s, const ams_run_result *result, FILE *out);

/* From here on SIGINT and SIGTERM set the flag returned; a second one ends the program. */
const volatile sig_atomic_t *train_catch_signals(void);

#endif
