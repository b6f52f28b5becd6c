#include "tests/cuda/gradient.h"

#include "base/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

/* One sample on its way through the network: units of each layer after the input, as they come
 * out, what they are multiplied by (ReLU and dropout), and the loss' slopes by them. */
typedef struct sample {
    double *unit[AMS_MAX_LAYERS], *gate[AMS_MAX_LAYERS], *slope[AMS_MAX_LAYERS];
    double *q, *dq; /* (A) */
} sample;

static void open_sample(sample *p, const ams_net *net)
{
    for (uint32_t k = 0; k < net->n_layers; k++) {
        p->unit[k] = calloc(net->width[k + 1], sizeof(double));
        p->gate[k] = calloc(net->width[k + 1], sizeof(double));
        p->slope[k] = calloc(net->width[k + 1], sizeof(double));
    }
    p->q = calloc(ams_net_actions(net), sizeof(double));
    p->dq = calloc(ams_net_actions(net), sizeof(double));
}

static void close_sample(sample *p, const ams_net *net)
{
    for (uint32_t k = 0; k < net->n_layers; k++) {
        free(p->unit[k]);
        free(p->gate[k]);
        free(p->slope[k]);
    }
    free(p->q);
    free(p->dq);
}

/* What dropout multiplies a hidden unit of the first update by (rl/net/backend.h, ams_dropout).
 */
static double kept(const ams_train_options *o, uint32_t layer, uint32_t s, uint32_t width,
                   uint32_t unit)
{
    uint32_t words[4];
    if (o->dropout == 0) {
        return 1;
    }
    const uint64_t draws = (width + 3) / 4;
    const uint64_t counter = (layer * o->batch + s) * draws + unit / 4;
    ams_philox(o->seed, AMS_STREAM_DROPOUT, counter, words);
    return ams_unit(words[unit % 4]) < o->dropout ? 0 : 1 / (1 - o->dropout);
}

static void forward(sample *p, const ams_trainer *t, const float *params, uint32_t s)
{
    const ams_net *net = &t->online;
    const ams_sparse *x = &t->batch.state;
    for (uint32_t k = 0; k < net->n_layers; k++) {
        const float *w = params + net->weight[k];
        const uint32_t out = net->width[k + 1];
        for (uint32_t j = 0; j < out; j++) {
            double sum = (double)params[net->bias[k] + j];
            for (uint32_t at = x->ptr[s]; k == 0 && at < x->ptr[s + 1]; at++) {
                double value = x->value == NULL ? 1 : (double)x->value[at];
                sum += value * (double)w[(size_t)x->index[at] * out + j];
            }
            for (uint32_t i = 0; k > 0 && i < net->width[k]; i++) {
                sum += p->unit[k - 1][i] * (double)w[(size_t)i * out + j];
            }
            bool last = k + 1 == net->n_layers;
            p->gate[k][j] = last ? 1 : (sum > 0 ? kept(&t->options, k, s, out, j) : 0);
            p->unit[k][j] = sum * p->gate[k][j];
        }
    }
    const double *head = p->unit[net->n_layers - 1];
    const uint32_t actions = ams_net_actions(net);
    double mean = 0;
    for (uint32_t a = 0; a < actions; a++) {
        mean += head[a] / actions;
    }
    for (uint32_t a = 0; a < actions; a++) {
        p->q[a] = net->dueling ? head[actions] + head[a] - mean : head[a];
    }
}

static double slope_of(const ams_train_options *o, double q, double y)
{
    switch ((ams_loss_kind)o->loss) {
    case AMS_LOSS_LOGISTIC:
        return 1 / (1 + exp(-q)) - y;
    case AMS_LOSS_HUBER:
        return fmax(-o->huber_delta, fmin(o->huber_delta, q - y));
    default:
        return q - y;
    }
}

/* The slope of the mean weighted loss by Q, of the action taken or of all that are valid. */
static void loss_slope(sample *p, const ams_trainer *t, uint32_t s)
{
    const ams_train_options *o = &t->options;
    const ams_minibatch *b = &t->batch;
    const uint32_t actions = ams_net_actions(&t->online);
    const uint32_t models = t->env->n_models;
    const double weight = t->priority.n > 0 ? (double)b->weight[s] : 1;
    uint32_t valid = 0;
    for (uint32_t a = 0; a < actions; a++) {
        const bool all = o->targets == AMS_TARGETS_ALL;
        bool counts = all ? (a == models ? o->end == 1 : (b->remaining[s] >> a & 1) != 0)
                          : a == b->action[s];
        const float *y = all ? b->target + (size_t)s * actions + a : b->target + s;
        p->dq[a] = counts ? weight * slope_of(o, p->q[a], (double)*y) / (double)o->batch : 0;
        valid += counts;
    }
    for (uint32_t a = 0; a < actions && valid > 0; a++) {
        p->dq[a] /= valid;
    }
}

static void backward(sample *p, const ams_trainer *t, const float *params, uint32_t s,
                     double *gradient)
{
    const ams_net *net = &t->online;
    const ams_sparse *x = &t->batch.state;
    const uint32_t actions = ams_net_actions(net);
    double sum = 0;
    for (uint32_t a = 0; a < actions; a++) {
        sum += p->dq[a];
    }
    double *head = p->slope[net->n_layers - 1];
    for (uint32_t a = 0; a < actions; a++) {
        head[a] = p->dq[a] - (net->dueling ? sum / actions : 0);
    }
    if (net->dueling) {
        head[actions] = sum;
    }
    for (uint32_t k = net->n_layers; k-- > 0;) {
        const uint32_t out = net->width[k + 1];
        double *w = gradient + net->weight[k];
        for (uint32_t j = 0; j < out; j++) {
            const double slope = p->slope[k][j];
            gradient[net->bias[k] + j] += slope;
            for (uint32_t at = x->ptr[s]; k == 0 && at < x->ptr[s + 1]; at++) {
                double value = x->value == NULL ? 1 : (double)x->value[at];
                w[(size_t)x->index[at] * out + j] += slope * value;
            }
            for (uint32_t i = 0; k > 0 && i < net->width[k]; i++) {
                w[(size_t)i * out + j] += slope * p->unit[k - 1][i];
            }
        }
        for (uint32_t i = 0; k > 0 && i < net->width[k]; i++) {
            double back = 0;
            for (uint32_t j = 0; j < out; j++) {
                back += p->slope[k][j] * (double)params[net->weight[k] + (size_t)i * out + j];
            }
            p->slope[k - 1][i] = back * p->gate[k - 1][i];
        }
    }
}

double *cuda_gradient(const ams_trainer *cpu, const float *params)
{
    const ams_net *net = &cpu->online;
    const double most = cpu->options.grad_clip;
    double *gradient = calloc(net->n_params, sizeof *gradient);
    double squares = 0;
    sample p;
    ck_assert_ptr_nonnull(gradient);
    ck_assert_uint_eq(cpu->count.updates, 1);
    open_sample(&p, net);
    for (uint32_t s = 0; s < cpu->options.batch; s++) {
        forward(&p, cpu, params, s);
        loss_slope(&p, cpu, s);
        backward(&p, cpu, params, s, gradient);
    }
    close_sample(&p, net);
    for (uint64_t i = 0; i < net->n_params; i++) {
        squares += gradient[i] * gradient[i];
    }
    for (uint64_t i = 0; most > 0 && sqrt(squares) > most && i < net->n_params; i++) {
        gradient[i] *= most / sqrt(squares);
    }
    return gradient;
}

double cuda_gradient_off(const ams_trainer *cpu, const float *params, const float *m)
{
    const double share = 1 - cpu->options.adam_beta1;
    double *gradient = cuda_gradient(cpu, params);
    double off = 0;
    double all = 0;
    for (uint64_t i = 0; i < cpu->online.n_params; i++) {
        off += pow((double)m[i] / share - gradient[i], 2);
        all += pow(gradient[i], 2);
    }
    free(gradient);
    return sqrt(off / all);
}
