/* Networks as links: MLink's vec2vec.
 *
 * Dense (2 x outputs) with dropout and ReLU, then Dense (outputs) with a sigmoid (`multi`), a
 * softmax (`single`) or nothing (`real`). Loss: binary cross-entropy, mean over outputs;
 * categorical cross-entropy; squared error. RMSprop. The weights of the epoch of least
 * validation loss are kept (`single`: of greatest accuracy), of equal ones the earlier. */
#ifndef AMS_LINK_NETWORKS_H
#define AMS_LINK_NETWORKS_H

#include "ams/links.h"
#include "ams/progress.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_link_network_options {
    uint32_t epochs, batch;  /* 100, 32; the last short batch is kept */
    double lr, rho, epsilon; /* 0.01, 0.9, 1e-7: step = lr g / sqrt(v + epsilon) */
    double dropout;          /* 0.5 of the hidden units */
    uint32_t patience;       /* stop after that many epochs without a better one; 0: never */
    uint64_t seed;
} ams_link_network_options;
ams_link_network_options ams_link_network_defaults(void);

/* What links are trained on; all borrowed. */
typedef struct ams_link_network_data {
    const ams_link_space *space;
    const ams_link_items *training, *validation;
} ams_link_network_data;

/* A map of form NETWORKS for the sources of `mask`: one network per other model. The same bits
 * for any number of threads. pool and progress may be NULL.
 * @return AMS_USAGE where a hidden layer would have over 4096 units, AMS_DIVERGED,
 * AMS_BACKEND. */
ams_status ams_link_fit_networks(ams_link_map *map, const ams_link_network_data *data,
                                 uint64_t mask, const ams_link_network_options *options,
                                 ams_pool *pool, const ams_progress *progress, ams_error *err);
/* The M maps of single sources: M (M - 1) networks, which share the pool. */
ams_status ams_link_fit_pair_networks(ams_link_map *map, const ams_link_network_data *data,
                                      const ams_link_network_options *options, ams_pool *pool,
                                      const ams_progress *progress, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
