/* The fast path of training a network with one hidden layer: the sparse backend's arithmetic,
 * done by blocks of 64 hidden units in as few passes over memory as it takes. Private to rl/.
 *
 * What makes it fast (counts and measurements: docs/internals/fast-path.md):
 * - a block's weights and moments lie together, and the pool gives a block to the same thread
 *   every time, so they stay in that core's cache;
 * - only the taken action's output is computed where no other is needed;
 * - a row of the first layer takes Adam's step where its gradient is summed, in registers:
 * there is no gradient array;
 * - rows whose label does not occur in a minibatch wait: their steps without a gradient are
 *   added up in closed form when the row is read next (rl/fast/idle.h).
 *
 * The sums of blocks are added in the blocks' order, so the bits do not depend on threads.
 *
 * F inputs, H hidden units (a multiple of 64), A actions, B batch. All arrays are host float.
 */
#ifndef AMS_RL_FAST_FUSED_H
#define AMS_RL_FAST_FUSED_H

#include "ams/net.h"
#include "rl/fast/idle.h"
#include "rl/net/backend.h"
#include "rl/options/adam.h"

enum { AMS_FUSED_BLOCK = 64 }; /* hidden units: four AVX-512 registers */

typedef struct ams_fused ams_fused;

/* Whether the options ask for nothing but what this path does: backend=sparse, one hidden layer
 * of whole blocks, no dueling heads, targets=taken, no dropout, gradient clipping or weight
 * decay, a target network that is copied, and decays of Adam that waiting rows allow. */
bool ams_fused_fits(const ams_train_options *options);

/* Takes over the weights; `most` states at once. Borrows pool (may be NULL) and options. */
ams_status ams_fused_create(ams_fused **fused, const ams_net *net,
                            const ams_train_options *options, ams_pool *pool, uint32_t most,
                            ams_error *err);
void ams_fused_destroy(ams_fused *fused);

/* Before anything else of an update. */
void ams_fused_begin(ams_fused *fused, const ams_rows *rows);
/* Q (n, A) of the states x in the online network, the states' rows ams_fused_columns apart;
 * valid until the next call of this, ams_fused_forward or ams_fused_step. */
const float *ams_fused_online(ams_fused *fused, const ams_rows *rows, const ams_sparse *x);

/* Floats between the rows of Q, of which the first A count: whole vectors. */
uint32_t ams_fused_columns(const ams_fused *fused);

/* What an update wants to know, asked at once so that threads meet once. */
typedef struct ams_fused_ask {
    const ams_sparse *state; /* B states, */
    const uint8_t *action;   /* (B) and what was done in them */
    const ams_sparse *next;  /* n states */
    bool wants_online;       /* of the next states, too */
} ams_fused_ask;
/* Valid as long. */
typedef struct ams_fused_q {
    const float *taken;  /* (B) of state and action in the online network */
    const float *target; /* (n, A) of the next states in the target network */
    const float *online; /* (n, A) and in the online one; NULL unless wanted */
    uint32_t columns;    /* between the rows of both */
} ams_fused_q;
/* Transposes the states into `rows`, and keeps what ams_fused_step needs. */
ams_fused_q ams_fused_forward(ams_fused *fused, ams_rows *rows, const ams_fused_ask *ask);
/* A minibatch's way back. */
typedef struct ams_fused_back {
    const ams_sparse *state; /* B states, those of the last ams_fused_forward, */
    const uint8_t *action;   /* (B) what was done in them, */
    const float *dq;         /* (B) and the slope of the loss by `taken` */
    const ams_sparse *then;  /* n states that are asked about next; n may be 0 */
} ams_fused_back;
/* Backward, and Adam's step of update t. Returns Q of the states `then` after it, as
 * ams_fused_online would: a thread that has stepped a block knows it. */
const float *ams_fused_step(ams_fused *fused, const ams_rows *rows, const ams_fused_back *back);
/* The target network becomes the online one. */
void ams_fused_follow(ams_fused *fused, const ams_rows *rows);

/* The online weights as all updates done so far leave them, in the layout of `net`; nothing of
 * the training's state changes. */
void ams_fused_weights(const ams_fused *fused, const ams_rows *rows, float *params);

/* The state as it is, rows still waiting: in the layout of the network, with the update that
 * each row has reached (F). */
typedef struct ams_fused_state {
    float *online, *moment1, *moment2; /* (n_params) */
    const float *target;               /* (n_params); not written */
    uint64_t *reached;                 /* (F) */
} ams_fused_state;
void ams_fused_save(const ams_fused *fused, const ams_fused_state *state);
/* t: updates done. @return AMS_BAD_DATA for rows that cannot have reached what is said. */
ams_status ams_fused_restore(ams_fused *fused, const ams_fused_state *state, uint64_t t,
                             ams_error *err);

#endif
