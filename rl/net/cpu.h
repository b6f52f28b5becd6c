/* Operations that both CPU backends share. Private to rl/. */
#ifndef AMS_RL_NET_CPU_H
#define AMS_RL_NET_CPU_H

#include "rl/net/backend.h"

void ams_cpu_dense_forward(const ams_compute *c, const uint32_t bio[3], const float *x,
                           const float *w, const float *b, float *y);
void ams_cpu_dense_backward(const ams_compute *c, const uint32_t bio[3], const float *x,
                            const float *w, const float *dy, float *dx, float *dw);
void ams_cpu_bias_backward(const ams_compute *c, uint32_t b, uint32_t o, const float *dy,
                           float *db);
void ams_cpu_relu_forward(const ams_compute *c, uint64_t n, float *x);
void ams_cpu_relu_backward(const ams_compute *c, uint64_t n, const float *y, float *dx);
void ams_cpu_dueling_forward(const ams_compute *c, uint32_t b, uint32_t a, const float *heads,
                             float *q);
void ams_cpu_dueling_backward(const ams_compute *c, uint32_t b, uint32_t a, const float *dq,
                              float *heads);
double ams_cpu_td_loss(const ams_compute *c, const uint32_t ba[2], const float *q,
                       const uint8_t *action, const float *target, ams_loss loss,
                       const ams_emphasis *emphasis, float *dq);
double ams_cpu_td_loss_all(const ams_compute *c, const ams_all_actions *batch, const float *q,
                           ams_loss loss, const ams_emphasis *emphasis, float *dq);
void ams_cpu_dropout(const ams_compute *c, const ams_dropout *drop, uint32_t layer, uint32_t b,
                     uint32_t h, float *y);
void ams_cpu_scale(const ams_compute *c, uint64_t n, float factor, float *x);
void ams_cpu_blend(const ams_compute *c, uint64_t n, float share, const float *x, float *y);
double ams_cpu_sum_squares(const ams_compute *c, uint64_t n, const float *x);
void ams_cpu_adam(const ams_compute *c, const ams_adam *adam, uint64_t n, const float *g,
                  float *w, float *m, float *v);
void ams_cpu_adam_rows(const ams_compute *c, const ams_adam *adam, const ams_rows *rows,
                       const uint32_t fh[2], const float *g, float *const wmv[3]);

/* The operations of a backend table that do not depend on how the input layer works. */
#define AMS_CPU_SHARED                                                                         \
    .dense_forward = ams_cpu_dense_forward, .dense_backward = ams_cpu_dense_backward,          \
    .bias_backward = ams_cpu_bias_backward, .relu_forward = ams_cpu_relu_forward,              \
    .relu_backward = ams_cpu_relu_backward, .dueling_forward = ams_cpu_dueling_forward,        \
    .dueling_backward = ams_cpu_dueling_backward, .td_loss = ams_cpu_td_loss,                  \
    .td_loss_all = ams_cpu_td_loss_all, .dropout = ams_cpu_dropout, .scale = ams_cpu_scale,    \
    .blend = ams_cpu_blend, .sum_squares = ams_cpu_sum_squares, .adam = ams_cpu_adam,          \
    .adam_rows = ams_cpu_adam_rows

#endif
