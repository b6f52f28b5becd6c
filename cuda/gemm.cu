/* Products of the dense layers by cuBLAS: those that wide_schedule.c lists, with factors and
 * sums in memory in fp32, in the run's precision.
 *
 * The library is opened when it is first needed: linked, it would add a fifth of a second to
 * the start of every command. */
#include "cuda/host.cuh"
#include "cuda/library.h"

#include <dlfcn.h>

/* What NVIDIA recommends for compute capability 9 and up; a fixed workspace and a single stream
 * give the same bits every time. */
enum { WORKSPACE = 32 * 1024 * 1024 };

/* cublasGemmEx has two types in C++. */
typedef cublasStatus_t gemm_ex(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int,
                               int, const void *, const void *, cudaDataType, int, const void *,
                               cudaDataType, int, const void *, void *, cudaDataType, int,
                               cublasComputeType_t, cublasGemmAlgo_t);

struct ams_gemm {
    void *library;
    cublasHandle_t handle;
    void *workspace;
    decltype(&cublasCreate_v2) create;
    decltype(&cublasDestroy_v2) destroy;
    decltype(&cublasSetStream_v2) set_stream;
    decltype(&cublasSetWorkspace_v2) set_workspace;
    gemm_ex *multiply;
    decltype(&cublasGetStatusString) text;
};

static ams_status failed(const ams_gemm *g, cublasStatus_t code, const char *what,
                         ams_error *err)
{
    return ams_fail(err, AMS_BACKEND,
                    "cuBLAS: %s failed: %s; the last checkpoint is kept, and the same command "
                    "continues from it; with precision=fp32 so does --device cpu",
                    what, g->text(code));
}

#define AMS_BLAS_TRY(call, what)                                                               \
    do {                                                                                       \
        cublasStatus_t code_ = (call);                                                         \
        if (code_ != CUBLAS_STATUS_SUCCESS) {                                                  \
            status = failed(g, code_, what, err);                                              \
            goto out;                                                                          \
        }                                                                                      \
    } while (0)

static ams_status find(ams_gemm *g, const char *name, void *function, size_t size,
                       ams_error *err)
{
    void *found = dlsym(g->library, name);
    if (found == NULL) {
        return ams_fail(err, AMS_BACKEND, "cuBLAS has no function %s: %s", name, dlerror());
    }
    memcpy(function, &found, size);
    return AMS_OK;
}

static ams_status open_library(ams_gemm *g, ams_error *err)
{
    char name[64];
    ams_error missing = {{0}};
    ams_status status = AMS_OK;
    snprintf(name, sizeof name, "libcublas.so.%d", CUBLAS_VER_MAJOR);
    if (ams_library_open(name, &g->library, &missing) != AMS_OK) {
        return ams_fail(err, AMS_BACKEND,
                        "%s; put its folder into LD_LIBRARY_PATH, or choose precision=fp32, "
                        "small `hidden` and batch below 512, which need no cuBLAS",
                        missing.text);
    }
    AMS_TRY(find(g, "cublasCreate_v2", &g->create, sizeof g->create, err));
    AMS_TRY(find(g, "cublasDestroy_v2", &g->destroy, sizeof g->destroy, err));
    AMS_TRY(find(g, "cublasSetStream_v2", &g->set_stream, sizeof g->set_stream, err));
    AMS_TRY(find(g, "cublasSetWorkspace_v2", &g->set_workspace, sizeof g->set_workspace, err));
    AMS_TRY(find(g, "cublasGemmEx", &g->multiply, sizeof g->multiply, err));
    AMS_TRY(find(g, "cublasGetStatusString", &g->text, sizeof g->text, err));
out:
    return status;
}

ams_status ams_gemm_create(ams_device_run *run, ams_error *err)
{
    ams_gemm *g = (ams_gemm *)calloc(1, sizeof *g);
    ams_status status = AMS_OK;
    if (g == NULL) {
        return ams_no_memory(err, sizeof *g, "cuBLAS");
    }
    run->gemm = g;
    AMS_TRY(open_library(g, err));
    AMS_BLAS_TRY(g->create(&g->handle), "starting");
    AMS_BLAS_TRY(g->set_stream(g->handle, run->stream), "choosing a stream");
    AMS_CUDA_TRY(cudaMalloc(&g->workspace, WORKSPACE), "allocating 32 MiB for cuBLAS");
    AMS_BLAS_TRY(g->set_workspace(g->handle, g->workspace, WORKSPACE), "taking its workspace");
out:
    return status; /* the run's destruction frees what is there */
}

void ams_gemm_destroy(ams_gemm *g)
{
    if (g == NULL) {
        return;
    }
    /* A library that cannot end its own work has no one to tell. */
    if (g->handle != NULL) {
        (void)g->destroy(g->handle);
    }
    if (g->workspace != NULL) {
        (void)cudaFree(g->workspace);
    }
    if (g->library != NULL) {
        (void)dlclose(g->library);
    }
    free(g);
}

/* fp32 is what cuBLAS has by default: no factor is rounded. The others allow it to round them,
 * and do not oblige it to. Sums are in fp32 in all of them. */
static cublasComputeType_t compute_type(int precision)
{
    switch (precision) {
    case AMS_PRECISION_TF32:
        return CUBLAS_COMPUTE_32F_FAST_TF32;
    case AMS_PRECISION_BF16:
        return CUBLAS_COMPUTE_32F_FAST_16BF;
    default:
        return CUBLAS_COMPUTE_32F;
    }
}

static cublasOperation_t operation(bool transposes)
{
    return transposes ? CUBLAS_OP_T : CUBLAS_OP_N;
}

ams_status ams_gemm_launch(const ams_gemm *g, const ams_view *v, const ams_launch *launch,
                           ams_error *err)
{
    const cublasComputeType_t type = compute_type(v->options.precision);
    const float one = 1;
    const float zero = 0;
    ams_product product[AMS_MAX_LAYERS];
    const uint32_t n = ams_products(v, launch, product);
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < n; i++) {
        const ams_product *p = &product[i];
        AMS_BLAS_TRY(g->multiply(g->handle, operation(p->transpose_a),
                                 operation(p->transpose_b), (int)p->m, (int)p->n, (int)p->k,
                                 &one, p->a, CUDA_R_32F, (int)p->lda, p->b, CUDA_R_32F,
                                 (int)p->ldb, &zero, p->c, CUDA_R_32F, (int)p->ldc, type,
                                 CUBLAS_GEMM_DEFAULT),
                     "a layer's product");
    }
out:
    return status;
}

ams_status ams_gemm_warm(const ams_gemm *g, const ams_view *v, ams_error *err)
{
    ams_launch list[AMS_MOST_LAUNCHES];
    const uint32_t n = ams_layout_schedule(v, list);
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < n; i++) {
        AMS_TRY(ams_gemm_launch(g, v, &list[i], err));
    }
out:
    return status;
}
