/* The script of a figure, and the process that draws it. */
#include "lab/figures/gnuplot.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
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

const char *const ams_figure_format_names[AMS_FIGURE_FORMATS] = {"svg", "png", "pdf"};

/* -- the script -- */

typedef struct figure_script {
    const ams_figure_data *data;
    const bool *format; /* (AMS_FIGURE_FORMATS) */
} figure_script;

static const char *script_text(const char *name)
{
    for (size_t i = 0; i < ams_n_plot_scripts; i++) {
        if (strcmp(ams_plot_scripts[i].name, name) == 0) {
            return ams_plot_scripts[i].text;
        }
    }
    return "";
}

/* In single quotes gnuplot takes all characters as they are, but a quote, which is doubled. The
 * terminals do not enhance, so _, ^, @ and {} are themselves, too; in labels of tics, which are
 * formats, tic() of plots/style.gp doubles %. */
static void print_quoted(FILE *stream, const char *text)
{
    fputc('\'', stream);
    for (; *text != '\0'; text++) {
        fputs(*text == '\'' ? "''" : (char[]){*text, '\0'}, stream);
    }
    fputc('\'', stream);
}

/* gnuplot reads a quote in a table as the begin of a text with separators in it, and a
 * backslash as an escape. */
static bool reads_otherwise(const char *text)
{
    return text != NULL && strpbrk(text, "\"\\") != NULL;
}

/* What the k-th curve is called in the figure. Two long names that look the same once they are
 * shortened are numbered. */
static void shorten_legend(const ams_figure_data *data, size_t k,
                           char out[AMS_SHORT_BYTES(AMS_NAME_IN_FIGURE)])
{
    char other[AMS_SHORT_BYTES(AMS_NAME_IN_FIGURE)];
    const char *legend = data->series[k].legend;
    unsigned twins = 1;
    ams_text_shorten(out, legend, AMS_NAME_IN_FIGURE);
    for (size_t i = 0; i < k && strcmp(out, legend) != 0; i++) {
        ams_text_shorten(other, data->series[i].legend, AMS_NAME_IN_FIGURE);
        twins += strcmp(other, out) == 0 && strcmp(data->series[i].legend, legend) != 0;
    }
    if (twins > 1) {
        ams_text_shorten(out, legend, AMS_NAME_IN_FIGURE - 4);
        const size_t used = strlen(out);
        snprintf(out + used, AMS_SHORT_BYTES(AMS_NAME_IN_FIGURE) - used, " #%u", twins);
    }
}

/* Where a name does not read in the figure as it does in its data: the right one, and data that
 * gnuplot can read. */
static void print_names(FILE *stream, const ams_figure_data *data)
{
    char shown[AMS_SHORT_BYTES(AMS_NAME_IN_FIGURE)];
    bool otherwise = reads_otherwise(data->subject);
    size_t place = 0; /* curves without a point are not in the data */
    fputs("shown(i, k) = ", stream);
    for (size_t k = 0; k < data->n; k++) {
        const ams_figure_series *series = &data->series[k];
        const bool cut = reads_otherwise(series->legend) || reads_otherwise(series->label);
        otherwise = otherwise || cut;
        if (series->n == 0) {
            continue;
        }
        place++;
        shorten_legend(data, k, shown);
        if (cut || strcmp(shown, series->legend) != 0) {
            fprintf(stream, "i == %zu ? ", place);
            print_quoted(stream, shown);
            fputs(" : ", stream);
        }
    }
    fputs("k\n", stream);
    if (data->subject != NULL) {
        fputs("subject = ", stream);
        print_quoted(stream, data->subject);
        fputc('\n', stream);
    }
    if (otherwise) { /* the same columns, with other characters in names */
        fprintf(stream, "data = '< tr ''\\042\\134'' ''\\001\\002'' < %s.tsv'\n",
                data->kind->name);
    }
}

static ams_status print_script(FILE *stream, const void *context, ams_error *err)
{
    const figure_script *script = context;
    const char *name = script->data->kind->name;
    const char *space = "";
    (void)err;
    fprintf(stream, "# Written by ams plot. Draws again with: gnuplot %s.gp\n", name);
    fprintf(stream, "figure = '%s'\nformats = '", name);
    for (size_t i = 0; i < AMS_FIGURE_FORMATS; i++) {
        if (script->format[i]) {
            fprintf(stream, "%s%s", space, ams_figure_format_names[i]);
            space = " ";
        }
    }
    fputs("'\n", stream);
    print_names(stream, script->data);
    const char *unit = script->data->unit[0] == '\0' ? "ms" : script->data->unit;
    fprintf(stream, "cost = '%s'\nunit = ", ams_cost_word(unit));
    print_quoted(stream, unit);
    fputc('\n', stream);
    fprintf(stream, "\n%s\n%s", ams_plot_style, script_text(name));
    return AMS_OK;
}

ams_status ams_figure_script_write(const char *directory, const ams_figure_data *data,
                                   const bool format[AMS_FIGURE_FORMATS], ams_error *err)
{
    const figure_script script = {.data = data, .format = format};
    char file[64];
    snprintf(file, sizeof file, "%s.gp", data->kind->name);
    return ams_file_write(directory, file, print_script, &script, err);
}

/* -- the process -- */

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
 * characters that plain C lacks. NULL without memory; free() it. The texts stay the
 * environment's own. */
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

/* Starts `PROGRAM -d SCRIPT` in the folder; its output goes to `messages`. 0 or an errno. */
static int start_gnuplot(char *program, const char *directory, char *script, FILE *messages,
                         pid_t *pid)
{
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
    posix_spawn_file_actions_addchdir_np(&actions, directory);
    error = posix_spawnp(pid, program, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error;
}

static ams_status not_started(const char *program, int error, const char *directory,
                              ams_error *err)
{
    if (error == ENOENT) {
        return ams_fail(err, AMS_BACKEND,
                        "%s was not found; `apt-get install gnuplot-nox` brings it. Data and "
                        "scripts are in %s",
                        program, directory);
    }
    return ams_fail(err, AMS_BACKEND, "cannot start %s: %s", program, strerror(error));
}

ams_status ams_figure_gnuplot(const char *program, const char *directory, const char *name,
                              const ams_progress *progress, ams_error *err)
{
    char script[64];
    char text[512];
    pid_t pid = 0;
    int exit_status = 0;
    char *name_of_program = NULL;
    ams_status status = AMS_OK;
    snprintf(script, sizeof script, "%s.gp", name);
    FILE *messages = tmpfile();
    if (messages == NULL) {
        return ams_fail(err, AMS_IO, "cannot create a temporary file: %s", strerror(errno));
    }
    AMS_TRY(ams_copy_text(&name_of_program, program, err));
    int error = start_gnuplot(name_of_program, directory, script, messages, &pid);
    if (error != 0) {
        status = not_started(program, error, directory, err);
    } else if (waitpid(pid, &exit_status, 0) != pid) {
        status = ams_fail(err, AMS_BACKEND, "cannot wait for gnuplot: %s", strerror(errno));
    } else {
        read_messages(messages, text, sizeof text);
        if (!WIFEXITED(exit_status) || WEXITSTATUS(exit_status) != 0) {
            status = ams_fail(err, AMS_BACKEND, "gnuplot failed on %s/%s: %s", directory,
                              script, text);
        } else if (text[0] != 0) {
            ams_notice(progress, "gnuplot on %s/%s: %s", directory, script, text);
        }
    }
out:
    fclose(messages);
    free(name_of_program);
    return status;
}
