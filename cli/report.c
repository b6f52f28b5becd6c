/* ams report: writes the report of a reproduction again, or a page about training. */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "console/options.h"
#include "console/signals.h"

#include "lab/live/live.h"
#include "lab/report/report.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct report_job {
    const char *directory, *expected, *results;
    ams_live_options live;
    bool watch, json;
} report_job;

static const cli_option options[] = {
    CLI_FLAG("--watch", "write the page about training until all is done, or Ctrl-C",
             CLI_INTO_FLAG(report_job, watch)),
    CLI_VALUE("--every", "S", "with --watch: seconds between two pages (default 5)",
              CLI_INTO_REAL(report_job, live.every_s, 0.1, 86400)),
    CLI_FILE("-o", "FILE", CLI_WRITES_HTML,
             "the page about training (default: live.html in DIR)",
             CLI_INTO_TEXT(report_job, live.path)),
    CLI_FILE("--expected", "FOLDER", CLI_READS,
             "also report, on the terminal and in the report, which numbers moved against "
             "FOLDER/SCALE.tsv and FOLDER/SCALE-*.tsv: kept files with the columns of "
             "rows.tsv; SCALE is the note `scale`",
             CLI_INTO_TEXT(report_job, expected)),
    CLI_FILE("--results", "FILE", CLI_WRITES_MARKDOWN,
             "also write what to use and the table of all numbers",
             CLI_INTO_TEXT(report_job, results)),
    CLI_JSON_INTO(report_job, json),
};

static ams_status report_reproduction(const report_job *job, ams_error *err)
{
    json_t *json = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_report_write(job->directory, job->expected, err));
    if (job->results != NULL) {
        AMS_TRY(ams_report_results(job->directory, job->results, err));
    }
    if (job->json) {
        AMS_TRY(ams_report_json(job->directory, job->expected, job->results, &json, err));
        return cli_print_json(json, err);
    }
    printf("%s/report.md\n%s/report.html\n", job->directory, job->directory);
    if (job->results != NULL) {
        puts(job->results);
    }
    if (job->expected != NULL) {
        status = ams_report_drift(job->directory, job->expected, stdout, err);
    }
out:
    return status;
}

/* The path comes first, since a browser is to open it while training goes on. */
static ams_status report_training(const report_job *job, ams_error *err)
{
    ams_live_options live = job->live;
    ams_live_summary summary = {.n = 0};
    cli_progress bar = {.command = "ams report"};
    const ams_progress progress = cli_progress_listener(&bar);
    char *path = NULL;
    ams_status status = AMS_OK;
    live.directory = job->directory;
    AMS_TRY(ams_live_path(&live, &path, err));
    AMS_TRY(ams_live_write(&live, &summary, err));
    if (!job->json) {
        puts(path);
        fflush(stdout);
    }
    if (job->watch) {
        live.stop = cli_catch_signals();
        live.progress = &progress;
        cli_progress_begin(&bar, live.directory);
        status = ams_live_watch(&live, &summary, err);
        cli_progress_end(&bar);
        AMS_TRY(status);
    }
    if (job->json) {
        AMS_TRY(cli_print_json(ams_live_json(path, &summary), err));
    } else {
        ams_live_print_states(&summary, stdout, "\n");
    }
    if (live.stop != NULL && *live.stop != 0) {
        status = cli_stopped_by(*live.stop);
    }
out:
    free(path);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    report_job job = {.live = {.every_s = 5}};
    char *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(cli_one_operand(args, "one folder", &job.directory, err));
    AMS_TRY(ams_join_path(&rows, job.directory, "rows.tsv", err));
    if (!job.watch && (ams_exists(rows) || !ams_live_is_folder(job.directory))) {
        status = report_reproduction(&job, err);
    } else if (job.expected != NULL || job.results != NULL) {
        status = ams_fail(err, AMS_USAGE, "--expected and --results are of a reproduction");
    } else {
        status = report_training(&job, err);
    }
out:
    free(rows);
    return status;
}

const ams_command ams_cmd_report = {
    .name = "report",
    .summary = "write the report of a reproduction or a study, or a live page about training",
    .usage = "ams report DIR [--expected FOLDER] [--results FILE] [--json]\n"
             "ams report --watch DIR [--every S] [-o FILE] [--json]",
    .help =
        "DIR of ams reproduce: reads rows.tsv, experiments.tsv and notes.tsv, choices.tsv and\n"
        "steps.tsv if they are there, and the figures that experiments.tsv lists. Writes\n"
        "DIR/report.md and DIR/report.html, one page that needs no network, as ams reproduce\n"
        "does at its end. DIR of ams budget: the same of its tables and its figure.\n"
        "\n"
        "DIR of ams train, ams sweep or ams tune: writes DIR/live.html, one page with curves,\n"
        "a table of the runs and the time to the end, to open as a file or from any server of\n"
        "static files. With --watch it is written again while training goes on, and the "
        "browser\n"
        "loads it by itself until all is done. It looks from outside: training is not held "
        "up,\n"
        "may begin after it, and takes no note of Ctrl-C here.\n"
        "\n"
        "Examples:\n"
        "  ams report results/reproduce --expected experiments/expected --results R.md\n"
        "  ams report --watch exp/first\n"
        "  ams report --watch runs/first -o /var/www/html/first.html --every 30\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS_FOLDER,
    .run = run,
};
