/* Options that the commands under limits share: `ams schedule` and `ams trace`. */
#ifndef AMS_CLI_LIMITS_H
#define AMS_CLI_LIMITS_H

#include "ams/limit_setup.h"
#include "cli/cli.h"
#include "console/fill.h"

typedef struct cli_limits {
    ams_limit_setup_options setup;
    const char *const *policy;
    size_t n_policies;
    const char *deadline, *memory, *scheduler; /* as text: they mean something with the data */
} cli_limits;

/* NOLINTBEGIN(bugprone-macro-parentheses): a member's name takes none */
/* Rows of a table of options, into job.limits. */
#define CLI_LIMIT_OPTIONS(job, limits)                                                         \
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",           \
             CLI_REQUIRED(job, limits.setup.data_path)),                                       \
        CLI_FILE("--policy", "P", CLI_READS,                                                   \
                 "as of `ams eval`: a run folder, a policy file, a baseline. Policies that "   \
                 "predict values (trained ones, cooccur, knn, linear) are scheduled by each "  \
                 "--scheduler; orders (random, fixed, optimal) by first fit",                  \
                 CLI_INTO_TEXTS(job, limits.policy, limits.n_policies)),                       \
        CLI_VALUE("--deadline", "LIST",                                                        \
                  "deadlines with units, ranges as FIRST..LAST:STEP: 100ms..3s:100ms, "        \
                  "15%,40% (% of the sum of all models' mean times)",                          \
                  CLI_INTO_TEXT(job, limits.deadline)),                                        \
        CLI_VALUE("--scheduler", "LIST",                                                       \
                  "some of algorithm1, q-greedy, plan (default: all); with a memory budget "   \
                  "of algorithm2, algorithm2-again, q-greedy, plan (default: all but "         \
                  "algorithm2-again); `ams help schedule deadline` and `ams help schedule "    \
                  "deadline-memory` describe them",                                            \
                  CLI_INTO_TEXT(job, limits.scheduler)),                                       \
        CLI_VALUE("--goal", "G",                                                               \
                  "required recall that policies with goal inputs decide for (default: at "    \
                  "each deadline the goal that served it best on the validation split of "     \
                  "their training)",                                                           \
                  CLI_INTO_REAL(job, limits.setup.goal, 1e-6, 1)),                             \
        CLI_VALUE("--times", "T",                                                              \
                  "how long an execution takes: mean (default), the model's mean time, or "    \
                  "recorded, its own recorded time",                                           \
                  CLI_INTO_CHOICE(job, limits.setup.recorded_times, cli_times)),               \
        CLI_VALUE("--expect", "T",                                                             \
                  "the time that schedulers assume: mean (default), or a quantile of the "     \
                  "recorded times on training items, as q0.9",                                 \
                  CLI_INTO(job, limits.setup.expect, cli_read_expect)),                        \
        CLI_VALUE("--negative", "N",                                                           \
                  "models of negative value: rank them last (default), skip them, or clamp "   \
                  "their value to 0",                                                          \
                  CLI_INTO_CHOICE(job, limits.setup.rules.negative, cli_negatives)),           \
        CLI_VALUE("--late", "L",                                                               \
                  "whether a model starts that is expected to end past the deadline: never "   \
                  "(default), short (unless it takes longer than the whole deadline), any",    \
                  CLI_INTO_CHOICE(job, limits.setup.rules.late, cli_lates)),                   \
        CLI_VALUE("--stop", "S",                                                               \
                  "when to stop early: never (default); value:X, when no remaining value is "  \
                  "X or more; sum:X, when the positive ones sum to less than X; end, when "    \
                  "END is worth more than every model",                                        \
                  CLI_INTO(job, limits.setup.rules, cli_read_stop)),                           \
        CLI_VALUE("--draws", "N", "random orders per item (default 20)",                       \
                  CLI_INTO_COUNT(job, limits.setup.draws, 1000000)),                           \
        CLI_VALUE("--seed", "S", "seed of random orders and bootstrap draws (default 0)",      \
                  CLI_INTO_NUMBER(job, limits.setup.seed)),                                    \
        CLI_VALUE("--threads", "N", "changes no result (default: all processors)",             \
                  CLI_INTO_THREADS(job, limits.setup.threads))
extern const char *const cli_times[], *const cli_negatives[], *const cli_lates[];
cli_reader cli_read_expect, cli_read_stop;

/* Opens the data and sets the limits; with setup.parallel --memory counts, too. most: of
 * deadlines times budgets. */
ams_status cli_open_limits(ams_limit_setup *setup, cli_limits *limits, const cli_args *args,
                           uint32_t most, ams_error *err);
/* Every --policy, after what is there. */
ams_status cli_add_policies(ams_limit_setup *setup, const cli_limits *limits, ams_error *err);
/* --scheduler, or all schedulers of values; *list (n) lives as long as args. */
ams_status cli_get_schedulers(const cli_args *args, const cli_limits *limits,
                              const ams_scheduler *const **list, uint32_t *n, ams_error *err);
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
