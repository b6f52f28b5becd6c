/* Policies of commands that take trained weights: `ams export`, `ams serve`, `ams run`. A
 * baseline that has a form of fixed size is fitted to a file and stands for weights. */
#ifndef AMS_CLI_WEIGHTS_H
#define AMS_CLI_WEIGHTS_H

#include "ams/policy_file.h"
#include "cli/cli.h"
#include "serve/money.h"

#define CLI_FIT                                                                                \
    CLI_FILE("--fit", "F.h5", CLI_READS,                                                       \
             "outputs file to whose training items a baseline is fitted: fixed, linear, "      \
             "rules:FILE")

/* Of policies that `ams budget --export` writes. */
#define CLI_MONEY                                                                              \
    CLI_VALUE("--budget", "B",                                                                 \
              "mean cost per item, of a policy that `ams budget --export` wrote (default: as " \
              "much as it can use)",                                                           \
              .without = "--record"),                                                          \
        CLI_VALUE("--horizon", "N",                                                            \
                  "items over which the controller spends what is in hand (default 500)",      \
                  .with = "--budget"),                                                         \
        CLI_VALUE("--budget-items", "N", "how many items the budget is for, if that is known", \
                  .with = "--budget"),                                                         \
        CLI_VALUE("--seed", "S", "of the draws between two policies (default 0)",              \
                  .with = "--budget")
ams_status cli_get_money(const cli_args *args, const ams_live_policy *policy, ams_money *money,
                         ams_error *err);

/* What the items have cost, on standard error; nothing where none did. */
void cli_say_paid(const char *command, double paid, uint64_t items);

/* Whether `spec` asks for a baseline: as in `ams eval`, its name comes before a file or folder
 * of that name, which is ./NAME. */
bool cli_is_baseline(const char *spec);
/* Reads the weights, or fits the baseline to --fit (`otherwise` where that is not given; NULL:
 * none) and says on standard error on how many items it decides as `ams eval` does. *policy is
 * for ams_policy_file_fini.
 * @return AMS_USAGE: a baseline without --fit or of no fixed size, weights with --fit. */
ams_status cli_get_weights(const cli_args *args, const char *spec, const char *otherwise,
                           ams_policy_file *policy, ams_error *err);
/* The same for deciding while models run; for ams_live_close. */
ams_status cli_get_live(const cli_args *args, const char *spec, ams_live_policy *policy,
                        ams_error *err);

#endif
