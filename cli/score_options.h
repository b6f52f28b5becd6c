/* Options of the commands that score policies: `ams eval` and `ams compare`. */
#ifndef AMS_CLI_SCORE_OPTIONS_H
#define AMS_CLI_SCORE_OPTIONS_H

#include "ams/budget.h"
#include "ams/options.h"
#include "cli/cli.h"
#include "cli/readers.h"
#include "console/fill.h"

#include <math.h>

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
              CLI_INTO_COUNT(job, score.draws, 1000000), .without = CLI_TRUTH)
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

/* What is scored: an ams_score_options, or right answers for money, a cli_truth. */
typedef struct cli_truth {
    int score; /* of cli_scores */
    ams_budget_options budget;
} cli_truth;
extern const char *const cli_scores[]; /* value, truth, exact */
#define CLI_TRUTH "--score truth|exact"
#define CLI_SCORE_TRUTH(job, truth)                                                            \
    CLI_VALUE("--score", "S",                                                                  \
              "value (default); truth: right answers against mean cost, F1 where items have "  \
              "several right labels; exact: whether all labels are right and no other. These " \
              "cut each order off after a number of models, and -o gets curve.tsv, area.tsv",  \
              CLI_INTO_CHOICE(job, truth.score, cli_scores)),                                  \
        CLI_ANSWERS(job, truth.budget, CLI_TRUTH)
/* The answer, and at which mean costs it is scored; with: cli_option.with. */
#define CLI_ANSWERS(job, budget_, needs)                                                       \
    CLI_VALUE("--task", "NAME", "which task is answered (default: the only one)",              \
              CLI_INTO_TEXT(job, budget_.task), .with = (needs)),                              \
        CLI_VALUE("--rule", "RULE",                                                            \
                  "what the answer is once some models were called: posterior (default), "     \
                  "last, vote or best-confidence",                                             \
                  CLI_INTO_CHOICE(job, budget_.rule, ams_answer_rules), .with = (needs)),      \
        CLI_VALUE("--budgets", "B,B",                                                          \
                  "mean costs per item (default: twelve, from the cheapest model to all)",     \
                  CLI_INTO_REALS(job, budget_.budget, budget_.n_budgets, 0, (double)INFINITY), \
                  .with = (needs))
/* Scores the session's policies by right answers; folder: NULL for none. */
ams_status cli_score_truth(const ams_score_session *session, const cli_truth *truth,
                           const char *folder, bool json, ams_error *err);
/* Prints a study, and writes its files into the folder, where there is one. */
ams_status cli_show_budget(const ams_budget *budget, bool json, const char *folder,
                           ams_error *err);

/* Of commands that take trained weights: AMS_USAGE where `policy` is a baseline's name and no
 * file or folder, with the commands that take one. */
ams_status cli_refuse_baseline(const char *policy, ams_error *err);
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
