/* Parameters that wait: Adam's steps without a gradient, added up. Private to rl/. */
#ifndef AMS_RL_FAST_IDLE_H
#define AMS_RL_FAST_IDLE_H

#include "rl/options/adam.h"

enum { AMS_IDLE_MOST = 128 }; /* steps that are added up at once, at most */

/* Whether the decays of Adam let e_j below hardly vary: its spread is (1 - beta2) / 2 a step
 * over the 1 / (1 - beta1 / sqrt(beta2)) steps that count. Where they do not, a row must not
 * wait, and a single step without a gradient is exact. */
bool ams_idle_waits(const ams_train_options *options);

/* What k steps of Adam without a gradient do to a parameter (w, m, v), beta1 and beta2 written
 * b and c, t0 the last step with one, and f_j what step j leaves of a weight that decays:
 *
 *     m' = b^k m,  v' = c^k v,
 *     w' = f_1..f_k w - sum over j = 1..k of f_j+1..f_k lr_j b^j m / (sqrt(c^j v bias_j) +
 *                                                                     epsilon)
 *        = f_1..f_k w - m sum of p_j / (s + e_j)    with s = sqrt(v), p_j, e_j the same for all
 * elements.
 *
 * e_j hardly varies over the few steps that b^j leaves of weight, so 1 / (s + e_j) is expanded
 * around the e of weighted mean, where the first order vanishes. Under the conditions of
 * ams_idle_waits its relative error is below 3e-6 (1e-5 in the first 1,000 updates, whose
 * biases change), and only for elements whose sqrt(v) is far below epsilon. */
typedef struct ams_idle {
    float move;         /* sum of p_j */
    float e;            /* weighted mean of e_j */
    float spread;       /* weighted variance of e_j, over e^2 */
    float keep1, keep2; /* b^k, c^k */
    float fade;         /* f_1..f_k */
} ams_idle;
/* Of every k, each member apart, so that they are worked out by vectors. */
typedef struct ams_idles {
    float move[AMS_IDLE_MOST + 1], e[AMS_IDLE_MOST + 1], spread[AMS_IDLE_MOST + 1];
    float keep1[AMS_IDLE_MOST + 1], keep2[AMS_IDLE_MOST + 1], fade[AMS_IDLE_MOST + 1];
} ams_idles;
static inline ams_idle ams_idle_of(const ams_idles *idles, uint32_t k)
{
    return (ams_idle){idles->move[k],  idles->e[k],     idles->spread[k],
                      idles->keep1[k], idles->keep2[k], idles->fade[k]};
}
/* p_j, e_j and f_j of the last AMS_IDLE_MOST steps, and powers that never change. */
typedef struct ams_idle_clock {
    uint64_t t; /* steps so far */
    /* of step t at t mod AMS_IDLE_MOST */
    double p[AMS_IDLE_MOST], e[AMS_IDLE_MOST], f[AMS_IDLE_MOST];
    float keep1[AMS_IDLE_MOST + 1], keep2[AMS_IDLE_MOST + 1];
} ams_idle_clock;
void ams_idle_clock_init(ams_idle_clock *clock, const ams_train_options *options, uint64_t t);
void ams_idle_clock_advance(ams_idle_clock *clock, const ams_train_options *options);
/* For k <= t steps up to and including step t. */
void ams_idle_table(const ams_idle_clock *clock, const ams_train_options *options,
                    ams_idles *idles);

#endif
