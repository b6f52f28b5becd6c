/* `ams data split`: another draw of training, validation and test. */
#include "cli/data.h"
#include "cli/readers.h"
#include "console/options.h"

typedef struct split_job {
    ams_split_options split;
    const char *from, *column, *output;
} split_job;

static const cli_option options[] = {
    CLI_VALUE("--split", "A,B,C",
              "shares of training, validation and test items (default 0.5,0.1,0.4)",
              CLI_INTO(split_job, split, cli_read_shares)),
    CLI_VALUE("--seed", "S", "seed of the draw (default 0)",
              CLI_INTO_NUMBER(split_job, split.seed)),
    CLI_FILE("--from", "S.tsv", CLI_READS,
             "a table with a column item and one of train, validation or test, plain or "
             "compressed: splits that others drew, used as they are",
             CLI_INTO_TEXT(split_job, from)),
    CLI_VALUE("--column", "NAME", "which column of that table (default split, or the only one)",
              CLI_INTO_TEXT(split_job, column)),
    CLI_FILE("-o", "G.h5", CLI_WRITES_TABLE, "the file to write; may be F.h5",
             CLI_REQUIRED(split_job, output)),
};

static ams_status split_items(const cli_args *args, ams_error *err)
{
    split_job job = {.split = ams_import_defaults().split};
    const char *path = NULL;
    ams_table table = {0};
    ams_status status = AMS_OK;
    AMS_TRY(cli_one_operand(args, "an outputs file", &path, err));
    AMS_TRY(cli_fill(args, &job, err));
    if (job.from != NULL && (cli_has(args, "--split") || cli_has(args, "--seed"))) {
        return ams_fail(err, AMS_USAGE, "--from takes a split as it is: no --split, no --seed");
    }
    if (job.from == NULL && job.column != NULL) {
        return ams_fail(err, AMS_USAGE, "--column is of the table that --from names");
    }
    AMS_TRY(ams_table_read(&table, path, err));
    AMS_TRY(job.from != NULL ? ams_data_split_from(&table, job.from, job.column, err)
                             : ams_data_split(&table, &job.split, err));
    status = cli_write_table(&table, job.output, err);
out:
    ams_table_fini(&table);
    return status;
}

const ams_command ams_cmd_data_split = {
    .name = "data split",
    .summary = "draw training, validation and test items again",
    .usage = "ams data split F.h5 [--split A,B,C] [--seed S] -o G.h5\n"
             "       ams data split F.h5 --from S.tsv [--column NAME] -o G.h5",
    .help = "Draws within each group. The draw depends on the items' ids, the groups' names\n"
            "and the seed only, not on the order of the items. Holds the whole file in\n"
            "memory.\n"
            "\n"
            "Examples:\n"
            "  ams data split mine.h5 --split 0.6,0.1,0.3 --seed 1 -o mine.h5\n"
            "  ams data split mine.h5 --from splits.tsv.zst --column seed_1 -o mine-1.h5\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .in_place = true,
    .run = split_items,
};
