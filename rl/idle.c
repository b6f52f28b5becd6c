#include "rl/idle.h"

#include <math.h>

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
}

void ams_idle_table(const ams_idle_clock *clock, const ams_train_options *o, ams_idle *idle)
{
    const double decay = o->adam_beta1 / sqrt(o->adam_beta2);
    const double wider = 1 / sqrt(o->adam_beta2);
    const uint64_t most = clock->t < AMS_IDLE_MOST ? clock->t : AMS_IDLE_MOST;
    /* Of p_j e_j^n; j counts from the last step with a gradient. */
    double sum[3][AMS_IDLE_MOST + 1] = {{0}};
    for (uint64_t k = 1; k <= most; k++) {
        /* One step earlier, t - k + 1, comes first, and what came first so far second. */
        uint64_t at = (clock->t - k + 1) % AMS_IDLE_MOST;
        double p = clock->p[at];
        double e = clock->e[at];
        sum[0][k] = decay * (p + sum[0][k - 1]);
        sum[1][k] = decay * wider * (p * e + sum[1][k - 1]);
        sum[2][k] = decay * wider * wider * (p * e * e + sum[2][k - 1]);
    }
    for (uint64_t k = 0; k <= AMS_IDLE_MOST; k++) {
        bool moves = sum[0][k] > 0; /* not with k = 0, beta1 = 0 or a learning rate of 0 */
        double weight = moves ? sum[0][k] : 1;
        double mean = moves ? sum[1][k] / weight : o->adam_epsilon;
        double spread = moves ? sum[2][k] / weight / (mean * mean) - 1 : 0;
        idle[k].move = (float)sum[0][k];
        idle[k].e = (float)mean;
        idle[k].spread = (float)(spread > 0 ? spread : 0);
        idle[k].keep1 = clock->keep1[k];
        idle[k].keep2 = clock->keep2[k];
    }
}
