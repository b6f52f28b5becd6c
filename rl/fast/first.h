/* The first layer of a network that learns by layers: its rows by blocks of 64 hidden units,
 * so that a block stays in a core's cache while a minibatch goes through it, and rows whose
 * feature a minibatch lacks wait. Private to rl/.
 *
 * A row that waited takes the steps that it missed one by one, in registers: same bits as if it
 * had taken each when it was due, which rl/fast/fused.c does not promise. What is saved are the
 * passes over memory: weights and both moments of thousands of labels in every update.
 *
 * F inputs, H hidden units (a multiple of 64), B batch. All arrays are host float.
 */
#ifndef AMS_RL_FAST_FIRST_H
#define AMS_RL_FAST_FIRST_H

#include "ams/net.h"
#include "rl/net/backend.h"
#include "rl/options/adam.h"

typedef struct ams_first ams_first;

/* Whether the options leave the first layer to itself: backend=sparse, whole blocks of units,
 * and nothing that needs all rows in each update (grad_clip, tau). */
bool ams_first_fits(const ams_train_options *options);

/* Takes over the first layer's weights; at most `most` states at once. Borrows pool (may be
 * NULL) and options. */
ams_status ams_first_create(ams_first **first, const ams_net *net,
                            const ams_train_options *options, ams_pool *pool, uint32_t most,
                            ams_error *err);
void ams_first_destroy(ams_first *first);

/* y (n, H) = X W + bias (H). `ever`: rows that have had a gradient. */
void ams_first_forward(ams_first *first, const uint8_t *ever, const ams_sparse *x,
                       const float *bias, float *y);
/* One update: the gradient X^T dy of the states of the last forward, transposed in `rows`,
 * and Adam's step after the weights' decay (`keep` is 1 without one). */
void ams_first_step(ams_first *first, const ams_rows *rows, const ams_sparse *x,
                    const float *dy, const ams_adam *adam, float keep);

/* No row waits any more; weights and moments go to where the network's layout has them (NULL:
 * not wanted). */
void ams_first_store(ams_first *first, const uint8_t *ever, float *params, float *moment1,
                     float *moment2);
/* The other way. */
void ams_first_load(ams_first *first, const float *params, const float *moment1,
                    const float *moment2);

/* -- between first.c and first_kernels.c -- */

enum { AMS_FIRST_BLOCK = 64 };

/* What an update did to rows that it did not touch. */
typedef struct ams_missed {
    float keep, step, inv_bias2;
} ams_missed;

/* n updates without a gradient, oldest first; w, m, v (64). */
void ams_first_catch_up(const ams_missed *missed, uint32_t n, const ams_adam *adam, float *w,
                        float *m, float *v);
/* The same of a row without moments. */
void ams_first_fade(const ams_missed *missed, uint32_t n, float *w);

#endif
