/* Scores become probabilities. */
#ifndef AMS_ONLINE_SOFTMAX_H
#define AMS_ONLINE_SOFTMAX_H

#include <stdint.h>

/* p (n), n > 0, becomes exp(p - m) / s, where m is its largest element and s the sum of the
 * exponentials; *largest is m. `exponential` is expf, or a quicker one with bits of its own.
 * Returns s. Inline, so that a loop of `exponential` may go by vectors. */
static inline float ams_softmax(float *p, uint32_t n, float (*exponential)(float),
                                float *largest)
{
    float most = p[0];
    float sum = 0;
    for (uint32_t c = 1; c < n; c++) {
        most = p[c] > most ? p[c] : most;
    }
    for (uint32_t c = 0; c < n; c++) {
        p[c] = exponential(p[c] - most);
        sum += p[c];
    }
    for (uint32_t c = 0; c < n; c++) {
        p[c] /= sum;
    }
    *largest = most;
    return sum;
}

#endif
