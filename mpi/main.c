/* The program `ams-mpi`: commands of `ams` done by all ranks of an MPI job together. */
#include "base/file.h"
#include "base/job_place.h"
#include "cli/cli.h"
#include "cli/words.h"
#include "console/manual.h"
#include "mpi/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ams_command *const commands[] = {
    &ams_cmd_data_import, &ams_cmd_data_check,        &ams_cmd_data_synth,      &ams_cmd_eval,
    &ams_cmd_compare,     &ams_cmd_schedule_deadline, &ams_cmd_schedule_memory, &ams_cmd_stream,
    &ams_cmd_links_train,
};

static const char usage[] =
    "       mpirun -n RANKS ams-mpi COMMAND [OPTION]...\n"
    "       mpirun -n RANKS ams-mpi --script FILE     commands, one per line; # is a comment\n"
    "\nThe files are those of `ams`, to the byte, for any number of ranks and threads.\n";

enum { MOST_WORDS = 1024, SCRIPT_BYTES = 1 << 20 };

static int run_one(ams_team *team, int argc, char **argv)
{
    const cli_commands all = {.command = commands,
                              .n = sizeof commands / sizeof commands[0],
                              .print_words = cli_print_words,
                              .program = "ams-mpi",
                              .program_usage = usage,
                              .team = ams_team_size(team) > 1 ? team : NULL};
    return cli_main(&all, argc, argv);
}

/* Cuts a line into words at its blanks; returns how many there are, with argv[0]. */
static int split_line(char *line, char *argv[MOST_WORDS])
{
    int n = 1;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t", &rest); word != NULL && n < MOST_WORDS - 1;
         word = strtok_r(NULL, " \t", &rest)) {
        argv[n++] = word;
    }
    argv[n] = NULL;
    return n;
}

/* Commands of a file, one per line, until one fails: MPI starts once for all of them. Every
 * rank reads the file. */
static int run_script(ams_team *team, char *program, const char *path)
{
    char *text = NULL;
    char *rest = NULL;
    size_t size = 0;
    ams_error err = {.text = ""};
    ams_status status = ams_read_file(path, SCRIPT_BYTES, &text, &size, &err);
    status = ams_team_finish(team, status, &err);
    if (status != AMS_OK && err.text[0] != 0) {
        fprintf(stderr, "ams-mpi --script: %s\n", err.text);
    }
    int code = (int)status;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL && code == 0;
         line = strtok_r(NULL, "\n", &rest)) {
        char *argv[MOST_WORDS] = {program};
        const int n = split_line(line, argv);
        code = n > 1 && argv[1][0] != '#' ? run_one(team, n, argv) : 0;
    }
    free(text);
    return code;
}

static void tell_if_bound(void)
{
    const ams_job_place place = ams_job_place_of();
    if (ams_job_is_bound_short(&place)) {
        fprintf(stderr,
                "ams-mpi: each of the %u ranks on this machine is bound to %u of its %u "
                "processors; `mpirun --bind-to none` lets them share all\n",
                place.here, ams_job_processors(&place), ams_job_launcher_processors());
    }
}

/* The first rank prints; what the others would print goes nowhere. Their messages reach it as
 * those of a team do. */
static int run(ams_team *team, int argc, char **argv)
{
    if (!ams_team_leads(team) && freopen("/dev/null", "w", stdout) == NULL) {
        return AMS_IO;
    }
    return argc == 3 && strcmp(argv[1], "--script") == 0
               ? run_script(ams_team_size(team) > 1 ? team : NULL, argv[0], argv[2])
               : run_one(team, argc, argv);
}

int main(int argc, char **argv)
{
    mpi_line *line = NULL;
    ams_team *team = NULL;
    ams_error err = {.text = ""};
    cli_begin();
    ams_status status = mpi_line_open(&line, &argc, &argv, &err);
    if (status == AMS_OK) {
        const ams_team_line members = mpi_line_of_team(line);
        status = ams_team_create(&team, &members, &err);
    }
    if (status != AMS_OK) {
        fprintf(stderr, "ams-mpi: %s\n", err.text);
        return (int)status; /* mpirun ends the others */
    }
    if (ams_team_leads(team)) {
        tell_if_bound();
    }
    const int code = run(team, argc, argv);
    ams_team_destroy(team);
    mpi_line_close(line);
    return code;
}
