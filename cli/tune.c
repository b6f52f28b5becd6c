/* `ams tune`: random search with successive halving on the validation split. */
#include "ams/tune.h"

#include "base/memory.h"
#include "cli/jobs.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const made[] = {"best.ini", "search.ini", "tune.tsv", NULL};

typedef struct tune_job {
    ams_tune_options tune;
    bool json;
} tune_job;

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS,
             "outputs file; only its training and validation items are used",
             CLI_REQUIRED(tune_job, tune.data_path)),
    CLI_FILE("--space", "FILE", CLI_READS, "what to vary, below",
             CLI_REQUIRED(tune_job, tune.space_path)),
    CLI_VALUE("--agent", "NAME", "`ams list agents` (default: the configuration's)",
              CLI_INTO_TEXT(tune_job, tune.agent)),
    CLI_VALUE("--trials", "N", "settings drawn from the space (default 27, at most 1000)",
              CLI_INTO_NUMBER(tune_job, tune.trials)),
    CLI_VALUE("--seed", "S",
              "of the draws (default 0); the first trials stay the same when N grows",
              CLI_INTO_NUMBER(tune_job, tune.draw_seed)),
    CLI_VALUE("--seeds", "LIST",
              "of training: the first one in all rungs, all of them in the last, where a trial "
              "counts by its mean over seeds (default 1-3)",
              CLI_INTO_SEEDS(tune_job, tune.training_seed, tune.n_seeds)),
    CLI_VALUE("--eta", "N",
              "each rung keeps one in N trials, and trains it N times as long (default 3)",
              CLI_INTO_NUMBER(tune_job, tune.eta)),
    CLI_VALUE("--min-fraction", "X",
              "the first rung trains at least this share of `steps` (default 0.1); 1 is random "
              "search without halving",
              CLI_INTO_REAL(tune_job, tune.min_fraction, 0, 1)),
    CLI_VALUE("--finalists", "N", "at least so many trials reach the last rung (default 3)",
              CLI_INTO_NUMBER(tune_job, tune.finalists)),
    CLI_VALUE("-j", "N",
              "runs side by side (default: one per processor; on a GPU together, 256); the "
              "result does not depend on it"),
    CLI_FILE("--config", "FILE", CLI_READS,
             "key = value lines for all trials; space and arguments override them",
             CLI_INTO_TEXT(tune_job, tune.config_path)),
    CLI_SHARED_MEMORY(tune_job, tune.memory_mb),
    CLI_JOIN_ROWS(tune_job, tune.join, CLI_FAILED_TOO),
    CLI_FILE("-o", "EXP", CLI_WRITES_FOLDER, "folder of the search",
             CLI_REQUIRED(tune_job, tune.directory)),
    CLI_JSON_INTO(tune_job, json),
};

/* -- printing -- */

enum { ROWS = 10 };

/* The best trials; nothing where no rung has been compared, or none came through it. */
static void print_table(const ams_tune *tune, const ams_frame *rows)
{
    const size_t seeds = tune->options->n_seeds;
    if (rows->n_rows == 0) {
        return;
    }
    if (ams_tune_by_area(tune)) {
        printf("Best by area under recall/time");
    } else {
        printf("Best by mean %s (%s) to the required recalls", ams_cost_word(tune->cost_unit),
               tune->cost_unit);
    }
    printf(" on the validation split; the last rung is a mean over %zu seed%s.\n\n", seeds,
           seeds == 1 ? "" : "s");
    ams_frame_print_rows(rows, 0, rows->n_rows < ROWS ? rows->n_rows : ROWS, stdout);
    putchar('\n');
}

static ams_status print_result(const ams_tune *tune, bool json, ams_error *err)
{
    ams_result result = {.n = 0};
    ams_status status = ams_tune_result(tune, &result, err);
    if (status == AMS_OK && json) {
        status = ams_result_print_json(&result, stdout, err);
    } else if (status == AMS_OK) {
        print_table(tune, ams_result_frame(&result, "rows"));
    }
    ams_result_fini(&result);
    return status;
}

static void print_best(const ams_tune *tune, const ams_trial *best)
{
    printf("%s/best.ini has trial %s:", tune->options->directory, best->name);
    for (size_t d = 0; d < tune->space.n; d++) {
        if (tune->space.dimension[d].kind != AMS_SPACE_FIXED) {
            printf(" %s=%s", tune->space.dimension[d].key->name, best->value[d]);
        }
    }
    putchar('\n');
}

/* A trial that cannot be trained is an answer, too; without any that can there is none. */
static ams_status conclude(const ams_tune *tune, int stopped, bool json, ams_error *err)
{
    const char *directory = tune->options->directory;
    const ams_trial *best = ams_tune_best(tune);
    ams_job **all = NULL;
    size_t failed = 0;
    ams_status code = AMS_OK;
    ams_status status = ams_alloc(&all, tune->n_trials * tune->options->n_seeds,
                                  sizeof(ams_job *), "runs", err);
    if (status != AMS_OK) {
        return status;
    }
    for (size_t i = 0; i < tune->n_trials; i++) {
        failed += tune->trial[i].state == AMS_TRIAL_FAILED;
    }
    AMS_TRY(print_result(tune, json, err));
    if (failed > 0 && !json) {
        printf("%zu of %zu trials failed:\n", failed, tune->n_trials);
        code = cli_print_failed(all, ams_tune_jobs(tune, all));
    }
    if (tune->left) {
        fprintf(json ? stderr : stdout,
                stopped != 0 || !tune->options->join.on
                    ? "stopped; checkpoints are written, the same command continues\n"
                    : "other processes are at work; the same command continues\n");
        status = cli_left(&tune->options->join, stopped);
    } else if (best != NULL && !json) {
        print_best(tune, best);
    } else if (best == NULL) {
        status = ams_fail(err, code,
                          "no trial came through; %s/failed.tsv has their messages, %s/logs "
                          "what they printed",
                          directory, directory);
    }
out:
    free(all);
    return status;
}

/* -- the command -- */

static ams_status search(const tune_job *job, ams_error *err)
{
    ams_tune tune = {.lock = -1};
    cli_progress bar = {.command = "ams tune"};
    const ams_progress progress = cli_progress_listener(&bar);
    sigset_t mask;
    const ams_jobs_spawner spawner = cli_spawner(&mask);
    int stopped = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tune_plan(&tune, &job->tune, err));
    AMS_TRY(ams_tune_open(&tune, err));
    ams_children_hold_signals(&mask);
    cli_progress_begin(&bar, "ams tune");
    status = ams_tune_run(&tune, &spawner, &progress, &stopped, err);
    cli_progress_end(&bar);
    if (status == AMS_OK) {
        status = conclude(&tune, stopped, job->json, err);
    } else {
        (void)print_result(&tune, false, NULL); /* what is known, where files could not be */
    }
    ams_children_release_signals(&mask);
out:
    ams_tune_fini(&tune);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    static const uint64_t seeds[] = {1, 2, 3};
    tune_job job = {.tune = ams_tune_defaults()};
    ams_status status = AMS_OK;
    job.tune.command = cli_command_line(args);
    job.tune.training_seed = seeds;
    job.tune.n_seeds = sizeof seeds / sizeof *seeds;
    job.tune.setting = args->operand;
    job.tune.n_settings = (size_t)args->n_operands;
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(cli_get_jobs(args, &job.tune.side_by_side, &job.tune.together, err));
    AMS_TRY(cli_get_join(args, &job.tune.join, err));
    status = search(&job, err);
out:
    return status;
}

const ams_command ams_cmd_tune = {
    .name = "tune",
    .summary = "search for good settings on the validation split",
    .usage = "ams tune --data F.h5 --space FILE [--agent NAME] [--trials N] [--seed S]\n"
             "          [--seeds 1-3] [--eta N] [--min-fraction X] [--finalists N] [-j N]\n"
             "          [--config FILE] [--memory MB] [key=value ...] -o EXP",
    .help =
        "Arguments key=value set any key of `ams list keys` but seed and label, for all "
        "trials.\n"
        "\n"
        "A line of the space is one of\n"
        "  hidden = choice: 64 64x64 128    one of the values\n"
        "  dropout = uniform: 0 0.3         a number between the two\n"
        "  lr = log: 1e-4 1e-3              the same, its logarithm uniform\n"
        "  nstep = int: 1 4                 a whole number, both ends included\n"
        "  targets = all                    the same in all trials\n"
        "\n"
        "Rungs end at steps / eta^k updates (to the nearest multiple of validate_every),\n"
        "where a run is paused and later continued bit for bit: schedules of epsilon and lr\n"
        "are always those of the whole `steps`. Trials are compared by what best_by names,\n"
        "the best so far on the validation split.\n"
        "\n"
        "EXP gets tune.tsv (every trial: settings, metric at each rung, what became of it),\n"
        "best.ini (for `ams train --config`), tune.json, search.ini, failed.tsv, and runs and\n"
        "logs as those of `ams sweep`. The same command again continues after a kill or\n"
        "Ctrl-C; more trials or seeds may be asked for. Failed trials are listed, and tried\n"
        "again then; the exit code is other than 0 if none came through.\n"
        "\n"
        "Example:\n"
        "  ams tune --data data/photos.h5 --agent dueling --space experiments/photos/space.ini "
        "\\\n"
        "    --trials 27 -j 2 -o exp/tune\n"
        "  ams train --data data/photos.h5 --config exp/tune/best.ini --seed 7 -o runs/tuned\n",
    CLI_OPTIONS(options),
    .makes = made,
    .run = run,
};
