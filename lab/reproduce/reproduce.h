/* A reproduction: the steps of a recipe carried out in a folder, and what comes of them.
 *
 *     ams_reproduction r;
 *     AMS_TRY(ams_reproduction_init(&r, &options, &err));   // which steps, what they take
 *     AMS_TRY(ams_reproduction_open(&r, &err));             // folder, lock, what is done
 *     AMS_TRY(ams_reproduction_run(&r, &stopped, &err));    // the rest of the steps
 *     AMS_TRY(ams_reproduction_write(&r, &err));            // rows.tsv and the other tables
 *     ams_reproduction_fini(&r);
 *
 * The folder holds work/, data/ and logs/STEP.log of the steps, and steps/STEP.tsv, the record
 * of each finished one. A step is done again when its record is missing or of another command,
 * or when a step that it needs is. docs/reproduce.md has the columns of the tables. */
#ifndef AMS_LAB_REPRODUCE_REPRODUCE_H
#define AMS_LAB_REPRODUCE_REPRODUCE_H

#include "ams/children.h"
#include "ams/claims.h"
#include "ams/progress.h"
#include "lab/reproduce/recipe.h"

#include <stdio.h>

typedef enum ams_step_state {
    AMS_STEP_UNWANTED,
    AMS_STEP_WAITING,
    AMS_STEP_RUNNING,
    AMS_STEP_STOPPED, /* by a signal; to be done again */
    AMS_STEP_DONE,
    AMS_STEP_BEFORE, /* was done before */
    AMS_STEP_FAILED,
    AMS_STEP_SKIPPED /* a step that it needs failed */
} ams_step_state;

/* What became of a step of the recipe. */
typedef struct ams_step {
    char *text; /* the command line, as it can be typed */
    ams_step_state state;
    double begun;       /* of a running one, ams_seconds() */
    double seconds;     /* that it took */
    double cpu_seconds; /* of it and its children: what it takes on an idle machine */
    double peak_mb;     /* largest resident memory, MiB */
    double rank;        /* expected seconds of the longest chain of steps that begins here */
    char *key;          /* of the piece of work that others share; NULL: not shared */
    uint32_t repeats;   /* the attempt at it that does not count, as it failed; 0: none */
    int code;           /* exit code, 128 + number for a signal */
    char message[512];  /* why it failed or was skipped */
    char commit[64];    /* of the program that did it */
} ams_step;

/* A number of the recipe. */
typedef struct ams_reproduced {
    bool known;    /* its step is done */
    bool interval; /* `value` has one */
    ams_interval value;
    ams_verdict verdict;
} ams_reproduced;

/* All pointers are borrowed. */
typedef struct ams_reproduction_options {
    ams_recipe_options recipe; /* its `out` is the folder of the results */
    uint64_t side_by_side;     /* steps at a time, at least 1 */
    const char *command;       /* these three are written into notes.tsv */
    const char *version, *commit;
    /* How a step becomes a process: sets child->program (a path), or child->body. `name`,
     * `log` and `argv` ("ams" and the step's words) are set, and last until the call after. */
    ams_status (*spawn)(void *context, const ams_recipe_step *step, ams_child *child,
                        ams_error *err);
    void *context;
    ams_progress progress; /* all zero: nobody listens. A step that fails is a notice */
    ams_join join;         /* with other processes; its shards are not used */
} ams_reproduction_options;

/* To be read by the caller, written by the functions below alone. */
typedef struct ams_reproduction {
    ams_reproduction_options options;
    ams_recipe recipe;
    const char *directory;
    ams_step *step;         /* (recipe.n_steps) */
    ams_reproduced *number; /* (recipe.n_rows) */
    /* private */
    int lock;
    ams_claims *claims; /* NULL: not shared */
    int step_lock;      /* of the step that is being started, where it is shared; -1: none */
    char **argv;        /* of that step */
    char *log;
} ams_reproduction;

/* Reads the recipe; nothing is written yet. @return as ams_recipe_read. */
ams_status ams_reproduction_init(ams_reproduction *r, const ams_reproduction_options *options,
                                 ams_error *err);
/* Frees, and gives the lock back; accepts all zero. */
void ams_reproduction_fini(ams_reproduction *r);

/* Folders, lock, and which steps are done already, or failed where they are shared. The steps'
 * processes inherit the lock: while one of them lives, even without this one, nobody else
 * begins. Waits up to 20 s for it. Of shared steps each has a lock of its own, to the same end.
 * @return AMS_USAGE: in use, or begun at another scale; AMS_IO. */
ams_status ams_reproduction_open(ams_reproduction *r, ams_error *err);
/* Carries out the steps that wait, each after those that it needs; of those that can begin, the
 * one with the longest chain of steps after it. A step that fails is no failure here: those
 * that need it are skipped, the others go on.
 *
 * *stopped: by SIGINT or SIGTERM, which the steps get passed on (include/ams/children.h). Set
 * by the caller: nothing is started. @return AMS_IO, AMS_BACKEND. */
ams_status ams_reproduction_run(ams_reproduction *r, int *stopped, ams_error *err);
/* Reads the numbers and writes steps.tsv, rows.tsv, experiments.tsv, choices.tsv and notes.tsv.
 * @return AMS_BAD_DATA: a step's table lacks a number of the recipe; AMS_IO. */
ams_status ams_reproduction_write(ams_reproduction *r, ams_error *err);

typedef enum ams_finish {
    AMS_FINISH_NOT_YET, /* steps are left, or a signal came before */
    AMS_FINISH_HERE,
    AMS_FINISH_ELSEWHERE /* another process has done it, now or in an earlier call */
} ams_finish;

/* Has `work` done by one of the processes that share the reproduction, when all its steps have
 * ended; by this one where it is not shared. */
ams_status ams_reproduction_finish(ams_reproduction *r,
                                   ams_status (*work)(void *context, ams_error *err),
                                   void *context, int *stopped, ams_finish *finish,
                                   ams_error *err);
/* Steps that are neither done nor failed nor skipped, here or elsewhere. */
size_t ams_reproduction_left(const ams_reproduction *r);

/* Prints the numbers that are known to `out`: one table per experiment, with the papers' number
 * and the verdict, then how many agree. */
void ams_reproduction_summary(FILE *out, const ams_reproduction *r);
/* The experiments, as lines or as JSON. @return AMS_BACKEND. */
ams_status ams_reproduction_list(FILE *out, const ams_reproduction *r, bool json,
                                 ams_error *err);
/* How many steps there are, and how long the rest will take. @return AMS_IO. */
ams_status ams_reproduction_estimate(FILE *out, const ams_reproduction *r, ams_error *err);
/* The steps that wait, with their commands. */
void ams_reproduction_plan(FILE *out, const ams_reproduction *r);

/* How many steps are in the state. */
size_t ams_reproduction_count(const ams_reproduction *r, ams_step_state state);
/* Whether the step is done, now or before. */
bool ams_reproduction_has(const ams_reproduction *r, size_t step);
/* Expected seconds of the steps that are not done; as ams_recipe_seconds. */
ams_status ams_reproduction_seconds(const ams_reproduction *r, double *seconds, size_t *unknown,
                                    ams_error *err);

/* An item's schedule in words, from the trace.json of ams trace; free() *words.
 * @return AMS_BAD_DATA: no such file, or no trace. */
ams_status ams_trace_words(const char *path, char **words, ams_error *err);

#endif
