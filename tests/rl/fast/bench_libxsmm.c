/* The three small products of an update (rl/fast/fused_products.h) against libxsmm, which
 * compiles a function for their shapes: processor cycles of four blocks at batch 256,
 * interleaved. A target, not a test: cmake --build BUILD --target bench_libxsmm, where Debian's
 * libxsmm-dev is. */
#include "base/rng.h"
#include "rl/fast/fused_kernels.h"

#include <libxsmm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

enum { B = 256, W = AMS_FUSED_BLOCK, A = 31, COLUMNS = 32, BLOCKS = 4, TURNS = 4000 };
enum { PRODUCTS = 3 };

static _Alignas(64) float y[BLOCKS][B * W], slopes[BLOCKS][B * W], theirs_y[BLOCKS][B * W];
static _Alignas(64) float w[BLOCKS][W * COLUMNS], q[BLOCKS][B * COLUMNS];
static _Alignas(64) float theirs_q[BLOCKS][B * COLUMNS], dq[B * COLUMNS];
static _Alignas(64) float dw[BLOCKS][A * W], theirs_dw[BLOCKS][A * W], bias[W];
static uint64_t cycles[PRODUCTS][2][TURNS];

static void fill(float *x, size_t n, uint32_t counter, float from)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t words[4];
        ams_philox(7, AMS_STREAM_SAMPLE, counter + i, words);
        x[i] = from + (float)ams_unit(words[0]);
    }
}

/* Row-major products are those of the transposed matrices in libxsmm's order. */
static libxsmm_smmfunction theirs(int m, int n, int k, int ldb, int ldc, int transposed)
{
    const float one = 1;
    const float zero = 0;
    const int lda = m;
    const int flags = LIBXSMM_GEMM_FLAG_BETA_0 | (transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : 0);
    const int prefetch = LIBXSMM_PREFETCH_NONE;
    libxsmm_smmfunction f =
        libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &one, &zero, &flags, &prefetch);
    if (f == NULL) {
        fputs("libxsmm has no function for this shape here\n", stderr);
        exit(EXIT_FAILURE);
    }
    return f;
}

#define TIME(product, whose, call)                                                             \
    do {                                                                                       \
        const uint64_t start = __rdtsc();                                                      \
        for (int k = 0; k < BLOCKS; k++) {                                                     \
            call;                                                                              \
        }                                                                                      \
        cycles[product][whose][turn] = __rdtsc() - start;                                      \
    } while (0)

static void measure(void)
{
    const ams_fused_kernels *ours = ams_fused_kernels_here();
    const libxsmm_smmfunction outputs = theirs(COLUMNS, B, W, W, COLUMNS, 0);
    const libxsmm_smmfunction out_slopes = theirs(W, A, B, COLUMNS, W, 1);
    const libxsmm_smmfunction unit_slopes = theirs(W, B, A, COLUMNS, W, 0);
    const ams_output_slopes d = {dq, A, COLUMNS, 1};
    const ams_fused_asking all = {.n = B};
    for (int turn = 0; turn < TURNS; turn++) {
        TIME(0, 0, ours->outputs(y[k], &all, w[k], COLUMNS, q[k]));
        TIME(0, 1, outputs(w[k], y[k], theirs_q[k]));
        TIME(1, 0, ours->out_slopes(dq, COLUMNS, y[k], &all, A, dw[k]));
        TIME(1, 1, out_slopes(y[k], dq, theirs_dw[k]));
        memcpy(slopes, y, sizeof y);
        TIME(2, 0, ours->unit_slopes(&d, &all, w[k], slopes[k], bias));
        TIME(2, 1, unit_slopes(w[k], dq, theirs_y[k]));
    }
}

static int by_size(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t z = *(const uint64_t *)b;
    return (x > z) - (x < z);
}

int main(void)
{
    static const char *const names[] = {"outputs of a minibatch", "slopes of the weights",
                                        "slopes of the units (ours with mask and sums)"};
    fill(y[0], sizeof y / sizeof(float), 0, 0);
    fill(w[0], sizeof w / sizeof(float), 1000000, -0.5F);
    for (int s = 0; s < B; s++) {
        fill(dq + (size_t)s * COLUMNS, A, (uint32_t)(2000000 + s * A), -0.5F);
    }
    libxsmm_init();
    measure();
    if (memcmp(q, theirs_q, sizeof q) != 0 || memcmp(dw, theirs_dw, sizeof dw) != 0) {
        puts("the last bits differ");
    }
    for (int p = 0; p < PRODUCTS; p++) {
        for (int whose = 0; whose < 2; whose++) {
            qsort(cycles[p][whose], TURNS, sizeof **cycles[p], by_size);
        }
        const double a = (double)cycles[p][0][TURNS / 2] / 1e3;
        const double b = (double)cycles[p][1][TURNS / 2] / 1e3;
        printf("%-46s ours %6.1f thousand cycles, libxsmm %6.1f (%.2f)\n", names[p], a, b,
               b / a);
    }
    return EXIT_SUCCESS;
}
