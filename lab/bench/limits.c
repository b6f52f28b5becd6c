/* Decisions under limits on one thread: the state is updated, values are computed, and the rule
 * says what starts now. */
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"

#include "online/plan.h"
#include "rl/policy/scorer.h"

#include <math.h>

typedef uint64_t bench_start_fn(const ams_moment *at, const ams_limit_options *options);

typedef struct bench_limits {
    ams_env *env;
    ams_net net;
    ams_scorer *scorer;
    const float *mem_mb; /* (M); NULL: one at a time */
    bench_start_fn *start;
    double memory_mb;
    uint32_t item;      /* next */
    uint64_t decisions; /* of the items so far */
    uint64_t labels;    /* that they found */
} bench_limits;

/* One item: every decision knows the outputs of all that was started before, and the deadline
 * leaves room for all models, so that each decision has as many to look at as possible. */
static ams_status schedule_item(void *context, ams_error *err)
{
    bench_limits *l = context;
    const ams_env *env = l->env;
    const ams_limit_options options = {.negative = AMS_NEGATIVE_RANK};
    ams_moment at = {.n_models = env->n_models,
                     .end_value = -INFINITY,
                     .time_ms = env->time_ms,
                     .mem_mb = l->mem_mb,
                     .remaining = env->all_models,
                     .deadline_ms = 2 * env->total_time_ms,
                     .memory_mb = l->memory_mb};
    (void)err;
    ams_scorer_begin(l->scorer, l->item);
    while (at.remaining != 0) {
        at.value = ams_scorer_q(l->scorer);
        uint64_t started = l->start(&at, &options);
        at.remaining &= ~started;
        for (; started != 0; started &= started - 1) {
            uint32_t m = (uint32_t)__builtin_ctzll(started);
            ams_scorer_run(l->scorer, m);
            at.now_ms += (double)env->time_ms[m];
        }
        l->decisions++;
    }
    l->labels += env->entry[l->item + 1] - env->entry[l->item];
    l->item = l->item + 1 == env->n_items ? 0 : l->item + 1;
    return AMS_OK;
}

/* As many decisions as the first items take. */
static double decisions_per_item(bench_limits *l, ams_error *err)
{
    uint32_t items = l->env->n_items < 200 ? l->env->n_items : 200;
    l->decisions = 0;
    l->labels = 0;
    for (l->item = 0; l->item < items;) {
        if (schedule_item(l, err) != AMS_OK || l->item == 0) {
            break;
        }
    }
    return (double)l->decisions / items;
}

static ams_status measure(ams_bench *bench, bench_limits *l, const char *variant,
                          ams_error *err)
{
    const double h = 256;
    ams_bench_row row = {.figure = "schedule",
                         .variant = variant,
                         .unit = "decisions/s",
                         .batch = 1,
                         .threads = 1};
    double each = decisions_per_item(l, err);
    l->item = 0;
    ams_status status = ams_bench_measure(bench, row, each, schedule_item, l, err);
    if (status == AMS_OK) {
        /* As of `decide`: the output layer and the rows of labels that were found. */
        double rows = h * (double)l->labels / (double)l->decisions;
        ams_bench_bound(bench, 2 * h * l->env->n_actions + rows, 0, 0);
    }
    return status;
}

ams_status ams_bench_limits(ams_bench *bench, const ams_table *table, ams_error *err)
{
    ams_env_options options = ams_env_defaults();
    bench_limits l = {.start = ams_algorithm_1, .memory_mb = INFINITY};
    ams_status status = AMS_OK;
    if ((bench->options.what & AMS_BENCH_SCHEDULE) == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_env_create(&l.env, table, &options, err));
    AMS_TRY(ams_net_init(&l.net, l.env->n_features, "256", l.env->n_actions, err));
    ams_net_randomize(&l.net, 1);
    AMS_TRY(ams_scorer_create(&l.scorer, l.env, &l.net, err));
    AMS_TRY(measure(bench, &l, "algorithm1", err));
    /* Twice the largest model: the widest of the papers' budgets. */
    l.mem_mb = table->mem_mb;
    l.memory_mb = 0;
    for (uint32_t m = 0; m < table->n_models; m++) {
        l.memory_mb = fmax(l.memory_mb, 2 * (double)table->mem_mb[m]);
    }
    l.start = ams_algorithm_2;
    AMS_TRY(measure(bench, &l, "algorithm2", err));
out:
    ams_scorer_destroy(l.scorer);
    ams_net_fini(&l.net);
    ams_env_destroy(l.env);
    return status;
}
