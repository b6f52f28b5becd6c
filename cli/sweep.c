/* `ams sweep`: every combination of agents, settings and seeds, each a run of its own. */
#include "ams/sweep.h"

#include "base/memory.h"
#include "cli/jobs.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),
    CLI_VALUE("--agents", "A,B", "`ams list agents` (default: the configuration's)"),
    CLI_VALUE("--seeds", "LIST", "1-5 or 1,2,7 (default 1-5)"),
    CLI_VALUE("-j", "N",
              "runs side by side (default: one per processor, each on one thread: `ams bench "
              "--what whole` shows that to be faster than a run on two)"),
    CLI_FILE("--config", "FILE", CLI_READS,
             "key = value lines for all runs; arguments override them"),
    CLI_VALUE(
        "--device", "D",
        "same as device=D: cpu, cuda or auto (`ams train --help`). A GPU trains runs "
        "together, as many as -j says (default 256) and its memory holds; the others "
        "follow, and each has the bits it has alone. Runs go together that agree in "
        "`targets` and in whether they have priority_alpha and grad_clip; with a batch of "
        "512 or more, or a `precision`, also in these, in `hidden` and in whether the "
        "agent is a double one. auto counts the updates of all of them. Not run on a GPU "
        "yet"),
    CLI_SHARED_MEMORY,
    CLI_FILE("-o", "EXP", CLI_WRITES_FOLDER, "folder of the experiment"),
};

/* key=v1,v2 of the arguments, after --device; `device` is for the caller to free(). */
static ams_status read_settings(const cli_args *args, const char ***setting, size_t *n,
                                char **device, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_alloc(setting, (size_t)args->n_operands + 1, sizeof **setting, "settings", err));
    if (cli_has(args, "--device")) {
        AMS_TRY(
            ams_format(device, "settings", err, "device=%s", cli_get(args, "--device", "")));
        (*setting)[(*n)++] = *device;
    }
    for (int i = 0; i < args->n_operands; i++) {
        (*setting)[(*n)++] = args->operand[i];
    }
out:
    return status;
}

/* The failures once more at the end, where they are seen. */
static ams_status conclude(const ams_sweep *sweep, int stopped, ams_error *err)
{
    const char *directory = sweep->options->directory;
    const size_t failed = ams_sweep_count(sweep, AMS_JOB_FAILED);
    const size_t before = ams_sweep_count(sweep, AMS_JOB_BEFORE);
    const size_t done = ams_sweep_count(sweep, AMS_JOB_FINISHED) + before;
    printf("%s: %zu of %zu runs finished (%zu of them before), %zu failed\n", directory, done,
           sweep->n_jobs, before, failed);
    if (stopped != 0) {
        printf("stopped; checkpoints are written, the same command continues\n");
    }
    const ams_status code = cli_print_failed(sweep->list, sweep->n_jobs);
    if (failed == 0) {
        return stopped != 0 || ams_sweep_count(sweep, AMS_JOB_STOPPED) > 0
                   ? cli_stopped_by(stopped)
                   : AMS_OK;
    }
    return ams_fail(err, code,
                    "%zu of %zu runs failed; %s/failed.tsv has their messages, "
                    "%s/logs what they printed",
                    failed, sweep->n_jobs, directory, directory);
}

static ams_status train_all(const ams_sweep_options *o, ams_error *err)
{
    ams_sweep sweep = {.lock = -1};
    cli_listener listener;
    const ams_progress progress = cli_listen(&listener, "ams sweep");
    sigset_t mask;
    const ams_jobs_spawner spawner = cli_spawner(&mask);
    int stopped = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_sweep_plan(&sweep, o, &progress, err));
    AMS_TRY(ams_sweep_open(&sweep, err));
    ams_children_hold_signals(&mask);
    cli_progress_begin(&listener.bar, "ams sweep");
    status = ams_sweep_run(&sweep, &spawner, &progress, &stopped, err);
    cli_progress_end(&listener.bar);
    if (status == AMS_OK) {
        status = conclude(&sweep, stopped, err);
    }
    ams_children_release_signals(&mask);
out:
    ams_sweep_fini(&sweep);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_sweep_options o = {.config_path = cli_get(args, "--config", NULL),
                           .agents = cli_get(args, "--agents", NULL)};
    const char *command = cli_command_line(args);
    char *device = NULL;
    const char **setting = NULL;
    uint64_t *seed = NULL;
    ams_status status = AMS_OK;
    o.command = command;
    AMS_TRY(cli_get_jobs(args, &o.side_by_side, &o.together, err));
    AMS_TRY(cli_get_shared_memory(args, &o.memory_mb, err));
    AMS_TRY(cli_require(args, "--data", &o.data_path, err));
    AMS_TRY(cli_require(args, "-o", &o.directory, err));
    AMS_TRY(
        cli_parse_seeds("--seeds", cli_get(args, "--seeds", "1-5"), &seed, &o.n_seeds, err));
    AMS_TRY(read_settings(args, &setting, &o.n_settings, &device, err));
    o.seed = seed;
    o.setting = setting;
    status = train_all(&o, err);
out:
    free(device);
    free(setting);
    free(seed);
    return status;
}

const ams_command ams_cmd_sweep = {
    .name = "sweep",
    .summary = "train all combinations of agents, settings and seeds",
    .usage = "ams sweep --data F.h5 [--agents A,B] [--seeds 1-5] [-j N] [--device D]\n"
             "          [--config FILE] [--memory MB] [key=v1,v2 ...] -o EXP",
    .help =
        "Arguments key=v1,v2 set any key of `ams list keys` but agent, seed and label. With "
        "one\n"
        "value it holds for all runs, with more it is varied.\n"
        "\n"
        "Each combination is a run of `ams train` in EXP/runs/LABEL-SEED. The label is the\n"
        "agent with what varies (dqn,lr=0.001), after the label of the configuration if it\n"
        "has one (papers-dqn), so that sweeps of several configurations can share an EXP.\n"
        "EXP/logs has what the runs print, sweep.json what was asked for last and became of\n"
        "it, failed.tsv the runs that failed. Any failed run makes the exit code other than\n"
        "0, and so does a signal.\n"
        "The same command again continues, and skips what is finished; more seeds or values\n"
        "may be added. Ctrl-C and SIGTERM let the runs write checkpoints. `ams compare EXP`\n"
        "shows how they did.\n"
        "\n"
        "Examples:\n"
        "  ams sweep --data data/photos.h5 --seeds 1-5 -j 2 steps=5000 -o exp/first\n"
        "  ams sweep --data data/photos.h5 --config experiments/photos/remaining.ini \\\n"
        "    lr=0.001,0.0005 hidden=128,256x128 -o exp/sizes\n"
        "  ams sweep --data data/photos.h5 items=100,300,1000,3000,0 -o exp/items\n",
    CLI_OPTIONS(options),
    .run = run,
};
