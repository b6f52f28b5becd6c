/* The Q network: sparse input -> hidden layers with ReLU -> A outputs, or, dueling, A + 1: a
 * head for each action and one for the state, which make Q together (rl/net/math.h), or, with
 * an output head per goal, G x A. All parameters are one block.
 *
 * F inputs, H1..Hk hidden units, A actions. Weights are input-major: W[k] is (in, out)
 * row-major, so the first layer of a sparse state is a sum of rows, and every loop over outputs
 * is contiguous. */
#ifndef AMS_NET_H
#define AMS_NET_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_MAX_LAYERS = 4, AMS_MAX_UNITS = 4096 /* of a hidden layer */ };

typedef struct ams_net {
    uint32_t n_layers;                  /* weight layers: hidden layers + 1 */
    uint32_t width[AMS_MAX_LAYERS + 1]; /* F, H1, ..., outputs */
    bool dueling;                       /* outputs = A + 1, the last one is V; set after init */
    uint32_t heads; /* G > 0: outputs = G A, those of head g from g A on, and a state asks one
                       head; 0: there is one. Set after init, not together with dueling */
    uint64_t weight[AMS_MAX_LAYERS]; /* offset of W[k] (width[k], width[k+1]) in params */
    uint64_t bias[AMS_MAX_LAYERS];   /* offset of b[k] (width[k+1]) */
    uint64_t n_params;
    float *params; /* (n_params), owned */
} ams_net;

/* "256" or "256x128": up to three hidden layers of 1..4096 units. False: it is not that. */
bool ams_net_parse_hidden(const char *text, uint32_t width[AMS_MAX_LAYERS - 1], uint32_t *n);
/* hidden: n_hidden widths. */
ams_status ams_net_init_hidden(ams_net *net, uint32_t inputs, const uint32_t *hidden,
                               uint32_t n_hidden, uint32_t outputs, ams_error *err);
/* hidden as ams_net_parse_hidden reads it. */
ams_status ams_net_init(ams_net *net, uint32_t inputs, const char *hidden, uint32_t outputs,
                        ams_error *err);
ams_status ams_net_init_widths(ams_net *net, const uint32_t *width, uint32_t n_layers,
                               ams_error *err);
void ams_net_fini(ams_net *net);
static inline uint32_t ams_net_actions(const ams_net *net)
{
    return (net->width[net->n_layers] - (net->dueling ? 1 : 0)) /
           (net->heads > 0 ? net->heads : 1);
}
/* What layer k says of a state: all its units, or the outputs of the head that is asked. */
static inline uint32_t ams_net_outputs(const ams_net *net, uint32_t k)
{
    return net->heads > 0 && k + 1 == net->n_layers ? ams_net_actions(net) : net->width[k + 1];
}
/* He-uniform for layers before a ReLU with the expected number of ones as fan-in of the sparse
 * first layer, small uniform for the output; biases 0. Draw i of stream INIT is parameter i. */
void ams_net_randomize(ams_net *net, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
