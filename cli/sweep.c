/* `ams sweep`: every combination of agents, settings and seeds, each a run of its own. */
#include "ams/sweep.h"

#include "base/memory.h"
#include "cli/jobs.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct sweep_job {
    ams_sweep_options sweep;
    const char *device;
} sweep_job;

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",
             CLI_REQUIRED(sweep_job, sweep.data_path)),
    CLI_VALUE("--agents", "A,B", "`ams list agents` (default: the configuration's)",
              CLI_INTO_TEXT(sweep_job, sweep.agents)),
    CLI_VALUE("--seeds", "LIST", "1-5 or 1,2,7 (default 1-5)",
              CLI_INTO_SEEDS(sweep_job, sweep.seed, sweep.n_seeds)),
    CLI_VALUE("-j", "N",
              "runs side by side (default: one per processor, each on one thread: `ams bench "
              "--what whole` shows that to be faster than a run on two)"),
    CLI_FILE("--config", "FILE", CLI_READS,
             "key = value lines for all runs; arguments override them",
             CLI_INTO_TEXT(sweep_job, sweep.config_path)),
    CLI_VALUE(
        "--device", "D",
        "same as device=D: cpu, cuda or auto (all GPUs that CUDA shows), or cuda:N (`ams train "
        "--help`). A GPU trains runs "
        "together, as many as -j says (default 256) and its memory holds; the others "
        "follow, and each has the bits it has alone. Runs go together that agree in "
        "`targets` and in whether they have priority_alpha and grad_clip; with a batch of "
        "512 or more, or a `precision`, also in these, in `hidden` and in whether the "
        "agent is a double one. auto counts the updates of all of them. Not run on a GPU "
        "yet",
        CLI_INTO_TEXT(sweep_job, device)),
    CLI_SHARED_MEMORY(sweep_job, sweep.memory_mb),
    CLI_JOIN_ROWS(sweep_job, sweep.join, CLI_FAILED_ONLY),
    CLI_SHARD_ROW(sweep_job, sweep.join),
    CLI_FILE("-o", "EXP", CLI_WRITES_FOLDER, "folder of the experiment",
             CLI_REQUIRED(sweep_job, sweep.directory)),
};

/* key=v1,v2 of the arguments, after --device; what is made lives as long as args. */
static ams_status read_settings(const cli_args *args, sweep_job *job, ams_error *err)
{
    const char **setting = NULL;
    char *device = NULL;
    size_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_alloc(&setting, (size_t)args->n_operands + 1, sizeof *setting, "settings", err));
    AMS_TRY(cli_keep(args, (void *)setting, err));
    if (job->device != NULL) {
        AMS_TRY(ams_format(&device, "settings", err, "device=%s", job->device));
        AMS_TRY(cli_keep(args, device, err));
        setting[n++] = device;
    }
    for (int i = 0; i < args->n_operands; i++) {
        setting[n++] = args->operand[i];
    }
    job->sweep.setting = setting;
    job->sweep.n_settings = n;
out:
    return status;
}

/* The failures once more at the end, where they are seen. */
static ams_status conclude(const ams_sweep *sweep, int stopped, ams_error *err)
{
    const char *directory = sweep->options->directory;
    const size_t failed = ams_sweep_count(sweep, AMS_JOB_FAILED);
    const size_t before = ams_sweep_count(sweep, AMS_JOB_BEFORE);
    const ams_join *join = &sweep->options->join;
    const size_t done = ams_sweep_count(sweep, AMS_JOB_FINISHED) + before;
    const bool left = stopped != 0 || done + failed < sweep->n_listed;
    printf("%s: %zu of %zu runs finished (%zu of them before%s), %zu failed\n", directory, done,
           sweep->n_listed, before, join->on ? " or by others" : "", failed);
    if (stopped != 0) {
        printf("stopped; checkpoints are written, the same command continues\n");
    } else if (left) {
        printf("other processes are at work; the same command continues\n");
    }
    const ams_status code = cli_print_failed(sweep->list, sweep->n_listed);
    if (left && (failed == 0 || join->on)) {
        return cli_left(join, stopped);
    }
    if (failed == 0) {
        return AMS_OK;
    }
    return ams_fail(err, code,
                    "%zu of %zu runs failed; %s/failed.tsv has their messages, "
                    "%s/logs what they printed",
                    failed, sweep->n_listed, directory, directory);
}

static ams_status train_all(const ams_sweep_options *o, ams_error *err)
{
    ams_sweep sweep = {.lock = -1};
    cli_progress bar = {.command = "ams sweep"};
    const ams_progress progress = cli_progress_listener(&bar);
    sigset_t mask;
    const ams_jobs_spawner spawner = cli_spawner(&mask);
    int stopped = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_sweep_plan(&sweep, o, &progress, err));
    AMS_TRY(ams_sweep_open(&sweep, err));
    ams_children_hold_signals(&mask);
    cli_progress_begin(&bar, "ams sweep");
    status = ams_sweep_run(&sweep, &spawner, &progress, &stopped, err);
    cli_progress_end(&bar);
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
    static const uint64_t seeds[] = {1, 2, 3, 4, 5};
    sweep_job job = {.sweep = {.seed = seeds, .n_seeds = sizeof seeds / sizeof *seeds}};
    ams_status status = AMS_OK;
    job.sweep.command = cli_command_line(args);
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(cli_get_jobs(args, &job.sweep.side_by_side, &job.sweep.together, err));
    AMS_TRY(cli_get_join(args, &job.sweep.join, err));
    AMS_TRY(read_settings(args, &job, err));
    status = train_all(&job.sweep, err);
out:
    return status;
}

const ams_command ams_cmd_sweep = {
    .name = "sweep",
    .summary = "train all combinations of agents, settings and seeds",
    .usage = "ams sweep --data F.h5 [--agents A,B] [--seeds 1-5] [-j N] [--device D]\n"
             "          [--config FILE] [--memory MB] [--join] [key=v1,v2 ...] -o EXP",
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
        "With --join any number of processes share the runs of one EXP: started by ssh, GNU\n"
        "parallel, srun, an array or mpirun, with the same command. Each run is done by one "
        "of\n"
        "them; who was killed is noticed, and its runs are resumed. It ends when all runs are\n"
        "done. Exit codes: 0 all done, 75 something is left (submit again), else of the first\n"
        "run that failed, which is not tried again without --failed. docs/many-machines.md\n"
        "has more, experiments/slurm scripts.\n"
        "\n"
        "Examples:\n"
        "  ams sweep --data data/photos.h5 --seeds 1-5 -j 2 steps=5000 -o exp/first\n"
        "  ams sweep --data data/photos.h5 --config experiments/photos/remaining.ini \\\n"
        "    lr=0.001,0.0005 hidden=128,256x128 -o exp/sizes\n"
        "  ams sweep --data data/photos.h5 items=100,300,1000,3000,0 -o exp/items\n",
    CLI_OPTIONS(options),
    .run = run,
};
