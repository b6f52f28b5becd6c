#include "rl/fused.h"

#include "base/memory.h"
#include "rl/fused_kernels.h"

#include <stdlib.h>
#include <string.h>

enum {
    W = AMS_FUSED_BLOCK,
    ACTIONS = 16, /* rows of the output layer come in whole sixteens, columns in 32s */
    COLUMNS = 32,
    EAGER = 512, /* updates at the start whose bias corrections change too fast to wait */
    TOGETHER = 4 /* samples that share a read of the output layer */
};

/* N parameters of a part of the network, by block. */
typedef struct part {
    float *w, *m, *v;
} part;

struct ams_fused {
    const ams_train_options *options;
    ams_pool *pool;
    ams_net net; /* the layout outside; params NULL */
    uint32_t f, h, a, blocks, a16, columns, most;

    part rows;    /* (blocks, F, W) */
    part bias;    /* (H) */
    part out;     /* (blocks, a16, W): the output layer on its side; rows past A are 0 */
    part outbias; /* (A) */
    float *slope; /* (blocks, a16, W) gradient of `out` */
    /* The target network, its output layer as it is read: (blocks, W, columns). */
    float *target_rows, *target_bias, *target_out, *target_outbias;

    float *hidden;                 /* (blocks, most, W) of the taken actions' states */
    float *part;                   /* (blocks, most, columns) what a block adds to Q */
    float *q, *q_target, *q_taken; /* (most, A), (most, A), (most) */

    ams_idle_clock clock; /* clock.t: updates done */
    uint64_t *reached;    /* (F) updates that the row has seen */
    uint32_t *waiting;    /* rows to bring up to t, and for how long they have waited */
    uint32_t *waited;
    uint32_t n_waiting;
    ams_idle idle[AMS_IDLE_MOST + 1];
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

/* -- construction -- */

static ams_status alloc_part(part *p, size_t n, ams_error *err)
{
    static const char *const what = "weights and moments";
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p->w, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&p->m, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&p->v, n, sizeof(float), what, err));
out:
    return status;
}

static void free_part(part *p)
{
    free(p->w);
    free(p->m);
    free(p->v);
}

static ams_status alloc_all(ams_fused *u, ams_error *err)
{
    static const char *const what = "a minibatch's activations";
    size_t out = (size_t)u->blocks * u->a16 * W;
    size_t most = u->most;
    ams_status status = AMS_OK;
    AMS_TRY(alloc_part(&u->rows, (size_t)u->f * u->h, err));
    AMS_TRY(alloc_part(&u->bias, u->h, err));
    AMS_TRY(alloc_part(&u->out, out, err));
    AMS_TRY(alloc_part(&u->outbias, u->a, err));
    AMS_TRY(ams_alloc(&u->slope, out, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_rows, (size_t)u->f * u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_bias, u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_out, (size_t)u->h * u->columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_outbias, u->a, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->hidden, most * u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->part, most * u->blocks * u->columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->q, most * u->a, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->q_target, most * u->a, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->q_taken, most, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->reached, u->f, sizeof *u->reached, what, err));
    AMS_TRY(ams_alloc(&u->waiting, u->f, sizeof *u->waiting, what, err));
    AMS_TRY(ams_alloc(&u->waited, u->f, sizeof *u->waited, what, err));
out:
    return status;
}

/* Element (row, unit) of a matrix (rows, H) cut into blocks of units. */
static size_t in_block(uint32_t rows, uint32_t row, uint32_t unit)
{
    return ((size_t)(unit / W) * rows + row) * W + unit % W;
}

/* From the network's layout to the blocks. */
static void load(const ams_fused *u, const float *params, float *rows, float *bias, float *out,
                 float *outbias)
{
    const float *w1 = params + u->net.weight[0];
    const float *w2 = params + u->net.weight[1];
    for (uint32_t f = 0; f < u->f; f++) {
        for (uint32_t j = 0; j < u->h; j += W) {
            memcpy(rows + in_block(u->f, f, j), w1 + (size_t)f * u->h + j, W * sizeof *rows);
        }
    }
    for (uint32_t a = 0; a < u->a; a++) {
        for (uint32_t j = 0; j < u->h; j++) {
            out[in_block(u->a16, a, j)] = w2[(size_t)j * u->a + a];
        }
    }
    memcpy(bias, params + u->net.bias[0], u->h * sizeof *bias);
    memcpy(outbias, params + u->net.bias[1], u->a * sizeof *outbias);
}

/* And back. */
static void store(const ams_fused *u, const float *rows, const float *bias, const float *out,
                  const float *outbias, float *params)
{
    float *w1 = params + u->net.weight[0];
    float *w2 = params + u->net.weight[1];
    for (uint32_t f = 0; f < u->f; f++) {
        for (uint32_t j = 0; j < u->h; j += W) {
            memcpy(w1 + (size_t)f * u->h + j, rows + in_block(u->f, f, j), W * sizeof *rows);
        }
    }
    for (uint32_t a = 0; a < u->a; a++) {
        for (uint32_t j = 0; j < u->h; j++) {
            w2[(size_t)j * u->a + a] = out[in_block(u->a16, a, j)];
        }
    }
    memcpy(params + u->net.bias[0], bias, u->h * sizeof *bias);
    memcpy(params + u->net.bias[1], outbias, u->a * sizeof *outbias);
}

/* The target's output layer has its actions side by side. */
static void turn(const ams_fused *u, const float *out, float *side)
{
    for (uint32_t j = 0; j < u->h; j++) {
        for (uint32_t a = 0; a < u->a; a++) {
            side[(size_t)j * u->columns + a] = out[in_block(u->a16, a, j)];
        }
    }
}

static void copy_to_target(ams_fused *u)
{
    memcpy(u->target_rows, u->rows.w, (size_t)u->f * u->h * sizeof(float));
    memcpy(u->target_bias, u->bias.w, u->h * sizeof(float));
    memcpy(u->target_outbias, u->outbias.w, u->a * sizeof(float));
    turn(u, u->out.w, u->target_out);
}

ams_status ams_fused_create(ams_fused **result, const ams_net *net,
                            const ams_train_options *options, ams_pool *pool, uint32_t most,
                            ams_error *err)
{
    ams_fused *u = NULL;
    *result = NULL;
    ams_status status = ams_alloc(&u, 1, sizeof *u, "a trainer", err);
    if (status != AMS_OK) {
        return status;
    }
    u->options = options;
    u->pool = pool;
    u->net = *net;
    u->net.params = NULL;
    u->f = net->width[0];
    u->h = net->width[1];
    u->a = net->width[2];
    u->blocks = u->h / W;
    u->a16 = (u->a + ACTIONS - 1) / ACTIONS * ACTIONS;
    u->columns = (u->a + COLUMNS - 1) / COLUMNS * COLUMNS;
    u->most = most;
    AMS_TRY(alloc_all(u, err));
    load(u, net->params, u->rows.w, u->bias.w, u->out.w, u->outbias.w);
    copy_to_target(u);
    ams_idle_clock_init(&u->clock, options, 0);
    *result = u;
    return AMS_OK;
out:
    ams_fused_destroy(u);
    return status;
}

void ams_fused_destroy(ams_fused *u)
{
    if (u == NULL) {
        return;
    }
    free_part(&u->rows);
    free_part(&u->bias);
    free_part(&u->out);
    free_part(&u->outbias);
    free(u->slope);
    free(u->target_rows);
    free(u->target_bias);
    free(u->target_out);
    free(u->target_outbias);
    free(u->hidden);
    free(u->part);
    free(u->q);
    free(u->q_target);
    free(u->q_taken);
    free(u->reached);
    free(u->waiting);
    free(u->waited);
    free(u);
}

/* -- rows that wait -- */

void ams_idle_clock_init(ams_idle_clock *clock, const ams_train_options *o, uint64_t t)
{
    double keep1 = 1;
    double keep2 = 1;
    for (uint32_t k = 0; k <= AMS_IDLE_MOST; k++) {
        clock->keep1[k] = (float)keep1;
        clock->keep2[k] = (float)keep2;
        keep1 *= o->adam_beta1;
        keep2 *= o->adam_beta2;
    }
    clock->t = t < AMS_IDLE_MOST ? 0 : t - AMS_IDLE_MOST;
    while (clock->t < t) {
        ams_idle_clock_advance(clock, o);
    }
}

void ams_idle_clock_advance(ams_idle_clock *clock, const ams_train_options *o)
{
    clock->t++;
    ams_adam adam = ams_train_adam(o, clock->t);
    double root = sqrt((double)adam.inv_bias2);
    clock->p[clock->t % AMS_IDLE_MOST] = (double)adam.step / root;
    clock->e[clock->t % AMS_IDLE_MOST] = (double)adam.epsilon / root;
}

void ams_idle_table(const ams_idle_clock *clock, const ams_train_options *o, ams_idle *idle)
{
    const double decay = o->adam_beta1 / sqrt(o->adam_beta2);
    const double wider = 1 / sqrt(o->adam_beta2);
    const uint64_t most = clock->t < AMS_IDLE_MOST ? clock->t : AMS_IDLE_MOST;
    /* Of p_j e_j^n; j counts from the last step with a gradient. */
    double sum[3][AMS_IDLE_MOST + 1] = {{0}};
    for (uint64_t k = 1; k <= most; k++) {
        /* One step earlier, t - k + 1, comes first, and what came first so far second. */
        uint64_t at = (clock->t - k + 1) % AMS_IDLE_MOST;
        double p = clock->p[at];
        double e = clock->e[at];
        sum[0][k] = decay * (p + sum[0][k - 1]);
        sum[1][k] = decay * wider * (p * e + sum[1][k - 1]);
        sum[2][k] = decay * wider * wider * (p * e * e + sum[2][k - 1]);
    }
    for (uint64_t k = 0; k <= AMS_IDLE_MOST; k++) {
        bool moves = sum[0][k] > 0; /* not with k = 0, beta1 = 0 or a learning rate of 0 */
        double weight = moves ? sum[0][k] : 1;
        double mean = moves ? sum[1][k] / weight : o->adam_epsilon;
        double spread = moves ? sum[2][k] / weight / (mean * mean) - 1 : 0;
        idle[k].move = (float)sum[0][k];
        idle[k].e = (float)mean;
        idle[k].spread = (float)(spread > 0 ? spread : 0);
        idle[k].keep1 = clock->keep1[k];
        idle[k].keep2 = clock->keep2[k];
    }
}

/* A row is listed once, since it counts as up to date from here on. */
static void wait_for(ams_fused *u, const ams_rows *rows, uint32_t f)
{
    if (rows->ever[f] && u->reached[f] < u->clock.t) {
        u->waiting[u->n_waiting] = f;
        u->waited[u->n_waiting++] = (uint32_t)(u->clock.t - u->reached[f]);
    }
    u->reached[f] = u->clock.t;
}

static void settle_block(const ams_fused *u, uint32_t block)
{
    for (uint32_t i = 0; i < u->n_waiting; i++) {
        size_t at = in_block(u->f, u->waiting[i], block * W);
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
} job;

static ams_ones_list state(const ams_sparse *x, uint32_t s)
{
    uint32_t at = x->ptr[s];
    return (ams_ones_list){.index = x->index + at,
                           .value = x->value == NULL ? NULL : x->value + at,
                           .count = x->ptr[s + 1] - at};
}

static float *part_of(const ams_fused *u, uint32_t block, uint32_t s)
{
    return u->part + ((size_t)block * u->most + s) * u->columns;
}

static void wait_for_all(ams_fused *u, const ams_rows *rows, const ams_sparse *x)
{
    u->n_waiting = 0;
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        wait_for(u, rows, x->index[at]);
    }
}

/* Q (n, A) = bias + the blocks' parts, in their order. */
static void add_parts(const ams_fused *u, uint32_t n, const float *bias, float *q)
{
    for (uint32_t s = 0; s < n; s++) {
        float *row = q + (size_t)s * u->a;
        memcpy(row, bias, u->a * sizeof *row);
        for (uint32_t block = 0; block < u->blocks; block++) {
            const float *added = part_of(u, block, s);
            for (uint32_t a = 0; a < u->a; a++) {
                row[a] += added[a];
            }
        }
    }
}

static void online_shard(void *context, uint32_t block)
{
    const job *j = context;
    const ams_fused *u = j->u;
    _Alignas(64) float y[W];
    settle_block(u, block);
    for (uint32_t s = 0; s < j->x->n; s++) {
        ams_ones_list ones = state(j->x, s);
        ams_fused_hidden(u->rows.w + in_block(u->f, 0, block * W), u->bias.w + block * W, &ones,
                         y);
        ams_fused_dots(u->out.w + in_block(u->a16, 0, block * W), y, u->a16,
                       part_of(u, block, s));
    }
}

const float *ams_fused_online(ams_fused *u, const ams_rows *rows, const ams_sparse *x)
{
    job j = {.u = u, .x = x};
    wait_for_all(u, rows, x);
    ams_pool_run(u->pool, u->blocks, online_shard, &j);
    add_parts(u, x->n, u->outbias.w, u->q);
    return u->q;
}

static void target_shard(void *context, uint32_t block)
{
    const job *j = context;
    const ams_fused *u = j->u;
    const float *w = u->target_rows + in_block(u->f, 0, block * W);
    const float *out = u->target_out + (size_t)block * W * u->columns;
    _Alignas(64) float y[TOGETHER * W];
    for (uint32_t s = 0; s < j->x->n; s += TOGETHER) {
        uint32_t n = j->x->n - s < TOGETHER ? j->x->n - s : TOGETHER;
        for (uint32_t i = 0; i < n; i++) {
            ams_ones_list ones = state(j->x, s + i);
            ams_fused_hidden(w, u->target_bias + block * W, &ones, y + (size_t)i * W);
        }
        ams_fused_outputs(y, n, out, u->columns, part_of(u, block, s));
    }
}

const float *ams_fused_target(ams_fused *u, const ams_sparse *x)
{
    job j = {.u = u, .x = x};
    ams_pool_run(u->pool, u->blocks, target_shard, &j);
    add_parts(u, x->n, u->target_outbias, u->q_target);
    return u->q_target;
}

static float *hidden_of(const ams_fused *u, uint32_t block, uint32_t s)
{
    return u->hidden + ((size_t)block * u->most + s) * W;
}

static void taken_shard(void *context, uint32_t block)
{
    const job *j = context;
    const ams_fused *u = j->u;
    settle_block(u, block);
    for (uint32_t s = 0; s < j->x->n; s++) {
        ams_ones_list ones = state(j->x, s);
        float *y = hidden_of(u, block, s);
        ams_fused_hidden(u->rows.w + in_block(u->f, 0, block * W), u->bias.w + block * W, &ones,
                         y);
        *part_of(u, block, s) =
            ams_fused_dot(u->out.w + in_block(u->a16, j->action[s], block * W), y);
    }
}

const float *ams_fused_taken(ams_fused *u, ams_rows *rows, const ams_sparse *x,
                             const uint8_t *action)
{
    job j = {.u = u, .x = x, .action = action};
    wait_for_all(u, rows, x);
    ams_rows_invert(rows, x);
    ams_pool_run(u->pool, u->blocks, taken_shard, &j);
    for (uint32_t s = 0; s < x->n; s++) {
        float q = u->outbias.w[action[s]];
        for (uint32_t block = 0; block < u->blocks; block++) {
            q += *part_of(u, block, s);
        }
        u->q_taken[s] = q;
    }
    return u->q_taken;
}

/* -- backward -- */

/* Everything of the block behind the first layer's rows; its samples' slopes take the place of
 * their activations. */
static void step_outputs(const job *j, uint32_t block)
{
    const ams_fused *u = j->u;
    const size_t first = in_block(u->a16, 0, block * W);
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
    ams_fused_adam(&j->adam, W, bias, u->bias.w + block * W, u->bias.m + block * W,
                   u->bias.v + block * W);
}

static void step_shard(void *context, uint32_t block)
{
    const job *j = context;
    const ams_fused *u = j->u;
    const ams_rows *rows = j->rows;
    _Alignas(64) float g[W];
    step_outputs(j, block);
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        uint32_t from = rows->start[i];
        ams_ones_list samples = {.index = rows->sample + from,
                                 .value = j->x->value == NULL ? NULL : rows->value + from,
                                 .count = rows->start[i + 1] - from};
        size_t at = in_block(u->f, rows->touched[i], block * W);
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
    copy_to_target(u);
}

/* -- the state outside -- */

void ams_fused_weights(const ams_fused *u, const ams_rows *rows, float *params)
{
    ams_idle idle[AMS_IDLE_MOST + 1];
    ams_idle_table(&u->clock, u->options, idle);
    store(u, u->rows.w, u->bias.w, u->out.w, u->outbias.w, params);
    float *w1 = params + u->net.weight[0];
    for (uint32_t f = 0; f < u->f; f++) {
        if (!rows->ever[f] || u->reached[f] == u->clock.t) {
            continue;
        }
        for (uint32_t j = 0; j < u->h; j += W) {
            size_t at = in_block(u->f, f, j);
            ams_fused_settled(&idle[u->clock.t - u->reached[f]], u->rows.w + at, u->rows.m + at,
                              u->rows.v + at, w1 + (size_t)f * u->h + j);
        }
    }
}

void ams_fused_save(const ams_fused *u, const ams_fused_state *state)
{
    store(u, u->rows.w, u->bias.w, u->out.w, u->outbias.w, state->online);
    store(u, u->rows.m, u->bias.m, u->out.m, u->outbias.m, state->moment1);
    store(u, u->rows.v, u->bias.v, u->out.v, u->outbias.v, state->moment2);
    memcpy(state->reached, u->reached, u->f * sizeof *u->reached);
}

ams_status ams_fused_restore(ams_fused *u, const ams_fused_state *state, uint64_t t,
                             ams_error *err)
{
    for (uint32_t f = 0; f < u->f; f++) {
        if (state->reached[f] > t || t - state->reached[f] > AMS_IDLE_MOST) {
            return ams_fail(err, AMS_BAD_DATA,
                            "the checkpoint's row %u: expected the update of its last step, at "
                            "most %d before %llu; found %llu",
                            f, AMS_IDLE_MOST, (unsigned long long)t,
                            (unsigned long long)state->reached[f]);
        }
    }
    load(u, state->target, u->rows.w, u->bias.w, u->out.w, u->outbias.w);
    copy_to_target(u);
    load(u, state->online, u->rows.w, u->bias.w, u->out.w, u->outbias.w);
    load(u, state->moment1, u->rows.m, u->bias.m, u->out.m, u->outbias.m);
    load(u, state->moment2, u->rows.v, u->bias.v, u->out.v, u->outbias.v);
    memcpy(u->reached, state->reached, u->f * sizeof *u->reached);
    ams_idle_clock_init(&u->clock, u->options, t);
    return AMS_OK;
}
