#include "links/network.h"

#include "base/memory.h"
#include "base/rng.h"
#include "online/softmax.h"
#include "rl/net/backend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ams_link_network_options ams_link_network_defaults(void)
{
    return (ams_link_network_options){
        .epochs = 100, .batch = 32, .lr = 0.01, .rho = 0.9, .epsilon = 1e-7, .dropout = 0.5};
}

/* A network at work. */
typedef struct network_work {
    const ams_link_network_job *job;
    ams_net *net;
    ams_compute compute;
    uint32_t h, o;
    uint64_t seed;
    float *gradient, *square, *best; /* (n_params) */
    float *hidden, *hidden_slope;    /* (B, H) */
    float *out, *slope, *target;     /* (B, O) */
    uint32_t *order;                 /* (n) */
} network_work;

static ams_status work_init(network_work *w, ams_error *err)
{
    const size_t batch = w->job->options->batch;
    const size_t params = w->net->n_params;
    ams_status status = AMS_OK;
    AMS_TRY(ams_compute_init(&w->compute, &ams_backend_cpu_sparse, NULL, (uint32_t)batch,
                             w->net->width[0], err));
    AMS_TRY(ams_alloc(&w->gradient, params, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->square, params, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->best, params, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->hidden, batch * w->h, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->hidden_slope, batch * w->h, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->out, batch * w->o, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->slope, batch * w->o, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->target, batch * w->o, sizeof(float), "a network", err));
    AMS_TRY(ams_alloc(&w->order, w->job->training.x->n, sizeof *w->order, "a network", err));
out:
    return status;
}

static void work_fini(network_work *w)
{
    ams_compute_fini(&w->compute);
    free(w->gradient);
    free(w->square);
    free(w->best);
    free(w->hidden);
    free(w->hidden_slope);
    free(w->out);
    free(w->slope);
    free(w->target);
    free(w->order);
}

/* Glorot and Bengio 2010, uniform; biases 0. */
static void randomize(network_work *w)
{
    ams_net *net = w->net;
    ams_rng rng = ams_rng_init(w->seed, AMS_STREAM_INIT);
    for (uint32_t k = 0; k < net->n_layers; k++) {
        const uint64_t n = (uint64_t)net->width[k] * net->width[k + 1];
        const double limit = sqrt(6.0 / (net->width[k] + net->width[k + 1]));
        for (uint64_t i = 0; i < n; i++) {
            net->params[net->weight[k] + i] = (float)(limit * (2 * ams_rng_unit(&rng) - 1));
        }
    }
}

static void add_scaled(float *restrict to, const float *restrict from, float factor, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        to[k] += factor * from[k];
    }
}

/* Outputs before their activation, of `n` items. update: with dropout; UINT64_MAX: without. */
static void forward(network_work *w, const ams_link_examples *e, const uint32_t *item,
                    uint32_t n, uint64_t update)
{
    const ams_net *net = w->net;
    const float *p = net->params;
    const ams_compute *c = &w->compute;
    for (uint32_t s = 0; s < n; s++) {
        float *y = w->hidden + (size_t)s * w->h;
        memcpy(y, p + net->bias[0], w->h * sizeof *y);
        for (uint32_t at = e->x->start[item[s]]; at < e->x->start[item[s] + 1]; at++) {
            add_scaled(y, p + net->weight[0] + (size_t)e->x->index[at] * w->h, e->x->value[at],
                       w->h);
        }
        memcpy(w->target + (size_t)s * w->o, e->y + (size_t)item[s] * e->stride,
               w->o * sizeof *w->target);
    }
    c->ops->relu_forward(c, (uint64_t)n * w->h, w->hidden);
    if (update != UINT64_MAX && w->job->options->dropout > 0) {
        const ams_dropout drop = {w->job->options->dropout, w->seed, update};
        c->ops->dropout(c, &drop, 0, n, w->h, w->hidden);
    }
    const uint32_t bio[3] = {n, w->h, w->o};
    c->ops->dense_forward(c, bio, w->hidden, p + net->weight[1], p + net->bias[1], w->out);
}

/* exp of x in [-87, 87] by a polynomial of degree 6, to 1e-7: a loop of it goes by vectors. */
static inline float quick_exp(float x)
{
    const float bounded = x < -87.0F ? -87.0F : x > 87.0F ? 87.0F : x;
    const float t = bounded * 1.44269504F;
    const float shifted =
        t + 12582912.0F; /* 1.5 x 2^23: its low bits are the nearest integer */
    const float f = t - (shifted - 12582912.0F);
    float y = 1.5403530e-4F;
    int32_t bits;
    int32_t low;
    y = y * f + 1.3333558e-3F;
    y = y * f + 9.6181291e-3F;
    y = y * f + 5.5504109e-2F;
    y = y * f + 2.4022651e-1F;
    y = y * f + 6.9314718e-1F;
    y = y * f + 1.0F;
    memcpy(&bits, &y, sizeof bits);
    memcpy(&low, &shifted, sizeof low);
    bits += (low - 0x4B400000) * (1 << 23);
    memcpy(&y, &bits, sizeof y);
    return y;
}

/* q (n, O) through its activation. */
static void activate(ams_link_kind kind, float *q, uint32_t n, uint32_t o)
{
    for (uint32_t k = 0; kind == AMS_LINK_MULTI && k < n * o; k++) {
        q[k] = 1 / (1 + quick_exp(-q[k]));
    }
    for (uint32_t s = 0; kind == AMS_LINK_SINGLE && s < n; s++) {
        float largest = 0;
        (void)ams_softmax(q + (size_t)s * o, o, quick_exp, &largest);
    }
}

/* Slopes of the loss by the outputs before their activation: of both cross-entropies p - y. */
static void find_slopes(network_work *w, uint32_t n)
{
    const ams_link_kind kind = w->job->kind;
    const float share = kind == AMS_LINK_SINGLE
                            ? 1.0F / (float)n
                            : (kind == AMS_LINK_REAL ? 2.0F : 1.0F) / ((float)n * (float)w->o);
    activate(kind, w->out, n, w->o);
    for (uint32_t k = 0; k < n * w->o; k++) {
        w->slope[k] = (w->out[k] - w->target[k]) * share;
    }
}

static void backward(network_work *w, const ams_link_examples *e, const uint32_t *item,
                     uint32_t n)
{
    const ams_net *net = w->net;
    const ams_compute *c = &w->compute;
    const uint32_t bio[3] = {n, w->h, w->o};
    float *g = w->gradient;
    c->ops->dense_backward(c, bio, w->hidden, net->params + net->weight[1], w->slope,
                           w->hidden_slope, g + net->weight[1]);
    c->ops->bias_backward(c, n, w->o, w->slope, g + net->bias[1]);
    c->ops->relu_backward(c, (uint64_t)n * w->h, w->hidden, w->hidden_slope);
    if (w->job->options->dropout > 0) { /* a unit left out is 0 and stopped at the ReLU */
        c->ops->scale(c, (uint64_t)n * w->h, (float)(1 / (1 - w->job->options->dropout)),
                      w->hidden_slope);
    }
    c->ops->bias_backward(c, n, w->h, w->hidden_slope, g + net->bias[0]);
    memset(g + net->weight[0], 0, (size_t)net->width[0] * w->h * sizeof *g);
    for (uint32_t s = 0; s < n; s++) {
        for (uint32_t at = e->x->start[item[s]]; at < e->x->start[item[s] + 1]; at++) {
            add_scaled(g + net->weight[0] + (size_t)e->x->index[at] * w->h,
                       w->hidden_slope + (size_t)s * w->h, e->x->value[at], w->h);
        }
    }
}

/* Hinton's RMSprop, epsilon inside the root. Padding has no slope and stays 0. */
static void step(network_work *w)
{
    const ams_link_network_options *o = w->job->options;
    const float lr = (float)o->lr;
    const float rho = (float)o->rho;
    const float epsilon = (float)o->epsilon;
    const float *restrict g = w->gradient;
    float *restrict v = w->square;
    float *restrict p = w->net->params;
    for (uint64_t k = 0; k < w->net->n_params; k++) {
        v[k] = rho * v[k] + (1 - rho) * g[k] * g[k];
        p[k] -= lr * g[k] / sqrtf(v[k] + epsilon);
    }
}

/* ln(1 + exp(q)) - q y, summed over n outputs: logarithms of products of eight. */
static double cross_entropy(const float *q, const float *y, uint32_t n)
{
    double sum = 0;
    for (uint32_t k = 0; k < n; k += 8) {
        double product = 1;
        for (uint32_t i = k; i < n && i < k + 8; i++) {
            const float size = q[i] < 0 ? -q[i] : q[i];
            product *= 1 + (double)quick_exp(-size);
            sum += (double)((q[i] > 0 ? q[i] : 0) - q[i] * y[i]);
        }
        sum += log(product);
    }
    return sum;
}

static uint32_t largest(const float *x, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < n; k++) {
        best = x[k] > x[best] ? k : best;
    }
    return best;
}

/* What is kept for: less is better. Of `single` minus the right answers. */
static double validate(network_work *w)
{
    const ams_link_examples *e = &w->job->validation;
    const uint32_t batch = w->job->options->batch;
    double sum = 0;
    for (uint32_t first = 0; first < e->x->n; first += batch) {
        const uint32_t n = e->x->n - first < batch ? e->x->n - first : batch;
        uint32_t item[AMS_LINK_BATCH];
        for (uint32_t s = 0; s < n; s++) {
            item[s] = first + s;
        }
        forward(w, e, item, n, UINT64_MAX);
        if (w->job->kind == AMS_LINK_MULTI) {
            sum += cross_entropy(w->out, w->target, n * w->o);
        }
        for (uint32_t s = 0; w->job->kind == AMS_LINK_SINGLE && s < n; s++) {
            sum -= largest(w->out + (size_t)s * w->o, w->o) ==
                   largest(w->target + (size_t)s * w->o, w->o);
        }
        for (uint32_t k = 0; w->job->kind == AMS_LINK_REAL && k < n * w->o; k++) {
            const double off = (double)w->out[k] - (double)w->target[k];
            sum += off * off;
        }
    }
    return sum;
}

static void run_epoch(network_work *w, uint32_t epoch)
{
    const ams_link_examples *e = &w->job->training;
    const uint32_t batch = w->job->options->batch;
    const uint64_t steps = (e->x->n + batch - 1) / batch;
    ams_rng rng = ams_rng_init(w->seed, AMS_STREAM_LINKS);
    rng.counter = (uint64_t)epoch << 32;
    ams_rng_shuffle(&rng, w->order, e->x->n);
    for (uint32_t first = 0; first < e->x->n; first += batch) {
        const uint32_t n = e->x->n - first < batch ? e->x->n - first : batch;
        forward(w, e, w->order + first, n, epoch * steps + first / batch);
        find_slopes(w, n);
        backward(w, e, w->order + first, n);
        step(w);
    }
}

static ams_status train(network_work *w, ams_error *err)
{
    const ams_link_network_options *o = w->job->options;
    const size_t bytes = w->net->n_params * sizeof(float);
    double best = INFINITY;
    uint32_t since = 0;
    for (uint32_t i = 0; i < w->job->training.x->n; i++) {
        w->order[i] = i;
    }
    randomize(w);
    for (uint32_t epoch = 0; epoch < o->epochs; epoch++) {
        run_epoch(w, epoch);
        const double now = validate(w);
        if (!isfinite(now)) {
            return ams_fail(err, AMS_DIVERGED,
                            "links: the loss of a network is not finite in epoch %u; a lower "
                            "learning rate may help",
                            epoch + 1);
        }
        since++;
        if (now < best) {
            best = now;
            since = 0;
            memcpy(w->best, w->net->params, bytes);
        }
        if (o->patience > 0 && since >= o->patience) {
            break;
        }
    }
    memcpy(w->net->params, w->best, bytes);
    return AMS_OK;
}

ams_status ams_link_network_train(ams_net *net, const ams_link_network_job *job, ams_error *err)
{
    const uint32_t width[3] = {job->training.x->columns, 2 * job->outputs, job->outputs};
    /* Links draw from streams of their own: a mixed seed per link. */
    network_work w = {.job = job,
                      .net = net,
                      .h = width[1],
                      .o = width[2],
                      .seed = job->options->seed * UINT64_C(0x9E3779B97F4A7C15) + job->number};
    ams_status status = AMS_OK;
    *net = (ams_net){.params = NULL};
    if (width[1] > AMS_MAX_UNITS || job->options->batch > AMS_LINK_BATCH) {
        return ams_fail(err, AMS_USAGE,
                        "links: a network would have %u hidden units; expected at most %d; "
                        "--min-count leaves out rare labels",
                        width[1], AMS_MAX_UNITS);
    }
    AMS_TRY(ams_net_init_widths(net, width, 2, err));
    AMS_TRY(work_init(&w, err));
    status = train(&w, err);
out:
    work_fini(&w);
    if (status != AMS_OK) {
        ams_net_fini(net);
    }
    return status;
}

void ams_link_network_predict(const ams_net *net, ams_link_kind kind, float *hidden, float *out)
{
    const uint32_t h = net->width[1];
    const uint32_t o = net->width[2];
    memcpy(out, net->params + net->bias[1], o * sizeof *out);
    for (uint32_t k = 0; k < h; k++) {
        if (hidden[k] > 0) {
            add_scaled(out, net->params + net->weight[1] + (size_t)k * o, hidden[k], o);
        }
    }
    activate(kind, out, 1, o);
}
