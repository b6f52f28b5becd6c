/* Linear equations solved anew, to check the program's own regressions with. */
#ifndef AMS_TESTS_BASE_ELIMINATION_H
#define AMS_TESTS_BASE_ELIMINATION_H

#include <math.h>
#include <stdint.h>

/* b (n) becomes x of A x = b, by Gaussian elimination with pivots; A (n, n) is overwritten. */
static inline void solve_densely(uint32_t n, double *a, double *b)
{
    for (uint32_t k = 0; k < n; k++) {
        uint32_t pivot = k;
        for (uint32_t i = k; i < n; i++) {
            pivot = fabs(a[i * n + k]) > fabs(a[pivot * n + k]) ? i : pivot;
        }
        for (uint32_t j = 0; j < n; j++) {
            const double kept = a[k * n + j];
            a[k * n + j] = a[pivot * n + j];
            a[pivot * n + j] = kept;
        }
        const double kept = b[k];
        b[k] = b[pivot];
        b[pivot] = kept;
        for (uint32_t i = k + 1; i < n; i++) {
            const double factor = a[i * n + k] / a[k * n + k];
            for (uint32_t j = k; j < n; j++) {
                a[i * n + j] -= factor * a[k * n + j];
            }
            b[i] -= factor * b[k];
        }
    }
    for (uint32_t k = n; k-- > 0;) {
        for (uint32_t j = k + 1; j < n; j++) {
            b[k] -= a[k * n + j] * b[j];
        }
        b[k] /= a[k * n + k];
    }
}

#endif
