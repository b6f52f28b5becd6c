/* Per-element arithmetic of training, shared by every backend (and, where CUDA is built, by
 * device code), so that the CPU tests cover it. */
#ifndef AMS_RL_NET_MATH_H
#define AMS_RL_NET_MATH_H

#include "env/math.h"

#include <math.h>
#include <stdint.h>

/* Largest Q over the models in `remaining`, and END (index n_models) where it is valid. Returns
 * 0 for a state with no valid action, whose value is 0. */
AMS_HOST_DEVICE static inline float ams_masked_max(const float *q, uint64_t remaining,
                                                   uint32_t n_models, int end_valid)
{
    float best = end_valid ? q[n_models] : -INFINITY;
    for (uint32_t m = 0; m < n_models; m++) {
        if ((remaining >> m & 1) != 0 && q[m] > best) {
            best = q[m];
        }
    }
    return best == -INFINITY ? 0.0F : best;
}

/* The action of that maximum; ties to the lower index, END last. */
AMS_HOST_DEVICE static inline uint32_t ams_masked_argmax(const float *q, uint64_t remaining,
                                                         uint32_t n_models, int end_valid)
{
    uint32_t best = n_models;
    float best_q = -INFINITY;
    for (uint32_t m = 0; m < n_models; m++) {
        if ((remaining >> m & 1) != 0 && q[m] > best_q) {
            best = m;
            best_q = q[m];
        }
    }
    return end_valid && q[n_models] > best_q ? n_models : best;
}

/* y = r + discount (1 - terminal) B(s'), definitions.md "Agents". */
AMS_HOST_DEVICE static inline float ams_td_target(float reward, float discount, int terminal,
                                                  float bootstrap)
{
    return terminal ? reward : reward + discount * bootstrap;
}

/* Dueling heads (Wang et al. 2016, eq. 9): A_0 .. A_n-1, then V; Q_i = V + A_i - mean of A,
 * over all n actions, valid or not. */
AMS_HOST_DEVICE static inline void ams_dueling_forward(const float *heads, uint32_t n, float *q)
{
    float sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += heads[i];
    }
    float base = heads[n] - sum / (float)n;
    for (uint32_t i = 0; i < n; i++) {
        q[i] = base + heads[i];
    }
}

/* Its transpose: dV = sum of dQ, dA_i = dQ_i - mean of dQ. */
AMS_HOST_DEVICE static inline void ams_dueling_backward(const float *dq, uint32_t n,
                                                        float *heads)
{
    float sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += dq[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        heads[i] = dq[i] - sum / (float)n;
    }
    heads[n] = sum;
}

/* Huber loss of an error e: e^2/2 up to delta, then delta (|e| - delta/2); delta = INFINITY is
 * the squared loss. */
AMS_HOST_DEVICE static inline float ams_huber(float error, float delta)
{
    float size = fabsf(error);
    return size <= delta ? 0.5F * error * error : delta * (size - 0.5F * delta);
}

AMS_HOST_DEVICE static inline float ams_huber_slope(float error, float delta)
{
    return error > delta ? delta : (error < -delta ? -delta : error);
}

/* Logarithmic loss of log-odds q against a share y in [0, 1] (the cross-entropy of logistic
 * regression), without overflow: ln(1 + exp(q)) - q y. */
AMS_HOST_DEVICE static inline float ams_logistic(float q, float y)
{
    return log1pf(expf(-fabsf(q))) + (q > 0 ? q : 0) - q * y;
}

/* 1 / (1 + exp(-q)): the share whose log-odds are q. */
AMS_HOST_DEVICE static inline float ams_sigmoid(float q)
{
    return 1 / (1 + expf(-q));
}

typedef enum ams_loss_kind {
    AMS_LOSS_HUBER,
    AMS_LOSS_SQUARED,
    AMS_LOSS_LOGISTIC
} ams_loss_kind;
typedef struct ams_loss {
    ams_loss_kind kind;
    float delta; /* of the Huber loss */
} ams_loss;

AMS_HOST_DEVICE static inline float ams_loss_value(ams_loss loss, float q, float y)
{
    return loss.kind == AMS_LOSS_LOGISTIC
               ? ams_logistic(q, y)
               : ams_huber(q - y, loss.kind == AMS_LOSS_HUBER ? loss.delta : INFINITY);
}

AMS_HOST_DEVICE static inline float ams_loss_slope(ams_loss loss, float q, float y)
{
    return loss.kind == AMS_LOSS_LOGISTIC
               ? ams_sigmoid(q) - y
               : ams_huber_slope(q - y, loss.kind == AMS_LOSS_HUBER ? loss.delta : INFINITY);
}

/* How far q is from what y asks for; of log-odds, in the share they stand for. */
AMS_HOST_DEVICE static inline float ams_loss_error(ams_loss loss, float q, float y)
{
    return fabsf(loss.kind == AMS_LOSS_LOGISTIC ? ams_sigmoid(q) - y : q - y);
}

/* What one Adam step needs beside the arrays (Kingma and Ba 2015, algorithm 1). */
typedef struct ams_adam {
    float beta1, beta2, epsilon;
    float step;      /* lr / (1 - beta1^t) */
    float inv_bias2; /* 1 / (1 - beta2^t) */
} ams_adam;

AMS_HOST_DEVICE static inline ams_adam ams_adam_at(double lr, double beta1, double beta2,
                                                   double epsilon, uint64_t t)
{
    ams_adam adam = {(float)beta1, (float)beta2, (float)epsilon,
                     (float)(lr / (1 - pow(beta1, (double)t))),
                     (float)(1 / (1 - pow(beta2, (double)t)))};
    return adam;
}

/* Inlined in any case: of functions that GCC compiles for several machines (target_clones),
 * those for an `arch` do not take in what is compiled for all, and an update on AVX2 would be
 * twice as many instructions. */
__attribute__((always_inline)) AMS_HOST_DEVICE static inline void
ams_adam_element(const ams_adam *adam, float g, float *w, float *m, float *v)
{
    *m = adam->beta1 * *m + (1 - adam->beta1) * g;
    *v = adam->beta2 * *v + (1 - adam->beta2) * g * g;
    *w -= adam->step * *m / (sqrtf(*v * adam->inv_bias2) + adam->epsilon);
}

typedef enum ams_lr_schedule { AMS_LR_CONSTANT, AMS_LR_LINEAR, AMS_LR_COSINE } ams_lr_schedule;

/* Learning rate of update t of `steps`: constant, or down to 0 on a line or half a cosine. */
AMS_HOST_DEVICE static inline double ams_lr_at(ams_lr_schedule schedule, double lr, uint64_t t,
                                               uint64_t steps)
{
    double done = t >= steps ? 1 : (double)t / (double)steps;
    if (schedule == AMS_LR_LINEAR) {
        return lr * (1 - done);
    }
    return schedule == AMS_LR_COSINE ? lr * 0.5 * (1 + cos(3.14159265358979323846 * done)) : lr;
}

/* Priority of a transition with that absolute error (Schaul et al. 2016, section 3.3). */
AMS_HOST_DEVICE static inline double ams_priority_of(double error, double alpha, double epsilon)
{
    return pow(error + epsilon, alpha);
}

/* Exponent of the importance weights in update t of `steps`: linear from `beta` to 1. */
AMS_HOST_DEVICE static inline double ams_beta_at(uint64_t t, double beta, uint64_t steps)
{
    return t >= steps ? 1 : beta + (1 - beta) * (double)t / (double)steps;
}

/* Epsilon of update t: linear from start to end over `updates`, then constant. */
AMS_HOST_DEVICE static inline double ams_epsilon_at(uint64_t t, double start, double end,
                                                    uint64_t updates)
{
    return t >= updates ? end : start + (end - start) * (double)t / (double)updates;
}

#endif
