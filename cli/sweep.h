/* What `ams sweep` holds while it runs. Private to cli/sweep*.c. */
#ifndef AMS_CLI_SWEEP_H
#define AMS_CLI_SWEEP_H

#include "cli/cli.h"
#include "env/table.h"
#include "rl/train.h"

#include <sys/types.h>

typedef enum sweep_state {
    SWEEP_WAITING,
    SWEEP_RUNNING,
    SWEEP_STOPPED, /* by a signal; a checkpoint was written, or there was nothing to keep yet */
    SWEEP_FINISHED,
    SWEEP_BEFORE, /* had finished before this sweep */
    SWEEP_FAILED,
    SWEEP_STATES
} sweep_state;
extern const char *const sweep_state_names[SWEEP_STATES];

/* One combination: a process `ams train` in its folder. */
typedef struct sweep_run {
    char label[AMS_TEXT_MAX]; /* "dqn,lr=0.001" */
    uint64_t seed;
    char *name;      /* "dqn,lr=0.001-1" */
    char *directory; /* EXP/runs/NAME */
    char *log;       /* EXP/logs/NAME.log: stdout and stderr of the process */
    char **argv;     /* NULL-terminated */
    sweep_state state;
    bool was_finished; /* when it was started */
    pid_t pid;
    int code; /* exit code, 128 + number for a signal */
    char message[512];
} sweep_run;

/* A setting and its values; with more than one it is part of the label. */
typedef struct sweep_axis {
    char *text;         /* "lr=0.001,0.0005", cut up */
    const char *key;    /* into text */
    const char **value; /* into text */
    size_t n;
} sweep_axis;

typedef struct sweep {
    const char *data_path, *directory, *config;
    char *command;
    char data_hash[AMS_HASH_TEXT];
    sweep_axis *axis; /* the agent, then the settings as they were given */
    size_t n_axes;
    uint64_t *seed;
    size_t n_seeds;
    sweep_run *run;
    size_t n_runs;
    uint64_t jobs; /* side by side */
    char start[32];
} sweep;

/* Reads the arguments into axes, seeds and runs; checks every value as `ams train` would.
 * @return AMS_USAGE. */
ams_status sweep_plan(sweep *s, const cli_args *args, ams_error *err);
void sweep_fini(sweep *s);

/* Runs all, `jobs` at a time; *stopped by SIGINT or SIGTERM, which the processes get passed on.
 * After each failure, `failed` is called. */
ams_status sweep_jobs(sweep *s, bool *stopped,
                      ams_status (*failed)(const sweep *s, ams_error *err), ams_error *err);

/* EXP/sweep.json; status: "running", "stopped", "failed" or "finished". */
ams_status sweep_write_manifest(const sweep *s, const char *status, ams_error *err);
/* EXP/failed.tsv: a header, and a row a failed run. */
ams_status sweep_write_failed(const sweep *s, ams_error *err);
size_t sweep_count(const sweep *s, sweep_state state);

#endif
