/* `ams stream`: its options, and what it prints. */
#ifndef AMS_CLI_STREAM_H
#define AMS_CLI_STREAM_H

#include "ams/stream_study.h"
#include "cli/cli.h"
#include "console/options.h"

/* Rows of a table of options, read by the functions below. */
#define CLI_STREAM_ARRIVALS                                                                    \
    CLI_VALUE("--arrivals", "A",                                                               \
              "clients (default), poisson, on-off, day, or trace, which --trace implies"),     \
        CLI_VALUE("--clients", "LIST", "closed loop: 8, or 2..40:2 (default 8)"),              \
        CLI_VALUE("--load", "LIST",                                                            \
                  "open arrivals: full work over what the workers can do, 0.3..2:0.1 "         \
                  "(default 1)"),                                                              \
        CLI_FILE("--trace", "F.csv", CLI_READS,                                                \
                 "requests: columns arrival_ms, deadline_ms (after the arrival) and, "         \
                 "optional, item and client; as `ams serve --trace` records them"),            \
        CLI_VALUE("--deadline-low", "T",                                                       \
                  "deadlines are uniform from here: 5ms, 1s, 1.2m (of the mandatory time), "   \
                  "2x (of the time of all models); default 1.2m"),                             \
        CLI_VALUE("--deadline-high", "LIST", "to here (default 2x)"),                          \
        CLI_VALUE("--slo-scale", "LIST", "constant deadlines: so many times the full time"),   \
        CLI_VALUE("--think", "T", "mean pause of a client, 10ms (default none)"),              \
        CLI_FLAG("--on-answer",                                                                \
                 "a client goes on at its answer; without it at its deadline, so that all "    \
                 "schedulers get the same jobs"),                                              \
        CLI_VALUE("--burst", "X",                                                              \
                  "on-off: rate in one state over that in the other "                          \
                  "(default 4)"),                                                              \
        CLI_VALUE("--jobs", "N", "per seed (default 5000)"),                                   \
        CLI_VALUE("--warmup", "N", "first ones that do not count (default 500)"),              \
        CLI_VALUE("--seeds", "LIST", "1-5 or 1,2,7 (default 1-5)")

#define CLI_STREAM_DISPATCH                                                                    \
    CLI_VALUE("--workers", "N", "equal workers (default 1), or models: one per model"),        \
        CLI_VALUE("--memory", "M",                                                             \
                  "what models that run may take together: 500MB, 8GB, 1.5x "                  \
                  "(x: of the largest model)"),                                                \
        CLI_VALUE("--mandatory", "K", "the first K models are mandatory (default 1)"),         \
        CLI_VALUE("--late", "L",                                                               \
                  "drop (default): what is expected to end too late is not started; run: the " \
                  "mandatory part runs all the same"),                                         \
        CLI_FLAG("--early-answer", "a job leaves once its target is reached"),                 \
        CLI_VALUE("--noise", "N",                                                              \
                  "execution times: none (default: the mean), recorded, or the standard "      \
                  "deviation of a lognormal factor, 0.1"),                                     \
        CLI_VALUE("--delta", "LIST",                                                           \
                  "step of the dynamic programs' utilities (default 0.01)"),                   \
        CLI_VALUE("--miss-cost", "X", "what a miss costs them besides (default 1)"),           \
        CLI_VALUE("--ageing", "X",                                                             \
                  "a client's weight grows so much per miss in a row "                         \
                  "(default 0)"),                                                              \
        CLI_VALUE("--window", "N", "jobs that are planned at once (default 64)"),              \
        CLI_VALUE("--charge-scheduler", "US",                                                  \
                  "microseconds that each decision takes of the clock, or measured")

/* Everything of a study but its points, series, pool and progress. */
ams_status cli_stream_base(ams_sim_options *base, const cli_args *args, ams_error *err);
/* Every combination of clients or load, deadlines and delta. *point (n) is for the caller to
 * free(). */
ams_status cli_stream_points(const ams_stream_data *data, const ams_sim_options *base,
                             const cli_args *args, ams_stream_point **point, uint32_t *n,
                             ams_error *err);
/* --trace: *trace is the caller's to fini; base->source uses it. */
ams_status cli_stream_trace(ams_stream_trace *trace, ams_sim_options *base,
                            const ams_stream_data *data, const cli_args *args, ams_error *err);
/* --save-predictor, if it is given. */
ams_status cli_stream_save_predictor(const ams_stream_data *data, const cli_args *args,
                                     ams_error *err);
/* The same as JSON. @return as cli_print_json. */
ams_status cli_stream_print_json(const ams_stream_study *study, ams_error *err);
void cli_stream_print(const ams_stream_study *study);

#endif
