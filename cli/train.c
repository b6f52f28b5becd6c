/* `ams train`: an agent learns in the environment of a data set. */
#include "ams/training.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/jobs.h"
#include "cli/train_auto.h"
#include "console/options.h"

#include <stdlib.h>

static const char *const made[] = {"config.ini", NULL};

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),
    CLI_VALUE("--agent", "NAME", "same as agent=NAME; `ams list agents` (default dqn)"),
    CLI_VALUE("--seed", "S", "same as seed=S (default 0)"),
    CLI_FILE("-o", "RUN", CLI_WRITES_FOLDER, "folder of the run (default runs/LABEL-SEED)"),
    CLI_FILE("--config", "FILE", CLI_READS, "key = value lines; arguments override them"),
    CLI_VALUE(
        "--memory", "MB",
        "memory for the data (default 4096). Of a file that needs more, only the training "
        "items are read, or those of items=N, and the validation items that fit"),
    CLI_FLAG("--auto", "train two schemes; keep the best on validation, or a constant order"),
    CLI_VALUE("--resume", "RUN", "continue a stopped or killed run, to the same bits"),
    CLI_VALUE("--theta", "M=5",
              "priority of model M in the paper's reward (reward=paper); repeatable"),
    CLI_VALUE("--until", "N",
              "pause after N updates. Schedules still follow `steps`, so a run that was paused "
              "and continued equals a run without a pause"),
    CLI_VALUE(
        "--device", "D",
        "cpu (default), cuda or auto, same as device=D. The CUDA backend has not been run "
        "on a GPU yet. auto takes a GPU, where there is one, for updates of 8.4 million "
        "multiply-adds and more. A run may move between them"),
    CLI_FLAG("--json", "print the result as JSON"),
};

static ams_status set(ams_train_options *train, const char *key, const char *value,
                      ams_error *err)
{
    return value == NULL ? AMS_OK
                         : ams_config_set(train, ams_train_keys, ams_n_train_keys, key, value,
                                          "argument", err);
}

static ams_status add_thetas(ams_train_options *train, const cli_args *args, ams_error *err)
{
    char text[2 * AMS_TEXT_MAX];
    ams_status status = AMS_OK;
    for (int i = 0; status == AMS_OK && cli_get_nth(args, "--theta", i) != NULL; i++) {
        snprintf(text, sizeof text, "%s%s%s", train->theta, train->theta[0] == 0 ? "" : ",",
                 cli_get_nth(args, "--theta", i));
        status = set(train, "theta", text, err);
    }
    return status;
}

/* Defaults <- file <- arguments. A resumed run's own config.ini is the file. */
static ams_status read_settings(ams_train_options *train, const cli_args *args, ams_error *err)
{
    const char *resume = cli_get(args, "--resume", NULL);
    const char *config = cli_get(args, "--config", NULL);
    char *path = NULL;
    ams_status status = AMS_OK;
    if (resume != NULL) {
        AMS_TRY(ams_join_path(&path, resume, "config.ini", err));
        config = path;
    }
    if (config != NULL) {
        AMS_TRY(ams_config_file(train, ams_train_keys, ams_n_train_keys, config, err));
    }
    AMS_TRY(set(train, "agent", cli_get(args, "--agent", NULL), err));
    AMS_TRY(set(train, "seed", cli_get(args, "--seed", NULL), err));
    AMS_TRY(set(train, "device", cli_get(args, "--device", NULL), err));
    for (int i = 0; i < args->n_operands; i++) {
        AMS_TRY(ams_config_argument(train, ams_train_keys, ams_n_train_keys, args->operand[i],
                                    err));
    }
    AMS_TRY(add_thetas(train, args, err));
out:
    free(path);
    return status;
}

static ams_status read_paths(ams_training_request *request, const cli_args *args,
                             ams_error *err)
{
    const ams_train_options *train = &request->train;
    const char *resume = cli_get(args, "--resume", NULL);
    const char *data = cli_get(args, "--data", NULL);
    char fresh[192];
    const char *name = train->label[0] == '\0' ? ams_agents[train->agent]->name : train->label;
    snprintf(fresh, sizeof fresh, "runs/%s-%llu", name, (unsigned long long)train->seed);
    const char *directory = resume != NULL ? resume : cli_get(args, "-o", fresh);
    if (resume != NULL && cli_has(args, "-o")) {
        return ams_fail(err, AMS_USAGE,
                        "--resume RUN continues in RUN; -o cannot be given with it");
    }
    ams_status status = ams_copy_text(&request->directory, directory, err);
    if (status != AMS_OK) {
        return status;
    }
    if (data != NULL) {
        return ams_copy_text(&request->data_path, data, err);
    }
    return resume != NULL ? ams_training_recorded_data(resume, &request->data_path, err)
                          : cli_require(args, "--data", &data, err);
}

static ams_status read_request(ams_training_request *request, const cli_args *args,
                               ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_training_request_init(request, err));
    AMS_TRY(ams_copy_text(&request->command, cli_command_line(args), err));
    AMS_TRY(read_settings(&request->train, args, err));
    AMS_TRY(cli_get_count(args, "--until", UINT64_MAX, &request->until, err));
    AMS_TRY(ams_train_check(&request->train, err));
    AMS_TRY(read_paths(request, args, err));
    request->memory_mb = AMS_TRAINING_MEMORY_MB;
    AMS_TRY(
        cli_get_count(args, "--memory", AMS_TRAINING_MOST_MEMORY_MB, &request->memory_mb, err));
out:
    return status;
}

static ams_status print_result(const ams_training *training,
                               const ams_training_request *request, const ams_run_result *r,
                               bool json, ams_error *err)
{
    ams_validation fixed = {0};
    ams_result result = {.n = 0};
    const bool has_fixed = r->outcome == AMS_RUN_FINISHED && r->best.time_ms > 0;
    const ams_validation *known = has_fixed ? &fixed : NULL;
    ams_status status = AMS_OK;
    if (has_fixed) {
        AMS_TRY(ams_training_fixed(training, &fixed, err));
    }
    if (json) {
        AMS_TRY(ams_training_result(training, r, known, &result, err));
        status = ams_result_print_json(&result, stdout, err);
    } else {
        ams_training_print(training, r, stdout);
        if (has_fixed) {
            ams_training_print_fixed(r, known, ams_training_cost_unit(training),
                                     request->train.goal_input == AMS_ON, stdout);
        }
    }
out:
    ams_result_fini(&result);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_training_request request = {.data_path = NULL};
    ams_training *training = NULL;
    ams_run_result result;
    cli_progress bar = {.command = "ams train"};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_training_how how = {.progress = &progress};
    ams_status status = AMS_OK;
    AMS_TRY(read_request(&request, args, err));
    if (cli_has(args, "--auto")) {
        AMS_TRY(cli_train_auto(&request, args, err));
        goto out;
    }
    AMS_TRY(ams_training_open(&training, &request, NULL, 0, &progress, err));
    AMS_TRY(ams_training_choose_device(&training, 1, &progress, err));
    how.stop = cli_catch_signals();
    cli_progress_begin(&bar, request.directory);
    status = ams_training_run(training, &how, &result, err);
    cli_progress_end(&bar);
    if (status == AMS_OK) {
        status = print_result(training, &request, &result, cli_has(args, "--json"), err);
    }
    if (status == AMS_OK && result.outcome == AMS_RUN_STOPPED) {
        status = cli_stopped_by(*how.stop);
    }
out:
    ams_training_close(training);
    ams_training_request_fini(&request);
    return status;
}

const ams_command ams_cmd_train = {
    .name = "train",
    .summary = "train an agent in the environment of a data set",
    .usage = "ams train --data F.h5 [--agent NAME] [--seed S] [-o RUN] [--config FILE]\n"
             "          [--until N] [--device D] [--auto] [--json] [key=value ...]\n"
             "ams train --resume RUN [--until N] [--device D] [threads=N] [steps=N]",
    .help =
        "Arguments key=value set any key of `ams list keys`.\n"
        "\n"
        "The folder gets config.ini (every value), manifest.json, metrics.tsv, timing.tsv,\n"
        "checkpoints/ and policy.ams. The same command again continues where the run\n"
        "stopped, or says that it is finished. What changes no bit may differ then: `threads`\n"
        "and `device`, and more `steps` where a run that had so many from its start has the\n"
        "same bits. Ctrl-C writes a checkpoint first.\n"
        "\n"
        "Examples:\n"
        "  ams train --data data/photos.h5 -o runs/first steps=5000\n"
        "  ams train --data data/photos.h5 --config experiments/photos/remaining.ini --seed 1\n"
        "  ams train --resume runs/first\n",
    CLI_OPTIONS(options),
    .makes = made,
    .run = run,
};
