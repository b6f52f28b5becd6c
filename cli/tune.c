/* `ams tune`: random search with successive halving on the validation split. */
#include "ams/tune.h"

#include "base/memory.h"
#include "cli/jobs.h"
#include "cli/tune.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const made[] = {"best.ini", "search.ini", "tune.tsv", NULL};

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS,
             "outputs file; only its training and validation items are used"),
    CLI_FILE("--space", "FILE", CLI_READS, "what to vary, below"),
    CLI_VALUE("--agent", "NAME", "`ams list agents` (default: the configuration's)"),
    CLI_VALUE("--trials", "N", "settings drawn from the space (default 27, at most 1000)"),
    CLI_VALUE("--seed", "S",
              "of the draws (default 0); the first trials stay the same when N grows"),
    CLI_VALUE("--seeds", "LIST",
              "of training: the first one in all rungs, all of them in the last, where a trial "
              "counts by its mean over seeds (default 1-3)"),
    CLI_VALUE("--eta", "N",
              "each rung keeps one in N trials, and trains it N times as long (default 3)"),
    CLI_VALUE("--min-fraction", "X",
              "the first rung trains at least this share of `steps` (default 0.1); 1 is random "
              "search without halving"),
    CLI_VALUE("--finalists", "N", "at least so many trials reach the last rung (default 3)"),
    CLI_VALUE("-j", "N",
              "runs side by side (default: one per processor; on a GPU together, 256); the "
              "result does not depend on it"),
    CLI_FILE("--config", "FILE", CLI_READS,
             "key = value lines for all trials; space and arguments override them"),
    CLI_SHARED_MEMORY,
    CLI_FILE("-o", "EXP", CLI_WRITES_FOLDER, "folder of the search"),
    CLI_JSON,
};

/* -- printing -- */

enum { ROWS = 10 };

static void row_cell(const ams_tune *tune, uint32_t row, size_t column,
                     char text[AMS_TUNE_CELL])
{
    if (row == 0) {
        ams_tune_head(tune, column, text);
    } else {
        ams_tune_cell(tune, ams_tune_ranked(tune, row), column, text);
    }
}

static int width(const ams_tune *tune, size_t column)
{
    char text[AMS_TUNE_CELL];
    size_t widest = 0;
    for (uint32_t row = 0; row <= ROWS && (row == 0 || ams_tune_ranked(tune, row) != NULL);
         row++) {
        row_cell(tune, row, column, text);
        widest = strlen(text) > widest ? strlen(text) : widest;
    }
    return (int)widest;
}

/* The best trials; nothing where no rung has been compared, or none came through it. */
static void print_table(const ams_tune *tune)
{
    char text[AMS_TUNE_CELL];
    const size_t seeds = tune->options->n_seeds;
    if (ams_tune_ranked(tune, 1) == NULL) {
        return;
    }
    if (ams_tune_by_area(tune)) {
        printf("Best by area under recall/time");
    } else {
        printf("Best by mean %s (%s) to recall 0.8, 0.9 and 1.0",
               ams_cost_word(tune->cost_unit), tune->cost_unit);
    }
    printf(" on the validation split; the last rung is a mean over %zu seed%s.\n\n", seeds,
           seeds == 1 ? "" : "s");
    for (uint32_t row = 0; row <= ROWS && (row == 0 || ams_tune_ranked(tune, row) != NULL);
         row++) {
        const char *gap = "";
        for (size_t column = 0; column < ams_tune_columns(tune); column++) {
            if (ams_tune_is_short(tune, column)) {
                row_cell(tune, row, column, text);
                printf("%s%*s", gap, width(tune, column), text);
                gap = "  ";
            }
        }
        putchar('\n');
    }
    putchar('\n');
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
    if (json) {
        AMS_TRY(cli_tune_print_json(tune, err));
    } else {
        print_table(tune);
    }
    if (failed > 0 && !json) {
        printf("%zu of %zu trials failed:\n", failed, tune->n_trials);
        code = cli_print_failed(all, ams_tune_jobs(tune, all));
    }
    if (stopped != 0) {
        fprintf(json ? stderr : stdout,
                "stopped; checkpoints are written, the same command continues\n");
        status = cli_stopped_by(stopped);
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

static ams_status search(const ams_tune_options *o, bool json, ams_error *err)
{
    ams_tune tune = {.lock = -1};
    cli_listener listener;
    const ams_progress progress = cli_listen(&listener, "ams tune");
    sigset_t mask;
    const ams_jobs_spawner spawner = cli_spawner(&mask);
    int stopped = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tune_plan(&tune, o, err));
    AMS_TRY(ams_tune_open(&tune, err));
    ams_children_hold_signals(&mask);
    cli_progress_begin(&listener.bar, "ams tune");
    status = ams_tune_run(&tune, &spawner, &progress, &stopped, err);
    cli_progress_end(&listener.bar);
    if (status == AMS_OK) {
        status = conclude(&tune, stopped, json, err);
    } else {
        print_table(&tune); /* what is known, where a file could not be written */
    }
    ams_children_release_signals(&mask);
out:
    ams_tune_fini(&tune);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_tune_options o = ams_tune_defaults();
    const char *command = cli_command_line(args);
    uint64_t *seed = NULL;
    ams_status status = AMS_OK;
    o.command = command;
    o.config_path = cli_get(args, "--config", NULL);
    o.agent = cli_get(args, "--agent", NULL);
    o.setting = args->operand;
    o.n_settings = (size_t)args->n_operands;
    AMS_TRY(cli_require(args, "--data", &o.data_path, err));
    AMS_TRY(cli_require(args, "--space", &o.space_path, err));
    AMS_TRY(cli_require(args, "-o", &o.directory, err));
    AMS_TRY(cli_get_u64(args, "--seed", &o.draw_seed, err));
    AMS_TRY(
        cli_parse_seeds("--seeds", cli_get(args, "--seeds", "1-3"), &seed, &o.n_seeds, err));
    o.training_seed = seed;
    AMS_TRY(cli_get_u64(args, "--trials", &o.trials, err));
    AMS_TRY(cli_get_u64(args, "--eta", &o.eta, err));
    AMS_TRY(cli_get_u64(args, "--finalists", &o.finalists, err));
    AMS_TRY(cli_get_real(args, "--min-fraction", 0, 1, &o.min_fraction, err));
    AMS_TRY(cli_get_jobs(args, &o.side_by_side, &o.together, err));
    AMS_TRY(cli_get_shared_memory(args, &o.memory_mb, err));
    status = search(&o, cli_has(args, "--json"), err);
out:
    free(seed);
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
