/* Forward and backward of the Q network over a batch of sparse states, on any backend.
 *
 * F inputs, B batch, A actions; layer k has width[k+1] units. */
#ifndef AMS_RL_NET_Q_H
#define AMS_RL_NET_Q_H

#include "ams/net.h"
#include "rl/net/backend.h"

/* Activations of one batch, and their gradients. */
typedef struct ams_q {
    float *out[AMS_MAX_LAYERS];   /* (B, ams_net_outputs(net, k)) */
    float *slope[AMS_MAX_LAYERS]; /* gradients of the same; NULL where only forward is wanted */
    float *q, *dq; /* (B, A) Q and its gradient: the last layer's, or made of dueling heads */
    uint32_t n_layers;
    bool dueling;        /* q and dq are owned */
    float *scratch;      /* with output heads: rl/net/heads.h; owned */
    ams_dropout dropout; /* of the next forward and its backward; rate 0 at first */
} ams_q;

ams_status ams_q_init(ams_q *q, const ams_net *net, uint32_t batch, bool backward,
                      ams_error *err);
void ams_q_fini(ams_q *q);
/* Q (B, A) = q->q, valid until the next forward. */
const float *ams_q_forward(ams_q *q, const ams_compute *c, const ams_net *net,
                           const ams_sparse *x);
/* The same from layer `k` > 0 on: what the layer before it makes of the states x, without
 * ReLU, stands in q->out[k - 1]. */
const float *ams_q_forward_from(ams_q *q, const ams_compute *c, const ams_net *net, uint32_t k,
                                const ams_sparse *x);
/* From q->dq to gradients (n_params, laid out as net->params). Rows of
 * the first layer that rows->now does not name keep old values. x must be the batch of the last
 * forward. */
void ams_q_backward(ams_q *q, const ams_compute *c, const ams_net *net, const ams_sparse *x,
                    float *gradient, ams_rows *rows);

/* The same down to layer `first` > 0: what the one before it needs is left in q->slope[first -
 * 1]. */
void ams_q_backward_to(ams_q *q, const ams_compute *c, const ams_net *net, uint32_t first,
                       const ams_sparse *x, float *gradient);

#endif
