#include "rl/net/cpu.h"

#include "ams/table.h"
#include "rl/net/blas.h"

#include <string.h>

/* Shards are fixed pieces of the batch or of the parameters, never a number of threads: a
 * matrix product may round differently when its shape changes, and the bits must not. */
enum { SAMPLES = 32, PARAMETERS = 4096, ROWS = 32 };

static uint32_t pieces(uint64_t n, uint64_t size)
{
    return (uint32_t)((n + size - 1) / size);
}

static uint32_t piece_size(uint64_t n, uint64_t size, uint32_t shard)
{
    uint64_t left = n - (uint64_t)shard * size;
    return (uint32_t)(left < size ? left : size);
}

typedef struct layer_job {
    uint32_t b, i, o;
    const float *x, *w, *bias, *dy;
    float *y, *dx, *dw;
} layer_job;

static void forward_shard(void *context, uint32_t shard)
{
    const layer_job *job = context;
    uint32_t first = shard * SAMPLES;
    uint32_t n = piece_size(job->b, SAMPLES, shard);
    float *y = job->y + (size_t)first * job->o;
    for (uint32_t s = 0; s < n; s++) {
        memcpy(y + (size_t)s * job->o, job->bias, job->o * sizeof *y);
    }
    ams_gemm(n, job->o, job->i, job->x + (size_t)first * job->i, job->w, 1.0F, y);
}

/* NOLINTBEGIN(readability-non-const-parameter): the shards write through the job */
void ams_cpu_dense_forward(const ams_compute *c, const uint32_t bio[3], const float *x,
                           const float *w, const float *b, float *y)
{
    layer_job job = {.b = bio[0], .i = bio[1], .o = bio[2], .x = x, .w = w, .bias = b, .y = y};
    ams_pool_run(c->pool, pieces(bio[0], SAMPLES), forward_shard, &job);
}
/* NOLINTEND(readability-non-const-parameter) */

static void backward_input_shard(void *context, uint32_t shard)
{
    const layer_job *job = context;
    size_t first = (size_t)shard * SAMPLES;
    ams_gemm_bt(piece_size(job->b, SAMPLES, shard), job->i, job->o, job->dy + first * job->o,
                job->w, job->dx + first * job->i);
}

/* Each shard owns ROWS rows of dW, that is ROWS columns of x. */
static void backward_weight_shard(void *context, uint32_t shard)
{
    const layer_job *job = context;
    size_t first = (size_t)shard * ROWS;
    ams_gemm_at(piece_size(job->i, ROWS, shard), job->o, job->b, job->x + first, job->i,
                job->dy, job->dw + first * job->o);
}

/* NOLINTBEGIN(readability-non-const-parameter): the shards write through the job */
void ams_cpu_dense_backward(const ams_compute *c, const uint32_t bio[3], const float *x,
                            const float *w, const float *dy, float *dx, float *dw)
{
    layer_job job = {
        .b = bio[0], .i = bio[1], .o = bio[2], .x = x, .w = w, .dy = dy, .dx = dx, .dw = dw};
    if (dx != NULL) {
        ams_pool_run(c->pool, pieces(job.b, SAMPLES), backward_input_shard, &job);
    }
    ams_pool_run(c->pool, pieces(job.i, ROWS), backward_weight_shard, &job);
}
/* NOLINTEND(readability-non-const-parameter) */

void ams_cpu_bias_backward(const ams_compute *c, uint32_t b, uint32_t o, const float *dy,
                           float *db)
{
    (void)c;
    memset(db, 0, o * sizeof *db);
    for (uint32_t s = 0; s < b; s++) {
        for (uint32_t j = 0; j < o; j++) {
            db[j] += dy[(size_t)s * o + j];
        }
    }
}

void ams_cpu_relu_forward(const ams_compute *c, uint64_t n, float *x)
{
    (void)c;
    for (uint64_t i = 0; i < n; i++) {
        x[i] = x[i] > 0 ? x[i] : 0;
    }
}

void ams_cpu_relu_backward(const ams_compute *c, uint64_t n, const float *y, float *dx)
{
    (void)c;
    for (uint64_t i = 0; i < n; i++) {
        dx[i] = y[i] > 0 ? dx[i] : 0;
    }
}

void ams_cpu_dueling_forward(const ams_compute *c, uint32_t b, uint32_t a, const float *heads,
                             float *q)
{
    (void)c;
    for (size_t s = 0; s < b; s++) {
        ams_dueling_forward(heads + s * (a + 1), a, q + s * a);
    }
}

void ams_cpu_dueling_backward(const ams_compute *c, uint32_t b, uint32_t a, const float *dq,
                              float *heads)
{
    (void)c;
    for (size_t s = 0; s < b; s++) {
        ams_dueling_backward(dq + s * a, a, heads + s * (a + 1));
    }
}

static float weight_of(const ams_emphasis *emphasis, uint32_t state)
{
    return emphasis == NULL || emphasis->weight == NULL ? 1.0F : emphasis->weight[state];
}

static void note_error(const ams_emphasis *emphasis, uint32_t state, double error)
{
    if (emphasis != NULL && emphasis->error != NULL) {
        emphasis->error[state] = (float)error;
    }
}

double ams_cpu_td_loss(const ams_compute *c, const uint32_t ba[2], const float *q,
                       const uint8_t *action, const float *target, ams_loss loss,
                       const ams_emphasis *emphasis, float *dq)
{
    (void)c;
    double sum = 0;
    memset(dq, 0, (size_t)ba[0] * ba[1] * sizeof *dq);
    for (uint32_t b = 0; b < ba[0]; b++) {
        size_t at = (size_t)b * ba[1] + action[b];
        float y = target[b];
        float weight = weight_of(emphasis, b);
        dq[at] = weight * ams_loss_slope(loss, q[at], y) / (float)ba[0];
        sum += (double)weight * (double)ams_loss_value(loss, q[at], y);
        note_error(emphasis, b, (double)ams_loss_error(loss, q[at], y));
    }
    return sum / ba[0];
}

/* Valid actions of a state, END last: it has no place among the models' bits. Returns how many.
 */
static uint32_t valid_actions(const ams_all_actions *batch, uint32_t state,
                              uint8_t action[AMS_MAX_MODELS + 1])
{
    uint32_t n = 0;
    for (uint64_t left = batch->remaining[state]; left != 0; left &= left - 1) {
        action[n++] = (uint8_t)ams_lowest(left);
    }
    if (batch->end_valid) {
        action[n++] = (uint8_t)batch->n_models;
    }
    return n;
}

/* Losses and slopes of the n actions of a state, side by side. */
typedef struct action_losses {
    float q[AMS_MAX_MODELS + 1], y[AMS_MAX_MODELS + 1], slope[AMS_MAX_MODELS + 1];
    double error; /* sum of ams_loss_error */
    double loss;  /* sum of ams_loss_value */
} action_losses;

static void losses_one_by_one(action_losses *x, uint32_t n, ams_loss loss)
{
    for (uint32_t k = 0; k < n; k++) {
        x->slope[k] = ams_loss_slope(loss, x->q[k], x->y[k]);
        x->loss += (double)ams_loss_value(loss, x->q[k], x->y[k]);
        x->error += (double)ams_loss_error(loss, x->q[k], x->y[k]);
    }
}

/* The same of the logistic loss with one exponential per action and one logarithm for all:
 * with e = exp(-q), ln(1 + exp(q)) - q y = ln(1 + e) + q (1 - y), and a sum of logarithms is
 * that of a product. */
static void logistic_losses(action_losses *x, uint32_t n)
{
    float e[AMS_MAX_MODELS + 1];
    double product = 1;
    for (uint32_t k = 0; k < n; k++) {
        e[k] = expf(-x->q[k]);
    }
    for (uint32_t k = 0; k < n; k++) {
        x->slope[k] = 1 / (1 + e[k]) - x->y[k];
    }
    for (uint32_t k = 0; k < n; k++) {
        product *= 1 + (double)e[k];
        x->loss += (double)x->q[k] * (1 - (double)x->y[k]);
        x->error += (double)fabsf(x->slope[k]);
    }
    const bool finite = isfinite(product) != 0;
    x->loss += finite ? log(product) : 0;
    for (uint32_t k = 0; !finite && k < n; k++) {
        x->loss +=
            (double)ams_logistic(x->q[k], x->y[k]) - (double)x->q[k] * (1 - (double)x->y[k]);
    }
}

double ams_cpu_td_loss_all(const ams_compute *c, const ams_all_actions *batch, const float *q,
                           ams_loss loss, const ams_emphasis *emphasis, float *dq)
{
    (void)c;
    const uint32_t m = batch->n_models;
    double total = 0;
    memset(dq, 0, (size_t)batch->n * (m + 1) * sizeof *dq);
    for (uint32_t b = 0; b < batch->n; b++) {
        const size_t row = (size_t)b * (m + 1);
        const float weight = weight_of(emphasis, b);
        uint8_t action[AMS_MAX_MODELS + 1];
        action_losses x; /* what is past the valid actions is not read */
        x.error = 0;
        x.loss = 0;
        const uint32_t valid = valid_actions(batch, b, action);
        for (uint32_t k = 0; k < valid; k++) {
            x.q[k] = q[row + action[k]];
            x.y[k] = batch->target[row + action[k]];
        }
        if (loss.kind == AMS_LOSS_LOGISTIC) {
            logistic_losses(&x, valid);
        } else {
            losses_one_by_one(&x, valid, loss);
        }
        for (uint32_t k = 0; k < valid; k++) {
            x.slope[k] = weight * x.slope[k] / (float)valid / (float)batch->batch;
        }
        for (uint32_t k = 0; k < valid; k++) {
            dq[row + action[k]] = x.slope[k];
        }
        const double of_state = valid == 0 ? 0 : (double)weight * (x.loss / valid);
        if (batch->loss != NULL) {
            batch->loss[b] = of_state;
        }
        total += of_state;
        note_error(emphasis, b, valid == 0 ? 0 : x.error / valid);
    }
    return total / batch->batch;
}

typedef struct adam_job {
    const ams_adam *adam;
    const ams_rows *rows;
    uint64_t n;
    uint32_t h;
    const float *g;
    float *w, *m, *v;
} adam_job;

/* Plain loops over contiguous arrays: the compiler makes vectors of them. */
static void adam_range(const ams_adam *adam, uint32_t n, const float *restrict g,
                       float *restrict w, float *restrict m, float *restrict v)
{
    const ams_adam a = *adam;
    for (uint32_t i = 0; i < n; i++) {
        ams_adam_element(&a, g[i], &w[i], &m[i], &v[i]);
    }
}

static void adam_decay(const ams_adam *adam, uint32_t n, float *restrict w, float *restrict m,
                       float *restrict v)
{
    const ams_adam a = *adam;
    for (uint32_t i = 0; i < n; i++) {
        ams_adam_element(&a, 0.0F, &w[i], &m[i], &v[i]);
    }
}

static void adam_shard(void *context, uint32_t shard)
{
    const adam_job *job = context;
    size_t first = (size_t)shard * PARAMETERS;
    adam_range(job->adam, piece_size(job->n, PARAMETERS, shard), job->g + first, job->w + first,
               job->m + first, job->v + first);
}

/* NOLINTBEGIN(readability-non-const-parameter): the shards write through the job */
void ams_cpu_adam(const ams_compute *c, const ams_adam *adam, uint64_t n, const float *g,
                  float *w, float *m, float *v)
{
    adam_job job = {.adam = adam, .n = n, .g = g, .w = w, .m = m, .v = v};
    ams_pool_run(c->pool, pieces(n, PARAMETERS), adam_shard, &job);
}
/* NOLINTEND(readability-non-const-parameter) */

static void adam_rows_shard(void *context, uint32_t shard)
{
    const adam_job *job = context;
    uint32_t first = shard * ROWS;
    uint32_t last = first + piece_size(job->n, ROWS, shard);
    for (uint32_t r = first; r < last; r++) {
        size_t at = (size_t)r * job->h;
        if (job->rows->now[r]) {
            adam_range(job->adam, job->h, job->g + at, job->w + at, job->m + at, job->v + at);
        } else if (job->rows->ever[r]) {
            adam_decay(job->adam, job->h, job->w + at, job->m + at, job->v + at);
        }
    }
}

void ams_cpu_adam_rows(const ams_compute *c, const ams_adam *adam, const ams_rows *rows,
                       const uint32_t fh[2], const float *g, float *const wmv[3])
{
    adam_job job = {.adam = adam,
                    .rows = rows,
                    .n = fh[0],
                    .h = fh[1],
                    .g = g,
                    .w = wmv[0],
                    .m = wmv[1],
                    .v = wmv[2]};
    ams_pool_run(c->pool, pieces(fh[0], ROWS), adam_rows_shard, &job);
}
