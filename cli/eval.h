/* What `ams eval` and `ams compare` hold while they run. Private to cli/eval*.c and
 * cli/compare*.c. */
#ifndef AMS_CLI_EVAL_H
#define AMS_CLI_EVAL_H

#include "cli/cli.h"
#include "lab/stats/stats.h"

typedef struct eval_run {
    ams_policy *policy;
    ams_scores scores; /* without what only the bootstrap reads, once it has read it */
    double time_ms[AMS_RECALLS], models[AMS_RECALLS]; /* means over the items */
    uint64_t items; /* training items it was limited to; 0: all */
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
    uint64_t memory_mb;
    bool whole;                     /* never in parts */
    const char *device;             /* cpu, cuda, auto */
    struct ams_cuda_roller *roller; /* rolls trained policies out; NULL: the CPU does */
    uint8_t
        *rolled; /* (trained policies rolled out, N, M) of the items in memory; NULL: none */
    uint32_t n_items;             /* of the split */
    struct ams_table_file *parts; /* NULL: the whole file is in `table` */
    uint32_t *part_item;          /* (n_items) with parts: the split's items in the file */
    eval_run *run;                /* in the order given, then `all` and `random` */
    uint32_t n_runs;
    ams_group *group;          /* runs of one label, in order of first appearance */
    const ams_scores **member; /* (n_runs) grouped */
    uint32_t *member_run;      /* (n_runs) the same as places in `run` */
    uint32_t n_scored;         /* members whose scores are there, or were */
    uint32_t n_groups;
    uint32_t all, random; /* groups that `saved` is against */
    uint32_t *rank;       /* (n_groups) groups by their mean time at recall 1.0 */
    ams_bootstrap bootstrap;
} eval_session;

/* In this order: reserve room for `most` policies, add each, score; fini accepts what is all
 * zero. data_path, seed, draws, bootstrap_draws, threads and options.split are set before. */
ams_status eval_open_data(eval_session *s, ams_error *err);
ams_status eval_reserve(eval_session *s, size_t most, ams_error *err);
ams_status eval_add_policy(eval_session *s, const char *spec, ams_error *err);
bool eval_has_kind(const eval_session *s, const char *name);
/* Scores, groups by label, draws, ranks. `what` stands in front of the progress. */
ams_status eval_score(eval_session *s, const char *what, ams_error *err);
void eval_session_fini(eval_session *s);
/* Whether the file is scored in parts: more than AMS_FOLD_ITEMS items, or more than memory_mb.
 * memory_mb and whole are set before. Then these take the places of eval_open_data and of the
 * scoring: rows of scores are folded (sched/fold.h), there are no orders, and table and env
 * hold what policies were created with.
 */
ams_status eval_choose_parts(eval_session *s, ams_error *err);
ams_status eval_open_parts(eval_session *s, bool fitted, ams_error *err);
/* Scores the next members, as many as memory holds rows of. */
ams_status eval_score_parts(eval_session *s, cli_progress *bar, ams_error *err);
/* Whether the policy that a --policy means is fitted to the training items. */
bool eval_spec_is_fitted(const char *spec);
/* Whether one of the names between commas is that of such a policy. */
bool eval_names_are_fitted(const char *names);
/* Items of the whole file in a split. */
uint32_t eval_count_items(const eval_session *s, ams_split split);
/* --device, cli/eval_device.c. Read before the data is, so that a device that is not there is
 * told of at once; settled when the policies are known; then, for each table, the trained
 * ones of `run` (n places; NULL: of all) are rolled out by the environments they have moved to,
 * and forgotten before these go away. */
ams_status eval_read_device(eval_session *s, const cli_args *args, ams_error *err);
ams_status eval_settle_device(eval_session *s, const char *what, ams_error *err);
ams_status eval_roll(eval_session *s, const ams_env *env, const uint32_t *run, uint32_t n,
                     ams_error *err);
void eval_forget_orders(eval_session *s);
/* Policies that have weights. */
uint32_t eval_trained(const eval_session *s);
/* A whole number from 1 to `most`. */
ams_status eval_get_count(const cli_args *args, const char *option, uint64_t most,
                          uint64_t *value, ams_error *err);

/* What is reported at each required recall. */
typedef enum eval_metric {
    EVAL_TIME_MS,
    EVAL_MODELS_RUN,
    EVAL_SAVED_VS_ALL,
    EVAL_SAVED_VS_RANDOM,
    EVAL_MODELS_VS_RANDOM,
    EVAL_METRICS
} eval_metric;
extern const char *const eval_metric_names[EVAL_METRICS];

ams_interval eval_interval(const eval_session *s, uint32_t group, eval_metric metric,
                           uint32_t q);

/* summary.tsv, intervals.tsv, curves.tsv, distribution.tsv, positions.tsv, eval.json and, if
 * wanted, items.tsv.zst in the directory. */
ams_status eval_write(const eval_session *s, bool items, ams_error *err);

/* distribution.tsv and positions.tsv, which eval_write writes too. */
ams_status eval_write_figures(const eval_session *s, ams_error *err);

void eval_print_table(const eval_session *s);
ams_status eval_print_json(const eval_session *s, ams_error *err);

#endif
