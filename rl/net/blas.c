#include "rl/net/blas.h"

#include <cblas.h>

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

const char *ams_blas_config(void)
{
    return openblas_get_config();
}

const char *ams_blas_kernel(void)
{
    return openblas_get_corename();
}

void ams_blas_single_thread(void)
{
    openblas_set_num_threads(1);
}
