/* Options that the commands under limits share: `ams schedule` and `ams trace`. */
#ifndef AMS_CLI_LIMITS_H
#define AMS_CLI_LIMITS_H

#include "ams/limit_setup.h"
#include "cli/cli.h"

/* Rows of a table of options, read by cli_open_limits and cli_get_schedulers. */
#define CLI_LIMIT_OPTIONS                                                                      \
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),          \
        CLI_FILE("--policy", "P", CLI_READS,                                                   \
                 "as of `ams eval`: a run folder, a policy file, a baseline. Policies that "   \
                 "predict values (trained ones, cooccur, knn, linear) are scheduled by each "  \
                 "--scheduler; orders (random, fixed, optimal) by first fit"),                 \
        CLI_VALUE("--deadline", "LIST",                                                        \
                  "deadlines with units, ranges as FIRST..LAST:STEP: 100ms..3s:100ms, "        \
                  "15%,40% (% of the sum of all models' mean times)"),                         \
        CLI_VALUE("--scheduler", "LIST",                                                       \
                  "some of algorithm1, q-greedy, plan (default: all); with a memory budget "   \
                  "of algorithm2, algorithm2-again, q-greedy, plan (default: all but "         \
                  "algorithm2-again); `ams help schedule deadline` and `ams help schedule "    \
                  "deadline-memory` describe them"),                                           \
        CLI_VALUE("--goal", "G",                                                               \
                  "required recall that policies with goal inputs decide for (default: at "    \
                  "each deadline the goal that served it best on the validation split of "     \
                  "their training)"),                                                          \
        CLI_VALUE("--times", "T",                                                              \
                  "how long an execution takes: mean (default), the model's mean time, or "    \
                  "recorded, its own recorded time"),                                          \
        CLI_VALUE("--expect", "T",                                                             \
                  "the time that schedulers assume: mean (default), or a quantile of the "     \
                  "recorded times on training items, as q0.9"),                                \
        CLI_VALUE("--negative", "N",                                                           \
                  "models of negative value: rank them last (default), skip them, or clamp "   \
                  "their value to 0"),                                                         \
        CLI_VALUE("--late", "L",                                                               \
                  "whether a model starts that is expected to end past the deadline: never "   \
                  "(default), short (unless it takes longer than the whole deadline), any"),   \
        CLI_VALUE("--stop", "S",                                                               \
                  "when to stop early: never (default); value:X, when no remaining value is "  \
                  "X or more; sum:X, when the positive ones sum to less than X; end, when "    \
                  "END is worth more than every model"),                                       \
        CLI_VALUE("--draws", "N", "random orders per item (default 20)"),                      \
        CLI_VALUE("--seed", "S", "seed of random orders and bootstrap draws (default 0)"),     \
        CLI_VALUE("--threads", "N", "changes no result (default: all processors)")

/* Reads the options into *options, opens the data, sets the limits. data_path, rules, draws,
 * seed, threads, recorded_times, expect and training are set here; the others before. With
 * options->parallel --memory is read, too. most: of deadlines times budgets. */
ams_status cli_open_limits(ams_limit_setup *setup, ams_limit_setup_options *options,
                           const cli_args *args, uint32_t most, ams_error *err);
/* Every --policy, after what is there. */
ams_status cli_add_policies(ams_limit_setup *setup, const cli_args *args, ams_error *err);
/* --scheduler, or all schedulers of values; *list (n) is for the caller to free(). */
ams_status cli_get_schedulers(const cli_args *args, bool parallel, const ams_scheduler ***list,
                              uint32_t *n, ams_error *err);

#endif
