/* `ams train`: an agent learns in the environment of a data set. */
#include "ams/training.h"
#include "base/memory.h"
#include "cli/jobs.h"
#include "cli/train_auto.h"

#include <stdio.h>

static const char *const made[] = {"config.ini", NULL};

typedef struct train_job {
    ams_training_given given;
    uint64_t until, memory_mb;
    bool schemes, json;
} train_job;

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",
             CLI_INTO_TEXT(train_job, given.data_path)),
    CLI_VALUE("--agent", "NAME", "same as agent=NAME; `ams list agents` (default dqn)",
              CLI_INTO_TEXT(train_job, given.agent)),
    CLI_VALUE("--seed", "S", "same as seed=S (default 0)",
              CLI_INTO_TEXT(train_job, given.seed)),
    CLI_FILE("-o", "RUN", CLI_WRITES_FOLDER, "folder of the run (default runs/LABEL-SEED)",
             CLI_INTO_TEXT(train_job, given.directory)),
    CLI_FILE("--config", "FILE", CLI_READS, "key = value lines; arguments override them",
             CLI_INTO_TEXT(train_job, given.config)),
    CLI_VALUE(
        "--memory", "MB",
        "memory for the data (default 4096). Of a file that needs more, only the training "
        "items are read, or those of items=N, and the validation items that fit",
        CLI_INTO_COUNT(train_job, memory_mb, AMS_TRAINING_MOST_MEMORY_MB)),
    CLI_FLAG("--auto", "train three schemes; keep the best on validation, or a constant order",
             CLI_INTO_FLAG(train_job, schemes)),
    CLI_VALUE("--resume", "RUN", "continue a stopped or killed run, to the same bits",
              CLI_INTO_TEXT(train_job, given.resume)),
    CLI_VALUE("--theta", "M=5",
              "priority of model M in the paper's reward (reward=paper); repeatable",
              CLI_INTO_TEXTS(train_job, given.theta, given.n_thetas)),
    CLI_VALUE("--until", "N",
              "pause after N updates. Schedules still follow `steps`, so a run that was paused "
              "and continued equals a run without a pause",
              CLI_INTO_COUNT(train_job, until, UINT64_MAX)),
    CLI_VALUE("--device", "D",
              "cpu (default), cuda (the first GPU), cuda:N (that of the number) or auto, same "
              "as device=D. The CUDA backend has not been run "
              "on a GPU yet. auto takes a GPU, where there is one, for updates of 8.4 million "
              "multiply-adds and more. A run may move between them",
              CLI_INTO_TEXT(train_job, given.device)),
    CLI_FLAG("--json", "print the result as JSON", CLI_INTO_FLAG(train_job, json)),
};

static ams_status read_request(ams_training_request *request, const train_job *job,
                               const cli_args *args, ams_error *err)
{
    const char *command = cli_command_line(args);
    const char *data = job->given.data_path;
    ams_status status = AMS_OK;
    AMS_TRY(ams_training_request_init(request, err));
    AMS_TRY(command == NULL ? AMS_OK : ams_copy_text(&request->command, command, err));
    AMS_TRY(ams_training_request_read(request, &job->given, err));
    request->until = job->until;
    request->memory_mb = job->memory_mb;
    if (job->given.resume != NULL && job->given.directory != NULL) {
        return ams_fail(err, AMS_USAGE,
                        "--resume RUN continues in RUN; -o cannot be given with it");
    }
    status = job->given.resume == NULL ? cli_require(args, "--data", &data, err) : AMS_OK;
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
                                     ams_train_goal_input(&request->train) != AMS_OFF, stdout);
        }
    }
out:
    ams_result_fini(&result);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    train_job job = {.memory_mb = AMS_TRAINING_MEMORY_MB};
    ams_training_request request = {.data_path = NULL};
    ams_training *training = NULL;
    ams_run_result result;
    cli_progress bar = {.command = "ams train"};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_training_how how = {.progress = &progress};
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    job.given.setting = args->operand;
    job.given.n_settings = (size_t)args->n_operands;
    AMS_TRY(read_request(&request, &job, args, err));
    if (job.schemes) {
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
        status = print_result(training, &request, &result, job.json, err);
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
