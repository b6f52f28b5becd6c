/* ams report: writes the report of a reproduction again. */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/json.h"

#include "lab/report/report.h"

#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_FILE("--expected", "FOLDER", CLI_READS,
             "also report, on the terminal and in the report, which numbers moved against "
             "FOLDER/SCALE.tsv and FOLDER/SCALE-*.tsv: kept files with the columns of "
             "rows.tsv; SCALE is the note `scale`"),
    CLI_FILE("--results", "FILE", CLI_WRITES_MARKDOWN,
             "also write what to use and the table of all numbers"),
    CLI_JSON,
};

/* `files`: what was written; with --expected, also what moved. */
static ams_status print_json(const char *dir, const char *expected, const char *results,
                             ams_error *err)
{
    static const char *const names[] = {"report.md", "report.html"};
    json_t *root = NULL;
    json_t *files = json_array();
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        AMS_TRY(ams_join_path(&path, dir, names[i], err));
        json_array_append_new(files, json_string(path));
        free(path);
        path = NULL;
    }
    if (results != NULL) {
        json_array_append_new(files, json_string(results));
    }
    if (expected != NULL) {
        AMS_TRY(ams_report_drift_json(dir, expected, &root, err));
    } else {
        root = json_object();
    }
    json_object_set(root, "files", files);
    status = cli_print_json(root, err);
out:
    json_decref(files);
    free(path);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    const char *expected = cli_get(args, "--expected", NULL);
    const char *results = cli_get(args, "--results", NULL);
    ams_status status = AMS_OK;
    if (args->n_operands != 1) {
        return ams_fail(err, AMS_USAGE, "expected one folder written by ams reproduce");
    }
    const char *dir = args->operand[0];
    AMS_TRY(ams_report_write(dir, expected, err));
    if (results != NULL) {
        AMS_TRY(ams_report_results(dir, results, err));
    }
    if (cli_has(args, "--json")) {
        return print_json(dir, expected, results, err);
    }
    printf("%s/report.md\n%s/report.html\n", dir, dir);
    if (results != NULL) {
        puts(results);
    }
    if (expected != NULL) {
        status = ams_report_drift(dir, expected, stdout, err);
    }
out:
    return status;
}

const ams_command ams_cmd_report = {
    .name = "report",
    .summary = "write the report of a reproduction from its tables",
    .usage = "ams report DIR [--expected FOLDER] [--results FILE] [--json]",
    .help =
        "Reads rows.tsv, experiments.tsv and notes.tsv of DIR, choices.tsv and steps.tsv if\n"
        "they are there, and the figures that experiments.tsv lists. Writes DIR/report.md and\n"
        "DIR/report.html, one page that needs no network. `ams reproduce` ends with it; this\n"
        "command does it again, for instance after a change of a sentence or a figure.\n\n"
        "Examples:\n"
        "  ams report results/reproduce\n"
        "  ams report results/reproduce --expected experiments/expected --results R.md\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS_FOLDER,
    .run = run,
};
