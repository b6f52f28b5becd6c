/* One network being trained. Private to links/.
 *
 * n items, I inputs, O outputs, H hidden units. */
#ifndef AMS_LINKS_NETWORK_H
#define AMS_LINKS_NETWORK_H

#include "ams/link_networks.h"

/* Inputs of all items: those of item i are at [start[i], start[i + 1]). */
typedef struct ams_link_inputs {
    uint32_t n, columns; /* I */
    uint32_t *start;     /* (n + 1) */
    uint32_t *index;     /* < I */
    float *value;
} ams_link_inputs;
/* The caller ends them, also after a failure. */
ams_status ams_link_inputs_init(ams_link_inputs *inputs, const ams_link_space *space,
                                const ams_link_items *items, uint64_t mask, ams_error *err);
void ams_link_inputs_fini(ams_link_inputs *inputs);

/* A network's data: inputs and targets (n, stride), of which columns [0, O) are its own. */
typedef struct ams_link_examples {
    const ams_link_inputs *x;
    const float *y;
    uint32_t stride;
} ams_link_examples;

enum { AMS_LINK_BATCH = 1024 }; /* largest minibatch */

typedef struct ams_link_network_job {
    ams_link_examples training, validation;
    ams_link_kind kind;
    uint32_t outputs;
    uint64_t number; /* of the link: its stream of random numbers */
    const ams_link_network_options *options;
} ams_link_network_job;

/* net: shape and the best weights. Deterministic in the job. @return as of
 * ams_link_fit_networks. */
ams_status ams_link_network_train(ams_net *net, const ams_link_network_job *job,
                                  ams_error *err);
/* out (O) of one item. hidden (H): scratch. */
void ams_link_network_predict(const ams_net *net, ams_link_kind kind, float *hidden,
                              float *out);

#endif
