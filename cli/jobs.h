/* What `ams train`, `ams sweep` and `ams tune` share: signals, messages, processes. */
#ifndef AMS_CLI_JOBS_H
#define AMS_CLI_JOBS_H

#include "ams/jobs.h"
#include "cli/cli.h"
#include "console/batch.h"
#include "console/signals.h"

/* Starts this program again for each job, and forks it for a batch. mask: of
 * ams_children_hold_signals, borrowed. */
ams_jobs_spawner cli_spawner(sigset_t *mask);

/* What the rows of console/batch.h read, completed and checked. */
ams_status cli_get_join(const cli_args *args, ams_join *join, ams_error *err);
/* The exit code of what is not all done: AMS_LEFT where that is no surprise, else of the
 * signal. */
ams_status cli_left(const ams_join *join, int stopped);
/* --memory: what runs side by side share, in MB. */
#define CLI_SHARED_MEMORY(job, memory_mb)                                                      \
    CLI_VALUE("--memory", "MB",                                                                \
              "memory for the data of all runs that are trained side by side; each gets an "   \
              "equal share as `ams train --memory` (default: 4096 per run). It matters only "  \
              "for files that need more",                                                      \
              CLI_INTO_COUNT(job, memory_mb, UINT64_C(1) << 30))

/* What failed of n jobs, to stdout; returns the first one's exit code as a status. */
ams_status cli_print_failed(ams_job *const *job, size_t n);

#endif
