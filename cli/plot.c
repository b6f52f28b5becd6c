/* ams plot: figures of evaluations, training runs and comparisons. */
#include "cli/cli.h"

#include "ams/figures.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/figures/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_VALUE("--what", "LIST",
              "names of figures, separated by commas (default: all that the folders have data "
              "for)"),
    CLI_VALUE("--policy", "NAME",
              "the policy whose order is drawn (default: the first trained policy)"),
    CLI_VALUE("--format", "LIST", "svg, png, pdf, separated by commas (default: svg,png)"),
    CLI_FILE("-o", "OUT", CLI_WRITES_FOLDER,
             "folder of the figures (default: plots in the first FOLDER)"),
};

/* The place of the first word of a comma-separated list in `words`; n_words: it is none. */
static size_t find_word(const char *list, const char *const *words, size_t n_words)
{
    size_t length = strcspn(list, ",");
    size_t i = 0;
    while (i < n_words && (strlen(words[i]) != length || memcmp(words[i], list, length) != 0)) {
        i++;
    }
    return i;
}

/* Marks each word of a comma-separated list in `marks` (n_words). */
static ams_status parse_list(const char *option, const char *text, const char *const *words,
                             size_t n_words, bool *marks, ams_error *err)
{
    while (true) {
        size_t length = strcspn(text, ",");
        size_t i = find_word(text, words, n_words);
        if (i == n_words) {
            char known[512] = "";
            for (size_t k = 0; k < n_words; k++) {
                size_t used = strlen(known);
                snprintf(known + used, sizeof known - used, "%s%s", k == 0 ? "" : ", ",
                         words[k]);
            }
            return ams_fail(err, AMS_USAGE, "option %s: found \"%.*s\", expected some of %s",
                            option, (int)length, text, known);
        }
        marks[i] = true;
        if (text[length] == 0) {
            return AMS_OK;
        }
        text += length + 1;
    }
}

/* --what: names of figures, in the order in which they are drawn; free() *figure. */
static ams_status parse_what(const char *text, const char ***figure, size_t *n, ams_error *err)
{
    const char **known = NULL;
    bool *wanted = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&known, ams_n_figure_kinds, sizeof *known, "figures", err));
    AMS_TRY(ams_alloc(&wanted, ams_n_figure_kinds, sizeof *wanted, "figures", err));
    AMS_TRY(ams_alloc(figure, ams_n_figure_kinds, sizeof **figure, "figures", err));
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        known[k] = ams_figure_kinds[k].name;
    }
    AMS_TRY(parse_list("--what", text, known, ams_n_figure_kinds, wanted, err));
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        if (wanted[k]) {
            (*figure)[(*n)++] = known[k];
        }
    }
out:
    free(known);
    free(wanted);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_figures_options o = ams_figures_defaults();
    ams_figures_result result = {0};
    cli_progress bar;
    const char **figure = NULL;
    char *out = NULL;
    ams_status status = AMS_OK;
    if (args->n_operands == 0) {
        return ams_fail(err, AMS_USAGE,
                        "expected a folder written by ams eval, ams train or ams compare");
    }
    o.folder = args->operand;
    o.n_folders = (size_t)args->n_operands;
    o.policy = cli_get(args, "--policy", NULL);
    if (cli_has(args, "--what")) {
        AMS_TRY(parse_what(cli_get(args, "--what", ""), &figure, &o.n_figures, err));
        o.figure = figure;
    }
    if (cli_has(args, "--format")) {
        memset(o.format, 0, sizeof o.format);
        AMS_TRY(parse_list("--format", cli_get(args, "--format", ""), ams_figure_format_names,
                           AMS_FIGURE_FORMATS, o.format, err));
    }
    if (cli_has(args, "-o")) {
        AMS_TRY(ams_copy_text(&out, cli_get(args, "-o", ""), err));
    } else {
        AMS_TRY(ams_join_path(&out, args->operand[0], "plots", err));
    }
    o.out = out;
    cli_progress_begin(&bar, "plot");
    o.progress = cli_progress_listener(&bar);
    status = ams_figures_draw(&o, &result, err);
    for (size_t i = 0; i < result.n; i++) {
        puts(result.path[i]);
    }
out:
    ams_figures_result_fini(&result);
    free(figure);
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
