/* ams report: writes the report of a reproduction again. */
#include "cli/cli.h"

#include "lab/report/report.h"

#include <stdio.h>

static const cli_option options[] = {
    CLI_FILE("--expected", "FOLDER", CLI_READS,
             "also report, on the terminal and in the report, which numbers moved against "
             "FOLDER/SCALE.tsv and FOLDER/SCALE-*.tsv: kept files with the columns of "
             "rows.tsv; SCALE is the note `scale`"),
    CLI_FILE("--results", "FILE", CLI_WRITES_MARKDOWN,
             "also write what to use and the table of all numbers"),
};

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
    printf("%s/report.md\n%s/report.html\n", dir, dir);
    if (results != NULL) {
        AMS_TRY(ams_report_results(dir, results, err));
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
    .usage = "ams report DIR [--expected FOLDER] [--results FILE]",
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
