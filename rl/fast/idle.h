/* Parameters that wait: Adam's steps without a gradient, added up. Private to rl/. */
#ifndef AMS_RL_FAST_IDLE_H
#define AMS_RL_FAST_IDLE_H

#include "rl/options/adam.h"

enum { AMS_IDLE_MOST = 128 }; /* steps that are added up at once, at most */

/* What k steps of Adam without a gradient do to a parameter (w, m, v), beta1 and beta2 written
 * b and c, t0 the last step with one:
 *
 *     m' = b^k m,  v' = c^k v,
 *     w' = w - sum over j = 1..k of lr_j b^j m / (sqrt(c^j v bias_j) + epsilon)
 *        = w - m sum of p_j / (s + e_j)    with s = sqrt(v), p_j, e_j the same for all
 * elements.
 *
 * e_j hardly varies over the few steps that b^j leaves of weight, so 1 / (s + e_j) is expanded
 * around the e of weighted mean, where the first order vanishes. Under the conditions of
 * ams_fused_fits its relative error is below 3e-6 (1e-5 in the first 1,000 updates, whose
 * biases change), and only for elements whose sqrt(v) is far below epsilon. */
typedef struct ams_idle {
    float move;         /* sum of p_j */
    float e;            /* weighted mean of e_j */
    float spread;       /* weighted variance of e_j, over e^2 */
    float keep1, keep2; /* b^k, c^k */
} ams_idle;
/* Of every k, each member apart, so that they are worked out by vectors. */
typedef struct ams_idles {
    float move[AMS_IDLE_MOST + 1], e[AMS_IDLE_MOST + 1], spread[AMS_IDLE_MOST + 1];
    float keep1[AMS_IDLE_MOST + 1], keep2[AMS_IDLE_MOST + 1];
} ams_idles;
static inline ams_idle ams_idle_of(const ams_idles *idles, uint32_t k)
{
    return (ams_idle){idles->move[k], idles->e[k], idles->spread[k], idles->keep1[k],
                      idles->keep2[k]};
}
/* p_j and e_j of the last AMS_IDLE_MOST steps, and powers that never change. */
typedef struct ams_idle_clock {
    uint64_t t;                                /* steps so far */
    double p[AMS_IDLE_MOST], e[AMS_IDLE_MOST]; /* of step t at t mod AMS_IDLE_MOST */
    float keep1[AMS_IDLE_MOST + 1], keep2[AMS_IDLE_MOST + 1];
} ams_idle_clock;
void ams_idle_clock_init(ams_idle_clock *clock, const ams_train_options *options, uint64_t t);
void ams_idle_clock_advance(ams_idle_clock *clock, const ams_train_options *options);
/* For k <= t steps up to and including step t. */
void ams_idle_table(const ams_idle_clock *clock, const ams_train_options *options,
                    ams_idles *idles);

#endif
