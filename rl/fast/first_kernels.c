/* Steps that a row missed. Not contracted: a fade and the step after it round apart, as they
 * do in two passes. */
#include "rl/fast/first.h"

enum { W = AMS_FIRST_BLOCK };

void ams_first_catch_up(const ams_missed *missed, uint32_t n, const ams_adam *adam,
                        float *restrict w, float *restrict m, float *restrict v)
{
    const float beta1 = adam->beta1;
    const float beta2 = adam->beta2;
    const float epsilon = adam->epsilon;
    for (uint32_t k = 0; k < n; k++) {
        const ams_missed now = missed[k];
        for (uint32_t j = 0; j < W; j++) {
            /* + 0: ams_adam_element adds a gradient of 0, after which there is no -0. */
            m[j] = beta1 * m[j] + 0.0F;
            v[j] = beta2 * v[j] + 0.0F;
            w[j] = now.keep * w[j] - now.step * m[j] / (sqrtf(v[j] * now.inv_bias2) + epsilon);
        }
    }
}

void ams_first_fade(const ams_missed *missed, uint32_t n, float *restrict w)
{
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t j = 0; j < W; j++) {
            w[j] *= missed[k].keep;
        }
    }
}
