/* Small networks of an agent that answers for money (docs/format.md, "AMSBUD02"). The study of
 * lab/budget and the embedded scheduler call the same function, so both round alike. Private to
 * online/ and lab/budget.
 *
 * Layers have weights (in, out) row-major and one bias per output; after each but the last the
 * negative becomes 0. A dueling network's outputs are a head per action and one for the state.
 */
#ifndef AMS_ONLINE_NETWORKS_H
#define AMS_ONLINE_NETWORKS_H

#include "online/answers.h"

enum { AMS_NETWORKS_LAYERS = 4, AMS_NETWORKS_UNITS = 4096, AMS_NETWORKS_MOST = 16 };

/* A block of parameters has, per network, layer after layer, weights and then biases. */
typedef struct ams_networks {
    uint32_t n, n_layers;
    uint32_t width[AMS_NETWORKS_LAYERS + 1]; /* inputs, hidden units, outputs */
    bool dueling;
} ams_networks;

/* Of one network. */
uint64_t ams_networks_size(const ams_networks *shape);
/* Floats that ams_networks_mean needs as scratch. */
uint64_t ams_networks_room(const ams_networks *shape);
/* q (actions): the mean of the networks' Q-values in a state. room: scratch. */
void ams_networks_mean(const ams_networks *shape, const float *block, const ams_row *row,
                       float *room, float *q);

#endif
