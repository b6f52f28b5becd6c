/* Options that the commands `ams links` share. */
#ifndef AMS_CLI_LINKS_H
#define AMS_CLI_LINKS_H

#include "ams/link_session.h"
#include "cli/cli.h"
#include "console/fill.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): a member's name takes none */
/* --data and what links are fitted with, into job.session, an ams_link_session_options. After
 * cli_fill its seed is also the networks'. */
#define CLI_LINKS_FIT(job, session)                                                            \
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",           \
             CLI_REQUIRED(job, session.data_path)),                                            \
        CLI_VALUE("--targets", "T",                                                            \
                  "conf: links predict confidences (default); bits: whether each is above "    \
                  "the threshold",                                                             \
                  CLI_INTO_CHOICE(job, session.links.targets, ams_link_values_modes)),         \
        CLI_VALUE("--features", "T", "the same of what links read (default conf)",             \
                  CLI_INTO_CHOICE(job, session.links.features, ams_link_values_modes)),        \
        CLI_VALUE("--tau", "RULE",                                                             \
                  "tuned: a threshold per target, tuned on the validation split (default); "   \
                  "papers: the table's valuable threshold (0.5)",                              \
                  CLI_INTO_CHOICE(job, session.papers_threshold, cli_link_taus)),              \
        CLI_VALUE("--kinds", "K",                                                              \
                  "table: kinds of outputs as imported, else any number of labels (default); " \
                  "find: also, models whose training outputs look like one distribution "      \
                  "predict one label",                                                         \
                  CLI_INTO_CHOICE(job, session.links.find_single, cli_link_kinds)),            \
        CLI_VALUE("--min-count", "N",                                                          \
                  "a label is predicted if it is valuable on N training items (default 8)",    \
                  CLI_INTO_COUNT(job, session.links.min_count, UINT32_MAX)),                   \
        CLI_VALUE("--sources", "N",                                                            \
                  "links refitted to a set read the N best sources per target (default: "      \
                  "all of the set)",                                                           \
                  CLI_INTO_COUNT(job, session.sources, AMS_MAX_MODELS)),                       \
        CLI_VALUE("--lambda", "X", "penalty of the ridge regression (default 3)",              \
                  CLI_INTO_REAL(job, session.links.lambda, 1e-9, 1e12)),                       \
        CLI_VALUE("--form", "F",                                                               \
                  "ridge: linear links (default); network: the paper's networks of two "       \
                  "layers, in minutes",                                                        \
                  CLI_INTO_CHOICE(job, session.networks, cli_link_forms)),                     \
        CLI_VALUE("--epochs", "N", "epochs of the networks' training (default 100)",           \
                  CLI_INTO_COUNT(job, session.network.epochs, 100000)),                        \
        CLI_VALUE("--patience", "N",                                                           \
                  "a network's training ends after N epochs without a better one (default: "   \
                  "never)",                                                                    \
                  CLI_INTO_COUNT(job, session.network.patience, 100000)),                      \
        CLI_VALUE("--threads", "N",                                                            \
                  "threads that train networks (default: as many as processors); the bits do " \
                  "not depend on it",                                                          \
                  CLI_INTO_THREADS(job, session.threads)),                                     \
        CLI_VALUE("--items", "N", "fit to a sample of N training items (default: all)",        \
                  CLI_INTO_COUNT(job, session.items, UINT32_MAX)),                             \
        CLI_VALUE("--seed", "S", "seed of samples and intervals (default 0)",                  \
                  CLI_INTO_NUMBER(job, session.seed))
/* Of commands that measure: another file to learn from. */
#define CLI_LINKS_FIT_TO(job, session)                                                         \
    CLI_FILE("--fit", "F.h5", CLI_READS,                                                       \
             "outputs file whose training and validation items links, sets and policies are "  \
             "fitted to (default: the one that is measured). It has the same models and "      \
             "more, if it likes; models and labels are mapped by name",                        \
             CLI_INTO_TEXT(job, session.fit_path))
extern const char *const cli_link_taus[], *const cli_link_kinds[], *const cli_link_forms[];

/* --time, --mem and --both, which mean something once the session is open. */
typedef struct cli_link_limits {
    const char *time, *mem;
    bool both;
} cli_link_limits;
#define CLI_LINKS_BUDGETS(job, limits)                                                         \
    CLI_VALUE("--time", "LIST",                                                                \
              "limits on the time of the models that run: 5%,10% of all time, 200ms, 1s, "     \
              "5%..40%:5%; in the unit of cost of the data set, which may be money",           \
              CLI_INTO_TEXT(job, limits.time)),                                                \
        CLI_VALUE("--mem", "LIST", "limits on their memory: 5% of all models', 500MB, 2GB",    \
                  CLI_INTO_TEXT(job, limits.mem)),                                             \
        CLI_FLAG("--both", "every limit on time with every limit on memory, at once",          \
                 CLI_INTO_FLAG(job, limits.both))

#define CLI_LINKS_METHODS                                                                      \
    "  constant  the set that is worth most when constants fill in the others (exact)\n"       \
    "  cheapest  by ascending cost\n"                                                          \
    "  papers    the MLink paper's P_i\n"                                                      \
    "  facility  greedy on F, the mean quality of the best link to each target, per cost;\n"   \
    "            a bound on the best F is printed with it\n"                                   \
    "  triples   the same, begun from every set of up to three models\n"                       \
    "  exact     the best F: every subset of up to 20 models, else branch and bound\n"         \
    "  refit     greedy on the accuracy of links refitted to the set, on validation\n"

/* Limits against the sums of the session's models; *budget (*n) lives as long as args.
 * AMS_USAGE where none is given. */
ams_status cli_get_budgets(const cli_args *args, const cli_link_limits *limits,
                           const ams_link_session *session, ams_link_budget **budget,
                           uint32_t *n, ams_error *err);
/* "20% of time", "80.0 ms", into text. */
void cli_print_budget(const ams_link_session *session, const ams_link_budget *budget);
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
