/* From the arguments of `ams train` to a run, and what is said of it. */
#include "cli/train.h"

#include "ams_commit.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/train_part.h"
#include "sched/evaluate.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

const cli_option train_options[TRAIN_OPTIONS] = {
    {.name = "--data", .takes_value = true},
    {.name = "--agent", .takes_value = true},
    {.name = "--seed", .takes_value = true},
    {.name = "--config", .takes_value = true},
    {.name = "-o", .takes_value = true},
    {.name = "--resume", .takes_value = true},
    {.name = "--until", .takes_value = true},
    {.name = "--device", .takes_value = true},
    {.name = "--memory", .takes_value = true},
    {.name = "--theta", .takes_value = true},
    {.name = "--json"},
};

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

/* A second signal ends the program at once, as usual. */
const volatile sig_atomic_t *train_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stop_requested;
}

/* -- arguments -- */

/* The data set's path as the run's manifest has it, for --resume without --data. */
static ams_status recorded_data(train_session *s, ams_error *err)
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

static ams_status set(train_session *s, const char *key, const char *value, ams_error *err)
{
    return value == NULL ? AMS_OK
                         : ams_config_set(&s->train, ams_train_keys, ams_n_train_keys, key,
                                          value, "argument", err);
}

/* Each --theta MODEL=5 is one more of the key theta. */
static ams_status add_thetas(train_session *s, const cli_args *args, ams_error *err)
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
static ams_status settle_options(train_session *s, const cli_args *args, ams_error *err)
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

static ams_status settle_until(train_session *s, const cli_args *args, ams_error *err)
{
    ams_status status = cli_get_u64(args, "--until", &s->until, err);
    if (status == AMS_OK && cli_has(args, "--until") && s->until == 0) {
        status = ams_fail(err, AMS_USAGE, "option --until: expected at least 1 update");
    }
    return status;
}

static ams_status settle_paths(train_session *s, const cli_args *args, ams_error *err)
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

ams_status train_settle(train_session *s, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    s->memory_mb = 4096;
    s->command = cli_command_line(args);
    AMS_TRY(settle_options(s, args, err));
    AMS_TRY(settle_until(s, args, err));
    AMS_TRY(ams_train_check(&s->train, err));
    AMS_TRY(settle_paths(s, args, err));
    AMS_TRY(cli_get_u64(args, "--memory", &s->memory_mb, err));
out:
    return status;
}

/* -- data -- */

static ams_status read_data(train_session *s, ams_error *err)
{
    cli_sample_options wanted = {.path = s->data_path,
                                 .memory_mb = s->memory_mb,
                                 .items = s->train.items,
                                 .seed = s->train.seed};
    cli_sample loaded;
    ams_status status = ams_alloc(&s->table, 1, sizeof *s->table, "a table", err);
    if (status != AMS_OK) {
        return status;
    }
    s->owns_table = true;
    status = cli_read_sample(&wanted, s->table, &loaded, err);
    s->partial = loaded.partial;
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

static bool same_table(const train_session *a, const train_session *b)
{
    return strcmp(a->data_path, b->data_path) == 0 && a->memory_mb == b->memory_mb &&
           (!a->partial ||
            (a->train.items == b->train.items && a->train.seed == b->train.seed));
}

static bool same_env(const ams_env_options *a, const ams_env_options *b)
{
    return a->value == b->value && a->reward == b->reward && a->features == b->features &&
           a->end == b->end && a->until_goals == b->until_goals &&
           a->threshold == b->threshold && a->n_goals == b->n_goals &&
           memcmp(a->goal, b->goal, a->n_goals * sizeof *a->goal) == 0 &&
           strcmp(a->theta == NULL ? "" : a->theta, b->theta == NULL ? "" : b->theta) == 0;
}

static ams_env_options env_options(const train_session *s)
{
    return ams_train_env_options(&s->train, ams_env_defaults().threshold);
}

static void borrow_data(train_session *s, const train_session *before, size_t n)
{
    const ams_env_options wanted = env_options(s);
    for (size_t i = 0; i < n && s->env == NULL; i++) {
        const train_session *other = &before[i];
        if (other->env == NULL || !same_table(other, s)) {
            continue;
        }
        s->table = other->table;
        s->partial = other->partial;
        memcpy(s->data_hash, other->data_hash, sizeof s->data_hash);
        const ams_env_options has = env_options(other);
        s->env = same_env(&has, &wanted) ? other->env : NULL;
    }
}

ams_status train_open_data(train_session *s, const train_session *before, size_t n,
                           ams_error *err)
{
    const ams_env_options wanted = env_options(s);
    ams_status status = AMS_OK;
    borrow_data(s, before, n);
    if (s->table == NULL) {
        AMS_TRY(read_data(s, err));
    }
    if (s->env == NULL) {
        AMS_TRY(ams_env_create(&s->env, s->table, &wanted, err));
        s->owns_env = true;
    }
out:
    return status;
}

void train_session_fini(train_session *s)
{
    if (s->owns_env) {
        ams_env_destroy(s->env);
    }
    if (s->owns_table) {
        ams_table_fini(s->table);
        free(s->table);
    }
    free(s->data_path);
    free(s->directory);
    free(s->command);
    *s = (train_session){.table = NULL};
}

/* -- the run -- */

static ams_status validate(void *context, const ams_net *net, const uint8_t *order,
                           ams_validation *result, ams_error *err)
{
    const train_session *s = context;
    ams_policy *policy = NULL;
    ams_scores scores = {0};
    ams_eval_options eval = {.split = AMS_VALIDATION, .pool = s->pool};
    ams_status status = AMS_OK;
    if (order != NULL) {
        AMS_TRY(ams_policy_create_from_orders(&policy, s->env, order, err));
    } else {
        AMS_TRY(
            ams_policy_create_from_net(&policy, s->env, net, (ams_decide)s->train.decide, err));
    }
    AMS_TRY(ams_evaluate(&scores, policy, s->table, &eval, err));
    *result = ams_scores_validation(&scores);
out:
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    return status;
}

static bool has_validation(const train_session *s)
{
    return memchr(s->table->split, AMS_VALIDATION, s->table->n_items) != NULL;
}

ams_run_options train_run_options(train_session *s)
{
    return (ams_run_options){.directory = s->directory,
                             .data_path = s->data_path,
                             .data_hash = s->data_hash[0] == '\0' ? NULL : s->data_hash,
                             .command = s->command,
                             .version = AMS_VERSION ", commit " AMS_COMMIT,
                             .train = &s->train,
                             .choose = ams_decide_rules[s->train.decide],
                             .device = s->device.name,
                             .accelerator = s->device.accelerator,
                             .validate = has_validation(s) ? validate : NULL,
                             .validate_context = s,
                             .until = s->until};
}

void train_tell_notes(const train_session *s, const ams_run_result *r, FILE *notes)
{
    if (r->resumed_at > 0) {
        fprintf(notes, "ams train: continued at update %llu\n",
                (unsigned long long)r->resumed_at);
    }
    if (r->outcome != AMS_RUN_ALREADY && !has_validation(s)) {
        fprintf(notes, "ams train: the validation split is empty, the last weights are kept\n");
    }
}

void train_print_result(const train_session *s, const ams_run_result *r, FILE *out)
{
    if (r->outcome == AMS_RUN_ALREADY) {
        fprintf(out, "%s: already finished\n", s->directory);
        return;
    }
    if (r->outcome == AMS_RUN_STOPPED) {
        fprintf(out, "%s: stopped, checkpoint written; the same command continues it\n",
                s->directory);
        return;
    }
    if (r->outcome == AMS_RUN_PAUSED) {
        uint64_t at = r->resumed_at > s->until ? r->resumed_at : s->until;
        fprintf(out,
                "%s: paused at update %llu of %llu, checkpoint written; the same command "
                "without --until continues it\n",
                s->directory, (unsigned long long)at, (unsigned long long)s->train.steps);
        return;
    }
    fprintf(out, "%s: %llu updates in %.1f s (%.0f updates/s); kept the weights of update %llu",
            s->directory, (unsigned long long)r->updates, r->seconds, r->updates_per_s,
            (unsigned long long)r->best_updates);
    if (r->early) {
        fprintf(out, ", since when %llu validations were no better",
                (unsigned long long)s->train.patience);
    }
    if (r->best.time_ms > 0) {
        fprintf(out, ", validation: %.1f ms to recall 0.8-1.0, area %.4f", r->best.time_ms,
                r->best.area);
    }
    fputc('\n', out);
}
