/* What a batch system says of this process, and the options of work that many processes share.
 *
 * Slurm's variables are defaults: SLURM_CPUS_PER_TASK of -j and --threads, SLURM_JOB_END_TIME
 * of --until, and with `--shard auto` SLURM_ARRAY_TASK_ID with _MIN and _COUNT, else
 * SLURM_PROCID of SLURM_NTASKS, else Open MPI's rank. */
#ifndef AMS_CONSOLE_BATCH_H
#define AMS_CONSOLE_BATCH_H

#include "console/fill.h"

/* Processors for this process: those that it may run on, no more than the batch system gave,
 * and its share of them where several ranks of MPI are on the machine. */
uint32_t cli_processors(void);
/* Seconds until the batch system ends the job, less two minutes to write checkpoints in; 0
 * where it does not say. */
double cli_batch_seconds(void);

/* -j: 1 to 1024, by default one per processor. *together: runs that a device trains at once,
 * which is -j, too, and 256 by default. together may be NULL. */
ams_status cli_get_jobs(const cli_args *args, uint64_t *side_by_side, uint64_t *together,
                        ams_error *err);

/* --until: value is a double, seconds. */
ams_status cli_read_duration(const char *option, const char *text, void *value, ams_error *err);
/* --patience: the same, at least 5 s: what counts seldom would be taken for dead. */
ams_status cli_read_patience(const char *option, const char *text, void *value, ams_error *err);
/* --shard: value is a uint64_t[2], the number from 0 and of how many. */
ams_status cli_read_shard(const char *option, const char *text, void *value, ams_error *err);

/* NOLINTBEGIN(bugprone-macro-parentheses): a member's name takes none */
/* Rows of a table; `join` is a member with on, failed, leave, seconds and patience; `failed`
 * says what --failed does. */
#define CLI_JOIN_ROWS(job, join, failed_help)                                                  \
    CLI_FLAG("--join",                                                                         \
             "share the work with every process that is started like this on the same "        \
             "folder, on this machine or on others (`ams help sweep`)",                        \
             CLI_INTO_FLAG(job, join.on)),                                                     \
        CLI_VALUE("--until", "T",                                                              \
                  "stop after 30s, 10m, 2h or 1d: checkpoints are written, and the exit code " \
                  "is 75 (default with --join in a Slurm job: two minutes before its end)",    \
                  CLI_INTO(job, join.seconds, cli_read_duration)),                             \
        CLI_FLAG("--no-wait", "with --join: end when what is left is in other hands",          \
                 CLI_INTO_FLAG(job, join.leave)),                                              \
        CLI_VALUE("--patience", "T",                                                           \
                  "with --join: how long another process may be silent before its work is "    \
                  "taken over (default 120s, at least 5s)",                                    \
                  CLI_INTO(job, join.patience, cli_read_patience)),                            \
        CLI_FLAG("--failed", failed_help, CLI_INTO_FLAG(job, join.failed))
#define CLI_FAILED_ONLY                                                                        \
    "only runs that failed before, once more: those of EXP/failed.tsv, or with --join those "  \
    "that failed in any process. Runs that are not begun or not finished are left"
#define CLI_FAILED_TOO                                                                         \
    "with --join: also what failed before, once more (without --join that is always tried "    \
    "again)"
#define CLI_SHARD_ROW(job, join)                                                               \
    CLI_VALUE("--shard", "I/N",                                                                \
              "share, but only every N-th run, from the I-th (1 to N) on; auto: as the batch " \
              "system numbers this process",                                                   \
              CLI_INTO(job, join.shard, cli_read_shard))
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
