/* ams plot: figures of evaluations, training runs and comparisons. */
#include "ams/figures.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "console/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct plot_job {
    ams_figures_options figures;
    const char *out;
} plot_job;

/* "svg,pdf" as marks (AMS_FIGURE_FORMATS). */
static ams_status read_formats(const char *option, const char *text, void *value,
                               ams_error *err)
{
    bool *marks = value;
    memset(marks, 0, AMS_FIGURE_FORMATS * sizeof *marks);
    while (true) {
        const size_t length = strcspn(text, ",");
        size_t i = 0;
        while (i < AMS_FIGURE_FORMATS &&
               (strlen(ams_figure_format_names[i]) != length ||
                memcmp(ams_figure_format_names[i], text, length) != 0)) {
            i++;
        }
        if (i == AMS_FIGURE_FORMATS) {
            return ams_fail(err, AMS_USAGE,
                            "option %s: found \"%.*s\", expected some of svg, png, pdf", option,
                            (int)length, text);
        }
        marks[i] = true;
        if (text[length] == 0) {
            return AMS_OK;
        }
        text += length + 1;
    }
}

static const cli_option options[] = {
    CLI_VALUE("--what", "LIST",
              "names of figures, separated by commas (default: all that the folders have data "
              "for)",
              CLI_INTO_NAMES(plot_job, figures.figure, figures.n_figures)),
    CLI_VALUE("--policy", "NAME",
              "the policy whose order is drawn (default: the first trained policy)",
              CLI_INTO_TEXT(plot_job, figures.policy)),
    CLI_VALUE("--format", "LIST", "svg, png, pdf, separated by commas (default: svg,png)",
              CLI_INTO(plot_job, figures.format, read_formats)),
    CLI_FILE("-o", "OUT", CLI_WRITES_FOLDER,
             "folder of the figures (default: plots in the first FOLDER)",
             CLI_INTO_TEXT(plot_job, out)),
};

static ams_status run(const cli_args *args, ams_error *err)
{
    plot_job job = {.figures = ams_figures_defaults()};
    ams_figures_result result = {0};
    cli_progress bar = {.what = NULL};
    char *out = NULL;
    ams_status status = AMS_OK;
    if (args->n_operands == 0) {
        return ams_fail(err, AMS_USAGE,
                        "expected a folder written by ams eval, ams train or ams compare");
    }
    AMS_TRY(cli_fill(args, &job, err));
    job.figures.folder = args->operand;
    job.figures.n_folders = (size_t)args->n_operands;
    AMS_TRY(job.out != NULL ? ams_copy_text(&out, job.out, err)
                            : ams_join_path(&out, args->operand[0], "plots", err));
    job.figures.out = out;
    cli_progress_begin(&bar, "plot");
    job.figures.progress = cli_progress_listener(&bar);
    status = ams_figures_draw(&job.figures, &result, err);
    for (size_t i = 0; i < result.n; i++) {
        puts(result.path[i]);
    }
out:
    ams_figures_result_fini(&result);
    free(out);
    return status;
}

const ams_command ams_cmd_plot = {
    .name = "plot",
    .summary = "draw figures of evaluations, runs and comparisons",
    .usage = "ams plot FOLDER... [--what LIST] [--policy NAME] [--format LIST] [-o OUT]",
    .help =
        "FOLDER was written by ams eval, ams train, ams schedule or ams trace, or is an\n"
        "experiment that ams compare has compared. Several folders are drawn into the same\n"
        "figures. Writes NAME.tsv (the data), NAME.gp (the script; `gnuplot NAME.gp` draws\n"
        "it again), NAME.svg and NAME.png, and prints their paths. Needs gnuplot. Bands\n"
        "and bars are 95 % intervals.\n\n"
        "Figures:\n"
        "  recall-time      mean recall reached by a time\n"
        "  recall-models    mean recall after a number of models\n"
        "  required-time    mean time until a required recall\n"
        "  differences      difference of that time to `fixed`, paired (of an experiment)\n"
        "  distribution     share of training runs and items with recall 1.0 within a time\n"
        "  profiles         the same within a multiple of the oracle's time for the item,\n"
        "                   and the share of items (needs `oracle`)\n"
        "  training-items   time to recall 0.8 and 1.0 by number of training items (of an\n"
        "                   experiment that varies items=)\n"
        "  learning-agents  validation time by update, over seeds (of an experiment)\n"
        "  learning         validation time and loss by update (of a training run)\n"
        "  order            which model one policy runs at which position\n"
        "  stream-score     mean score of a stream's jobs by offered load (of ams stream)\n"
        "  stream-missed    share of its jobs that missed their deadline\n"
        "  stream-clients   both by the number of clients\n"
        "  stream-deadline  both by the longest deadline\n"
        "  stream-delta     both by the step of the dynamic program\n"
        "  stream-timeline  which model ran when for whose job\n"
        "  recall-deadline  mean recall of value by a deadline (of ams schedule)\n"
        "  of-bound         the same as a share of the bound\n"
        "  priority         position and time saved by a model's theta (priority.tsv)\n"
        "  gantt            which model ran when on an item (of ams trace)\n"
        "  score-cost       right answers by mean cost (of ams budget)\n\n"
        "Examples:\n"
        "  ams plot results/eval\n"
        "  ams plot exp/first --what differences,order --policy fixed\n"
        "  ams plot results/runs/dqn-0 results/runs/dqn-1 --what learning --format pdf\n",
    CLI_OPTIONS(options),
    .operands = CLI_READS,
    .run = run,
};
