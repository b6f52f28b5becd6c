/* `ams data synth`: generated outputs files. */
#include "cli/data_options.h"

#include "base/file.h"
#include "data/synth/synth.h"

#include <stdio.h>

static const cli_option options[] = {{.name = "--preset", .takes_value = true},
                                     {.name = "--items", .takes_value = true},
                                     {.name = "--seed", .takes_value = true},
                                     {.name = "--split", .takes_value = true},
                                     {.name = "--story", .takes_value = true},
                                     {.name = "--models", .takes_value = true},
                                     {.name = "--labels", .takes_value = true},
                                     {.name = "--run-times"},
                                     {.name = "--report"},
                                     {.name = "-o", .takes_value = true},
                                     {.name = "--write-story", .takes_value = true},
                                     {.name = "--report-to", .takes_value = true}};

/* What the report looks at: the standard error of its times is below 0.2 % with these. */
enum { REPORT_ITEMS = 20000, REPORT_ORDERS = 10 };

static void show(void *context, uint64_t done, uint64_t total)
{
    cli_progress_update(context, (double)done, (double)total, "");
}

static void print_time(const char *what, double reached, double target)
{
    printf("  %-34s %9.1f", what, reached);
    if (target > 0) {
        printf(" %9.1f %+8.2f%%\n", target, 100 * (reached / target - 1));
    } else {
        printf(" %9s %9s\n", "-", "-");
    }
}

static ams_status measure(ams_synth *synth, uint64_t seed, ams_synth_workload *w,
                          ams_error *err)
{
    ams_table table = {0};
    ams_status status = ams_synth_table(synth, REPORT_ITEMS, &table, err);
    if (status == AMS_OK) {
        status = ams_synth_measure(w, &table, REPORT_ORDERS, seed, err);
        ams_table_fini(&table);
    }
    return status;
}

static void put_time(FILE *stream, const char *what, double reached, double target)
{
    fprintf(stream, "%s\t%.6f\t", what, reached);
    if (target > 0) {
        fprintf(stream, "%.6f\n", target);
    } else {
        fputs("-\n", stream);
    }
}

/* The same as a table. */
static ams_status write_report(ams_synth *synth, uint64_t seed, const char *path,
                               ams_error *err)
{
    ams_synth_workload w;
    ams_synth_targets target = ams_synth_target(synth);
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(measure(synth, seed, &w, err));
    AMS_TRY(ams_file_create(&file, path, err));
    fputs("quantity\treached\ttarget\n", file.stream);
    put_time(file.stream, "all_ms", w.all_ms, target.all_ms);
    put_time(file.stream, "random_ms", w.random_ms, target.random_ms);
    put_time(file.stream, "valuable_ms", w.valuable_ms, target.valuable_ms);
    put_time(file.stream, "random_stderr_ms", w.random_stderr_ms, 0);
    put_time(file.stream, "disjoint_ms", w.disjoint_ms, 0);
    put_time(file.stream, "valuable_runs", w.valuable_runs, 0);
    put_time(file.stream, "dispensable_runs", w.dispensable_runs, 0);
    put_time(file.stream, "valuable_labels", w.valuable_labels, 0);
    put_time(file.stream, "shared_labels", w.shared_labels, 0);
    put_time(file.stream, "items", w.n_items, 0);
    put_time(file.stream, "items_without_value", w.empty, 0);
    status = ams_file_commit(&file, err);
out:
    return status;
}

static ams_status report(ams_synth *synth, uint64_t seed, ams_error *err)
{
    ams_synth_workload w;
    ams_synth_targets target = ams_synth_target(synth);
    ams_status status = AMS_OK;
    AMS_TRY(measure(synth, seed, &w, err));
    printf("Means over the first %u items, %.1f outputs an item; %d random orders each.\n\n",
           w.n_items, (double)w.n_outputs / w.n_items, REPORT_ORDERS);
    printf("  %-34s %9s %9s %9s\n", "ms an item", "reached", "target", "off");
    print_time("all models", w.all_ms, target.all_ms);
    print_time("random order until recall 1.0", w.random_ms, target.random_ms);
    print_time("runs that are valuable", w.valuable_ms, target.valuable_ms);
    printf("\n  standard error of random: %.1f ms\n", w.random_stderr_ms);
    printf("  valuable runs: %.2f; %.2f of them could be left out one at a time\n",
           w.valuable_runs, w.dispensable_runs);
    printf("  valuable labels: %.2f; %.2f runs give each, %.1f%% come from more than one\n",
           w.valuable_labels, w.makers, 100 * w.shared_labels);
    printf("  random if nothing overlapped: %.1f ms\n", w.disjoint_ms);
    printf("  items without a valuable label: %u\n", w.empty);
out:
    return status;
}

static ams_status write_file(ams_synth *synth, const char *path, ams_error *err)
{
    char hash[AMS_HASH_TEXT];
    cli_progress bar;
    cli_progress_begin(&bar, "synth");
    ams_status status = ams_synth_write(synth, path, show, &bar, err);
    cli_progress_end(&bar);
    if (status == AMS_OK) {
        status = ams_table_stored_hash(path, hash, err);
    }
    if (status == AMS_OK) {
        printf("%s: content hash %s\n", path, hash);
    }
    return status;
}

static ams_status get_options(const cli_args *args, ams_synth_options *o, ams_error *err)
{
    uint64_t items = o->n_items;
    uint64_t models = o->plain_models;
    uint64_t labels = o->plain_labels;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--preset", &o->preset, err));
    AMS_TRY(cli_get_u64(args, "--items", &items, err));
    AMS_TRY(cli_get_u64(args, "--seed", &o->seed, err));
    AMS_TRY(cli_get_u64(args, "--models", &models, err));
    AMS_TRY(cli_get_u64(args, "--labels", &labels, err));
    AMS_TRY(cli_get_split(args, &o->split, err));
    o->split.seed = 0; /* --seed is of the items; their split is `ams data split`'s default */
    o->folder = cli_get(args, "--story", NULL);
    o->run_times = cli_has(args, "--run-times");
    o->n_items = items < UINT32_MAX ? (uint32_t)items : UINT32_MAX;
    o->plain_models = models < UINT32_MAX ? (uint32_t)models : UINT32_MAX;
    o->plain_labels = labels < UINT32_MAX ? (uint32_t)labels : UINT32_MAX;
    if (args->n_operands > 0) {
        status = ams_fail(err, AMS_USAGE, "unexpected '%s'", args->operand[0]);
    }
out:
    return status;
}

static ams_status synthesize(const cli_args *args, ams_error *err)
{
    ams_synth *synth = NULL;
    ams_synth_options o = ams_synth_defaults();
    const char *files = cli_get(args, "--write-story", NULL);
    const char *output = cli_get(args, "-o", NULL);
    ams_status status = AMS_OK;
    if (files != NULL) {
        AMS_TRY(ams_synth_write_files(files, err));
        printf("%s: story.tsv, models.tsv, labels.tsv, cube.tsv\n", files);
        if (!cli_has(args, "--preset")) {
            goto out;
        }
    }
    AMS_TRY(get_options(args, &o, err));
    if (output == NULL && !cli_has(args, "--report") && !cli_has(args, "--report-to")) {
        status = ams_fail(err, AMS_USAGE, "give -o F.h5, --report or both");
        goto out;
    }
    AMS_TRY(ams_synth_create(&synth, &o, err));
    if (output != NULL) {
        AMS_TRY(write_file(synth, output, err));
    }
    if (cli_has(args, "--report")) {
        AMS_TRY(report(synth, o.seed, err));
    }
    if (cli_has(args, "--report-to")) {
        AMS_TRY(write_report(synth, o.seed, cli_get(args, "--report-to", ""), err));
    }
out:
    ams_synth_destroy(synth);
    return status;
}

const ams_command ams_cmd_data_synth = {
    .name = "data synth",
    .summary = "generate an outputs file: the papers' workload, CUBE, or plain tables",
    .usage = "ams data synth --preset P [--items N] [--seed S] [--report] [-o F.h5]",
    .help =
        "  --preset P         coco, places, mirflickr, voc, stanford40, dogs: 30 models of 10 "
        "tasks\n"
        "                     with 1,104 labels, like the papers' (any column of story.tsv);\n"
        "                     cube, cube-nm: CUBE and its non-myopic variant (columns of "
        "cube.tsv);\n"
        "                     plain: any number of models and labels, to measure costs\n"
        "  --items N          items (default 10000)\n"
        "  --seed S           of the items (default 0); equal seeds give equal bits anywhere\n"
        "  --split A,B,C      shares of training, validation and test (default "
        "0.18,0.02,0.8:\n"
        "                     the papers' 1 : 4, a tenth of the training part for validation)\n"
        "  --run-times        each run brings a time of its own, off by time_noise\n"
        "  --models M         of plain (default 30, at most 64)\n"
        "  --labels L         of plain (default 1104)\n"
        "  --report           prints what the workload is like beside what the papers say\n"
        "  --report-to F.tsv  the same as a table\n"
        "  --story DIR        reads story.tsv, models.tsv, labels.tsv or cube.tsv from there, "
        "where\n"
        "                     they are, in place of the built-in ones\n"
        "  --write-story DIR  writes the built-in ones there, to be edited\n"
        "  -o F.h5            the outputs file to write; none is needed for --report\n\n"
        "data/synth/README.md tells the story and what each parameter does.\n\n"
        "Examples:\n"
        "  ams data synth --preset coco --items 118000 --seed 1 --report -o coco.h5\n"
        "  ams data synth --write-story mine && ams data synth --preset voc --story mine "
        "--report\n",
    CLI_OPTIONS(options),
    .run = synthesize,
};
