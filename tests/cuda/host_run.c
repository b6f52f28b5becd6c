#include "tests/cuda/host_run.h"

#include "cuda/step.h"

#include <stdlib.h>
#include <string.h>

void host_run_open(host_run *run, ams_trainer *trainer, uint32_t lanes)
{
    *run = (host_run){.trainer = trainer};
    ams_layout_before_load(trainer);
    ams_layout_describe(trainer, &run->view, &run->layout);
    for (uint32_t i = 0; i < run->layout.n; i++) {
        const ams_array *a = &run->layout.array[i];
        run->data[i] = calloc(1, a->bytes);
        host_must(run->data[i] != NULL);
        if (a->from != NULL) {
            memcpy(run->data[i], a->from, a->bytes);
        }
        ams_layout_point(&run->layout, i, run->data[i], &run->view);
    }
    run->view.lanes = lanes;
    ams_scratch measured;
    run->shared = malloc(ams_scratch_place(&run->view, &measured, NULL));
    host_must(run->shared != NULL);
    ams_scratch_place(&run->view, &run->scratch, run->shared);
    ams_refresh_rewards(&run->view, 0, 1);
    ams_prepare(&run->view);
}

/* As cuBLAS does it on the device: dW = x^T dy. */
static void gemm(const ams_view *v)
{
    for (uint32_t k = 1; k < v->n_layers; k++) {
        const uint32_t in = v->width[k];
        const uint32_t out = v->width[k + 1];
        for (uint32_t at = 0; at < in * out; at++) {
            double sum = 0;
            for (size_t b = 0; b < v->batch; b++) {
                sum += (double)v->out[k - 1][b * in + at / out] *
                       (double)v->slope[k][b * out + at % out];
            }
            v->gradient[v->weight[k] + at] = (float)sum;
        }
    }
}

static void block(host_run *run, ams_work work, uint32_t n)
{
    const ams_view *v = &run->view;
    ams_scratch *s = &run->scratch;
    switch (work) {
    case AMS_WORK_ACT:
        ams_block_act(v, n, s);
        break;
    case AMS_WORK_REMEMBER:
        ams_block_remember(v, s);
        break;
    case AMS_WORK_DRAW:
        AMS_STEP(v, ams_draw_slots(v, lane, lanes));
        break;
    case AMS_WORK_BRANCH:
        ams_block_branch(v, n / v->env.n_actions, n % v->env.n_actions, s);
        break;
    case AMS_WORK_LEARN:
        ams_block_learn(v, n, s);
        break;
    case AMS_WORK_GEMM:
        gemm(v);
        break;
    case AMS_WORK_GRADIENT:
        ams_block_gradient(v, n, s);
        break;
    case AMS_WORK_CLIP:
        ams_block_clip(v, s);
        break;
    case AMS_WORK_STEP:
        ams_block_step(v, n, s);
        break;
    case AMS_WORK_CLOSE:
        ams_block_close(v, s);
        break;
    }
}

/* What a kernel leaves in a block's memory is no good to the next: all ones are NaN and no
 * index. */
static void poison(host_run *run)
{
    ams_scratch measured;
    uint64_t bytes = ams_scratch_place(&run->view, &measured, NULL);
    memset(&run->scratch, 0xFF, sizeof run->scratch);
    memset(run->shared, 0xFF, bytes);
    ams_scratch_place(&run->view, &run->scratch, run->shared);
}

/* Blocks from the last to the first, so that none can lean on one before it, and those of all
 * runs in turn, as the rows of a grid may come. */
static void launch(host_run *const *run, size_t n_runs, uint32_t at)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    uint32_t most = 0;
    for (size_t r = 0; r < n_runs; r++) {
        uint32_t blocks = run[r]->view.blocks[at];
        most = blocks > most ? blocks : most;
    }
    ams_layout_schedule(&run[0]->view, list);
    for (uint32_t n = most; n-- > 0;) {
        for (size_t r = 0; r < n_runs; r++) {
            if (n < run[r]->view.blocks[at]) {
                poison(run[r]);
                block(run[r], list[at].work, n);
            }
        }
    }
}

static void warm_up(host_run *run)
{
    for (uint64_t more = ams_layout_acts(run->trainer) - 1; more > 0; more--) {
        for (uint32_t i = 0; i < AMS_ACT_LAUNCHES; i++) {
            launch(&run, 1, i);
        }
    }
}

void host_runs_update(host_run *const *run, size_t n_runs, uint64_t n)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    uint32_t launches = ams_layout_schedule(&run[0]->view, list);
    for (size_t r = 0; r < n_runs; r++) {
        host_must(ams_layout_alike(&run[0]->view, &run[r]->view));
        ams_layout_before_load(run[r]->trainer);
        *run[r]->view.count = run[r]->trainer->count;
        warm_up(run[r]);
    }
    for (; n > 0; n--) {
        for (uint32_t i = 0; i < launches; i++) {
            launch(run, n_runs, i);
        }
    }
    for (size_t r = 0; r < n_runs; r++) {
        run[r]->trainer->count = *run[r]->view.count;
        ams_layout_after_fetch(run[r]->trainer);
    }
}

void host_run_update(host_run *run, uint64_t n)
{
    host_runs_update(&run, 1, n);
}

void host_run_fetch(host_run *run)
{
    for (uint32_t i = 0; i < run->layout.n; i++) {
        const ams_array *a = &run->layout.array[i];
        if (a->to != NULL) {
            memcpy(a->to, run->data[i], a->bytes);
        }
    }
}

void host_run_close(host_run *run)
{
    for (uint32_t i = 0; i < run->layout.n; i++) {
        free(run->data[i]);
    }
    free(run->shared);
}

void host_run_load(host_run *run)
{
    ams_layout_before_load(run->trainer);
    for (size_t i = run->layout.first_loaded; i < run->layout.n; i++) {
        const ams_array *a = &run->layout.array[i];
        if (a->from != NULL) {
            memcpy(run->data[i], a->from, a->bytes);
        }
    }
    ams_refresh_rewards(&run->view, 0, 1);
    ams_prepare(&run->view);
}

void host_run_orders(host_run *run, uint8_t split, uint8_t *order)
{
    const ams_view *v = &run->view;
    memset(v->order, 0xFF, (size_t)v->env.n_items * v->env.n_models);
    for (uint32_t i = 0; i < v->env.n_items; i++) {
        if (v->env.split[i] == split) {
            poison(run);
            ams_block_roll_out(v, i, &run->scratch);
        }
    }
    memcpy(order, v->order, (size_t)v->env.n_items * v->env.n_models);
}
