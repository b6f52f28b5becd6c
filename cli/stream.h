/* `ams stream`: what its options mean. */
#ifndef AMS_CLI_STREAM_H
#define AMS_CLI_STREAM_H

#include "ams/stream_study.h"
#include "cli/cli.h"
#include "console/fill.h"

typedef struct cli_stream_job {
    ams_stream_data_options data;
    ams_stream_study_options study;
    size_t n_seeds, n_series;
    const char *const *sets;
    size_t n_sets;
    /* As text: they mean something once arrivals are known, or the data. */
    const char *trace, *memory, *clients, *load, *low, *high, *scale, *delta, *think;
    const char *predictor, *directory;
    uint32_t threads;
    bool json;
} cli_stream_job;

/* Rows of a table of options. */
#define CLI_STREAM_ARRIVALS                                                                    \
    CLI_VALUE(                                                                                 \
        "--arrivals", "A",                                                                     \
        "clients (default), poisson, on-off, day, or trace, which --trace implies",            \
        CLI_INTO_CHOICE(cli_stream_job, study.base.source.arrivals, ams_arrivals_names)),      \
        CLI_VALUE("--clients", "LIST", "closed loop: 8, or 2..40:2 (default 8)",               \
                  CLI_INTO_TEXT(cli_stream_job, clients)),                                     \
        CLI_VALUE("--load", "LIST",                                                            \
                  "open arrivals: full work over what the workers can do, 0.3..2:0.1 "         \
                  "(default 1)",                                                               \
                  CLI_INTO_TEXT(cli_stream_job, load)),                                        \
        CLI_FILE("--trace", "F.csv", CLI_READS,                                                \
                 "requests: columns arrival_ms, deadline_ms (after the arrival) and, "         \
                 "optional, item and client; as `ams serve --trace` records them",             \
                 CLI_INTO_TEXT(cli_stream_job, trace)),                                        \
        CLI_VALUE("--deadline-low", "T",                                                       \
                  "deadlines are uniform from here: 5ms, 1s, 1.2m (of the mandatory time), "   \
                  "2x (of the time of all models); default 1.2m",                              \
                  CLI_INTO_TEXT(cli_stream_job, low)),                                         \
        CLI_VALUE("--deadline-high", "LIST", "to here (default 2x)",                           \
                  CLI_INTO_TEXT(cli_stream_job, high)),                                        \
        CLI_VALUE("--slo-scale", "LIST", "constant deadlines: so many times the full time",    \
                  CLI_INTO_TEXT(cli_stream_job, scale)),                                       \
        CLI_VALUE("--think", "T", "mean pause of a client, 10ms (default none)",               \
                  CLI_INTO_TEXT(cli_stream_job, think)),                                       \
        CLI_FLAG("--on-answer",                                                                \
                 "a client goes on at its answer; without it at its deadline, so that all "    \
                 "schedulers get the same jobs",                                               \
                 CLI_INTO_FLAG(cli_stream_job, study.base.source.on_answer)),                  \
        CLI_VALUE("--burst", "X",                                                              \
                  "on-off: rate in one state over that in the other "                          \
                  "(default 4)",                                                               \
                  CLI_INTO_REAL(cli_stream_job, study.base.source.burst, 1, 1000)),            \
        CLI_VALUE("--jobs", "N", "per seed (default 5000)",                                    \
                  CLI_INTO_COUNT(cli_stream_job, study.base.source.jobs, UINT64_C(1) << 32)),  \
        CLI_VALUE("--warmup", "N", "first ones that do not count (default 500)",               \
                  CLI_INTO_NUMBER(cli_stream_job, study.base.warmup)),                         \
        CLI_VALUE("--seeds", "LIST", "1-5 or 1,2,7 (default 1-5)",                             \
                  CLI_INTO_SEEDS(cli_stream_job, study.seed, n_seeds))

#define CLI_STREAM_DISPATCH                                                                    \
    CLI_VALUE("--workers", "N", "equal workers (default 1), or models: one per model",         \
              CLI_INTO(cli_stream_job, study.base.dispatch.workers, cli_read_workers)),        \
        CLI_VALUE("--memory", "M",                                                             \
                  "what models that run may take together: 500MB, 8GB, 1.5x "                  \
                  "(x: of the largest model)",                                                 \
                  CLI_INTO_TEXT(cli_stream_job, memory)),                                      \
        CLI_VALUE(                                                                             \
            "--mandatory", "K", "the first K models are mandatory (default 1)",                \
            CLI_INTO_COUNT(cli_stream_job, study.base.dispatch.mandatory, AMS_STREAM_STAGES)), \
        CLI_VALUE("--late", "L",                                                               \
                  "drop (default): what is expected to end too late is not started; run: the " \
                  "mandatory part runs all the same",                                          \
                  CLI_INTO_CHOICE(cli_stream_job, study.base.dispatch.late, cli_stream_late)), \
        CLI_FLAG("--early-answer", "a job leaves once its target is reached",                  \
                 CLI_INTO_FLAG(cli_stream_job, study.base.dispatch.early_answer)),             \
        CLI_VALUE("--noise", "N",                                                              \
                  "execution times: none (default: the mean), recorded, or the standard "      \
                  "deviation of a lognormal factor, 0.1",                                      \
                  CLI_INTO(cli_stream_job, study.base, cli_read_noise)),                       \
        CLI_VALUE("--delta", "LIST", "step of the dynamic programs' utilities (default 0.01)", \
                  CLI_INTO_TEXT(cli_stream_job, delta)),                                       \
        CLI_VALUE("--miss-cost", "X", "what a miss costs besides the utility (default 1)",     \
                  CLI_INTO_REAL(cli_stream_job, study.base.dispatch.miss_cost, 0, 100)),       \
        CLI_VALUE("--ageing", "X",                                                             \
                  "a client's weight grows so much per miss in a row "                         \
                  "(default 0)",                                                               \
                  CLI_INTO_REAL(cli_stream_job, study.base.dispatch.ageing, 0, 100)),          \
        CLI_VALUE("--window", "N", "jobs that are planned at once (default 64)",               \
                  CLI_INTO_COUNT(cli_stream_job, study.base.dispatch.window, 256)),            \
        CLI_VALUE("--charge-scheduler", "US",                                                  \
                  "microseconds that each decision takes of the clock, or measured",           \
                  CLI_INTO(cli_stream_job, study.base.charge_us, cli_read_charge))
extern const char *const cli_stream_late[];
cli_reader cli_read_workers, cli_read_noise, cli_read_charge;

/* What has to hold of the options together; reads --trace, --think and --memory against the
 * data. The trace is the caller's to fini; job->study uses it. */
ams_status cli_stream_finish(cli_stream_job *job, const ams_stream_data *data,
                             ams_stream_trace *trace, const cli_args *args, ams_error *err);
/* Before the data are read: arrivals and warm-up. */
ams_status cli_stream_check(cli_stream_job *job, const cli_args *args, ams_error *err);
/* Every combination of clients or load, deadlines and delta, into job->study. It lives as long
 * as args. */
ams_status cli_stream_points(cli_stream_job *job, const ams_stream_data *data,
                             const cli_args *args, ams_error *err);

#endif
