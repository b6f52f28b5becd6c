#include "tests/rl/reference.h"

#include "ams/agent.h"
#include "base/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *layer(const ams_net *net, uint32_t k, const double *in)
{
    const float *w = net->params + net->weight[k];
    double *out = calloc(net->width[k + 1], sizeof *out);
    for (uint32_t o = 0; o < net->width[k + 1]; o++) {
        out[o] = (double)net->params[net->bias[k] + o];
        for (uint32_t i = 0; i < net->width[k]; i++) {
            double x = k > 0 && in[i] < 0 ? 0 : in[i];
            out[o] += x * (double)w[(size_t)i * net->width[k + 1] + o];
        }
    }
    return out;
}

double *reference_q(const ams_net *net, const ams_sparse *x)
{
    uint32_t a = ams_net_actions(net);
    double *q = calloc((size_t)x->n * a, sizeof *q);
    for (uint32_t s = 0; s < x->n; s++) {
        double *in = calloc(net->width[0], sizeof *in);
        for (uint32_t at = x->ptr[s]; at < x->ptr[s + 1]; at++) {
            in[x->index[at]] = x->value == NULL ? 1.0 : (double)x->value[at];
        }
        for (uint32_t k = 0; k < net->n_layers; k++) {
            double *out = layer(net, k, in);
            free(in);
            in = out;
        }
        double mean = 0;
        for (uint32_t i = 0; i < a; i++) {
            mean += in[i] / a;
        }
        for (uint32_t i = 0; i < a; i++) {
            const uint32_t head = net->heads > 0 ? x->head[s] * a : 0;
            q[(size_t)s * a + i] = in[head + i] + (net->dueling ? in[a] - mean : 0);
        }
        free(in);
    }
    return q;
}

double reference_loss(const ams_net *net, const ams_sparse *x, const uint8_t *action,
                      const float *target, double delta)
{
    uint32_t a = ams_net_actions(net);
    double *q = reference_q(net, x);
    double loss = 0;
    for (uint32_t s = 0; s < x->n; s++) {
        double error = fabs(q[(size_t)s * a + action[s]] - (double)target[s]);
        loss += error <= delta ? error * error / 2 : delta * (error - delta / 2);
    }
    free(q);
    return loss / x->n;
}

void random_states(ams_sparse *x, uint32_t batch, uint32_t columns, uint32_t ones, bool binary,
                   uint64_t seed)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    ck_assert_int_eq(ams_sparse_init(x, batch, columns, columns, binary, NULL), AMS_OK);
    for (uint32_t s = 0; s < batch; s++) {
        uint32_t at = x->ptr[s];
        for (uint32_t f = 0; f < columns; f++) {
            if (ams_rng_below(&rng, columns) < ones) {
                if (!binary) {
                    x->value[at] = (float)ams_rng_unit(&rng);
                }
                x->index[at++] = f;
            }
        }
        x->ptr[++x->n] = at;
    }
}

float *random_floats(size_t n, uint64_t seed)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    float *values = calloc(n == 0 ? 1 : n, sizeof *values);
    for (size_t i = 0; i < n; i++) {
        values[i] = (float)(2 * ams_rng_unit(&rng) - 1);
    }
    return values;
}

int agent_named(const char *name)
{
    int i = 0;
    while (strcmp(ams_agent_names[i], name) != 0) {
        i++;
    }
    return i;
}

void bare_options(ams_train_options *options)
{
    ck_assert_int_eq(ams_train_defaults(options, NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(options, "goals", "0.8,0.9,1", NULL), AMS_OK);
    options->goal_input = AMS_OFF;
    options->lr_schedule = AMS_LR_CONSTANT;
    options->dropout = 0;
    options->weight_decay = 0;
    options->envs = 8;
}

void value_options(ams_train_options *options)
{
    bare_options(options);
    options->reward = AMS_REWARD_GAIN;
    options->loss = AMS_LOSS_HUBER;
    options->decide = AMS_DECIDE_COST_Q;
    options->features = AMS_FEATURES_LABELS_MASK;
    options->episode = 0;
}
