#include "rl/fast/fused.h"

#include "rl/fast/flush.h"
#include "rl/fast/fused_kernels.h"
#include "rl/fast/fused_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    W = AMS_FUSED_BLOCK,
    EAGER = 512 /* updates at the start whose bias corrections change too fast to wait */
};

/* -- rows that wait -- */

/* A row is listed once, since it counts as up to date from here on. Nothing branches on whether
 * it waits, which is hard to guess: what does not is overwritten by the next. */
static void wait_for(ams_fused *u, const ams_rows *rows, uint32_t f)
{
    const uint64_t reached = u->reached[f];
    const bool moves = (rows->ever[f] != 0) | (u->options->weight_decay > 0);
    u->waiting[u->n_waiting] = f;
    u->waited[u->n_waiting] = (uint32_t)(u->clock.t - reached);
    u->n_waiting += moves & (reached < u->clock.t);
    u->reached[f] = u->clock.t;
}

static void tabulate_idles(ams_fused *u)
{
    if (u->idles_at != u->clock.t) {
        ams_idle_table(&u->clock, u->options, &u->idles);
        u->idles_at = u->clock.t;
    }
}

static ams_block rows_of(const ams_fused *u, uint32_t block)
{
    const size_t at = ams_in_block(u->f, 0, block * W);
    return (ams_block){u->rows.w + at, u->rows.m + at, u->rows.v + at};
}

static void catch_up_block(const ams_fused *u, uint32_t block)
{
    const ams_waiting waiting = {u->waiting, u->waited, u->n_waiting};
    const ams_block rows = rows_of(u, block);
    u->kernels->catch_up(&u->idles, &waiting, &rows);
}

static void catch_up_shard(void *context, uint32_t block)
{
    const unsigned before = ams_flush_begin();
    catch_up_block(context, block);
    ams_flush_end(before);
}

static void catch_up_all(ams_fused *u, const ams_rows *rows)
{
    u->n_waiting = 0;
    for (uint32_t f = 0; f < u->f; f++) {
        wait_for(u, rows, f);
    }
    ams_pool_run(u->pool, u->blocks, catch_up_shard, u);
    u->n_waiting = 0;
}

void ams_fused_begin(ams_fused *u, const ams_rows *rows)
{
    tabulate_idles(u);
    if (u->eager || u->clock.t < EAGER || u->clock.t % AMS_IDLE_MOST == 0) {
        catch_up_all(u, rows);
    }
}

/* -- forward -- */

typedef struct fused_job {
    ams_fused *u;
    const ams_sparse *x;
    const ams_rows *rows;
    ams_adam adam;
    float keep; /* what the step's decay leaves of weights */
    const ams_dropout *dropout;
    const ams_fused_ask *ask;
    const ams_fused_back *back;
} fused_job;

static void wait_for_all(ams_fused *u, const ams_rows *rows, const ams_sparse *x)
{
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        wait_for(u, rows, x->index[at]);
    }
}

/* (most, W) of the block's samples. */
static float *hidden_of(const ams_fused *u, uint32_t block)
{
    return u->hidden + (size_t)block * u->most * W;
}

/* Q of a block's hidden units, whose output layer is kept by actions where one of them learns.
 */
static void outputs_block(const ams_fused *u, const ams_fused_heads *heads, const float *y,
                          uint32_t block)
{
    ams_fused_outputs(u, heads, u->takes ? NULL : u->out_columns, y, block, u->part);
}

static void online_block(const ams_fused *u, const ams_sparse *x, uint32_t block)
{
    float *y = hidden_of(u, block);
    u->kernels->hidden(rows_of(u, block).w, u->bias.w + (size_t)block * W, x, y);
    outputs_block(u, &u->asked, y, block);
}

static void online_shard(void *context, uint32_t block)
{
    const unsigned before = ams_flush_begin();
    const fused_job *j = context;
    catch_up_block(j->u, block);
    online_block(j->u, j->x, block);
    ams_flush_end(before);
}

uint32_t ams_fused_columns(const ams_fused *u)
{
    return u->columns;
}

const float *ams_fused_online(ams_fused *u, const ams_rows *rows, const ams_sparse *x)
{
    fused_job j = {.u = u, .x = x};
    u->n_waiting = 0;
    wait_for_all(u, rows, x);
    ams_fused_sort(u, &u->asked, x);
    ams_pool_run(u->pool, u->blocks, online_shard, &j);
    ams_fused_add_parts(u, &u->asked, u->part, x->n, u->outbias.w, u->q);
    return u->q;
}

static void target_block(const ams_fused *u, const ams_sparse *x, uint32_t block)
{
    float *y = hidden_of(u, block);
    u->kernels->hidden(u->target_rows + ams_in_block(u->f, 0, block * W),
                       u->target_bias + (size_t)block * W, x, y);
    ams_fused_outputs(u, &u->asked, u->target_out, y, block, u->target_part);
}

static void target_shard(void *context, uint32_t block)
{
    const unsigned before = ams_flush_begin();
    const fused_job *j = context;
    target_block(j->u, j->x, block);
    ams_flush_end(before);
}

const float *ams_fused_target(ams_fused *u, const ams_sparse *x)
{
    fused_job j = {.u = u, .x = x};
    ams_fused_sort(u, &u->asked, x);
    ams_pool_run(u->pool, u->blocks, target_shard, &j);
    ams_fused_add_parts(u, &u->asked, u->target_part, x->n, u->target_outbias, u->q_target);
    return u->q_target;
}

/* -- forward of a minibatch, all outputs -- */

/* The draws are those of ams_backend.dropout: four units share one, counter =
 * ((update * layers + layer) * B + sample) * draws + draw. */
static void drop_block(const ams_fused *u, const ams_dropout *drop, uint32_t n, uint32_t block)
{
    enum { WORDS = 4, OF_BLOCK = W / WORDS };
    const uint32_t draws = u->h / WORDS;
    const uint32_t below = (uint32_t)ceil(drop->rate * 0x1p32); /* rate < 1 */
    const ams_fused_drop d = {.seed = drop->seed,
                              .counter = drop->update * AMS_MAX_LAYERS * n * draws +
                                         (uint64_t)block * OF_BLOCK,
                              .apart = draws,
                              .below = below,
                              .scale = u->keep_scale};
    u->kernels->leave_out(&d, n, hidden_of(u, block));
}

static void learn_shard(void *context, uint32_t block)
{
    const unsigned before = ams_flush_begin();
    const fused_job *j = context;
    const ams_fused *u = j->u;
    float *y = hidden_of(u, block);
    catch_up_block(u, block);
    u->kernels->hidden(rows_of(u, block).w, u->bias.w + (size_t)block * W, j->x, y);
    if (j->dropout->rate > 0) {
        drop_block(u, j->dropout, j->x->n, block);
    }
    outputs_block(u, &u->learning, y, block);
    ams_flush_end(before);
}

static void wait_for_touched(ams_fused *u, ams_rows *rows, const ams_sparse *x)
{
    u->n_waiting = 0;
    ams_rows_list(rows, x);
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        wait_for(u, rows, rows->touched[i]);
    }
}

const float *ams_fused_learn(ams_fused *u, ams_rows *rows, const ams_sparse *x,
                             const ams_dropout *dropout)
{
    fused_job j = {.u = u, .x = x, .dropout = dropout};
    u->keep_scale = (float)(1 / (1 - dropout->rate));
    wait_for_touched(u, rows, x);
    ams_fused_sort(u, &u->learning, x);
    ams_pool_run(u->pool, u->blocks, learn_shard, &j);
    ams_fused_add_parts(u, &u->learning, u->part, x->n, u->outbias.w, u->q);
    return u->q;
}

/* -- forward of a minibatch, actions taken -- */

static float *taken_of(const ams_fused *u, uint32_t block)
{
    return u->taken_part + (size_t)block * u->most;
}

/* Last of all, since ams_fused_step wants these activations. */
static void taken_block(const ams_fused *u, const ams_fused_ask *ask, uint32_t block)
{
    float *y = hidden_of(u, block);
    u->kernels->hidden(rows_of(u, block).w, u->bias.w + (size_t)block * W, ask->state, y);
    u->kernels->taken(u->out.w + ams_in_block(u->out_rows, 0, block * W), u->taken_row, y,
                      ask->state->n, taken_of(u, block));
}

static void forward_shard(void *context, uint32_t block)
{
    const unsigned before = ams_flush_begin();
    const fused_job *j = context;
    catch_up_block(j->u, block);
    target_block(j->u, j->ask->next, block);
    if (j->ask->wants_online) {
        online_block(j->u, j->ask->next, block);
    }
    taken_block(j->u, j->ask, block);
    ams_flush_end(before);
}

ams_fused_q ams_fused_forward(ams_fused *u, ams_rows *rows, const ams_fused_ask *ask)
{
    fused_job j = {.u = u, .ask = ask};
    wait_for_touched(u, rows, ask->state);
    if (ask->wants_online) {
        wait_for_all(u, rows, ask->next);
    }
    ams_fused_sort(u, &u->learning, ask->state);
    ams_fused_sort(u, &u->asked, ask->next);
    for (uint32_t s = 0; s < ask->state->n; s++) {
        u->taken_row[s] = ams_fused_row(u, &u->learning, s, ask->action[s]);
    }
    ams_pool_run(u->pool, u->blocks, forward_shard, &j);
    for (uint32_t s = 0; s < ask->state->n; s++) {
        float q = ams_fused_bias(u, &u->learning, s, ask->action[s]);
        for (uint32_t block = 0; block < u->blocks; block++) {
            q += taken_of(u, block)[s];
        }
        u->q_taken[s] = q;
    }
    ams_fused_add_parts(u, &u->asked, u->target_part, ask->next->n, u->target_outbias,
                        u->q_target);
    if (ask->wants_online) {
        ams_fused_add_parts(u, &u->asked, u->part, ask->next->n, u->outbias.w, u->q);
    }
    return (ams_fused_q){u->q_taken, u->q_target, ask->wants_online ? u->q : NULL, u->columns};
}

/* -- backward -- */

static void scale(float *x, size_t n, float factor)
{
    for (size_t i = 0; i < n; i++) {
        x[i] *= factor;
    }
}

/* Those of x (n, W) by columns, so that no sum waits for the one before. */
static void add_squares(const float *x, uint32_t n, double squares[W])
{
    for (const float *end = x + (size_t)n * W; x < end; x += W) {
        for (uint32_t j = 0; j < W; j++) {
            squares[j] += (double)x[j] * (double)x[j];
        }
    }
}

/* As the kernels read them: rows of whole vectors, past A 0; or of each sample the one that
 * is not 0, and where its output stands. */
static void arrange_slopes(ams_fused *u, const ams_fused_back *back)
{
    for (uint32_t s = 0; !u->takes && s < back->state->n; s++) {
        const float *dq = back->dq + (size_t)s * u->a;
        if (back->action == NULL) {
            memcpy(u->dq + (size_t)s * u->columns, dq, u->a * sizeof *dq);
        } else {
            u->dq[s] = dq[back->action[s]];
            u->taken_row[s] = ams_fused_row(u, &u->learning, s, back->action[s]);
        }
    }
}

static ams_touched touched_of(const fused_job *j, uint32_t block)
{
    const ams_fused *u = j->u;
    return (ams_touched){.rows = j->rows,
                         .valued = j->back->state->value != NULL,
                         .kept = u->kept == NULL ? NULL
                                                 : u->kept + ams_in_block(u->f, 0, block * W),
                         .factor = j->back->factor};
}

/* -- the gradient alone, to know how long it is -- */

static void squares_shard(void *context, uint32_t block)
{
    const unsigned before = ams_flush_begin();
    const fused_job *j = context;
    const ams_fused *u = j->u;
    const ams_touched touched = touched_of(j, block);
    double *squares = u->squares + (size_t)block * W;
    ams_fused_slopes(u, j->back, hidden_of(u, block), block);
    memset(squares, 0, W * sizeof *squares);
    add_squares(u->slope + ams_in_block(u->out_rows, 0, block * W), ams_fused_out_params(u) / W,
                squares);
    add_squares(u->bias_slope + (size_t)block * W, 1, squares);
    u->kernels->keep_rows(&touched, hidden_of(u, block),
                          u->kept + ams_in_block(u->f, 0, block * W), squares);
    ams_flush_end(before);
}

double ams_fused_squares(ams_fused *u, const ams_rows *rows, const ams_fused_back *back)
{
    fused_job j = {.u = u, .rows = rows, .back = back};
    arrange_slopes(u, back);
    ams_fused_slopes_outbias(u, back);
    ams_pool_run(u->pool, u->blocks, squares_shard, &j);
    double sum = 0;
    for (uint32_t i = 0; i < ams_fused_outbias_params(u); i++) {
        sum += (double)u->outbias_slope[i] * (double)u->outbias_slope[i];
    }
    for (uint32_t i = 0; i < u->h; i++) {
        sum += u->squares[i];
    }
    return sum;
}

/* -- the step -- */

/* Everything of the block after the first layer's rows. */
static void step_outputs(const fused_job *j, uint32_t block)
{
    const ams_fused *u = j->u;
    const size_t first = ams_in_block(u->out_rows, 0, block * W);
    const size_t at = (size_t)block * W;
    const uint32_t n = ams_fused_out_params(u);
    if (u->kept == NULL) {
        ams_fused_slopes(u, j->back, hidden_of(u, block), block);
    } else {
        scale(u->slope + first, n, j->back->factor);
        scale(u->bias_slope + at, W, j->back->factor);
    }
    u->kernels->adam(&j->adam, j->keep, n, u->slope + first, u->out.w + first, u->out.m + first,
                     u->out.v + first);
    u->kernels->adam(&j->adam, 1, W, u->bias_slope + at, u->bias.w + at, u->bias.m + at,
                     u->bias.v + at);
    if (!u->takes) {
        ams_fused_turn(u, u->out.w, block, u->out_columns);
    }
}

static void step_shard(void *context, uint32_t shard)
{
    const unsigned before = ams_flush_begin();
    const fused_job *j = context;
    const ams_fused *u = j->u;
    const uint32_t block = u->pool == NULL ? u->blocks - 1 - shard : shard;
    const ams_touched touched = touched_of(j, block);
    const ams_block rows = rows_of(u, block);
    step_outputs(j, block);
    u->kernels->step_rows(&j->adam, j->keep, &touched, hidden_of(u, block), &rows);
    if (j->back->then->n > 0) {
        catch_up_block(u, block);
        online_block(u, j->back->then, block);
    }
    ams_flush_end(before);
}

static void step_outbias(ams_fused *u, const fused_job *j)
{
    const uint32_t n = ams_fused_outbias_params(u);
    if (u->kept == NULL) {
        ams_fused_slopes_outbias(u, j->back);
    } else {
        scale(u->outbias_slope, n, j->back->factor);
    }
    u->kernels->adam(&j->adam, 1, n, u->outbias_slope, u->outbias.w, u->outbias.m,
                     u->outbias.v);
}

const float *ams_fused_step(ams_fused *u, const ams_rows *rows, const ams_fused_back *back)
{
    const ams_sparse *then = back->then;
    fused_job j = {.u = u,
                   .rows = rows,
                   .adam = ams_train_adam(u->options, u->clock.t + 1),
                   .keep = ams_train_keep(u->options, u->clock.t + 1),
                   .back = back};
    if (u->kept == NULL) {
        arrange_slopes(u, back);
    }
    /* Before the step itself, which takes from them only which rows wait afterwards. */
    ams_idle_clock_advance(&u->clock, u->options);
    tabulate_idles(u);
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        u->reached[rows->touched[i]] = u->clock.t;
    }
    u->n_waiting = 0;
    wait_for_all(u, rows, then);
    ams_fused_sort(u, &u->asked, then);
    ams_pool_run(u->pool, u->blocks, step_shard, &j);
    step_outbias(u, &j);
    ams_fused_add_parts(u, &u->asked, u->part, then->n, u->outbias.w, u->q);
    return u->q;
}

void ams_fused_follow(ams_fused *u, const ams_rows *rows, float share)
{
    tabulate_idles(u);
    catch_up_all(u, rows);
    if (share < 1) {
        ams_fused_blend_target(u, share);
    } else {
        ams_fused_copy_to_target(u);
    }
}
