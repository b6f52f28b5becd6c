/* The fast path's memory: in from the network's layout and out to it. */
#include "rl/fast/fused_state.h"

#include "base/memory.h"
#include "rl/fast/fused_kernels.h"

#include <stdlib.h>
#include <string.h>

enum {
    W = AMS_FUSED_BLOCK,
    ACTIONS = 16, /* rows of the output layer come in whole sixteens, columns in 32s */
    COLUMNS = 32
};

/* What each block adds to the second layer's outputs is kept until it is added up: of wide
 * layers and large minibatches that is many times what going layer by layer takes. */
static bool shares_are_few(const ams_train_options *o)
{
    const uint64_t most = (uint64_t)1 << 28; /* floats: 1 GiB */
    const uint64_t states = o->batch > o->envs ? o->batch : o->envs;
    const uint64_t outputs = o->n_hidden > 1 ? o->hidden_width[1] : AMS_MAX_MODELS + 2;
    return states * (o->hidden_width[0] / W) <= most / outputs;
}

bool ams_fused_fits(const ams_train_options *o)
{
    return shares_are_few(o) && o->backend == AMS_BACKEND_SPARSE &&
           o->hidden_width[0] % W == 0 && o->adam_beta2 > 0;
}

bool ams_fused_one_slope(const ams_train_options *o)
{
    return o->n_hidden == 1 && o->targets == AMS_TARGETS_TAKEN &&
           !ams_agents[o->agent]->dueling;
}

bool ams_fused_takes(const ams_train_options *o)
{
    return ams_fused_one_slope(o) && o->dropout == 0;
}

static ams_status alloc_part(ams_fused_part *p, size_t n, ams_error *err)
{
    static const char *const what = "weights and moments";
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p->w, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&p->m, n, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&p->v, n, sizeof(float), what, err));
out:
    return status;
}

static void free_part(ams_fused_part *p)
{
    free(p->w);
    free(p->m);
    free(p->v);
}

static ams_status alloc_all(ams_fused *u, ams_error *err)
{
    static const char *const what = "a minibatch's activations";
    const size_t out = (size_t)u->blocks * u->out_rows * W;
    const size_t columns = (size_t)u->heads * u->columns;
    size_t most = u->most;
    ams_status status = AMS_OK;
    AMS_TRY(alloc_part(&u->rows, (size_t)u->f * u->h, err));
    AMS_TRY(alloc_part(&u->bias, u->h, err));
    AMS_TRY(alloc_part(&u->out, out, err));
    AMS_TRY(alloc_part(&u->outbias, columns, err));
    AMS_TRY(ams_alloc(&u->slope, out, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->bias_slope, u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->outbias_slope, columns, sizeof(float), what, err));
    if (u->options->grad_clip > 0) {
        AMS_TRY(ams_alloc(&u->kept, (size_t)u->f * u->h, sizeof(float), what, err));
        AMS_TRY(ams_alloc(&u->squares, u->h, sizeof *u->squares, what, err));
    }
    if (!u->takes) {
        AMS_TRY(ams_alloc(&u->out_columns, u->h * columns, sizeof(float), what, err));
        AMS_TRY(ams_alloc(&u->dq, most * u->columns, sizeof(float), what, err));
    }
    AMS_TRY(ams_alloc(&u->target_rows, (size_t)u->f * u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_bias, u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_out, u->h * columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->target_outbias, columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->hidden, most * u->h, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->part, most * u->blocks * u->columns, sizeof(float), what, err));
    AMS_TRY(
        ams_alloc(&u->target_part, most * u->blocks * u->columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->taken_part, most * u->blocks, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->q, most * u->columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->q_target, most * u->columns, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->q_taken, most, sizeof(float), what, err));
    AMS_TRY(ams_alloc(&u->learning.sample, most, sizeof(uint32_t), what, err));
    AMS_TRY(ams_alloc(&u->asked.sample, most, sizeof(uint32_t), what, err));
    AMS_TRY(ams_alloc(&u->taken_row, most, sizeof *u->taken_row, what, err));
    AMS_TRY(ams_alloc(&u->reached, u->f, sizeof *u->reached, what, err));
    AMS_TRY(ams_alloc(&u->waiting, (size_t)u->f + 1, sizeof *u->waiting, what, err));
    AMS_TRY(ams_alloc(&u->waited, (size_t)u->f + 1, sizeof *u->waited, what, err));
out:
    return status;
}

/* The rows of the first layer (F, H) from blocks into the network's layout. */
static void store_rows(const ams_fused *u, const float *rows, float *params)
{
    float *w1 = params + u->net.weight[0];
    for (uint32_t f = 0; f < u->f; f++) {
        for (uint32_t j = 0; j < u->h; j += W) {
            memcpy(w1 + (size_t)f * u->h + j, rows + ams_in_block(u->f, f, j),
                   W * sizeof *rows);
        }
    }
}

/* Output k of the network in the blocks: its row of `out`, its place in `outbias`. */
static uint32_t row_of(const ams_fused *u, uint32_t k)
{
    return k / u->a * u->a16 + k % u->a;
}

static uint32_t column_of(const ams_fused *u, uint32_t k)
{
    return k / u->a * u->columns + k % u->a;
}

/* From the network's layout to the blocks. */
static void load(const ams_fused *u, const float *params, float *rows, float *bias, float *out,
                 float *outbias)
{
    const float *w1 = params + u->net.weight[0];
    const float *w2 = params + u->net.weight[1];
    for (uint32_t f = 0; f < u->f; f++) {
        for (uint32_t j = 0; j < u->h; j += W) {
            memcpy(rows + ams_in_block(u->f, f, j), w1 + (size_t)f * u->h + j,
                   W * sizeof *rows);
        }
    }
    for (uint32_t k = 0; k < u->net.width[2]; k++) {
        for (uint32_t j = 0; j < u->h; j++) {
            out[ams_in_block(u->out_rows, row_of(u, k), j)] =
                w2[(size_t)j * u->net.width[2] + k];
        }
        outbias[column_of(u, k)] = params[u->net.bias[1] + k];
    }
    memcpy(bias, params + u->net.bias[0], u->h * sizeof *bias);
}

/* And back. */
static void store(const ams_fused *u, const float *rows, const float *bias, const float *out,
                  const float *outbias, float *params)
{
    float *w2 = params + u->net.weight[1];
    store_rows(u, rows, params);
    for (uint32_t k = 0; k < u->net.width[2]; k++) {
        for (uint32_t j = 0; j < u->h; j++) {
            w2[(size_t)j * u->net.width[2] + k] =
                out[ams_in_block(u->out_rows, row_of(u, k), j)];
        }
        params[u->net.bias[1] + k] = outbias[column_of(u, k)];
    }
    memcpy(params + u->net.bias[0], bias, u->h * sizeof *bias);
}

/* Where the target network has the weight from unit j to output k. */
static size_t target_at(const ams_fused *u, uint32_t j, uint32_t k)
{
    return ams_fused_columns_at(u, j / W, k / u->a) + (size_t)(j % W) * u->columns + k % u->a;
}

/* Outputs of the second layer side by side. */
static void turn_outputs(const ams_fused *u, const float *out, float *columns)
{
    for (uint32_t block = 0; block < u->blocks; block++) {
        ams_fused_turn(u, out, block, columns);
    }
}

void ams_fused_copy_to_target(ams_fused *u)
{
    memcpy(u->target_rows, u->rows.w, (size_t)u->f * u->h * sizeof(float));
    memcpy(u->target_bias, u->bias.w, u->h * sizeof(float));
    memcpy(u->target_outbias, u->outbias.w, ams_fused_outbias_params(u) * sizeof(float));
    turn_outputs(u, u->out.w, u->target_out);
}

static void blend(float *y, const float *x, size_t n, float share)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += share * (x[i] - y[i]);
    }
}

void ams_fused_blend_target(ams_fused *u, float share)
{
    blend(u->target_rows, u->rows.w, (size_t)u->f * u->h, share);
    blend(u->target_bias, u->bias.w, u->h, share);
    blend(u->target_outbias, u->outbias.w, ams_fused_outbias_params(u), share);
    for (uint32_t j = 0; j < u->h; j++) {
        for (uint32_t k = 0; k < u->net.width[2]; k++) {
            blend(&u->target_out[target_at(u, j, k)],
                  &u->out.w[ams_in_block(u->out_rows, row_of(u, k), j)], 1, share);
        }
    }
}

/* What the online weights are read as. */
static void show_outputs(ams_fused *u)
{
    if (u->out_columns != NULL) {
        turn_outputs(u, u->out.w, u->out_columns);
    }
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
    u->kernels = ams_fused_kernels_here();
    u->options = options;
    u->pool = pool;
    u->net = *net;
    u->net.params = NULL;
    u->f = net->width[0];
    u->h = net->width[1];
    u->heads = net->n_layers == 2 && net->heads > 0 ? net->heads : 1;
    u->a = net->width[2] / u->heads;
    u->blocks = u->h / W;
    u->a16 = (u->a + ACTIONS - 1) / ACTIONS * ACTIONS;
    u->out_rows = u->heads * u->a16;
    u->columns = (u->a + COLUMNS - 1) / COLUMNS * COLUMNS;
    u->most = most;
    u->takes = ams_fused_takes(options);
    u->keep_scale = 1;
    u->eager = !ams_idle_waits(options) || options->tau > 0;
    AMS_TRY(alloc_all(u, err));
    load(u, net->params, u->rows.w, u->bias.w, u->out.w, u->outbias.w);
    ams_fused_copy_to_target(u);
    show_outputs(u);
    ams_idle_clock_init(&u->clock, options, 0);
    u->idles_at = UINT64_MAX;
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
    free(u->bias_slope);
    free(u->outbias_slope);
    free(u->kept);
    free(u->squares);
    free(u->out_columns);
    free(u->dq);
    free(u->target_rows);
    free(u->target_bias);
    free(u->target_out);
    free(u->target_outbias);
    free(u->hidden);
    free(u->part);
    free(u->target_part);
    free(u->taken_part);
    free(u->q);
    free(u->q_target);
    free(u->q_taken);
    free(u->learning.sample);
    free(u->asked.sample);
    free(u->taken_row);
    free(u->reached);
    free(u->waiting);
    free(u->waited);
    free(u);
}

/* -- the state outside -- */

void ams_fused_weights(const ams_fused *u, const ams_rows *rows, float *params)
{
    ams_idles idles;
    ams_idle_table(&u->clock, u->options, &idles);
    store(u, u->rows.w, u->bias.w, u->out.w, u->outbias.w, params);
    float *w1 = params + u->net.weight[0];
    for (uint32_t f = 0; f < u->f; f++) {
        const bool moves = rows->ever[f] || u->options->weight_decay > 0;
        if (!moves || u->reached[f] == u->clock.t) {
            continue;
        }
        const ams_idle idle = ams_idle_of(&idles, (uint32_t)(u->clock.t - u->reached[f]));
        for (uint32_t j = 0; j < u->h; j += W) {
            size_t at = ams_in_block(u->f, f, j);
            u->kernels->caught_up(&idle, u->rows.w + at, u->rows.m + at, u->rows.v + at,
                                  w1 + (size_t)f * u->h + j);
        }
    }
}

void ams_fused_target_weights(const ams_fused *u, float *params)
{
    float *w2 = params + u->net.weight[1];
    store_rows(u, u->target_rows, params);
    for (uint32_t k = 0; k < u->net.width[2]; k++) {
        for (uint32_t j = 0; j < u->h; j++) {
            w2[(size_t)j * u->net.width[2] + k] = u->target_out[target_at(u, j, k)];
        }
        params[u->net.bias[1] + k] = u->target_outbias[column_of(u, k)];
    }
    memcpy(params + u->net.bias[0], u->target_bias, u->h * sizeof *params);
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
    ams_fused_copy_to_target(u);
    load(u, state->online, u->rows.w, u->bias.w, u->out.w, u->outbias.w);
    show_outputs(u);
    load(u, state->moment1, u->rows.m, u->bias.m, u->out.m, u->outbias.m);
    load(u, state->moment2, u->rows.v, u->bias.v, u->out.v, u->outbias.v);
    memcpy(u->reached, state->reached, u->f * sizeof *u->reached);
    ams_idle_clock_init(&u->clock, u->options, t);
    u->idles_at = UINT64_MAX;
    return AMS_OK;
}
