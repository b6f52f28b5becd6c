/* Updates of the network, alone and with everything around them. */
#include "ams/pool.h"
#include "ams/train.h"
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"
#include "rl/net/backend.h"

#include <stdlib.h>
#include <string.h>

/* The papers' recipe where they give one (experiments/photos/papers.ini); the whole
 * replay filled before anything is measured, and past the start of Adam. */
enum { FILLED = 100000, STARTED = 600, MOST_BESIDE = 1024 };

static void warm_up(const ams_bench *bench, ams_trainer *trainer, int updates)
{
    for (int i = 0; i < (bench->options.cold ? 1 : updates); i++) {
        ams_trainer_update(trainer);
    }
}

/* The first update comes when so many steps are made. */
static uint64_t filled(const ams_bench *bench)
{
    return bench->options.cold ? 0 : FILLED;
}

ams_status ams_bench_paper_options(ams_train_options *o, uint32_t batch, uint32_t threads,
                                   int backend, ams_error *err)
{
    ams_status status = ams_train_defaults(o, err);
    o->features = AMS_FEATURES_LABELS;
    o->reward = AMS_REWARD_PAPER;
    o->loss = AMS_LOSS_HUBER;
    o->decide = AMS_DECIDE_Q_GREEDY;
    o->gamma = 0.9;
    o->end = 1;
    o->batch = batch;
    o->threads = threads;
    o->backend = backend;
    o->envs = 8;
    o->dropout = 0;
    o->weight_decay = 0;
    o->lr_schedule = AMS_LR_CONSTANT;
    o->epsilon_steps = 0; /* the share of exploration that most of a training has */
    return status;
}

static ams_status practise(void *context, ams_error *err)
{
    (void)err;
    ams_trainer_practise(context);
    return AMS_OK;
}

static ams_status update(void *context, ams_error *err)
{
    (void)err;
    ams_trainer_update(context);
    return AMS_OK;
}

/* Operations and bytes of an update, from what its minibatch held. */
static void bound(ams_bench *bench, ams_trainer *t, const ams_train_options *o)
{
    const ams_net *net = ams_trainer_net(t);
    const ams_minibatch_size size = ams_trainer_minibatch(t);
    const double b = (double)o->batch;
    const double f = net->width[0];
    const double h = net->width[1];
    const double a = net->width[2];
    const double adam = 12; /* multiplications, additions, a root and a division per element */
    const double kept = 6;  /* w, m and v, read and written */
    double flop = 0;
    double bytes = 0;
    if (o->backend == AMS_BACKEND_SPARSE) {
        /* States forward and back, next states forward; one output, and all of them. */
        flop = h * (2 * size.ones + size.next_ones) + b * 8 * h + size.next_states * 2 * h * a +
               adam * h * (size.rows + a);
        bytes = 4 * h * (size.rows * kept + size.next_rows + a * (kept + 1));
    } else {
        flop = b * (2 * 2 * (f * h + h * a) + 2 * f * h + 4 * h * a) +
               adam * (double)net->n_params;
        bytes = 4 * ((double)net->n_params * (kept + 1 + 2) + 4 * b * f);
    }
    ams_bench_bound(bench, flop, bytes, 0);
}

/* As many trainings as threads in parallel, each on one thread: what a sweep does. */
typedef struct bench_beside {
    ams_trainer *trainer[AMS_BENCH_THREADS];
    ams_pool *pool;
    uint32_t n;
} bench_beside;

enum { AT_A_TIME = 16 }; /* updates of each, so that waiting for the others hardly counts */

static void update_some(void *context, uint32_t shard)
{
    const bench_beside *all = context;
    for (int i = 0; i < AT_A_TIME; i++) {
        ams_trainer_update(all->trainer[shard]);
    }
}

static ams_status update_all(void *context, ams_error *err)
{
    bench_beside *all = context;
    (void)err;
    ams_pool_run(all->pool, all->n, update_some, all);
    return AMS_OK;
}

static ams_status measure_beside(ams_bench *bench, const ams_env *env, ams_bench_row row,
                                 ams_error *err)
{
    ams_train_options o;
    bench_beside all = {.n = row.threads};
    ams_status status = AMS_OK;
    AMS_TRY(ams_bench_paper_options(&o, row.batch, 1, 0, err));
    o.warmup = filled(bench);
    AMS_TRY(ams_pool_create(&all.pool, all.n, err));
    for (uint32_t i = 0; i < all.n; i++) {
        o.seed = i;
        AMS_TRY(ams_trainer_create(&all.trainer[i], env, &o, NULL, err));
        warm_up(bench, all.trainer[i], STARTED);
    }
    row.figure = "beside";
    AMS_TRY(ams_bench_measure(bench, row, (double)all.n * AT_A_TIME, update_all, &all, err));
    bound(bench, all.trainer[0], &o);
out:
    for (uint32_t i = 0; i < all.n; i++) {
        ams_trainer_destroy(all.trainer[i]);
    }
    ams_pool_destroy(all.pool);
    return status;
}

static ams_status measure(ams_bench *bench, const ams_env *env, ams_bench_row row, int backend,
                          ams_error *err)
{
    ams_train_options o;
    ams_trainer *t = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_bench_paper_options(&o, row.batch, row.threads, backend, err));
    o.warmup = filled(bench);
    AMS_TRY(ams_trainer_create(&t, env, &o, NULL, err));
    warm_up(bench, t, backend == AMS_BACKEND_SPARSE && row.batch <= 1024 ? STARTED : 1);
    if ((bench->options.what & AMS_BENCH_UPDATE) != 0) {
        row.figure = "update";
        AMS_TRY(ams_bench_measure(bench, row, 1, practise, t, err));
        bound(bench, t, &o);
    }
    if ((bench->options.what & AMS_BENCH_WHOLE) != 0) {
        row.figure = "whole";
        AMS_TRY(ams_bench_measure(bench, row, 1, update, t, err));
        bound(bench, t, &o);
    }
out:
    ams_trainer_destroy(t);
    return status;
}

ams_status ams_bench_training(ams_bench *bench, const ams_table *table, ams_error *err)
{
    static const char *const backends[] = {"sparse", "dense"};
    const ams_bench_options *o = &bench->options;
    ams_train_options train;
    ams_env *env = NULL;
    ams_status status = AMS_OK;
    if ((o->what & (AMS_BENCH_UPDATE | AMS_BENCH_WHOLE)) == 0) {
        return AMS_OK;
    }
    AMS_TRY(ams_bench_paper_options(&train, 64, 1, AMS_BACKEND_SPARSE, err));
    ams_env_options options = ams_train_env_options(&train);
    AMS_TRY(ams_env_create(&env, table, &options, err));
    for (int backend = 0; backend < 2; backend++) {
        for (uint32_t b = 0; b < o->n_batches; b++) {
            for (uint32_t i = 0; i < o->n_threads; i++) {
                ams_bench_row row = {.variant = backends[backend],
                                     .unit = "updates/s",
                                     .batch = o->batch[b],
                                     .threads = o->threads[i]};
                AMS_TRY(measure(bench, env, row, backend, err));
                bool sweeps = (o->what & AMS_BENCH_WHOLE) != 0 && backend == AMS_BACKEND_SPARSE;
                if (sweeps && row.threads > 1 && row.batch <= MOST_BESIDE) {
                    AMS_TRY(measure_beside(bench, env, row, err));
                }
            }
        }
    }
out:
    ams_env_destroy(env);
    return status;
}
