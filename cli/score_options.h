/* Options of the commands that score policies: `ams eval` and `ams compare`. */
#ifndef AMS_CLI_SCORE_OPTIONS_H
#define AMS_CLI_SCORE_OPTIONS_H

#include "ams/options.h"
#include "ams/score.h"
#include "cli/cli.h"
#include "cli/readers.h"
#include "console/fill.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): a member's name takes none */
/* Each into a field of the job: an ams_score_options, or one of its members. */
#define CLI_SCORE_FIT(job, fit_path)                                                           \
    CLI_FILE("--fit", "F.h5", CLI_READS,                                                       \
             "outputs file to whose training items baselines are fitted (default: the one "    \
             "that is scored). It has the same models and more, if it likes; models and "      \
             "labels are mapped by name",                                                      \
             CLI_INTO_TEXT(job, fit_path))
#define CLI_SCORE_SPLIT(job, split)                                                            \
    CLI_VALUE("--split", "S", "train, validation or test: whose items count (default test)",   \
              CLI_INTO(job, split, cli_read_split))
#define CLI_SCORE_POLICIES(job, score, ...)                                                    \
    CLI_FILE("--policy", "P", CLI_READS, __VA_ARGS__,                                          \
             CLI_INTO_TEXTS(job, score.policy, score.n_policies))
#define CLI_SCORE_DRAWS(job, score)                                                            \
    CLI_VALUE("--draws", "N", "random orders per item (default 100)",                          \
              CLI_INTO_COUNT(job, score.draws, 1000000))
/* The rows from --seed on. */
#define CLI_SCORE_OPTIONS(job, score)                                                          \
    CLI_VALUE("--seed", "S", "of random orders and bootstrap draws (default 0)",               \
              CLI_INTO_NUMBER(job, score.seed)),                                               \
        CLI_VALUE("--threads", "N", "changes no result (default: all processors)",             \
                  CLI_INTO_THREADS(job, score.threads)),                                       \
        CLI_VALUE(                                                                             \
            "--device", "D",                                                                   \
            "cpu (default), cuda, cuda:N (of several) or auto: what rolls trained policies "   \
            "out. A GPU decides as "                                                           \
            "the CPU within rounding. auto takes one where items x models x multiply-adds "    \
            "after the first layer, of all trained policies, are 3.4e10 or more, and says "    \
            "what it chose",                                                                   \
            CLI_INTO_CHOICE(job, score.device, ams_device_names)),                             \
        CLI_VALUE(                                                                             \
            "--memory", "MB",                                                                  \
            "a file that needs more (default 4096) is scored in windows of its items, as is "  \
            "any split of more than 32,768 items. No number depends on it; the files with a "  \
            "row per item (distribution.tsv, positions.tsv, items.tsv.zst) are not written "   \
            "then",                                                                            \
            CLI_INTO_COUNT(job, score.memory_mb, UINT64_C(1) << 30)),                          \
        CLI_FLAG("--whole",                                                                    \
                 "never in windows, whatever memory that takes: all files are written",        \
                 CLI_INTO_FLAG(job, score.whole))
#define CLI_SCORE_BOOTSTRAP(job, score, text)                                                  \
    CLI_VALUE("--bootstrap", "N", text, CLI_INTO_COUNT(job, score.bootstrap_draws, 1000000))

/* Of commands that take trained weights: AMS_USAGE where `policy` is a baseline's name and no
 * file or folder, with the commands that take one. */
ams_status cli_refuse_baseline(const char *policy, ams_error *err);
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
