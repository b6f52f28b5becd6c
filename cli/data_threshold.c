/* `ams data threshold`: above which confidences outputs are valuable. */
#include "cli/data.h"
#include "console/files.h"
#include "console/options.h"

#include "ams/data.h"

static const cli_option options[] = {
    CLI_FILE("-o", "G.h5", CLI_WRITES_TABLE, "the file to write (default: F.h5 itself)"),
};

static ams_status set_threshold(const cli_args *args, ams_error *err)
{
    ams_table table = {0};
    ams_status status = AMS_OK;
    if (args->n_operands < 2) {
        return ams_fail(err, AMS_USAGE,
                        "expected an outputs file and a threshold, as in mine.h5 0.3");
    }
    AMS_TRY(ams_table_read(&table, args->operand[0], err));
    for (int i = 1; i < args->n_operands; i++) {
        AMS_TRY(ams_data_set_threshold(&table, args->operand[i], err));
    }
    if (!cli_has(args, "-o")) {
        cli_note_temporary(args->operand[0]);
    }
    status = cli_write_table(&table, cli_get(args, "-o", args->operand[0]), err);
out:
    ams_table_fini(&table);
    return status;
}

const ams_command ams_cmd_data_threshold = {
    .name = "data threshold",
    .summary = "set above which confidence an output is valuable",
    .usage = "ams data threshold F.h5 X|MODEL=X[,MODEL=X]... [-o G.h5]",
    .help =
        "An output is valuable where its confidence is above the threshold: it counts in\n"
        "rewards, recall, baselines and schedules, and is what a trained policy sees. X is\n"
        "from 0 to below 1, 0.5 where none was set. Confidences of different models are\n"
        "seldom comparable, so each may have its own. Policies keep the thresholds that\n"
        "they were trained with. Holds the whole file in memory.\n"
        "\n"
        "Examples:\n"
        "  ams data threshold mine.h5 0.3\n"
        "  ams data threshold mine.h5 0.5 scenes=0.2,emotion=0.35 -o lower.h5\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .in_place = true,
    .run = set_threshold,
};
