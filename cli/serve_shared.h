/* Workers that all items of `ams serve` share. */
#ifndef AMS_CLI_SERVE_SHARED_H
#define AMS_CLI_SERVE_SHARED_H

#include "cli/cli.h"
#include "serve/shared.h"

/* Rows of the table of options, read by cli_share. */
#define CLI_SHARED_OPTIONS                                                                     \
    CLI_VALUE("--workers", "N",                                                                \
              "all items share N workers, or one per model (models): `next` starts a model "   \
              "when it is the item's turn "                                                    \
              "(default: each item decides for itself)"),                                      \
        CLI_VALUE("--scheduler", "S",                                                          \
                  "with --workers: KIND[:PARAMETER][@PREDICTOR] as of `ams stream` (default "  \
                  "edf-full)",                                                                 \
                  .with = "--workers"),                                                        \
        CLI_VALUE("--stages", "LIST",                                                          \
                  "with --workers: the models in the order in which they run; with --data "    \
                  "also a network, for its exits, or task:NAME (default: those of "            \
                  "--predictor, else the exits of the network of --data, else all)",           \
                  .with = "--workers"),                                                        \
        CLI_VALUE("--sets", "LIST", "or models in any order, at most 8; or all",               \
                  .with = "--workers"),                                                        \
        CLI_VALUE("--memory", "MB", "what models that run may take together (default: any)",   \
                  .with = "--workers"),                                                        \
        CLI_FILE("--data", "F.h5", CLI_READS, "outputs file that names exits and tasks",       \
                 .with = "--workers"),                                                         \
        CLI_FILE("--predictor", "F.tsv", CLI_READS,                                            \
                 "for kinds that predict: of `ams stream --save-predictor`",                   \
                 .with = "--workers"),                                                         \
        CLI_VALUE("--ageing", "X",                                                             \
                  "a client's weight in plans grows so much per miss in a row (default 0)",    \
                  .with = "--workers"),                                                        \
        CLI_VALUE("--miss-cost", "X", "what a miss costs besides the utility (default 1)",     \
                  .with = "--workers"),                                                        \
        CLI_FILE(                                                                              \
            "--trace", "F.csv", CLI_WRITES_REQUESTS,                                           \
            "append the requests there, for `ams stream --trace`; the clock goes on from "     \
            "the last one that stands there",                                                  \
            .with = "--workers")

/* What the shared workers hold; all zero: there are none. */
typedef struct cli_shared {
    ams_shared *shared;
    ams_saved_predictor predictor;
    FILE *trace;
} cli_shared;

/* Reads the options; without --workers nothing is shared. */
ams_status cli_share(cli_shared *shared, const ams_live_policy *policy, const cli_args *args,
                     ams_error *err);
void cli_shared_close(cli_shared *shared);

#endif
