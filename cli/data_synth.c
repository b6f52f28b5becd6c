/* `ams data synth`: generated outputs files. */
#include "cli/json.h"
#include "cli/readers.h"
#include "console/options.h"

#include "ams/synth.h"

#include <math.h>
#include <stdio.h>

static const cli_option options[] = {
    CLI_VALUE(
        "--preset", "P",
        "coco, places, mirflickr, voc, stanford40, dogs: 30 models of 10 tasks with 1,104 "
        "labels, like the papers' (any column of story.tsv); cube, cube-nm: CUBE and its "
        "non-myopic variant (columns of cube.tsv); plain: any number of models and labels, "
        "to measure costs"),
    CLI_VALUE("--items", "N", "number of items (default 10000)"),
    CLI_VALUE("--seed", "S",
              "seed of the items (default 0); equal seeds give equal bits on every machine"),
    CLI_VALUE(
        "--split", "A,B,C",
        "shares of training, validation and test items (default 0.18,0.02,0.8: the papers' "
        "1 : 4, with a tenth of the training part for validation)"),
    CLI_FLAG("--run-times", "give each execution its own time, which differs by time_noise"),
    CLI_VALUE("--models", "M", "number of models of plain (default 30, at most 64)"),
    CLI_VALUE("--labels", "L", "number of labels of plain (default 1104)"),
    CLI_FLAG("--report",
             "print the workload's properties, with the papers' in a second column"),
    CLI_JSON,
    CLI_FILE("--report-to", "F.tsv", CLI_WRITES_TSV, "write the same as a table"),
    CLI_FILE("--story", "DIR", CLI_READS,
             "read story.tsv, models.tsv, labels.tsv and cube.tsv from there; a file that is "
             "missing is the built-in one"),
    CLI_FILE("--write-story", "DIR", CLI_WRITES_FOLDER,
             "write the built-in files there, to be edited"),
    CLI_FILE("-o", "F.h5", CLI_WRITES_TABLE,
             "the outputs file to write; not needed with --report"),
};

/* Of the report: with so many, the standard error of its times is below 0.2 %. */
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

static void print_report(const ams_synth_workload *w, ams_synth_targets target)
{
    printf("Means over the first %u items, %.1f outputs per item; %d random orders each.\n\n",
           w->n_items, (double)w->n_outputs / w->n_items, REPORT_ORDERS);
    printf("  %-34s %9s %9s %9s\n", "ms per item", "reached", "target", "off");
    print_time("all models", w->all_ms, target.all_ms);
    print_time("random order until recall 1.0", w->random_ms, target.random_ms);
    print_time("valuable executions", w->valuable_ms, target.valuable_ms);
    printf("\n  standard error of random: %.1f ms\n", w->random_stderr_ms);
    printf("  valuable executions: %.2f; %.2f of them could be left out one at a time\n",
           w->valuable_runs, w->dispensable_runs);
    printf(
        "  valuable labels: %.2f; %.2f executions give each, %.1f%% come from more than one\n",
        w->valuable_labels, w->makers, 100 * w->shared_labels);
    printf("  random if nothing overlapped: %.1f ms\n", w->disjoint_ms);
    printf("  items without a valuable label: %u\n", w->empty);
}

static ams_status print_report_json(const ams_synth_workload *w, ams_synth_targets target,
                                    ams_error *err)
{
    const double none = (double)NAN;
    return cli_print_json(
        json_pack("{s:i, s:i, s:i, s:{s:o, s:o, s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:o, s:o, "
                  "s:o, s:o, s:o, s:i}",
                  "items", (int)w->n_items, "outputs", (int)w->n_outputs, "random_orders",
                  REPORT_ORDERS, "time_ms", "all", cli_json_number(w->all_ms), "random",
                  cli_json_number(w->random_ms), "random_stderr",
                  cli_json_number(w->random_stderr_ms), "random_disjoint",
                  cli_json_number(w->disjoint_ms), "valuable", cli_json_number(w->valuable_ms),
                  "target_ms", "all", cli_json_number(target.all_ms > 0 ? target.all_ms : none),
                  "random", cli_json_number(target.random_ms > 0 ? target.random_ms : none),
                  "valuable",
                  cli_json_number(target.valuable_ms > 0 ? target.valuable_ms : none),
                  "valuable_runs", cli_json_number(w->valuable_runs), "dispensable_runs",
                  cli_json_number(w->dispensable_runs), "valuable_labels",
                  cli_json_number(w->valuable_labels), "makers", cli_json_number(w->makers),
                  "shared_labels", cli_json_number(w->shared_labels), "items_without_value",
                  (int)w->empty),
        err);
}

/* --report and --report-to, of one measurement. */
static ams_status report(ams_synth *synth, uint64_t seed, const cli_args *args, ams_error *err)
{
    const char *path = cli_get(args, "--report-to", NULL);
    ams_synth_workload w;
    if (path == NULL && !cli_has(args, "--report")) {
        return AMS_OK;
    }
    ams_status status = measure(synth, seed, &w, err);
    if (status == AMS_OK && cli_has(args, "--report") && cli_has(args, "--json")) {
        status = print_report_json(&w, ams_synth_target(synth), err);
    } else if (status == AMS_OK && cli_has(args, "--report")) {
        print_report(&w, ams_synth_target(synth));
    }
    if (status == AMS_OK && path != NULL) {
        status = ams_synth_write_workload(&w, ams_synth_target(synth), path, err);
    }
    return status;
}

static ams_status write_file(ams_synth *synth, const char *path, FILE *stream, ams_error *err)
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
        fprintf(stream, "%s: content hash %s\n", path, hash);
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
    o->split.seed = 0; /* --seed draws the items; the draw of their split stays the default */
    o->folder = cli_get(args, "--story", NULL);
    o->run_times = cli_has(args, "--run-times");
    o->n_items = items < UINT32_MAX ? (uint32_t)items : UINT32_MAX;
    o->plain_models = models < UINT32_MAX ? (uint32_t)models : UINT32_MAX;
    o->plain_labels = labels < UINT32_MAX ? (uint32_t)labels : UINT32_MAX;
    status = cli_no_operands(args, err);
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
        fprintf(cli_has(args, "--json") ? stderr : stdout,
                "%s: story.tsv, models.tsv, labels.tsv, cube.tsv\n", files);
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
        AMS_TRY(write_file(synth, output, cli_has(args, "--json") ? stderr : stdout, err));
    }
    status = report(synth, o.seed, args, err);
out:
    ams_synth_destroy(synth);
    return status;
}

const ams_command ams_cmd_data_synth = {
    .name = "data synth",
    .summary = "generate an outputs file of any size",
    .usage = "ams data synth --preset P [--items N] [--seed S] [--report] [-o F.h5]",
    .help = "Generates the papers' workload, CUBE, or plain tables. data/synth/README.md "
            "describes the story and what each parameter does.\n"
            "\n"
            "Examples:\n"
            "  ams data synth --preset coco --items 118000 --seed 1 --report -o coco.h5\n"
            "  ams data synth --write-story mine\n"
            "  ams data synth --preset voc --story mine --report\n",
    CLI_OPTIONS(options),
    .run = synthesize,
};
