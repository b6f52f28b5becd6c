/* What a workload is like, by the definitions that evaluation uses. */
#include "ams/synth.h"
#include "ams/trace.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

typedef struct measure_sums {
    double random_ms, square, valuable_ms, disjoint_ms;
    double runs, dispensable, labels, makers, shared;
    uint64_t draws;
} measure_sums;

static void add_random_orders(measure_sums *s, const ams_env *env, uint32_t item,
                              uint32_t orders, ams_rng *rng)
{
    uint32_t n = env->n_models;
    for (uint32_t k = 0; k < orders; k++) {
        uint32_t drawn[AMS_MAX_MODELS];
        uint8_t order[AMS_MAX_MODELS];
        ams_trace trace;
        for (uint32_t m = 0; m < n; m++) {
            drawn[m] = m;
        }
        ams_rng_shuffle(rng, drawn, n);
        for (uint32_t m = 0; m < n; m++) {
            order[m] = (uint8_t)drawn[m];
        }
        ams_trace_run(&trace, env, item, order, n, env->time_ms);
        double reached = trace.time_ms[ams_trace_reached(&trace, env->full[item], 1.0)];
        s->random_ms += reached;
        s->square += reached * reached;
        s->draws++;
    }
}

static void add_overlap(measure_sums *s, const ams_env *env, uint32_t item)
{
    uint64_t valuable = 0;
    uint64_t needed = 0; /* executions with a label that no other has */
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        uint64_t makers = env->makers[e];
        if (makers != 0) {
            bool alone = (makers & (makers - 1)) == 0;
            valuable |= makers;
            needed |= alone ? makers : 0;
            s->labels++;
            s->makers += __builtin_popcountll(makers);
            s->shared += !alone;
        }
    }
    double time_ms = 0;
    double runs = __builtin_popcountll(valuable);
    for (uint32_t m = 0; m < env->n_models; m++) {
        time_ms += (valuable >> m & 1) != 0 ? (double)env->time_ms[m] : 0;
    }
    s->runs += runs;
    s->dispensable += __builtin_popcountll(valuable & ~needed);
    s->valuable_ms += time_ms;
    /* If all are needed, each other model runs before the last of them in runs of runs + 1
     * orders. */
    s->disjoint_ms += time_ms + (env->total_time_ms - time_ms) * runs / (runs + 1);
}

ams_status ams_synth_measure(ams_synth_workload *workload, const ams_table *table,
                             uint32_t orders, uint64_t seed, ams_error *err)
{
    ams_env *env = NULL;
    ams_env_options options = ams_env_defaults();
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_RANDOM);
    measure_sums s = {.draws = 0};
    uint32_t empty = 0;
    ams_status status = AMS_OK;
    *workload = (ams_synth_workload){0};
    AMS_TRY(ams_env_create(&env, table, &options, err));
    for (uint32_t i = 0; i < env->n_items; i++) {
        add_random_orders(&s, env, i, orders, &rng);
        add_overlap(&s, env, i);
        empty += env->full[i] <= 0;
    }
    double n = env->n_items;
    double draws = (double)s.draws;
    double mean = s.draws == 0 ? 0 : s.random_ms / draws;
    *workload = (ams_synth_workload){
        .n_orders = orders,
        .n_items = env->n_items,
        .n_outputs = ams_table_outputs(table),
        .all_ms = env->total_time_ms,
        .random_ms = mean,
        .valuable_ms = s.valuable_ms / n,
        /* Orders of one item are not independent of each other; items are. */
        .random_stderr_ms =
            s.draws == 0 ? 0 : sqrt(fmax(0, s.square / draws - mean * mean) / n),
        .disjoint_ms = s.disjoint_ms / n,
        .valuable_runs = s.runs / n,
        .dispensable_runs = s.dispensable / n,
        .valuable_labels = s.labels / n,
        .makers = s.labels > 0 ? s.makers / s.labels : 0,
        .shared_labels = s.labels > 0 ? s.shared / s.labels : 0,
        .empty = empty};
out:
    ams_env_destroy(env);
    return status;
}
