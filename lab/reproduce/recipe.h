/* What `ams reproduce` does, read from tables that a user can edit: which commands, which cells
 * of what they write are which numbers of the papers, which figures. docs/reproduce.md has the
 * tables.
 *
 * FOLDER/reproduce/{experiments,sets,scales,steps,rows,figures,choices,why,seconds}.tsv,
 * FOLDER/expected/papers.tsv. Texts borrow from the recipe unless said otherwise. */
#ifndef AMS_LAB_REPRODUCE_RECIPE_H
#define AMS_LAB_REPRODUCE_RECIPE_H

#include "base/tsv.h"
#include "lab/reproduce/verdict.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ams_recipe_table {
    AMS_RECIPE_EXPERIMENTS,
    AMS_RECIPE_SETS,
    AMS_RECIPE_SCALES,
    AMS_RECIPE_STEPS,
    AMS_RECIPE_ROWS,
    AMS_RECIPE_FIGURES,
    AMS_RECIPE_CHOICES,
    AMS_RECIPE_WHY,
    AMS_RECIPE_SECONDS,
    AMS_RECIPE_PAPERS,
    AMS_RECIPE_TABLES
} ams_recipe_table;

typedef struct ams_recipe_options {
    const char *folder, *out, *device;
    const char *scale;         /* a column of scales.tsv */
    const char *const *wanted; /* (n_wanted) experiments; none: all */
    size_t n_wanted;
    bool photos, synthetic; /* sets */
} ams_recipe_options;

#define AMS_NO_STEP SIZE_MAX

/* One command of `ams`. */
typedef struct ams_recipe_step {
    char *name;  /* "compare-coco" */
    char **word; /* (n_words) without the program's name */
    size_t n_words;
    size_t *need; /* (n_needs) steps before it, each of a smaller index */
    size_t n_needs;
    double seconds; /* expected, on one core; 0: not recorded */
    bool wanted;    /* of no wanted row or figure, and no need of one: stays false */
} ams_recipe_step;

/* Where a number is found: a cell of a table that a step writes. */
typedef struct ams_recipe_cell {
    size_t step;
    char *file;          /* path */
    char *where;         /* "agent=optimal;metric=time_ms": rows with these cells */
    char *other;         /* the same of a row to divide by; "-": none */
    const char *columns; /* "mean,ci_low,ci_high", or one without an interval */
    uint64_t nth;        /* of the rows that match, from 1 */
    const char *convert; /* "-", "x100", "1000/x" */
} ams_recipe_cell;

/* A number of the report. */
typedef struct ams_recipe_row {
    const char *id, *experiment, *set, *unit;
    char *quantity; /* with the name of the data where it is not the set's own */
    ams_claim paper;
    ams_recipe_cell cell;
} ams_recipe_row;

typedef struct ams_recipe_figure {
    const char *experiment;
    size_t step;
    char *file; /* relative to `out` */
} ams_recipe_figure;

/* An option that was tried: what choices.tsv of the results has, without the number. */
typedef struct ams_recipe_choice {
    const char *choice, *option, *measure, *unit, *better, *how;
    char *set; /* the data's name */
    ams_recipe_cell cell;
} ams_recipe_choice;

typedef struct ams_recipe {
    ams_recipe_options options;
    ams_tsv table[AMS_RECIPE_TABLES];
    size_t scale;  /* column of SCALES */
    char *shipped; /* folder of the shipped data, for {shipped} */
    ams_recipe_step *step;
    ams_recipe_row *row;
    ams_recipe_figure *figure;
    ams_recipe_choice *choice;
    size_t n_steps, n_rows, n_figures,
        n_choices; /* rows, figures, choices: wanted ones alone */
    size_t room[4];
} ams_recipe;

/* The folder with a recipe's tables, for the caller to free(): `given` as it is, if it is not
 * NULL; else experiments/ of the working directory; else SHARE/experiments, where the program's
 * installation put it (`share` is PREFIX/share/ams, NULL: unknown).
 * @return AMS_IO with the places where it was searched for. */
ams_status ams_recipe_find(char **folder, const char *given, const char *share, ams_error *err);

/* Options are borrowed. @return AMS_USAGE (no such experiment or scale; nearest name), AMS_IO,
 * AMS_BAD_DATA (file, row, what was expected). */
ams_status ams_recipe_read(ams_recipe *recipe, const ams_recipe_options *options,
                           ams_error *err);
void ams_recipe_fini(ams_recipe *recipe);

/* Whether the experiment (row of EXPERIMENTS) is wanted. */
bool ams_recipe_wants(const ams_recipe *recipe, const char *experiment);
/* Text of a column by name; the tables' columns are checked when they are read. */
const char *ams_recipe_text(const ams_recipe *recipe, ams_recipe_table table, size_t row,
                            const char *column);
/* One sentence of why.tsv on a verdict, NULL where there is none. */
const char *ams_recipe_why(const ams_recipe *recipe, const ams_recipe_row *row,
                           ams_verdict verdict);
/* Expected seconds with `side_by_side` steps at a time, of the steps that are wanted and not
 * done[]: their sum divided by `side_by_side`, or the longest chain if that is more. *unknown:
 * how many steps have no recorded time. */
double ams_recipe_seconds(const ams_recipe *recipe, const bool *done, uint64_t side_by_side,
                          size_t *unknown);
/* Reads the number. *interval: whether it has one; else low = high = mean.
 * @return AMS_BAD_DATA naming file and row where it is missing. */
ams_status ams_recipe_number(const ams_recipe_cell *cell, ams_interval *number, bool *interval,
                             ams_error *err);

#endif
