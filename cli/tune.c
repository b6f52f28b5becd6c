/* `ams tune`: random search with successive halving on the validation split. */
#include "cli/tune.h"

#include "base/memory.h"
#include "env/table_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {.name = "--data", .takes_value = true},
    {.name = "--agent", .takes_value = true},
    {.name = "--space", .takes_value = true},
    {.name = "--trials", .takes_value = true},
    {.name = "--seed", .takes_value = true},
    {.name = "--seeds", .takes_value = true},
    {.name = "--eta", .takes_value = true},
    {.name = "-j", .takes_value = true},
    {.name = "-o", .takes_value = true},
    {.name = "--min-fraction", .takes_value = true},
    {.name = "--finalists", .takes_value = true},
    {.name = "--config", .takes_value = true},
    {.name = "--memory", .takes_value = true},
};

static ams_status check_data(tune *t, ams_error *err)
{
    ams_table_file *file = NULL;
    ams_status status = ams_table_file_open(&file, t->data_path, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_table *head = ams_table_file_head(file);
    if (memchr(head->split, AMS_VALIDATION, head->n_items) == NULL) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: expected items in the validation split, which trials are "
                          "compared on; found none. `ams data split` makes one",
                          t->data_path);
    } else {
        status = jobs_check_data(t->data_path, t->memory_mb, t->data_hash, err);
    }
    ams_table_file_close(file);
    return status;
}

static size_t count_failed(const tune *t)
{
    size_t failed = 0;
    for (size_t i = 0; i < t->n_trials; i++) {
        failed += t->trial[i].state == TRIAL_FAILED;
    }
    return failed;
}

static void print_best(const tune *t)
{
    const trial *best = tune_best(t);
    printf("%s/best.ini has trial %s:", t->directory, best->name);
    for (size_t d = 0; d < t->space.n; d++) {
        if (t->space.dimension[d].kind != AMS_SPACE_FIXED) {
            printf(" %s=%s", t->space.dimension[d].key->name, best->value[d]);
        }
    }
    putchar('\n');
}

/* A trial that cannot be trained is an answer, too; without any that can there is none. */
static ams_status conclude(const tune *t, bool stopped, ams_error *err)
{
    job **all = NULL;
    size_t failed = count_failed(t);
    bool found = !stopped && tune_best(t) != NULL;
    ams_status code = AMS_OK;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&all, t->n_trials * t->n_seeds, sizeof(job *), "runs", err));
    AMS_TRY(tune_write_trials(t, err));
    tune_print(t);
    if (failed > 0) {
        printf("%zu of %zu trials failed:\n", failed, t->n_trials);
        code = jobs_print_failed(all, tune_runs(t, all));
    }
    if (stopped) {
        printf("stopped; checkpoints are written, the same command continues\n");
    } else if (found) {
        AMS_TRY(tune_write_best(t, err));
        print_best(t);
    }
    AMS_TRY(tune_write_manifest(t, stopped ? "stopped" : (found ? "finished" : "failed"), err));
    if (!stopped && !found) {
        status = ams_fail(err, code,
                          "no trial came through; %s/failed.tsv has their messages, %s/logs "
                          "what they printed",
                          t->directory, t->directory);
    }
out:
    free(all);
    return status;
}

static ams_status search(tune *t, const sigset_t *mask, bool *stopped, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(tune_settle_search(t, err));
    AMS_TRY(tune_write_manifest(t, "running", err));
    AMS_TRY(tune_rungs(t, mask, stopped, err));
    status = conclude(t, *stopped, err);
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    tune t = {.command = cli_command_line(args)};
    int lock = -1;
    bool stopped = false;
    sigset_t mask;
    ams_status status = AMS_OK;
    cli_now(t.start);
    AMS_TRY(tune_plan(&t, args, err));
    AMS_TRY(jobs_side_by_side(args, &t.side_by_side, err));
    AMS_TRY(jobs_memory(args, &t.memory_mb, err));
    t.together = jobs_together(args, t.side_by_side);
    AMS_TRY(check_data(&t, err));
    AMS_TRY(jobs_open_folder(t.directory, &lock, err));
    jobs_hold_signals(&mask);
    status = search(&t, &mask, &stopped, err);
    jobs_release_signals(&mask);
out:
    if (lock >= 0) {
        close(lock);
    }
    tune_fini(&t);
    return status;
}

const ams_command ams_cmd_tune = {
    .name = "tune",
    .summary = "search for good settings on the validation split",
    .usage = "ams tune --data F.h5 --space FILE [--agent NAME] [--trials N] [--seed S]\n"
             "          [--seeds 1-3] [--eta N] [--min-fraction X] [--finalists N] [-j N]\n"
             "          [--config FILE] [key=value ...] -o EXP",
    .help =
        "  --data F.h5       outputs file; only its training and validation items are used\n"
        "  --space FILE      what to vary, below\n"
        "  --agent NAME      `ams list agents` (default: the configuration's)\n"
        "  --trials N        settings drawn from the space (default 27, at most 1000)\n"
        "  --seed S          of the draws (default 0); the first trials stay the same when N "
        "grows\n"
        "  --seeds LIST      of training: the first one in all rungs, all of them in the "
        "last,\n"
        "                    where a trial counts by its mean over seeds (default 1-3)\n"
        "  --eta N           each rung keeps one in N trials, and trains it N times as long\n"
        "                    (default 3)\n"
        "  --min-fraction X  the first rung trains at least this share of `steps` (default "
        "0.1);\n"
        "                    1 is random search without halving\n"
        "  --finalists N     at least so many trials reach the last rung (default 3)\n"
        "  -j N              runs side by side (default: one a processor; on a GPU together, "
        "256);\n"
        "                    the result does not depend on it\n"
        "  --config FILE     key = value lines for all trials; space and arguments override\n"
        "                    them\n"
        "  --memory MB       of the runs side by side together: each gets its share as `ams "
        "train\n"
        "                    --memory` (default: 4096 each); it counts for files that need "
        "more\n"
        "  -o EXP            folder of the search\n"
        "  key=value         any key of `ams list keys` but seed and label, for all trials\n"
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
        "logs as of `ams sweep`. The same command again continues after a kill or Ctrl-C; "
        "more\n"
        "trials or seeds may be asked for. Failed trials are listed, and tried again then; "
        "the\n"
        "exit code is other than 0 if none came through.\n"
        "\n"
        "Example:\n"
        "  ams tune --data data/photos.h5 --agent dueling --space experiments/photos/space.ini "
        "\\\n"
        "    --trials 27 -j 2 -o exp/tune\n"
        "  ams train --data data/photos.h5 --config exp/tune/best.ini --seed 7 -o runs/tuned\n",
    CLI_OPTIONS(options),
    .run = run,
};
