/* Options of the commands that score policies: `ams eval` and `ams compare`. */
#ifndef AMS_CLI_SCORE_OPTIONS_H
#define AMS_CLI_SCORE_OPTIONS_H

#include "ams/score.h"
#include "cli/cli.h"

/* Rows that both tables have. */
#define CLI_SCORE_SPLIT                                                                        \
    CLI_VALUE("--split", "S", "train, validation or test: whose items count (default test)")
#define CLI_SCORE_FIT                                                                          \
    CLI_FILE("--fit", "F.h5", CLI_READS,                                                       \
             "outputs file to whose training items baselines are fitted (default: the one "    \
             "that is scored). It has the same models and more, if it likes; models and "      \
             "labels are mapped by name")
#define CLI_SCORE_DRAWS CLI_VALUE("--draws", "N", "random orders per item (default 100)")
#define CLI_SCORE_SEED                                                                         \
    CLI_VALUE("--seed", "S", "of random orders and bootstrap draws (default 0)")
#define CLI_SCORE_THREADS                                                                      \
    CLI_VALUE("--threads", "N", "changes no result (default: all processors)")
#define CLI_SCORE_DEVICE                                                                       \
    CLI_VALUE(                                                                                 \
        "--device", "D",                                                                       \
        "cpu (default), cuda or auto: what rolls trained policies out. A GPU decides as "      \
        "the CPU within rounding. auto takes one where items x models x multiply-adds "        \
        "after the first layer, of all trained policies, are 3.4e10 or more, and says "        \
        "what it chose")
#define CLI_SCORE_MEMORY                                                                       \
    CLI_VALUE(                                                                                 \
        "--memory", "MB",                                                                      \
        "a file that needs more (default 4096) is scored in windows of its items, as is "      \
        "any split of more than 32,768 items. No number depends on it; the files with a "      \
        "row per item (distribution.tsv, positions.tsv, items.tsv.zst) are not written "       \
        "then")
#define CLI_SCORE_WHOLE                                                                        \
    CLI_FLAG("--whole", "never in windows, whatever memory that takes: all files are written")

/* Those options, and --bootstrap; what is not given stays as it is in *options, and threads
 * become those of the machine. */
ams_status cli_get_score_options(const cli_args *args, ams_score_options *options,
                                 ams_error *err);
/* --split: whose items; *split stays where it is not given. */
ams_status cli_get_items(const cli_args *args, ams_split *split, ams_error *err);
/* The values of --policy (*n), borrowed from args; free(*policy). */
ams_status cli_get_policies(const cli_args *args, const char ***policy, size_t *n,
                            ams_error *err);

/* Of commands that take trained weights: AMS_USAGE where `policy` is a baseline's name and no
 * file or folder, with the commands that take one. */
ams_status cli_refuse_baseline(const char *policy, ams_error *err);

#endif
