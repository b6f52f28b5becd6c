/* From the arguments of `ams sweep` to its runs. */
#include "cli/sweep.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 10000 };

/* -- lists -- */

/* "a,b" at `text` (owned by the axis, cut up) becomes the axis' values. */
static ams_status cut_values(sweep_axis *axis, char *text, ams_error *err)
{
    size_t most = 1;
    for (const char *at = text; *at != '\0'; at++) {
        most += *at == ',';
    }
    ams_status status = ams_alloc(&axis->value, most, sizeof(char *), "values", err);
    for (char *next = text; status == AMS_OK && next != NULL;) {
        char *value = strsep(&next, ",");
        if (*value == '\0') {
            return ams_fail(err, AMS_USAGE, "%s: expected values between commas, found none",
                            axis->key);
        }
        axis->value[axis->n++] = value;
    }
    return status;
}

static ams_status add_axis(sweep *s, const char *argument, ams_error *err)
{
    sweep_axis *axis = &s->axis[s->n_axes];
    ams_status status = ams_copy_text(&axis->text, argument, err);
    if (status != AMS_OK) {
        return status;
    }
    s->n_axes++;
    char *equals = strchr(axis->text, '=');
    axis->key = axis->text;
    if (equals == NULL) {
        return ams_fail(err, AMS_USAGE, "expected key=value or key=v1,v2, found '%s'",
                        argument);
    }
    *equals = '\0';
    /* The agent's axis comes from --agents and is the first. */
    if (s->n_axes > 1 && (strcmp(axis->key, "agent") == 0 || strcmp(axis->key, "seed") == 0 ||
                          strcmp(axis->key, "label") == 0)) {
        return ams_fail(err, AMS_USAGE,
                        "'%s': agents are given as --agents, seeds as --seeds, and a label is "
                        "made of what varies",
                        argument);
    }
    return cut_values(axis, equals + 1, err);
}

/* -- runs -- */

/* Which value the axis has in the combination; the last axis turns fastest. */
static size_t value_of(const sweep *s, size_t axis, size_t combination)
{
    for (size_t a = s->n_axes; a-- > axis + 1;) {
        combination /= s->axis[a].n;
    }
    return combination % s->axis[axis].n;
}

static ams_status make_label(const sweep *s, job *run, size_t combination, ams_error *err)
{
    size_t used = 0;
    if (s->label[0] != '\0') {
        used = (size_t)snprintf(run->label, sizeof run->label, "%s-", s->label);
    }
    for (size_t a = 0; a < s->n_axes && used < sizeof run->label; a++) {
        const sweep_axis *axis = &s->axis[a];
        const char *value = axis->value[value_of(s, a, combination)];
        if (a == 0 || axis->n > 1) {
            used += (size_t)snprintf(run->label + used, sizeof run->label - used, "%s%s%s%s",
                                     a == 0 ? "" : ",", a == 0 ? "" : axis->key,
                                     a == 0 ? "" : "=", value);
        }
    }
    if (used >= sizeof run->label) {
        return ams_fail(err, AMS_USAGE,
                        "the label '%s...' is longer than %zu characters; vary fewer settings "
                        "in one sweep",
                        run->label, sizeof run->label - 1);
    }
    if (strchr(run->label, '/') != NULL) {
        return ams_fail(err, AMS_USAGE, "'%s' names a folder and cannot hold a '/'",
                        run->label);
    }
    return AMS_OK;
}

static ams_status make_argv(const sweep *s, job *run, size_t combination, ams_error *err)
{
    size_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&run->argv, s->n_axes + 13, sizeof(char *), "arguments", err));
    const char *const front[] = {"ams", "train", "--data", s->data_path, "-o", run->directory};
    for (size_t i = 0; i < sizeof front / sizeof(char *); i++) {
        AMS_TRY(ams_copy_text(&run->argv[n++], front[i], err));
    }
    if (s->config != NULL) {
        AMS_TRY(ams_copy_text(&run->argv[n++], "--config", err));
        AMS_TRY(ams_copy_text(&run->argv[n++], s->config, err));
    }
    if (s->run_memory_mb > 0) {
        AMS_TRY(cli_format(&run->argv[n++], err, "--memory=%llu",
                           (unsigned long long)s->run_memory_mb));
    }
    for (size_t a = 0; a < s->n_axes; a++) {
        AMS_TRY(cli_format(&run->argv[n++], err, "%s=%s", s->axis[a].key,
                           s->axis[a].value[value_of(s, a, combination)]));
    }
    AMS_TRY(cli_format(&run->argv[n++], err, "seed=%llu", (unsigned long long)run->seed));
    AMS_TRY(cli_format(&run->argv[n++], err, "label=%s", run->label));
out:
    return status;
}

/* Every value has been checked. */
static uint64_t steps_of(const sweep *s, size_t combination)
{
    uint64_t steps = s->steps;
    for (size_t a = 0; a < s->n_axes; a++) {
        if (strcmp(s->axis[a].key, "steps") == 0) {
            (void)ams_parse_u64(s->axis[a].value[value_of(s, a, combination)], &steps);
        }
    }
    return steps;
}

static ams_status add_run(sweep *s, size_t combination, uint64_t seed, ams_error *err)
{
    job *run = &s->run[s->n_runs];
    s->list[s->n_runs++] = run;
    run->seed = seed;
    run->to = steps_of(s, combination);
    ams_status status = AMS_OK;
    AMS_TRY(make_label(s, run, combination, err));
    AMS_TRY(cli_format(&run->name, err, "%s-%llu", run->label, (unsigned long long)run->seed));
    AMS_TRY(cli_format(&run->directory, err, "%s/runs/%s", s->directory, run->name));
    AMS_TRY(cli_format(&run->log, err, "%s/logs/%s.log", s->directory, run->name));
    AMS_TRY(make_argv(s, run, combination, err));
    for (size_t r = 0; r + 1 < s->n_runs; r++) {
        if (strcmp(s->run[r].name, run->name) == 0) {
            status = ams_fail(err, AMS_USAGE, "run %s is asked for twice", run->name);
            goto out;
        }
    }
out:
    return status;
}

static ams_status make_runs(sweep *s, ams_error *err)
{
    size_t combinations = 1;
    for (size_t a = 0; a < s->n_axes; a++) {
        combinations *= s->axis[a].n;
        if (combinations * s->n_seeds > MOST_RUNS) {
            return ams_fail(err, AMS_USAGE, "more than %d runs in one sweep", MOST_RUNS);
        }
    }
    ams_status status =
        ams_alloc(&s->run, combinations * s->n_seeds, sizeof *s->run, "runs", err);
    if (status == AMS_OK) {
        status = ams_alloc(&s->list, combinations * s->n_seeds, sizeof(job *), "runs", err);
    }
    s->run_memory_mb =
        jobs_memory_share(s->memory_mb, s->side_by_side, combinations * s->n_seeds);
    /* Seed after seed: an interrupted sweep has all combinations of its first seeds. */
    for (size_t k = 0; k < s->n_seeds && status == AMS_OK; k++) {
        for (size_t c = 0; c < combinations && status == AMS_OK; c++) {
            status = add_run(s, c, s->seed[k], err);
        }
    }
    return status;
}

/* Each value by itself; what only a combination can break is that run's failure. */
static ams_status check_values(const sweep *s, ams_train_options *train, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t a = 0; a < s->n_axes; a++) {
        for (size_t v = 0; v < s->axis[a].n; v++) {
            AMS_TRY(ams_config_set(train, ams_train_keys, ams_n_train_keys, s->axis[a].key,
                                   s->axis[a].value[v], "argument", err));
        }
    }
out:
    return status;
}

static bool any_discount(const sweep *s, const ams_train_options *base)
{
    bool varied = false;
    for (size_t a = 0; a < s->n_axes; a++) {
        for (size_t v = 0; strcmp(s->axis[a].key, "gamma") == 0 && v < s->axis[a].n; v++) {
            double gamma = 0;
            varied = true;
            if (ams_parse_double(s->axis[a].value[v], &gamma) && gamma > 0) {
                return true;
            }
        }
    }
    return !varied && base->gamma > 0;
}

/* Without a discount nothing is bootstrapped, and agents that differ only there are one:
 * whoever compares them should know. */
static void tell_of_equal_agents(const sweep *s, const ams_train_options *base)
{
    uint32_t count[2] = {0, 0}; /* plain, dueling */
    for (size_t v = 0; v < s->axis[0].n; v++) {
        for (uint32_t i = 0; i < ams_n_agents; i++) {
            if (strcmp(ams_agents[i]->name, s->axis[0].value[v]) == 0) {
                count[ams_agents[i]->dueling ? 1 : 0]++;
            }
        }
    }
    if ((count[0] > 1 || count[1] > 1) && !any_discount(s, base)) {
        fprintf(stderr,
                "ams sweep: gamma=0 learns what a run itself gives: dqn, double and sarsa then "
                "learn the same, dueling and double-dueling too; `gamma=0.9 loss=huber "
                "decide=cost-q` tells them apart\n");
    }
}

ams_status sweep_plan(sweep *s, const cli_args *args, ams_error *err)
{
    ams_train_options train;
    char *agents = NULL;
    char *device = NULL;
    ams_status status = AMS_OK;
    s->directory = cli_get(args, "-o", NULL);
    s->config = cli_get(args, "--config", NULL);
    AMS_TRY(cli_require(args, "--data", &s->data_path, err));
    AMS_TRY(cli_require(args, "-o", &s->directory, err));
    AMS_TRY(ams_train_defaults(&train, err));
    if (s->config != NULL) {
        AMS_TRY(ams_config_file(&train, ams_train_keys, ams_n_train_keys, s->config, err));
    }
    AMS_TRY(cli_format(&agents, err, "agent=%s",
                       cli_get(args, "--agents", ams_agents[train.agent]->name)));
    AMS_TRY(
        ams_alloc(&s->axis, (size_t)args->n_operands + 2, sizeof *s->axis, "settings", err));
    AMS_TRY(add_axis(s, agents, err));
    if (cli_has(args, "--device")) {
        AMS_TRY(cli_format(&device, err, "device=%s", cli_get(args, "--device", "")));
        AMS_TRY(add_axis(s, device, err));
    }
    for (int i = 0; i < args->n_operands; i++) {
        AMS_TRY(add_axis(s, args->operand[i], err));
    }
    AMS_TRY(cli_get_seeds(args, "1-5", &s->seed, &s->n_seeds, err));
    s->steps = train.steps;
    const ams_train_options base = train;
    memcpy(s->label, train.label, sizeof s->label);
    AMS_TRY(check_values(s, &train, err));
    tell_of_equal_agents(s, &base);
    status = make_runs(s, err);
out:
    free(agents);
    free(device);
    return status;
}

void sweep_fini(sweep *s)
{
    for (size_t r = 0; r < s->n_runs; r++) {
        job_fini(&s->run[r]);
    }
    for (size_t a = 0; a < s->n_axes; a++) {
        free(s->axis[a].text);
        free(s->axis[a].value);
    }
    free(s->axis);
    free(s->seed);
    free(s->run);
    free(s->list);
    free(s->command);
}
