#include "tests/cuda/host_run.h"

#include "cuda/products.h"
#include "cuda/rolls.h"
#include "cuda/wide.h"
#include "tests/cuda/host_roll.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 64 };

/* Fills what ams_layout_describe has described. */
static void fill(host_run *run, uint32_t lanes)
{
    ams_layout_before_load(run->trainer);
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

void host_run_open(host_run *run, ams_trainer *trainer, uint32_t lanes)
{
    *run = (host_run){.trainer = trainer};
    ams_layout_describe(trainer, &run->view, &run->layout);
    fill(run, lanes);
}

void host_run_open_wide(host_run *run, ams_trainer *trainer, uint32_t lanes)
{
    *run = (host_run){.trainer = trainer};
    ams_layout_describe_as(trainer, true, &run->view, &run->layout);
    fill(run, lanes);
}

/* A factor as the precision has it: the nearest of the floats with 10 or 7 bits after the
 * leading one. */
static double factor(float x, int precision)
{
    const uint32_t dropped = precision == AMS_PRECISION_TF32   ? 13
                             : precision == AMS_PRECISION_BF16 ? 16
                                                               : 0;
    uint32_t word = 0;
    memcpy(&word, &x, sizeof word);
    if (dropped > 0) {
        word += UINT32_C(1) << (dropped - 1);
        word &= UINT32_MAX << dropped;
    }
    memcpy(&x, &word, sizeof x);
    return (double)x;
}

/* As cuBLAS does it on the device, with sums in double. */
static void multiply(const ams_product *p, int precision)
{
    for (size_t column = 0; column < p->n; column++) {
        for (size_t row = 0; row < p->m; row++) {
            double sum = 0;
            for (size_t i = 0; i < p->k; i++) {
                float a = p->a[p->transpose_a ? i + row * p->lda : row + i * p->lda];
                float b = p->b[p->transpose_b ? column + i * p->ldb : i + column * p->ldb];
                sum += factor(a, precision) * factor(b, precision);
            }
            p->c[row + column * p->ldc] = (float)sum;
        }
    }
}

/* A block of the wide path's. */
static void wide_block(host_run *run, const ams_launch *launch, uint32_t n)
{
    const ams_view *v = &run->view;
    const ams_pass *pass = &launch->pass;
    ams_scratch *s = &run->scratch;
    switch (launch->work) {
    case AMS_WORK_FIRST:
        ams_block_first(v, pass, n, s);
        break;
    case AMS_WORK_ACTIVATE:
        AMS_STEP(v, ams_wide_activate(v, pass, n, lane, lanes));
        break;
    case AMS_WORK_VALUE:
        ams_block_value(v, pass, n, s);
        break;
    case AMS_WORK_LOSS:
        ams_block_loss(v, n, s);
        break;
    case AMS_WORK_SLOPE:
        AMS_STEP(v, ams_wide_slope(v, pass, n, lane, lanes));
        break;
    case AMS_WORK_BIAS:
        AMS_STEP(v, ams_wide_bias(v, n, lane, lanes));
        break;
    default:
        host_must(false); /* it has no block */
    }
}

static void block(host_run *run, const ams_launch *launch, uint32_t n)
{
    const ams_view *v = &run->view;
    ams_scratch *s = &run->scratch;
    switch (launch->work) {
    case AMS_WORK_ACT:
        ams_block_act(v, n, s);
        break;
    case AMS_WORK_DRAW:
        ams_block_draw(v, s);
        break;
    case AMS_WORK_BRANCH:
        ams_block_branch(v, n / v->env.n_actions, n % v->env.n_actions, s);
        break;
    case AMS_WORK_LEARN:
        ams_block_learn(v, n, s);
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
    default:
        wide_block(run, launch, n);
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

/* Nor is what an update leaves in the arrays that every update writes before it reads. */
static void poison_arrays(host_run *run)
{
    static const size_t kept[] = {offsetof(ams_view, moment), offsetof(ams_view, holds),
                                  offsetof(ams_view, owner), offsetof(ams_view, order),
                                  offsetof(ams_view, ticket)};
    for (uint32_t i = 0; i < run->layout.n; i++) {
        const ams_array *a = &run->layout.array[i];
        bool keeps = a->from != NULL || a->to != NULL;
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
            keeps = keeps || a->member == kept[k];
        }
        if (!keeps) {
            memset(run->data[i], 0xFF, a->bytes);
        }
    }
}

/* The launch's products, if that is what it is. */
static bool multiplies(host_run *run, const ams_launch *launch)
{
    ams_product product[AMS_MAX_LAYERS];
    const uint32_t products = ams_products(&run->view, launch, product);
    for (uint32_t i = 0; i < products; i++) {
        multiply(&product[i], run->view.options.precision);
    }
    return products > 0;
}

/* Blocks from the last to the first, so that none can lean on one before it, and those of all
 * runs in turn, as the rows of a grid may come. */
static void launch(host_run *const *run, size_t n_runs, uint32_t at)
{
    static ams_launch list[MOST_RUNS][AMS_MOST_LAUNCHES];
    uint32_t most = 0;
    host_must(n_runs <= MOST_RUNS);
    for (size_t r = 0; r < n_runs; r++) {
        ams_layout_schedule(&run[r]->view, list[r]);
        list[r][at].blocks = multiplies(run[r], &list[r][at]) ? 0 : list[r][at].blocks;
        most = list[r][at].blocks > most ? list[r][at].blocks : most;
    }
    for (uint32_t n = most; n-- > 0;) {
        for (size_t r = 0; r < n_runs; r++) {
            if (n < list[r][at].blocks) {
                poison(run[r]);
                block(run[r], &list[r][at], n);
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
        for (size_t r = 0; r < n_runs; r++) {
            poison_arrays(run[r]);
        }
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
    ams_roll roll;
    memset(v->order, 0xFF, (size_t)v->env.n_items * v->env.n_models);
    ams_roll_of_view(v, (ams_split)split, &roll);
    roll.lanes = v->lanes;
    host_roll_items(&roll);
    memcpy(order, v->order, (size_t)v->env.n_items * v->env.n_models);
}
