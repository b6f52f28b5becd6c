/* What `ams eval` holds while it runs. Private to cli/eval*.c. */
#ifndef AMS_CLI_EVAL_H
#define AMS_CLI_EVAL_H

#include "experiments/stats.h"

typedef struct eval_run {
    ams_policy *policy;
    ams_scores scores;
} eval_run;

typedef struct eval_session {
    const char *data_path, *split_name;
    const char *directory; /* NULL: nothing is written */
    char *command;
    char data_hash[AMS_HASH_TEXT];
    ams_table table;
    ams_env *env;
    ams_eval_options options;
    uint64_t draws, bootstrap_draws, seed, threads;
    eval_run *run; /* in the order given, then `all` and `random` */
    uint32_t n_runs;
    ams_group *group;          /* runs of one label, in order of first appearance */
    const ams_scores **member; /* (n_runs) grouped */
    uint32_t n_groups;
    uint32_t all, random; /* groups that `saved` is against */
    uint32_t *rank;       /* (n_groups) groups by their mean time at recall 1.0 */
    ams_bootstrap bootstrap;
} eval_session;

/* What is reported at each required recall. */
typedef enum eval_metric {
    EVAL_TIME_MS,
    EVAL_MODELS_RUN,
    EVAL_SAVED_VS_ALL,
    EVAL_SAVED_VS_RANDOM,
    EVAL_METRICS
} eval_metric;
extern const char *const eval_metric_names[EVAL_METRICS];

ams_interval eval_interval(const eval_session *s, uint32_t group, eval_metric metric,
                           uint32_t q);

/* summary.tsv, intervals.tsv, curves.tsv, items.tsv.zst, eval.json in the directory. */
ams_status eval_write(const eval_session *s, ams_error *err);

void eval_print_table(const eval_session *s);
ams_status eval_print_json(const eval_session *s, ams_error *err);

#endif
