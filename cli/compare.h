/* What `ams compare` holds while it runs. Private to cli/compare*.c. */
#ifndef AMS_CLI_COMPARE_H
#define AMS_CLI_COMPARE_H

#include "cli/eval.h"

#include <stdio.h>

/* A finished run of EXP/runs. */
typedef struct compare_run {
    char *directory;
    char *data_path;               /* as its manifest has it */
    char data_hash[AMS_HASH_TEXT]; /* likewise */
    double seconds;                /* of training; NAN where timing.tsv is missing */
} compare_run;

/* A row of compare.tsv. */
typedef struct compare_row {
    const char *agent;
    uint32_t seeds;
    char required_recall[8]; /* "-" where none applies */
    char metric[80];
    ams_interval interval;
} compare_row;

#define COMPARE_NONE UINT32_MAX

typedef struct compare {
    const char *directory;
    compare_run *run; /* (n_runs) by name; the first of eval.run, in the same order */
    size_t n_runs;
    size_t n_unfinished;
    eval_session eval;
    char *eval_directory;   /* EXP/eval */
    uint32_t fixed, oracle; /* groups, or COMPARE_NONE */
    compare_row *row;
    size_t n_rows;
} compare;

/* The finished runs in EXP/runs; the others are counted and named on stderr.
 * @return AMS_USAGE (none is finished), AMS_IO, AMS_BAD_DATA. */
ams_status compare_find_runs(compare *c, ams_error *err);
void compare_runs_fini(compare *c);

/* The run's key items, from its config.ini. AMS_IO, AMS_BAD_DATA. */
ams_status compare_read_items(const char *run, uint64_t *items, ams_error *err);
/* Each policy that is fitted, from place `first` of eval.run on, once more for every sample of
 * training items that a run learned from; room is reserved.
 * @return AMS_USAGE (the runs learned from other data), AMS_BACKEND. */
ams_status compare_add_sampled(compare *c, uint32_t first, ams_error *err);
/* Whether the baseline was also fitted on samples. */
bool compare_has_samples(const compare *c, const char *name);

/* Place in eval.run of the group's first run. */
uint32_t compare_first_run(const compare *c, uint32_t group);
/* Whether the group's runs were trained; else it is a baseline. */
bool compare_is_agent(const compare *c, uint32_t group);
/* Every row of the table, after the scores are there. */
ams_status compare_make_rows(compare *c, ams_error *err);

/* compare.tsv, compare.md, compare.json in EXP. */
ams_status compare_write(const compare *c, ams_error *err);
/* learning.tsv and, where the runs' key items varies, training_items.tsv in EXP/eval. */
ams_status compare_write_figures(const compare *c, ams_error *err);
void compare_print_table(const compare *c, FILE *stream);
ams_status compare_print_json(const compare *c, FILE *stream, ams_error *err);

#endif
