/* `ams schedule`: schedulers, baselines and bounds on the items of a split, at many limits. */
#include "ams/limit_study.h"
#include "base/version.h"
#include "cli/json.h"
#include "cli/limits.h"
#include "cli/readers.h"
#include "cli/score_options.h"

#include <stdio.h>

enum { POINTS = 256 };

typedef struct schedule_job {
    cli_limits limits;
    ams_limit_study_options how;
    const char *directory;
    bool json;
} schedule_job;

#define OWN_OPTIONS                                                                            \
    CLI_SCORE_FIT(schedule_job, limits.setup.fit_path),                                        \
        CLI_VALUE("--split", "S", "train, validation or test (default test)",                  \
                  CLI_INTO(schedule_job, limits.setup.split, cli_read_split)),                 \
        CLI_VALUE("--exact", "N",                                                              \
                  "also search the optimum by branch and bound, given up after N nodes per "   \
                  "item (default 0: no search)",                                               \
                  CLI_INTO_NUMBER(schedule_job, how.exact_nodes)),                             \
        CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 2000)",            \
                  CLI_INTO_COUNT(schedule_job, how.bootstrap_draws, 1000000)),                 \
        CLI_FLAG("--check", "put every schedule through the validity check",                   \
                 CLI_INTO_FLAG(schedule_job, how.check)),                                      \
        CLI_VALUE("--table-memory", "MB",                                                      \
                  "a file that needs more (default 4096) is scored in windows of its items, "  \
                  "with the same numbers for up to 32,768 items of the split. For more "       \
                  "items, the intervals resample blocks of items, as in `ams eval`. Its "      \
                  "training items have to fit in half of that",                                \
                  CLI_INTO_COUNT(schedule_job, limits.setup.memory_mb, UINT64_C(1) << 30)),    \
        CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,                                               \
                 "write schedule.tsv, timing.tsv, schedule.json and, with --exact, "           \
                 "exact.tsv there",                                                            \
                 CLI_INTO_TEXT(schedule_job, directory)),                                      \
        CLI_JSON_INTO(schedule_job, json)

/* --memory is here, without help, so that its use gets an answer that says where it belongs. */
static const cli_option deadline_options[] = {CLI_LIMIT_OPTIONS(schedule_job, limits),
                                              OWN_OPTIONS,
                                              {.name = "--memory", .takes_value = true}};
static const cli_option memory_options[] = {
    CLI_LIMIT_OPTIONS(schedule_job, limits),
    CLI_VALUE("--memory", "LIST",
              "memory budgets, written as deadlines are: 8GB,12GB,16GB; 500MB..2GB:500MB; "
              "1x,1.5x (x: of the largest model; 1 GB is 1000 MB)",
              CLI_INTO_TEXT(schedule_job, limits.memory)),
    OWN_OPTIONS};

static ams_status check_limits(const cli_limits *limits, const cli_args *args, ams_error *err)
{
    const char *needed;
    ams_status status = cli_require(args, "--deadline", &needed, err);
    if (status == AMS_OK && limits->setup.parallel) {
        status = cli_require(args, "--memory", &needed, err);
    } else if (status == AMS_OK && cli_has(args, "--memory")) {
        status = ams_fail(err, AMS_USAGE,
                          "option --memory: models run one at a time here; `ams schedule "
                          "deadline-memory` runs them in parallel under a budget");
    }
    return status;
}

/* -- printing -- */

/* A table per memory budget. */
static ams_status print_study(const ams_limit_study *s, ams_error *err)
{
    const ams_limit_setup *setup = s->setup;
    const ams_limit_point *point = setup->point;
    printf("Mean recall of value by a deadline, %u %s items.\n", setup->n_items,
           ams_split_name(setup->options.split));
    for (uint32_t first = 0, n = 0; first < setup->n_points; first += n) {
        ams_result table = {.n = 0};
        for (n = 1; first + n < setup->n_points &&
                    point[first + n].memory_mb == point[first].memory_mb;
             n++) {
        }
        if (setup->options.parallel) {
            printf("\nMemory %.6g MB:\n", point[first].memory_mb);
        }
        ams_status status = ams_limit_study_table(s, first, n, &table, err);
        if (status == AMS_OK) {
            ams_frame_print(ams_result_frame(&table, "table"), stdout);
        }
        ams_result_fini(&table);
        if (status != AMS_OK) {
            return status;
        }
    }
    ams_limit_print_unsolved(s, stdout);
    return AMS_OK;
}

static ams_status print_json(const ams_limit_study *s, ams_error *err)
{
    ams_result result = {.n = 0};
    ams_status status = ams_limit_study_result(s, &result, err);
    if (status == AMS_OK) {
        status = ams_result_print_json(&result, stdout, err);
    }
    ams_result_fini(&result);
    return status;
}

/* -- the command -- */

static ams_status schedule(ams_limit_setup *setup, ams_limit_study *study, schedule_job *job,
                           const cli_args *args, ams_error *err)
{
    const ams_limit_manifest manifest = {.command = cli_command_line(args),
                                         .version = ams_version_commit};
    cli_progress bar = {.what = NULL};
    ams_status written = AMS_OK; /* the table is printed even where the files cannot be */
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, job, err));
    AMS_TRY(check_limits(&job->limits, args, err));
    AMS_TRY(cli_get_schedulers(args, &job->limits, &job->how.scheduler, &job->how.n_schedulers,
                               err));
    job->limits.setup.memory_option = "--table-memory";
    job->how.progress = cli_progress_listener(&bar);
    job->limits.setup.progress = &job->how.progress;
    job->limits.setup.team = args->team;
    cli_progress_begin(&bar, "schedule");
    AMS_TRY(cli_open_limits(setup, &job->limits, args, POINTS, err));
    AMS_TRY(ams_limit_add_baselines(setup, err));
    AMS_TRY(cli_add_policies(setup, &job->limits, err));
    cli_progress_begin(&bar, "schedule");
    status = ams_limit_study_run(study, setup, &job->how, err);
    cli_progress_end(&bar);
    AMS_TRY(status);
    if (job->directory != NULL) {
        written = ams_limit_study_write(study, job->directory, &manifest, err);
    }
    ams_error *error = written == AMS_OK ? err : NULL;
    status = job->json ? print_json(study, error) : print_study(study, error);
out:
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, bool parallel, ams_error *err)
{
    schedule_job job = {.limits = {.setup = ams_limit_setup_defaults()},
                        .how = {.bootstrap_draws = 2000}};
    ams_limit_setup setup = {.n_policies = 0};
    ams_limit_study study = {.setup = NULL};
    job.limits.setup.parallel = parallel;
    ams_status status = schedule(&setup, &study, &job, args, err);
    ams_limit_study_fini(&study);
    ams_limit_setup_fini(&setup);
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
