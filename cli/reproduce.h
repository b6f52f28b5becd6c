/* What `ams reproduce` holds while it runs. Private to cli/reproduce*.c. */
#ifndef AMS_CLI_REPRODUCE_H
#define AMS_CLI_REPRODUCE_H

#include "cli/cli.h"
#include "lab/reproduce/recipe.h"

#include <signal.h>
#include <sys/types.h>

typedef enum step_state {
    STEP_UNWANTED,
    STEP_WAITING,
    STEP_RUNNING,
    STEP_STOPPED, /* by a signal; to be done again */
    STEP_DONE,
    STEP_BEFORE, /* was done before */
    STEP_FAILED,
    STEP_SKIPPED /* a step that it needs failed */
} step_state;

/* What became of a step of the recipe. */
typedef struct reproduce_step {
    char *text; /* the command line, as it can be typed */
    step_state state;
    pid_t pid;
    double begun, seconds, peak_mb;
    double cpu_seconds; /* of it and its children: what it takes where nobody disturbs */
    double rank;        /* expected seconds of the longest chain of steps that begins here */
    int code;           /* exit code, 128 + number for a signal */
    char message[512];
    char commit[64]; /* of the program that did it */
} reproduce_step;

typedef struct reproduce_number {
    bool known;    /* its step is done */
    bool interval; /* `value` has one */
    ams_interval value;
    ams_verdict verdict;
} reproduce_number;

typedef struct reproduce {
    ams_recipe recipe;
    const char *directory;
    char *command;
    reproduce_step *step;     /* (recipe.n_steps) */
    reproduce_number *number; /* (recipe.n_rows) */
    uint64_t side_by_side;
    int lock;
} reproduce;

/* Folders, lock, and which steps are done already. The steps' processes inherit the lock: while
 * one of them lives, even without this one, nobody else begins.
 * @return AMS_USAGE: in use, or begun at another scale. */
ams_status reproduce_open(reproduce *r, ams_error *err);
/* Runs what is left to do. *stopped by SIGINT or SIGTERM, which the steps get passed on. */
ams_status reproduce_run(reproduce *r, bool *stopped, ams_error *err);
size_t reproduce_count(const reproduce *r, step_state state);
/* Done now or before. */
bool reproduce_has(const reproduce *r, size_t step);

/* Reads the numbers and writes rows.tsv, experiments.tsv, choices.tsv, notes.tsv and steps.tsv.
 */
ams_status reproduce_write(reproduce *r, ams_error *err);
/* The numbers with their verdicts. */
void reproduce_print(const reproduce *r);
/* An item's schedule in words, from a trace.json; free() *words. */
ams_status reproduce_words(const char *path, char **words, ams_error *err);

#endif
