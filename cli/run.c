/* `ams run`: a policy at work on the user's own programs. */
#include "cli/run.h"

#include "base/memory.h"
#include "base/names.h"
#include "cli/units.h"
#include "serve/request.h"
#include "serve/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {.name = "--policy", .takes_value = true},   {.name = "--models", .takes_value = true},
    {.name = "--deadline", .takes_value = true}, {.name = "--memory", .takes_value = true},
    {.name = "--output", .takes_value = true},   {.name = "--record", .takes_value = true},
    {.name = "--rule", .takes_value = true},     {.name = "--stop", .takes_value = true},
};

typedef struct session {
    ams_live_policy policy;
    ams_programs programs;
    ams_runner *runner;
    ams_runner_options options;
    double expected_ms; /* of all models on an item */
    /* Of the items so far. */
    uint32_t items, finished, failed, cut;
    double took_ms, saved_ms;
} session;

/* Each label once, with the largest confidence that a model gave it. */
typedef struct merged {
    ams_names names;
    float *confidence;
    size_t room;
} merged;

static ams_status merge(merged *all, const ams_output *output, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < output->n; i++) {
        uint32_t index = 0;
        const uint32_t before = all->names.count;
        AMS_TRY(ams_names_add(&all->names, output->label[i], strlen(output->label[i]), &index,
                              err));
        AMS_TRY(ams_grow(&all->confidence, &all->room, all->names.count,
                         sizeof *all->confidence, "labels", err));
        const float conf = output->confidence[i];
        if (index == before || conf > all->confidence[index]) {
            all->confidence[index] = conf;
        }
    }
out:
    return status;
}

static void add_number(ams_text *line, const char *key, double value)
{
    ams_text_print(line, ", \"%s\": ", key);
    ams_text_number(line, value);
}

static void add_runs(ams_text *line, const session *s, const ams_run_report *report)
{
    bool first = true;
    ams_text_add(line, ", \"runs\": [");
    for (uint32_t m = 0; m < s->programs.n; m++) {
        const ams_run_model *model = &report->model[m];
        if (model->state == AMS_RUN_UNTOUCHED) {
            continue;
        }
        ams_text_add(line, first ? "{\"model\": " : ", {\"model\": ");
        ams_text_json(line, s->programs.program[m].name);
        ams_text_print(line, ", \"state\": \"%s\"", ams_run_states[model->state]);
        add_number(line, "start_ms", model->start_ms);
        add_number(line, "time_ms", model->end_ms - model->start_ms);
        if (model->why[0] != '\0') {
            ams_text_add(line, ", \"why\": ");
            ams_text_json(line, model->why);
        }
        ams_text_add(line, "}");
        first = false;
    }
    first = true;
    ams_text_add(line, "], \"untouched\": [");
    for (uint32_t m = 0; m < s->programs.n; m++) {
        if (report->model[m].state == AMS_RUN_UNTOUCHED) {
            ams_text_add(line, first ? "" : ", ");
            ams_text_json(line, s->programs.program[m].name);
            first = false;
        }
    }
    ams_text_add(line, "]");
}

static void add_labels(ams_text *line, const merged *labels)
{
    ams_text_add(line, ", \"labels\": [");
    for (uint32_t i = 0; i < labels->names.count; i++) {
        ams_text_add(line, i == 0 ? "[" : ", [");
        ams_text_json(line, ams_names_get(&labels->names, i));
        ams_text_print(line, ", %.6g]", (double)labels->confidence[i]);
    }
    ams_text_add(line, "]");
}

static void count(session *s, const ams_run_report *report)
{
    s->items++;
    s->took_ms += report->took_ms;
    s->saved_ms += report->result.saved_ms;
    for (uint32_t m = 0; m < s->programs.n; m++) {
        s->finished += report->model[m].state == AMS_RUN_FINISHED;
        s->failed += report->model[m].state == AMS_RUN_FAILED;
        s->cut += report->model[m].state == AMS_RUN_CUT;
    }
}

/* One line of JSON an item, as soon as it is done. */
static ams_status print_item(session *s, const char *item, const ams_run_report *report,
                             ams_error *err)
{
    merged labels = {.confidence = NULL};
    ams_text line = {.data = NULL};
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < s->programs.n; m++) {
        AMS_TRY(merge(&labels, &report->model[m].output, err));
    }
    ams_text_add(&line, "{\"item\": ");
    ams_text_json(&line, item);
    add_labels(&line, &labels);
    add_runs(&line, s, report);
    add_number(&line, "took_ms", report->took_ms);
    add_number(&line, "saved_ms", report->result.saved_ms);
    ams_text_add(&line, "}\n");
    if (line.failed) {
        status = ams_no_memory(err, line.used, "a line of JSON");
    } else if (fwrite(line.data, 1, line.used, stdout) != line.used || fflush(stdout) != 0) {
        status = ams_fail(err, AMS_IO, "cannot write to standard output: %s", strerror(errno));
    }
out:
    ams_text_fini(&line);
    ams_names_fini(&labels.names);
    free(labels.confidence);
    return status;
}

static void print_summary(const session *s)
{
    const double all_ms = s->expected_ms * s->items;
    fprintf(
        stderr,
        "ams run: %u item%s: %u of %u models finished, %u failed, %u cut; took %.2f s; saved "
        "%.2f s of the %.2f s that all models are expected to take (%.1f %%)\n",
        s->items, s->items == 1 ? "" : "s", s->finished, s->items * s->programs.n, s->failed,
        s->cut, s->took_ms * 1e-3, s->saved_ms * 1e-3, all_ms * 1e-3,
        all_ms > 0 ? 100 * s->saved_ms / all_ms : 0);
}

static ams_status read_rule(const char *text, int *rule, ams_error *err)
{
    for (*rule = 0; ams_rule_names[*rule] != NULL; ++*rule) {
        if (strcmp(text, ams_rule_names[*rule]) == 0) {
            return AMS_OK;
        }
    }
    return ams_fail(
        err, AMS_USAGE,
        "option --rule: expected auto, trained, q-greedy, cost-q, odds, algorithm1, "
        "algorithm2, plan or plan-beside, found '%s'",
        text);
}

static ams_status read_limits(session *s, const cli_args *args, ams_error *err)
{
    static const cli_unit ms[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
    static const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}};
    ams_item_limits *l = &s->options.limits;
    size_t n = 0;
    ams_status status = AMS_OK;
    *l = ams_item_limits_none();
    AMS_TRY(cli_parse_stop(cli_get(args, "--stop", "never"), &l->stop, &l->stop_below, err));
    AMS_TRY(read_rule(cli_get(args, "--rule", "auto"), &l->rule, err));
    if (cli_has(args, "--deadline")) {
        AMS_TRY(cli_parse_units("--deadline", cli_get(args, "--deadline", ""), ms, 3,
                                &l->deadline_ms, 1, &n, err));
    }
    if (cli_has(args, "--memory")) {
        AMS_TRY(cli_parse_units("--memory", cli_get(args, "--memory", ""), mb, 2, &l->memory_mb,
                                1, &n, err));
    }
out:
    return status;
}

static ams_status run_items(session *s, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    s->options.policy = &s->policy;
    s->options.programs = &s->programs;
    for (uint32_t m = 0; m < s->programs.n; m++) {
        const double ms = s->programs.program[m].time_ms;
        s->expected_ms += isnan(ms) ? (double)ams_online_model_ms(s->policy.online, m) : ms;
    }
    AMS_TRY(ams_runner_create(&s->runner, &s->options, err));
    for (int i = 0; i < args->n_operands; i++) {
        const ams_run_report *report = NULL;
        AMS_TRY(ams_runner_item(s->runner, args->operand[i], &report, err));
        count(s, report);
        AMS_TRY(print_item(s, args->operand[i], report, err));
    }
    print_summary(s);
out:
    return status;
}

static ams_status read_what(session *s, const cli_args *args, ams_error *err)
{
    const char *policy = cli_get(args, "--policy", NULL);
    const char *models = NULL;
    uint64_t output = 1024;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--models", &models, err));
    AMS_TRY(cli_get_u64(args, "--output", &output, err));
    AMS_TRY(read_limits(s, args, err));
    if ((policy != NULL) == cli_has(args, "--record")) {
        return ams_fail(err, AMS_USAGE,
                        "expected --policy P, or --record ROWS.jsonl for what to train one on");
    }
    if (policy == NULL && (cli_has(args, "--deadline") || cli_has(args, "--memory") ||
                           cli_has(args, "--rule") || cli_has(args, "--stop"))) {
        return ams_fail(err, AMS_USAGE,
                        "--record runs every model to its end, one at a time: it has no "
                        "--deadline, --memory, --rule or --stop");
    }
    if (args->n_operands == 0) {
        return ams_fail(err, AMS_USAGE, "expected items, which the commands get as \"$1\"");
    }
    if (output == 0 || output > 1 << 20) {
        return ams_fail(err, AMS_USAGE, "option --output: expected 1 to 1048576, found %llu",
                        (unsigned long long)output);
    }
    s->options.output_bytes = (size_t)output * 1024;
    if (policy != NULL) {
        AMS_TRY(ams_live_open(&s->policy, policy, err));
    }
    AMS_TRY(ams_programs_read(&s->programs, models, policy == NULL ? NULL : &s->policy, err));
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    session s = {.runner = NULL};
    const char *record = cli_get(args, "--record", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(read_what(&s, args, err));
    if (record != NULL) {
        status = run_record(&s.programs, args, record, s.options.output_bytes, err);
    } else {
        status = run_items(&s, args, err);
    }
out:
    ams_runner_destroy(s.runner);
    ams_programs_fini(&s.programs);
    ams_live_close(&s.policy);
    return status;
}

const ams_command ams_cmd_run = {
    .name = "run",
    .summary = "run your models on items as a policy says, or all of them to record",
    .usage = "ams run --policy P --models CMDS.ini [--deadline T] [--memory M]\n"
             "        [--stop R] [--rule R] ITEM...\n"
             "       ams run --record ROWS.jsonl --models CMDS.ini ITEM...",
    .help =
        "  --policy P          a policy.ams, or the run folder that has one\n"
        "  --models CMDS.ini   the models' commands, a section each: command, and optionally\n"
        "                      task, mem_mb, time_ms, priority. /bin/sh runs a command with "
        "the\n"
        "                      item as \"$1\"; it prints a label a line, with a tab and a\n"
        "                      confidence if that is not 1, and exits with 0\n"
        "  --deadline T        of each item, as in 500ms or 2s; what still runs then is "
        "killed\n"
        "  --memory M          runs models side by side as long as their mem_mb fit, as in "
        "4GB\n"
        "  --stop R            never (default), or as soon as sum:X the values that the "
        "policy\n"
        "                      still expects add up to less than X, value:X none has X, end\n"
        "  --rule R            auto (default: algorithm2 with --memory, else algorithm1 with\n"
        "                      --deadline, else the rule it was trained for), trained, "
        "q-greedy,\n"
        "                      cost-q, odds, algorithm1, algorithm2, plan, plan-beside\n"
        "  --output KB         a model that prints more has failed (default 1024)\n"
        "  --record ROWS.jsonl runs every model on every item, one at a time, and writes what\n"
        "                      `ams data import` reads, with ROWS.models.tsv beside it\n"
        "\n"
        "Prints a line of JSON for each item: labels with confidences, what ran, how long, "
        "what\n"
        "was left out; at the end what that saved. docs/run.md goes from models to a policy.\n"
        "\n"
        "Examples:\n"
        "  ams run --record rows.jsonl --models models.ini photos/*.jpg\n"
        "  ams run --policy runs/mine --models models.ini --deadline 800ms photos/1.jpg\n",
    CLI_OPTIONS(options),
    .run = run,
};
