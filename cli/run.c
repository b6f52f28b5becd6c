/* `ams run`: a policy at work on the user's own programs. */
#include "cli/items.h"
#include "cli/readers.h"
#include "cli/weights.h"
#include "console/options.h"
#include "console/units.h"
#include "serve/item_line.h"
#include "serve/record.h"
#include "serve/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("--policy", "P", CLI_READS,
             "a policy.ams, the run folder that has one, or a baseline of fixed size, which "
             "--fit fits"),
    CLI_FIT,
    CLI_FILE("--models", "CMDS.ini", CLI_READS,
             "the models' commands, one section per model: command, and optionally task, "
             "mem_mb, time_ms, priority, threshold (of recordings). /bin/sh runs a command "
             "with the item as \"$1\"; it prints one label per line, with a tab and a "
             "confidence if that is not 1, and exits with 0"),
    CLI_VALUE("--deadline", "T",
              "of each item, as in 500ms or 2s; what still runs then is killed",
              .without = "--record"),
    CLI_VALUE("--memory", "M", "run models side by side as long as their mem_mb fit, as in 4GB",
              .without = "--record"),
    CLI_VALUE("--goal", "G", "required recall to decide for (default: by the deadline)",
              .without = "--record"),
    CLI_VALUE("--stop", "R",
              "when to leave out what is left: never (default), sum:X when the values that the "
              "policy still expects add up to less than X, value:X when none of them reaches "
              "X, end when the policy says so",
              .without = "--record"),
    CLI_VALUE("--rule", "R",
              "auto (default: algorithm2 with --memory, algorithm1 with --deadline, trained), "
              "trained, q-greedy, cost-q, odds, plan, plan-beside, algorithm2-again",
              .without = "--record"),
    CLI_MONEY,
    CLI_VALUE("--output", "KB", "a model that prints more has failed (default 1024)"),
    CLI_FILE("--record", "ROWS.jsonl", CLI_WRITES_RECORD,
             "run every model on every item, one at a time, and write what `ams data import` "
             "reads, with ROWS.models.tsv, as each item ends; what is there is continued",
             .beside = ams_record_models_path),
    CLI_FILE("--items", "LIST", CLI_READS,
             "items from a file, one per line, after those given; - reads standard input"),
    CLI_FLAG("--keep-going", "when recording: leave out items where a model fails (default)",
             .with = "--record"),
    CLI_FLAG("--stop-at-failure", "when recording: the first model that fails ends it",
             .with = "--record"),
};

typedef struct run_session {
    ams_live_policy policy;
    ams_programs programs;
    ams_runner *runner;
    ams_runner_options options;
    ams_money money;
    ams_run_totals totals;
} run_session;

/* As soon as the item is done. */
static ams_status print_item(const run_session *s, const char *item,
                             const ams_run_report *report, ams_error *err)
{
    ams_text line = {.data = NULL};
    ams_status status = ams_item_line(&line, item, &s->programs, report, err);
    if (status == AMS_OK &&
        (fwrite(line.data, 1, line.used, stdout) != line.used || fflush(stdout) != 0)) {
        status = ams_fail(err, AMS_IO, "cannot write to standard output: %s", strerror(errno));
    }
    ams_text_fini(&line);
    return status;
}

static void print_summary(const run_session *s)
{
    const ams_run_totals *t = &s->totals;
    const double all_ms = ams_run_expected_ms(&s->policy, &s->programs) * t->items;
    fprintf(
        stderr,
        "ams run: %u item%s: %u of %u models finished, %u failed, %u cut; took %.2f s; saved "
        "%.2f s of the %.2f s that all models are expected to take (%.1f %%)\n",
        t->items, t->items == 1 ? "" : "s", t->finished, t->items * s->programs.n, t->failed,
        t->cut, t->took_ms * 1e-3, t->saved_ms * 1e-3, all_ms * 1e-3,
        all_ms > 0 ? 100 * t->saved_ms / all_ms : 0);
    cli_say_paid("run", s->money.paid, s->money.items);
}

static ams_status read_limits(run_session *s, const cli_args *args, ams_error *err)
{
    static const cli_unit ms[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
    static const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}};
    ams_item_limits *l = &s->options.limits;
    size_t n = 0;
    ams_status status = AMS_OK;
    *l = ams_item_limits_none();
    AMS_TRY(cli_parse_stop(cli_get(args, "--stop", "never"), &l->stop, &l->stop_below, err));
    AMS_TRY(cli_get_choice(args, "--rule", ams_rule_names, &l->rule, err));
    AMS_TRY(cli_get_real(args, "--goal", 1e-6, 1, &l->goal, err));
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

static ams_status run_item(void *context, const char *item, ams_error *err)
{
    run_session *s = context;
    const ams_run_report *report = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_runner_item(s->runner, item, &report, err));
    ams_run_totals_add(&s->totals, &s->programs, report);
    status = print_item(s, item, report, err);
out:
    return status;
}

static ams_status run_items(run_session *s, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    s->options.policy = &s->policy;
    s->options.programs = &s->programs;
    AMS_TRY(ams_runner_create(&s->runner, &s->options, err));
    AMS_TRY(cli_each_item(args, run_item, s, err));
    print_summary(s);
out:
    return status;
}

static ams_status list_item(void *names, const char *item, ams_error *err)
{
    return ams_names_add(names, item, strlen(item), &(uint32_t){0}, err);
}

static void print_recorded(const char *path, const char *models, const ams_record_counts *n)
{
    fprintf(stderr, "ams run: %u item%s recorded", n->recorded, n->recorded == 1 ? "" : "s");
    if (n->already > 0) {
        fprintf(stderr, ", %u recorded before", n->already);
    }
    if (n->failed > 0) {
        fprintf(stderr, ", %u left out, on which a model failed", n->failed);
    }
    fprintf(stderr, "; wrote %s and %s\n", path, models);
}

static ams_status record_items(const run_session *s, const cli_args *args, const char *path,
                               ams_error *err)
{
    ams_names items = {0};
    ams_record_counts counts;
    char *models = NULL;
    cli_progress bar = {.what = NULL};
    ams_status status = AMS_OK;
    AMS_TRY(cli_each_item(args, list_item, &items, err));
    AMS_TRY(ams_record_models_path(&models, path, err));
    cli_progress_begin(&bar, "recording");
    const ams_progress progress = cli_progress_listener(&bar);
    const ams_record_options how = {.programs = &s->programs,
                                    .items = &items,
                                    .path = path,
                                    .output_bytes = s->options.output_bytes,
                                    .stop_at_failure = cli_has(args, "--stop-at-failure"),
                                    .progress = &progress};
    status = ams_record(&how, &counts, err);
    cli_progress_end(&bar);
    if (status == AMS_OK) {
        print_recorded(path, models, &counts);
    }
out:
    ams_names_fini(&items);
    free(models);
    return status;
}

static ams_status read_what(run_session *s, const cli_args *args, ams_error *err)
{
    const char *policy = cli_get(args, "--policy", NULL);
    const char *models = NULL;
    uint64_t output = 1024;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--models", &models, err));
    AMS_TRY(cli_get_count(args, "--output", 1 << 20, &output, err));
    AMS_TRY(read_limits(s, args, err));
    if ((policy != NULL) == cli_has(args, "--record")) {
        return ams_fail(err, AMS_USAGE,
                        "expected --policy P, or --record ROWS.jsonl for what to train one on");
    }
    s->options.output_bytes = (size_t)output * 1024;
    if (policy != NULL) {
        AMS_TRY(cli_get_live(args, policy, &s->policy, err));
        AMS_TRY(cli_get_money(args, &s->policy, &s->money, err));
        s->options.money = &s->money;
    }
    AMS_TRY(ams_programs_read(&s->programs, models, policy == NULL ? NULL : &s->policy, err));
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    run_session s = {.runner = NULL};
    const char *record = cli_get(args, "--record", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(read_what(&s, args, err));
    status = record != NULL ? record_items(&s, args, record, err) : run_items(&s, args, err);
out:
    ams_runner_destroy(s.runner);
    ams_programs_fini(&s.programs);
    ams_live_close(&s.policy);
    return status;
}

const ams_command ams_cmd_run = {
    .name = "run",
    .summary = "run your models as a policy says, or record them all",
    .usage = "ams run --policy P --models CMDS.ini [--deadline T] [--memory M]\n"
             "        [--stop R] [--rule R] [--items LIST] ITEM...\n"
             "ams run --record ROWS.jsonl --models CMDS.ini [--items LIST] ITEM...",
    .help = "Prints one line of JSON per item: labels with confidences, what ran, how long,\n"
            "what was left out; at the end what that saved. docs/run.md goes from models to a\n"
            "policy.\n"
            "\n"
            "Examples:\n"
            "  ls photos/*.jpg | ams run --record rows.jsonl --models models.ini --items -\n"
            "  ams run --policy runs/mine --models models.ini --deadline 800ms photos/1.jpg\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .run = run,
};
