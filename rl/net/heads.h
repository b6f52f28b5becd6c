/* The last layer of a network with an output head per goal: each state asks one head alone.
 *
 * B states, H units, A actions, G heads. Private to rl/net. */
#ifndef AMS_RL_NET_HEADS_H
#define AMS_RL_NET_HEADS_H

#include "ams/net.h"
#include "rl/net/backend.h"

typedef struct ams_heads_slopes {
    const float *dq; /* (B, A) */
    float *dx;       /* (B, H) */
    float *gradient; /* (n_params) */
} ams_heads_slopes;

/* Floats of `scratch` for up to `batch` states. */
size_t ams_heads_scratch(const ams_net *net, uint32_t batch);
/* hidden (B, H) to q (B, A). */
void ams_heads_forward(const ams_compute *c, const ams_net *net, const ams_sparse *x,
                       const float *hidden, float *scratch, float *q);
/* From dq to dx and to the gradients of the layer's weights and biases; those of heads that no
 * state asks are 0. */
void ams_heads_backward(const ams_compute *c, const ams_net *net, const ams_sparse *x,
                        const float *hidden, float *scratch, const ams_heads_slopes *slopes);

#endif
