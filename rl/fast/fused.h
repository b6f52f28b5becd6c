/* The fast path of training: the first layer and the one after it, done by blocks of 64 units
 * of the first hidden layer in as few passes over memory as it takes. Private to rl/.
 *
 * What makes it fast (counts and measurements: docs/internals/fast-path.md):
 * - a block's weights and moments lie together, and the pool gives a block to the same thread
 *   every time, so they stay in that core's cache;
 * - a row of the first layer takes Adam's step where its gradient is summed, in registers:
 *   there is no gradient array;
 * - rows whose label does not occur in a minibatch wait: their steps without a gradient are
 *   added up in closed form when the row is read next (rl/fast/idle.h);
 * - where the network's outputs are Q and one action of a state learns, only that one's output
 *   is computed (ams_fused_takes).
 *
 * What a block adds to the outputs of the second layer is added in the blocks' order, so the
 * bits do not depend on threads. Whatever comes after those outputs, dueling heads or more
 * layers, is the caller's: rl/net/q.h goes on from there.
 *
 * F inputs, H hidden units of the first layer (a multiple of 64), A outputs of the second
 * layer, B batch. All arrays are host float.
 */
#ifndef AMS_RL_FAST_FUSED_H
#define AMS_RL_FAST_FUSED_H

#include "ams/net.h"
#include "rl/fast/idle.h"
#include "rl/net/backend.h"
#include "rl/options/adam.h"

enum { AMS_FUSED_BLOCK = 64 }; /* hidden units: four AVX-512 registers */

typedef struct ams_fused ams_fused;

/* Whether it does what the options ask for: backend=sparse, whole blocks of units, and layers
 * and a minibatch whose shares of outputs take 1 GiB at most. */
bool ams_fused_fits(const ams_train_options *options);
/* Whether one action of each state learns, whose output is Q itself, without dropout. Then an
 * update goes by ams_fused_forward, else by ams_fused_learn. */
bool ams_fused_takes(const ams_train_options *options);
/* The same with or without dropout: after ams_fused_learn, too, a state has a slope by the
 * output of what was done in it alone. */
bool ams_fused_one_slope(const ams_train_options *options);

/* Takes over the weights; `most` states at once. Borrows pool (may be NULL) and options. */
ams_status ams_fused_create(ams_fused **fused, const ams_net *net,
                            const ams_train_options *options, ams_pool *pool, uint32_t most,
                            ams_error *err);
void ams_fused_destroy(ams_fused *fused);

/* Before anything else of an update. */
void ams_fused_begin(ams_fused *fused, const ams_rows *rows);
/* Outputs (n, A) of the states x in the online network, the states' rows ams_fused_columns
 * apart; valid until the next call of this, ams_fused_target, ams_fused_learn,
 * ams_fused_forward or ams_fused_step. */
const float *ams_fused_online(ams_fused *fused, const ams_rows *rows, const ams_sparse *x);
/* The same in the target network. */
const float *ams_fused_target(ams_fused *fused, const ams_sparse *x);
/* The same in the online network of a minibatch's states, whose rows are listed in `rows`, with
 * dropout after the first layer; keeps what ams_fused_step needs, but for ams_rows_fill. */
const float *ams_fused_learn(ams_fused *fused, ams_rows *rows, const ams_sparse *x,
                             const ams_dropout *dropout);

/* Floats between the rows of outputs, of which the first A count: whole vectors. */
uint32_t ams_fused_columns(const ams_fused *fused);

/* What an update of taken actions wants to know, asked at once so that threads meet once. */
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
/* Lists the states' rows in `rows`, and keeps what ams_fused_step needs, but for ams_rows_fill.
 */
ams_fused_q ams_fused_forward(ams_fused *fused, ams_rows *rows, const ams_fused_ask *ask);
/* A minibatch's way back. */
typedef struct ams_fused_back {
    const ams_sparse *state; /* B states, those of the last ams_fused_forward or _learn */
    /* After ams_fused_forward: what was done in them (B), and the slope of the loss by `taken`
     * (B). After ams_fused_learn: the slope by all outputs (B, A), and what was done in them if
     * all other slopes are 0, else NULL. */
    const uint8_t *action;
    const float *dq;
    const ams_sparse *then; /* n states that are asked about next; n may be 0 */
    float factor;           /* with grad_clip: what the gradient is multiplied by */
} ams_fused_back;
/* With grad_clip, before ams_fused_step: backward alone, once `rows` are filled. Returns the
 * sum of the gradient's squares; the step goes on from what is kept of it. */
double ams_fused_squares(ams_fused *fused, const ams_rows *rows, const ams_fused_back *back);
/* Backward, and Adam's step of update t, once `rows` are filled. Returns Q of the states `then`
 * after it, as ams_fused_online would: a thread that has stepped a block knows it. */
const float *ams_fused_step(ams_fused *fused, const ams_rows *rows, const ams_fused_back *back);
/* The target network goes `share` of the way to the online one; 1: it becomes the same. */
void ams_fused_follow(ams_fused *fused, const ams_rows *rows, float share);

/* The online weights of both layers as all updates done so far leave them, in the layout of
 * `net`, whose other layers are not written; nothing of the training's state changes. */
void ams_fused_weights(const ams_fused *fused, const ams_rows *rows, float *params);
/* The target network's. */
void ams_fused_target_weights(const ams_fused *fused, float *params);

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
