#include "rl/fast/idle.h"

#include <math.h>
#include <string.h>

bool ams_idle_waits(const ams_train_options *o)
{
    const double decay = o->adam_beta1 / sqrt(o->adam_beta2);
    return decay < 1 && (1 - o->adam_beta2) / 2 / (1 - decay) <= 0.01;
}

void ams_idle_clock_init(ams_idle_clock *clock, const ams_train_options *o, uint64_t t)
{
    double keep1 = 1;
    double keep2 = 1;
    for (uint32_t k = 0; k <= AMS_IDLE_MOST; k++) {
        clock->keep1[k] = (float)keep1;
        clock->keep2[k] = (float)keep2;
        keep1 *= o->adam_beta1;
        keep2 *= o->adam_beta2;
    }
    clock->t = t < AMS_IDLE_MOST ? 0 : t - AMS_IDLE_MOST;
    while (clock->t < t) {
        ams_idle_clock_advance(clock, o);
    }
}

void ams_idle_clock_advance(ams_idle_clock *clock, const ams_train_options *o)
{
    clock->t++;
    ams_adam adam = ams_train_adam(o, clock->t);
    double root = sqrt((double)adam.inv_bias2);
    clock->p[clock->t % AMS_IDLE_MOST] = (double)adam.step / root;
    clock->e[clock->t % AMS_IDLE_MOST] = (double)adam.epsilon / root;
    clock->f[clock->t % AMS_IDLE_MOST] = (double)ams_train_keep(o, clock->t);
}

void ams_idle_table(const ams_idle_clock *clock, const ams_train_options *o, ams_idles *idles)
{
    const double decay = o->adam_beta1 / sqrt(o->adam_beta2);
    const double wider = 1 / sqrt(o->adam_beta2);
    const double epsilon = o->adam_epsilon;
    const uint64_t most = clock->t < AMS_IDLE_MOST ? clock->t : AMS_IDLE_MOST;
    /* Of p_j e_j^n; j counts from the last step with a gradient. */
    double sum[3][AMS_IDLE_MOST + 1] = {{0}};
    double fade[AMS_IDLE_MOST + 1] = {1};
    for (uint64_t k = 1; k <= most; k++) {
        /* One step earlier, t - k + 1, comes first, and what came first so far second. */
        uint64_t at = (clock->t - k + 1) % AMS_IDLE_MOST;
        double p = clock->p[at] * fade[k - 1]; /* by the decay of the steps after it */
        double e = clock->e[at];
        fade[k] = fade[k - 1] * clock->f[at];
        sum[0][k] = decay * (p + sum[0][k - 1]);
        sum[1][k] = decay * wider * (p * e + sum[1][k - 1]);
        sum[2][k] = decay * wider * wider * (p * e * e + sum[2][k - 1]);
    }
    /* With k = 0, beta1 = 0 or a learning rate of 0 nothing moves: all sums are 0, and e only
     * has to be one that can be divided by. Said in sums, so that the divisions go by vectors.
     */
    for (uint32_t k = 0; k <= AMS_IDLE_MOST; k++) {
        const double still = sum[0][k] == 0;
        const double weight = sum[0][k] + still;
        const double mean = sum[1][k] / weight + still * epsilon;
        const double spread = sum[2][k] / weight / (mean * mean) - 1;
        idles->move[k] = (float)sum[0][k];
        idles->e[k] = (float)mean;
        idles->spread[k] = (float)(spread > 0 ? spread : 0);
    }
    for (uint32_t k = 0; k <= most; k++) {
        idles->fade[k] = (float)fade[k];
    }
    memcpy(idles->keep1, clock->keep1, sizeof idles->keep1);
    memcpy(idles->keep2, clock->keep2, sizeof idles->keep2);
}
