/* The GPU's figures: a whole training, and greedy decisions of many items. Their variant is
 * "cuda". */
#include "ams/cuda.h"
#include "ams/train.h"
#include "base/memory.h"
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"

#include <stdlib.h>

enum { AT_A_TIME = 640 }; /* updates per call, so that waiting for its end hardly counts */

static ams_status update_some(void *context, ams_error *err)
{
    return ams_trainer_advance(context, AT_A_TIME, err);
}

static ams_status train(ams_bench *bench, const ams_table *table, uint32_t batch,
                        ams_error *err)
{
    ams_train_options o;
    ams_env *env = NULL;
    ams_trainer *t = NULL;
    ams_accelerator gpu = ams_cuda;
    ams_bench_row row = {.figure = "whole",
                         .variant = "cuda",
                         .unit = "updates/s",
                         .batch = batch,
                         .threads = 1};
    ams_status status = AMS_OK;
    AMS_TRY(ams_bench_paper_options(&o, batch, 1, 0, err));
    const ams_env_options options = ams_train_env_options(&o);
    AMS_TRY(ams_env_create(&env, table, &options, err));
    o.warmup = o.replay; /* filled before anything is measured */
    AMS_TRY(ams_trainer_create(&t, env, &o, NULL, err));
    gpu.number = bench->options.gpu;
    AMS_TRY(ams_trainer_accelerate(t, &gpu, err));
    AMS_TRY(ams_bench_measure(bench, row, AT_A_TIME, update_some, t, err));
out:
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    return status;
}

typedef struct bench_scoring {
    ams_env *env;
    ams_split split; /* the one with the most items */
    double items, labels;
    ams_net net;
    ams_cuda_roller *roller;
    uint8_t *order; /* (N, M) */
} bench_scoring;

/* The table goes to the device and the orders come back, as in `ams eval`. */
static ams_status roll_out(void *context, ams_error *err)
{
    bench_scoring *s = context;
    const ams_env *env = s->env;
    return ams_cuda_roll(s->roller, &env, s->split, s->order, err);
}

static void choose_split(bench_scoring *s)
{
    const ams_env *env = s->env;
    for (int split = AMS_TRAIN; split <= AMS_TEST; split++) {
        double items = 0;
        double labels = 0;
        for (uint32_t i = 0; i < env->n_items; i++) {
            if (env->split[i] == split) {
                items++;
                labels += (double)(env->entry[i + 1] - env->entry[i]);
            }
        }
        if (items > s->items) {
            s->split = (ams_split)split;
            s->items = items;
            s->labels = labels;
        }
    }
}

static ams_status prepare(bench_scoring *s, uint32_t gpu, const ams_table *table,
                          ams_error *err)
{
    const ams_env_options options = ams_env_defaults();
    ams_status status = AMS_OK;
    AMS_TRY(ams_env_create(&s->env, table, &options, err));
    choose_split(s);
    AMS_TRY(ams_net_init(&s->net, s->env->n_features, "256", s->env->n_actions, err));
    ams_net_randomize(&s->net, 1);
    AMS_TRY(ams_alloc(&s->order, (size_t)s->env->n_items * s->env->n_models, 1, "orders", err));
    const ams_cuda_policy policy = {&s->net, AMS_DECIDE_Q_GREEDY};
    AMS_TRY(ams_cuda_roller_create(&s->roller, gpu, &policy, 1, err));
out:
    return status;
}

static ams_status decide(ams_bench *bench, const ams_table *table, double flop, ams_error *err)
{
    bench_scoring s = {.env = NULL};
    ams_bench_row row = {
        .figure = "decide", .variant = "cuda", .unit = "decisions/s", .threads = 1};
    ams_status status = AMS_OK;
    AMS_TRY(prepare(&s, bench->options.gpu, table, err));
    const double decisions = s.items * s.env->n_models;
    row.batch = (uint32_t)s.items;
    AMS_TRY(ams_bench_measure(bench, row, decisions, roll_out, &s, err));
    /* Operations as in acting.c, at the rate that the device's clock allows. */
    const double h = s.net.width[1];
    ams_bench_row *done = &bench->row[bench->n_rows - 1];
    done->bound = flop / (2 * h * s.env->n_actions + h * s.labels / decisions);
    done->by = "arithmetic";
out:
    ams_cuda_roller_destroy(s.roller);
    ams_net_fini(&s.net);
    free(s.order);
    ams_env_destroy(s.env);
    return status;
}

ams_status ams_bench_device(ams_bench *bench, const ams_table *table, ams_error *err)
{
    const ams_bench_options *o = &bench->options;
    ams_cuda_device device;
    ams_status status = ams_cuda_find(o->gpu, &device, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "--device cuda:%u", o->gpu);
        return status;
    }
    snprintf(bench->device, sizeof bench->device, "%s", device.name);
    for (uint32_t b = 0; (o->what & AMS_BENCH_WHOLE) != 0 && b < o->n_batches; b++) {
        AMS_TRY(train(bench, table, o->batch[b], err));
    }
    if ((o->what & AMS_BENCH_DECIDE) != 0) {
        AMS_TRY(decide(bench, table, device.flop, err));
    }
out:
    return status;
}
