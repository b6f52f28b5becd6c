/* `ams trace`: one item under limits: what ran when, why, what it found, what was left out. */
#include "ams/figures.h"
#include "ams/limit_trace.h"
#include "cli/limits.h"
#include "cli/score_options.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct trace_job {
    cli_limits limits;
    const char *directory;
    bool json;
} trace_job;

static const cli_option options[] = {
    CLI_LIMIT_OPTIONS(trace_job, limits),
    CLI_SCORE_FIT(trace_job, limits.setup.fit_path),
    CLI_VALUE("--memory", "M",
              "run models in parallel under this memory budget: 500MB, 8GB, 1.5x (x: of the "
              "largest model; 1 GB is 1000 MB)",
              CLI_INTO_TEXT(trace_job, limits.memory)),
    CLI_VALUE("--item", "ID", "the item, by the name that `ams data export` writes",
              CLI_REQUIRED(trace_job, limits.setup.item_id)),
    CLI_FILE(
        "-o", "DIR", CLI_WRITES_FOLDER,
        "write trace.txt, trace.json, trace.tsv and the Gantt chart (gantt.svg, gantt.png; "
        "needs gnuplot) there",
        CLI_INTO_TEXT(trace_job, directory)),
    CLI_FLAG("--json", "print JSON", CLI_INTO_FLAG(trace_job, json)),
};

/* As `ams plot DIR --what gantt -o DIR` would. */
static ams_status draw(const char *directory, ams_error *err)
{
    const char *const figure[] = {"gantt"};
    ams_figures_options o = ams_figures_defaults();
    ams_figures_result result = {0};
    cli_progress bar = {.what = NULL};
    o.folder = &directory;
    o.n_folders = 1;
    o.figure = figure;
    o.n_figures = 1;
    o.out = directory;
    cli_progress_begin(&bar, "trace");
    o.progress = cli_progress_listener(&bar);
    ams_status status = ams_figures_draw(&o, &result, err);
    for (size_t i = 0; i < result.n; i++) {
        puts(result.path[i]);
    }
    ams_figures_result_fini(&result);
    return status;
}

static ams_status write_files(const ams_limit_trace *trace, const char *directory,
                              ams_error *err)
{
    ams_status status = AMS_OK;
    if (directory != NULL) {
        AMS_TRY(ams_limit_trace_write(trace, directory, err));
        if (trace->schedule.n > 0) {
            AMS_TRY(draw(directory, err));
        }
    }
out:
    return status;
}

static ams_status trace(ams_limit_setup *setup, const cli_args *args, ams_error *err)
{
    trace_job job = {.limits = {.setup = ams_limit_setup_defaults()}};
    const ams_scheduler *const *scheduler = NULL;
    uint32_t n = 0;
    ams_limit_trace t;
    cli_progress bar = {.what = NULL};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_status written = AMS_OK; /* the trace is printed even where the files cannot be */
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "trace");
    AMS_TRY(cli_fill(args, &job, err));
    job.limits.setup.progress = &progress;
    job.limits.setup.parallel = job.limits.memory != NULL;
    AMS_TRY(cli_get_schedulers(args, &job.limits, &scheduler, &n, err));
    AMS_TRY(cli_open_limits(setup, &job.limits, args, 1, err));
    AMS_TRY(cli_add_policies(setup, &job.limits, err));
    if (setup->n_policies != 1) {
        return ams_fail(err, AMS_USAGE, "expected one --policy, found %zu", setup->n_policies);
    }
    AMS_TRY(ams_limit_trace_run(&t, setup, scheduler[0], err));
    written = write_files(&t, job.directory, err);
    if (job.json) {
        status = ams_limit_trace_print_json(&t, stdout, written == AMS_OK ? err : NULL);
    } else {
        ams_limit_trace_print(&t, stdout);
    }
out:
    return written != AMS_OK ? written : status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_limit_setup setup = {.n_policies = 0};
    ams_status status = trace(&setup, args, err);
    ams_limit_setup_fini(&setup);
    return status;
}

const ams_command ams_cmd_trace = {
    .name = "trace",
    .summary = "show one item under limits: what ran when, and why",
    .usage = "ams trace --data F.h5 --policy P --item ID [--deadline T] [--memory M]\n"
             "          [--fit F.h5] [-o DIR] [--json]",
    .help =
        "Prints what ran when, why, what it found, and what was left out. Takes one policy,\n"
        "one deadline (default: none) and one memory budget; of --scheduler the first.\n"
        "Reads the item only, and the training items (with --fit those of that file) where a\n"
        "policy is fitted to them, for `plan`, and for quantiles of times.\n"
        "\n"
        "Example:\n"
        "  ams trace --data data/photos.h5 --policy runs/dqn-0 \\\n"
        "    --item flickr_like/f8k_00004 --deadline 168ms --memory 1.5x -o results/trace\n",
    CLI_OPTIONS(options),
    .run = run,
};
