#include "rl/net/q.h"

#include "base/memory.h"
#include "rl/net/heads.h"

#include <stdlib.h>

ams_status ams_q_init(ams_q *q, const ams_net *net, uint32_t batch, bool backward,
                      ams_error *err)
{
    *q = (ams_q){.n_layers = net->n_layers, .dueling = net->dueling};
    ams_status status = AMS_OK;
    const uint32_t last = net->n_layers - 1;
    for (uint32_t k = 0; k < net->n_layers; k++) {
        size_t n = (size_t)batch * ams_net_outputs(net, k);
        AMS_TRY(ams_alloc(&q->out[k], n, sizeof(float), "activations", err));
        if (backward) {
            AMS_TRY(ams_alloc(&q->slope[k], n, sizeof(float), "activation gradients", err));
        }
    }
    if (net->heads > 0) {
        AMS_TRY(ams_alloc(&q->scratch, ams_heads_scratch(net, batch), sizeof(float),
                          "output heads", err));
    }
    if (!net->dueling) {
        q->q = q->out[last];
        q->dq = q->slope[last];
        return AMS_OK;
    }
    size_t n = (size_t)batch * ams_net_actions(net);
    AMS_TRY(ams_alloc(&q->q, n, sizeof(float), "Q values", err));
    if (backward) {
        AMS_TRY(ams_alloc(&q->dq, n, sizeof(float), "Q gradients", err));
    }
out:
    if (status != AMS_OK) {
        ams_q_fini(q);
    }
    return status;
}

void ams_q_fini(ams_q *q)
{
    for (uint32_t k = 0; k < AMS_MAX_LAYERS; k++) {
        free(q->out[k]);
        free(q->slope[k]);
    }
    free(q->scratch);
    if (q->dueling) {
        free(q->q);
        free(q->dq);
    }
    *q = (ams_q){0};
}

const float *ams_q_forward(ams_q *q, const ams_compute *c, const ams_net *net,
                           const ams_sparse *x)
{
    const float *p = net->params;
    c->ops->input_forward(c, x, p + net->weight[0], p + net->bias[0], net->width[1], q->out[0]);
    return ams_q_forward_from(q, c, net, 1, x);
}

static bool has_heads(const ams_net *net, uint32_t k)
{
    return net->heads > 0 && k + 1 == net->n_layers;
}

const float *ams_q_forward_from(ams_q *q, const ams_compute *c, const ams_net *net, uint32_t k,
                                const ams_sparse *x)
{
    const uint32_t n = x->n;
    const float *p = net->params;
    for (; k < net->n_layers; k++) {
        c->ops->relu_forward(c, (uint64_t)n * net->width[k], q->out[k - 1]);
        if (q->dropout.rate > 0) {
            c->ops->dropout(c, &q->dropout, k - 1, n, net->width[k], q->out[k - 1]);
        }
        if (has_heads(net, k)) {
            ams_heads_forward(c, net, x, q->out[k - 1], q->scratch, q->out[k]);
            continue;
        }
        const uint32_t bio[3] = {n, net->width[k], net->width[k + 1]};
        c->ops->dense_forward(c, bio, q->out[k - 1], p + net->weight[k], p + net->bias[k],
                              q->out[k]);
    }
    if (net->dueling) {
        c->ops->dueling_forward(c, n, ams_net_actions(net), q->out[net->n_layers - 1], q->q);
    }
    return q->q;
}

void ams_q_backward(ams_q *q, const ams_compute *c, const ams_net *net, const ams_sparse *x,
                    float *gradient, ams_rows *rows)
{
    ams_q_backward_to(q, c, net, 1, x, gradient);
    c->ops->bias_backward(c, x->n, net->width[1], q->slope[0], gradient + net->bias[0]);
    c->ops->input_backward(c, x, q->slope[0], net->width[1], gradient + net->weight[0], rows);
}

void ams_q_backward_to(ams_q *q, const ams_compute *c, const ams_net *net, uint32_t first,
                       const ams_sparse *x, float *gradient)
{
    const uint32_t n = x->n;
    if (net->dueling) {
        c->ops->dueling_backward(c, n, ams_net_actions(net), q->dq,
                                 q->slope[net->n_layers - 1]);
    }
    for (uint32_t k = net->n_layers - 1; k >= first; k--) {
        const uint32_t bio[3] = {n, net->width[k], net->width[k + 1]};
        if (has_heads(net, k)) {
            const ams_heads_slopes slopes = {q->slope[k], q->slope[k - 1], gradient};
            ams_heads_backward(c, net, x, q->out[k - 1], q->scratch, &slopes);
        } else {
            c->ops->dense_backward(c, bio, q->out[k - 1], net->params + net->weight[k],
                                   q->slope[k], q->slope[k - 1], gradient + net->weight[k]);
            c->ops->bias_backward(c, n, net->width[k + 1], q->slope[k],
                                  gradient + net->bias[k]);
        }
        c->ops->relu_backward(c, (uint64_t)n * net->width[k], q->out[k - 1], q->slope[k - 1]);
        if (q->dropout.rate > 0) { /* a unit left out is 0 and stopped at the ReLU already */
            c->ops->scale(c, (uint64_t)n * net->width[k], (float)(1 / (1 - q->dropout.rate)),
                          q->slope[k - 1]);
        }
    }
}
