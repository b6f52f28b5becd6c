/* What `ams schedule` holds while it runs. Private to cli/schedule*.c and cli/trace*.c. */
#ifndef AMS_CLI_SCHEDULE_H
#define AMS_CLI_SCHEDULE_H

#include "cli/cli.h"
#include "lab/stats/paired.h"
#include "sched/limits/evaluate_limits.h"

enum { SCHEDULE_POINTS = 256 };

/* Policies, limits and options that commands under limits share. */
typedef struct schedule_setup {
    const char *data_path, *split_name, *times, *expect;
    uint64_t draws, seed, threads;
    uint64_t table_mb;            /* more than that is read in windows */
    const char *item_id;          /* the only item that is wanted; NULL: those of the split */
    uint32_t item;                /* its place in `table` */
    struct ams_table_file *parts; /* NULL: `table` has all that is wanted, else the training
                                     items */
    uint32_t *part_item; /* (n_items) with parts: the split's items in the file. With item_id:
                            what the table's items are in it */
    uint32_t n_items;    /* of the split */
    ams_table table;
    ams_env *env;
    char data_hash[AMS_HASH_TEXT];
    ams_limit_options options;
    float expected_ms[AMS_MAX_MODELS];
    float *overlap;
    bool parallel, recorded;
    ams_limit_point point[SCHEDULE_POINTS]; /* memory by memory, each with all deadlines */
    uint32_t n_points;
    ams_policy **policy; /* baselines first; those of one label side by side */
    uint32_t n_policies;
    ams_pool *pool;
} schedule_setup;

/* Of the options that schedule_open reads. */
#define SCHEDULE_SETUP_HELP                                                                    \
    "  --data F.h5        outputs file\n"                                                      \
    "  --policy P         as of `ams eval`: a run folder, a policy file, a baseline. Those "   \
    "that\n"                                                                                   \
    "                     predict values (trained ones, cooccur, knn, linear) are scheduled "  \
    "by\n"                                                                                     \
    "                     each --scheduler; orders (random, fixed, optimal) run first fit\n"   \
    "  --deadline LIST    with units, ranges as FIRST..LAST:STEP: 100ms..3s:100ms, 15%,40%\n"  \
    "                     (% of the summed mean times)\n"                                      \
    "  --scheduler LIST   algorithm1, q-greedy, plan; with memory algorithm2, q-greedy, "      \
    "plan\n"                                                                                   \
    "                     (default: all). `ams help schedule deadline` says what they do\n"    \
    "  --times T          what runs take: mean (default) or recorded, each run's own\n"        \
    "  --expect T         what schedulers reckon with: mean (default), or a quantile of the\n" \
    "                     training runs' times as q0.9\n"                                      \
    "  --negative N       models of negative value: rank them last (default), skip, clamp to " \
    "0\n"                                                                                      \
    "  --late L           start a run that is expected to end past the deadline: never\n"      \
    "                     (default), short (unless it is longer than the deadline), any\n"     \
    "  --stop S           never (default); value:X, no remaining value is X or more; sum:X, "  \
    "the\n"                                                                                    \
    "                     positive ones add up to less; end, END is worth more than all\n"     \
    "  --draws N          random orders an item (default 20)\n"                                \
    "  --seed S           of random orders and bootstrap draws (default 0)\n"                  \
    "  --threads N        changes no result (default: all processors)\n"

/* Reads options, data, limits and policies. most_points: 1 for a single item, whose item_id is
 * set before. */
ams_status schedule_open(schedule_setup *s, const cli_args *args, uint32_t most_points,
                         ams_error *err);
void schedule_setup_fini(schedule_setup *s);
/* Parts of schedule_open: the item with what its policy is fitted to; the file, or what stands
 * for it. */
ams_status schedule_open_item(schedule_setup *s, const cli_args *args, ams_error *err);
ams_status schedule_open_file(schedule_setup *s, ams_error *err);
/* The index-th scheduler of --scheduler, or of the default list; NULL behind the last. */
ams_status schedule_choose(const schedule_setup *s, const cli_args *args, uint32_t index,
                           const ams_scheduler **scheduler, ams_error *err);

/* One curve: a scheduler with a policy's seeds, or a bound. */
typedef struct schedule_series {
    char label[128];
    const ams_scheduler *scheduler; /* NULL: a bound */
    ams_limit_bound bound;
    ams_policy *const *policy; /* (n_runs), NULL: the truth or a bound */
    uint32_t n_runs;
    ams_limit_scores *scores; /* (n_runs) */
    const double **recall;    /* (n_runs) of scores */
} schedule_series;

typedef struct schedule_session {
    schedule_setup setup;
    const char *directory; /* NULL: nothing is written */
    char *command;
    uint64_t bootstrap_draws, exact_nodes;
    schedule_series *series;
    uint32_t n_series;
    uint32_t random, fixed, bound, exact; /* series; exact: n_series if not asked for */
    double exact_seconds;
    ams_paired paired;
} schedule_session;

/* Run r of the series on the evaluation's items. */
ams_status schedule_score_run(schedule_session *s, const schedule_series *series, uint32_t r,
                              const ams_limit_evaluation *evaluation, ams_limit_scores *scores,
                              ams_error *err);
/* All series, in windows of the file; their `scores` are allocated. */
ams_status schedule_score_parts(schedule_session *s, ams_limit_evaluation *evaluation,
                                ams_error *err);

void schedule_print(const schedule_session *s);
ams_status schedule_write(const schedule_session *s, ams_error *err);

#endif
