#include "rl/fused.h"

#include "rl/fused_kernels.h"
#include "rl/fused_state.h"

#include <stdlib.h>
#include <string.h>

enum {
    W = AMS_FUSED_BLOCK,
    EAGER = 512,  /* updates at the start whose bias corrections change too fast to wait */
    TOGETHER = 4, /* samples that share a read of the output layer */
    AHEAD = 3     /* rows between asking for one and its turn */
};

bool ams_fused_fits(const ams_train_options *o)
{
    /* The spread of e_j: (1 - beta2) / 2 a step over the 1 / (1 - beta1 / sqrt(beta2)) steps
     * that count. */
    double decay = o->adam_beta1 / sqrt(o->adam_beta2);
    bool waits = decay < 1 && (1 - o->adam_beta2) / 2 / (1 - decay) <= 0.01;
    char *end = NULL;
    unsigned long units = strtoul(o->hidden, &end, 10);
    return waits && o->backend == 0 && *end == '\0' && units > 0 && units % W == 0 &&
           o->targets == 0 && !ams_agents[o->agent]->dueling && o->dropout == 0 &&
           o->grad_clip == 0 && o->weight_decay == 0 && o->tau == 0;
}

/* -- rows that wait -- */

/* A row is listed once, since it counts as up to date from here on. */
static void wait_for(ams_fused *u, const ams_rows *rows, uint32_t f)
{
    if (rows->ever[f] && u->reached[f] < u->clock.t) {
        u->waiting[u->n_waiting] = f;
        u->waited[u->n_waiting++] = (uint32_t)(u->clock.t - u->reached[f]);
    }
    u->reached[f] = u->clock.t;
}

static void fetch_row(const ams_fused *u, uint32_t block, uint32_t row)
{
    size_t at = ams_in_block(u->f, row, block * W);
    ams_fused_fetch(u->rows.w + at, u->rows.m + at, u->rows.v + at);
}

static void settle_block(const ams_fused *u, uint32_t block)
{
    for (uint32_t i = 0; i < u->n_waiting; i++) {
        if (i + AHEAD < u->n_waiting) {
            fetch_row(u, block, u->waiting[i + AHEAD]);
        }
        size_t at = ams_in_block(u->f, u->waiting[i], block * W);
        ams_fused_settle(&u->idle[u->waited[i]], u->rows.w + at, u->rows.m + at,
                         u->rows.v + at);
    }
}

static void settle_shard(void *context, uint32_t block)
{
    settle_block(context, block);
}

static void settle_all(ams_fused *u, const ams_rows *rows)
{
    u->n_waiting = 0;
    for (uint32_t f = 0; f < u->f; f++) {
        wait_for(u, rows, f);
    }
    ams_pool_run(u->pool, u->blocks, settle_shard, u);
    u->n_waiting = 0;
}

void ams_fused_begin(ams_fused *u, const ams_rows *rows)
{
    ams_idle_table(&u->clock, u->options, u->idle);
    if (u->clock.t < EAGER || u->clock.t % AMS_IDLE_MOST == 0) {
        settle_all(u, rows);
    }
}

/* -- forward -- */

typedef struct job {
    ams_fused *u;
    const ams_sparse *x;
    const ams_rows *rows;
    const uint8_t *action;
    const float *dq;
    ams_adam adam;
    const ams_fused_ask *ask;
} job;

static ams_ones_list state(const ams_sparse *x, uint32_t s)
{
    uint32_t at = x->ptr[s];
    return (ams_ones_list){.index = x->index + at,
                           .value = x->value == NULL ? NULL : x->value + at,
                           .count = x->ptr[s + 1] - at};
}

/* Of sample s, in `part` or `target_part`. */
static size_t part_at(const ams_fused *u, uint32_t block, uint32_t s)
{
    return ((size_t)block * u->most + s) * u->columns;
}

static void wait_for_all(ams_fused *u, const ams_rows *rows, const ams_sparse *x)
{
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        wait_for(u, rows, x->index[at]);
    }
}

/* Q (n, A) = bias + the blocks' parts, in their order. */
static void add_parts(const ams_fused *u, const float *parts, uint32_t n, const float *bias,
                      float *q)
{
    for (uint32_t s = 0; s < n; s++) {
        float *row = q + (size_t)s * u->a;
        memcpy(row, bias, u->a * sizeof *row);
        for (uint32_t block = 0; block < u->blocks; block++) {
            const float *added = parts + part_at(u, block, s);
            for (uint32_t a = 0; a < u->a; a++) {
                row[a] += added[a];
            }
        }
    }
}

static void online_block(const ams_fused *u, const ams_sparse *x, uint32_t block)
{
    _Alignas(64) float y[W];
    for (uint32_t s = 0; s < x->n; s++) {
        ams_ones_list ones = state(x, s);
        ams_fused_hidden(u->rows.w + ams_in_block(u->f, 0, block * W),
                         u->bias.w + (size_t)block * W, &ones, y);
        ams_fused_dots(u->out.w + ams_in_block(u->a16, 0, block * W), y, u->a16,
                       u->part + part_at(u, block, s));
    }
}

static void online_shard(void *context, uint32_t block)
{
    const job *j = context;
    settle_block(j->u, block);
    online_block(j->u, j->x, block);
}

const float *ams_fused_online(ams_fused *u, const ams_rows *rows, const ams_sparse *x)
{
    job j = {.u = u, .x = x};
    u->n_waiting = 0;
    wait_for_all(u, rows, x);
    ams_pool_run(u->pool, u->blocks, online_shard, &j);
    add_parts(u, u->part, x->n, u->outbias.w, u->q);
    return u->q;
}

static void target_block(const ams_fused *u, const ams_sparse *x, uint32_t block)
{
    const float *w = u->target_rows + ams_in_block(u->f, 0, block * W);
    const float *out = u->target_out + (size_t)block * W * u->columns;
    _Alignas(64) float y[TOGETHER * W];
    for (uint32_t s = 0; s < x->n; s += TOGETHER) {
        uint32_t n = x->n - s < TOGETHER ? x->n - s : TOGETHER;
        for (uint32_t i = 0; i < n; i++) {
            ams_ones_list ones = state(x, s + i);
            ams_fused_hidden(w, u->target_bias + (size_t)block * W, &ones, y + (size_t)i * W);
        }
        ams_fused_outputs(y, n, out, u->columns, u->target_part + part_at(u, block, s));
    }
}

static float *hidden_of(const ams_fused *u, uint32_t block, uint32_t s)
{
    return u->hidden + ((size_t)block * u->most + s) * W;
}

static float *taken_of(const ams_fused *u, uint32_t block, uint32_t s)
{
    return u->taken_part + (size_t)block * u->most + s;
}

static void taken_block(const ams_fused *u, const ams_fused_ask *ask, uint32_t block)
{
    for (uint32_t s = 0; s < ask->state->n; s++) {
        ams_ones_list ones = state(ask->state, s);
        float *y = hidden_of(u, block, s);
        ams_fused_hidden(u->rows.w + ams_in_block(u->f, 0, block * W),
                         u->bias.w + (size_t)block * W, &ones, y);
        *taken_of(u, block, s) =
            ams_fused_dot(u->out.w + ams_in_block(u->a16, ask->action[s], block * W), y);
    }
}

static void forward_shard(void *context, uint32_t block)
{
    const job *j = context;
    settle_block(j->u, block);
    target_block(j->u, j->ask->next, block);
    if (j->ask->wants_online) {
        online_block(j->u, j->ask->next, block);
    }
    taken_block(j->u, j->ask, block);
}

ams_fused_q ams_fused_forward(ams_fused *u, ams_rows *rows, const ams_fused_ask *ask)
{
    job j = {.u = u, .ask = ask};
    u->n_waiting = 0;
    ams_rows_invert(rows, ask->state);
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        wait_for(u, rows, rows->touched[i]);
    }
    if (ask->wants_online) {
        wait_for_all(u, rows, ask->next);
    }
    ams_pool_run(u->pool, u->blocks, forward_shard, &j);
    for (uint32_t s = 0; s < ask->state->n; s++) {
        float q = u->outbias.w[ask->action[s]];
        for (uint32_t block = 0; block < u->blocks; block++) {
            q += *taken_of(u, block, s);
        }
        u->q_taken[s] = q;
    }
    add_parts(u, u->target_part, ask->next->n, u->target_outbias, u->q_target);
    if (ask->wants_online) {
        add_parts(u, u->part, ask->next->n, u->outbias.w, u->q);
    }
    return (ams_fused_q){u->q_taken, u->q_target, ask->wants_online ? u->q : NULL};
}

/* -- backward -- */

/* Everything of the block behind the first layer's rows; its samples' slopes take the place of
 * their activations. */
static void step_outputs(const job *j, uint32_t block)
{
    const ams_fused *u = j->u;
    const size_t first = ams_in_block(u->a16, 0, block * W);
    float *slope = u->slope + first;
    _Alignas(64) float bias[W] = {0};
    memset(slope, 0, (size_t)u->a16 * W * sizeof *slope);
    for (uint32_t s = 0; s < j->x->n; s++) {
        size_t at = (size_t)j->action[s] * W;
        ams_fused_slope(j->dq[s], u->out.w + first + at, slope + at, hidden_of(u, block, s),
                        bias);
    }
    ams_fused_adam(&j->adam, u->a * W, slope, u->out.w + first, u->out.m + first,
                   u->out.v + first);
    ams_fused_adam(&j->adam, W, bias, u->bias.w + (size_t)block * W,
                   u->bias.m + (size_t)block * W, u->bias.v + (size_t)block * W);
}

static void step_shard(void *context, uint32_t block)
{
    const job *j = context;
    const ams_fused *u = j->u;
    const ams_rows *rows = j->rows;
    _Alignas(64) float g[W];
    step_outputs(j, block);
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        if (i + AHEAD < rows->n_touched) {
            fetch_row(u, block, rows->touched[i + AHEAD]);
        }
        uint32_t from = rows->start[i];
        ams_ones_list samples = {.index = rows->sample + from,
                                 .value = j->x->value == NULL ? NULL : rows->value + from,
                                 .count = rows->start[i + 1] - from};
        size_t at = ams_in_block(u->f, rows->touched[i], block * W);
        ams_fused_gather(hidden_of(u, block, 0), &samples, g);
        ams_fused_adam(&j->adam, W, g, u->rows.w + at, u->rows.m + at, u->rows.v + at);
    }
}

void ams_fused_step(ams_fused *u, const ams_rows *rows, const ams_sparse *x,
                    const uint8_t *action, const float *dq)
{
    job j = {.u = u,
             .x = x,
             .rows = rows,
             .action = action,
             .dq = dq,
             .adam = ams_train_adam(u->options, u->clock.t + 1)};
    float bias[AMS_MAX_MODELS + 1] = {0};
    ams_pool_run(u->pool, u->blocks, step_shard, &j);
    for (uint32_t s = 0; s < x->n; s++) {
        bias[action[s]] += dq[s];
    }
    ams_fused_adam(&j.adam, u->a, bias, u->outbias.w, u->outbias.m, u->outbias.v);
    ams_idle_clock_advance(&u->clock, u->options);
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        u->reached[rows->touched[i]] = u->clock.t;
    }
}

void ams_fused_follow(ams_fused *u, const ams_rows *rows)
{
    ams_idle_table(&u->clock, u->options, u->idle);
    settle_all(u, rows);
    ams_fused_copy_to_target(u);
}
