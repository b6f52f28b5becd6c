/* The runs of an experiment against each other and against baselines.
 *
 * EXP is the folder of `ams sweep`: each finished run in EXP/runs is scored, and runs of one
 * label are seeds of one configuration. Whatever else is scored counts as a baseline.
 *
 *   ams_compare c = {0};
 *   ams_compare_run(&c, &options, &err)    finds the runs, scores them, makes the rows
 *   ams_compare_write(&c, &err)            what `ams plot` and `ams report` read
 *   ams_compare_close(&c)                  also after a failure
 *
 * G groups, as in include/ams/score.h. Times are in milliseconds, seconds are of training. */
#ifndef AMS_COMPARE_H
#define AMS_COMPARE_H

#include "ams/score.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All pointers are borrowed until the comparison is closed. */
typedef struct ams_compare_options {
    const char *directory; /* EXP */
    /* How everything is scored. data_path NULL: the data set that the runs were trained on;
     * `policy` (n_policies): policies from elsewhere, which stand among the baselines. */
    ams_score_options score;
    const char *const *baseline; /* (n_baselines) kinds as `ams list policies` names them;
                                    `all` and `random` are always there */
    size_t n_baselines;
    bool baseline_items; /* fits each baseline that is fitted also to every sample of training
                            items that a run learned from */
} ams_compare_options;
/* ams_score_defaults() with 10000 bootstrap draws, and fixed, random, oracle. */
ams_compare_options ams_compare_defaults(void);

/* A finished run of EXP/runs. */
typedef struct ams_compare_member {
    char *directory;
    char *data_path;               /* as its manifest has it */
    char data_hash[AMS_HASH_TEXT]; /* likewise */
    uint64_t items;                /* training items that it was limited to; 0: all */
    double seconds;                /* of training; NAN where timing.tsv is missing */
} ams_compare_member;

/* A row of compare.tsv. */
typedef struct ams_compare_row {
    const char *agent; /* label of the group */
    uint32_t seeds;
    char required_recall[8]; /* "-" where none applies */
    char metric[80];
    ams_interval interval;
} ams_compare_row;

#define AMS_COMPARE_NONE UINT32_MAX

/* For reading; all zero before it is run. */
typedef struct ams_compare {
    ams_compare_options options;
    char *eval_directory;    /* EXP/eval */
    ams_compare_member *run; /* (n_runs) by name; the first policies of `score`, in the same
                                order */
    size_t n_runs;
    size_t n_unfinished; /* runs left out */
    ams_score_session score;
    uint64_t *items;        /* (P) training items that each policy was limited to; 0: all */
    uint32_t fixed, oracle; /* groups, or AMS_COMPARE_NONE */
    ams_compare_row *row;   /* (n_rows) group after group, best first */
    size_t n_rows;
    const char **spec; /* private: (n_specs) of the policies, most of them borrowed */
    size_t n_specs;
} ams_compare;

/* As far as the policies are there: for who scores c->score in another way.
 * @return as ams_compare_run. */
ams_status ams_compare_open(ams_compare *c, const ams_compare_options *options, ams_error *err);
/* Reports by options.score.progress: runs that are left out, groups of few seeds, groups whose
 * times of training are not known.
 * @return AMS_USAGE (no finished run; runs of different data, or data that changed since,
 * without a data_path; no such baseline; a label that a run and a baseline share), AMS_IO,
 * AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_compare_run(ams_compare *c, const ams_compare_options *options, ams_error *err);
void ams_compare_close(ams_compare *c);

/* Whether the group's policies are runs of the experiment; else it is a baseline. */
bool ams_compare_is_agent(const ams_compare *c, uint32_t group);
/* NULL where the table has no such row. recall: "0.5", ..., or "-". */
const ams_interval *ams_compare_find(const ams_compare *c, uint32_t group, const char *recall,
                                     const char *metric);

/* compare.tsv, compare.md and compare.json in EXP; in EXP/eval what ams_score_write writes,
 * learning.tsv and, where the runs' numbers of training items vary, training_items.tsv.
 * @return AMS_IO, AMS_BAD_DATA (metrics.tsv of a run), AMS_BACKEND. */
ams_status ams_compare_write(const ams_compare *c, ams_error *err);
/* One line per group, best first, as a Markdown table. */
void ams_compare_print_table(const ams_compare *c, FILE *stream);
/* compare.json. */
ams_status ams_compare_write_json(const ams_compare *c, FILE *stream, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
