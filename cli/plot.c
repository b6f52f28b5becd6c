/* ams plot: figures of evaluations and runs. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/plot_data.h"
#include "plots/plots.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const cli_option options[] = {{.name = "--what", .takes_value = true},
                                     {.name = "--format", .takes_value = true},
                                     {.name = "--policy", .takes_value = true},
                                     {.name = "-o", .takes_value = true}};
static const char *const formats[] = {"svg", "png", "pdf"};
enum { N_FORMATS = sizeof formats / sizeof *formats, MAX_KINDS = 16 };

typedef struct plot_job {
    const char *const *folders;
    size_t n_folders;
    bool wanted[MAX_KINDS]; /* figures of plot_kinds */
    bool chosen;            /* by --what: then missing data is an error */
    bool format[N_FORMATS];
    char *out;
    const char *policy; /* whose order is drawn; NULL: the first trained one */
    ams_names trained;
} plot_job;

/* Marks each word of a comma-separated list in `marks`. */
static ams_status parse_list(const char *option, const char *text, const char *const *words,
                             size_t n_words, bool *marks, ams_error *err)
{
    while (true) {
        size_t length = strcspn(text, ",");
        size_t i = 0;
        while (i < n_words &&
               (strlen(words[i]) != length || memcmp(words[i], text, length) != 0)) {
            i++;
        }
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

static const char *find_script(const char *name)
{
    for (size_t i = 0; i < ams_n_plot_scripts; i++) {
        if (strcmp(ams_plot_scripts[i].name, name) == 0) {
            return ams_plot_scripts[i].text;
        }
    }
    return "";
}

/* OUT/NAME.ending */
static ams_status output_path(const plot_job *job, const char *name, const char *ending,
                              char **path, ams_error *err)
{
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, ending);
    return ams_join_path(path, job->out, file, err);
}

static ams_status write_script(const plot_job *job, const char *name, const char *path,
                               ams_error *err)
{
    ams_file file;
    ams_status status = ams_file_create(&file, path, err);
    if (status != AMS_OK) {
        return status;
    }
    fprintf(file.stream, "# Written by ams plot. Draws again with: gnuplot %s.gp\n", name);
    fprintf(file.stream, "figure = '%s'\nformats = '", name);
    const char *space = "";
    for (size_t i = 0; i < N_FORMATS; i++) {
        if (job->format[i]) {
            fprintf(file.stream, "%s%s", space, formats[i]);
            space = " ";
        }
    }
    fprintf(file.stream, "'\n\n%s\n%s", ams_plot_style, find_script(name));
    return ams_file_commit(&file, err);
}

/* What gnuplot wrote, on one line; "" if nothing. */
static void read_messages(FILE *messages, char *text, size_t size)
{
    rewind(messages);
    size_t n = fread(text, 1, size - 1, messages);
    text[n] = 0;
    while (n > 0 && strchr(" \n\t", text[n - 1]) != NULL) {
        text[--n] = 0;
    }
    for (char *c = text; *c != 0; c++) {
        *c = *c == '\n' || *c == '\t' ? ' ' : *c;
    }
}

/* The environment with LC_ALL=C.UTF-8: the figures are the same under any locale, and hold
 * signs that plain C lacks. NULL without memory. The texts stay the environment's own. */
static char **gnuplot_environment(void)
{
    static char locale[] = "LC_ALL=C.UTF-8";
    size_t n = 0;
    while (environ[n] != NULL) {
        n++;
    }
    char **changed = calloc(n + 2, sizeof *changed);
    if (changed == NULL) {
        return NULL;
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (strncmp(environ[i], "LC_ALL=", 7) != 0) {
            changed[kept++] = environ[i];
        }
    }
    changed[kept] = locale;
    return changed;
}

/* Starts `gnuplot SCRIPT` in the folder with its output going to `messages`; 0 or an errno. */
static int start_gnuplot(const char *folder, char *script, FILE *messages, pid_t *pid)
{
    char program[] = "gnuplot";
    char no_rc[] = "-d"; /* the figures do not depend on anyone's ~/.gnuplot */
    char *argv[] = {program, no_rc, script, NULL};
    char **environment = gnuplot_environment();
    if (environment == NULL) {
        return ENOMEM;
    }
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        free(environment);
        return error;
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(messages), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(messages), STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    error = posix_spawnp(pid, program, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error;
}

static ams_status run_gnuplot(const char *folder, const char *name, ams_error *err)
{
    char script[64];
    char text[512];
    snprintf(script, sizeof script, "%s.gp", name);
    FILE *messages = tmpfile();
    if (messages == NULL) {
        return ams_fail(err, AMS_IO, "cannot create a temporary file: %s", strerror(errno));
    }
    pid_t pid;
    int exit_status = 0;
    ams_status status = AMS_OK;
    int error = start_gnuplot(folder, script, messages, &pid);
    if (error == ENOENT) {
        status =
            ams_fail(err, AMS_BACKEND,
                     "gnuplot was not found; `apt-get install gnuplot-nox` brings it. Data and "
                     "scripts are in %s",
                     folder);
    } else if (error != 0) {
        status = ams_fail(err, AMS_BACKEND, "cannot start gnuplot: %s", strerror(error));
    } else if (waitpid(pid, &exit_status, 0) != pid) {
        status = ams_fail(err, AMS_BACKEND, "cannot wait for gnuplot: %s", strerror(errno));
    } else {
        read_messages(messages, text, sizeof text);
        if (!WIFEXITED(exit_status) || WEXITSTATUS(exit_status) != 0) {
            status =
                ams_fail(err, AMS_BACKEND, "gnuplot failed on %s/%s: %s", folder, script, text);
        } else if (text[0] != 0) {
            fprintf(stderr, "ams plot: gnuplot on %s/%s: %s\n", folder, script, text);
        }
    }
    fclose(messages);
    return status;
}

static ams_status print_path(const plot_job *job, const char *name, const char *ending,
                             ams_error *err)
{
    char *path = NULL;
    ams_status status = output_path(job, name, ending, &path, err);
    if (status == AMS_OK && !ams_exists(path)) {
        status = ams_fail(err, AMS_BACKEND, "gnuplot did not write %s", path);
    } else if (status == AMS_OK) {
        puts(path);
    }
    free(path);
    return status;
}

/* Data and script of a figure. */
static ams_status write_figure(const plot_job *job, const plot_data *data, ams_error *err)
{
    const char *name = data->kind->name;
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(output_path(job, name, "tsv", &path, err));
    AMS_TRY(plot_data_write(data, path, err));
    AMS_TRY(print_path(job, name, "tsv", err));
    free(path);
    path = NULL;
    AMS_TRY(output_path(job, name, "gp", &path, err));
    AMS_TRY(write_script(job, name, path, err));
    AMS_TRY(print_path(job, name, "gp", err));
out:
    free(path);
    return status;
}

/* Gives the policies their styles in the order of the first figure's file, whatever is drawn.
 */
static ams_status deal_styles(plot_job *job, ams_error *err)
{
    plot_data data;
    ams_status status = plot_data_read(&data, &plot_kinds[0], job->folders, job->n_folders,
                                       job->policy, &job->trained, err);
    plot_data_fini(&data);
    return status;
}

/* Writes data and scripts of all figures; wanted[] keeps those that had data. */
static ams_status write_figures(plot_job *job, ams_error *err)
{
    ams_status status = deal_styles(job, err);
    bool any = false;
    for (size_t k = 0; k < plot_n_kinds && status == AMS_OK; k++) {
        if (!job->wanted[k]) {
            continue;
        }
        plot_data data;
        ams_names own = {0};
        status =
            plot_data_read(&data, &plot_kinds[k], job->folders, job->n_folders, job->policy,
                           plot_kinds[k].own_styles ? &own : &job->trained, err);
        ams_names_fini(&own);
        if (status != AMS_OK) {
            break;
        }
        job->wanted[k] = data.n > 0;
        any = any || data.n > 0;
        if (data.n > 0) {
            status = write_figure(job, &data, err);
        } else if (job->chosen) {
            status = ams_fail(err, AMS_BAD_DATA, "no folder has data for %s (rows of %s)",
                              plot_kinds[k].name, plot_kinds[k].file);
        }
        plot_data_fini(&data);
    }
    if (status == AMS_OK && !any) {
        status = ams_fail(err, AMS_BAD_DATA, "the folders have no rows to draw yet");
    }
    return status;
}

static ams_status draw_figures(const plot_job *job, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t k = 0; k < plot_n_kinds; k++) {
        if (job->wanted[k]) {
            AMS_TRY(run_gnuplot(job->out, plot_kinds[k].name, err));
            for (size_t i = 0; i < N_FORMATS; i++) {
                if (job->format[i]) {
                    AMS_TRY(print_path(job, plot_kinds[k].name, formats[i], err));
                }
            }
        }
    }
out:
    return status;
}

static ams_status check_folder(const char *folder, ams_error *err)
{
    if (!ams_is_directory(folder)) {
        return ams_fail(err, AMS_IO, "no such folder: %s", folder);
    }
    for (size_t k = 0; k < plot_n_kinds; k++) {
        char *path = NULL;
        bool found = false;
        ams_status status = plot_data_path(&path, folder, plot_kinds[k].file, &found, err);
        free(path);
        if (found || status != AMS_OK) {
            return status;
        }
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s has none of curves.tsv, intervals.tsv, metrics.tsv; expected a folder "
                    "written by ams eval, ams train or ams compare (an experiment is compared "
                    "before it is drawn)",
                    folder);
}

static ams_status parse_job(plot_job *job, const cli_args *args, ams_error *err)
{
    const char *kinds[MAX_KINDS];
    ams_status status = AMS_OK;
    if (args->n_operands == 0) {
        return ams_fail(err, AMS_USAGE,
                        "expected a folder written by ams eval, ams train or ams compare");
    }
    job->folders = args->operand;
    job->policy = cli_get(args, "--policy", NULL);
    job->n_folders = (size_t)args->n_operands;
    for (size_t i = 0; i < job->n_folders; i++) {
        AMS_TRY(check_folder(job->folders[i], err));
    }
    for (size_t k = 0; k < plot_n_kinds; k++) {
        kinds[k] = plot_kinds[k].name;
        job->wanted[k] = !cli_has(args, "--what");
    }
    job->chosen = cli_has(args, "--what");
    if (job->chosen) {
        AMS_TRY(parse_list("--what", cli_get(args, "--what", ""), kinds, plot_n_kinds,
                           job->wanted, err));
    }
    AMS_TRY(parse_list("--format", cli_get(args, "--format", "svg,png"), formats, N_FORMATS,
                       job->format, err));
    if (cli_has(args, "-o")) {
        AMS_TRY(ams_copy_text(&job->out, cli_get(args, "-o", ""), err));
    } else {
        AMS_TRY(ams_join_path(&job->out, job->folders[0], "plots", err));
    }
    status = ams_make_directories(job->out, err);
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    plot_job job = {0};
    ams_status status = AMS_OK;
    AMS_TRY(parse_job(&job, args, err));
    AMS_TRY(write_figures(&job, err));
    AMS_TRY(draw_figures(&job, err));
out:
    free(job.out);
    ams_names_fini(&job.trained);
    return status;
}

const ams_command ams_cmd_plot = {
    .name = "plot",
    .summary = "draw figures of evaluations, runs and comparisons",
    .usage = "ams plot FOLDER... [--what LIST] [--policy NAME] [--format LIST] [-o OUT]",
    .help =
        "FOLDER is what ams eval or ams train wrote, or an experiment that ams compare has\n"
        "compared; several are drawn over each other. Writes NAME.tsv (the data), NAME.gp\n"
        "(the gnuplot script: `gnuplot NAME.gp` draws again) and NAME.svg, NAME.png; prints\n"
        "the paths. Needs gnuplot. Bands and bars are 95 % intervals.\n\n"
        "Options:\n"
        "  --what LIST    figures, with commas; default: all that the folders have data for\n"
        "      recall-time      mean recall reached by a time\n"
        "      recall-models    mean recall after a number of models\n"
        "      required-time    mean time until a required recall\n"
        "      differences      that time less the one of `fixed`, paired (an experiment's)\n"
        "      distribution     share of runs and items with recall 1.0 within a time\n"
        "      profiles         the same within a multiple of the oracle's time for the item;\n"
        "                       beside it the share of items (needs `oracle`)\n"
        "      training-items   time to recall 0.8 and 1.0 by number of training items (an\n"
        "                       experiment's that varies items=)\n"
        "      learning-agents  validation time by update, over seeds (an experiment's)\n"
        "      learning         validation time and loss by update (a run's)\n"
        "      recall-deadline  mean recall of value by a deadline (of ams schedule)\n"
        "      of-bound         the same as a share of the bound\n"
        "      gantt            which model ran when on an item (of ams trace)\n"
        "      priority         position and time saved by a model's theta (priority.tsv)\n"
        "      order            which model one policy runs at which position\n"
        "  --policy NAME  whose order; default: the first trained policy\n"
        "  --format LIST  svg, png, pdf, with commas; default svg,png\n"
        "  -o OUT         folder of the figures; default: plots in the first FOLDER\n\n"
        "Examples:\n"
        "  ams plot results/eval\n"
        "  ams plot exp/first --what differences,order --policy fixed\n"
        "  ams plot results/runs/dqn-0 results/runs/dqn-1 --what learning --format pdf\n",
    CLI_OPTIONS(options),
    .run = run,
};
