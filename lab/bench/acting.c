/* Greedy decisions and environment steps, on one thread. */
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"

#include "base/memory.h"
#include "base/rng.h"
#include "rl/net/math.h"
#include "rl/policy/scorer.h"

#include <stdlib.h>
#include <string.h>

enum { EPISODES = 256 };

typedef struct bench_acting {
    ams_env *env;
    ams_net net;
    ams_scorer *scorer;
    uint32_t item;   /* next */
    uint64_t labels; /* that the decisions so far found */
    uint64_t decisions;
    ams_episodes episodes;
    ams_rng rng;
    uint8_t *action;
    float *reward;
} bench_acting;

/* One item from its first decision to its last. */
static ams_status schedule_item(void *context, ams_error *err)
{
    bench_acting *a = context;
    const ams_env *env = a->env;
    (void)err;
    ams_scorer_begin(a->scorer, a->item);
    for (uint32_t k = 0; k < env->n_models; k++) {
        uint64_t left = ams_env_remaining(env, ams_scorer_mask(a->scorer));
        uint32_t model = ams_masked_argmax(ams_scorer_q(a->scorer), left, env->n_models, 0);
        ams_scorer_run(a->scorer, model);
    }
    a->labels += env->entry[a->item + 1] - env->entry[a->item];
    a->decisions += env->n_models;
    a->item = a->item + 1 == env->n_items ? 0 : a->item + 1;
    return AMS_OK;
}

static ams_status decide(ams_bench *bench, bench_acting *a, ams_error *err)
{
    const double h = 256;
    const double actions = a->env->n_actions;
    ams_bench_row row = {
        .figure = "decide", .variant = "-", .unit = "decisions/s", .batch = 1, .threads = 1};
    ams_status status = AMS_OK;
    AMS_TRY(ams_net_init(&a->net, a->env->n_features, "256", a->env->n_actions, err));
    ams_net_randomize(&a->net, 1);
    AMS_TRY(ams_scorer_create(&a->scorer, a->env, &a->net, err));
    AMS_TRY(ams_bench_measure(bench, row, a->env->n_models, schedule_item, a, err));
    ams_bench_bound(bench, 2 * h * actions + h * (double)a->labels / (double)a->decisions, 0,
                    0);
out:
    return status;
}

/* Each episode takes a random valid action. */
static ams_status step_all(void *context, ams_error *err)
{
    bench_acting *a = context;
    ams_episodes *e = &a->episodes;
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->done[i]) {
            ams_episodes_reset(e, i, ams_rng_next(&a->rng) % a->env->n_items);
        }
        uint64_t left = ams_env_remaining(a->env, e->mask[i]);
        for (uint32_t k = ams_below(ams_rng_next(&a->rng), ams_ones(left)); k > 0; k--) {
            left &= left - 1;
        }
        a->action[i] = (uint8_t)ams_lowest(left);
    }
    return ams_episodes_step(e, a->action, a->reward, err);
}

static ams_status roll_out(ams_bench *bench, bench_acting *a, ams_error *err)
{
    const ams_env *env = a->env;
    ams_bench_row row = {.figure = "rollout",
                         .variant = "-",
                         .unit = "steps/s",
                         .batch = EPISODES,
                         .threads = 1};
    ams_status status = AMS_OK;
    a->rng = ams_rng_init(1, AMS_STREAM_TEST);
    AMS_TRY(ams_episodes_init(&a->episodes, env, EPISODES, err));
    AMS_TRY(ams_alloc(&a->action, EPISODES, 1, "actions", err));
    AMS_TRY(ams_alloc(&a->reward, EPISODES, sizeof(float), "rewards", err));
    AMS_TRY(ams_bench_measure(bench, row, EPISODES, step_all, a, err));
    /* Which models output each of the item's labels: one word per entry. */
    double entries = (double)env->entry[env->n_items] / env->n_items;
    ams_bench_bound(bench, 0, 0, entries * sizeof *env->makers);
out:
    return status;
}

ams_status ams_bench_acting(ams_bench *bench, const ams_table *table, ams_error *err)
{
    const ams_bench_options *o = &bench->options;
    ams_env_options options = ams_env_defaults();
    bench_acting a = {0};
    ams_status status = AMS_OK;
    if ((o->what & (AMS_BENCH_DECIDE | AMS_BENCH_ROLLOUT)) == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_env_create(&a.env, table, &options, err));
    if ((o->what & AMS_BENCH_DECIDE) != 0) {
        AMS_TRY(decide(bench, &a, err));
    }
    if ((o->what & AMS_BENCH_ROLLOUT) != 0) {
        AMS_TRY(roll_out(bench, &a, err));
    }
out:
    ams_scorer_destroy(a.scorer);
    ams_net_fini(&a.net);
    ams_episodes_fini(&a.episodes);
    free(a.action);
    free(a.reward);
    ams_env_destroy(a.env);
    return status;
}
