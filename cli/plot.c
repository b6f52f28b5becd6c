/* ams plot: figures of evaluations, training runs and comparisons. */
#include "ams/figures.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/json.h"
#include "lab/figures/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct plot_job {
    ams_figures_options figures;
    const char *const *what, *const *format;
    size_t n_what, n_formats;
    const char *out;
} plot_job;

static const cli_option options[] = {
    CLI_VALUE("--what", "LIST",
              "names of figures, separated by commas (default: all that the folders have data "
              "for)",
              CLI_INTO_NAMES(plot_job, what, n_what)),
    CLI_VALUE("--policy", "NAME",
              "the policy whose order is drawn (default: the first trained policy)",
              CLI_INTO_TEXT(plot_job, figures.policy)),
    CLI_VALUE("--format", "LIST", "svg, png, pdf, separated by commas (default: svg,png)",
              CLI_INTO_NAMES(plot_job, format, n_formats)),
    CLI_FILE("-o", "OUT", CLI_WRITES_FOLDER,
             "folder of the figures (default: plots in the first FOLDER)",
             CLI_INTO_TEXT(plot_job, out)),
};

/* Marks each name (n) among the words (n_words). */
static ams_status mark(const char *option, const char *const *name, size_t n,
                       const char *const *words, size_t n_words, bool *marks, ams_error *err)
{
    for (size_t k = 0; k < n; k++) {
        size_t i = 0;
        while (i < n_words && strcmp(words[i], name[k]) != 0) {
            i++;
        }
        if (i == n_words) {
            char known[512] = "";
            for (size_t w = 0; w < n_words; w++) {
                const size_t used = strlen(known);
                snprintf(known + used, sizeof known - used, "%s%s", w == 0 ? "" : ", ",
                         words[w]);
            }
            return ams_fail(err, AMS_USAGE, "option %s: found \"%s\", expected some of %s",
                            option, name[k], known);
        }
        marks[i] = true;
    }
    return AMS_OK;
}

/* --what: names of figures, in the order in which they are drawn. */
static ams_status choose_figures(plot_job *job, const cli_args *args, ams_error *err)
{
    const char **known = NULL; /* then those wanted */
    bool *wanted = NULL;
    size_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&known, ams_n_figure_kinds, sizeof *known, "figures", err));
    AMS_TRY(cli_keep(args, (void *)known, err));
    AMS_TRY(ams_alloc(&wanted, ams_n_figure_kinds, sizeof *wanted, "figures", err));
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        known[k] = ams_figure_kinds[k].name;
    }
    AMS_TRY(mark("--what", job->what, job->n_what, known, ams_n_figure_kinds, wanted, err));
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        if (wanted[k]) {
            known[n++] = known[k];
        }
    }
    job->figures.figure = known;
    job->figures.n_figures = n;
out:
    free(wanted);
    return status;
}

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
    if (job.n_what > 0) {
        AMS_TRY(choose_figures(&job, args, err));
    }
    if (job.n_formats > 0) {
        memset(job.figures.format, 0, sizeof job.figures.format);
        AMS_TRY(mark("--format", job.format, job.n_formats, ams_figure_format_names,
                     AMS_FIGURE_FORMATS, job.figures.format, err));
    }
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
        "  stream-clients   both by the number of clients, stream-deadline by the\n"
        "                   longest deadline, stream-delta by the program's step\n"
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
