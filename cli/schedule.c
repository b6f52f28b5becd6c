/* `ams schedule`: schedulers, baselines and bounds on the items of a split, at many limits. */
#include "cli/schedule.h"
#include "cli/json.h"

#include "base/version.h"
#include "cli/limits.h"
#include "cli/readers.h"
#include "cli/score_options.h"
#include "console/options.h"

#include <stdlib.h>

enum { POINTS = 256 };

#define OWN_OPTIONS                                                                            \
    CLI_SCORE_FIT, CLI_VALUE("--split", "S", "train, validation or test (default test)"),      \
        CLI_VALUE("--exact", "N",                                                              \
                  "also search the optimum by branch and bound, given up after N nodes per "   \
                  "item (default 0: no search)"),                                              \
        CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 2000)"),           \
        CLI_FLAG("--check", "put every schedule through the validity check"),                  \
        CLI_VALUE("--table-memory", "MB",                                                      \
                  "a file that needs more (default 4096) is scored in windows of its items, "  \
                  "with the same numbers for up to 32,768 items of the split. For more "       \
                  "items, the intervals resample blocks of items, as in `ams eval`. Its "      \
                  "training items have to fit in half of that"),                               \
        CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,                                               \
                 "write schedule.tsv, timing.tsv, schedule.json and, with --exact, "           \
                 "exact.tsv there"),                                                           \
        CLI_JSON

/* --memory is here, without help, so that its use gets an answer that says where it belongs. */
static const cli_option deadline_options[] = {
    CLI_LIMIT_OPTIONS, OWN_OPTIONS, {.name = "--memory", .takes_value = true}};
static const cli_option memory_options[] = {
    CLI_LIMIT_OPTIONS,
    CLI_VALUE("--memory", "LIST",
              "memory budgets, written as deadlines are: 8GB,12GB,16GB; 500MB..2GB:500MB; "
              "1x,1.5x (x: of the largest model; 1 GB is 1000 MB)"),
    OWN_OPTIONS};

/* What the command holds. */
typedef struct schedule_command {
    const char *command;
    ams_limit_setup_options options;
    ams_limit_study_options how;
    const ams_scheduler **scheduler;
    ams_limit_setup setup;
    ams_limit_study study;
    cli_progress bar;
} schedule_command;

static ams_status read_study(schedule_command *s, const cli_args *args, ams_error *err)
{
    const char *needed;
    uint64_t draws = 2000;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--deadline", &needed, err));
    if (s->options.parallel) {
        AMS_TRY(cli_require(args, "--memory", &needed, err));
    } else if (cli_has(args, "--memory")) {
        return ams_fail(err, AMS_USAGE,
                        "option --memory: models run one at a time here; `ams schedule "
                        "deadline-memory` runs them in parallel under a budget");
    }
    AMS_TRY(cli_get_count(args, "--bootstrap", 1000000, &draws, err));
    AMS_TRY(cli_get_u64(args, "--exact", &s->how.exact_nodes, err));
    AMS_TRY(cli_get_split_name(args, &s->options.split, err));
    AMS_TRY(cli_get_memory_as(args, "--table-memory", &s->options.memory_mb, err));
    s->options.memory_option = "--table-memory";
    s->how.bootstrap_draws = (uint32_t)draws;
    s->how.check = cli_has(args, "--check");
    AMS_TRY(cli_get_schedulers(args, s->options.parallel, &s->scheduler, &s->how.n_schedulers,
                               err));
    s->how.scheduler = s->scheduler;
out:
    return status;
}

static ams_status schedule(schedule_command *s, const cli_args *args, ams_error *err)
{
    const char *directory = cli_get(args, "-o", NULL);
    const ams_limit_manifest manifest = {.command = s->command, .version = ams_version_commit};
    ams_status written = AMS_OK; /* the table is printed even where the files cannot be */
    ams_status status = AMS_OK;
    AMS_TRY(read_study(s, args, err));
    cli_progress_begin(&s->bar, "schedule");
    s->how.progress = cli_progress_listener(&s->bar);
    s->options.progress = &s->how.progress;
    AMS_TRY(cli_open_limits(&s->setup, &s->options, args, POINTS, err));
    AMS_TRY(ams_limit_add_baselines(&s->setup, err));
    AMS_TRY(cli_add_policies(&s->setup, args, err));
    cli_progress_begin(&s->bar, "schedule");
    status = ams_limit_study_run(&s->study, &s->setup, &s->how, err);
    cli_progress_end(&s->bar);
    AMS_TRY(status);
    if (directory != NULL) {
        written = ams_limit_study_write(&s->study, directory, &manifest, err);
    }
    ams_error *error = written == AMS_OK ? err : NULL;
    status = cli_has(args, "--json") ? cli_schedule_print_json(&s->study, error)
                                     : cli_schedule_print(&s->study, error);
out:
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, bool parallel, ams_error *err)
{
    schedule_command s = {.command = cli_command_line(args),
                          .options = ams_limit_setup_defaults()};
    s.options.parallel = parallel;
    ams_status status = schedule(&s, args, err);
    ams_limit_study_fini(&s.study);
    ams_limit_setup_fini(&s.setup);
    free(s.scheduler);
    return status;
}

static ams_status run_deadline(const cli_args *args, ams_error *err)
{
    return run(args, false, err);
}

static ams_status run_memory(const cli_args *args, ams_error *err)
{
    return run(args, true, err);
}

const ams_command ams_cmd_schedule_deadline = {
    .name = "schedule deadline",
    .summary = "score schedulers under deadlines",
    .usage = "ams schedule deadline --data F.h5 --policy P [--policy P ...] --deadline LIST\n"
             "          [-o DIR]",
    .help =
        "Scores the recall of value by each deadline, with one model running at a time.\n"
        "\n"
        "Schedulers:\n"
        "  algorithm1  the papers' Algorithm 1: the largest value per time among the models\n"
        "              that end in time\n"
        "  q-greedy    the largest value\n"
        "  plan        the set of largest value that fits into the time left, planned again\n"
        "              after each output\n"
        "\n"
        "Always included, for comparison:\n"
        "  random, fixed     orders, by first fit\n"
        "  first-fit         models by descending true value\n"
        "  algorithm1:truth  Algorithm 1 with true marginal values\n"
        "  optimal*          the papers' relaxation; no bound where labels overlap\n"
        "  bound             what no schedule can exceed\n"
        "\n"
        "Example:\n"
        "  ams schedule deadline --data data/photos.h5 --policy runs/dqn-0 \\\n"
        "    --deadline 5%..60%:5% -o results/deadline\n",
    CLI_OPTIONS(deadline_options),
    .run = run_deadline,
};

const ams_command ams_cmd_schedule_memory = {
    .name = "schedule deadline-memory",
    .summary = "score schedulers under deadlines and memory budgets",
    .usage = "ams schedule deadline-memory --data F.h5 --policy P [--policy P ...]\n"
             "          --deadline LIST --memory LIST [-o DIR]",
    .help =
        "Scores the recall of value by each deadline, with models running in parallel under\n"
        "each memory budget.\n"
        "\n"
        "Schedulers:\n"
        "  algorithm2  the papers' Algorithm 2: value per time and memory first, then value\n"
        "              per memory among the models that end before it; once per decision\n"
        "  q-greedy    the largest value among the models that fit\n"
        "  plan        whole schedules of the time left by several rules; the models that\n"
        "              the best one starts first are started\n"
        "  algorithm2-again  algorithm2 again at the same moment, until no model fits; not\n"
        "              in the default list\n"
        "\n"
        "Always included, for comparison: random, fixed, first-fit, algorithm2:truth,\n"
        "optimal*, bound (`ams help schedule deadline`).\n"
        "\n"
        "Example:\n"
        "  ams schedule deadline-memory --data data/photos.h5 --policy runs/dqn-0 \\\n"
        "    --deadline 15.5% --memory 1x,1.5x,2x --exact 100000 -o results/memory\n",
    CLI_OPTIONS(memory_options),
    .run = run_memory,
};
