/* `ams train`: an agent learns in the environment of a data set. */
#include "cli/train.h"

#include <jansson.h>
#include <stdlib.h>

static void show(void *context, const ams_train_stats *stats, uint64_t steps,
                 const ams_validation *validation, uint64_t since_best)
{
    train_session *s = context;
    char note[200];
    int used =
        snprintf(note, sizeof note, "loss %.4f  epsilon %.2f", stats->loss, stats->epsilon);
    if (validation != NULL && used > 0) {
        used += snprintf(note + used, sizeof note - (size_t)used, "  validation %.1f ms",
                         validation->time_ms);
        if (s->train.patience > 0) {
            snprintf(note + used, sizeof note - (size_t)used, "  patience %llu/%llu",
                     (unsigned long long)since_best, (unsigned long long)s->train.patience);
        }
    }
    uint64_t end = s->until > 0 && s->until < steps ? s->until : steps;
    cli_progress_update(&s->bar, (double)stats->updates, (double)end, note);
}

static void print_json(const train_session *s, const ams_run_result *r)
{
    static const char *const outcome[] = {"finished", "already finished", "stopped", "paused"};
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:I, s:b, s:I, s:f, s:f, s:f, s:f}", "run", s->directory, "outcome",
        outcome[r->outcome], "resumed_at", (json_int_t)r->resumed_at, "updates",
        (json_int_t)r->updates, "stopped_early", r->early, "best_updates",
        (json_int_t)r->best_updates, "validation_area", r->best.area, "validation_time_ms",
        r->best.time_ms, "seconds", r->seconds, "updates_per_s", r->updates_per_s);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static ams_status train(train_session *s, bool json, ams_error *err)
{
    ams_run_result result;
    ams_run_options run = train_run_options(s);
    run.progress = show;
    run.progress_context = s;
    run.stop = train_catch_signals();
    cli_progress_begin(&s->bar, s->directory);
    ams_status status = ams_run_train(&run, s->table, s->env, &result, err);
    cli_progress_end(&s->bar);
    if (result.damaged[0] != '\0') {
        fprintf(stderr, "ams train: a damaged checkpoint was passed over: %s\n",
                result.damaged);
    }
    if (status != AMS_OK) {
        return status;
    }
    train_tell_notes(s, &result, stderr);
    if (json) {
        print_json(s, &result);
    } else {
        train_print_result(s, &result, stdout);
    }
    return AMS_OK;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    train_session s = {.table = NULL};
    ams_train_options *options = &s.train;
    ams_status status = AMS_OK;
    AMS_TRY(train_settle(&s, args, err));
    AMS_TRY(train_open_data(&s, NULL, 0, err));
    AMS_TRY(cli_settle_device(&options, (const ams_env *const *)&s.env, 1, &s.device, err));
    if (s.train.threads > 1) {
        AMS_TRY(ams_pool_create(&s.pool, (uint32_t)s.train.threads, err));
    }
    status = train(&s, cli_has(args, "--json"), err);
out:
    ams_pool_destroy(s.pool);
    train_session_fini(&s);
    return status;
}

const ams_command ams_cmd_train = {
    .name = "train",
    .summary = "train an agent in the environment of a data set",
    .usage = "ams train --data F.h5 [--agent NAME] [--seed S] [-o RUN] [--config FILE]\n"
             "          [--until N] [--device D] [--json] [key=value ...]\n"
             "ams train --resume RUN [--until N] [--device D]",
    .help =
        "  --data F.h5    outputs file, made by `ams data import`\n"
        "  --agent NAME   same as agent=NAME; `ams list agents` (default dqn)\n"
        "  --seed S       same as seed=S (default 0)\n"
        "  -o RUN         folder of the run (default runs/LABEL-SEED)\n"
        "  --config FILE  key = value lines; arguments override them\n"
        "  --memory MB    of a file that needs more (default 4096) only the training items are "
        "read,\n"
        "                 or those of items=N, and the validation items that fit\n"
        "  --resume RUN   continue a stopped or killed run, bit for bit\n"
        "  --theta M=5    priority of model M in the paper's reward (reward=paper); "
        "repeatable\n"
        "  --until N      pause after N updates; schedules still go by `steps`, so what "
        "continues\n"
        "                 a paused run equals a run without a pause\n"
        "  --device D     cpu (default), cuda or auto, same as device=D; the CUDA backend has "
        "not\n"
        "                 been run on a GPU yet. auto takes a GPU, where there is one, for "
        "updates\n"
        "                 of 8.4 million multiply-adds and more; a run may move between them\n"
        "  --json         print the result as JSON\n"
        "  key=value      any key of `ams list keys`\n"
        "\n"
        "The folder gets config.ini (every value), manifest.json, metrics.tsv, timing.tsv,\n"
        "checkpoints/ and policy.ams. The same command again continues where the run stopped, "
        "or\n"
        "says that it is finished. Ctrl-C writes a checkpoint first.\n"
        "\n"
        "Examples:\n"
        "  ams train --data data/photos.h5 -o runs/first steps=5000\n"
        "  ams train --data data/photos.h5 --config experiments/photos/left.ini --seed 1\n"
        "  ams train --resume runs/first\n",
    CLI_OPTIONS(train_options),
    .run = run,
};
