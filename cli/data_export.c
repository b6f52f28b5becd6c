/* `ams data export`: an outputs file as rows again. */
#include "ams/data.h"
#include "ams/table_file.h"
#include "cli/cli.h"
#include "console/options.h"

#include <stdio.h>
#include <string.h>

static const cli_option options[] = {
    {.name = "-o",
     .value = "ROWS.jsonl",
     .help = "the rows to write, compressed if the name ends in .gz or .zst; - is standard "
             "output",
     .takes_value = true,
     .standard_output = true,
     .file = CLI_WRITES_ROWS,
     .beside = ams_data_models_path,
     .unless = "--models"},
    CLI_FILE("--models", "M.tsv", CLI_WRITES_TSV,
             "the table of models to write (default: ROWS.models.tsv; with -o - none)"),
};

static ams_status export_rows(const cli_args *args, ams_error *err)
{
    const char *path = NULL;
    const char *output = NULL;
    ams_table_file *file = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_require(args, "-o", &output, err));
    AMS_TRY(ams_table_file_open(&file, path, err));
    AMS_TRY(ams_data_export_file(file, output, cli_get(args, "--models", NULL), err));
    const ams_table *head = ams_table_file_head(file);
    fprintf(strcmp(output, "-") == 0 ? stderr : stdout,
            "%s: %llu rows of %u items and %u models\n", output,
            (unsigned long long)head->n_items * head->n_models, head->n_items, head->n_models);
out:
    ams_table_file_close(file);
    return status;
}

const ams_command ams_cmd_data_export = {
    .name = "data export",
    .summary = "write an outputs file as rows",
    .usage = "ams data export F.h5 -o ROWS.jsonl [--models M.tsv]",
    .help = "Writes the rows as JSON Lines, and the models to ROWS.models.tsv in the same\n"
            "folder. `ams data import ROWS.jsonl --models ROWS.models.tsv` gives a file with\n"
            "the same content hash.\n"
            "\n"
            "Example:\n"
            "  ams data export mine.h5 -o mine.jsonl.zst\n"
            "  ams data export mine.h5 -o - | head -1\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .run = export_rows,
};
