/* `ams data import`: recorded outputs become an outputs file. */
#include "cli/cli.h"
#include "cli/readers.h"
#include "console/fill.h"

#include <stdio.h>

typedef ams_import_options import_job;

static const cli_option options[] = {
    CLI_FILE("--models", "M.tsv", CLI_READS,
             "the models: columns name and task; time_ms, mem_mb, theta, threshold, kind and "
             "cost_unit are optional",
             CLI_REQUIRED(import_job, models_path)),
    CLI_FILE("--model", "NAME=FILE", CLI_READS,
             "all rows of FILE are of that model; once per file, with or without ROWS. With "
             "--format yolo FILE is a folder",
             CLI_INTO_TEXTS(import_job, form.model_files, form.n_model_files)),
    CLI_VALUE(
        "--columns", "PART=COLUMN,...",
        "which field or column stands for item, model, labels, label, conf, group, split, "
        "time_ms and truth; PART==TEXT is the same text in each row, and a * in COLUMN "
        "stands for each label or, with model=*, for each model",
        CLI_INTO_TEXT(import_job, form.columns)),
    CLI_VALUE("--format", "FORMAT",
              "rows (default); keyed: one JSON object of items; coco: detection results; "
              "fiftyone: samples.json; yolo: folders of text files",
              CLI_INTO_CHOICE(import_job, form.format, ams_row_formats)),
    CLI_VALUE("--separator", "C",
              "the files are CSV with this byte between cells, or tab (default: a comma where "
              "the name ends in .csv, a tab in .tsv)",
              CLI_INTO_TEXT(import_job, form.separator)),
    CLI_FILE("--label-names", "FILE", CLI_READS,
             "what the numbers or codes of labels stand for: a name per line, id,name in .csv, "
             "or JSON with categories, id2label or names",
             CLI_INTO_TEXT(import_job, form.label_names)),
    CLI_FILE(
        "--items", "LIST", CLI_READS,
        "all items, an id per line, or COCO's annotations: no row may be of another, and a "
        "missing execution of these is one without output",
        CLI_INTO_TEXT(import_job, form.items)),
    CLI_VALUE("--time-unit", "UNIT", "of the rows' times: s, ms (default), us or ns",
              CLI_INTO_TEXT(import_job, form.time_unit)),
    CLI_VALUE("--keep", "X",
              "leave out outputs with a confidence below X, from 0 to 1 (default 0)",
              CLI_INTO_REAL(import_job, form.keep, 0, 1)),
    CLI_FILE("--truth", "T.tsv", CLI_READS,
             "the right answers: columns item and truth, a row per label, and task where the "
             "models have several; added to what the rows say in their field truth",
             CLI_INTO_TEXT(import_job, truth_path)),
    CLI_FILE("-o", "F.h5", CLI_WRITES_TABLE, "the outputs file to write",
             CLI_REQUIRED(import_job, output)),
    CLI_VALUE("--name", "TEXT", "name of the data set (default: the file's)",
              CLI_INTO_TEXT(import_job, name)),
    CLI_VALUE("--source", "TEXT", "where the data come from (default: empty)",
              CLI_INTO_TEXT(import_job, source)),
    CLI_VALUE("--license", "TEXT", "under which terms (default: empty)",
              CLI_INTO_TEXT(import_job, license)),
    CLI_VALUE("--threshold", "X",
              "an output is valuable above this confidence, from 0 to below 1 (default: the "
              "models' column, or 0.5); MODEL=X,MODEL=X sets it for some",
              CLI_INTO_TEXT(import_job, threshold)),
    CLI_VALUE("--cost", "COLUMN",
              "which column of the models is what an execution costs (default time_ms), as in "
              "usd; the rows' own times then count nothing",
              CLI_INTO_TEXT(import_job, cost)),
    CLI_VALUE("--cost-unit", "WORD",
              "what the times of models and executions are counted in (default: the models' "
              "column, or ms), as in usd; tables and figures show it",
              CLI_INTO_TEXT(import_job, cost_unit)),
    CLI_VALUE("--split", "A,B,C",
              "shares of training, validation and test items (default 0.5,0.1,0.4), for items "
              "whose rows name no split; drawn within each group",
              CLI_INTO(import_job, split, cli_read_shares)),
    CLI_VALUE("--seed", "S", "seed of that draw (default 0)",
              CLI_INTO_NUMBER(import_job, split.seed)),
    CLI_FLAG("--skip-bad", "leave out rows that break a rule, and count them",
             CLI_INTO_FLAG(import_job, skip_bad)),
    CLI_FLAG("--allow-missing", "take a missing execution for one without output",
             CLI_INTO_FLAG(import_job, allow_missing)),
    CLI_FLAG("--merge-labels",
             "of a label that occurs twice in an execution, keep the larger confidence",
             CLI_INTO_FLAG(import_job, merge_labels)),
};

static void show(void *context, uint64_t rows, uint64_t bytes, uint64_t total_bytes)
{
    char note[64];
    snprintf(note, sizeof note, "%llu rows", (unsigned long long)rows);
    cli_progress_update(context, (double)bytes, (double)total_bytes, note);
}

static void print_count(uint64_t count, const char *text, const char *detail)
{
    if (count > 0) {
        printf("  %llu %s%s\n", (unsigned long long)count, text, detail);
    }
}

static void print_counts(const ams_import_counts *counts, const char *output, const char *hash)
{
    char detail[1100];
    printf("%s: %u items, %u models, %u labels, %llu outputs, content hash %s\n", output,
           counts->n_items, counts->n_models, counts->n_labels,
           (unsigned long long)counts->n_outputs, hash);
    print_count(counts->rows, "rows imported", "");
    snprintf(detail, sizeof detail, "; the first: %s", counts->first_bad);
    print_count(counts->bad_rows, "bad rows skipped", detail);
    print_count(counts->merged_labels, "labels given twice in an execution merged", "");
    print_count(counts->below_keep, "outputs below --keep left out", "");
    print_count(counts->clamped,
                "confidences up to 1e-6 outside 0 to 1, by rounding, taken for 0 or 1", "");
    print_count(counts->items_with_truth, "items with a known right answer", "");
    print_count(counts->truth_left_out,
                "rows of truth left out: without a label, or of an item without rows", "");
    print_count(counts->missing_runs, "missing executions recorded without output", "");
    snprintf(detail, sizeof detail, "; the first: '%s'", counts->unknown_field);
    print_count(counts->unknown_fields, "unknown fields ignored", detail);
    print_count(counts->rows_without_time, "rows without a time, which take their model's", "");
    if (counts->times_from_rows) {
        printf("  models' times are the means of the training rows' times\n");
    }
}

static ams_status import_rows(const cli_args *args, ams_error *err)
{
    ams_import_options import = ams_import_defaults();
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &import, err));
    if (args->n_operands == 0 && import.form.n_model_files == 0) {
        return ams_fail(err, AMS_USAGE, "expected at least one file of rows, found none");
    }
    cli_progress bar = {.what = NULL};
    import.progress = show;
    import.progress_context = &bar;
    import.team = args->team;
    ams_import_counts counts;
    char hash[AMS_HASH_TEXT];
    cli_progress_begin(&bar, "import");
    status = ams_data_import(args->operand, (size_t)args->n_operands, &import, &counts, err);
    cli_progress_end(&bar);
    if (status == AMS_OK) {
        AMS_TRY(ams_table_stored_hash(import.output, hash, err));
        print_counts(&counts, import.output, hash);
    }
out:
    return status;
}

const ams_command ams_cmd_data_import = {
    .name = "data import",
    .summary = "make an outputs file from recorded rows",
    .usage = "ams data import [ROWS...] --models M.tsv -o F.h5 [OPTION]...",
    .help = "ROWS are JSON Lines, one execution of a model on an item per line, or CSV\n"
            "(item,model,label,conf) where the name ends in .csv. Files compressed by gzip,\n"
            "zstd, xz or bzip2 are read as they are, and - is standard input. Rows may come\n"
            "in any order and from several files: the result is the same.\n"
            "docs/your-own-data.md shows both forms, from the first row to a figure;\n"
            "docs/from-other-formats.md has a line for each of twelve other formats.\n"
            "\n"
            "Example:\n"
            "  ams data import rows.jsonl.zst --models models.tsv -o mine.h5 --name mine\n"
            "  ams data import --model vit=vit.csv --model cnn=cnn.csv --columns "
            "item=id,conf=* \\\n"
            "    --models models.tsv -o mine.h5\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .run = import_rows,
};
