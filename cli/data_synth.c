/* `ams data synth`: generated outputs files. */
#include "base/team.h"
#include "cli/json.h"
#include "cli/readers.h"

#include "ams/synth.h"

#include <stdio.h>

typedef struct synth_job {
    ams_synth_options synth;
    const char *files, *output, *report_to;
    bool report, json;
} synth_job;

static const cli_option options[] = {
    CLI_VALUE(
        "--preset", "P",
        "coco, places, mirflickr, voc, stanford40, dogs: 30 models of 10 tasks with 1,104 "
        "labels, like the papers' (any column of story.tsv); cube, cube-nm: CUBE and its "
        "non-myopic variant (columns of cube.tsv); plain: any number of models and labels, "
        "to measure costs; exits: three exits of one network with right answers",
        CLI_INTO_TEXT(synth_job, synth.preset)),
    CLI_VALUE("--items", "N", "number of items (default 10000)",
              CLI_INTO_NUMBER(synth_job, synth.n_items)),
    CLI_VALUE("--seed", "S",
              "seed of the items (default 0); equal seeds give equal bits on every machine",
              CLI_INTO_NUMBER(synth_job, synth.seed)),
    CLI_VALUE(
        "--split", "A,B,C",
        "shares of training, validation and test items (default 0.18,0.02,0.8: the papers' "
        "1 : 4, with a tenth of the training part for validation)",
        CLI_INTO(synth_job, synth.split, cli_read_shares)),
    CLI_FLAG("--run-times", "give each execution its own time, which differs by time_noise",
             CLI_INTO_FLAG(synth_job, synth.run_times)),
    CLI_VALUE("--models", "M", "number of models of plain (default 30, at most 64)",
              CLI_INTO_NUMBER(synth_job, synth.plain_models)),
    CLI_VALUE("--labels", "L", "number of labels of plain (default 1104)",
              CLI_INTO_NUMBER(synth_job, synth.plain_labels)),
    CLI_FLAG("--report", "print the workload's properties, with the papers' in a second column",
             CLI_INTO_FLAG(synth_job, report)),
    CLI_JSON_INTO(synth_job, json),
    CLI_FILE("--report-to", "F.tsv", CLI_WRITES_TSV, "write the same as a table",
             CLI_INTO_TEXT(synth_job, report_to)),
    CLI_FILE("--story", "DIR", CLI_READS,
             "read story.tsv, models.tsv, labels.tsv and cube.tsv from there; a file that is "
             "missing is the built-in one",
             CLI_INTO_TEXT(synth_job, synth.folder)),
    CLI_FILE("--write-story", "DIR", CLI_WRITES_FOLDER,
             "write the built-in files there, to be edited", CLI_INTO_TEXT(synth_job, files)),
    CLI_FILE("-o", "F.h5", CLI_WRITES_TABLE,
             "the outputs file to write; not needed with --report",
             CLI_INTO_TEXT(synth_job, output)),
};

/* Of the report: with so many, the standard error of its times is below 0.2 %. */
enum { REPORT_ITEMS = 20000, REPORT_ORDERS = 10 };

static void show(void *context, uint64_t done, uint64_t total)
{
    cli_progress_update(context, (double)done, (double)total, "");
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

static ams_status print_report_json(const ams_synth_workload *w, ams_synth_targets target,
                                    ams_error *err)
{
    ams_result r = {.n = 0};
    ams_status status = AMS_RESULT_FACTS(
        &r, err, {"items", ams_cell_count(w->n_items)},
        {"outputs", ams_cell_count(w->n_outputs)},
        {"random_orders", ams_cell_count(w->n_orders)},
        {"time_ms.all", ams_cell_real(w->all_ms)},
        {"time_ms.random", ams_cell_real(w->random_ms)},
        {"time_ms.random_stderr", ams_cell_real(w->random_stderr_ms)},
        {"time_ms.random_disjoint", ams_cell_real(w->disjoint_ms)},
        {"time_ms.valuable", ams_cell_real(w->valuable_ms)},
        {"target_ms.all", ams_cell_if(target.all_ms > 0, ams_cell_real(target.all_ms))},
        {"target_ms.random",
         ams_cell_if(target.random_ms > 0, ams_cell_real(target.random_ms))},
        {"target_ms.valuable",
         ams_cell_if(target.valuable_ms > 0, ams_cell_real(target.valuable_ms))},
        {"valuable_runs", ams_cell_real(w->valuable_runs)},
        {"dispensable_runs", ams_cell_real(w->dispensable_runs)},
        {"valuable_labels", ams_cell_real(w->valuable_labels)},
        {"makers", ams_cell_real(w->makers)},
        {"shared_labels", ams_cell_real(w->shared_labels)},
        {"items_without_value", ams_cell_count(w->empty)});
    if (status == AMS_OK) {
        status = ams_result_print_json(&r, stdout, err);
    }
    ams_result_fini(&r);
    return status;
}

/* --report and --report-to, of one measurement. */
static ams_status report(ams_synth *synth, const synth_job *job, ams_error *err)
{
    const ams_synth_targets target = ams_synth_target(synth);
    ams_synth_workload w;
    ams_status status = AMS_OK;
    if (job->report_to == NULL && !job->report) {
        return AMS_OK;
    }
    AMS_TRY(measure(synth, job->synth.seed, &w, err));
    if (job->report && job->json) {
        AMS_TRY(print_report_json(&w, target, err));
    } else if (job->report) {
        ams_synth_print_workload(&w, target, stdout);
    }
    if (job->report_to != NULL) {
        status = ams_synth_write_workload(&w, target, job->report_to, err);
    }
out:
    return status;
}

static ams_status write_file(ams_synth *synth, const synth_job *job, ams_error *err)
{
    char hash[AMS_HASH_TEXT];
    cli_progress bar = {.what = NULL};
    cli_progress_begin(&bar, "synth");
    ams_status status = ams_synth_write(synth, job->output, show, &bar, err);
    cli_progress_end(&bar);
    AMS_TRY(status);
    AMS_TRY(ams_table_stored_hash(job->output, hash, err));
    fprintf(job->json ? stderr : stdout, "%s: content hash %s\n", job->output, hash);
out:
    return status;
}

static ams_status generate(const cli_args *args, synth_job *job, ams_error *err)
{
    ams_synth *synth = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--preset", &job->synth.preset, err));
    if (job->output == NULL && !job->report && job->report_to == NULL) {
        return ams_fail(err, AMS_USAGE, "give -o F.h5, --report or both");
    }
    AMS_TRY(ams_synth_create(&synth, &job->synth, err));
    if (job->output != NULL) {
        AMS_TRY(write_file(synth, job, err));
    }
    status = report(synth, job, err);
out:
    ams_synth_destroy(synth);
    return status;
}

static ams_status synthesize(const cli_args *args, ams_error *err)
{
    synth_job job = {.synth = ams_synth_defaults()};
    ams_status status = AMS_OK;
    job.synth.team = args->team;
    AMS_TRY(cli_fill(args, &job, err));
    if (!ams_team_leads(args->team) && job.output == NULL) {
        return AMS_HELPED;
    }
    if (job.synth.preset != NULL || job.files == NULL) {
        AMS_TRY(generate(args, &job, err));
    }
    if (job.files != NULL) {
        AMS_TRY(ams_synth_write_files(job.files, err));
        fprintf(job.json ? stderr : stdout, "%s: story.tsv, models.tsv, labels.tsv, cube.tsv\n",
                job.files);
    }
out:
    return status;
}

const ams_command ams_cmd_data_synth = {
    .name = "data synth",
    .summary = "generate an outputs file of any size",
    .usage = "ams data synth --preset P [--items N] [--seed S] [--report] [-o F.h5]",
    .help = "Generates the papers' workload, CUBE, or plain tables. docs/generated-data.md "
            "describes the story and what each parameter does.\n"
            "\n"
            "Examples:\n"
            "  ams data synth --preset coco --items 118000 --seed 1 --report -o coco.h5\n"
            "  ams data synth --write-story mine\n"
            "  ams data synth --preset voc --story mine --report\n",
    CLI_ONLY_OPTIONS(options),
    .run = synthesize,
};
