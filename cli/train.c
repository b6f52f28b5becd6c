/* `ams train`: an agent learns in the environment of a data set. */
#include "cli/cli.h"
#include "cli/device.h"

#include "ams_commit.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/train_part.h"
#include "rl/run.h"
#include "sched/evaluate.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {"--data", true},   {"--agent", true},  {"--seed", true},  {"--config", true},
    {"-o", true},       {"--resume", true}, {"--until", true}, {"--device", true},
    {"--memory", true}, {"--theta", true},  {"--json", false},
};

typedef struct session {
    ams_table table;
    ams_env *env;
    ams_train_options train;
    ams_decide decide;
    cli_device device;
    ams_pool *pool;
    uint64_t memory_mb;
    char data_hash[AMS_HASH_TEXT]; /* where the table is a sample; else "" */
    char *data_path;
    char *directory;
    char *command;
    uint64_t until; /* 0: to the end */
    cli_progress bar;
} session;

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

/* A second signal ends the program at once, as usual. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static ams_status validate(void *context, const ams_net *net, const uint8_t *order,
                           ams_validation *result, ams_error *err)
{
    const session *s = context;
    ams_policy *policy = NULL;
    ams_scores scores = {0};
    ams_eval_options eval = {.split = AMS_VALIDATION, .pool = s->pool};
    ams_status status = AMS_OK;
    if (order != NULL) {
        AMS_TRY(ams_policy_create_from_orders(&policy, s->env, order, err));
    } else {
        AMS_TRY(ams_policy_create_from_net(&policy, s->env, net, s->decide, err));
    }
    AMS_TRY(ams_evaluate(&scores, policy, &s->table, &eval, err));
    *result = ams_scores_validation(&scores);
out:
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    return status;
}

static void show(void *context, const ams_train_stats *stats, uint64_t steps,
                 const ams_validation *validation, uint64_t since_best)
{
    session *s = context;
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

static bool has_validation(const session *s)
{
    return memchr(s->table.split, AMS_VALIDATION, s->table.n_items) != NULL;
}

/* The data set's path as the run's manifest has it, for --resume without --data. */
static ams_status recorded_data(session *s, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, s->directory, "manifest.json", err);
    if (status != AMS_OK) {
        return status;
    }
    json_error_t reason;
    json_t *manifest = json_load_file(path, 0, &reason);
    const char *data = json_string_value(json_object_get(manifest, "data"));
    if (data == NULL) {
        status = ams_fail(err, AMS_USAGE, "%s: expected the run's data path (%s); give --data",
                          path, manifest == NULL ? reason.text : "no member 'data'");
    } else {
        status = ams_copy_text(&s->data_path, data, err);
    }
    json_decref(manifest);
    free(path);
    return status;
}

static ams_status set(session *s, const char *key, const char *value, ams_error *err)
{
    return value == NULL ? AMS_OK
                         : ams_config_set(&s->train, ams_train_keys, ams_n_train_keys, key,
                                          value, "argument", err);
}

/* Each --theta MODEL=5 is one more of the key theta. */
static ams_status add_thetas(session *s, const cli_args *args, ams_error *err)
{
    char text[2 * AMS_TEXT_MAX];
    ams_status status = AMS_OK;
    for (int i = 0; status == AMS_OK && cli_get_nth(args, "--theta", i) != NULL; i++) {
        snprintf(text, sizeof text, "%s%s%s", s->train.theta, s->train.theta[0] == 0 ? "" : ",",
                 cli_get_nth(args, "--theta", i));
        status = set(s, "theta", text, err);
    }
    return status;
}

/* Defaults <- file <- arguments. A resumed run's own config.ini is the file. */
static ams_status settle_options(session *s, const cli_args *args, ams_error *err)
{
    const char *resume = cli_get(args, "--resume", NULL);
    char *config = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_defaults(&s->train, err));
    if (resume != NULL) {
        AMS_TRY(ams_join_path(&config, resume, "config.ini", err));
    } else if (cli_has(args, "--config")) {
        AMS_TRY(ams_copy_text(&config, cli_get(args, "--config", ""), err));
    }
    if (config != NULL) {
        AMS_TRY(ams_config_file(&s->train, ams_train_keys, ams_n_train_keys, config, err));
    }
    AMS_TRY(set(s, "agent", cli_get(args, "--agent", NULL), err));
    AMS_TRY(set(s, "seed", cli_get(args, "--seed", NULL), err));
    AMS_TRY(set(s, "device", cli_get(args, "--device", NULL), err));
    for (int i = 0; i < args->n_operands; i++) {
        AMS_TRY(ams_config_argument(&s->train, ams_train_keys, ams_n_train_keys,
                                    args->operand[i], err));
    }
    AMS_TRY(add_thetas(s, args, err));
out:
    free(config);
    return status;
}

static ams_status settle_until(session *s, const cli_args *args, ams_error *err)
{
    ams_status status = cli_get_u64(args, "--until", &s->until, err);
    if (status == AMS_OK && cli_has(args, "--until") && s->until == 0) {
        status = ams_fail(err, AMS_USAGE, "option --until: expected at least 1 update");
    }
    return status;
}

static ams_status settle_paths(session *s, const cli_args *args, ams_error *err)
{
    const char *resume = cli_get(args, "--resume", NULL);
    const char *data = cli_get(args, "--data", NULL);
    char fresh[192];
    const char *name =
        s->train.label[0] == '\0' ? ams_agents[s->train.agent]->name : s->train.label;
    snprintf(fresh, sizeof fresh, "runs/%s-%llu", name, (unsigned long long)s->train.seed);
    const char *directory = resume != NULL ? resume : cli_get(args, "-o", fresh);
    if (resume != NULL && cli_has(args, "-o")) {
        return ams_fail(err, AMS_USAGE,
                        "--resume RUN continues in RUN; -o has no use beside it");
    }
    ams_status status = ams_copy_text(&s->directory, directory, err);
    if (status != AMS_OK) {
        return status;
    }
    if (data != NULL) {
        return ams_copy_text(&s->data_path, data, err);
    }
    return resume != NULL ? recorded_data(s, err) : cli_require(args, "--data", &data, err);
}

static ams_status read_data(session *s, ams_error *err)
{
    cli_sample_options wanted = {.path = s->data_path,
                                 .memory_mb = s->memory_mb,
                                 .items = s->train.items,
                                 .seed = s->train.seed};
    cli_sample loaded;
    ams_status status = cli_read_sample(&wanted, &s->table, &loaded, err);
    if (status == AMS_OK && loaded.partial) {
        fprintf(stderr,
                "ams train: %s is larger than --memory: %u of %u training items and %u of %u "
                "validation items were read\n",
                s->data_path, loaded.training, loaded.of_training, loaded.validation,
                loaded.of_validation);
        /* With all validation items the run is the one on the whole file. */
        if (loaded.validation == loaded.of_validation) {
            status = ams_table_stored_hash(s->data_path, s->data_hash, err);
        }
    }
    return status;
}

static ams_status open_data(session *s, ams_error *err)
{
    ams_env_options env = ams_train_env_options(&s->train, ams_env_defaults().threshold);
    s->decide = (ams_decide)s->train.decide;
    ams_status status = AMS_OK;
    AMS_TRY(read_data(s, err));
    AMS_TRY(ams_env_create(&s->env, &s->table, &env, err));
    AMS_TRY(cli_settle_device(&s->train, s->env, &s->device, err));
    if (s->train.threads > 1) {
        AMS_TRY(ams_pool_create(&s->pool, (uint32_t)s->train.threads, err));
    }
out:
    return status;
}

static void print_json(const session *s, const ams_run_result *r)
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

static void print_result(const session *s, const ams_run_result *r)
{
    if (r->outcome == AMS_RUN_ALREADY) {
        printf("%s: already finished\n", s->directory);
        return;
    }
    if (r->outcome == AMS_RUN_STOPPED) {
        printf("%s: stopped, checkpoint written; the same command continues it\n",
               s->directory);
        return;
    }
    if (r->outcome == AMS_RUN_PAUSED) {
        uint64_t at = r->resumed_at > s->until ? r->resumed_at : s->until;
        printf("%s: paused at update %llu of %llu, checkpoint written; the same command "
               "without --until continues it\n",
               s->directory, (unsigned long long)at, (unsigned long long)s->train.steps);
        return;
    }
    printf("%s: %llu updates in %.1f s (%.0f updates/s); kept the weights of update %llu",
           s->directory, (unsigned long long)r->updates, r->seconds, r->updates_per_s,
           (unsigned long long)r->best_updates);
    if (r->early) {
        printf(", since when %llu validations were no better",
               (unsigned long long)s->train.patience);
    }
    if (r->best.time_ms > 0) {
        printf(", validation: %.1f ms to recall 0.8-1.0, area %.4f", r->best.time_ms,
               r->best.area);
    }
    putchar('\n');
}

static ams_status train(session *s, bool json, ams_error *err)
{
    ams_run_result result;
    ams_run_options run = {.directory = s->directory,
                           .data_path = s->data_path,
                           .data_hash = s->data_hash[0] == '\0' ? NULL : s->data_hash,
                           .command = s->command,
                           .version = AMS_VERSION ", commit " AMS_COMMIT,
                           .train = &s->train,
                           .choose = ams_decide_rules[s->decide],
                           .device = s->device.name,
                           .accelerator = s->device.accelerator,
                           .validate = has_validation(s) ? validate : NULL,
                           .validate_context = s,
                           .progress = show,
                           .progress_context = s,
                           .stop = &stop_requested,
                           .until = s->until};
    catch_signals();
    cli_progress_begin(&s->bar, s->directory);
    ams_status status = ams_run_train(&run, &s->table, s->env, &result, err);
    cli_progress_end(&s->bar);
    if (result.damaged[0] != '\0') {
        fprintf(stderr, "ams train: a damaged checkpoint was passed over: %s\n",
                result.damaged);
    }
    if (status != AMS_OK) {
        return status;
    }
    if (result.resumed_at > 0) {
        fprintf(stderr, "ams train: continued at update %llu\n",
                (unsigned long long)result.resumed_at);
    }
    if (run.validate == NULL && result.outcome != AMS_RUN_ALREADY) {
        fprintf(stderr,
                "ams train: the validation split is empty, the last weights are kept\n");
    }
    if (json) {
        print_json(s, &result);
    } else {
        print_result(s, &result);
    }
    return AMS_OK;
}

static void session_fini(session *s)
{
    ams_pool_destroy(s->pool);
    ams_env_destroy(s->env);
    ams_table_fini(&s->table);
    free(s->data_path);
    free(s->directory);
    free(s->command);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    session s = {.command = cli_command_line(args), .memory_mb = 4096};
    ams_status status = AMS_OK;
    AMS_TRY(settle_options(&s, args, err));
    AMS_TRY(settle_until(&s, args, err));
    AMS_TRY(ams_train_check(&s.train, err));
    AMS_TRY(settle_paths(&s, args, err));
    AMS_TRY(cli_get_u64(args, "--memory", &s.memory_mb, err));
    AMS_TRY(open_data(&s, err));
    status = train(&s, cli_has(args, "--json"), err);
out:
    session_fini(&s);
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
        "  --memory MB    of a file that needs more (default 4096) only the training items of "
        "items=N\n"
        "                 are read, and the validation items that fit\n"
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
    CLI_OPTIONS(options),
    .run = run,
};
