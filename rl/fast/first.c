#include "rl/fast/first.h"

#include "base/memory.h"
#include "rl/fast/fused_kernels.h"

#include <stdlib.h>
#include <string.h>

enum {
    W = AMS_FIRST_BLOCK,
    MOST = 128,    /* updates that a row waits at most */
    AHEAD = 3 * 4, /* rows between asking for one and its turn, a piece having every fourth */
    PIECES = 4     /* of a block's work: shards, where a network has few blocks */
};

struct ams_first {
    const ams_fused_kernels *kernels;
    const ams_train_options *options;
    ams_pool *pool;
    uint32_t f, h, blocks, most;
    uint64_t weight;  /* of the layer in the network's layout */
    float *w, *m, *v; /* (blocks, F, W) */
    float *slope;     /* (blocks, most, W) dy by blocks */

    ams_missed missed[MOST]; /* the updates since no row waited */
    uint32_t n_missed;
    uint8_t *reached; /* (F) of them, those that the row has seen */
    /* (F) rows to bring up to date, and what they have seen; those without moments from the
     * end on. */
    uint32_t *waiting;
    uint8_t *seen;
    uint32_t n_waiting, n_fading;
};

bool ams_first_fits(const ams_train_options *o)
{
    return o->backend == AMS_BACKEND_SPARSE && o->hidden_width[0] % W == 0 &&
           o->grad_clip == 0 && o->tau == 0;
}

ams_status ams_first_create(ams_first **result, const ams_net *net,
                            const ams_train_options *options, ams_pool *pool, uint32_t most,
                            ams_error *err)
{
    static const char *const what = "the first layer";
    ams_first *u = NULL;
    *result = NULL;
    ams_status status = ams_alloc(&u, 1, sizeof *u, what, err);
    if (status != AMS_OK) {
        return status;
    }
    u->kernels = ams_fused_kernels_here();
    u->options = options;
    u->pool = pool;
    u->f = net->width[0];
    u->h = net->width[1];
    u->blocks = u->h / W;
    u->most = most;
    u->weight = net->weight[0];
    size_t n = (size_t)u->f * u->h;
    AMS_TRY(ams_alloc(&u->w, n, sizeof *u->w, what, err));
    AMS_TRY(ams_alloc(&u->m, n, sizeof *u->m, what, err));
    AMS_TRY(ams_alloc(&u->v, n, sizeof *u->v, what, err));
    AMS_TRY(ams_alloc(&u->slope, (size_t)most * u->h, sizeof *u->slope, what, err));
    AMS_TRY(ams_alloc(&u->reached, u->f, sizeof *u->reached, what, err));
    AMS_TRY(ams_alloc(&u->waiting, u->f, sizeof *u->waiting, what, err));
    AMS_TRY(ams_alloc(&u->seen, u->f, sizeof *u->seen, what, err));
    ams_first_load(u, net->params, NULL, NULL);
    *result = u;
    return AMS_OK;
out:
    ams_first_destroy(u);
    return status;
}

void ams_first_destroy(ams_first *u)
{
    if (u == NULL) {
        return;
    }
    free(u->w);
    free(u->m);
    free(u->v);
    free(u->slope);
    free(u->reached);
    free(u->waiting);
    free(u->seen);
    free(u);
}

static size_t place(const ams_first *u, uint32_t block, uint32_t row)
{
    return ((size_t)block * u->f + row) * W;
}

static ams_block rows_of(const ams_first *u, uint32_t block)
{
    const size_t at = place(u, block, 0);
    return (ams_block){u->w + at, u->m + at, u->v + at};
}

/* -- rows that wait -- */

/* A row is listed once, since it counts as up to date from here on. */
static void wait_for(ams_first *u, const uint8_t *ever, uint32_t row)
{
    const uint8_t seen = u->reached[row];
    if (seen == u->n_missed) {
        return;
    }
    u->reached[row] = (uint8_t)u->n_missed;
    if (ever[row]) {
        u->seen[u->n_waiting] = seen;
        u->waiting[u->n_waiting++] = row;
    } else if (u->options->weight_decay > 0) { /* g = m = v = 0: Adam does nothing */
        uint32_t at = u->f - ++u->n_fading;
        u->seen[at] = seen;
        u->waiting[at] = row;
    }
}

typedef struct first_job {
    ams_first *u;
    const ams_sparse *x;
    const ams_rows *rows;
    const float *bias, *dy;
    float *y;
    const ams_adam *adam;
} first_job;

/* Shard s is piece s % PIECES of block s / PIECES, each piece every PIECES-th of something. */
static void catch_up_shard(void *context, uint32_t shard)
{
    const first_job *j = context;
    const ams_first *u = j->u;
    const uint32_t block = shard / PIECES;
    const ams_block rows = rows_of(u, block);
    for (uint32_t i = shard % PIECES; i < u->n_waiting; i += PIECES) {
        size_t at = place(u, block, u->waiting[i]);
        if (i + AHEAD < u->n_waiting) {
            ams_fused_fetch(&rows, u->waiting[i + AHEAD]);
        }
        ams_first_catch_up(u->missed + u->seen[i], u->n_missed - u->seen[i], j->adam, u->w + at,
                           u->m + at, u->v + at);
    }
    for (uint32_t k = shard % PIECES; k < u->n_fading; k += PIECES) {
        uint32_t i = u->f - 1 - k;
        ams_first_fade(u->missed + u->seen[i], u->n_missed - u->seen[i],
                       u->w + place(u, block, u->waiting[i]));
    }
}

static void catch_up(ams_first *u)
{
    const ams_adam adam = ams_train_adam(u->options, 1); /* for what is the same in all */
    first_job j = {.u = u, .adam = &adam};
    if (u->n_waiting + u->n_fading > 0) {
        ams_pool_run(u->pool, u->blocks * PIECES, catch_up_shard, &j);
    }
    u->n_waiting = 0;
    u->n_fading = 0;
}

static void catch_up_all(ams_first *u, const uint8_t *ever)
{
    for (uint32_t f = 0; f < u->f; f++) {
        wait_for(u, ever, f);
    }
    catch_up(u);
    memset(u->reached, 0, u->f);
    u->n_missed = 0;
}

/* -- forward and back -- */

static void forward_shard(void *context, uint32_t shard)
{
    const first_job *j = context;
    const ams_first *u = j->u;
    const ams_sparse *x = j->x;
    const uint32_t block = shard / PIECES;
    const uint32_t first = x->n * (shard % PIECES) / PIECES;
    const uint32_t last = x->n * (shard % PIECES + 1) / PIECES;
    u->kernels->sum(u->w + place(u, block, 0), j->bias + (size_t)block * W, x, first, last,
                    j->y + (size_t)block * W, u->h);
}

void ams_first_forward(ams_first *u, const uint8_t *ever, const ams_sparse *x,
                       /* NOLINTNEXTLINE(readability-non-const-parameter): the shards write */
                       const float *bias, float *y)
{
    first_job j = {.u = u, .x = x, .bias = bias, .y = y};
    if (u->n_missed == MOST) {
        catch_up_all(u, ever);
    }
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        wait_for(u, ever, x->index[at]);
    }
    catch_up(u);
    ams_pool_run(u->pool, u->blocks * PIECES, forward_shard, &j);
}

/* The slopes of a block's units lie together for all that sum them. */
static void slope_shard(void *context, uint32_t shard)
{
    const first_job *j = context;
    const ams_first *u = j->u;
    const uint32_t block = shard / PIECES;
    for (uint32_t s = shard % PIECES; s < j->x->n; s += PIECES) {
        memcpy(u->slope + ((size_t)block * u->most + s) * W,
               j->dy + (size_t)s * u->h + (size_t)block * W, W * sizeof *j->dy);
    }
}

static void step_shard(void *context, uint32_t shard)
{
    const first_job *j = context;
    const ams_first *u = j->u;
    const uint32_t block = shard / PIECES;
    const ams_touched touched = {j->rows, shard % PIECES, PIECES, j->x->value != NULL};
    const ams_block rows = rows_of(u, block);
    for (uint32_t i = touched.first; u->options->weight_decay > 0 && i < j->rows->n_touched;
         i += PIECES) {
        ams_first_fade(u->missed + u->n_missed, 1, u->w + place(u, block, j->rows->touched[i]));
    }
    u->kernels->step_rows(j->adam, &touched, u->slope + (size_t)block * u->most * W, &rows);
}

void ams_first_step(ams_first *u, const ams_rows *rows, const ams_sparse *x, const float *dy,
                    const ams_adam *adam, float keep)
{
    first_job j = {.u = u, .x = x, .rows = rows, .dy = dy, .adam = adam};
    u->missed[u->n_missed] = (ams_missed){keep, adam->step, adam->inv_bias2};
    ams_pool_run(u->pool, u->blocks * PIECES, slope_shard, &j);
    ams_pool_run(u->pool, u->blocks * PIECES, step_shard, &j);
    u->n_missed++;
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        u->reached[rows->touched[i]] = (uint8_t)u->n_missed;
    }
}

/* -- the state outside -- */

/* From (F, H) to blocks or back. */
static void copy(const ams_first *u, float *flat, float *blocks, bool out)
{
    for (uint32_t f = 0; f < u->f; f++) {
        for (uint32_t b = 0; b < u->blocks; b++) {
            float *here = flat + (size_t)f * u->h + (size_t)b * W;
            float *there = blocks + place(u, b, f);
            memcpy(out ? here : there, out ? there : here, W * sizeof *here);
        }
    }
}

void ams_first_store(ams_first *u, const uint8_t *ever, float *params, float *moment1,
                     float *moment2)
{
    float *const to[3] = {params, moment1, moment2};
    float *const from[3] = {u->w, u->m, u->v};
    catch_up_all(u, ever);
    for (int k = 0; k < 3; k++) {
        if (to[k] != NULL) {
            copy(u, to[k] + u->weight, from[k], true);
        }
    }
}

void ams_first_load(ams_first *u, const float *params, const float *moment1,
                    const float *moment2)
{
    const float *const from[3] = {params, moment1, moment2};
    float *const to[3] = {u->w, u->m, u->v};
    for (int k = 0; k < 3; k++) {
        for (uint32_t f = 0; from[k] != NULL && f < u->f; f++) {
            for (uint32_t b = 0; b < u->blocks; b++) {
                memcpy(to[k] + place(u, b, f),
                       from[k] + u->weight + (size_t)f * u->h + (size_t)b * W,
                       W * sizeof(float));
            }
        }
    }
    memset(u->reached, 0, u->f);
    u->n_missed = 0;
    u->n_waiting = 0;
    u->n_fading = 0;
}
