/* What a backend has to be able to do. Network, agents and trainer are written once against
 * this.
 *
 * F inputs, I/O units before and after a layer, H = units of the first hidden layer, B batch,
 * A actions. All arrays are float, row-major, in the backend's memory. Weights are (in, out).
 */
#ifndef AMS_RL_NET_BACKEND_H
#define AMS_RL_NET_BACKEND_H

#include "ams/pool.h"
#include "ams/sparse.h"
#include "ams/status.h"
#include "rl/net/math.h"

#include <stdbool.h>

enum { AMS_FILL = 16 }; /* written at a time, whatever of it counts */

/* A one of a row: the sample that holds the feature, and its value there. Side by side, since
 * whoever writes or reads one does the other. */
typedef struct ams_row_one {
    uint32_t sample;
    float value;
} ams_row_one;
/* Which rows of the first layer's gradient an update wrote, and which were ever written. Rows
 * never written have g = m = v = 0, so that Adam leaves them exactly as they are: they are
 * skipped. */
typedef struct ams_rows {
    uint32_t n_touched;
    uint32_t *touched; /* (F + 1), of which F are ever used */
    uint32_t
        *position; /* (F) scratch: counts, then places, of the inverted minibatch; 0 between */
    uint32_t *sample; /* (capacity) samples by feature, when binary */
    uint32_t *owner;  /* (capacity + AMS_FILL) scratch: the sample of each one of the states */
    ams_row_one *one; /* (capacity) the same with their values, when not */
    uint32_t *start;  /* (F + 1) first place of touched[i] */
    bool marked;      /* marks say what sample, one and start otherwise would */
    uint64_t *marks;  /* (F + 1) samples that hold touched[i], a bit each; else scratch */
    uint64_t *mark;   /* (F) scratch: marks by feature; 0 between */
    uint8_t *ever;    /* (F) */
    uint8_t *now;     /* (F) written by this update */
} ams_rows;

/* A target for every valid action of B states. */
typedef struct ams_all_actions {
    uint32_t n, n_models;      /* B, M = A - 1 */
    uint32_t batch;            /* states that the loss is the mean of: B, or these are a part */
    bool end_valid;            /* END may be taken in every state */
    const uint64_t *remaining; /* (B) models that have not run */
    const float *target;       /* (B, A); what is not valid is not read */
    double *loss;              /* (B) set to each state's weighted loss; NULL: not wanted */
} ams_all_actions;

/* How much the states of a minibatch count, and how wrong they were. */
typedef struct ams_emphasis {
    const float *weight; /* (B) of each state's loss; NULL: 1 */
    float *error; /* (B) set to ams_loss_error, its mean over all valid actions; NULL: not
                     wanted */
} ams_emphasis;

/* Which hidden units an update leaves out (Srivastava et al. 2014): each with probability rate,
 * the others are scaled by 1 / (1 - rate). A pure function of its members and of the unit. */
typedef struct ams_dropout {
    double rate; /* 0: none */
    uint64_t seed, update;
} ams_dropout;

typedef struct ams_backend ams_backend;
/* A backend at work: its pool and scratch memory. */
typedef struct ams_compute {
    const ams_backend *ops;
    ams_pool *pool; /* may be NULL */
    float *dense;   /* (B, F) scratch of the dense input layer; NULL in the sparse backend */
    uint32_t dense_rows;
    uint32_t columns;
} ams_compute;

struct ams_backend {
    const char *name;
    const char *help;
    bool expands_input; /* wants ams_compute.dense */

    /* y (B,H) = X (B,F) W (F,H) + b */
    void (*input_forward)(const ams_compute *c, const ams_sparse *x, const float *w,
                          const float *b, uint32_t h, float *y);
    /* dW (F,H) = X^T dy, rows->touched lists the rows written, the others keep what they held.
     */
    void (*input_backward)(const ams_compute *c, const ams_sparse *x, const float *dy,
                           uint32_t h, float *dw, ams_rows *rows);
    /* y (B,O) = x (B,I) W (I,O) + b */
    void (*dense_forward)(const ams_compute *c, const uint32_t bio[3], const float *x,
                          const float *w, const float *b, float *y);
    /* dx (B,I) = dy W^T (NULL: not wanted); dW (I,O) = x^T dy */
    void (*dense_backward)(const ams_compute *c, const uint32_t bio[3], const float *x,
                           const float *w, const float *dy, float *dx, float *dw);
    /* db (O) = column sums of dy (B,O), samples in ascending order */
    void (*bias_backward)(const ams_compute *c, uint32_t b, uint32_t o, const float *dy,
                          float *db);
    /* y = max(x, 0) in place */
    void (*relu_forward)(const ams_compute *c, uint64_t n, float *x);
    /* dx = 0 where the unit's output y is 0, in place */
    void (*relu_backward)(const ams_compute *c, uint64_t n, const float *y, float *dx);
    /* Q (B,A) of heads (B,A+1), and the gradient back: rl/net/math.h, "Dueling heads" */
    void (*dueling_forward)(const ams_compute *c, uint32_t b, uint32_t a, const float *heads,
                            float *q);
    void (*dueling_backward)(const ams_compute *c, uint32_t b, uint32_t a, const float *dq,
                             float *heads);
    /* dq (B,A) = slope of the mean weighted loss of q[b, action[b]] against target[b]; 0
     * elsewhere. Returns that mean, samples in ascending order. emphasis may be NULL: weights
     * 1. */
    double (*td_loss)(const ams_compute *c, const uint32_t ba[2], const float *q,
                      const uint8_t *action, const float *target, ams_loss loss,
                      const ams_emphasis *emphasis, float *dq);
    /* The same for targets (B,A) of all valid actions, each state's loss being their mean.
     * Parts of a minibatch may be done at the same time; what it returns of a part is its
     * share. */
    double (*td_loss_all)(const ams_compute *c, const ams_all_actions *batch, const float *q,
                          ams_loss loss, const ams_emphasis *emphasis, float *dq);
    /* y (B,H) of hidden layer `layer`, in place. */
    void (*dropout)(const ams_compute *c, const ams_dropout *drop, uint32_t layer, uint32_t b,
                    uint32_t h, float *y);
    /* x *= factor */
    void (*scale)(const ams_compute *c, uint64_t n, float factor, float *x);
    /* y += share (x - y) */
    void (*blend)(const ams_compute *c, uint64_t n, float share, const float *x, float *y);
    /* Sum of squares, in ascending order in double. */
    double (*sum_squares)(const ams_compute *c, uint64_t n, const float *x);
    /* One Adam step over n parameters. */
    void (*adam)(const ams_compute *c, const ams_adam *adam, uint64_t n, const float *g,
                 float *w, float *m, float *v);
    /* The same over the rows of the first layer: g counts for rows->now, is 0 for the others.
     */
    void (*adam_rows)(const ams_compute *c, const ams_adam *adam, const ams_rows *rows,
                      const uint32_t fh[2], const float *g, float *const wmv[3]);
};

/* The gather-sum path: cost grows with the ones of a state, not with F. The default. */
extern const ams_backend ams_backend_cpu_sparse;
/* The textbook path: states expanded to floats, every product in OpenBLAS. */
extern const ams_backend ams_backend_cpu_dense;

ams_status ams_compute_init(ams_compute *c, const ams_backend *ops, ams_pool *pool,
                            uint32_t batch, uint32_t columns, ams_error *err);
void ams_compute_fini(ams_compute *c);
ams_status ams_sparse_init(ams_sparse *x, uint32_t batch, uint32_t columns, uint32_t per_state,
                           bool binary, ams_error *err);
void ams_sparse_fini(ams_sparse *x);
ams_status ams_rows_init(ams_rows *rows, uint32_t columns, uint64_t capacity, ams_error *err);
void ams_rows_fini(ams_rows *rows);
/* The minibatch transposed by counting sort: rows->touched the features that occur, those of
 * touched[i] in the samples sample or one[start[i] .. start[i + 1]), ascending. */
void ams_rows_invert(ams_rows *rows, const ams_sparse *x);
/* The same, for those to whom bits are as good as lists (rows->marked): what 64 bits hold, up
 * to 64 samples without values, takes one pass and half the time. Leaves rows->now alone. */
void ams_rows_mark(ams_rows *rows, const ams_sparse *x);
/* Both in two steps: which rows are touched, and by whom, which may go on beside anything that
 * does not read that. */
void ams_rows_list(ams_rows *rows, const ams_sparse *x);
void ams_rows_fill(ams_rows *rows, const ams_sparse *x);

#endif
