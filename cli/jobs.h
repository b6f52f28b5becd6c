/* What `ams train`, `ams sweep` and `ams tune` share: signals, messages, processes. */
#ifndef AMS_CLI_JOBS_H
#define AMS_CLI_JOBS_H

#include "ams/jobs.h"
#include "cli/cli.h"

/* From here on SIGINT and SIGTERM set the flag returned to their number; a second one ends the
 * program. */
const volatile sig_atomic_t *cli_catch_signals(void);

/* The exit code of what a signal stopped, which is no success: 128 + its number. */
ams_status cli_stopped_by(int number);

/* What a library reports: a bar, and lines "ams train: ..." on stderr. `bar` is begun by the
 * caller where there is one to be shown, after cli_listen. */
typedef struct cli_listener {
    const char *command; /* "ams train" */
    cli_progress bar;
} cli_listener;
/* Borrows the listener, which it empties. */
ams_progress cli_listen(cli_listener *listener, const char *command);

/* Starts this program again for each job, and forks it for a batch. mask: of
 * ams_children_hold_signals, borrowed. */
ams_jobs_spawner cli_spawner(sigset_t *mask);

/* -j: 1 to 1024, by default one per processor. *together: runs that a device trains at once,
 * which is -j, too, and 256 by default. together may be NULL. */
ams_status cli_get_jobs(const cli_args *args, uint64_t *side_by_side, uint64_t *together,
                        ams_error *err);
/* --memory: what runs side by side share, in MB; 0 where it is not given. */
ams_status cli_get_shared_memory(const cli_args *args, uint64_t *memory_mb, ams_error *err);
#define CLI_SHARED_MEMORY                                                                      \
    CLI_VALUE("--memory", "MB",                                                                \
              "memory for the data of all runs that are trained side by side; each gets an "   \
              "equal share as `ams train --memory` (default: 4096 per run). It matters only "  \
              "for files that need more")

/* What failed of n jobs, to stdout; returns the first one's exit code as a status. */
ams_status cli_print_failed(ams_job *const *job, size_t n);

#endif
