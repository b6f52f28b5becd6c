#include "rl/net/blas.h"

#include <cblas.h>
#include <stdatomic.h>
#include <stddef.h>

void ams_gemm(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *b, float beta,
              float *c)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1.0F, a,
                (int)k, b, (int)n, beta, c, (int)n);
}

void ams_gemm_at(uint32_t m, uint32_t n, uint32_t k, const float *a, uint32_t lda,
                 const float *b, float *c)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1.0F, a,
                (int)lda, b, (int)n, 0.0F, c, (int)n);
}

void ams_gemm_bt(uint32_t m, uint32_t n, uint32_t k, const float *a, const float *b, float *c)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1.0F, a,
                (int)k, b, (int)k, 0.0F, c, (int)n);
}

/* OpenBLAS brings LAPACK along; its header is in another package. */
/* NOLINTNEXTLINE(readability-identifier-naming): LAPACK's name */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
             size_t uplo_length);

uint32_t ams_cholesky(uint32_t n, double *a)
{
    const int order = (int)n;
    int info = 0;
    /* The upper triangle by columns is the lower one by rows. */
    dpotrf_("U", &order, a, &order, &info, 1);
    return info == 0 ? 0 : info > 0 ? (uint32_t)info : 1;
}

void ams_cholesky_solve(uint32_t n, uint32_t columns, const double *l, double *b)
{
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, (int)n,
                (int)columns, 1.0, l, (int)n, b, (int)columns);
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, (int)n,
                (int)columns, 1.0, l, (int)n, b, (int)columns);
}

const char *ams_blas_config(void)
{
    return openblas_get_config();
}

const char *ams_blas_kernel(void)
{
    return openblas_get_corename();
}

/* Ends OpenBLAS's threads, as it does itself before a fork; not in its header, nor in builds
 * without threads. */
/* NOLINTNEXTLINE(readability-identifier-naming): OpenBLAS's name */
__attribute__((weak)) int blas_thread_shutdown_(void);

void ams_blas_single_thread(void)
{
    static atomic_flag done = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&done)) { /* said again, it would start its threads again */
        return;
    }
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_ != NULL) {
        blas_thread_shutdown_();
    }
}
