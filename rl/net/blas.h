/* The one door to OpenBLAS and its LAPACK: matrix products and factors of row-major arrays, one
 * thread.
 *
 * OpenBLAS runs single-threaded: the project shards its own work, so that results do not depend
 * on the number of threads. */
#ifndef AMS_RL_NET_BLAS_H
#define AMS_RL_NET_BLAS_H

#include <stdint.h>

/* C (m, n) = A (m, k) B (k, n) + beta C */
void ams_gemm(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *b, float beta,
              float *c);
/* C (m, n) = A^T B with A (k, m), B (k, n); lda and ldc let a shard own some columns of A. */
void ams_gemm_at(uint32_t m, uint32_t n, uint32_t k, const float *a, uint32_t lda,
                 const float *b, float *c);
/* C (m, n) = A (m, k) B^T with B (n, k) */
void ams_gemm_bt(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *b, float *c);

/* A (n, n) symmetric, positive definite: its lower triangle becomes L with A = L L^T, in
 * double. 0, or the first row at which A is not positive definite, counted from 1. */
uint32_t ams_cholesky(uint32_t n, double *a);
/* B (n, columns) becomes the X of A X = B, with L as ams_cholesky left it. */
void ams_cholesky_solve(uint32_t n, uint32_t columns, const double *l, double *b);

const char *ams_blas_config(void); /* version and build options, one line */
const char *
ams_blas_kernel(void); /* the kernels chosen for this CPU: "Haswell", "SkylakeX", ... */
/* Products take the calling thread alone, and OpenBLAS's own threads end. To be called before
 * the first product, and at the start of a program: until then each of them waits for work by
 * asking for the processor again and again, a tenth of a second long. */
void ams_blas_single_thread(void);

#endif
