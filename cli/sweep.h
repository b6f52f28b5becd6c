/* What `ams sweep` holds while it runs. Private to cli/sweep*.c. */
#ifndef AMS_CLI_SWEEP_H
#define AMS_CLI_SWEEP_H

#include "base/config.h"
#include "cli/jobs.h"
#include "env/table.h"

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
    char label[AMS_TEXT_MAX]; /* the configuration's; begins the runs' labels */
    sweep_axis *axis;         /* the agent, then the settings as they were given */
    size_t n_axes;
    uint64_t *seed;
    size_t n_seeds;
    job *run;
    job **list; /* (n_runs) each of them */
    size_t n_runs;
    uint64_t side_by_side;
    uint64_t together;  /* on a GPU */
    uint64_t memory_mb; /* of the runs side by side; 0: as `ams train` has it */
    uint64_t run_memory_mb;
    uint64_t steps; /* of a run, where no axis says */
    char start[32];
} sweep;

/* side_by_side and memory_mb are set before. Reads the arguments into axes, seeds and runs;
 * checks every value as `ams train` would.
 * @return AMS_USAGE. */
ams_status sweep_plan(sweep *s, const cli_args *args, ams_error *err);
void sweep_fini(sweep *s);

/* EXP/sweep.json; status: "running", "stopped", "failed" or "finished". */
ams_status sweep_write_manifest(const sweep *s, const char *status, ams_error *err);

#endif
