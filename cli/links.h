/* Options that the commands `ams links` share. */
#ifndef AMS_CLI_LINKS_H
#define AMS_CLI_LINKS_H

#include "ams/link_session.h"
#include "cli/cli.h"

#define CLI_LINKS_FIT                                                                          \
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),          \
        CLI_VALUE("--targets", "T",                                                            \
                  "conf: links predict confidences (default); bits: whether each is above "    \
                  "the threshold"),                                                            \
        CLI_VALUE("--features", "T", "the same of what links read (default conf)"),            \
        CLI_VALUE("--tau", "RULE",                                                             \
                  "tuned: a threshold per target, tuned on the validation split (default); "   \
                  "papers: 0.5"),                                                              \
        CLI_VALUE("--kinds", "K",                                                              \
                  "multi: a model outputs any number of labels (default); find: models whose " \
                  "training outputs look like one distribution predict one label"),            \
        CLI_VALUE("--min-count", "N",                                                          \
                  "a label is predicted if it is valuable on N training items (default 8)"),   \
        CLI_VALUE("--lambda", "X", "penalty of the ridge regression (default 3)"),             \
        CLI_VALUE("--form", "F",                                                               \
                  "ridge: linear links (default); network: the paper's networks of two "       \
                  "layers, in minutes"),                                                       \
        CLI_VALUE("--epochs", "N", "epochs of the networks' training (default 100)"),          \
        CLI_VALUE("--patience", "N",                                                           \
                  "a network's training ends after N epochs without a better one (default: "   \
                  "never)"),                                                                   \
        CLI_VALUE("--threads", "N",                                                            \
                  "threads that train networks (default: as many as processors); the bits do " \
                  "not depend on it"),                                                         \
        CLI_VALUE("--items", "N", "fit to a sample of N training items (default: all)"),       \
        CLI_VALUE("--seed", "S", "seed of samples and intervals (default 0)")

#define CLI_LINKS_BUDGETS                                                                      \
    CLI_VALUE("--time", "LIST",                                                                \
              "limits on the time of the models that run: 5%,10% of all time, 200ms, 1s, "     \
              "5%..40%:5%"),                                                                   \
        CLI_VALUE("--mem", "LIST", "limits on their memory: 5% of all models', 500MB, 2GB"),   \
        CLI_FLAG("--both", "every limit on time with every limit on memory, at once")

#define CLI_LINKS_METHODS                                                                      \
    "  constant  the set that is worth most when constants fill in the others (exact)\n"       \
    "  cheapest  by ascending cost\n"                                                          \
    "  papers    the MLink paper's P_i\n"                                                      \
    "  facility  greedy on F, the mean quality of the best link to each target, per cost;\n"   \
    "            a bound on the best F is printed with it\n"                                   \
    "  triples   the same, begun from every set of up to three models\n"                       \
    "  exact     the best F: every subset of up to 20 models, else branch and bound\n"         \
    "  refit     greedy on the accuracy of links refitted to the set, on validation\n"

/* --data and what links are fitted with. */
ams_status cli_get_links(const cli_args *args, ams_link_session_options *options,
                         ams_error *err);
/* --time, --mem and --both against the sums of the session's models; *budget (*n) is for the
 * caller to free(). AMS_USAGE where none is given. */
ams_status cli_get_budgets(const cli_args *args, const ams_link_session *session,
                           ams_link_budget **budget, uint32_t *n, ams_error *err);
/* "20% of time", "80.0 ms", into text. */
void cli_print_budget(const ams_link_session *session, const ams_link_budget *budget);

#endif
