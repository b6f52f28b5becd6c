/* A libcublas.so.13 whose products run in the simulator's streams, with sums in double. It
 * stops the program where an operand is not in the device's memory or no workspace was given,
 * since a graph could then not be replayed. */
#include "cublas_v2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_cublas {
    cudaStream_t stream;
    void *workspace;
    size_t bytes;
};

/* c (m, n) = op(a) op(b), by columns. */
struct product {
    bool transpose_a, transpose_b;
    long m, n, k, lda, ldb, ldc;
    int type;
    const float *a, *b;
    float *c;
    void *workspace;
    size_t bytes;
};

/* A factor as the type rounds it. */
static double rounded(float x, int type)
{
    const unsigned dropped = type == CUBLAS_COMPUTE_32F_FAST_TF32   ? 13
                             : type == CUBLAS_COMPUTE_32F_FAST_16BF ? 16
                                                                    : 0;
    uint32_t word;
    memcpy(&word, &x, sizeof word);
    if (dropped > 0) {
        word += 1U << (dropped - 1);
        word &= ~0U << dropped;
    }
    memcpy(&x, &word, sizeof x);
    return x;
}

static void multiply(void *argument)
{
    product p;
    memcpy(&p, argument, sizeof p);
    memset(p.workspace, 0xA5, p.bytes < 4096 ? p.bytes : 4096);
    for (long column = 0; column < p.n; column++) {
        for (long row = 0; row < p.m; row++) {
            double sum = 0;
            for (long i = 0; i < p.k; i++) {
                const float a = p.a[p.transpose_a ? i + row * p.lda : row + i * p.lda];
                const float b = p.b[p.transpose_b ? column + i * p.ldb : i + column * p.ldb];
                sum += rounded(a, p.type) * rounded(b, p.type);
            }
            p.c[row + column * p.ldc] = (float)sum;
        }
    }
}

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "sim: cuBLAS: %s\n", what);
        abort();
    }
}

/* The call that SIM_FAIL_AT names fails, as those of the runtime do. */
#define BLAS_CALL(name)                                                                        \
    do {                                                                                       \
        if (sim_blas_refused(name)) {                                                          \
            return CUBLAS_STATUS_EXECUTION_FAILED;                                             \
        }                                                                                      \
    } while (0)

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle)
{
    BLAS_CALL("cublasCreate");
    *handle = (cublasHandle_t)calloc(1, sizeof(sim_cublas));
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle)
{
    free(handle);
    BLAS_CALL("cublasDestroy");
    return CUBLAS_STATUS_SUCCESS;
}

/* Takes the workspace away, as the library does. */
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream)
{
    BLAS_CALL("cublasSetStream");
    handle->stream = stream;
    handle->workspace = NULL;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace, size_t bytes)
{
    BLAS_CALL("cublasSetWorkspace");
    if (!sim_is_device(workspace, bytes)) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    handle->workspace = workspace;
    handle->bytes = bytes;
    return CUBLAS_STATUS_SUCCESS;
}

const char *cublasGetStatusString(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? "success" : "simulated failure";
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb,
                            int m, int n, int k, const void *alpha, const void *a, cudaDataType,
                            int lda, const void *b, cudaDataType, int ldb, const void *beta,
                            void *c, cudaDataType, int ldc, cublasComputeType_t type,
                            cublasGemmAlgo_t)
{
    BLAS_CALL("cublasGemmEx");
    const bool turns_a = ta == CUBLAS_OP_T;
    const bool turns_b = tb == CUBLAS_OP_T;
    const product p = {turns_a,
                       turns_b,
                       m,
                       n,
                       k,
                       lda,
                       ldb,
                       ldc,
                       type,
                       (const float *)a,
                       (const float *)b,
                       (float *)c,
                       handle->workspace,
                       handle->bytes};
    if (m <= 0 || n <= 0 || k <= 0 || lda < (turns_a ? k : m) || ldb < (turns_b ? n : k) ||
        ldc < m) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    must(*(const float *)alpha == 1 && *(const float *)beta == 0, "a factor is not 1 and 0");
    must(handle->workspace != NULL, "no workspace of its own");
    must(sim_is_device(a, 4 * (size_t)lda * (size_t)(turns_a ? m : k)) &&
             sim_is_device(b, 4 * (size_t)ldb * (size_t)(turns_b ? k : n)) &&
             sim_is_device(c, 4 * (size_t)ldc * (size_t)n),
         "an operand is not in the device's memory");
    return sim_enqueue(handle->stream, multiply, &p, sizeof p) == cudaSuccess
               ? CUBLAS_STATUS_SUCCESS
               : CUBLAS_STATUS_EXECUTION_FAILED;
}
}
