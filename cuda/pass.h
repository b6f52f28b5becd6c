/* A pass of the wide path: rows of some states on their way through a network, and where each
 * layer leaves them. R rows of the pass. */
#ifndef AMS_CUDA_PASS_H
#define AMS_CUDA_PASS_H

#include "cuda/view.h"

enum {
    AMS_WIDE_BLOCK = 1024, /* units that a block works on where each is on its own */
    AMS_WIDE_UNITS = 256   /* units whose biases a block sums */
};

/* Which states a pass of the wide path takes through a network. */
typedef enum ams_states {
    AMS_STATES_DRAWN, /* those of the minibatch */
    AMS_STATES_NEXT   /* those that the step, or with targets=all every action, leads to */
} ams_states;

typedef struct ams_pass {
    ams_states states;
    int32_t target; /* by the target network; else by the online one */
    uint32_t layer; /* that a launch works on */
    uint32_t rows;
    uint64_t first; /* with targets=all, row 0 is the next state of action first % A of sample
                       first / A */
} ams_pass;

AMS_HOST_DEVICE static inline const float *ams_pass_params(const ams_view *v,
                                                           const ams_pass *pass)
{
    return pass->target ? v->target : v->online;
}

/* (R, width[k + 1]) what layer k of the pass makes. */
AMS_HOST_DEVICE static inline float *ams_pass_units(const ams_view *v, const ams_pass *pass,
                                                    uint32_t k)
{
    if (pass->states == AMS_STATES_DRAWN) {
        return v->out[k];
    }
    return k + 1 == v->n_layers ? v->worth[pass->target ? 0 : 1] : v->next_units[k % 2];
}

/* Units of the layers before layer k, which is where its own stand in bias_part. */
AMS_HOST_DEVICE static inline uint32_t ams_units_before(const ams_view *v, uint32_t k)
{
    uint32_t units = 0;
    for (uint32_t i = 0; i < k; i++) {
        units += v->width[i + 1];
    }
    return units;
}

#endif
